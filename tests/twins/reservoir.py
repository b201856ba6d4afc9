"""Twins of recurrences that are drawn and not trained."""

import numpy as np
from twins.functions import relu


def esn(w, x, seen, states, cell):
    f = relu if cell.activation.__name__ == "relu" else np.tanh
    D, H = w["kernel"].shape
    h = np.empty((len(x), H))
    for i in range(H):  # one neuron after the other: what drives it, and how far it follows
        drive = w["bias"][i] + sum(x[:, d] * w["kernel"][d, i] for d in range(D))
        drive = drive + sum(seen[:, j] * w["recurrent_kernel"][j, i] for j in range(H))
        h[:, i] = (1.0 - cell.leak) * states[0][:, i] + cell.leak * f(drive)
    return h, [h]


TWINS = {"esn": esn}

SETTINGS = {"esn": [{"leak": 0.3}, {"activation": "relu", "spectral_radius": 0.5}, {"connectivity": 1.0}]}

BAD = [
    ("esn", {"leak": 0.0}, "leak must be a number above 0 and at most 1. Got 0.0."),
    ("esn", {"leak": 1.5}, "leak must be a number above 0 and at most 1. Got 1.5."),
    ("esn", {"connectivity": 0}, "connectivity must be a number above 0 and at most 1. Got 0."),
    ("esn", {"spectral_radius": -0.1}, "spectral_radius must be a number at least 0. Got -0.1."),
    ("esn", {"input_scaling": "big"}, "input_scaling must be a number at least 0. Got 'big'."),
    ("esn", {"bias_scaling": -1}, "bias_scaling must be a number at least 0. Got -1."),
    ("esn", {"zoneout": 0.1}, "ESNCell takes no zoneout. Leave it at its default."),
]
