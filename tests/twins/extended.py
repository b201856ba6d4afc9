"""Twins of the extended LSTMs."""

import numpy as np
from twins.functions import sigmoid


def slstm(w, x, seen, states, cell):
    _, c, n, m = states
    H, size = cell.units, cell.units // cell.heads
    z = x @ w["kernel"] + w["bias"]
    for head in range(cell.heads):
        rows = slice(head * size, (head + 1) * size)
        product = seen[:, rows] @ w["recurrent_kernel"][rows]
        for gate in range(4):
            z[:, gate * H + head * size : gate * H + (head + 1) * size] += product[:, gate * size : (gate + 1) * size]
    i, f, g, o = np.split(z, 4, axis=1)
    kept = m + (f if cell.forget == "exp" else np.log(sigmoid(f)))
    top = np.maximum(kept, i)
    c = np.exp(kept - top) * c + np.exp(i - top) * np.tanh(g)
    n = np.exp(kept - top) * n + np.exp(i - top)
    h = sigmoid(o) * c / n
    return h, [h, c, n, top]


def mlstm(w, x, seen, states, cell):
    H, heads = cell.units, cell.heads
    size = H // heads
    z = x @ w["kernel"] + w["bias"]
    C, n = states[0].reshape(-1, heads, size, size), states[1].reshape(-1, heads, size)
    new_C, new_n, new_m, h = np.empty_like(C), np.empty_like(n), np.empty_like(states[2]), np.empty((len(x), H))
    for row in range(len(x)):
        for head in range(heads):
            at = slice(head * size, (head + 1) * size)
            q, k, v, o = (z[row, part * H : (part + 1) * H][at] for part in range(4))
            k = k / np.sqrt(size)
            i, f = z[row, 4 * H + head], z[row, 4 * H + heads + head]
            kept = states[2][row, head] + np.log(sigmoid(f))
            m = max(kept, i)
            new_C[row, head] = np.exp(kept - m) * C[row, head] + np.exp(i - m) * np.outer(v, k)
            new_n[row, head] = np.exp(kept - m) * n[row, head] + np.exp(i - m) * k
            new_m[row, head] = m
            read = new_C[row, head] @ q / max(abs(new_n[row, head] @ q), np.exp(-m))
            h[row, at] = sigmoid(o) * read
    return h, [new_C.reshape(len(x), -1), new_n.reshape(len(x), -1), new_m]


TWINS = {"mlstm": mlstm, "slstm": slstm}

SETTINGS = {"mlstm": [{"heads": 2}], "slstm": [{"heads": 3}, {"forget": "exp"}]}

BAD = [
    ("mlstm", {"heads": 4}, "heads must be an integer that divides units = 6. Got 4."),
    ("slstm", {"heads": 0}, "heads must be an integer that divides units = 6. Got 0."),
    ("slstm", {"forget": "tanh"}, "forget must be one of 'sigmoid', 'exp'. Got 'tanh'."),
    ("slstm", {"zoneout": 0.1}, "SLSTMCell takes no zoneout. Leave it at its default."),
]
