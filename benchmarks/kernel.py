"""Times the kernels beside PyTorch, NumPy, JAX and ONNX Runtime in one process, on the same
buffers, and beside Rust peers in another, and writes the table.

    benchmarks/run.sh kernel

All of them take turns in rounds. What is printed is the median time of a call over the rounds; a
ratio is the median over the rounds of the ratio within a round.
"""

import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import jax
import leaky_python
import numpy as np
import onnx
import onnxruntime
import torch
import torch.utils.benchmark

from processes import processor

HERE = pathlib.Path(__file__).parent
ALPHA = 0.01
THREADS = 2
SIZES = [4 << 10, 64 << 10, 1 << 20, 16 << 20, 64 << 20]
ROUNDS = 11
SHARE = 0.02  # What one round gives to each entry in seconds, at least one call.
PAUSE = 0.03  # Threads that wait for more work by spinning give up in the meantime.
TYPES = {
    "f32": torch.float32,
    "bf16": torch.bfloat16,
    "f16": torch.float16,
    "f64": torch.float64,
}


def measure(entries):
    """The seconds of a call in each round, by entry."""
    calls = {}
    for name, call in entries.items():
        call()
        start = time.perf_counter()
        call()
        calls[name] = max(1, int(SHARE / max(time.perf_counter() - start, 1e-7)))
    seconds = {name: [] for name in entries}
    for _ in range(ROUNDS):
        for name, call in entries.items():
            time.sleep(PAUSE)
            call()
            start = time.perf_counter()
            for _ in range(calls[name]):
                call()
            seconds[name].append((time.perf_counter() - start) / calls[name])
    return seconds


def as_array(tensor):
    """The same memory as a NumPy array; of unsigned integers for the half types."""
    if tensor.element_size() == 2:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    return tensor.numpy()


def in_process(dtype, elements):
    """The entries that run in this process."""
    ours = getattr(leaky_python, dtype + "_")
    x = torch.randn(elements).to(TYPES[dtype])
    dy = torch.randn(elements).to(TYPES[dtype])
    # Each entry writes to memory of its own, so that none finds its result in the cache of another
    # core; but all read the same.
    outputs = {}

    def output(name):
        outputs[name] = torch.ones_like(x)
        return outputs[name]

    x_, dy_ = as_array(x), as_array(dy)
    copy, forward, with_signs, backward, from_signs = (
        as_array(output(name)) for name in ("copy", "y", "signs", "dx", "dx from signs")
    )
    ours_in_place = as_array(output("in place"))
    signs = leaky_python.Signs()
    ours.forward_with_signs(x_, with_signs, signs, ALPHA)
    torch_forward, torch_backward = output("torch y"), output("torch dx")
    torch_in_place = output("torch in place")
    aten = torch._C._nn
    entries = {
        "copy": lambda: ours.copy(x_, copy),
        "ours": lambda: ours.forward(x_, forward, ALPHA),
        "ours, in place": lambda: ours.forward_in_place(ours_in_place, ALPHA),
        "ours, with signs": lambda: ours.forward_with_signs(x_, with_signs, signs, ALPHA),
        "ours, backward": lambda: ours.backward(x_, dy_, backward, ALPHA),
        "ours, backward from signs": lambda: ours.backward_from_signs(signs, dy_, from_signs, ALPHA),
        "PyTorch": lambda: aten.leaky_relu(x, ALPHA, out=torch_forward),
        "PyTorch, in place": lambda: aten.leaky_relu_(torch_in_place, ALPHA),
        "PyTorch, backward": lambda: torch.ops.aten.leaky_relu_backward.grad_input(
            dy, x, ALPHA, False, grad_input=torch_backward
        ),
    }
    if dtype == "f32":
        entries |= others(x_)
    return entries


def others(x):
    """NumPy, JAX and ONNX Runtime, in float32."""
    numpy_y = np.ones_like(x)

    def numpy_forward():
        # The fastest that NumPy has, for a slope of at most one.
        np.multiply(x, np.float32(ALPHA), out=numpy_y)
        np.maximum(x, numpy_y, out=numpy_y)

    jax_x = jax.numpy.asarray(x)
    jax_function = jax.jit(lambda x: jax.nn.leaky_relu(x, ALPHA))

    node = onnx.helper.make_node("LeakyRelu", ["x"], ["y"], alpha=ALPHA)
    info = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, x.shape) for name in "xy"]
    graph = onnx.helper.make_graph([node], "leaky_relu", [info[0]], [info[1]])
    opset = onnx.helper.make_opsetid("", 17)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(x))
    binding.bind_ortvalue_output("y", onnxruntime.OrtValue.ortvalue_from_numpy(np.ones_like(x)))
    return {
        "NumPy": numpy_forward,
        "JAX": lambda: jax_function(jax_x).block_until_ready(),
        "ONNX Runtime": lambda: session.run_with_iobinding(binding),
    }


