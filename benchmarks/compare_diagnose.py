"""Time the diagnosis: `leaky diagnose` beside ONNX Runtime and PyTorch that count the same.

    benchmarks/run.sh diagnose

All run as processes of their own, in turns. The peers' seconds leave the imports out; ours are those of the
whole process. Peak memory is that of the whole process.
"""

import argparse
import json
import logging
import os
import platform
import statistics
import sys
from pathlib import Path

from diagnose_networks import CASES, build
from processes import run, write

FOLDER = Path(__file__).resolve().parent
INPUTS = FOLDER / "target" / "diagnose"


def make(network: str) -> None:
    """The network's file and its samples."""
    import numpy as np
    import torch

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    INPUTS.mkdir(parents=True, exist_ok=True)
    case, path = CASES[network], INPUTS / network
    x = np.random.default_rng(0).normal(size=(case.samples, *case.shape)).astype(np.float32)
    np.savez(path.with_suffix(".npz"), x=x)
    torch.onnx.export(
        build(network),
        (torch.from_numpy(x[:2]),),
        path.with_suffix(".onnx"),
        input_names=["x"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        optimize=False,
        external_data=False,
        verbose=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leaky", type=Path, default=FOLDER.parent / "target" / "release" / "leaky")
    parser.add_argument("--networks", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=FOLDER / "results" / "diagnose.md")
    options = parser.parse_args()
    load, rows = os.getloadavg()[0], []
    for network in options.networks:
        make(network)
        file = INPUTS / network
        threads = ["--threads", str(options.threads)]
        ours = [str(options.leaky), "diagnose", f"{file}.onnx", "--data", f"{file}.npz", "--json", "-", *threads]
        script = [sys.executable, str(FOLDER / "diagnose_peer.py"), "--network", network, "--folder", str(INPUTS)]
        commands = {
            "leaky": ours,
            "ONNX Runtime": [*script, "--peer", "onnxruntime", *threads],
            "PyTorch": [*script, "--peer", "pytorch", *threads],
        }
        results = {who: [] for who in commands}
        for _ in range(options.rounds):
            for who, command in commands.items():
                seconds, memory, output = run(command)
                report = json.loads(output)
                seconds = seconds if who == "leaky" else report["seconds"]
                results[who].append((seconds, memory, report))
        own = statistics.median(seconds for seconds, _, _ in results["leaky"])
        for who, runs in results.items():
            seconds = statistics.median(seconds for seconds, _, _ in runs)
            memory = statistics.median(memory for _, memory, _ in runs)
            report = runs[0][2]
            rows.append(
                f"| {CASES[network].title} | {who} | {seconds:.2f} | {seconds / own:.2f} | {memory:.0f} "
                f"| {report['units']} | {report['dead']} | {report['always_on']} |"
            )
    import onnxruntime
    import torch

    text = "\n".join(
        [
            "# A diagnosis beside ONNX Runtime and PyTorch",
            "",
            f"{platform.machine()}, {os.cpu_count()} cores, {options.threads} threads each, torch {torch.__version__}, "
            f"onnxruntime {onnxruntime.__version__}; load before the run {load:.1f}. Medians of {options.rounds} "
            "rounds in which all take turns; the peers' seconds leave their imports out, ours are those of the whole "
            "process. Times: theirs over ours, above 1 is in our favour. Peak memory in MiB, of the whole process. "
            "Random weights, so units at the edge may fall to either side by rounding.",
            "",
            "| network | who | seconds | times | peak memory | units | dead | always on |",
            "|---|---|---:|---:|---:|---:|---:|---:|",
            *rows,
            "",
        ]
    )
    write(text, options.output)


if __name__ == "__main__":
    main()
