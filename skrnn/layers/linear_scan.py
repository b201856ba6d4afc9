"""A first-order linear recurrence over a whole sequence at once: ``h_t = a_t h_(t-1) + b_t`` by elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import keras
from keras import ops

from skrnn.cells.linear_cell import times

# A real number, or the real and the imaginary part of a complex one.
Parts = tuple[Any, ...]

# From a, b, h, is_complex and backwards to h after each step; backwards from a, d and zeros to what reaches each step.
Scan = Callable[[Any, Any, Any, bool, bool], Any]

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
    takes up to a third less. The gradient is the same recurrence backwards.

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
    method = fastest_scan()

    def before(h: Any, steps: Any) -> Any:
        return ops.concatenate([h[None], steps[:-1]])

    @ops.custom_gradient
    def run(a: Any, b: Any, h: Any) -> Any:
        steps = method(a, b, h, is_complex, False)
        return steps, gradient_of(a, b, h, steps)

    @ops.custom_gradient
    def known(a: Any, b: Any, h: Any, steps: Any) -> Any:
        # What `run` gave, without a second run, but with its gradient: `steps` itself may have none.
        gradient = gradient_of(a, b, h, steps)
        return ops.copy(steps), lambda *args, **kwargs: (*gradient(*args, **kwargs), ops.zeros_like(steps))

    @ops.custom_gradient
    def back(a: Any, d: Any) -> Any:
        # What reaches each step: d from its own output, and from the step after it, times the a of that.
        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            nothing = ops.zeros_like(a[0])
            d_d = run(a, arguments[-1] if upstream is None else upstream, nothing)
            return times(back(a, d), conjugate(before(nothing, d_d), is_complex), is_complex), d_d

        return method(a, d, ops.zeros_like(a[0]), is_complex, True), gradient

    def gradient_of(a: Any, b: Any, h: Any, steps: Any) -> Callable[..., Any]:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            d_b = back(a, arguments[-1] if upstream is None else upstream)
            d_a = times(d_b, conjugate(before(h, known(a, b, h, steps)), is_complex), is_complex)
            return d_a, d_b, times(d_b[0], conjugate(a[0], is_complex), is_complex)

        return gradient

    return run(*map(ops.convert_to_tensor, (a, b, h)))


def fastest_scan() -> Scan:
    """The fastest method here; docs/benchmarks/cells/scan.py measures them."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return blocked_scan if tf.config.list_physical_devices("GPU") else compiled_loop
    if keras.backend.backend() == "jax":
        import jax

        return jax_loop if jax.default_backend() == "cpu" else blocked_scan
    return blocked_scan


def scan_step(is_complex: bool, backwards: bool) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    """A function that takes one step of the recurrence, or of its gradient: carry, a and b to carry and result."""

    def forth(h: Any, a: Any, b: Any) -> tuple[Any, Any]:
        h = times(a, h, is_complex) + b
        return h, h

    def back(reaching: Any, a: Any, d: Any) -> tuple[Any, Any]:
        d = d + reaching
        return times(conjugate(a, is_complex), d, is_complex), d

    return back if backwards else forth


def jax_loop(a: Any, b: Any, h: Any, is_complex: bool, backwards: bool) -> Any:
    """Step by step in JAX."""
    take = scan_step(is_complex, backwards)
    return ops.scan(lambda carry, given: take(carry, *given), h, (a, b), reverse=backwards)[1]


def graph_loop(a: Any, b: Any, h: Any, is_complex: bool, backwards: bool) -> Any:
    """Step by step in TensorFlow."""
    from skrnn.layers.scan import scan

    take = scan_step(is_complex, backwards)

    def step(_: Any, carry: Any, given: Any) -> Any:
        after, result = take(carry[0], *given)
        return [after], [result]

    return scan(step, ops.shape(a)[0], [h], [a, b], [b.shape[-1]], reverse=backwards)[1][0]


def compiled_loop(a: Any, b: Any, h: Any, is_complex: bool, backwards: bool) -> Any:
    """`graph_loop` compiled with XLA for one of few sizes, which takes a tenth of a second, once in a process."""
    from skrnn.layers.rows import padded_rows, padded_size, size_of

    length, rows = size_of(a, 0), size_of(a, 1)
    more = [[0, padded_size(length) - length], [0, padded_rows(rows) - rows], [0, 0]]
    steps = _compile()(ops.pad(a, more), ops.pad(b, more), ops.pad(h, more[1:]), is_complex, backwards)
    return steps[:length, :rows]


@cache
def _compile() -> Scan:
    from skrnn.layers.scan import compiled

    return compiled(graph_loop)


def blocked_scan(a: Any, b: Any, h: Any, is_complex: bool, backwards: bool) -> Any:
    """In blocks of `RADIX` steps side by side."""
    n = 2 if is_complex else 1
    if backwards:
        after = ops.flip(ops.concatenate([a[1:], a[:1]]), 0)
        return ops.flip(blocked_scan(conjugate(after, is_complex), ops.flip(b, 0), h, is_complex, False), 0)
    first = times(a[0], h, is_complex) + b[0]
    return _joined(_in_blocks_from_zero(_parts(a, n), _parts(ops.concatenate([first[None], b[1:]]), n)))


def _in_blocks_from_zero(a: Parts, b: Parts, level: int = 0) -> Parts:
    """(T, B, S) each -> (T, B, S): h after each step, from zero."""
    n_steps = a[0].shape[0]
    if n_steps is not None and n_steps <= RADIX:
        return _stacked([h for h, _ in _steps(a, b, n_steps, 0)], 0)
    if n_steps is None and level == LEVELS:
        zero = ops.zeros_like(_joined(b)[0])
        return _parts(graph_loop(_joined(a), _joined(b), zero, len(a) == 2, False), len(a))
    a_blocks, b_blocks = _in_blocks(a), _in_blocks(b)  # (K, RADIX, B, S)
    within = list(_steps(a_blocks, b_blocks, RADIX, 1))
    ends = _in_blocks_from_zero(within[-1][1], within[-1][0], level + 1)  # (K, B, S)
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


def _plus(x: Parts, y: Parts) -> Parts:
    return tuple(p + q for p, q in zip(x, y))


def _times(x: Parts, y: Parts) -> Parts:
    if len(x) == 1:
        return (x[0] * y[0],)
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def conjugate(x: Any, is_complex: bool) -> Any:
    """Conjugate complex numbers."""
    if not is_complex:
        return x
    re, im = ops.split(x, 2, axis=-1)
    return ops.concatenate([re, -im], axis=-1)
