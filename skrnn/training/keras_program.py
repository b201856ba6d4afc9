"""Any backend of Keras: `keras.Model.fit`, which goes batch by batch in Python."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from skrnn.keras_objects.private import set_missing_seeds
from skrnn.sequences.batches import Batch
from skrnn.sequences.examples import Column, Examples
from skrnn.training.decoded import Decoded
from skrnn.training.plan import Plan
from skrnn.training.program import Program, to_numpy


class KerasProgram(Program):
    """`fit` and `evaluate` of a Keras model: slower than a graph of a whole epoch, and portable."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        if keras.backend.backend() == "torch":
            # Keeps dropout off torch's global generator. States are loaded into the layers, whatever their seeds.
            set_missing_seeds(self.model, 0)
        self._fitted = _Fitted(self)
        # JAX is of no use without its compiler; XLA below TensorFlow takes seconds for each shape.
        compiler = keras.backend.backend() == "jax"
        self._fitted.compile(optimizer=self.optimizer, jit_compile=compiler, auto_scale_loss=False)
        self._decoders: dict[Any, _Decoder] = {}
        # Model.fit puts averaged weights in place when it ends, which is here after each epoch.
        self._put_averages = self.optimizer.finalize_variable_values
        self.optimizer.finalize_variable_values = lambda variables: None

    def finish(self) -> None:
        self._put_averages(self.model.trainable_variables)

    def put(self, examples: Examples) -> Examples:
        return examples

    def train(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        self._fitted.fit(self._batches(data, order, starts), shuffle=False, verbose=0)
        return {"loss": self._fitted.mean_result(), **self.metric_results()}

    def evaluate(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        self._fitted.evaluate(self._batches(data, order, starts), verbose=0)
        return {"loss": self._fitted.mean_result(), **self.metric_results()}

    def forward(self, batch: Batch, how: Any, alone: bool = False) -> Decoded:
        if how not in self._decoders:
            self._decoders[how] = _Decoder(self, how)
        decoder = self._decoders[how]
        specs = self.read_by(how)
        columns = dict(zip((spec.name for spec in specs), self.arrays(batch, specs)))
        results = decoder.predict_on_batch((columns, batch.masks))
        decoded = {name: Column(to_numpy(results["columns"][name]), axis) for name, axis in decoder.axes.items()}
        return Decoded(decoded, {axis: to_numpy(mask) for axis, mask in results["masks"].items()})

    def _batches(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> Any:
        batches = _Batches(data, order, starts)
        return _torch_loader(batches) if keras.backend.backend() == "torch" else batches


class _Batches(keras.utils.PyDataset):
    """Padded batches, made when they are asked for: (columns, masks)."""

    def __init__(self, data: Examples, order: NDArray, starts: NDArray) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._data, self._order, self._starts = data, order, starts
        # Other backends compile, or want to be told the one shape of an epoch.
        free = keras.backend.backend() == "torch"
        self._sizes = None if free else {axis: int(data.lengths(axis)[order].max()) for axis in data.offsets}

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, batch: int) -> tuple[Any, ...]:
        rows = self._order[self._starts[batch] : self._starts[batch + 1]]
        columns, masks = self._data.batch(rows, self._sizes)
        return ((columns, masks),)


def _torch_loader(batches: _Batches) -> Any:
    """Wrap batches as Keras would, but for the generator: the loader draws a number from torch's global one."""
    import torch

    return torch.utils.data.DataLoader(batches, batch_size=None, generator=torch.Generator())


class _Fitted(keras.Model):
    """A network with the objective of its program, in the form that `keras.Model.fit` trains."""

    def __init__(self, program: KerasProgram) -> None:
        super().__init__(name="fitted", autocast=False)
        self.supports_masking = True
        self._network = program.model
        self._program = [program]  # a list, as Keras would look for layers in the program
        self._followed = program.metrics  # which Keras has to know, as it carries their state along on JAX
        self._mean = keras.metrics.Mean(name="mean_over_all")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """(columns, masks) -> outputs."""
        return self._program[0].call_model(self._network, Batch(*inputs), training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Give the mean over the batch, and keep account of the mean over all batches."""
        program, batch = self._program[0], _as_tensors(x)
        losses = program.losses(y_pred, batch, training)
        count = ops.cast(program.count(batch), losses.dtype)
        loss = ops.sum(losses * ops.cast(batch.columns["weight"], losses.dtype)) / count
        if training:
            loss = loss + sum(ops.cast(ops.sum(extra), loss.dtype) for extra in self.losses)
        self._mean.update_state(loss, sample_weight=count)
        return loss

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics; their results are read once, at the end, and not after each batch."""
        program = self._program[0]
        program.head.update_metrics(self._followed, y_pred, _as_tensors(x))
        return {"loss": self._mean.result()}

    def reset_metrics(self) -> None:
        """Start the mean loss anew, and leave the metrics to the program: an epoch may come batch by batch."""
        self._mean.reset_state()

    def mean_result(self) -> float:
        """Mean loss since the last `reset_metrics`."""
        return float(to_numpy(self._mean.result()))


class _Decoder(keras.Model):
    """A network and its head, in the form that `keras.Model.predict_on_batch` runs."""

    def __init__(self, program: KerasProgram, how: Any) -> None:
        super().__init__(name="decoder", autocast=False)
        self.supports_masking = True
        self._network = program.plan.network.features(program.model) if how == "features" else program.model
        self._program, self._how = [program], how
        self.axes: dict[str, str | None] = {}
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """(columns, masks) -> decoded columns and masks."""
        program, batch = self._program[0], _as_tensors(inputs)
        outputs = program.call_model(self._network, batch, training=False)
        columns, masks = program.decode(outputs, batch, self._how)
        # Not by assigning to `axes`, as Keras tracks dictionaries that are attributes.
        self.axes.update({name: column.axis for name, column in columns.items()})
        return {"columns": {name: column.values for name, column in columns.items()}, "masks": masks}


def _as_tensors(inputs: Any) -> Batch:
    columns, masks = inputs
    return Batch(*({k: ops.convert_to_tensor(v) for k, v in part.items()} for part in (columns, masks)))
