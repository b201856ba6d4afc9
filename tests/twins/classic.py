"""Twins of the classics."""

import numpy as np
from twins.functions import relu, sigmoid


def elman(w, x, seen, states, cell):
    f = relu if cell.activation.__name__ == "relu" else np.tanh
    h = f(x @ w["kernel"] + seen @ w["recurrent_kernel"] + w.get("bias", 0.0))
    return h, [h]


def lstm(w, x, seen, states, cell):
    H = cell.units
    z = x @ w["kernel"] + seen @ w["recurrent_kernel"] + w.get("bias", 0.0)
    i, f, o = sigmoid(z[:, :H]), sigmoid(z[:, H : 2 * H]), sigmoid(z[:, 3 * H :])
    c = f * states[1] + i * np.tanh(z[:, 2 * H : 3 * H])
    h = o * np.tanh(c)
    return h, [h, c]


def gru(w, x, seen, states, cell):
    H = cell.units
    bias = w.get("bias", np.zeros((2, 3 * H)))
    b, d = bias if bias.ndim == 2 else (bias, np.zeros(3 * H))
    W = [w["kernel"][:, k * H : (k + 1) * H] for k in range(3)]
    U = [w["recurrent_kernel"][:, k * H : (k + 1) * H] for k in range(3)]
    b, d = b.reshape(3, H), d.reshape(3, H)
    z = sigmoid(x @ W[0] + b[0] + seen @ U[0] + d[0])
    r = sigmoid(x @ W[1] + b[1] + seen @ U[1] + d[1])
    product = r * (seen @ U[2] + d[2]) if cell.reset_after else (r * seen) @ U[2]
    h = z * states[0] + (1.0 - z) * np.tanh(x @ W[2] + b[2] + product)
    return h, [h]


def gates(w, x, h, n, names=("kernel", "recurrent_kernel", "bias")):
    """Sums x W + h U + b of n gates."""
    H = w[names[0]].shape[1] // n
    total = x @ w[names[0]] + h @ w[names[1]] + w.get(names[2], 0.0)
    return [total[:, k * H : (k + 1) * H] for k in range(n)]


def normalized(x, gain, shift=0.0):
    """By its mean and variance, row by row."""
    rows = [(row - row.mean()) / np.sqrt(row.var() + 1e-5) for row in x]
    return np.stack(rows) * gain + shift


def jordan(w, x, seen, states, cell):
    h = np.tanh(x @ w["kernel"] + seen @ w["recurrent_kernel"] + w["bias"])
    y = h @ w["output_kernel"] + w["output_bias"]
    y = y if cell.output_activation.__name__ == "linear" else np.tanh(y)
    return y, [y]


def irnn(w, x, seen, states, cell):
    (z,) = gates(w, x, seen, 1)
    return relu(z), [relu(z)]


def lstm_peephole(w, x, seen, states, cell):
    i, f, g, o = gates(w, x, seen, 4)
    p_i, p_f, p_o = w["peephole"].reshape(3, -1)
    c = sigmoid(f + p_f * states[1]) * states[1] + sigmoid(i + p_i * states[1]) * np.tanh(g)
    h = sigmoid(o + p_o * c) * np.tanh(c)
    return h, [h, c]


def lstm_layernorm(w, x, seen, states, cell):
    z = normalized(x @ w["kernel"], w["kernel_scale"]) + normalized(seen @ w["recurrent_kernel"], w["recurrent_scale"])
    i, f, g, o = np.split(z + w.get("bias", 0.0), 4, axis=1)
    c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(normalized(c, w["cell_scale"], w["cell_shift"]))
    return h, [h, c]


def gru_layernorm(w, x, seen, states, cell):
    H = cell.units
    by_x, by_h, b = x @ w["kernel"], seen @ w["recurrent_kernel"], w.get("bias", np.zeros(3 * H))
    gain_x, gain_h = w["kernel_scale"], w["recurrent_scale"]
    both = normalized(by_x[:, : 2 * H], gain_x[: 2 * H]) + normalized(by_h[:, : 2 * H], gain_h[: 2 * H]) + b[: 2 * H]
    z, r = sigmoid(both[:, :H]), sigmoid(both[:, H:])
    a = np.tanh(
        normalized(by_x[:, 2 * H :], gain_x[2 * H :]) + r * normalized(by_h[:, 2 * H :], gain_h[2 * H :]) + b[2 * H :]
    )
    h = (1.0 - z) * states[0] + z * a
    return h, [h]


def lstm_coupled(w, x, seen, states, cell):
    f, g, o = gates(w, x, seen, 3)
    c = sigmoid(f) * states[1] + (1.0 - sigmoid(f)) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, [h, c]


def janet(w, x, seen, states, cell):
    s, g = gates(w, x, seen, 2)
    h = sigmoid(s) * states[0] + (1.0 - sigmoid(s - cell.beta)) * np.tanh(g)
    return h, [h]


