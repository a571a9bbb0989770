"""Runs the trials and writes the page.

python -m evidence [--quick] [--seeds N] [--only PART…] [--without METHOD…] [--output FILE]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from evidence import claims, plasticity, reinforcement
from evidence.cure import run as cure
from evidence.methods import catalogue
from evidence.page.page import Page
from evidence.trials import Trials

HERE = Path(__file__).resolve().parent.parent
PARTS = {
    "cure": (lambda trials, seeds, quick, _: cure.run(trials, seeds, quick), Page.cure),
    "plasticity": (plasticity.run, Page.plasticity),
    "reinforcement": (reinforcement.run, Page.reinforcement),
    "claims": (lambda trials, seeds, quick, _: claims.run(trials, seeds, quick), Page.claims),
}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="evidence", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps of everything, to see that it runs")
    parser.add_argument("--seeds", type=int, help="how many seeds are scored (5; quick: 2)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many trainings at once")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="some parts of the page")
    names = [entry.name for entry in catalogue.METHODS]
    parser.add_argument("--without", nargs="+", choices=names, default=[], help="methods to leave out")
    parser.add_argument("--trials", type=Path, help="where finished trials are kept, and looked for")
    parser.add_argument("--output", type=Path, help="the page; its figures go to images/ beside it")
    arguments = parser.parse_args(words)
    seeds = arguments.seeds or (2 if arguments.quick else 5)
    folder = HERE / "target/evidence"
    name = "quick" if arguments.quick else "trials"
    trials = Trials(arguments.trials or folder / f"{name}.jsonl", arguments.jobs)
    output = arguments.output or (folder / "quick/evidence.md" if arguments.quick else HERE / "../docs/evidence.md")
    left_out = [part for part in PARTS if part not in arguments.only]
    page = Page(output.resolve(), seeds, arguments.quick, [*left_out, *arguments.without])
    for part in arguments.only:
        run, write = PARTS[part]
        write(page, run(trials, seeds, arguments.quick, set(arguments.without)))
    page.write()
    print(output)


if __name__ == "__main__":
    main()
