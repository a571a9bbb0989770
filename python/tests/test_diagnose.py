"""`lt.diagnose`: which rectifiers are found, what they are called, and what is counted."""

import gc
import json
import subprocess
import sys
import warnings
import weakref

import numpy as np
import onnx
import pytest
import torch
from conftest import fixture_network, tool
from torch import nn
from torch.nn import functional as F

import leaky_relu as lr
import leaky_relu.torch as lt

FIXTURES = [
    "sklearn-classifier",
    "keras",
    "channels-last",
    "mlp",
    "conv",
    "conv-batch-norm",
    "conv-fused-batch-norm",
    "residual",
    "unet",
    "transformer",
    "gan-generator",
    "gan-discriminator",
    "yolo-neck",
    "audio",
    "two-inputs",
    "half",
    "double",
    "external-data",
]


@pytest.mark.parametrize("name", FIXTURES)
def test_each_fixture_network_gets_the_verdict_that_onnx_runtime_gives_its_file(name):
    made = fixture_network(name)
    expectations = tool("fixture_expectations")
    inputs = tuple(torch.from_numpy(array) for array in made.inputs.values())
    found = lt.diagnose(made.network, [inputs], forward=lambda model, batch: model(*batch))
    tapped = expectations.tap(made.model, made.inputs)
    nodes = expectations.rectifiers(made.model)
    assert len(found.layers) == len(nodes) and found.samples == len(inputs[0])
    for layer, node in zip(found.layers, nodes, strict=True):
        node_name = expectations.layer_name(node)
        axis = made.unit_axis if isinstance(made.unit_axis, int) else made.unit_axis[node_name]
        verdict, active = expectations.diagnose_layer(node, tapped[node_name], axis)
        ours = layer.to_dict()
        for key in ("op", "alpha", "units", "dead", "dormant", "always_on"):
            assert ours[key] == verdict[key], (layer.name, key)
        np.testing.assert_allclose(ours["active"], active, atol=2e-3 if name == "half" else 1e-4)


