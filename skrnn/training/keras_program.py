"""Any backend of Keras: `keras.Model.fit`, which goes batch by batch in Python."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from skrnn.keras_objects.private import set_missing_seeds
from skrnn.sequences.batches import padded_batch
from skrnn.training.plan import Examples, Plan
from skrnn.training.program import Program, as_samples, check_loss_rank, to_numpy


class KerasProgram(Program):
    """`fit`, `evaluate` and `predict_on_batch` of a Keras model: slower than a graph of a whole epoch, and portable."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        if keras.backend.backend() == "torch":
            _own_generators(self.model)
        self._fitted = _Fitted(self.model, self.losses, self.metrics, plan.per_step)
        # JAX is of no use without its compiler; XLA below TensorFlow takes seconds for each shape.
        compiler = keras.backend.backend() == "jax"
        self._fitted.compile(optimizer=self.optimizer, jit_compile=compiler, auto_scale_loss=False)
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

    def forward(self, padded: NDArray, mask: NDArray[np.bool_]) -> NDArray:
        return np.asarray(self._fitted.predict_on_batch((self.model_input(padded), mask)))

    def _batches(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> Any:
        batches = _Batches(self, data, order, starts)
        return _torch_loader(batches) if keras.backend.backend() == "torch" else batches


class _Batches(keras.utils.PyDataset):
    """Padded batches, made when they are asked for: (x, mask), targets, weights."""

    def __init__(self, program: KerasProgram, data: Examples, order: NDArray, starts: NDArray) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._program, self._X, self._order, self._starts = program, data.X, order, starts
        self._targets, self._weights = data.targets(program.plan.per_step)
        # Other backends compile, or want to be told the one shape of an epoch.
        free = keras.backend.backend() == "torch"
        self._length = None if free else int(data.X.lengths[order].max())

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, batch: int) -> tuple[Any, ...]:
        plan = self._program.plan
        rows = self._order[self._starts[batch] : self._starts[batch + 1]]
        x, mask = padded_batch(self._X, rows, self._length)
        if plan.per_step:
            y, w = (padded_batch(part, rows, self._length)[0] for part in (self._targets, self._weights))
            w = w[:, :, 0]
        else:
            y, w = self._targets[rows], self._weights[rows]
        return (self._program.model_input(x), mask), (y[..., 0] if plan.sparse else y), w


def _own_generators(model: keras.Model) -> None:
    """Keep dropout off torch's global generator, where Keras takes it if a layer was given no seed.

    The seeds are loaded into the layers, so they have one, whatever they were given.
    """
    set_missing_seeds(model, 0)


def _torch_loader(batches: _Batches) -> Any:
    """Wrap batches as Keras would, but for the generator: the loader draws a number from torch's global one."""
    import torch

    return torch.utils.data.DataLoader(batches, batch_size=None, generator=torch.Generator())


class _Fitted(keras.Model):
    """A network with the objective of its program, in the form that `keras.Model.fit` trains."""

    def __init__(self, network: keras.Model, losses: Any, metrics: list[Any], per_step: bool) -> None:
        super().__init__(name="fitted", autocast=False)
        self._network, self._step_losses, self._per_step = network, losses, per_step
        self._followed = metrics
        self._mean = keras.metrics.Mean(name="mean_over_all")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """((B, T, D), (B, T)) -> (B, K) or (B, T, K)."""
        x, mask = inputs
        # A new tensor leaves the Keras mask behind, which metrics would apply to weights per sequence.
        return self._network(x, training=training, mask=mask) + 0

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Give the mean over the batch, and keep account of the mean over all batches."""
        mask = ops.convert_to_tensor(x[1])
        losses = self._step_losses(ops.convert_to_tensor(y), y_pred, mask)
        check_loss_rank(len(losses.shape), self._per_step)
        count = ops.sum(ops.cast(mask, losses.dtype)) if self._per_step else ops.shape(mask)[0]
        count = ops.cast(count, losses.dtype)
        loss = ops.sum(losses * ops.cast(sample_weight, losses.dtype)) / count
        if training:
            loss = loss + sum(ops.cast(ops.sum(extra), loss.dtype) for extra in self.losses)
        self._mean.update_state(loss, sample_weight=count)
        return loss

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics; their results are read once, at the end, and not after each batch."""
        target, output, weight = as_samples(self._per_step, y, y_pred, sample_weight)
        for metric in self._followed:
            metric.update_state(target, output, sample_weight=weight)
        return {"loss": self._mean.result()}

    def reset_metrics(self) -> None:
        """Start the mean loss anew, and leave the metrics to the program: an epoch may come batch by batch."""
        self._mean.reset_state()

    def mean_result(self) -> float:
        """Mean loss since the last `reset_metrics`."""
        return float(to_numpy(self._mean.result()))
