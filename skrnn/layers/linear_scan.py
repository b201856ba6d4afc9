"""A first-order linear recurrence over a whole sequence at once: ``h_t = a_t h_(t-1) + b_t`` by elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import keras
from keras import ops

# A real number, or the real and the imaginary part of a complex one.
Parts = tuple[Any, ...]

# Steps in a block. All blocks of a sequence take a step at once, so the depth is 2 RADIX log(T) / log(RADIX), and the
# work about twice that of a plain loop; 2 would be the textbook's associative scan.
RADIX = 8

# Levels of blocks where the length is not known before the graph is run: up to RADIX^3 = 512 steps no loop is left.
LEVELS = 3


def linear_scan(a: Any, b: Any, h: Any, is_complex: bool = False) -> Any:
    """Run the recurrence.

    Parameters
    ----------
    a, b : tensors (T, B, S)
        Coefficients of each step.
    h : tensor (B, S)
        Before the first step.
    is_complex : bool, default=False
        All hold real parts and then imaginary parts, in the two halves of the last axis.

    Returns
    -------
    tensor (T, B, S)
        h after each step.

    Notes
    -----
    On an accelerator blocks of `RADIX` steps are run side by side from zero, then their ends in order by the same
    method, and the ends are carried into the blocks, as in a prefix sum [1]_. On a CPU a plain loop, compiled with XLA,
    takes a third of the time. The gradient is the same recurrence backwards.

    References
    ----------
    .. [1] G. E. Blelloch (1990), Prefix sums and their applications, CMU-CS-90-190, section 1.4.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers.linear_scan import linear_scan
    >>> h = linear_scan(np.full((3, 1, 1), 0.5, "float32"), np.ones((3, 1, 1), "float32"), np.zeros((1, 1), "float32"))
    >>> np.asarray(h)[:, 0, 0].tolist()
    [1.0, 1.5, 1.75]
    """
    parts, run_all = 2 if is_complex else 1, fastest()

    @ops.custom_gradient
    def run(a: Any, b: Any, h: Any) -> Any:
        a_parts, b_parts = _parts(a, parts), _parts(b, parts)
        first = _plus(_times(_at(a_parts, 0), _parts(h, parts)), _at(b_parts, 0))
        steps = _joined(run_all(a_parts, tuple(ops.concatenate([f[None], p[1:]]) for f, p in zip(first, b_parts))))
        return steps, gradient_of(a, b, h, steps)

    @ops.custom_gradient
    def known(a: Any, b: Any, h: Any, steps: Any) -> Any:
        # What `run` gave, without a second run, but with its gradient: `steps` itself may have none.
        gradient = gradient_of(a, b, h, steps)
        return ops.copy(steps), lambda *args, **kwargs: (*gradient(*args, **kwargs), ops.zeros_like(steps))

    def gradient_of(a: Any, b: Any, h: Any, steps: Any) -> Callable[..., Any]:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            # What reaches a step comes from its output and, times a, from the step after it.
            d_steps = arguments[-1] if upstream is None else upstream
            a_parts, h_parts = _conjugate(_parts(a, parts)), _parts(h, parts)
            after = _joined(_flipped(tuple(ops.concatenate([p[1:], p[:1]]) for p in a_parts)))
            d_b = _flipped(_parts(run(after, ops.flip(d_steps, 0), ops.zeros_like(h)), parts))
            past = _parts(known(a, b, h, steps), parts)
            before = tuple(ops.concatenate([h[None], p[:-1]]) for h, p in zip(h_parts, past))
            d_a = _times(d_b, _conjugate(before))
            d_h = _times(_at(d_b, 0), _at(a_parts, 0))
            return _joined(d_a), _joined(d_b), _joined(d_h)

        return gradient

    return run(ops.convert_to_tensor(a), ops.convert_to_tensor(b), ops.convert_to_tensor(h))


def fastest() -> Callable[[Parts, Parts], Parts]:
    """The fastest way from coefficients to states here; docs/benchmarks/cells/scan.py measures them."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return blocked_scan if tf.config.list_physical_devices("GPU") else compiled_loop
    if keras.backend.backend() == "jax":
        import jax

        return jax_loop if jax.default_backend() == "cpu" else blocked_scan
    return blocked_scan


