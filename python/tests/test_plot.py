"""`lr.plot`: curves of rectifiers and their gradients."""

import subprocess
import sys
from xml.etree import ElementTree

import pytest

import leaky_relu as lr


def words(svg):
    return [element.text.strip() for element in ElementTree.fromstring(svg).iter() if element.text]


def test_the_curves_are_drawn_with_their_names_and_gradients():
    drawn = lr.plot("relu", "leaky-relu:0.2", "elu", title="Three rectifiers")
    found = words(drawn.svg)
    for word in ("Three rectifiers", "relu", "leaky-relu:0.2", "elu", "f(x)", "gradient of f at x"):
        assert word in found
    assert drawn._repr_svg_() == drawn.svg and "leaky-relu:0.2" in repr(drawn)
    assert drawn.png.startswith(b"\x89PNG")


def test_without_names_it_is_what_the_command_draws(tmp_path):
    lr.plot(output=tmp_path / "ours.svg")
    command = [sys.executable, "-m", "leaky_relu", "plot", "-o", "theirs.svg"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)

    def curves(name):
        tree = ElementTree.parse(tmp_path / name)
        return [e.get("points") for e in tree.iter() if e.tag.endswith("polyline")]

    assert curves("ours.svg") and curves("ours.svg") == curves("theirs.svg")


def test_a_file_is_written_whole_and_of_a_known_kind(tmp_path):
    drawn = lr.plot("relu")
    drawn.save(tmp_path / "a.svg"), drawn.save(tmp_path / "a.png")
    assert (tmp_path / "a.svg").read_text() == drawn.svg and (tmp_path / "a.png").read_bytes() == drawn.png
    with pytest.raises(ValueError, match=r"a.pdf: a drawing is written as .svg or .png"):
        drawn.save(tmp_path / "a.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]


@pytest.mark.parametrize("name", ["swish", "leaky-relu:steep", "leaky-relu:inf", "relu:0.1"])
def test_what_is_no_rectifier_is_refused_in_a_sentence(name):
    with pytest.raises(ValueError, match=name.split(":")[0]):
        lr.plot(name)
