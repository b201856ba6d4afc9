"""When compiling a recurrence with XLA pays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.batches import FEW_LENGTHS

# Steps of batches (T for each batch of length T) in a whole training from which on compiling with XLA saves more time
# than it costs. Measured by docs/benchmarks/speed/xla.py on two cores; of "ctc", the losses of a transcriber, by
# docs/benchmarks/speech/speed.py, where 200 frames are 3.7 ms faster, and compiling takes 2 s.
BREAK_EVEN = {"cell": 25_000, "ctc": 110_000, "elman": 20_000, "gru": 20_000, "lstm": 150_000}

# Every size of batch is compiled, which costs the same again.
SIZES_AT_MOST = 8


def compilation_pays(loops: list[str], lengths: NDArray[np.int64], batch_size: int, epochs: int) -> bool:
    """Tell whether XLA saves more time in training than it costs.

    Parameters
    ----------
    loops : list of str
        Names of the layers' loops: keys of `BREAK_EVEN`.
    lengths : ndarray of shape (N,)
        Steps of the sequences.
    batch_size : int
        Sequences in a batch; -1 takes all.
    epochs : int
        Passes over the data.

    Examples
    --------
    >>> import numpy as np
    >>> hours, seconds = np.full(1024, 100), np.full(300, 20)
    >>> compilation_pays(["lstm"], hours, batch_size=32, epochs=50)
    True
    >>> compilation_pays(["lstm"], seconds, batch_size=32, epochs=5)
    False
    """
    if not loops:
        return False
    size = len(lengths) if batch_size == -1 else batch_size
    steps = epochs * np.sort(lengths)[::-size].sum()  # the longest of each batch of like length
    shortest, longest = np.searchsorted(FEW_LENGTHS, [lengths.min(), lengths.max()])
    sizes = min(longest - shortest + 1, SIZES_AT_MOST)
    costs = sum(1.0 / BREAK_EVEN[loop] for loop in loops) / len(loops)
    return bool(steps * costs > sizes)
