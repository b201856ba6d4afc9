"""Twins of the recurrences that are parallel in time."""

from twins.functions import sigmoid


def mingru(w, x, seen, states, cell):
    H = cell.units
    z = sigmoid(x @ w["kernel"][:, :H] + w["bias"][:H])
    g = x @ w["kernel"][:, H:] + w["bias"][H:]
    h = (1.0 - z) * states[0] + z * g
    return h, [h]


TWINS = {"mingru": mingru}

SETTINGS = {"mingru": []}

BAD = [("mingru", {"recurrent_dropout": 0.1}, "MinGRUCell takes no recurrent_dropout. Leave it at its default.")]
