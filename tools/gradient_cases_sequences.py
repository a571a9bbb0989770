"""Cases of the gradient fixtures: recurrent layers, attention, and sums over what came before."""

import numpy as np
import torch
import torch.nn.functional as F
from gradient_cases import Case
from torch import Tensor

STEPS, SAMPLES, FEATURES, HIDDEN = 4, 3, 2, 5


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def recurrent(
    name: str,
    operator: str,
    gates: int,
    reference,
    directions: int = 1,
    order: list[str] | None = None,
    extra: dict | None = None,
    constants: dict | None = None,
    outputs: int = 1,
    opset: int = 14,
    **attributes,
) -> Case:
    inputs = {
        "x": (STEPS, SAMPLES, FEATURES),
        "w": (directions, gates * HIDDEN, FEATURES),
        "r": (directions, gates * HIDDEN, HIDDEN),
    } | (extra or {})
    return Case(
        name,
        operator,
        inputs,
        reference,
        opset,
        constants or {},
        order,
        outputs,
        {"hidden_size": HIDDEN, **attributes},
    )


def lstm_step(x: Tensor, h: Tensor, c: Tensor, w, r, b=None, p=None):
    gates = x @ w.T + h @ r.T
    if b is not None:
        gates = gates + b[: 4 * HIDDEN] + b[4 * HIDDEN :]
    i, o, f, g = gates.chunk(4, -1)
    if p is not None:
        pi, po, pf = p.chunk(3, -1)
        i, f = i + pi * c, f + pf * c
    i, f, g = i.sigmoid(), f.sigmoid(), g.tanh()
    c = f * c + i * g
    o = (o + po * c if p is not None else o).sigmoid()
    return o * c.tanh(), c


def lstm(x, w, r, b=None, h=None, c=None, p=None, reverse=False, lengths=None):
    h = torch.zeros(SAMPLES, HIDDEN).double() if h is None else h
    c = torch.zeros(SAMPLES, HIDDEN).double() if c is None else c
    outputs = [None] * STEPS
    for t in reversed(range(STEPS)) if reverse else range(STEPS):
        new_h, new_c = lstm_step(x[t], h, c, w, r, b, p)
        outputs[t] = new_h
        if lengths is not None:
            over = (t >= torch.tensor(lengths))[:, None]
            outputs[t] = torch.where(over, 0.0, new_h)
            new_h, new_c = torch.where(over, h, new_h), torch.where(over, c, new_c)
        h, c = new_h, new_c
    return torch.stack(outputs), h, c


def gru(x, w, r, b=None, linear=False, reverse=False):
    h = torch.zeros(SAMPLES, HIDDEN).double()
    outputs = [None] * STEPS
    wb, rb = (b[: 3 * HIDDEN], b[3 * HIDDEN :]) if b is not None else (torch.zeros(3 * HIDDEN),) * 2
    for t in reversed(range(STEPS)) if reverse else range(STEPS):
        xs = (x[t] @ w.T + wb).chunk(3, -1)
        hs = (h @ r.T + rb).chunk(3, -1)
        z, s = (xs[0] + hs[0]).sigmoid(), (xs[1] + hs[1]).sigmoid()
        if linear:
            n = (xs[2] + s * hs[2]).tanh()
        else:
            n = (xs[2] + (s * h) @ r[2 * HIDDEN :].T + rb[2 * HIDDEN :]).tanh()
        h = (1 - z) * n + z * h
        outputs[t] = h
    return torch.stack(outputs), h


def rnn(x, w, r, b=None, f=torch.tanh):
    h = torch.zeros(SAMPLES, HIDDEN).double()
    outputs = []
    for t in range(STEPS):
        gates = x[t] @ w.T + h @ r.T
        h = f(gates + b[:HIDDEN] + b[HIDDEN:] if b is not None else gates)
        outputs.append(h)
    return torch.stack(outputs), h


def both_ways(x, w, r, b):
    ahead, h, c = lstm(x, w[0], r[0], b[0])
    back, g, d = lstm(x, w[1], r[1], b[1], reverse=True)
    return torch.stack([ahead, back], 1), torch.stack([h, g]), torch.stack([c, d])


def stacked(found):
    return found[0][:, None], *(state[None] for state in found[1:])


