"""JAX: a pure step, compiled once for each of a few padded shapes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from skrnn.keras_objects.precision import widened
from skrnn.sequences.batches import FEW_LENGTHS, padded_batch
from skrnn.training.plan import Examples, Plan
from skrnn.training.program import Program, as_samples, check_loss_rank


class JaxProgram(Program):
    """Compiled functions for an optimizer step, an evaluation and a prediction."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._step = jax.jit(self._pure_step)
        self._score = jax.jit(self._pure_score)
        self._outputs = jax.jit(self._pure_outputs)

    def padded_length(self, length: int) -> int:
        """One of few lengths, each of which is compiled."""
        return int(FEW_LENGTHS[np.searchsorted(FEW_LENGTHS, length)])

    def put(self, examples: Examples) -> Examples:
        return examples

    def forward(self, padded: NDArray, mask: NDArray[np.bool_]) -> NDArray:
        x = padded[:, :, 0] if self.embeds else padded
        return np.asarray(self._outputs(*self._state(), x, mask))

    def train(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        state = (*self._state(), [v.value for v in self.optimizer.variables], self._metric_state())
        total = counted = 0.0
        for batch in self._batches(data, order, starts):
            *state, loss = self._step(*state, *batch)
            total, counted = total + loss * batch[-1], counted + batch[-1]
        self._store(*state)
        return {"loss": float(total) / float(counted), **self.metric_results()}

    def evaluate(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        trainable, others = self._state()
        metrics, total, counted = self._metric_state(), 0.0, 0.0
        for batch in self._batches(data, order, starts):
            metrics, loss = self._score(trainable, others, metrics, *batch)
            total, counted = total + loss * batch[-1], counted + batch[-1]
        self._store(trainable, others, [v.value for v in self.optimizer.variables], metrics)
        return {"loss": float(total) / float(counted), **self.metric_results()}

    def _state(self) -> tuple[list[Any], list[Any]]:
        model = self.model
        return [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]

    def _metric_state(self) -> list[list[Any]]:
        return [[v.value for v in metric.variables] for metric in self.metrics]

    def _store(self, trainable: Any, others: Any, optimizer: Any, metrics: Any) -> None:
        pairs = [
            *zip(self.model.trainable_variables, trainable),
            *zip(self.model.non_trainable_variables, others),
            *zip(self.optimizer.variables, optimizer),
        ]
        for metric, values in zip(self.metrics, metrics):
            pairs += zip(metric.variables, values)
        for variable, value in pairs:
            variable.assign(value)

    def _batches(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> Any:
        """Padded batches: x, mask, targets, weights and how many sequences (or steps) are real."""
        rows_most = int(np.diff(starts).max())
        targets, weights = data.targets(self.plan.per_step)
        for begin, end in zip(starts[:-1], starts[1:]):
            rows = order[begin:end]
            length = self.padded_length(int(data.X.lengths[rows].max()))
            x, mask = padded_batch(data.X, rows, length, rows_most)
            if self.plan.per_step:
                y, w = (padded_batch(part, rows, length, rows_most)[0] for part in (targets, weights))
                w, count = w[:, :, 0], int(data.X.lengths[rows].sum())
            else:
                fill = rows_most - len(rows)
                y = np.concatenate([targets[rows], np.repeat(targets[rows[:1]], fill, axis=0)])
                w = np.concatenate([weights[rows], np.zeros(fill, np.float32)])
                count = len(rows)
            y = y[..., 0] if self.plan.sparse else y
            yield (x[:, :, 0] if self.embeds else x), mask, y, w, np.float32(count)

    def _pure_outputs(self, trainable: Any, others: Any, x: Any, mask: Any) -> Any:
        return self.model.stateless_call(trainable, others, x, training=False, mask=mask)[0] + 0

    def _pure_step(
        self,
        trainable: Any,
        others: Any,
        optimizer: Any,
        metrics: Any,
        x: Any,
        mask: Any,
        y: Any,
        w: Any,
        count: Any,
    ) -> Any:
        def objective(trainable: Any) -> Any:
            output, new_others, extra = self.model.stateless_call(
                trainable, others, x, training=True, mask=mask, return_losses=True
            )
            output = widened(output) + 0  # without the Keras mask, which metrics would apply to weights per sequence
            loss = self._objective(y, output, mask, w, count) + sum(extra)
            return self.optimizer.scale_loss(loss), (loss, output, new_others)

        (_, (loss, output, others)), gradients = jax.value_and_grad(objective, has_aux=True)(trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return trainable, others, optimizer, self._update_metrics(metrics, y, output, w), loss

    def _pure_score(
        self, trainable: Any, others: Any, metrics: Any, x: Any, mask: Any, y: Any, w: Any, count: Any
    ) -> Any:
        output = widened(self._pure_outputs(trainable, others, x, mask))
        return self._update_metrics(metrics, y, output, w), self._objective(y, output, mask, w, count)

    def _objective(self, target: Any, output: Any, mask: Any, weight: Any, count: Any) -> Any:
        losses = self.losses(target, output, mask)
        check_loss_rank(losses.ndim, self.plan.per_step)
        return jnp.sum(losses * weight) / count

    def _update_metrics(self, state: Any, target: Any, output: Any, weight: Any) -> Any:
        target, output, weight = as_samples(self.plan.per_step, target, output, weight)
        return [
            metric.stateless_update_state(values, target, output, sample_weight=weight)
            for metric, values in zip(self.metrics, state)
        ]
