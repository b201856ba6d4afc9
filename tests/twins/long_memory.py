"""Twins of the recurrences with a long memory."""

import numpy as np
from scipy.signal import cont2discrete
from twins.functions import relu, sigmoid


def indrnn(w, x, seen, states, cell):
    f = np.tanh if cell.activation.__name__ == "tanh" else relu
    z = x @ w["kernel"] + w.get("bias", 0.0)
    h = np.stack([f(z[:, n] + w["recurrent_scale"][n] * seen[:, n]) for n in range(cell.units)], axis=1)
    return h, [h]


def antisymmetric(w, x, seen, states, cell):
    """In the paper's column vectors: A h, with A = W - transposed W - gamma I, where W = transposed U."""
    H = cell.units
    W = w["recurrent_kernel"].T
    A = W - W.T - cell.gamma * np.eye(H)
    Ah = np.einsum("ij,bj->bi", A, seen)
    change = np.tanh(Ah + x @ w["kernel"][:, :H] + w["bias"][:H])
    if cell.gated:
        change = sigmoid(Ah + x @ w["kernel"][:, H:] + w["bias"][H:]) * change
    h = states[0] + cell.epsilon * change
    return h, [h]


def cornn(w, x, seen, states, cell):
    H = cell.units
    y, z = states
    W, V = w["recurrent_kernel"][:H], w["recurrent_kernel"][H:]
    sigma = np.tanh(seen @ W + z @ V + x @ w["kernel"] + w["bias"])
    z = z + cell.dt * sigma - cell.dt * cell.gamma * y - cell.dt * cell.epsilon * z
    y = y + cell.dt * z
    return y, [y, z]


def lem(w, x, seen, states, cell):
    H = cell.units
    y, z = states
    V = [x @ w["kernel"][:, k * H : (k + 1) * H] + w["bias"][k * H : (k + 1) * H] for k in range(4)]
    W = [seen @ w["recurrent_kernel"][:, k * H : (k + 1) * H] for k in range(3)]
    step = cell.dt * sigmoid(V[0] + W[0])
    step_bar = cell.dt * sigmoid(V[1] + W[1])
    z = (1.0 - step) * z + step * np.tanh(V[2] + W[2])
    y = (1.0 - step_bar) * y + step_bar * np.tanh(V[3] + z @ w["memory_kernel"])
    return y, [y, z]


def clockwork(w, x, seen, states, cell):
    """Unit by unit: each looks at its own module and at slower ones."""
    H = cell.units
    periods = cell.periods or [1, 2, 4, 8, 16, 32][:H]
    module, start = np.zeros(H, int), 0
    for m in range(len(periods)):
        size = H // len(periods) + (m < H % len(periods))
        module[start : start + size] = m
        start += size
    f = relu if cell.activation.__name__ == "relu" else np.tanh
    h, clock = states[0].copy(), states[1]
    for row in range(len(x)):
        for j in range(H):
            if np.floor(clock[row, module[j]]) == 0:
                sources = [i for i in range(H) if periods[module[i]] >= periods[module[j]]]
                total = x[row] @ w["kernel"][:, j] + w["bias"][j]
                h[row, j] = f(total + sum(seen[row, i] * w["recurrent_kernel"][i, j] for i in sources))
    return h, [h, np.mod(clock + 1, periods)]


def phased_lstm(w, x, seen, states, cell):
    H = cell.units
    h, c = states[:2]
    if cell.time_feature is None:
        t, clock = states[2] + 1, [states[2] + 1]
    else:
        t, clock = x[:, [cell.time_feature]], []
        x = np.delete(x, cell.time_feature, axis=1)
    tau, r = np.exp(w["log_period"]), sigmoid(w["ratio_logit"])
    phi = np.mod(t - w["shift"] * tau, tau) / tau
    k = np.where(phi < r / 2, 2 * phi / r, np.where(phi < r, 2 - 2 * phi / r, cell.leak * phi))
    gates = [
        x @ w["kernel"][:, n * H : (n + 1) * H]
        + seen @ w["recurrent_kernel"][:, n * H : (n + 1) * H]
        + w["bias"][n * H : (n + 1) * H]
        for n in range(4)
    ]
    p_i, p_f, p_o = w["peephole"].reshape(3, H) if cell.peepholes else np.zeros((3, H))
    c_tilde = sigmoid(gates[1] + p_f * c) * c + sigmoid(gates[0] + p_i * c) * np.tanh(gates[2])
    h_tilde = sigmoid(gates[3] + p_o * c_tilde) * np.tanh(c_tilde)
    c = k * c_tilde + (1 - k) * c
    h = k * h_tilde + (1 - k) * h
    return h, [h, c, *clock]


def lmu(w, x, seen, states, cell):
    """A and B entry by entry, discretized by SciPy."""
    d = cell.order
    A, B = np.zeros((d, d)), np.zeros((d, 1))
    for i in range(d):
        B[i] = (2 * i + 1) * (-1) ** i
        for j in range(d):
            A[i, j] = (2 * i + 1) * (-1 if i < j else (-1) ** (i - j + 1))
    A, B, *_ = cont2discrete((A / cell.theta, B / cell.theta, np.eye(d), np.zeros((d, 1))), dt=1.0, method="zoh")
    f = relu if cell.activation.__name__ == "relu" else np.tanh
    m = states[1]
    u = x @ w["input_encoder"] + seen @ w["hidden_encoder"] + m @ w["memory_encoder"]  # (B, 1)
    m = np.einsum("ij,bj->bi", A, m) + u * B[:, 0]
    h = f(x @ w["kernel"] + seen @ w["recurrent_kernel"] + m @ w["memory_kernel"])
    return h, [h, m]