BIAS = {"b": (1, 8 * HIDDEN)}
STATES = {"h": (1, SAMPLES, HIDDEN), "c": (1, SAMPLES, HIDDEN)}
RECURRENT = [
    recurrent("lstm", "LSTM", 4, lambda x, w, r: stacked(lstm(x, w[0], r[0])), outputs=3),
    recurrent(
        "lstm-states-and-peepholes",
        "LSTM",
        4,
        lambda x, w, r, b, h, c, p: stacked(lstm(x, w[0], r[0], b[0], h[0], c[0], p[0])),
        extra=BIAS | STATES | {"p": (1, 3 * HIDDEN)},
        order=["x", "w", "r", "b", "", "h", "c", "p"],
        outputs=3,
    ),
    recurrent(
        "lstm-reverse",
        "LSTM",
        4,
        lambda x, w, r: stacked(lstm(x, w[0], r[0], reverse=True)),
        outputs=3,
        direction="reverse",
    ),
    recurrent(
        "lstm-bidirectional",
        "LSTM",
        4,
        both_ways,
        directions=2,
        extra={"b": (2, 8 * HIDDEN)},
        outputs=3,
        direction="bidirectional",
    ),
    recurrent(
        "lstm-lengths",
        "LSTM",
        4,
        lambda x, w, r: stacked(lstm(x, w[0], r[0], lengths=[4, 1, 2])),
        order=["x", "w", "r", "", "lengths"],
        constants={"lengths": np.array([4, 1, 2], dtype=np.int32)},
        outputs=3,
    ),
    recurrent(
        "gru",
        "GRU",
        3,
        lambda x, w, r, b: stacked(gru(x, w[0], r[0], b[0])),
        extra={"b": (1, 6 * HIDDEN)},
        outputs=2,
    ),
    recurrent(
        "gru-linear-before-reset",
        "GRU",
        3,
        lambda x, w, r, b: stacked(gru(x, w[0], r[0], b[0], linear=True)),
        extra={"b": (1, 6 * HIDDEN)},
        outputs=2,
        linear_before_reset=1,
    ),
    recurrent(
        "gru-reverse",
        "GRU",
        3,
        lambda x, w, r: stacked(gru(x, w[0], r[0], reverse=True)),
        outputs=2,
        direction="reverse",
    ),
    recurrent("rnn", "RNN", 1, lambda x, w, r: stacked(rnn(x, w[0], r[0])), outputs=2),
    recurrent(
        "rnn-relu",
        "RNN",
        1,
        lambda x, w, r, b: stacked(rnn(x, w[0], r[0], b[0], torch.relu)),
        extra={"b": (1, 2 * HIDDEN)},
        outputs=2,
        activations=["Relu"],
    ),
    recurrent(
        "rnn-softsign",
        "RNN",
        1,
        lambda x, w, r: stacked(rnn(x, w[0], r[0], f=F.softsign)),
        outputs=2,
        activations=["Softsign"],
    ),
]


def cumulative(name: str, reference, **attributes) -> Case:
    constants = {"axis": np.array(1, dtype=np.int64)}
    return Case(name, "CumSum", {"x": (2, 4, 3)}, reference, 14, constants, attributes=attributes)


CUMULATIVE = [
    cumulative("cum-sum", lambda x: x.cumsum(1)),
    cumulative("cum-sum-reverse", lambda x: x.flip(1).cumsum(1).flip(1), reverse=1),
    cumulative("cum-sum-exclusive", lambda x: x.cumsum(1) - x, exclusive=1),
]

QUERIES = {"q": (2, 3, 4, 5), "k": (2, 3, 6, 5), "v": (2, 3, 6, 7)}
MASK = np.array([[True] * 6, [True, False] * 3, [True] * 2 + [False] * 4, [False] * 5 + [True]])
ATTENTION = [
    Case("attention", "Attention", QUERIES, F.scaled_dot_product_attention, opset=23),
    Case(
        "attention-masked",
        "Attention",
        QUERIES,
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, torch.from_numpy(MASK)),
        opset=23,
        constants={"mask": MASK},
    ),
    Case(
        "attention-causal",
        "Attention",
        {"q": (2, 3, 4, 5), "k": (2, 3, 4, 5), "v": (2, 3, 4, 5)},
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        opset=23,
        attributes={"is_causal": 1},
    ),
    Case(
        "attention-shared-keys",
        "Attention",
        {"q": (2, 6, 4, 5), "k": (2, 3, 6, 5), "v": (2, 3, 6, 5)},
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
        opset=23,
    ),
]

CASES = [*RECURRENT, *CUMULATIVE, *ATTENTION]
