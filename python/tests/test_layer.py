"""`lt.LeakyReLU` in the place of `torch.nn.LeakyReLU`."""

import copy
import io
import os
import pickle
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import leaky_relu.torch as lt

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
SLOPES = [0.01, 0.3, 0.0, -0.5, 2.0]
LAYOUTS = {
    "contiguous": lambda x: x,
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "transposed": lambda x: x.transpose(1, 3),
    "with gaps": lambda x: x[:, ::2],
    "expanded": lambda x: x[:, :1].expand(-1, 3, -1, -1),
    "empty": lambda x: x[:0],
    "a number": lambda x: x[0, 0, 0, 0],
}


def made(dtype=torch.float32, seed=0):
    return torch.randn(3, 5, 4, 7, generator=torch.Generator().manual_seed(seed)).to(dtype)


def both(x, slope, **options):
    """Output and gradient of our function and of PyTorch's, for the same gradient of the output."""
    for function in (lt.leaky_relu, F.leaky_relu):
        leaf = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        y = function(leaf, slope, **options)
        dy = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view(y.shape)
        yield y, torch.autograd.grad(y, leaf, dy)[0]


def kept_bytes(function, x):
    """The bytes that autograd keeps for the gradient of `function` at `x`."""
    kept = []

    def keep(tensor):
        kept.append(tensor.untyped_storage().nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        y = function(x)
    return y, sum(kept)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_gradients_and_strides_equal_those_of_pytorch_bit_for_bit(dtype, slope, layout):
    x = LAYOUTS[layout](made(dtype))
    (y, dx), (expected, expected_dx) = both(x, slope)
    assert torch.equal(y, expected) and torch.equal(dx, expected_dx)
    assert torch.equal(torch.signbit(y), torch.signbit(expected))
    assert y.dtype == expected.dtype and y.stride() == expected.stride()


def test_special_values_are_those_of_pytorch():
    x = torch.tensor([float("nan"), -0.0, 0.0, float("-inf"), float("inf")])
    (y, dx), (expected, expected_dx) = both(x, 0.1)
    assert torch.equal(y[1:], expected[1:]) and y[0].isnan()
    assert torch.equal(dx, expected_dx)


def test_one_bit_an_element_is_kept():
    x = made().requires_grad_()
    y, kept = kept_bytes(lt.LeakyReLU(0.1), x)
    assert kept == (x.numel() + 7) // 8
    _, theirs = kept_bytes(nn.LeakyReLU(0.1), x)
    assert theirs == 4 * x.numel()
    assert y.requires_grad


def test_in_place_with_a_slope_above_zero_keeps_nothing_of_its_own():
    x = made().requires_grad_()
    before = x * 1.0
    y, kept = kept_bytes(lt.LeakyReLU(0.1, inplace=True), before)
    # What is kept is the output itself, which the next layer keeps too.
    assert y.data_ptr() == before.data_ptr() and kept == y.untyped_storage().nbytes()


@pytest.mark.parametrize("slope", [0.1, 0.0, -0.5])
def test_in_place_overwrites_the_input_and_gives_its_gradient(slope):
    leaf = made().requires_grad_()
    x = leaf * 1.0
    y = lt.LeakyReLU(slope, inplace=True)(x)
    assert y.data_ptr() == x.data_ptr() and torch.equal(x, F.leaky_relu(leaf, slope))
    dy = made(seed=1)
    (dx,) = torch.autograd.grad(y, leaf, dy)
    (expected,) = torch.autograd.grad(F.leaky_relu(leaf, slope), leaf, dy)
    assert torch.equal(dx, expected)


def test_in_place_on_a_leaf_is_refused_as_by_pytorch():
    with pytest.raises(RuntimeError, match="leaf"):
        lt.LeakyReLU(0.1, inplace=True)(made().requires_grad_())
    with pytest.raises(RuntimeError, match="leaf"):
        lt.LeakyReLU(-0.1, inplace=True)(made().requires_grad_())


@pytest.mark.parametrize("slope", SLOPES)
def test_first_and_second_derivatives_pass_gradcheck(slope):
    x = made(torch.float64)[:1, :2, :2, :3].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: lt.leaky_relu(x, slope), x)
    assert torch.autograd.gradgradcheck(lambda x: lt.leaky_relu(x, slope), x)


