"""Time the whole cure: `leaky cure` beside a plain PyTorch script of the same steps.

    benchmarks/run.sh cure

Both run as processes of their own, in turns, on the same network, data, threads, batch size and epochs. Seconds
and peak memory are those of the whole process; `training` is the part that both spend in their epochs,
validation included.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from cure_networks import CASES
from processes import processor, run, write

FOLDER = Path(__file__).resolve().parent
INPUTS = FOLDER / "target" / "cure"


def ours(options: argparse.Namespace, network: str, folder: Path) -> dict[str, float]:
    data = INPUTS / f"{network}.npz"
    seconds, memory, output = run(
        [str(options.leaky), "cure", str(INPUTS / f"{network}.onnx"), "--data", str(data)]
        + ["-o", str(folder / "cured.onnx"), "--json", "-", "--epochs", str(CASES[network].epochs)]
        + ["--threads", str(options.threads), "--seed", "0"]
        + (["--loss", "binary-cross-entropy"] if CASES[network].masks else [])
    )
    report = json.loads(output)
    training = sum(epoch["seconds"] for epoch in report["epochs"])
    result = {"dead_before": report["before"]["dead"], "dead_after": report["after"]["dead"]}
    return {
        "seconds": seconds,
        "training": training,
        "memory": memory,
        "score": report["score"]["after"],
        **result,
    }


def pytorch(options: argparse.Namespace, network: str, folder: Path) -> dict[str, float]:
    data = INPUTS / f"{network}.npz"
    seconds, memory, output = run(
        [sys.executable, str(FOLDER / "cure.py"), "--network", network, "--data", str(data)]
        + ["-o", str(folder / "cured.pt"), "--epochs", str(CASES[network].epochs)]
        + ["--threads", str(options.threads), "--validation-share", "0.2"]
    )
    report = json.loads(output)
    result = {"dead_before": sum(report["dead_before"]), "dead_after": sum(report["dead_after"])}
    return {
        "seconds": seconds,
        "training": report["training_seconds"],
        "memory": memory,
        "score": report["score_after"],
        **result,
    }


def median(runs: list[dict[str, float]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leaky", type=Path, default=FOLDER.parent / "target" / "release" / "leaky")
    parser.add_argument("--networks", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=FOLDER / "results" / "cure.md")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows = []
    for network in options.networks:
        name = CASES[network].title
        inputs = [str(FOLDER / "make_cure_inputs.py"), "--network", network, "--folder", str(INPUTS)]
        subprocess.run([sys.executable, *inputs], check=True, stdout=subprocess.DEVNULL)
        results = {"leaky": [], "PyTorch": []}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.rounds):
                results["leaky"].append(ours(options, network, Path(folder)))
                results["PyTorch"].append(pytorch(options, network, Path(folder)))
        for peer, runs in results.items():
            rows.append(
                f"| {name} | {peer} | {median(runs, 'seconds'):.2f} | {median(runs, 'training'):.2f} "
                f"| {median(runs, 'memory'):.0f} | {runs[0]['dead_before']:.0f} | {median(runs, 'dead_after'):.0f} "
                f"| {median(runs, 'score'):.4f} |"
            )
        ratio = {key: median(results["PyTorch"], key) / median(results["leaky"], key) for key in runs[0]}
        rows.append(f"| | **ratio** | {ratio['seconds']:.2f} | {ratio['training']:.2f} | {ratio['memory']:.1f} | | | |")
    import torch

    text = "\n".join(
        [
            "# The whole cure beside PyTorch",
            "",
            f"{processor()}, {os.cpu_count()} cores, {options.threads} threads each, Python "
            f"{platform.python_version()}, torch {torch.__version__}; load before the run {load:.1f}. "
            f"Batches of 64, Adam; medians of {options.rounds} rounds in which both take turns. Seconds of the "
            "whole process include PyTorch's import; `training` is what both spend in their epochs, validation "
            "included. A ratio above 1 is in our favour. The validation samples of the two are drawn differently; "
            "the score is the accuracy, for masks the Dice coefficient. The plain script leaves units that more "
            "than one layer hears, which the tool revives within a bound.",
            "",
            *(f"- {CASES[n].title}: {CASES[n].samples} samples, {CASES[n].epochs} epochs" for n in options.networks),
            "",
            "| network | who | seconds | of them training | peak memory, MiB | dead before | dead after | score |",
            "|---|---|---:|---:|---:|---:|---:|---:|",
            *rows,
            "",
        ]
    )
    write(text, options.output)


if __name__ == "__main__":
    main()
