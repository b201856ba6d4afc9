"""The body of a network: recurrences, dropout and pooling, from features of steps to what a head reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras

from skrnn.keras_objects.recipe import fingerprint
from skrnn.layers import POOLINGS, Beside, Carried, GradientGate, RecurrenceSpec
from skrnn.networks.inputs import Inputs


@dataclass(frozen=True)
class RecurrentBody:
    """Stacked recurrences, as data.

    Attributes
    ----------
    layers : tuple of RecurrenceSpec
        From the input to the output.
    bidirectional : bool
        Run each layer in both directions.
    dropout : float
        Dropout rate of features that are learned and of the outputs of each layer.
    pooling : str or None
        A key of `POOLINGS`, how steps become one vector; None keeps the steps.
    jit_compile : bool
        Compile the loops over time with XLA, where they are skrnn's own.
    carried_rows : int or None
        Rows of a training batch, each of which goes on where that of the batch before ended; None begins anew.
    gated : bool
        Put a `GradientGate` named "gate" behind the recurrences.
    side_layers : tuple of RecurrenceSpec
        Those of sequences beside the first one, each of which becomes one vector.

    Notes
    -----
    Where steps become one vector, dropout has one mask for all steps of a sequence (spatial dropout). Where they are
    kept, each step has a mask of its own.
    """

    layers: tuple[RecurrenceSpec, ...]
    bidirectional: bool = False
    dropout: float = 0.0
    pooling: str | None = "last"
    jit_compile: bool = False
    carried_rows: int | None = None
    gated: bool = False
    side_layers: tuple[RecurrenceSpec, ...] = ()

    @property
    def loops(self) -> list[str]:
        """Names of the layers' loops that XLA may compile."""
        return [layer.loop for layer in self.layers if layer.loop is not None]

    @property
    def fingerprint(self) -> Any:
        """Hashable identity: equal ones build equal layers."""
        return (*self._frame, *(tuple(s.fingerprint for s in specs) for specs in (self.layers, self.side_layers)))

    @property
    def graph_fingerprint(self) -> Any:
        """The same without what only says how weights begin."""
        return (*self._frame, *(tuple(s.graph_fingerprint for s in specs) for specs in (self.layers, self.side_layers)))

    @property
    def _frame(self) -> Any:
        return type(self), fingerprint({k: v for k, v in vars(self).items() if k not in ("layers", "side_layers")})

    def build(self, inputs: Inputs, fused: bool = True) -> Any:
        """Put the layers behind features.

        Parameters
        ----------
        inputs : Inputs
        fused : bool, default=True
            Take skrnn's loops over time rather than Keras' layers; weights and results are the same.

        Returns
        -------
        KerasTensor (B, H), or (B, T, H)
        """
        h = self._stacked(self._steps(inputs), fused)
        side = replace(self, layers=self.side_layers, pooling=self.pooling or "last", carried_rows=None, gated=False)
        others = [side._stacked(self._steps(of_side), fused, f"{name}__") for name, of_side in inputs.sides]
        static = [self._dropped(f, steps=False) for f in inputs.static] if inputs.static_learned else inputs.static
        beside = [*others, *static]
        return Beside(name="beside")([h, *beside]) if beside else h

    def _steps(self, inputs: Inputs) -> Any:
        """All features of the same steps, (B, T, F)."""
        parts = [inputs, *inputs.beside]
        tensors = [self._dropped(p.features, steps=True) if p.learned else p.features for p in parts]
        return Beside()(tensors) if len(tensors) > 1 else tensors[0]

    def _stacked(self, h: Any, fused: bool, prefix: str = "") -> Any:
        """(B, T, F) -> (B, H), or (B, T, H) where steps are kept."""
        for depth, spec in enumerate(self.layers):
            top = depth == len(self.layers) - 1
            # The layer knows its last real step itself, in both directions.
            whole = not top or self.pooling != "last"
            carried = self.carried_rows is not None
            layer = spec.make(
                whole, self.bidirectional, fused=fused, jit_compile=self.jit_compile, return_state=carried
            )
            layer = Carried(layer, self.carried_rows) if self.carried_rows is not None else layer
            h = layer(h)  # (B, T, H) or (B, H)
            h = GradientGate(name=prefix + "gate")(h) if top and self.gated else h
            if top and self.pooling is not None and (whole or spec.kind == "layer"):
                h = POOLINGS[self.pooling](name=prefix + "pooling")(h)  # (B, H)
            h = self._dropped(h, steps=not top or self.pooling is None)
        return h

    def _dropped(self, h: Any, steps: bool) -> Any:
        if not self.dropout:
            return h
        spatial = steps and self.pooling is not None
        layer = keras.layers.SpatialDropout1D if spatial else keras.layers.Dropout
        return layer(self.dropout)(h)
