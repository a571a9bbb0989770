"""A short run of everything writes the whole page. Who wins is not asked: its figures say nothing."""

from __future__ import annotations

from pathlib import Path

from evidence.__main__ import main
from evidence.cure.treatments import TREATMENTS
from evidence.methods.catalogue import METHODS
from evidence.page.claims import DOES_NOT, HOLDS, UNKNOWN
from evidence.page.comparisons import PAIRS, SIMPLER_TREATMENTS


def test_a_short_run_writes_every_part_of_the_page(tmp_path: Path) -> None:
    main(["--quick", "--trials", str(tmp_path / "trials.jsonl"), "--output", str(tmp_path / "docs/evidence.md")])
    page = (tmp_path / "docs/evidence.md").read_text()
    assert "A short run" in page
    parts = page.split("\n## ")
    titles = [part.splitlines()[0] for part in parts[1:]]
    assert titles == [
        "Sick networks, cured",
        "Tasks that change",
        "Learning by trial",
        "What textbooks say",
        "What does not help",
    ]
    cured, tasks, catch, claims, negatives = parts[1:]
    for treatment in TREATMENTS:
        assert treatment in cured
    assert tasks.count("\n### ") == 3
    for entry in METHODS:
        assert tasks.count(f"| {entry.name} |") + tasks.count(f"| **{entry.name}** |") == 3
    assert catch.count("\n| ") == 2 + 5
    assert claims.count("\n| ") == 2 + 4 * 2 * 4
    assert sum(claims.count(f"**{answer}**") for answer in (HOLDS, DOES_NOT, UNKNOWN)) == 4
    assert negatives.count("\n- ") == len(PAIRS) + len(SIMPLER_TREATMENTS)
    for line in page.splitlines():
        if line.startswith("!["):
            image = tmp_path / "docs" / line.split("](")[1].rstrip(")")
            assert image.stat().st_size > 1000
