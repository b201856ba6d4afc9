"""Twins of the recurrences that are parallel in time."""

import math

import numpy as np
from twins.functions import sigmoid, softplus


def mingru(w, x, seen, states, cell):
    H = cell.units
    z = sigmoid(x @ w["kernel"][:, :H] + w["bias"][:H])
    g = x @ w["kernel"][:, H:] + w["bias"][H:]
    h = (1.0 - z) * states[0] + z * g
    return h, [h]


def minlstm(w, x, seen, states, cell):
    f, i, g = np.split(x @ w["kernel"] + w["bias"], 3, axis=1)
    f, i = sigmoid(f), sigmoid(i)
    h = f / (f + i) * states[0] + i / (f + i) * g
    return h, [h]


def sru(w, x, seen, states, cell):
    H, W = cell.units, w["kernel"]
    f = sigmoid(x @ W[:, :H] + w["bias"][:H])
    r = sigmoid(x @ W[:, H : 2 * H] + w["bias"][H:])
    c = f * states[0] + (1.0 - f) * (x @ W[:, 2 * H :])
    skip = x @ w["skip_kernel"] if "skip_kernel" in w else x
    return r * np.tanh(c) + (1.0 - r) * skip, [c]


def qrnn(w, x, seen, states, cell):
    gates = {"f": 2, "fo": 3, "ifo": 4}[cell.pooling]
    width = gates * cell.units
    added = [x @ w["kernel"][:, k * width : (k + 1) * width] for k in range(cell.window)]
    owed = [states[1][:, k * width : (k + 1) * width] for k in range(cell.window - 1)] if cell.window > 1 else []
    z = added[0] + w["bias"] + (owed[0] if owed else 0.0)
    later = [added[k] + (owed[k] if k < len(owed) else 0.0) for k in range(1, cell.window)]
    z = [z[:, k * cell.units : (k + 1) * cell.units] for k in range(gates)]
    f = sigmoid(z[1])
    c = f * states[0] + (sigmoid(z[3]) if cell.pooling == "ifo" else 1.0 - f) * np.tanh(z[0])
    h = c if cell.pooling == "f" else sigmoid(z[2]) * c
    return h, [c, *([np.concatenate(later, axis=1)] if later else [])]


def rglru(w, x, seen, states, cell):
    r, i, v = np.split(x @ w["kernel"] + w["bias"], 3, axis=1)
    a = np.exp(-cell.exponent * softplus(w["decay"]) * sigmoid(r))
    h = a * states[0] + np.sqrt(1.0 - a**2) * sigmoid(i) * v
    return h, [h]


def complex_state(states):
    H = states[0].shape[1] // 2
    return states[0][:, :H] + 1j * states[0][:, H:]


def parts(h):
    return np.concatenate([h.real, h.imag], axis=1)


def lru(w, x, seen, states, cell):
    H = cell.units
    eigenvalues = np.exp(-np.exp(w["log_decay"]) + 1j * np.exp(w["log_phase"]))
    b = w["kernel"][:, :H] + 1j * w["kernel"][:, H:]
    h = eigenvalues * complex_state(states) + np.sqrt(1.0 - np.abs(eigenvalues) ** 2) * (x @ b)
    c = w["output_kernel"][:H] - 1j * w["output_kernel"][H:]
    y = (h @ c).real + x @ w["skip_kernel"] + w["bias"]
    if cell.activation.__name__ == "gelu":
        y = y * 0.5 * (1.0 + np.vectorize(math.erf)(y / math.sqrt(2.0)))
    return y, [parts(h)]


def hgrn(w, x, seen, states, cell):
    H = cell.units
    z = x @ w["kernel"] + w["bias"]
    kept = cell.lower_bound + (1.0 - cell.lower_bound) * sigmoid(z[:, :H])
    re, im = z[:, H : 2 * H], z[:, 2 * H : 3 * H]
    c = re * sigmoid(re) + 1j * im * sigmoid(im)
    h = kept * np.exp(1j * w["phase"]) * complex_state(states) + (1.0 - kept) * c
    gate = z[:, 3 * H :]
    gate = np.tanh(gate) if cell.gate_activation.__name__ == "tanh" else gate * sigmoid(gate)
    shown = gate * parts(h)
    normal = np.stack([(row - row.mean()) / np.sqrt(row.var() + 1e-5) for row in shown])
    y = (normal * w["output_scale"] + w["output_shift"]) @ w["output_kernel"] + w["output_bias"]
    return y, [parts(h)]


TWINS = {f.__name__: f for f in (hgrn, lru, mingru, minlstm, qrnn, rglru, sru)}

SETTINGS = {
    "hgrn": [{"lower_bound": 0.4}, {"gate_activation": "tanh"}],
    "lru": [{"activation": "linear"}, {"r_min": 0.9, "r_max": 0.99, "max_phase": 0.3}],
    "mingru": [],
    "minlstm": [],
    "qrnn": [{"window": 1}, {"window": 3, "pooling": "ifo"}, {"pooling": "f"}],
    "rglru": [{"exponent": 2.0}],
    "sru": [{"units": 4}],  # as many as features: the input itself is carried past
}

BAD = [
    ("hgrn", {"lower_bound": 1.0}, "lower_bound must be a number in [0, 1). Got 1.0."),
    ("lru", {"r_min": -0.1}, "r_min must be a number of at least 0 and at most 1. Got -0.1."),
    ("lru", {"r_min": 0.5, "r_max": 0.4}, "r_max must be a number above 0.5 and at most 1. Got 0.4."),
    ("lru", {"max_phase": 7.0}, "max_phase must be a number above 0 and at most 6.28319. Got 7.0."),
    ("mingru", {"recurrent_dropout": 0.1}, "MinGRUCell takes no recurrent_dropout. Leave it at its default."),
    ("qrnn", {"window": 0}, "window must be an integer of at least 1. Got 0."),
    ("qrnn", {"pooling": "max"}, "pooling must be one of 'f', 'fo', 'ifo'. Got 'max'."),
    ("rglru", {"exponent": 0}, "exponent must be a number above 0. Got 0."),
]