def mgu(w, x, seen, states, cell):
    H = cell.units
    W, U, b = w["kernel"], w["recurrent_kernel"], w.get("bias", np.zeros(2 * H))
    f = sigmoid(x @ W[:, :H] + seen @ U[:, :H] + b[:H])
    a = np.tanh(x @ W[:, H:] + (f * seen) @ U[:, H:] + b[H:])
    h = (1.0 - f) * states[0] + f * a
    return h, [h]


def ugrnn(w, x, seen, states, cell):
    g, a = gates(w, x, seen, 2)
    h = sigmoid(g) * states[0] + (1.0 - sigmoid(g)) * np.tanh(a)
    return h, [h]


def rhn(w, x, seen, states, cell):
    H, s, sees = cell.units, states[0], seen
    for layer in range(1, cell.depth + 1):
        total = sees @ w[f"recurrent_kernel_{layer}"] + w[f"bias_{layer}"]
        if layer == 1:
            total = total + x @ w["kernel"]
        t = sigmoid(total[:, H:])
        s = sees = np.tanh(total[:, :H]) * t + s * (1.0 - t)
    return s, [s]


def multiplicative_lstm(w, x, seen, states, cell):
    m = (x @ w["factor_kernel"]) * (seen @ w["factor_recurrent_kernel"])
    i, f, g, o = gates(w, x, m, 4)
    c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
    h = np.tanh(c) * sigmoid(o)
    return h, [h, c]


def nas(w, x, seen, states, cell):
    z, r = x @ w["kernel"], seen @ w["recurrent_kernel"] + w.get("bias", 0.0)
    z, r = np.split(z, 8, axis=1), np.split(r, 8, axis=1)
    functions = (sigmoid, relu, sigmoid, relu, np.tanh, sigmoid, np.tanh, sigmoid)
    first = [f(z[k] * r[k] if k == 3 else z[k] + r[k]) for k, f in enumerate(functions)]
    c = np.tanh(np.tanh(first[0] * first[1]) + states[1]) * np.tanh(first[2] + first[3])
    h = np.tanh(c * np.tanh(np.tanh(first[4] * first[5]) + sigmoid(first[6] + first[7])))
    return h, [h, c]


TWINS = {
    f.__name__: f
    for f in (
        elman,
        gru,
        gru_layernorm,
        irnn,
        janet,
        jordan,
        lstm,
        lstm_coupled,
        lstm_layernorm,
        lstm_peephole,
        mgu,
        multiplicative_lstm,
        nas,
        rhn,
        ugrnn,
    )
}

NO_BIAS = {"use_bias": False}

SETTINGS = {
    "elman": [{"activation": "relu"}, NO_BIAS],
    "gru": [{"reset_after": False}, NO_BIAS],
    "gru_layernorm": [NO_BIAS],
    "irnn": [{"scale": 0.5}],
    "janet": [{"beta": 0.5}, {"longest": 50}],
    "jordan": [{"hidden": 3}, {"output_activation": "linear"}],
    "lstm": [{"unit_forget_bias": False}, NO_BIAS],
    "lstm_coupled": [NO_BIAS],
    "lstm_layernorm": [NO_BIAS],
    "lstm_peephole": [],
    "mgu": [NO_BIAS],
    "multiplicative_lstm": [],
    "nas": [{"use_bias": True}],
    "rhn": [{"depth": 1}],
    "ugrnn": [NO_BIAS],
}

BAD = [
    ("elman", {"units": 0}, "units must be an integer of at least 1. Got 0."),
    ("lstm", {"dropout": 1.0}, "dropout must be a number in [0, 1). Got 1.0."),
    ("gru", {"recurrent_dropout": -0.1}, "recurrent_dropout must be a number in [0, 1). Got -0.1."),
    ("lstm", {"zoneout": (0.1,) * 3}, "zoneout must be one number, or one for each state (h, c). Got (0.1, 0.1, 0.1)."),
    ("lstm", {"zoneout": (0.1, 2)}, "zoneout must be a number in [0, 1). Got 2."),
    ("irnn", {"scale": 0}, "scale must be a number above 0. Got 0."),
    ("janet", {"longest": 2}, "longest must be an integer of at least 3. Got 2."),
    ("janet", {"beta": "1"}, "beta must be a number. Got '1'."),
    ("jordan", {"hidden": 0}, "hidden must be an integer of at least 1. Got 0."),
    ("lstm_layernorm", {"weight_norm": True}, "LSTMLayerNormCell takes no weight_norm. Leave it at its default."),
    ("rhn", {"depth": 0}, "depth must be an integer of at least 1. Got 0."),
    ("rhn", {"transform_bias": float("nan")}, "transform_bias must be a number. Got nan."),
]
