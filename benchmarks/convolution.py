"""Convolutions with a Leaky ReLU behind them, beside PyTorch: one table, medians, in turns.

Needs `cargo build --release --package frameworks` and PyTorch; give another binary as argument.
"""

import subprocess
import sys
import time
from statistics import median

import torch
import torch.nn.functional as F

ROUNDS = 9
TURNS = 3

# Batch, groups, channels in and out, the input's rows and columns, kernel, stride and padding. The
# same list stands in frameworks/src/bin/convolution.rs.
LAYERS = {
    "resnet-first": (32, 1, (3, 64), (32, 32), (3, 3), (1, 1), (1, 1)),
    "resnet-64": (32, 1, (64, 64), (32, 32), (3, 3), (1, 1), (1, 1)),
    "resnet-128-strided": (32, 1, (64, 128), (32, 32), (3, 3), (2, 2), (1, 1)),
    "resnet-128-shortcut": (32, 1, (64, 128), (32, 32), (1, 1), (2, 2), (0, 0)),
    "resnet-256": (32, 1, (256, 256), (8, 8), (3, 3), (1, 1), (1, 1)),
    "resnet-512": (32, 1, (512, 512), (4, 4), (3, 3), (1, 1), (1, 1)),
    "unet-16": (16, 1, (16, 16), (64, 64), (3, 3), (1, 1), (1, 1)),
    "unet-32": (16, 1, (32, 32), (32, 32), (3, 3), (1, 1), (1, 1)),
    "audio-first": (32, 1, (1, 32), (1, 4096), (1, 9), (1, 4), (0, 4)),
    "audio-64": (32, 1, (32, 64), (1, 1024), (1, 9), (1, 2), (0, 4)),
    "depthwise-64": (32, 64, (64, 64), (32, 32), (3, 3), (1, 1), (1, 1)),
}


def time_torch(layer):
    """The medians in milliseconds: forward, and forward and backward."""
    batch, groups, (inwards, outwards), size, kernel, stride, padding = layer
    x = torch.rand(batch, inwards, *size, requires_grad=True)
    w = torch.rand(outwards, inwards // groups, *kernel, requires_grad=True)
    b = torch.zeros(outwards, requires_grad=True)

    def forward():
        return F.leaky_relu(F.conv2d(x, w, b, stride, padding, 1, groups), 0.1, inplace=True)

    def step():
        y = forward()
        (y * y).sum().backward()

    found = []
    for run, gradients in ((forward, False), (step, True)):
        times = []
        with torch.set_grad_enabled(gradients):
            for _ in range(ROUNDS + 1):
                start = time.perf_counter()
                run()
                times.append((time.perf_counter() - start) * 1e3)
        found.append(median(times[1:]))
    return found


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/convolution"
    torch.set_num_threads(2)
    print("| layer | forward, ms | Burn | PyTorch | forward and backward, ms | two passes | Burn | PyTorch |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, layer in LAYERS.items():
        ours, theirs = [], []
        for _ in range(TURNS):
            line = subprocess.run([program, name], check=True, capture_output=True, text=True)
            ours.append([float(number) for number in line.stdout.split()[1:]])
            theirs.append(time_torch(layer))
        one, _, burn, step, two, burn_step = (median(column) for column in zip(*ours))
        torch_forward, torch_step = (median(column) for column in zip(*theirs))
        print(
            f"| {name} | {one:.2f} | {burn / one:.2f}x | {torch_forward / one:.2f}x "
            f"| {step:.2f} | {two / step:.2f}x | {burn_step / step:.2f}x | {torch_step / step:.2f}x |",
            flush=True,
        )


if __name__ == "__main__":
    main()