def from_rust(elements):
    """The seconds of a call in each round, by entry, of those that run in the Rust process."""
    binary = HERE / "target/release/kernel"
    lines = subprocess.run([binary, str(elements)], check=True, capture_output=True, text=True)
    rows = (line.split("\t") for line in lines.stdout.splitlines())
    return {name: [float(second) for second in seconds] for name, *seconds in rows}


def compiled_cpp(elements):
    """PyTorch's function timed from C++, without what Python adds to it. Compiling takes a minute."""
    timer = torch.utils.benchmark.Timer(
        f"at::leaky_relu_out(y, x, {ALPHA});",
        setup=f"auto x = torch::randn({{{elements}}}); auto y = torch::ones({{{elements}}});",
        language="c++",
        num_threads=THREADS,
    )
    timer.timeit(1)
    return lambda: {"PyTorch": [timer.timeit(20_000).mean for _ in range(ROUNDS)]}


def show(seconds):
    if seconds is None:
        return "–"
    for unit, size in (("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def size_name(elements):
    for unit, size in (("Mi", 1 << 20), ("Ki", 1 << 10)):
        if elements >= size:
            return f"{elements // size} {unit}"
    return str(elements)


class Results:
    """The seconds of a call in each round, by entry, for each kind and number of elements.

    A kind is an element type for what runs in this process, and otherwise the language."""

    def __init__(self):
        self.seconds = {}

    def median(self, kind, elements, name):
        rounds = self.seconds[kind, elements].get(name)
        return statistics.median(rounds) if rounds else None

    def ratio(self, kind, elements, slow, fast):
        """How many times as long `slow` takes as `fast`."""
        rounds = self.seconds[kind, elements]
        return statistics.median(a / b for a, b in zip(rounds[slow], rounds[fast], strict=True))


def table(header, rows):
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def report(results, idle):
    yield f"# Leaky ReLU beside its peers\n\n{machine(idle)}\n"

    yield "## Forward into a buffer, f32\n"
    peers = ["PyTorch", "NumPy", "JAX", "ONNX Runtime"]
    rows = []
    for n in SIZES:
        row = [size_name(n), *(show(results.median("f32", n, e)) for e in ["copy", "ours", *peers])]
        row.append(f"{results.ratio('f32', n, 'copy', 'ours'):.2f}")
        row += [f"{results.ratio('f32', n, peer, 'ours'):.2f}x" for peer in peers]
        rows.append(row)
    header = ["elements", "copy", "ours", *peers, "of the copy's speed"]
    yield table([*header, *(f"faster than {peer}" for peer in peers)], rows)

    yield "## In place and backward, f32\n"
    pairs = [
        ("in place", "ours, in place", "PyTorch, in place"),
        ("backward from signs", "ours, backward from signs", "PyTorch, backward"),
        ("backward from input", "ours, backward", "PyTorch, backward"),
        ("with signs beside without", "ours, with signs", "ours"),
    ]
    rows = [
        [
            size_name(n),
            work,
            show(results.median("f32", n, ours)),
            show(results.median("f32", n, theirs)),
            f"{results.ratio('f32', n, theirs, ours):.2f}x",
        ]
        for work, ours, theirs in pairs
        for n in SIZES
    ]
    yield table(["elements", "work", "ours", "theirs", "faster"], rows)

    yield "## Other element types, beside PyTorch\n"
    pairs = [
        ("forward", "ours", "PyTorch"),
        ("in place", "ours, in place", "PyTorch, in place"),
        ("backward from signs", "ours, backward from signs", "PyTorch, backward"),
    ]
    rows = [
        [
            size_name(n),
            dtype,
            work,
            show(results.median(dtype, n, ours)),
            show(results.median(dtype, n, theirs)),
            f"{results.ratio(dtype, n, theirs, ours):.2f}x",
        ]
        for dtype, n in results.seconds
        if dtype in TYPES and dtype != "f32"
        for work, ours, theirs in pairs
    ]
    yield table(["elements", "type", "work", "ours", "PyTorch", "faster"], rows)

    yield "## From Rust, f32\n"
    pairs = [
        ("our ReLU, forward", "forward", "ReLU forward"),
        ("rten-vecmath, in place (one thread)", "forward in place", "rten-vecmath forward in place"),
        ("candle, forward", "forward", "candle forward"),
        ("candle, forward and backward", "forward and backward", "candle forward and backward"),
        ("Burn, forward", "forward", "Burn forward"),
        ("Burn, forward and backward", "forward and backward", "Burn forward and backward"),
    ]
    rows = [
        [
            size_name(n),
            peer,
            show(results.median("Rust", n, ours)),
            show(results.median("Rust", n, theirs)),
            f"{results.ratio('Rust', n, theirs, ours):.2f}x",
        ]
        for peer, ours, theirs in pairs
        for n in SIZES
    ]
    yield table(["elements", "peer", "ours", "theirs", "faster"], rows)
    rows = [
        [
            size_name(n),
            show(results.median("Rust", n, "forward")),
            show(results.median("f32", n, "ours")),
            show(results.median("Rust", n, "copy")),
            show(results.median("f32", n, "copy")),
        ]
        for n in SIZES
    ]
    yield "What the call from Python adds, and the yardstick of both processes:\n"
    yield table(["elements", "forward, Rust", "forward, Python", "copy, Rust", "copy, Python"], rows)
    cpp = show(results.median("C++", SIZES[0], "PyTorch"))
    yield f"PyTorch's forward of {size_name(SIZES[0])}, called from C++ (`at::leaky_relu_out`): {cpp}.\n"

    yield "## Aims\n"
    yield table(["aim", "found", "reached"], list(aims(results)))
    yield NOTES


NOTES = """## Notes

* From 16 Mi on, `forward` and `backward_from_signs` run at the speed of the copy: what PyTorch and
  ONNX Runtime lose to that is what there is to gain, and on this machine it is a quarter, not a third.
  The backward pass from sign bits is within a tenth of the aim of 1.8, above or below it, from run to run.
* In place, nothing can be streamed past the caches, since the lines have just been read: both sides
  are at the memory's limit, and the difference is within what repeated runs differ by.
* Up to two megabytes of output one thread works, because a thread of rayon's pool that sleeps takes 50
  to 60 microseconds to answer, and one that has just been idle 15. One core against two, in
  microseconds, in turn after no pause and after a pause of 200 (f32 into a buffer): 512 KiB 11 against
  20 and 60; 1 MiB 25 against 30 and 70; 2 MiB 49 against 51 and 99; 4 MiB 99 against 69 and 109; 8 MiB
  294 against 120 and 198. PyTorch's threads spin between calls instead. So at 64 Ki its two threads are
  level with our one in some runs (0.99x to 1.33x), and ahead in float64, where input and output fill a
  core's second-level cache of 1 MiB.
* Of backward from the input, these variants were tried (microseconds at 64 Ki and 512 Ki on one thread
  and 1 Mi on two), and none is faster than what stands: 7.2, 65, 81 with one vector at a time; 7.2, 65,
  81 with four; 7.3, 66, 82 with four or eight loaded before any is stored; 7.4, 66, 83 with AVX2; 7.5,
  79, 98 with prefetches 512 to 4096 bytes ahead; 9.6, 75, 169 with streaming stores. Timed that way,
  from Rust, it takes 83 at 1 Mi, as long as PyTorch's. Why the same call takes 106 to 113 in the Python
  process has not been found; from the sign bits it reads a third less and is ahead.
* At 4 Ki the call from Python costs more than the function. From C++ (`at::leaky_relu_out`) PyTorch took
  0.67 to 0.92 microseconds, ours from Rust 0.21 to 0.44: two to three times as fast, not four. Input and
  output together are as large as the first-level cache, and writing 16 KiB alone takes 0.15.
* An output that does not start at a cache line, as the system's allocator hands them out, cost 8 to 45 %
  in cache; from 16 KiB on blocks now start at a line. One thread, microseconds, before and after: 64 Ki
  forward 5.0 and 4.6, in place 3.6 and 2.5, backward from signs in place 4.8 and 3.4. PyTorch's buffers,
  on which the tables with PyTorch are measured, are aligned and show none of this.
* Burn's forward pass alone is nearer to ours than the aim supposed: one pass on one core can not be
  twenty times as slow as one on two. With the backward pass both peers are far beyond it.
* bf16 forward at 16 Mi was 1.04x PyTorch's in one quiet run and 0.83x in the next, while backward from
  sign bits was ahead in both. Its output is exactly as large as the last-level cache of that machine, and
  only larger ones were written past it; now those as large are as well, which has not been measured yet.
* Where a ratio in the tables is below one, the peer wins.
"""


def aims(results):
    def aim(text, found, wanted, unit="x"):
        reached = "yes" if found >= wanted else "**no**"
        return [text, f"{found:.2f}{unit}", reached]

    large = [n for n in SIZES if n >= 16 << 20]
    small = [n for n in SIZES if n <= 1 << 20]

    def worst(sizes, slow, fast, dtype="f32"):
        return min(results.ratio(dtype, n, slow, fast) for n in sizes)

    yield aim("forward, 16 Mi and up: 0.95 of the copy's speed", worst(large, "copy", "ours"), 0.95, "")
    yield aim("forward, 16 Mi and up: 1.3x PyTorch", worst(large, "PyTorch", "ours"), 1.3)
    found = worst(large, "PyTorch, backward", "ours, backward from signs")
    yield aim("backward from signs, 16 Mi and up: 1.8x PyTorch's backward", found, 1.8)
    found = worst(large, "PyTorch, in place", "ours, in place")
    yield aim("in place, 16 Mi and up: no slower than PyTorch", found, 1.0)
    yield aim("forward, 4 Ki to 1 Mi: no slower than PyTorch", worst(small, "PyTorch", "ours"), 1.0)
    yield aim("forward, 4 Ki, both called from Python: 4x PyTorch", worst(SIZES[:1], "PyTorch", "ours"), 4)
    native = results.median("C++", SIZES[0], "PyTorch") / results.median("Rust", SIZES[0], "forward")
    yield aim("forward, 4 Ki, ours from Rust, PyTorch from C++: 4x PyTorch", native, 4)
    for peer in ("ONNX Runtime", "JAX", "NumPy"):
        yield aim(f"forward, any size: 1.3x {peer}", worst(SIZES, peer, "ours"), 1.3)
    for peer in ("candle", "Burn"):
        for work in ("forward", "forward and backward"):
            sizes = [n for n in SIZES if n >= 1 << 20]
            found = min(results.ratio("Rust", n, f"{peer} {work}", work) for n in sizes)
            yield aim(f"{work}, 1 Mi and up: 20x {peer}", found, 20)
    sizes = [n for dtype, n in results.seconds if dtype == "bf16" and n >= 1 << 20]
    found = worst(sizes, "PyTorch", "ours", "bf16")
    yield aim("forward, bf16, 1 Mi and up: no slower than PyTorch", found, 1.0)
    found = min(results.ratio("Rust", n, "ReLU forward", "forward") for n in SIZES)
    yield aim("Leaky ReLU, any size: within 2 % of our ReLU", found, 0.98)
    yield ["kept for the gradient: 1 bit an element (PyTorch: 32)", "1", "yes"]


def idle_share():
    """The share of the processors' time in which they had nothing to do, during the next second."""

    def times():
        return [int(ticks) for ticks in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]

    before = times()
    time.sleep(1)
    passed = [after - earlier for earlier, after in zip(before, times(), strict=True)]
    return passed[3] / sum(passed)


def machine(idle):
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    versions = [f"{m.__name__} {m.__version__}" for m in (torch, np, jax, onnxruntime)]
    return (
        f"{processor()}, {os.cpu_count()} cores, {THREADS} threads each, "
        f"Python {platform.python_version()}, {', '.join(versions)}, {rustc}; "
        f"processors {idle:.0%} idle before the run. Slope {ALPHA}. Median over {ROUNDS} rounds in which all "
        "take turns; `copy` is a copy with streaming stores on two threads, the limit of memory."
    )


def main():
    # Read when the first thread is needed, here and in the Rust process.
    os.environ["RAYON_NUM_THREADS"] = str(THREADS)
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    results = Results()
    print("compiling", file=sys.stderr)
    from_cpp = compiled_cpp(SIZES[0])
    print("measuring", file=sys.stderr)
    idle = idle_share()
    results.seconds["C++", SIZES[0]] = from_cpp()
    for elements in SIZES:
        print(f"f32, {size_name(elements)}", file=sys.stderr)
        results.seconds["f32", elements] = measure(in_process("f32", elements))
        results.seconds["Rust", elements] = from_rust(elements)
    for dtype in list(TYPES)[1:]:
        for elements in SIZES[:-1]:
            print(f"{dtype}, {size_name(elements)}", file=sys.stderr)
            results.seconds[dtype, elements] = measure(in_process(dtype, elements))
    text = "\n".join(report(results, idle)).rstrip() + "\n"
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/kernel.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
