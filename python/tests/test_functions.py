"""The functions over NumPy arrays, and what becomes of arrays that do not lie as the kernels need them."""

import gc
import inspect
import multiprocessing
import pickle
import threading
import tracemalloc

import ml_dtypes
import numpy as np
import pytest

import leaky_relu as lr

DTYPES = [np.float16, np.float32, np.float64, ml_dtypes.bfloat16]
SHAPES = [(), (0,), (1,), (7,), (65,), (3, 5), (4, 3, 2, 5), (2, 0, 3)]


def made(shape, dtype=np.float32, seed=0):
    return np.asarray(np.random.default_rng(seed).normal(size=shape)).astype(dtype)


def leaky(x, alpha):
    """The definition, in the type that the kernels compute in."""
    wide = x.astype(np.float64 if x.dtype == np.float64 else np.float32)
    return np.where(wide > 0, wide, wide * wide.dtype.type(alpha)).astype(x.dtype)


def same(found, expected):
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(np.asarray(found, np.float64), np.asarray(expected, np.float64))


def test_the_snippet_of_the_tutorials_gives_floats():
    y = lr.leaky_relu(np.array([-1, 0, 1, 2, 3]))
    assert y.dtype == np.float64
    assert y.tolist() == [-0.01, 0.0, 1.0, 2.0, 3.0]
    assert lr.leaky_relu([-1, 2], 0.1).tolist() == [-0.1, 2.0]


def test_the_functions_tell_what_they_take_and_travel_to_other_processes():
    assert str(inspect.signature(lr.leaky_relu)) == "(x, alpha=0.01, out=None)"
    for function in (lr.leaky_relu, lr.leaky_relu_grad, lr.relu, lr.relu_grad, lr.elu, lr.elu_grad, lr.prelu):
        assert pickle.loads(pickle.dumps(function)) is function
        assert function.__doc__ and not function.__doc__.startswith(" ")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_are_those_of_the_definition(shape, dtype):
    x, dy = made(shape, dtype), made(shape, dtype, seed=1)
    same(np.asarray(lr.leaky_relu(x, 0.2)), leaky(x, 0.2))
    wide = dy.astype(np.float64 if dtype == np.float64 else np.float32)
    expected = np.where(np.asarray(x, wide.dtype) > 0, wide, wide * wide.dtype.type(0.2)).astype(dtype)
    same(np.asarray(lr.leaky_relu_grad(x, dy, 0.2)), expected)
    same(np.asarray(lr.relu(x)), np.maximum(x, dtype(0)))
    same(np.asarray(lr.relu_grad(x, dy)), np.where(x > 0, dy, dtype(0)).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_elu_is_that_of_the_definition(dtype):
    x, dy = made((50,), dtype) * 3, made((50,), dtype, seed=1)
    ulps = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(lr.elu(x, 0.7), np.where(x > 0, x, dtype(0.7) * np.expm1(x)), rtol=ulps)
    expected = np.where(x > 0, dy, dtype(0.7) * np.exp(x) * dy)
    np.testing.assert_allclose(lr.elu_grad(x, dy, 0.7), expected, rtol=ulps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_prelu_has_a_slope_for_each_index_along_the_axis(dtype, axis):
    x, dy = made((3, 3, 3, 3)[: 3 + (axis < 0)], dtype), made((3, 3, 3, 3)[: 3 + (axis < 0)], dtype, seed=1)
    alpha = np.array([0.25, -0.5, 2.0], dtype)
    shape = [1] * x.ndim
    shape[axis] = 3
    slopes = alpha.reshape(shape).astype(np.float64)
    wide, gradient = x.astype(np.float64), dy.astype(np.float64)
    same(lr.prelu(x, alpha, axis), np.where(wide > 0, wide, slopes * wide).astype(dtype))
    dx, dalpha = lr.prelu_grad(x, dy, alpha, axis)
    same(dx, np.where(wide > 0, gradient, slopes * gradient).astype(dtype))
    others = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    sums = np.where(wide > 0, 0, wide * gradient).sum(others)
    tolerance = 1e-2 if dtype == ml_dtypes.bfloat16 else 1e-3
    np.testing.assert_allclose(dalpha.astype(np.float64), sums, rtol=tolerance, atol=1e-6)


def test_prelu_with_one_slope_takes_any_shape():
    assert lr.prelu(np.float32(-2.0), 0.5) == -1.0
    assert lr.prelu([[-2.0], [4.0]], [0.5]).tolist() == [[-1.0], [4.0]]
    dx, dalpha = lr.prelu_grad(np.array([-2.0, 3.0]), 1.0, 0.5)
    assert dx.tolist() == [0.5, 1.0] and dalpha.shape == () and dalpha == -2.0


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[::2],
        lambda x: x[:, ::-1],
        lambda x: x.T,
        lambda x: x.transpose(1, 2, 0),
        lambda x: np.asfortranarray(x),
        lambda x: np.broadcast_to(x[:, :1], x.shape),
        lambda x: x.astype(x.dtype.newbyteorder()),
        lambda x: np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape),
    ],
    ids=["step", "backwards", "transposed", "permuted", "fortran", "broadcast", "byte order", "unaligned"],
)
def test_arrays_of_any_strides_are_taken(view):
    x = view(made((4, 6, 5)))
    kept = x.copy()
    y = lr.leaky_relu(x, 0.1)
    np.testing.assert_array_equal(y, leaky(x.astype(np.float32), 0.1))
    np.testing.assert_array_equal(x, kept)
    dy = view(made((4, 6, 5), seed=1))
    expected = np.where(x > 0, dy, dy * np.float32(0.1))
    np.testing.assert_array_equal(lr.leaky_relu_grad(x, dy, 0.1), expected)
    np.testing.assert_array_equal(lr.leaky_relu_grad(x, np.ascontiguousarray(dy), 0.1), expected)
    np.testing.assert_array_equal(lr.prelu(x, 0.1), leaky(x.astype(np.float32), 0.1))


