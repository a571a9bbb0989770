"""What the README and the examples say, run as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1]
README = (PACKAGE / "README.md").read_text()


def run(*arguments):
    command = [sys.executable, "-W", "ignore", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_cures_a_dying_network_in_its_training_loop(tmp_path):
    code = re.search(r"```python\n(.*?)```", README, re.S)[1]
    (tmp_path / "first.py").write_text(code)
    printed = run(tmp_path / "first.py")
    # What another processor rounds otherwise, training carries on: the course, not the figures.
    shown = re.search(r"prints\n\n```\n(.*?)```", README, re.S)[1]
    for text in (printed, shown):
        before, after = map(float, re.findall(r"accuracy (\d\.\d+)", text))
        assert before < 0.8 and after > 0.9
        dead = [int(count) for count in re.findall(r"(\d+) of 192 units", text)]
        assert dead[0] > 96 and dead[1] < 20


def test_every_other_piece_of_the_readme_runs(tmp_path, monkeypatch):
    pieces = re.findall(r"```python\n(.*?)```", README, re.S)[1:]
    assert pieces
    network = PACKAGE.parent / "fixtures" / "networks" / "mlp"
    prelude = (
        "import numpy as np, torch, leaky_relu as lr, leaky_relu.torch as lt\n"
        "from safetensors.numpy import load_file\n"
        f"arrays = load_file({str(network / 'data.safetensors')!r})\n"
        "x, y = arrays['x'], arrays['y']\n"
        f"import shutil; shutil.copy({str(network / 'model.onnx')!r}, 'net.onnx')\n"
        "model = torch.nn.Sequential(torch.nn.Linear(64, 9), torch.nn.ReLU(), torch.nn.Linear(9, 10))\n"
        "optimizer = torch.optim.Adam(model.parameters())\n"
        "loader = torch.tensor(x).split(40)\n"
    )
    monkeypatch.chdir(tmp_path)
    for number, piece in enumerate(pieces):
        (tmp_path / f"{number}.py").write_text(prelude + piece)
        run(tmp_path / f"{number}.py")


def test_the_notebook_on_dying_runs_and_shows_that_a_leak_and_a_revival_help():
    printed = run(PACKAGE / "examples" / "dying_in_training.py")
    plain, _recycled, *helped = (float(found) for found in re.findall(r"ccuracy (\d\.\d+)", printed))
    assert len(helped) == 2 and min(helped) > plain
    plain, _recycled, *helped = (int(found) for found in re.findall(r"(\d+) of 320 units", printed))
    assert len(helped) == 2 and plain > 160 and max(helped) < plain / 2


def test_the_notebook_on_sparse_autoencoders_has_fewer_dead_latents_with_recycling():
    printed = run(PACKAGE / "examples" / "sparse_autoencoder.py", 2048, 120)
    without, recycled = (float(found) for found in re.findall(r"(\d+\.\d) % of 2048", printed))
    assert recycled < without


@pytest.mark.parametrize("command", [["--version"], ["--help"], ["diagnose", "--help"]])
def test_the_command_comes_with_the_package(command):
    leaky = Path(sys.executable).parent / "leaky"
    done = subprocess.run([leaky, *command], capture_output=True, text=True)
    assert done.returncode == 0 and "leaky" in done.stdout
    module = subprocess.run([sys.executable, "-m", "leaky_relu", *command], capture_output=True, text=True)
    assert module.stdout == done.stdout


def test_the_command_answers_with_its_exit_codes():
    leaky = [sys.executable, "-m", "leaky_relu"]
    done = subprocess.run(
        [*leaky, "diagnose", "nowhere.onnx", "--data", "x.npz"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "nowhere.onnx" in done.stderr