def jax_loop(a: Parts, b: Parts) -> Parts:
    """Run `blocked_scan` step by step in JAX."""

    def step(h: Parts, given: tuple[Parts, Parts]) -> tuple[Parts, Parts]:
        h = _plus(_times(given[0], h), given[1])
        return h, h

    return ops.scan(step, tuple(ops.zeros_like(p[0]) for p in b), (a, b))[1]


def compiled_loop(a: Parts, b: Parts) -> Parts:
    """`_loop` compiled with XLA for one of few sizes, which takes a tenth of a second, once in a process."""
    from skrnn.layers.scan import padded_size, size_of
    from skrnn.layers.unroll import padded_rows

    length, rows = size_of(a[0], 0), size_of(a[0], 1)
    more = [[0, padded_size(length) - length], [0, padded_rows(rows) - rows], [0, 0]]
    steps = _compile()(*(tuple(ops.pad(p, more) for p in parts) for parts in (a, b)))
    return tuple(p[:length, :rows] for p in steps)


@cache
def _compile() -> Callable[[Parts, Parts], Parts]:
    from skrnn.layers.scan import compiled

    return compiled(_loop)


def blocked_scan(a: Parts, b: Parts, level: int = 0) -> Parts:
    """(T, B, S) each -> (T, B, S): h after each step, from zero."""
    n_steps = a[0].shape[0]
    if n_steps is not None and n_steps <= RADIX:
        return _stacked([h for h, _ in _steps(a, b, n_steps, 0)], 0)
    if n_steps is None and level == LEVELS:
        return _loop(a, b)
    a_blocks, b_blocks = _in_blocks(a), _in_blocks(b)  # (K, RADIX, B, S)
    within = list(_steps(a_blocks, b_blocks, RADIX, 1))
    ends = blocked_scan(within[-1][1], within[-1][0], level + 1)  # (K, B, S)
    start = tuple(ops.concatenate([ops.zeros_like(p[:1]), p[:-1]]) for p in ends)
    blocks = _stacked([_plus(h, _times(product, start)) for h, product in within], 1)
    length = ops.shape(a[0])[0]
    return tuple(ops.reshape(p, (-1, *ops.shape(p)[2:]))[:length] for p in blocks)


def _steps(a: Parts, b: Parts, n_steps: int, axis: int) -> Iterator[tuple[Parts, Parts]]:
    """Steps along an axis, one after the other: h from zero, and the product of all a so far."""
    h, product = _at(b, 0, axis), _at(a, 0, axis)
    yield h, product
    for t in range(1, n_steps):
        a_t = _at(a, t, axis)
        h, product = _plus(_times(a_t, h), _at(b, t, axis)), _times(a_t, product)
        yield h, product


def _loop(a: Parts, b: Parts) -> Parts:
    """Run `blocked_scan` step by step in TensorFlow."""
    from skrnn.layers.scan import scan

    def step(_: Any, h: Any, given: Any) -> Any:
        h = _plus(_times(given[: len(a)], tuple(h)), given[len(a) :])
        return h, h

    widths = [p.shape[-1] for p in b]
    return tuple(scan(step, ops.shape(a[0])[0], [ops.zeros_like(p[0]) for p in b], [*a, *b], widths)[1])


def _in_blocks(x: Parts) -> Parts:
    """(T, B, S) -> (K, RADIX, B, S), with zeros at the end."""
    more = -ops.shape(x[0])[0] % RADIX
    shape = (-1, RADIX, *ops.shape(x[0])[1:])
    return tuple(ops.reshape(ops.pad(p, [[0, more], [0, 0], [0, 0]]), shape) for p in x)


def _parts(x: Any, n: int) -> Parts:
    return (x,) if n == 1 else tuple(ops.split(x, n, axis=-1))


def _joined(x: Parts) -> Any:
    return x[0] if len(x) == 1 else ops.concatenate(x, axis=-1)


def _stacked(x: list[Parts], axis: int) -> Parts:
    return tuple(ops.stack(p, axis=axis) for p in zip(*x))


def _at(x: Parts, t: int, axis: int = 0) -> Parts:
    return tuple(p[t] if axis == 0 else p[:, t] for p in x)


def _flipped(x: Parts) -> Parts:
    return tuple(ops.flip(p, 0) for p in x)


def _plus(x: Parts, y: Parts) -> Parts:
    return tuple(p + q for p, q in zip(x, y))


def _times(x: Parts, y: Parts) -> Parts:
    if len(x) == 1:
        return (x[0] * y[0],)
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def _conjugate(x: Parts) -> Parts:
    return x if len(x) == 1 else (x[0], -x[1])
