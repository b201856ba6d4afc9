"""All paths of connectionist temporal classification, for tests by brute force."""

import itertools


def read(path):
    """Labels that a path says."""
    return tuple(c for t, c in enumerate(path) if c and (t == 0 or path[t - 1] != c))


def all_paths(log_p):
    """Every path of (T, V) log probabilities, with what it says and its own log probability."""
    n_frames, n_classes = log_p.shape
    for path in itertools.product(range(n_classes), repeat=n_frames):
        yield path, read(path), sum(log_p[t, c] for t, c in enumerate(path))