@pytest.mark.parametrize("name", FIXTURES)
def test_each_fixture_network_gets_the_verdict_of_the_command_on_its_exported_file(name, tmp_path):
    made = fixture_network(name)
    inputs = tuple(torch.from_numpy(array) for array in made.inputs.values())
    found = lt.diagnose(made.network, [inputs], forward=lambda model, batch: model(*batch)).to_dict()
    onnx.save(made.model, tmp_path / "model.onnx")
    np.savez(tmp_path / "data.npz", **made.inputs)
    command = [
        sys.executable,
        "-m",
        "leaky_relu",
        "diagnose",
        "model.onnx",
        "--data",
        "data.npz",
        "--json",
        "-",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for key in ("samples", "units", "dead", "dormant", "always_on"):
        assert found[key] == told[key], key
    for layer, verdict in zip(found["layers"], told["layers"], strict=True):
        for key in ("op", "units", "dead", "dormant", "always_on"):
            assert layer[key] == verdict[key], (verdict["name"], key)
        alpha = verdict["alpha"]  # the file holds it as float32
        assert layer["alpha"] == (alpha if alpha is None else pytest.approx(alpha, rel=1e-6))
        np.testing.assert_allclose(layer["active"], verdict["active"], atol=2e-3 if name == "half" else 1e-4)


class Calls(nn.Module):
    """Every way to call a rectifier."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)
        self.relu = nn.ReLU()
        self.prelu = nn.PReLU(4)

    def forward(self, x):
        z = self.layer(x)
        self.relu(z)
        F.relu(z)
        torch.relu(z)
        z.relu()
        self.relu(z)
        z.clone().relu_()
        F.relu(z.clone(), inplace=True)
        F.leaky_relu(z, 0.2)
        F.leaky_relu_(z.clone(), 0.3)
        lt.leaky_relu(z, 0.4)
        z.clamp(min=0)
        z.clamp_min(0.0)
        torch.clamp(z, 0, 6)
        F.relu6(z)
        self.prelu(z)
        F.rrelu(z)
        F.elu(z)
        F.selu(z)
        F.celu(z, 0.5)
        F.threshold(z, 0.1, 0)
        F.threshold(z, 0.1, 20)  # from here on: no rectifiers
        z.clamp(min=1)
        z.clamp(-1, 1)
        F.hardtanh(z)
        F.gelu(z)
        return torch.sigmoid(z)


def test_every_way_to_call_a_rectifier_is_found_and_named():
    found = lt.diagnose(Calls(), torch.randn(20, 3))
    assert [(layer.name, layer.op, layer.alpha) for layer in found.layers] == [
        ("relu", "Relu", 0.0),
        ("relu()", "Relu", 0.0),
        ("relu()#2", "Relu", 0.0),
        ("relu()#3", "Relu", 0.0),
        ("relu#2", "Relu", 0.0),
        ("relu()#4", "Relu", 0.0),
        ("relu()#5", "Relu", 0.0),
        ("leaky_relu()", "LeakyRelu", 0.2),
        ("leaky_relu()#2", "LeakyRelu", 0.3),
        ("leaky_relu()#3", "LeakyRelu", 0.4),
        ("clamp()", "Clip", None),
        ("clamp()#2", "Clip", None),
        ("clamp()#3", "Clip", None),
        ("hardtanh()", "Clip", None),
        ("prelu", "PRelu", None),
        ("rrelu()", "RRelu", None),
        ("elu()", "Elu", None),
        ("elu()#2", "Selu", None),
        ("celu()", "Celu", None),
        ("threshold()", "ThresholdedRelu", None),
    ]
    assert all(layer.units == 4 for layer in found.layers)


def biased(layer, unit, bias):
    with torch.no_grad():
        layer.bias[unit] = bias
    return layer


class Axes(nn.Module):
    """Units along every axis, each layer with unit 1 of 5 dead."""

    def __init__(self):
        super().__init__()
        self.conv = biased(nn.Conv2d(2, 5, 3), 1, -1e3)
        self.tokens = biased(nn.Linear(4, 5), 1, -1e3)
        self.wave = biased(nn.Conv1d(2, 5, 3), 1, -1e3)
        self.norm = nn.LayerNorm(5)
        self.columns = nn.Parameter(torch.randn(5, 4))
        self.below = nn.Parameter(torch.tensor([0.0, -1e3, 0, 0, 0])[:, None])

    def forward(self, image, tokens, wave):
        z = self.conv(image)
        F.relu(z)
        F.relu(z.permute(0, 2, 3, 1))
        F.relu(z.permute(0, 2, 3, 1).reshape(-1, 5))
        F.relu(z.flatten(2))
        F.relu(z.flatten(2).transpose(1, 2))
        F.relu(z.to(memory_format=torch.channels_last))
        F.relu(F.avg_pool2d(z, 2) + 1)
        t = self.tokens(tokens)
        F.relu(t)
        F.relu(t.transpose(1, 2))
        F.relu(t.unsqueeze(1))
        F.relu(t[:, 0])
        F.relu(torch.cat([t, t], 1))
        w = self.wave(wave)
        F.relu(w)
        F.relu(w.mT)
        F.relu(self.columns @ tokens[0].T + self.below)
        F.relu(self.columns)  # no data reach it
        return z


def test_the_unit_axis_is_followed_through_layouts():
    inputs = torch.randn(6, 2, 8, 8), torch.randn(6, 7, 4), torch.randn(6, 2, 11)
    found = lt.diagnose(Axes(), [inputs], forward=lambda model, batch: model(*batch))
    assert len(found.layers) == 15
    for layer in found.layers:
        assert (layer.units, layer.dead) == (5, [1]), layer.name


def test_a_normalisation_over_instances_leaves_the_channels():
    model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.InstanceNorm2d(6), nn.ReLU(), nn.GroupNorm(2, 6), nn.ReLU())
    assert [layer.units for layer in lt.diagnose(model, torch.randn(4, 1, 8, 8)).layers] == [6, 6]


def small():
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))


def test_verdicts_are_those_of_the_definitions():
    model = nn.Sequential(nn.Linear(1, 4, bias=False), nn.ReLU())
    x = torch.linspace(-0.001, 1.998, 2000)[:, None]  # below zero once, never zero
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0], [-1.0], [0.0], [1.0]]))
    layer = lt.diagnose(model, x).layers[0]
    above = (x > 0).double().mean().item()
    assert layer.active == pytest.approx([above, 0.0005, 0.0, above])
    assert layer.dead == [2] and layer.dormant == [1] and layer.always_on == [2]


def test_tau_counts_as_dormant_what_is_quiet_beside_its_layer():
    model = nn.Sequential(nn.Linear(1, 4, bias=False), nn.ReLU())
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0], [0.01], [-1.0], [1.0]]))
    layer = lt.diagnose(model, torch.rand(100, 1) + 0.5, tau=0.1).layers[0]
    assert layer.dormant == [1] and layer.dead == [2]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_batches_of_any_size_and_form_give_the_same_verdict(size):
    model, x = small(), torch.randn(1000, 3)
    expected = lt.diagnose(model, x).to_dict()
    y = torch.zeros(1000)
    forms = [
        x.split(size),
        (batch for batch in x.split(size)),
        [(batch, 0) for batch in x.split(size)],
        [[batch] for batch in x.split(size)],
        [batch.numpy() for batch in x.split(size)],
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=size),
        x.numpy(),
    ]
    for form in forms:
        assert lt.diagnose(model, form).to_dict() == expected
    batches = [{"x": batch} for batch in x.split(size)]
    assert lt.diagnose(model, batches, forward=lambda m, batch: m(batch["x"])).to_dict() == expected


class Stateful(nn.Module):
    """What a run may change by mistake."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
        self.frozen = nn.BatchNorm1d(8).eval()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        self.seen += 1
        return self.frozen(self.inner(x + torch.rand(())))


def test_the_model_is_left_as_it_was():
    model = Stateful()
    hooks = []
    model.inner[0].register_forward_hook(lambda *_: hooks.append(1))
    before = {key: value.clone() for key, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    random = torch.get_rng_state()
    found = lt.diagnose(model, torch.randn(64, 3, generator=torch.Generator().manual_seed(1)))
    assert [module.training for module in model.modules()] == modes and "training mode" in repr(found)
    assert torch.equal(torch.get_rng_state(), random)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    for module in model.modules():
        assert not module._forward_pre_hooks and len(module._forward_hooks) == (module is model.inner[0])
    assert "training mode" not in repr(lt.diagnose(model.eval(), torch.randn(64, 3)))


def test_a_run_that_fails_leaves_the_model_as_it_was():
    model = Stateful()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"batch 1 \(float32 \[2, 4\]\)"):
        lt.diagnose(model, [torch.randn(5, 3), torch.randn(2, 4)])
    assert model.training and not model.frozen.training
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())