def test_results_lie_in_the_order_of_the_input():
    assert lr.leaky_relu(np.asfortranarray(made((3, 4)))).flags.f_contiguous
    assert lr.leaky_relu(made((3, 4))).flags.c_contiguous


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int32, np.int64, np.bool_])
def test_integers_are_promoted_as_numpy_promotes_them(integer):
    x = np.array([0, 1, 3]).astype(integer)
    assert lr.leaky_relu(x).dtype == (x * 0.01).dtype == np.float64
    assert lr.leaky_relu_grad(x, x).dtype == np.float64


def test_numbers_give_scalars():
    assert type(lr.leaky_relu(-2)) is np.float64 and lr.leaky_relu(-2) == -0.02
    assert type(lr.leaky_relu(np.float32(-2))) is np.float32
    assert type(lr.leaky_relu(np.array(-2.0))) is np.float64
    assert lr.leaky_relu_grad(-2.0, 1.0) == 0.01
    assert lr.relu(-3.0) == 0.0 and lr.elu(0.5) == 0.5


def test_a_plain_number_as_gradient_gives_the_derivative_in_the_type_of_the_input():
    dx = lr.leaky_relu_grad(made((5,)), 1.0, 0.5)
    assert dx.dtype == np.float32 and set(dx.tolist()) == {0.5, 1.0}


def test_out_takes_the_result():
    x = made((4, 6))
    for out in [np.empty_like(x), np.empty((6, 4), np.float32).T, np.empty((4, 12), np.float32)[:, ::2]]:
        assert lr.leaky_relu(x, 0.1, out=out) is out
        np.testing.assert_array_equal(out, leaky(x, 0.1))
        assert lr.leaky_relu_grad(x, x, 0.1, out=out) is out
        np.testing.assert_array_equal(out, leaky(x, 0.1))
        assert lr.prelu(x, 0.1, out=out) is out
        np.testing.assert_array_equal(out, leaky(x, 0.1))
    scalar = np.empty(())
    assert lr.leaky_relu(-1.0, out=scalar) is scalar and scalar == -0.01


def test_out_may_be_the_input_or_overlap_it():
    expected = leaky(made((9,)), 0.1)
    x = made((9,))
    assert lr.leaky_relu(x, 0.1, out=x) is x
    np.testing.assert_array_equal(x, expected)
    x = made((9,))
    lr.leaky_relu(x[:-1], 0.1, out=x[1:])
    np.testing.assert_array_equal(x[1:], expected[:-1])
    x, dy = made((9,)), made((9,), seed=1)
    gradient = lr.leaky_relu_grad(x, dy, 0.1)
    for out in (x, dy):
        kept = x.copy(), dy.copy()
        lr.leaky_relu_grad(x, dy, 0.1, out=out)
        np.testing.assert_array_equal(out, gradient)
        x, dy = kept


