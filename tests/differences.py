"""Gradients by finite differences, in float64."""

import numpy as np


def central_differences(loss, arrays, k, step=1e-6):
    """Gradient of ``loss(*arrays)`` by the k-th of them."""
    gradient = np.zeros_like(arrays[k])
    for index in np.ndindex(gradient.shape):
        sides = []
        for move in (step, -step):
            moved = arrays[k].copy()
            moved[index] += move
            sides.append(loss(*arrays[:k], moved, *arrays[k + 1 :]))
        gradient[index] = (sides[0] - sides[1]) / (2 * step)
    return gradient
