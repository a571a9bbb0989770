"""ONNX networks from paths, bytes and messages, with arrays in memory."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file

import leaky_relu as lr

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "networks"
NAMES = sorted(folder.name for folder in FIXTURES.iterdir())


def case(name):
    arrays = load_file(FIXTURES / name / "data.safetensors")
    y = arrays.pop("y")
    return FIXTURES / name / "model.onnx", arrays, y


@pytest.mark.parametrize("name", NAMES)
def test_a_diagnosis_is_that_of_the_command(name):
    path, x, _ = case(name)
    expected = json.loads((FIXTURES / name / "expected.json").read_text())
    found = lr.diagnose(path, x).to_dict()
    for key in ("samples", "units", "dead", "dormant", "always_on"):
        assert found[key] == expected[key]
    for layer, verdict in zip(found["layers"], expected["layers"], strict=True):
        assert {key: layer[key] for key in verdict} == verdict | {"alpha": layer["alpha"]}
        alpha = verdict["alpha"]  # the network holds it as float32
        assert layer["alpha"] == (alpha if alpha is None else pytest.approx(alpha, rel=1e-6))


def test_a_diagnosis_says_why_units_died_and_what_to_do():
    folder = FIXTURES.parent / "causes"
    d = lr.diagnose(folder / "raw-pixels.onnx", load_file(folder / "raw-pixels.safetensors")["x"])
    expected = json.loads((folder / "cases.json").read_text())["raw-pixels"]
    found = [{cause["cause"]: cause["units"] for cause in layer.causes} for layer in d.layers]
    assert found == expected
    assert [found["remedy"] for found in d.prescription][0] == "inputs"
    assert "the inputs of the network are not scaled (from 0 to 255" in repr(d)
    assert "Scale the inputs of the network" in d._repr_html_()
    assert lr.Diagnosis.from_dict(d.to_dict()).to_dict() == d.to_dict()


def test_paths_bytes_and_messages_are_the_same_network():
    path, x, _ = case("mlp")
    message = onnx.load(path)
    expected = lr.diagnose(str(path), x).to_dict()["layers"]
    for model in (path, path.read_bytes(), message):
        assert lr.diagnose(model, x["x"]).to_dict()["layers"] == expected
    assert lr.diagnose(message, x).model == message.graph.name


def test_arrays_of_any_strides_and_order_are_taken():
    path, x, _ = case("mlp")
    expected = lr.diagnose(path, x).to_dict()
    for other in (x["x"].T.copy().T, x["x"].astype(">f4"), np.repeat(x["x"], 2, 0)[::2], x["x"].tolist()):
        assert (
            lr.diagnose(path, np.asarray(other, dtype=getattr(other, "dtype", np.float32))).to_dict()
            == expected
        )


def test_a_conversion_lets_hidden_relus_leak(tmp_path):
    path, _, _ = case("mlp")
    converted = lr.convert(path, tmp_path / "leaky.onnx", alpha=0.2)
    assert converted.converted == 2 and "2 of 2 rectifiers leak now" in repr(converted)
    written = onnx.load(tmp_path / "leaky.onnx")
    assert (tmp_path / "leaky.onnx").read_bytes() == converted.model
    assert [n.op_type for n in written.graph.node].count("LeakyRelu") == 2
    assert (
        lr.convert(
            path, only=["nothing*", r"*"], skip=[converted.to_dict()["rectifiers"][0]["name"]]
        ).converted
        == 1
    )


@pytest.mark.parametrize("other", ["leaky-relu", "prelu"])
def test_a_conversion_gives_another_slope_to_what_leaks_already(other):
    path, _, _ = case("mlp")
    start = lr.convert(path, alpha=0.2).model if other == "leaky-relu" else onnx.load(path)
    if other == "prelu":
        rectifiers = [node for node in start.graph.node if node.op_type == "Relu"]
        for number, node in enumerate(rectifiers):
            node.op_type = "PRelu"
            node.input.append(f"slope{number}")
            start.graph.initializer.append(
                onnx.numpy_helper.from_array(np.full(1, 0.25, np.float32), f"slope{number}")
            )
    with pytest.raises(ValueError, match="hidden rectifier that was asked for"):
        lr.convert(start, alpha=0.05)
    converted = lr.convert(start, alpha=0.05, from_=other)
    assert converted.converted == 2 and "LeakyRelu now, alpha 0.05" in repr(converted)
    assert [layer.alpha for layer in lr.diagnose(converted.model, case("mlp")[1]).layers] == [
        pytest.approx(0.05)
    ] * 2


def samples_that_change_each_other():
    """A network that centres the samples on their mean, exported for a batch of two."""
    make = onnx.helper
    nodes = [
        make.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=1),
        make.make_node("Sub", ["x", "mean"], ["centred"]),
        make.make_node("MatMul", ["centred", "w"], ["z"]),
        make.make_node("Relu", ["z"], ["y"], name="relu"),
    ]
    tensors = [
        onnx.numpy_helper.from_array(np.zeros(1, np.int64), "axes"),
        onnx.numpy_helper.from_array(np.array([[1, -1, 0]], np.float32), "w"),
    ]
    ends = [make.make_tensor_value_info(name, 1, [2, size]) for name, size in (("x", 1), ("y", 3))]
    graph = make.make_graph(nodes, "centred", ends[:1], ends[1:], tensors)
    return make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=9)


def test_what_is_to_be_known_of_how_a_network_was_looked_at_is_told(tmp_path):
    x = np.arange(6, dtype=np.float32)[:, None]
    d = lr.diagnose(samples_that_change_each_other(), x)
    (note,) = d.notes
    assert (
        note.startswith("run in batches of 2: ")
        and note in repr(d)
        and "run in batches of 2: " in d._repr_html_()
    )
    assert d.to_dict()["notes"] == [note] and d.layers[0].dead == [2]
    d.save(tmp_path / "page.html")
    assert "run in batches of 2: " in (tmp_path / "page.html").read_text()
    path, x, _ = case("mlp")
    assert lr.diagnose(path, x).notes == ()


def test_tau_counts_as_dormant_what_says_little_beside_its_layer():
    path, x, _ = case("mlp")
    plain, found = lr.diagnose(path, x), lr.diagnose(path, x, tau=0.5)
    assert found.dead == plain.dead and found.dormant > plain.dormant == 0
    assert found.to_dict()["tau"] == found.tau == 0.5 and "at most 0.5 times" in repr(found)
    assert lr.Diagnosis.from_dict(found.to_dict()) == found


@pytest.fixture(scope="module")
def cured(tmp_path_factory):
    path, x, y = case("mlp")
    output = tmp_path_factory.mktemp("cure") / "cured.onnx"
    return lr.cure(path, x, y, val=(x, y), output=output, epochs=3, alpha=0.1), output


def test_a_cure_gives_the_network_and_its_figures(cured, tmp_path):
    found, output = cured
    path, x, _ = case("mlp")
    assert found.before.dead == lr.diagnose(path, x).dead and found.after.dead < found.before.dead
    assert found.revived > 0 and found.score["metric"] == "accuracy" and len(found.epochs) == 3
    assert found.score["after"] >= found.score["before"] and found.alpha == pytest.approx(0.1)
    assert output.read_bytes() == found.model
    assert lr.diagnose(found.model, x).dead == found.after.dead
    assert "Validation accuracy" in repr(found) and "<table>" in found._repr_html_()
    found.save(tmp_path / "cure.json")
    assert json.loads((tmp_path / "cure.json").read_text()) == found.to_dict()


def test_the_same_seed_gives_the_same_network(cured):
    path, x, y = case("mlp")
    assert lr.cure(path, x, y, val=(x, y), epochs=3, alpha=0.1).model == cured[0].model


def test_a_cure_revives_dormant_units_where_tau_says_which():
    path, x, y = case("mlp")
    options = {"val": (x, y), "epochs": 3, "alpha": 0.1}
    plain, found = lr.cure(path, x, y, **options), lr.cure(path, x, y, **options, tau=0.5)
    assert plain.revived_dormant == 0 < found.revived_dormant and found.before.tau == 0.5
    assert f"and {found.revived_dormant} dormant ones" in repr(found)


def test_a_cure_is_scored_once_on_samples_to_test_with():
    path, x, y = case("mlp")
    test = {name: array[:37] for name, array in x.items()}, y[:37]
    found = lr.cure(path, x, y, test=test, epochs=2)
    session = pytest.importorskip("onnxruntime").InferenceSession(found.model)
    answered = session.run(None, test[0])[0].argmax(1)
    assert found.score["test"] == pytest.approx((answered == test[1]).mean())
    assert f"Test accuracy: {found.score['test']:.4f}" in repr(found)


KEPT = """
import sys
import leaky_relu as lr, numpy as np
x = np.random.default_rng(0).normal(size=(2000, 64)).astype(np.float32)
y = np.random.default_rng(1).integers(0, 10, 2000)
lr.cure(sys.argv[1], x, y, epochs=int(sys.argv[2]), output=sys.argv[3],
        checkpoint=sys.argv[4] if len(sys.argv) > 4 else None)