def test_subclasses_keep_what_they_mean():
    masked = lr.leaky_relu(np.ma.masked_array([-1.0, 2.0], mask=[False, True]))
    assert isinstance(masked, np.ma.MaskedArray) and masked.mask.tolist() == [False, True]
    assert masked[0] == -0.01
    assert isinstance(lr.prelu(np.ma.masked_array([-1.0, 2.0], mask=[False, True]), 0.1), np.ma.MaskedArray)


def test_special_values_are_as_pytorch_has_them():
    x = np.array([np.nan, -0.0, -np.inf, np.inf], np.float32)
    y = lr.leaky_relu(x, 0.1)
    assert np.isnan(y[0]) and np.signbit(y[1]) and y[2] == -np.inf and y[3] == np.inf
    assert lr.leaky_relu_grad(x, 1.0, 0.1)[0] == np.float32(0.1)
    assert np.isnan(lr.relu(x)[0]) and lr.relu(x)[2] == 0


@pytest.mark.parametrize("alpha", [np.nan, np.inf, 1e300])
def test_a_slope_that_is_not_finite_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha must be finite"):
        lr.leaky_relu(made((3,)), alpha)
    with pytest.raises(ValueError, match="alpha must be finite"):
        lr.leaky_relu(made((3, 4)).T[::2], alpha)


@pytest.mark.parametrize(
    ("x", "named"),
    [
        (np.zeros(3, complex), "complex128"),
        (np.zeros(3, np.longdouble), "longdouble|float128"),
        (np.array(["a"]), "<U1"),
        (np.array([None]), "object"),
    ],
)
def test_arrays_of_other_types_are_refused_by_name(x, named):
    for call in (lambda: lr.leaky_relu(x), lambda: lr.relu_grad(x, x), lambda: lr.prelu(x, 0.1)):
        with pytest.raises(TypeError, match=named):
            call()


def test_an_out_that_does_not_fit_is_refused_with_both_shapes():
    x = made((2, 3))
    with pytest.raises(ValueError, match=r"shape \(3, 2\).*shape \(2, 3\)"):
        lr.leaky_relu(x, out=np.empty((3, 2), np.float32))
    with pytest.raises(ValueError, match="float64.*float32"):
        lr.leaky_relu(x, out=np.empty((2, 3)))
    with pytest.raises(TypeError, match="list"):
        lr.leaky_relu(x, out=[0.0])
    read_only = np.empty_like(x)
    read_only.flags.writeable = False
    for call in (lambda: lr.leaky_relu(x, out=read_only), lambda: lr.relu_grad(x, x, out=read_only)):
        with pytest.raises(ValueError, match="read-only"):
            call()


def test_shapes_that_do_not_fit_are_refused_with_both():
    with pytest.raises(ValueError, match=r"dy of shape \(2,\).*x of shape \(3,\)"):
        lr.leaky_relu_grad(made((3,)), made((2,)))
    with pytest.raises(ValueError, match="2 slopes.*3 channels along axis 1"):
        lr.prelu(made((4, 3)), [0.1, 0.2])
    with pytest.raises(ValueError, match="no such axis"):
        lr.prelu(made((4,)), [0.1, 0.2])
    with pytest.raises(ValueError, match="at least one slope"):
        lr.prelu(made((4, 0)), [])


def test_other_threads_run_while_the_engine_works():
    x = np.zeros(1 << 24, np.float32)
    out = np.empty_like(x)
    ticks, done = [0], threading.Event()

    def tick():
        while not done.is_set():
            ticks[0] += 1

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        for _ in range(200):
            before = ticks[0]
            lr.elu(x, out=out)
            if ticks[0] > before + 1000:
                return
        pytest.fail("the lock was held throughout")
    finally:
        done.set()
        thread.join()


def _in_child(connection):
    connection.send(float(lr.leaky_relu(np.full(1 << 20, -1.0, np.float32), 0.5).sum()))


def test_a_forked_process_computes_too():
    large = np.full(1 << 20, -1.0, np.float32)
    lr.leaky_relu(large)  # starts the threads that a forked process does not have
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_in_child, args=(there,))
    child.start()
    assert here.poll(60), "the forked process hangs"
    assert here.recv() == -(1 << 19)
    child.join()


def test_nothing_but_the_result_is_kept():
    x = made((1 << 16,))
    lr.leaky_relu(x)
    tracemalloc.start()
    try:
        for _ in range(20):
            y = lr.leaky_relu(x)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 2 * y.nbytes
    finally:
        tracemalloc.stop()