def test_the_operator_passes_pytorchs_own_checks_of_operators():
    x = made()[0].requires_grad_()
    torch.library.opcheck(torch.ops.leaky_relu.with_signs.default, (x, 0.1))
    signs = torch.ops.leaky_relu.with_signs(x, 0.1)[1].detach()
    torch.library.opcheck(torch.ops.leaky_relu.from_signs.default, (signs, x, 0.1))


def test_what_other_devices_compute_equals_the_engine():
    x = made().view(-1)[:67]
    y, signs = lt._operator.with_signs._init_fn(x, 0.1)
    expected, expected_signs = torch.ops.leaky_relu.with_signs(x, 0.1)
    assert torch.equal(y, expected) and torch.equal(signs, expected_signs)
    dy = made(seed=1).view(-1)[:67]
    dx = lt._operator.from_signs._init_fn(signs, dy, 0.1)
    assert torch.equal(dx, torch.ops.leaky_relu.from_signs(signs, dy, 0.1))


TRITON = """
import torch
from leaky_relu.torch import _triton

for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
    for elements in (0, 1, 7, 8, 2048, 5001):
        x, dy = (torch.randn(elements, dtype=torch.float64).to(dtype) for _ in range(2))
        # The interpreter cuts bfloat16 off where a GPU rounds: only slopes whose products are exact.
        for alpha in (0.25, -0.5) if dtype == torch.bfloat16 else (0.1, -0.5):
            y, signs = _triton.with_signs(x, alpha)
            expected, expected_signs = torch.ops.leaky_relu.with_signs(x, alpha)
            assert torch.equal(y, expected), (dtype, elements, alpha, y, expected)
            assert torch.equal(signs, expected_signs), (dtype, elements)
            dx = _triton.from_signs(signs, dy, alpha)
            assert torch.equal(dx, torch.ops.leaky_relu.from_signs(signs, dy, alpha)), (dtype, elements)
print("equal")
"""


def test_the_kernels_for_cuda_equal_the_engine_in_tritons_interpreter():
    pytest.importorskip("triton")
    script = "import leaky_relu.torch\n" + TRITON
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "equal", done.stderr


def test_it_is_torch_nn_leaky_relu_in_name_state_and_repr():
    ours, theirs = lt.LeakyReLU(0.2, True), nn.LeakyReLU(0.2, True)
    assert isinstance(ours, nn.LeakyReLU) and repr(ours) == repr(theirs)
    assert ours.state_dict() == theirs.state_dict() == {}
    assert lt.LeakyReLU().negative_slope == nn.LeakyReLU().negative_slope
    network = nn.Sequential(nn.Linear(3, 4), lt.LeakyReLU(0.1))
    network.load_state_dict(nn.Sequential(nn.Linear(3, 4), nn.ReLU()).state_dict())


def test_it_is_pickled_saved_and_copied():
    x = made()
    expected = F.leaky_relu(x, 0.2)
    layer = lt.LeakyReLU(0.2)
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    loaded = torch.load(file, weights_only=False)
    for copied in (pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer), loaded):
        assert type(copied) is lt.LeakyReLU and torch.equal(copied(x), expected)


def network(layer):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), layer(), nn.Conv2d(4, 3, 3, bias=False), layer(), nn.Flatten(), nn.Linear(12, 2)
    )


def gradients(model, x):
    model(x).square().sum().backward()
    return [parameter.grad for parameter in model.parameters()]


@pytest.mark.parametrize("backend", ["eager", "aot_eager", "inductor"])
def test_it_compiles_without_a_break_and_still_keeps_bits(backend):
    x = torch.randn(2, 2, 6, 6)
    expected = gradients(network(lambda: nn.LeakyReLU(0.1)), x)
    compiled = torch.compile(network(lambda: lt.LeakyReLU(0.1)), backend=backend, fullgraph=True)
    for found, wanted in zip(gradients(compiled, x), expected, strict=True):
        torch.testing.assert_close(found, wanted)
    kept = kept_bytes(compiled, x)[1]
    assert kept < kept_bytes(network(lambda: nn.LeakyReLU(0.1)), x)[1]