"""


def test_a_cure_that_is_killed_goes_on_from_its_checkpoint_and_ends_with_the_same_bytes(tmp_path):
    path, _, _ = case("mlp")
    command = [sys.executable, "-c", KEPT, str(path), "40"]
    subprocess.run([*command, tmp_path / "whole.onnx"], check=True)
    kept = tmp_path / "kept" / "training.safetensors"
    killed = subprocess.Popen([*command, tmp_path / "parts.onnx", kept.parent])
    for _ in range(6000):
        if kept.exists() or killed.poll() is not None:
            break
        time.sleep(0.005)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL and not (tmp_path / "parts.onnx").exists()
    subprocess.run([*command, tmp_path / "parts.onnx", kept.parent], check=True)
    assert (tmp_path / "parts.onnx").read_bytes() == (tmp_path / "whole.onnx").read_bytes()
    other = subprocess.run(
        [*command[:-1], "3", tmp_path / "other.onnx", kept.parent], capture_output=True, text=True
    )
    assert "ValueError" in other.stderr and "the epochs" in other.stderr


SMALL = {"rectifiers": ["relu", "leaky-relu:0.1"], "seeds": 2, "epochs": 1, "lr": [0.001, 0.01]}


def figures(comparison):
    """Without what the clock says."""
    found = json.loads(json.dumps(comparison.to_dict()))
    for row in [found, *found["trials"], *found["summary"]]:
        for key in ("seconds", "seconds_per_epoch"):
            row.pop(key, None)
    for trial in found["trials"]:
        for epoch in trial["epochs"]:
            epoch.pop("seconds", None)
    return found


def test_a_cure_has_the_page_of_the_command(cured, tmp_path):
    found, _ = cured
    found.save(tmp_path / "cure.html")
    page = (tmp_path / "cure.html").read_text()
    for words in ("The cure of", "Revived units", "How this page was made", "The gradient", "Epochs"):
        assert words in page
    before, after = found.gradients
    assert len(before) == len(after) == 3 and all(row["norm"] > 0 for row in after)
    with pytest.raises(ValueError, match=r"results are written as .html or .json"):
        found.save(tmp_path / "cure.txt")


def test_a_diagnosis_with_answers_tells_the_gradient_on_its_page(tmp_path):
    path, x, y = case("mlp")
    told = lr.diagnose(path, x, y)
    told.save(tmp_path / "with.html")
    lr.diagnose(path, x).save(tmp_path / "without.html")
    assert told == lr.diagnose(path, x) and len(told.gradients) == 3
    assert "Gradient by layer of weights" in (tmp_path / "with.html").read_text()
    without = (tmp_path / "without.html").read_text()
    assert "is not drawn: it takes a loss" in without and "Dead units of" in without


def test_a_training_that_diverges_is_warned_of():
    path, x, y = case("mlp")
    with pytest.warns(RuntimeWarning, match="became NaN or infinite in epoch"):
        found = lr.cure(path, x, y, val=(x, y), epochs=3, lr=1e30, optimizer="sgd")
    assert found.diverged is not None and found.score["after"] >= found.score["before"]


def test_units_of_a_residual_stream_are_revived_within_a_bound_or_not_at_all():
    path, x, y = case("residual")
    bounded = lr.cure(path, x, y, val=(x, y), epochs=2)
    exact = lr.cure(path, x, y, val=(x, y), epochs=2, revival_bound=0)
    assert bounded.score["after"] > bounded.score["before"], "what was treated is kept"
    assert bounded.revived_within_bound > 0 and exact.revived_within_bound == 0


@pytest.fixture(scope="module")
def compared():
    return lr.compare(*case("mlp"), **SMALL)


def test_a_comparison_concludes(compared):
    assert len(compared.trials) == 8 and len(compared.summary) == 4
    assert compared.best in SMALL["rectifiers"] and compared.verdict in repr(compared)
    assert compared.conclusive in (True, False) and "<table>" in compared._repr_html_()


def test_networks_that_are_compared_are_scored_once_on_samples_to_test_with(compared, tmp_path):
    path, x, y = case("mlp")
    test = {name: array[:37] for name, array in x.items()}, y[:37]
    found = lr.compare(path, x, y, test=test, **SMALL)
    # Nothing is chosen by them: everything else is as without.
    for mine, plain in zip(found.trials, compared.trials, strict=True):
        assert mine["score"] == plain["score"] and plain.get("test") is None
        assert 37 * mine["test"] == pytest.approx(round(37 * mine["test"]))
    row = found.summary[0]
    own = [
        trial["test"]
        for trial in found.trials
        if (trial["rectifier"], trial["lr"]) == (row["rectifier"], row["lr"])
    ]
    assert row["test"] == pytest.approx(sum(own) / len(own))
    assert "mean test accuracy" in repr(found) and "mean test" not in repr(compared)
    found.save(tmp_path / "compare.html")
    assert "mean test accuracy" in (tmp_path / "compare.html").read_text()
    with ThreadPoolExecutor(2) as executor:
        assert figures(lr.compare(path, x, y, test=test, **SMALL, executor=executor)) == figures(found)


def test_a_comparison_has_the_page_of_the_command(compared, tmp_path):
    compared.save(tmp_path / "compare.html")
    page = (tmp_path / "compare.html").read_text()
    assert "Rectifiers compared on" in page and compared.verdict.split(":")[0] in page


@pytest.mark.parametrize("kind", ["threads", "processes", "forked processes"])
def test_figures_do_not_depend_on_the_executor(compared, kind):
    executors = {
        "threads": lambda: ThreadPoolExecutor(2),
        "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
        "forked processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("fork")),
    }
    with executors[kind]() as executor:
        assert figures(lr.compare(*case("mlp"), **SMALL, executor=executor)) == figures(compared)


def test_data_outside_of_the_file_travels_with_it():
    path, x, y = case("external-data")
    with ThreadPoolExecutor(1) as executor:
        found = lr.compare(path, x, y, rectifiers=["relu"], seeds=1, epochs=1, executor=executor)
    assert len(found.trials) == 1


class Killing(ProcessPoolExecutor):
    """Kills its workers once, in the midst of the work."""

    killed = False

    def submit(self, *work):
        future = super().submit(*work)
        if not self.killed and len(self._processes) == 2:
            self.killed = True
            time.sleep(0.5)
            for process in list(self._processes.values()):
                process.kill()
        return future


def test_a_training_whose_worker_is_killed_is_done_again(compared):
    with Killing(2, mp_context=get_context("spawn")) as executor:
        assert figures(lr.compare(*case("mlp"), **SMALL, executor=executor)) == figures(compared)
        assert executor.killed


def test_a_file_that_was_read_is_never_written():
    path, x, y = case("external-data")
    weights = path.with_name("model.onnx.data")
    before = path.read_bytes(), weights.read_bytes()
    for output in (path, weights):
        with pytest.raises(ValueError, match="same file"):
            lr.convert(path, output)
        with pytest.raises(ValueError, match="same file"):
            lr.cure(path, x, y, output=output)
    assert (path.read_bytes(), weights.read_bytes()) == before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p, x, y: lr.diagnose("nowhere.onnx", x), FileNotFoundError, "nowhere.onnx"),
        (lambda p, x, y: lr.diagnose(b"no network", x), ValueError, "ONNX"),
        (lambda p, x, y: lr.diagnose(3, x), TypeError, "int: give a path"),
        (lambda p, x, y: lr.diagnose(p, {"z": x["x"]}), ValueError, "x"),
        (lambda p, x, y: lr.diagnose(p, x["x"][:, :5]), ValueError, "64"),
        (lambda p, x, y: lr.diagnose(p, x["x"][:0]), ValueError, "is empty"),
        (lambda p, x, y: lr.diagnose(p, np.full((3, 64), np.nan, np.float32)), ValueError, "NaN"),
        (lambda p, x, y: lr.diagnose(p, np.array(["a"])), TypeError, "<U1"),
        (lambda p, x, y: lr.cure(p, x, y[:5]), ValueError, "5"),
        (lambda p, x, y: lr.cure(p, x, y, optimizer="newton"), ValueError, "optimizer"),
        (lambda p, x, y: lr.cure(p, x, y, loss="hinge"), ValueError, "loss"),
        (lambda p, x, y: lr.cure(p, x, y, lr=-1.0), ValueError, "lr must be above zero"),
        (lambda p, x, y: lr.cure(p, x, y, alpha="much"), ValueError, "'auto'"),
        (lambda p, x, y: lr.cure(p, x, y, batch_size=0), ValueError, "batch_size"),
        (lambda p, x, y: lr.cure(p, x, y, revival_bound=2.0), ValueError, "revival_bound must lie between"),
        (lambda p, x, y: lr.cure(p, x, y, tau=-0.1), ValueError, "tau must lie between"),
        (lambda p, x, y: lr.cure(p, x, y, tau=0.1, revive=False), ValueError, "revive=False"),
        (lambda p, x, y: lr.cure(p, x, y, test=(x["x"][:, :5], y)), ValueError, "64"),
        (lambda p, x, y: lr.cure(p, x, y, checkpoint=p), OSError, "model.onnx"),
        (lambda p, x, y: lr.diagnose(p, x, tau=2.0), ValueError, "tau must lie between"),
        (lambda p, x, y: lr.diagnose(p, x, batch_size=0), ValueError, "batch_size must be at least 1"),
        (lambda p, x, y: lr.convert(p, from_="elu"), ValueError, "'relu', 'leaky-relu', 'prelu' or 'relu6'"),
        (lambda p, x, y: lr.compare(p, x, y, rectifiers=["swish"]), ValueError, "swish"),
        (lambda p, x, y: lr.compare(p, x, y, seeds=0), ValueError, "at least one training"),
        (lambda p, x, y: lr.compare(p, x, y, test=x["x"]), TypeError, "test is a ndarray: give a pair"),
        (lambda p, x, y: lr.compare(p, x, y, test=(x["x"][:, :5], y)), ValueError, "64"),
        (lambda p, x, y: lr.convert(p, alpha=float("nan")), ValueError, "alpha must be finite"),
        (lambda p, x, y: lr.convert(p, "no/such/folder/x.onnx"), OSError, "no/such/folder"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call(*case("mlp"))


def test_control_c_stops_the_engine():
    script = f"""
