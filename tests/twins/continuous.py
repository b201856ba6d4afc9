"""Twins of the recurrences that know elapsed time, and of the one that reads missing values."""

import math

import numpy as np
from twins.functions import sigmoid, softplus


def timed(x, states, cell):
    """Features, elapsed time of each row, and the time to keep."""
    k = cell.time_feature
    if k is None:
        return x, np.ones(len(x)), []
    return np.delete(x, k, axis=1), np.abs(x[:, k] - states[-1][:, 0]), [x[:, [k]]]


def parts(w, name, n):
    """Columns of each gate."""
    return [w[name][..., i * n : (i + 1) * n] for i in range(w[name].shape[-1] // n)]


def grud(w, x, seen, states, cell):
    H = cell.units
    x, passed, time = timed(x, states, cell)
    h_before, last, since = states[0], states[1].copy(), states[2] + passed[:, None]
    B, D = x.shape
    m, filled = np.ones((B, D)), np.array(x)
    for b in range(B):
        for d in range(D):
            if np.isnan(x[b, d]):
                gamma = math.exp(-max(0.0, w["input_decay"][d] * since[b, d] + w["input_decay_bias"][d]))
                m[b, d], filled[b, d] = 0.0, gamma * last[b, d]
            else:
                last[b, d] = x[b, d]
    gamma = np.exp(-np.maximum(0.0, since @ w["hidden_decay"] + w["hidden_decay_bias"]))
    seen, h_before = gamma * seen, gamma * h_before
    W, U, V, bias = (parts(w, name, H) for name in ("kernel", "recurrent_kernel", "mask_kernel", "bias"))
    z = sigmoid(filled @ W[0] + seen @ U[0] + m @ V[0] + bias[0])
    r = sigmoid(filled @ W[1] + seen @ U[1] + m @ V[1] + bias[1])
    a = np.tanh(filled @ W[2] + (r * seen) @ U[2] + m @ V[2] + bias[2])
    h = (1.0 - z) * h_before + z * a
    return h, [h, last, np.where(m == 1.0, 0.0, since), *time]


def ltc(w, x, seen, states, cell):
    x, passed, time = timed(x, states, cell)
    h, tau = states[0], 1.0 / softplus(w["leak"])
    dt = passed[:, None] / cell.unfolds
    for _ in range(cell.unfolds):
        f = sigmoid(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])
        h = (h + dt * f * w["target"]) / (1.0 + dt * (1.0 / tau + f))
    return h, [h, *time]


def cfc(w, x, seen, states, cell):
    H = cell.units
    x, passed, time = timed(x, states, cell)
    e = passed[:, None]
    a = np.hstack([x, seen]) @ np.vstack([w["kernel"], w["recurrent_kernel"]]) + w["bias"]
    if cell.backbone_layers:
        squash = np.tanh if cell.backbone_activation.__name__ == "tanh" else lambda v: 1.7159 * np.tanh(0.666 * v)
        for k in range(1, cell.backbone_layers):
            a = squash(a) @ w[f"backbone_kernel_{k}"] + w[f"backbone_bias_{k}"]
        a = squash(a) @ w["head_kernel"] + w["head_bias"]
    g = a[:, :H]
    if cell.mode == "pure":
        h = -w["target"] * np.exp(-e * (np.abs(w["time_constant"]) + np.abs(g))) * g + w["target"]
        return h, [h, *time]
    k, f, c = a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :]
    s = sigmoid(-(f * e + c))
    h = (s if cell.mode == "default" else 1.0) * np.tanh(g) + (1.0 - s) * np.tanh(k)
    return h, [h, *time]


def ctgru(w, x, seen, states, cell):
    H, M = cell.units, cell.n_scales
    x, passed, time = timed(x, states, cell)
    tau = [cell.shortest_scale * math.sqrt(10.0) ** i for i in range(M)]
    left = [np.exp(-passed / t)[:, None] for t in tau]
    traces = [states[0][:, i * H : (i + 1) * H] * left[i] for i in range(M)]
    seen = [seen[:, i * H : (i + 1) * H] * left[i] for i in range(M)]
    W, U, bias = parts(w, "kernel", H), parts(w, "recurrent_kernel", H), parts(w, "bias", H)

    def weighting(k):
        scale = np.exp(x @ W[k] + sum(seen) @ U[k] + bias[k])
        likeness = [np.exp(-(np.log(scale / t) ** 2)) for t in tau]
        return [one / sum(likeness) for one in likeness]

    r, s = weighting(0), weighting(1)
    q = np.tanh(x @ W[2] + sum(r[i] * seen[i] for i in range(M)) @ U[2] + bias[2])
    traces = [(1.0 - s[i]) * traces[i] + s[i] * q for i in range(M)]
    return sum(traces), [np.hstack(traces), *time]


TWINS = {"cfc": cfc, "ctgru": ctgru, "grud": grud, "ltc": ltc}

SETTINGS = {
    "cfc": [
        {"mode": "pure"},
        {"mode": "no_gate", "time_feature": 3},
        {"time_feature": 0, "backbone_layers": 2, "backbone_units": 5},
        {"backbone_layers": 0, "backbone_activation": "tanh"},
        {"mode": "pure", "time_feature": 1, "backbone_layers": 0},
    ],
    "ctgru": [{"time_feature": 0}, {"time_feature": 2, "n_scales": 3, "shortest_scale": 0.1}],
    "grud": [{"time_feature": 0}, {"time_feature": 3}, {"n_features": 4, "time_feature": 1}],
    "ltc": [{"time_feature": 2}, {"unfolds": 1}],
}

BAD = [
    ("cfc", {"mode": "gated"}, "mode must be one of 'default', 'pure', 'no_gate'. Got 'gated'."),
    ("cfc", {"backbone_units": 0}, "backbone_units must be an integer of at least 1. Got 0."),
    ("cfc", {"backbone_layers": -1}, "backbone_layers must be an integer of at least 0. Got -1."),
    ("ctgru", {"n_scales": 1}, "n_scales must be an integer of at least 2. Got 1."),
    ("ctgru", {"shortest_scale": 0}, "shortest_scale must be a number above 0. Got 0."),
    ("ctgru", {"zoneout": 0.1}, "CTGRUCell takes no zoneout. Leave it at its default."),
    ("grud", {"time_feature": -1}, "time_feature must be an integer of at least 0. Got -1."),
    ("grud", {"time_feature": "hours"}, "time_feature must be an integer of at least 0. Got 'hours'."),
    ("grud", {"n_features": 0}, "n_features must be an integer of at least 1. Got 0."),
    (
        "grud",
        {"n_features": 2, "time_feature": 2},
        "time_feature must be a column of x, below 2. Got 2.",
    ),
    ("ltc", {"unfolds": 0}, "unfolds must be an integer of at least 1. Got 0."),
    ("ltc", {"recurrent_dropout": 0.1}, "LTCCell takes no recurrent_dropout. Leave it at its default."),
]
