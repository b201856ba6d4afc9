"""TensorFlow: the loop over the batches of an epoch is inside the graph."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from skrnn.keras_objects.private import called_as_operation, forget_custom_gradients
from skrnn.sequences.batches import Batch, gather, rows_up
from skrnn.sequences.examples import Column, Examples
from skrnn.training.decoded import Decoded
from skrnn.training.flat_weights import FlatWeights, can_be_flat
from skrnn.training.fused_adam import fuse_adam
from skrnn.training.plan import Plan
from skrnn.training.program import Program

Tensors = list[tf.Tensor]


class GraphArrays:
    """What `gather` needs of TensorFlow. The last step of each column is zero, and is where padding comes from."""

    arange = staticmethod(tf.range)
    take = staticmethod(tf.gather)
    largest = staticmethod(tf.reduce_max)

    @staticmethod
    def places(begin: tf.Tensor, steps: tf.Tensor, mask: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
        """Positions (B, T) of the steps, and that of the zero behind the last one."""
        return tf.where(mask, begin[:, None] + steps[None, :], end)

    @staticmethod
    def take_steps(values: tf.Tensor, places: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Values at the places, (B, T, ...)."""
        return tf.gather(values, places)


class TensorFlowProgram(Program):
    """Graphs for an epoch, an evaluation and a prediction; shapes of data may change without a new graph."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        fuse_adam(self.optimizer)
        self._split = plan.network.split(self.model)
        self._features: keras.Model | None = None
        self._predict: dict[tuple[Any, int | None, bool], Any] = {}
        self._train: Any = None
        self._evaluate: Any = None

    def stepped_variables(self) -> list[keras.Variable]:
        self._flat = FlatWeights(self.model) if can_be_flat(self.optimizer, self.model) else None
        return super().stepped_variables() if self._flat is None else [self._flat.joined]

    def copied(self, x: tf.Tensor) -> tf.Tensor:
        return tf.identity(x)

    def put(self, examples: Examples) -> Tensors | Examples:
        """Make tensors; what is on disk and too much for memory stays there, and is read piece by piece."""
        return examples if examples.exceed_a_piece else self._tensors(examples)

    def _tensors(self, examples: Examples) -> Tensors:
        """Tensors of the columns, with a step of zeros at the end of those along an axis, and of the offsets."""
        examples = examples.in_memory()
        tensors = []
        for spec in self.plan.columns:
            values = examples.columns[spec.name].values
            if spec.axis is not None:
                values = np.concatenate([values, np.zeros((1, *values.shape[1:]), values.dtype)])
            tensors.append(tf.constant(values))
        return [*tensors, *(tf.constant(examples.offsets[axis]) for axis in self.plan.axes)]

    def train(self, data: Any, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        if self._train is None:
            self._train = compiled(self._train_graph, self._signature())
        return self._over_all(self._train, data, order, starts)

    def evaluate(self, data: Any, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        if self._evaluate is None:
            self._evaluate = compiled(self._evaluate_graph, self._signature())
        return self._over_all(self._evaluate, data, order, starts)

    def _signature(self) -> list[tf.TensorSpec]:
        """Columns, offsets, order, starts and sums, of any length."""
        columns = [tf.TensorSpec((None, *spec.shape), spec.dtype) for spec in self.plan.columns]
        integers = [tf.TensorSpec((None,), tf.int64)] * (len(self.plan.axes) + 2)
        return [*columns, *integers, tf.TensorSpec((2,), tf.float64)]

    def _over_all(self, function: Any, data: Any, order: NDArray, starts: NDArray) -> dict[str, float]:
        """Mean loss and metrics over all pieces of the data; there is one piece unless they are on disk."""
        sums = tf.zeros(2, tf.float64)
        if isinstance(data, Examples):
            for piece, order_there, starts_there in data.in_pieces(order, starts):
                sums = function(*self._tensors(piece), tf.constant(order_there), tf.constant(starts_there), sums)[0]
        else:
            sums = function(*data, tf.constant(order), tf.constant(starts), sums)[0]
        total, counted = sums.numpy()
        return {"loss": float(total / counted), **self.metric_results()}

    @property
    def fills_rows(self) -> bool:
        return self._split is None

    def forward(self, batch: Batch, how: Any, alone: bool = False) -> Decoded:
        columns = self.arrays(batch, self.read_by(how))
        rows = 1 if len(columns[0]) == 1 else None  # a single one has a graph of its own, where layers see that it is
        if (how, rows, alone) not in self._predict:
            self._predict[how, rows, alone] = self._compiled_forward(how, rows, alone, tuple(batch.masks))
        graph, names, masks = self._predict[how, rows, alone]
        results = graph(*(tf.constant(c) for c in columns), *(tf.constant(m) for m in batch.masks.values()))
        arrays = [result.numpy() for result in results]
        decoded = {name: Column(values, axis) for (name, axis), values in zip(names, arrays)}
        return Decoded(decoded, dict(zip(masks, arrays[len(names) :])))

    def _compiled_forward(
        self, how: Any, rows: int | None, alone: bool, axes: tuple[str, ...]
    ) -> tuple[Any, list, list]:
        """A graph from columns and masks to the decoded arrays, and what those are: names with axes, and new masks."""
        specs = self.read_by(how)
        signature = [
            tf.TensorSpec((rows, *([] if spec.axis is None else [None]), *spec.shape), spec.dtype) for spec in specs
        ]
        signature += [tf.TensorSpec((rows, None), tf.bool)] * len(axes)
        names: list[tuple[str, str | None]] = []
        masks: list[str] = []

        def graph(*tensors: tf.Tensor) -> list[tf.Tensor]:
            n = len(specs)
            columns = {spec.name: tensor for spec, tensor in zip(specs, tensors)}
            decoded = self._decoded(Batch(columns, dict(zip(axes, tensors[n:]))), how, alone)
            names[:] = [(name, column.axis) for name, column in decoded.columns.items()]
            masks[:] = list(decoded.masks)
            return [*(column.values for column in decoded.columns.values()), *decoded.masks.values()]

        return compiled(graph, signature), names, masks

    def _decoded(self, batch: Batch, how: Any, alone: bool) -> Decoded:
        if how == "features":
            if self._features is None:
                self._features = self.plan.network.features(self.model)
            return self.decode(self.call_model(self._features, batch, training=False), batch, how)
        if self._split is None:
            return self.decode(self.call_model(self.model, batch, training=False), batch, how)
        recurrences, rest = self._split
        x, axis = batch.columns[self.inputs[0].name], str(self.inputs[0].axis)
        n_rows = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        h = recurrences(x, training=False, mask=batch.masks[axis])  # (B, T, H) or (B, H)
        fill = [0, 0 if alone else rows_up(n_rows) - n_rows]
        h = tf.pad(tf.identity(h), [fill, *[[0, 0]] * (len(h.shape) - 1)])
        # The head's own columns are filled up with rows that could be real, and have a first step.
        rows = tf.minimum(tf.range(n_rows + fill[1]), n_rows - 1)
        of_x = {spec.name for spec in self.inputs}
        filled = {name: c if name in of_x else tf.gather(c, rows) for name, c in batch.columns.items()}
        masks = {name: tf.gather(mask, rows) for name, mask in batch.masks.items()}
        masks[axis] = tf.pad(batch.masks[axis], [fill, [0, 0]])
        outputs = self._unmasked(rest(h, training=False, mask=masks[axis]))
        columns, masks = self.decode(outputs, Batch(filled, masks), how)
        columns = {name: Column(values[:n_rows], a) for name, (values, a) in columns.items()}
        return Decoded(columns, {a: m[:n_rows] for a, m in masks.items()})

    def _train_graph(self, *tensors: tf.Tensor) -> Tensors:
        def step(batch: Batch, count: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                outputs = self.call_model(self.model, batch, training=True)
                loss = self._objective(outputs, batch, count, True)
                loss = loss + sum(tf.cast(extra, loss.dtype) for extra in self.model.losses)
                scaled = self.optimizer.scale_loss(loss)
            variables = self.model.trainable_variables
            gradients = tape.gradient(scaled, [v.value for v in variables])
            if self._flat is None:
                self.optimizer.apply_gradients(zip(gradients, variables))
            else:
                self._flat.apply(self.optimizer, gradients)
            self.head.update_metrics(self.metrics, outputs, batch)
            return loss

        if self._flat is not None:  # a callback may have changed the weights
            self._flat.read()
        return self._over_batches(step, *tensors)

    def _evaluate_graph(self, *tensors: tf.Tensor) -> Tensors:
        def step(batch: Batch, count: tf.Tensor) -> tf.Tensor:
            outputs = self.call_model(self.model, batch, training=False)
            self.head.update_metrics(self.metrics, outputs, batch)
            return self._objective(outputs, batch, count, False)

        return self._over_batches(step, *tensors)

    def _over_batches(self, step: Any, *tensors: tf.Tensor) -> Tensors:
        """Run step on every batch, in order; add losses times counts, and counts, to the sums."""
        specs, axes = self.plan.columns, self.plan.axes
        columns = {spec.name: (tensor, spec.axis) for spec, tensor in zip(specs, tensors)}
        offsets = dict(zip(axes, tensors[len(specs) :]))
        order, starts, sums = tensors[-3:]

        def body(number: tf.Tensor, total: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, ...]:
            batch = gather(columns, offsets, order[starts[number] : starts[number + 1]], GraphArrays)
            count = self.count(batch)
            loss, count = step(batch, count), tf.cast(count, total.dtype)
            return number + 1, total + tf.cast(loss, total.dtype) * count, counted + count

        _, total, counted = tf.while_loop(
            lambda number, *_: number < tf.shape(starts)[0] - 1, body, (0, sums[0], sums[1]), parallel_iterations=1
        )
        return [tf.stack([total, counted])]

    def _objective(self, outputs: Any, batch: Batch, count: tf.Tensor, training: bool) -> tf.Tensor:
        losses = self.losses(outputs, batch, training)
        return tf.reduce_sum(losses * tf.cast(batch.columns["weight"], losses.dtype)) / tf.cast(count, losses.dtype)


def compiled(function: Any, signature: list[tf.TensorSpec]) -> Any:
    """Trace a function of tensors to one tensor or several, once for all lengths; it returns a list.

    The traced function is called itself, as TensorFlow would count its traces over all programs, and warn. On a CPU it
    is called as an operation, which spares some 0.1 ms of what a function's own call does about devices and gradients.
    """
    traced = tf.function(function, autograph=False, input_signature=signature).get_concrete_function()
    forget_custom_gradients(traced.graph)
    return traced if tf.config.list_physical_devices("GPU") else called_as_operation(traced)