import leaky_relu as lr, numpy as np
x = np.random.default_rng(0).normal(size=(4000, 64)).astype(np.float32)
y = np.random.default_rng(0).integers(0, 10, 4000)
print("ready", flush=True)
try:
    lr.cure({str(FIXTURES / "mlp" / "model.onnx")!r}, x, y, epochs=1_000_000)
except KeyboardInterrupt:
    print("interrupted")
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\n"


def test_control_c_ends_the_command_at_its_next_good_moment(tmp_path):
    path, _, _ = case("mlp")
    x = np.random.default_rng(0).normal(size=(4000, 64)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=np.random.default_rng(0).integers(0, 10, 4000))
    command = [sys.executable, "-m", "leaky_relu", "cure", str(path), "--data", "data.npz"]
    command += ["--epochs", "1000000", "--json", "figures.json"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if "Revived" in line or "Validation" in line:
            break
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "KeyboardInterrupt" not in told
    assert lr.diagnose(tmp_path / "cured.onnx", x).units == lr.diagnose(path, x).units


def test_control_c_ends_a_command_that_does_not_listen_to_it_at_once(tmp_path):
    path, _, _ = case("mlp")
    # A file with nothing but a hole behind its header.
    np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (3_000_000, 64)).flush()
    command = [sys.executable, "-m", "leaky_relu", "diagnose", str(path), "--data", "x.npy"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    time.sleep(2)
    assert process.poll() is None, "it should still be at work"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT and b"Traceback" not in told


def test_progress_is_shown_where_it_is_asked_for(capsys):
    pytest.importorskip("tqdm")
    path, x, _ = case("mlp")
    lr.diagnose(path, x, progress=True)
    assert "diagnose" in capsys.readouterr().err
    lr.diagnose(path, x, progress=False)
    assert capsys.readouterr().err == ""