def test_memory_is_that_of_one_batch():
    model, alive, most = small(), weakref.WeakSet(), 0

    def batches():
        nonlocal most
        for _ in range(20):
            batch = torch.randn(10, 3)
            alive.add(batch)
            yield batch
            del batch
            most = max(most, len(alive))

    seen = weakref.WeakSet()
    model[0].register_forward_hook(lambda module, inputs, output: seen.add(output))
    lt.diagnose(model, batches())
    gc.collect()
    assert most <= 2 and len(seen) == 0


def test_compiled_and_wrapped_models_are_looked_into():
    model, x = small(), torch.randn(50, 3)
    expected = lt.diagnose(model, x).to_dict()
    compiled = torch.compile(model, backend="eager")
    compiled(x)
    assert lt.diagnose(compiled, x).to_dict() == expected
    assert lt.diagnose(nn.DataParallel(model), x).to_dict() == expected
    model.compile(backend="eager")
    assert lt.diagnose(model, x).to_dict() == expected


def test_rectifiers_within_fused_encoders_are_found():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    found = lt.diagnose(encoder.eval(), torch.randn(4, 5, 8))
    names = [layer.name for layer in found.layers]
    assert names == ["layers.0.relu()", "layers.1.relu()"]
    assert all(layer.units == 16 for layer in found.layers)
    assert torch.backends.mha.get_fastpath_enabled()


def test_a_tiny_transformers_model_is_diagnosed():
    transformers = pytest.importorskip("transformers")
    settings = transformers.OPTConfig(
        vocab_size=50, hidden_size=16, ffn_dim=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=32, word_embed_proj_dim=16,
    )  # fmt: skip
    model = transformers.OPTForCausalLM(settings)
    batch = {"input_ids": torch.randint(0, 50, (3, 9))}
    with pytest.raises(TypeError, match=r"forward=lambda model, batch: model\(\*\*batch\)"):
        lt.diagnose(model, [batch])
    found = lt.diagnose(model, [batch], forward=lambda model, batch: model(**batch))
    assert [layer.units for layer in found.layers] == [24, 24] and found.samples == 3
    assert found.layers[0].name == "model.decoder.layers.0.activation_fn"


