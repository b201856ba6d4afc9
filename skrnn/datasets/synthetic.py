"""Synthetic tasks on sequences whose best score is known."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import check_random_state

Length = int | tuple[int, int]

_ORDER_SYMBOLS = ("X", "Y", "a", "b", "c", "d")


def make_adding_problem(
    n_samples: int = 1000,
    length: Length = (50, 55),
    random_state: int | RandomState | None = None,
) -> tuple[list[NDArray[np.float32]], NDArray[np.float32]]:
    """Make the adding problem: add the two marked numbers among many.

    A regression task for the memory of a network, one number a sequence. Always predicting 1 gives a
    mean squared error of 1/6 (the variance of a sum of two uniform numbers); the best is 0, as the sum
    follows from the input without noise.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences N, at least 1.
    length : int or (int, int), default=(50, 55)
        Steps of a sequence, at least 2; a pair is the lowest and the highest, both included.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int gives the same data at each call.

    Returns
    -------
    X : list of N arrays of shape (T_i, 2), float32
        Column 0: values, uniform in [0, 1). Column 1: 1 at two steps, one in each half, else 0.
    y : ndarray of shape (N,), float32
        Sum of the two marked values.

    Raises
    ------
    ValueError
        If `n_samples` or `length` is out of range.

    Notes
    -----
    This is the form in common use. In the original [1]_ values lie in [-1, 1], the first and the last
    step carry a marker of -1, and the target is scaled to 0.5 + (x1 + x2) / 4.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "LSTM can solve hard long time lag problems", Advances in
       Neural Information Processing Systems 9, 1997, experiment 1.

    Examples
    --------
    >>> from skrnn.datasets import make_adding_problem
    >>> X, y = make_adding_problem(3, length=6, random_state=0)
    >>> X[0].shape, y.shape
    ((6, 2), (3,))
    >>> bool(abs(X[0][:, 0] @ X[0][:, 1] - y[0]) < 1e-6)
    True
    """
    rng = check_random_state(random_state)
    X, y = [], np.empty(_check_n_samples(n_samples), dtype=np.float32)
    for i, steps in enumerate(_draw_lengths(length, n_samples, lowest=2, rng=rng)):
        marked = _draw_places(steps, rng)
        x = np.zeros((steps, 2), dtype=np.float32)
        x[:, 0] = rng.random_sample(steps)
        x[marked, 1] = 1.0
        y[i] = x[marked, 0].sum()
        X.append(x)
    return X, y


def make_running_mean(
    n_samples: int = 1000,
    length: Length = (20, 30),
    random_state: int | RandomState | None = None,
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """Make a regression task with one answer a step: the mean of all values so far.

    The answer follows from the input without noise, so the best R² is 1. It needs a state that sums
    and a state that counts: y_t = (x_1 + ... + x_t) / t.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences N, at least 1.
    length : int or (int, int), default=(20, 30)
        Steps of a sequence, at least 1; a pair is the lowest and the highest, both included.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int gives the same data at each call.

    Returns
    -------
    X : list of N arrays of shape (T_i, 1), float32
        Standard normal values.
    y : list of N arrays of shape (T_i,), float32
        Running means.

    Raises
    ------
    ValueError
        If `n_samples` or `length` is out of range.

    Examples
    --------
    >>> from skrnn.datasets import make_running_mean
    >>> X, y = make_running_mean(2, length=(3, 5), random_state=0)
    >>> X[0].shape[0] == y[0].shape[0], bool(abs(X[0].mean() - y[0][-1]) < 1e-6)
    (True, True)
    """
    rng = check_random_state(random_state)
    X, y = [], []
    for steps in _draw_lengths(length, _check_n_samples(n_samples), lowest=1, rng=rng):
        x = rng.standard_normal((steps, 1)).astype(np.float32)
        means = np.cumsum(x[:, 0], dtype=np.float64) / np.arange(1, steps + 1)
        X.append(x)
        y.append(means.astype(np.float32))
    return X, y


def make_order_task(
    n_samples: int = 1000,
    length: Length = (50, 55),
    random_state: int | RandomState | None = None,
) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
    """Make the temporal order task: which of X and Y came first, which second.

    A classification task for the memory of a network. The classes are equally likely, so guessing gives
    an accuracy of 1/4; the label follows from the input without noise, so the best accuracy is 1.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences N, at least 1.
    length : int or (int, int), default=(50, 55)
        Steps of a sequence, at least 2; a pair is the lowest and the highest, both included.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int gives the same data at each call.

    Returns
    -------
    X : list of N arrays of shape (T_i, 6), float32
        One symbol a step, one-hot: X, Y, then the distractors a, b, c, d. X or Y stands at one step
        of the first half and at one of the second, distractors everywhere else.
    y : ndarray of shape (N,), int64
        The class: 0 is X then X, 1 is X then Y, 2 is Y then X, 3 is Y then Y (K=4).

    Raises
    ------
    ValueError
        If `n_samples` or `length` is out of range.

    Notes
    -----
    The original task [1]_ also has a symbol for the start and one for the end of a sequence, and
    narrower ranges for the two places.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "LSTM can solve hard long time lag problems", Advances in
       Neural Information Processing Systems 9, 1997, experiment 2.

    Examples
    --------
    >>> from skrnn.datasets import make_order_task
    >>> X, y = make_order_task(4, length=(8, 9), random_state=0)
    >>> ["".join("XYabcd"[k] for k in x.argmax(axis=1)) for x in X]
    ['ddXdYdbc', 'aYcbYddca', 'badXXbcdd', 'bYbddcdY']
    >>> y.tolist()
    [1, 3, 0, 3]
    """
    rng = check_random_state(random_state)
    X, y = [], np.empty(_check_n_samples(n_samples), dtype=np.int64)
    one_hot = np.eye(len(_ORDER_SYMBOLS), dtype=np.float32)
    for i, steps in enumerate(_draw_lengths(length, n_samples, lowest=2, rng=rng)):
        symbols = rng.randint(2, len(_ORDER_SYMBOLS), size=steps)
        first, second = rng.randint(2, size=2)
        symbols[_draw_places(steps, rng)] = first, second
        X.append(one_hot[symbols])  # (T, 6)
        y[i] = 2 * first + second
    return X, y


def make_copying_memory(
    n_samples: int = 1000,
    delay: int = 100,
    n_copied: int = 10,
    random_state: int | RandomState | None = None,
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.int64]]]:
    """Make the copying memory task: say a row of symbols again after a long silence.

    A tagging task for the memory of a network. The symbols are equally likely, so guessing gives an accuracy of
    1/8 at the steps that count; the labels follow from the input without noise, so the best accuracy is 1.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences N, at least 1.
    delay : int, default=100
        Silent steps between the symbols and the signal to say them, at least 0.
    n_copied : int, default=10
        Symbols to be copied, at least 1.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws; an int gives the same data at each call.

    Returns
    -------
    X : list of N arrays of shape (2 n_copied + delay, 10), float32
        One-hot: 8 symbols, silence, the signal. `n_copied` symbols, `delay` silent steps, the signal, and silence for
        the rest.
    y : list of N arrays of shape (2 n_copied + delay,), int64
        The symbols, 0 to 7, at the last `n_copied` steps, from that of the signal on; -1, no label, before.

    Raises
    ------
    ValueError
        If `n_samples`, `delay` or `n_copied` is out of range.

    Notes
    -----
    In the form of [2]_ the steps before the signal are labelled too, as silence, which any network learns at once.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997.
    .. [2] M. Arjovsky, A. Shah and Y. Bengio, "Unitary evolution recurrent neural networks", ICML 2016, section 5.1.

    Examples
    --------
    >>> from skrnn.datasets import make_copying_memory
    >>> X, y = make_copying_memory(1, delay=3, n_copied=2, random_state=0)
    >>> "".join("abcdefgh.!"[k] for k in X[0].argmax(axis=1)), y[0].tolist()
    ('eh...!.', [-1, -1, -1, -1, -1, 4, 7])
    """
    rng = check_random_state(random_state)
    for name, value, least in (("delay", delay, 0), ("n_copied", n_copied, 1)):
        if not _is_integer(value) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}. Got {value!r}.")
    one_hot = np.eye(10, dtype=np.float32)
    copied = rng.randint(8, size=(_check_n_samples(n_samples), n_copied))
    inputs = np.full((n_samples, 2 * n_copied + delay), 8)
    labels = np.full(inputs.shape, -1, dtype=np.int64)
    inputs[:, :n_copied] = labels[:, -n_copied:] = copied
    inputs[:, -n_copied] = 9
    return list(one_hot[inputs]), list(labels)


def _check_n_samples(n_samples: int) -> int:
    """Return `n_samples` if it is a positive integer."""
    if not _is_integer(n_samples) or n_samples < 1:
        raise ValueError(f"n_samples must be a positive integer. Got {n_samples!r}.")
    return int(n_samples)


def _draw_lengths(length: Length, n_samples: int, *, lowest: int, rng: RandomState) -> NDArray[np.int64]:
    """Draw the number of steps of each sequence: (N,)."""
    pair: Any = (length, length) if _is_integer(length) else length
    valid = (
        isinstance(pair, tuple | list)
        and len(pair) == 2
        and all(_is_integer(bound) for bound in pair)
        and lowest <= pair[0] <= pair[1]
    )
    if not valid:
        raise ValueError(
            f"length must be an integer of at least {lowest}, or a pair (low, high) of such integers with "
            f"low <= high. Got {length!r}."
        )
    return rng.randint(pair[0], pair[1] + 1, size=n_samples)


def _draw_places(steps: int, rng: RandomState) -> list[int]:
    """Draw two steps of a sequence, one in each half."""
    half = steps // 2
    return [rng.randint(half), rng.randint(half, steps)]


def _is_integer(value: object) -> bool:
    """Tell whether the value is an integer; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)