def test_it_compiles_for_batches_of_any_size():
    torch.compiler.reset()
    compiled = torch.compile(
        network(lambda: lt.LeakyReLU(0.1)), backend="eager", fullgraph=True, dynamic=True
    )
    for samples in (2, 3, 5):
        x = torch.randn(samples, 2, 6, 6)
        expected = gradients(network(lambda: nn.LeakyReLU(0.1)), x)
        compiled.zero_grad()
        for found, wanted in zip(gradients(compiled, x), expected, strict=True):
            torch.testing.assert_close(found, wanted)


def test_it_runs_in_the_type_of_autocast():
    model = network(lambda: lt.LeakyReLU(0.1))
    with torch.autocast("cpu", torch.bfloat16):
        y = model[1](model[0](torch.randn(2, 2, 6, 6)))
        assert y.dtype == torch.bfloat16
    y.float().sum().backward()
    assert model[0].weight.grad.dtype == torch.float32


def test_torch_func_takes_it():
    x, slope = torch.randn(4, 3), 0.1
    expected = torch.where(x > 0, 1.0, slope)
    total = lambda x: lt.leaky_relu(x, slope).sum()  # noqa: E731
    assert torch.equal(torch.func.grad(total)(x), expected)
    assert torch.equal(torch.func.vmap(torch.func.grad(total))(x), expected)
    assert torch.equal(torch.func.jvp(total, (x,), (torch.ones_like(x),))[1], expected.sum())
    assert torch.equal(torch.func.hessian(total)(x[0]), torch.zeros(3, 3))
    assert torch.equal(torch.func.vmap(lt.LeakyReLU(slope))(x), F.leaky_relu(x, slope))
    leaf = x.clone().requires_grad_()
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(leaf, torch.ones_like(x))
        tangent = torch.autograd.forward_ad.unpack_dual(lt.leaky_relu(dual, slope)).tangent
    assert torch.equal(tangent, expected)


def test_checkpointing_computes_it_again():
    x = made().requires_grad_()
    (dx,) = torch.autograd.grad(checkpoint(lt.LeakyReLU(0.1), x, use_reentrant=False).sum(), x)
    assert torch.equal(dx, torch.where(x > 0, 1.0, 0.1))


def test_exports_and_traces_hold_pytorchs_operator():
    model, x = network(lambda: lt.LeakyReLU(0.1)), torch.randn(2, 2, 6, 6)
    exported = torch.export.export(model, (x,))
    targets = [str(node.target) for node in exported.graph.nodes]
    assert targets.count("aten.leaky_relu.default") == 2
    traced = torch.fx.symbolic_trace(model)
    scripted = torch.jit.script(model)
    for other in (exported.module(), traced, scripted, torch.jit.trace(model, x)):
        torch.testing.assert_close(other(x), model(x))


def test_meta_and_integer_tensors_are_treated_as_by_pytorch():
    assert lt.LeakyReLU()(torch.empty(3, device="meta", requires_grad=True)).device.type == "meta"
    with pytest.raises(RuntimeError, match=r"leaky_relu.*Long"):
        lt.leaky_relu(torch.tensor([-1, 2]))


def _train_distributed(rank, folder, layer, results):
    torch.distributed.init_process_group(
        "gloo", f"file://{folder}/{layer.__module__}", rank=rank, world_size=2
    )
    torch.set_num_threads(1)
    model = nn.parallel.DistributedDataParallel(network(lambda: layer(0.1)))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for step in range(3):
        x = torch.randn(2, 2, 6, 6, generator=torch.Generator().manual_seed(10 * step + rank))
        optimizer.zero_grad()
        model(x).square().sum().backward()
        optimizer.step()
    if rank == 0:
        results.put([parameter.detach().numpy() for parameter in model.parameters()])
    torch.distributed.destroy_process_group()


def test_it_trains_under_distributed_data_parallel(tmp_path):
    context = torch.multiprocessing.get_context("spawn")
    found = []
    for layer in (lt.LeakyReLU, nn.LeakyReLU):
        results = context.SimpleQueue()
        torch.multiprocessing.spawn(_train_distributed, (str(tmp_path), layer, results), nprocs=2)
        found.append(results.get())
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(torch.from_numpy(ours), torch.from_numpy(theirs))
