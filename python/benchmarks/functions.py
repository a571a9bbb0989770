"""Times the functions beside NumPy's own words for them, on the same arrays in one process.

    python python/benchmarks/functions.py

All take turns in rounds; what is printed is the quickest round of NumPy's as a multiple of our quickest. The last
rows are no rectifiers of NumPy's: they say how far what is left lies from a mere copy.
"""

import time

import numpy as np

import leaky_relu as lr

ROUNDS, SHARE = 15, 0.01
COPY = "leaky_relu / x.copy()"
AIM = 3
SIZES = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24]


def seconds(call, count):
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def ratio(ours, theirs):
    count = max(1, int(SHARE / max(seconds(theirs, 2), 1e-7)))
    rounds = [(seconds(theirs, count), seconds(ours, count)) for _ in range(ROUNDS)]
    their_quickest, our_quickest = map(min, zip(*rounds, strict=True))
    return their_quickest / our_quickest


def masked(y, one):
    y[y <= 0] *= one
    return y


def entries(x, dy, out):
    one = x.dtype.type(0.01)
    return {
        "leaky_relu / np.where(x > 0, x, 0.01 * x)": (
            lambda: lr.leaky_relu(x),
            lambda: np.where(x > 0, x, one * x),
        ),
        "leaky_relu / np.maximum(x, 0.01 * x)": (
            lambda: lr.leaky_relu(x),
            lambda: np.maximum(x, one * x),
        ),
        "leaky_relu / y = x.copy(); y[y <= 0] *= 0.01": (
            lambda: lr.leaky_relu(x),
            lambda: masked(x.copy(), one),
        ),
        "leaky_relu(out=) / np.multiply, np.maximum with out=": (
            lambda: lr.leaky_relu(x, out=out),
            lambda: np.maximum(x, np.multiply(x, one, out=out), out=out),
        ),
        "leaky_relu_grad / np.where(x > 0, dy, 0.01 * dy)": (
            lambda: lr.leaky_relu_grad(x, dy),
            lambda: np.where(x > 0, dy, one * dy),
        ),
        "elu / np.where(x > 0, x, np.expm1(x))": (
            lambda: lr.elu(x),
            lambda: np.where(x > 0, x, np.expm1(x)),
        ),
        "relu / np.maximum(x, 0)": (lambda: lr.relu(x), lambda: np.maximum(x, 0)),
        COPY: (lambda: lr.leaky_relu(x), lambda: x.copy()),
    }


def main():
    print(f"times NumPy {np.__version__}'s speed, by elements\n")
    for dtype in (np.float32, np.float64, np.float16):
        titles = [f"{size >> 10} Ki" if size < 1 << 20 else f"{size >> 20} Mi" for size in SIZES]
        print(f"| {dtype.__name__} | " + " | ".join(titles) + " |")
        print("|---" * (len(SIZES) + 1) + "|")
        rows = {}
        for size in SIZES if dtype != np.float16 else SIZES[:6]:
            x = np.random.default_rng(0).normal(size=size).astype(dtype)
            for name, (ours, theirs) in entries(x, x[::-1].copy(), np.empty_like(x)).items():
                rows.setdefault(name, []).append(ratio(ours, theirs))
        for name, ratios in rows.items():
            print(f"| {name} | " + " | ".join(f"{found:.1f}" for found in ratios) + " |")
        print()
        for name, ratios in rows.items():
            missed = [
                f"{found:.1f} at {title}" for found, title in zip(ratios, titles, strict=False) if found < AIM
            ]
            if missed and name != COPY:
                print(f"Below {AIM} times, {dtype.__name__}, {name}: {', '.join(missed)}.")
        print(flush=True)


if __name__ == "__main__":
    main()
