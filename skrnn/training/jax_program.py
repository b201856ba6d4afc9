"""JAX: a pure step, compiled once for each of a few padded shapes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.batches import FEW_LENGTHS, TRAINING_NUMBERS, Batch, filled
from skrnn.sequences.examples import Column, Examples
from skrnn.training.decoded import Decoded
from skrnn.training.plan import Plan
from skrnn.training.program import Program


class JaxProgram(Program):
    """Compiled functions for an optimizer step, an evaluation and a prediction."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._step = jax.jit(self._pure_step)
        self._score = jax.jit(self._pure_score)
        self._decoders: dict[Any, Any] = {}
        self._axes: dict[Any, dict[str, str | None]] = {}

    def padded_length(self, length: int) -> int:
        """One of few lengths, each of which is compiled."""
        return int(FEW_LENGTHS[np.searchsorted(FEW_LENGTHS, length)])

    def put(self, examples: Examples) -> Examples:
        return examples

    def forward(self, batch: Batch, how: Any, alone: bool = False) -> Decoded:
        if how not in self._decoders:
            self._decoders[how] = jax.jit(partial(self._pure_decoded, how))
        specs = self.read_by(how)
        columns = dict(zip((spec.name for spec in specs), self.arrays(batch, specs)))
        values, masks = self._decoders[how](*self._state(), Batch(columns, batch.masks))
        axes = self._axes[how]
        decoded = {name: Column(np.asarray(value), axes[name]) for name, value in values.items()}
        return Decoded(decoded, {axis: np.asarray(mask) for axis, mask in masks.items()})

    def train(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        state = (*self._state(), [v.value for v in self.optimizer.variables], self._metric_state())
        total: Any = 0.0
        counted: Any = 0.0
        for batch, count in self._batches(data, order, starts):
            *state, loss = self._step(*state, batch, count)
            total, counted = total + loss * count, counted + count
        self._store(*state)
        return {"loss": float(total) / float(counted), **self.metric_results()}

    def evaluate(self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        trainable, others = self._state()
        metrics = self._metric_state()
        total: Any = 0.0
        counted: Any = 0.0
        for batch, count in self._batches(data, order, starts):
            metrics, loss = self._score(trainable, others, metrics, batch, count)
            total, counted = total + loss * count, counted + count
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

    def _batches(
        self, data: Examples, order: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> Iterator[tuple[Batch, np.float32]]:
        """Padded batches of as many rows each, of which those that fill up weigh nothing, and what the losses count."""
        most = int(np.diff(starts).max())
        lengths = {axis: data.lengths(axis) for axis in data.offsets}
        counts = data.lengths(self.head.axis)
        for begin, end in zip(starts[:-1], starts[1:]):
            rows = order[begin:end]
            sizes = {axis: self.padded_length(int(n[rows].max())) for axis, n in lengths.items()}
            full = most if most * sum(sizes.values()) * self.numbers <= TRAINING_NUMBERS else len(rows)
            batch = data.batch(filled(rows, full), sizes)
            batch.columns["weight"][len(rows) :] = 0.0
            yield batch, np.float32(counts[rows].sum())

    def _scope(self, trainable: Any, others: Any) -> keras.StatelessScope:
        """A scope in which the variables of the model have these values, in its layers as in the head's losses."""
        variables = [*self.model.trainable_variables, *self.model.non_trainable_variables]
        return keras.StatelessScope(
            state_mapping=list(zip(variables, [*trainable, *others])), collect_losses=True, initialize_variables=False
        )

    def _pure_decoded(self, how: Any, trainable: Any, others: Any, batch: Batch) -> Any:
        model = self.model if how != "features" else self.plan.network.features(self.model)
        with self._scope(trainable, others):
            decoded = self.decode(self.call_model(model, batch, training=False), batch, how)
        self._axes[how] = {name: column.axis for name, column in decoded.columns.items()}
        return {name: column.values for name, column in decoded.columns.items()}, decoded.masks

    def _pure_step(self, trainable: Any, others: Any, optimizer: Any, metrics: Any, batch: Batch, count: Any) -> Any:
        def objective(trainable: Any) -> Any:
            with self._scope(trainable, others) as scope:
                outputs = self.call_model(self.model, batch, training=True)
                loss = self._objective(outputs, batch, count, True) + sum(self.model.losses)
            values = [scope.get_current_value(v) for v in self.model.non_trainable_variables]
            new_others = [old if new is None else new for old, new in zip(others, values)]
            return self.optimizer.scale_loss(loss), (loss, outputs, new_others)

        (_, (loss, outputs, others)), gradients = jax.value_and_grad(objective, has_aux=True)(trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return trainable, others, optimizer, self._update_metrics(metrics, outputs, batch), loss

    def _pure_score(self, trainable: Any, others: Any, metrics: Any, batch: Batch, count: Any) -> Any:
        with self._scope(trainable, others):
            outputs = self.call_model(self.model, batch, training=False)
            loss = self._objective(outputs, batch, count, False)
        return self._update_metrics(metrics, outputs, batch), loss

    def _objective(self, outputs: Any, batch: Batch, count: Any, training: bool) -> Any:
        return jnp.sum(self.losses(outputs, batch, training) * batch.columns["weight"]) / count

    def _update_metrics(self, state: Any, outputs: Any, batch: Batch) -> Any:
        if not self.metrics:
            return state
        arguments = self.head.metric_arguments(outputs, batch)
        updated = []
        for metric, values in zip(self.metrics, state):
            true, outputs, weight = self.head.in_form_of(metric, *arguments)
            updated.append(metric.stateless_update_state(values, true, outputs, sample_weight=weight))
        return updated
