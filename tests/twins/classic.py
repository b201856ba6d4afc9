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


TWINS = {"elman": elman, "gru": gru, "lstm": lstm}

SETTINGS = {
    "elman": [{"activation": "relu"}, {"use_bias": False}],
    "gru": [{"reset_after": False}, {"use_bias": False}],
    "lstm": [{"unit_forget_bias": False}, {"use_bias": False}],
}

BAD = [
    ("elman", {"units": 0}, "units must be an integer of at least 1. Got 0."),
    ("lstm", {"dropout": 1.0}, "dropout must be a number in [0, 1). Got 1.0."),
    ("gru", {"recurrent_dropout": -0.1}, "recurrent_dropout must be a number in [0, 1). Got -0.1."),
    (
        "lstm",
        {"zoneout": (0.1, 0.1, 0.1)},
        "zoneout must be one number, or one for each state (h, c). Got (0.1, 0.1, 0.1).",
    ),
    ("lstm", {"zoneout": (0.1, 2)}, "zoneout must be a number in [0, 1). Got 2."),
]
