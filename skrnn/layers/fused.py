"""Keras' LSTM, GRU and SimpleRNN with a faster loop over time; weights, masks and configuration are Keras' own."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class _Fused:
    """What the fused layers share: when their own loop is used, and their own options."""

    loop: str

    def __init__(self, units: int, jit_compile: bool = False, right_padded: bool = False, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)  # type: ignore[call-arg]
        self.jit_compile = jit_compile
        self.right_padded = right_padded
        if self.is_fused:
            self.supports_jit = False  # Keras leaves the model around it uncompiled; the loop compiles itself

    def get_config(self) -> dict[str, Any]:
        """Configuration of the Keras layer, and the options of skrnn."""
        own = {"jit_compile": self.jit_compile, "right_padded": self.right_padded}
        return {**super().get_config(), **own}  # type: ignore[misc]

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Last output (B, H), outputs (B, T, H) and states, as Keras' layer gives them."""
        if not self.is_fused:
            return super().inner_loop(sequences, initial_state, mask, training)  # type: ignore[misc]
        from skrnn.layers.masked import unroll_masked

        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        states = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        if training and self.dropout:  # type: ignore[attr-defined]
            sequences = sequences * self.cell.get_dropout_mask(sequences[:, 0, :])[:, None, :]  # type: ignore[attr-defined]
        return unroll_masked(self, sequences, states, mask, bool(training))

    @property
    def is_fused(self) -> bool:
        """Whether the layer's own loop is used; otherwise Keras' is, which takes cuDNN on a GPU."""
        return _on_tensorflow_cpu() and self._has_usual_steps()

    def _has_usual_steps(self) -> bool:
        cell: Any = self.cell  # type: ignore[attr-defined]
        usual = cell.activation is keras.activations.tanh and not cell.recurrent_dropout and not self.unroll  # type: ignore[attr-defined]
        return usual and self.compute_dtype == "float32"  # type: ignore[attr-defined]

    def loop_weights(self) -> list[Any]:
        """Kernel (D, G H), recurrent kernel (H, G H), bias (G H,) and recurrent bias (G H,)."""
        cell: Any = self.cell  # type: ignore[attr-defined]
        kernel, recurrent = ops.convert_to_tensor(cell.kernel), ops.convert_to_tensor(cell.recurrent_kernel)
        zeros = ops.zeros((kernel.shape[1],), kernel.dtype)
        if cell.bias is None:
            return [kernel, recurrent, zeros, zeros]
        bias = ops.convert_to_tensor(cell.bias)
        return [kernel, recurrent, bias, zeros] if len(bias.shape) == 1 else [kernel, recurrent, bias[0], bias[1]]


@keras.saving.register_keras_serializable(package="skrnn")
class LSTM(_Fused, keras.layers.LSTM):
    """`keras.layers.LSTM`, faster on a CPU.

    Parameters
    ----------
    units : int
        H.
    jit_compile : bool, default=False
        Compile the loop with XLA: a second or so once for each architecture and size of batch, and then about half
        the time. Without it TensorFlow's fused operation for CPUs runs.
    right_padded : bool, default=False
        Promise that masks are False at the end of a row only, and True at its first step, which leaves out checks
        and other cases.
    **kwargs
        As of `keras.layers.LSTM`.

    Notes
    -----
    ``i, f, o = sigmoid(x W + h U + b)``, ``g = tanh(x W + h U + b)``, ``c' = f c + i g``, ``h' = o tanh(c')``.
    With other activations, recurrent dropout, another dtype than float32, another backend than TensorFlow, or a GPU,
    the layer is Keras' own.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers import LSTM
    >>> LSTM(3)(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    loop = "lstm"

    def _has_usual_steps(self) -> bool:
        return super()._has_usual_steps() and self.cell.recurrent_activation is keras.activations.sigmoid


@keras.saving.register_keras_serializable(package="skrnn")
class GRU(_Fused, keras.layers.GRU):
    """`keras.layers.GRU`, faster on a CPU.

    Parameters
    ----------
    units : int
        H.
    jit_compile : bool, default=False
        Compile the loop with XLA: a second or so once for each architecture and size of batch, and then about a
        third of the time.
    right_padded : bool, default=False
        Promise that masks are False at the end of a row only, and True at its first step, which leaves out checks
        and other cases.
    **kwargs
        As of `keras.layers.GRU`.

    Notes
    -----
    ``z, r = sigmoid(x W + b + h U + d)``, ``a = tanh(x W + b + r (h U + d))``, ``h' = z h + (1 - z) a``.
    With other activations, ``reset_after=False``, recurrent dropout, another dtype than float32, another backend than
    TensorFlow, or a GPU, the layer is Keras' own.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers import GRU
    >>> GRU(3, return_sequences=True)(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 5, 3])
    """

    loop = "gru"

    def _has_usual_steps(self) -> bool:
        usual = super()._has_usual_steps() and self.cell.recurrent_activation is keras.activations.sigmoid
        return usual and self.cell.reset_after


@keras.saving.register_keras_serializable(package="skrnn")
class SimpleRNN(_Fused, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN`, the Elman network, faster on a CPU.

    Parameters
    ----------
    units : int
        H.
    jit_compile : bool, default=False
        Compile the loop with XLA: half a second or so once for each architecture and size of batch, and then about
        a third of the time.
    right_padded : bool, default=False
        Promise that masks are False at the end of a row only, and True at its first step, which leaves out checks
        and other cases.
    **kwargs
        As of `keras.layers.SimpleRNN`.

    Notes
    -----
    ``h' = tanh(x W + h U + b)``. With another activation, recurrent dropout, another dtype than float32, another
    backend than TensorFlow, or a GPU, the layer is Keras' own.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.layers import SimpleRNN
    >>> SimpleRNN(3)(np.zeros((2, 5, 4), "float32")).shape
    TensorShape([2, 3])
    """

    loop = "elman"


# Cells and layers of Keras, and what runs them.
FUSED = {
    keras.layers.GRU: GRU,
    keras.layers.GRUCell: GRU,
    keras.layers.LSTM: LSTM,
    keras.layers.LSTMCell: LSTM,
    keras.layers.SimpleRNN: SimpleRNN,
    keras.layers.SimpleRNNCell: SimpleRNN,
}


def runs_fused(layer: keras.layers.Layer) -> bool:
    """Tell whether a layer, or both directions of it, run in a loop of skrnn's own."""
    inner = layer.forward_layer if isinstance(layer, keras.layers.Bidirectional) else layer
    return isinstance(inner, _Fused) and inner.is_fused


def _on_tensorflow_cpu() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")