@pytest.mark.parametrize(
    ("batches", "error", "message"),
    [
        ([], ValueError, "no samples"),
        (torch.empty(0, 3), ValueError, "no samples"),
        ({"x": torch.randn(2, 3)}, TypeError, "iterable of batches"),
        (3, TypeError, "iterable of batches"),
        (torch.tensor(1.0), ValueError, "single number"),
        ([{"x": torch.randn(2, 3)}], TypeError, "forward="),
        ([(torch.randn(2, 3),) * 3], TypeError, "a tuple of 3: float32"),
        ([torch.randn(2, 4)], ValueError, r"batch 0 \(float32 \[2, 4\]\)"),
        ([torch.zeros(2, 3, dtype=torch.float64)], ValueError, "float64"),
        ([torch.full((2, 3), torch.nan)], ValueError, "1: its pre-activation is not a number"),
        (["text"], TypeError, "a str"),
        (np.array(["a"]), TypeError, "an array of <U1: give numbers"),
        (torch.eye(3).to_sparse(), TypeError, "to_dense"),
        (torch.zeros(2, 3, dtype=torch.int64), ValueError, "int64"),
        (torch.utils.data.TensorDataset(torch.zeros(2, 3)), TypeError, "such as a DataLoader"),
        (torch.utils.data.DataLoader([]), ValueError, "no samples"),
    ],
)
def test_bad_batches_are_refused_in_a_sentence(batches, error, message):
    with pytest.raises(error, match=message):
        lt.diagnose(small(), batches)


@pytest.mark.parametrize(
    "call", [lt.diagnose, lt.revive, lambda model, _: lt.Watch(model), lambda m, _: lt.replace(m)]
)
def test_what_is_no_module_or_holds_no_numbers_is_refused_in_a_sentence(call):
    x = torch.randn(2, 3)
    with pytest.raises(TypeError, match="the model is a function: give a torch.nn.Module"):
        call(test_nothing_is_warned_of, x)
    with pytest.raises(ValueError, match=r"'0.weight' lies on the device 'meta'"):
        call(small().to("meta"), x)
    lazy = nn.Sequential(nn.LazyLinear(4), nn.ReLU())
    with pytest.raises(ValueError, match=r"'0.weight' has no shape yet"):
        call(lazy, x)
    assert nn.parameter.is_lazy(lazy[0].weight)


@pytest.mark.parametrize("tau", [-1.0, float("nan"), float("inf")])
def test_a_tau_that_is_none_is_refused(tau):
    for call in (
        lambda: lt.diagnose(small(), torch.randn(2, 3), tau=tau),
        lambda: lt.Watch(small(), tau=tau),
    ):
        with pytest.raises(ValueError, match="tau must be a number of at least 0"):
            call()


def test_a_model_without_rectifiers_is_refused():
    with pytest.raises(ValueError, match="Sequential ran no rectifier"):
        lt.diagnose(nn.Sequential(nn.Linear(3, 2), nn.GELU()), torch.randn(2, 3))


def test_units_that_depend_on_the_data_are_refused():
    class Bilinear(nn.Module):
        def forward(self, x):
            return F.relu(x @ x.T)

    with pytest.raises(ValueError, match="units must not depend on the data"):
        lt.diagnose(Bilinear(), [torch.randn(3, 4), torch.randn(5, 4)])


def test_a_diagnosis_is_shown_and_saved(tmp_path):
    found = lt.diagnose(small(), torch.randn(100, 3))
    assert found.units == 16 and found.samples == 100 and found.model == "Sequential"
    text = repr(found)
    assert " 1 " in text and "16 units" in text
    assert "<table>" in found._repr_html_()
    found.save(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.lower().startswith("<!doctype html>") and "Dead units of Sequential" in page
    assert "it was measured in evaluation mode" in page
    found.save(tmp_path / "report.json")
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures == found.to_dict() and lr.Diagnosis.from_dict(figures) == found
    with pytest.raises(ValueError, match="html or .json"):
        found.save(tmp_path / "report.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lt.diagnose(small(), torch.randn(4, 3))
