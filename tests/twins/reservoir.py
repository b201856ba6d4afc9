"""Twin of the echo state network."""

import numpy as np


def esn(w, x, seen, states, cell):
    h = (1.0 - cell.leak) * states[0] + cell.leak * np.tanh(x @ w["kernel"] + seen @ w["recurrent_kernel"] + w["bias"])
    return h, [h]


TWINS = {"esn": esn}

SETTINGS = {"esn": [{"leak": 0.3, "bias_scaling": 0.0, "connectivity": 1.0}]}

BAD = [
    ("esn", {"spectral_radius": 0}, "spectral_radius must be a number above 0. Got 0."),
    ("esn", {"leak": 1.5}, "leak must be a number above 0 and at most 1. Got 1.5."),
    ("esn", {"connectivity": 0.0}, "connectivity must be a number above 0 and at most 1. Got 0.0."),
    ("esn", {"input_scaling": -1}, "input_scaling must be a number above 0. Got -1."),
    ("esn", {"bias_scaling": None}, "bias_scaling must be a number of at least 0. Got None."),
    ("esn", {"zoneout": 0.1}, "ESNCell takes no zoneout. Leave it at its default."),
]