def fastgrnn(w, x, seen, states, cell):
    H = cell.units
    W = w["kernel"] if cell.kernel_rank is None else w["kernel_left"] @ w["kernel_right"]
    U = w["recurrent_kernel"] if cell.recurrent_rank is None else w["recurrent_left"] @ w["recurrent_right"]
    z = sigmoid(x @ W + seen @ U + w["bias"][:H])
    candidate = np.tanh(x @ W + seen @ U + w["bias"][H:])
    h = (sigmoid(w["zeta"]) * (1.0 - z) + sigmoid(w["nu"])) * candidate + z * states[0]
    return h, [h]


def minimal_rnn(w, x, seen, states, cell):
    z = np.tanh(x @ w["kernel"] + w["bias"])
    u = sigmoid(seen @ w["recurrent_kernel"] + z @ w["update_kernel"] + w["update_bias"])
    h = u * states[0] + (1.0 - u) * z
    return h, [h]


def star(w, x, seen, states, cell):
    H = cell.units
    z = np.tanh(x @ w["kernel"][:, :H] + w["bias"][:H])
    k = sigmoid(x @ w["kernel"][:, H:] + seen @ w["recurrent_kernel"] + w["bias"][H:])
    h = np.tanh((1.0 - k) * states[0] + k * z)
    return h, [h]


TWINS = {
    "antisymmetric": antisymmetric,
    "clockwork": clockwork,
    "cornn": cornn,
    "fastgrnn": fastgrnn,
    "indrnn": indrnn,
    "lem": lem,
    "lmu": lmu,
    "minimal_rnn": minimal_rnn,
    "phased_lstm": phased_lstm,
    "star": star,
}

SETTINGS = {
    "antisymmetric": [{"gated": True, "epsilon": 0.3, "gamma": 0.2}, {"epsilon": 0.5}],
    "clockwork": [{"periods": [1, 3]}, {"periods": [2, 3, 4, 5], "activation": "relu"}],
    "cornn": [{"dt": 0.5, "gamma": 1.3, "epsilon": 0.4}],
    "fastgrnn": [{"kernel_rank": 2, "recurrent_rank": 3}, {"zeta_init": -1.0, "nu_init": 2.0}],
    "indrnn": [{"activation": "tanh", "longest": 5}, {"use_bias": False}],
    "lem": [{"dt": 0.3}],
    "lmu": [{"order": 3, "theta": 4.5, "activation": "relu"}],
    "minimal_rnn": [],
    "phased_lstm": [
        {"time_feature": 1, "ratio": 0.4, "period_range": [1.0, 4.0]},
        {"peepholes": False, "ratio": 0.5, "period_range": [1.0, 4.0]},
        {"ratio": 0.6, "leak": 0.1, "period_range": [2.0, 6.0], "unit_forget_bias": False},
    ],
    "star": [],
}

BAD = [
    ("antisymmetric", {"epsilon": 0}, "epsilon must be a number above 0. Got 0."),
    ("antisymmetric", {"gamma": -1}, "gamma must be a number of at least 0. Got -1."),
    ("antisymmetric", {"weight_norm": True}, "AntisymmetricCell takes no weight_norm. Leave it at its default."),
    ("clockwork", {"periods": 3}, "periods must be a list of 1 to 6 integers, one a module. Got 3."),
    ("clockwork", {"periods": [0, 1]}, "periods[0] must be an integer of at least 1. Got 0."),
    ("clockwork", {"periods": [1, 4, 4]}, "periods must grow from module to module. Got [1, 4, 4]."),
    ("clockwork", {"weight_norm": True}, "ClockworkCell takes no weight_norm. Leave it at its default."),
    ("cornn", {"dt": 0.0}, "dt must be a number above 0 and at most 1. Got 0.0."),
    ("cornn", {"gamma": -0.5}, "gamma must be a number of at least 0. Got -0.5."),
    ("cornn", {"epsilon": "1"}, "epsilon must be a number of at least 0. Got '1'."),
    ("fastgrnn", {"kernel_rank": 0}, "kernel_rank must be an integer of at least 1. Got 0."),
    ("fastgrnn", {"recurrent_rank": 1.5}, "recurrent_rank must be an integer of at least 1. Got 1.5."),
    ("fastgrnn", {"zeta_init": None}, "zeta_init must be a number. Got None."),
    ("fastgrnn", {"nu_init": float("inf")}, "nu_init must be a number. Got inf."),
    ("indrnn", {"longest": 0}, "longest must be an integer of at least 1. Got 0."),
    (
        "indrnn",
        {"longest": 9, "recurrent_constraint": "non_neg"},
        "longest must be None where there is a recurrent_constraint. Got 9.",
    ),
    ("lem", {"dt": 1.5}, "dt must be a number above 0 and at most 1. Got 1.5."),
    ("lmu", {"order": 0}, "order must be an integer of at least 1. Got 0."),
    ("lmu", {"theta": 0}, "theta must be a number above 0. Got 0."),
    ("lmu", {"weight_norm": True}, "LMUCell takes no weight_norm. Leave it at its default."),
    ("phased_lstm", {"time_feature": -1}, "time_feature must be an integer of at least 0. Got -1."),
    ("phased_lstm", {"period_range": 7}, "period_range must be two numbers. Got 7."),
    ("phased_lstm", {"period_range": (0, 1)}, "period_range[0] must be a number above 0. Got 0."),
    ("phased_lstm", {"period_range": (2, 1)}, "period_range[1] must be a number of at least 2. Got 1."),
    ("phased_lstm", {"ratio": 0}, "ratio must be a number above 0 and at most 1. Got 0."),
    ("phased_lstm", {"ratio": 1}, "ratio must be a number below 1. Got 1."),
    ("phased_lstm", {"leak": 2}, "leak must be a number of at least 0 and at most 1. Got 2."),
]
