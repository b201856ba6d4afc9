"""TensorFlow: the loop over the batches of an epoch is inside the graph."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from skrnn.keras_objects.precision import widened
from skrnn.keras_objects.private import called_as_operation, logits_of, set_logits
from skrnn.sequences.batches import rows_up
from skrnn.training.flat_weights import FlatWeights, can_be_flat
from skrnn.training.fused_adam import fuse_adam
from skrnn.training.plan import Examples, Plan
from skrnn.training.program import Program, as_samples, check_loss_rank

Data = tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]


class TensorFlowProgram(Program):
    """Graphs for an epoch, an evaluation and a prediction; shapes of data may change without a new graph."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        fuse_adam(self.optimizer)
        inputs: Any = getattr(self.model, "inputs", None)
        features = inputs[0].shape[2:] if inputs else (None,)
        self._features = tuple(features)
        halves = getattr(plan.network, "halves", None)  # a model function has none
        self._halves = None if halves is None else halves(self.model)
        self._predict: dict[int | None, Any] = {}
        self._train: Any = None
        self._evaluate: Any = None

    def stepped_variables(self) -> list[keras.Variable]:
        self._flat = FlatWeights(self.model) if can_be_flat(self.optimizer, self.model) else None
        return super().stepped_variables() if self._flat is None else [self._flat.joined]

    def put(self, examples: Examples) -> Data | Examples:
        """Make tensors; what is on disk and too much for memory stays there, and is read piece by piece."""
        return examples if examples.exceed_a_piece else self._tensors(examples)

    def _tensors(self, examples: Examples) -> Data:
        """Make tensors of which the last step is where padding comes from: zeros, any target, and no weight."""
        X, y, weights = examples.X, examples.y, examples.weights
        values = np.concatenate([X.values, np.zeros((1, X.n_features), X.step_dtype)])
        if self.plan.per_step:
            y, weights = np.concatenate([y, y[:1]]), np.concatenate([weights, np.zeros(1, weights.dtype)])
        return (tf.constant(values), tf.constant(X.offsets), tf.constant(y), tf.constant(weights))

    def train(self, data: Data | Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        return self._over_all(self._train_sums, data, order, starts)

    def evaluate(self, data: Data | Examples, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        return self._over_all(self._evaluate_sums, data, order, starts)

    def _over_all(self, function: Any, data: Data | Examples, order: NDArray, starts: NDArray) -> dict[str, float]:
        """Mean loss and metrics over all pieces of the data; there is one piece unless they are on disk."""
        sums = tf.zeros(2, tf.float64)
        if isinstance(data, Examples):
            for piece, order_there, starts_there in data.in_pieces(order, starts, self.plan.per_step):
                sums = function(self._tensors(piece), order_there, starts_there, sums)
        else:
            sums = function(data, order, starts, sums)
        total, counted = sums.numpy()
        return {"loss": float(total / counted), **self.metric_results()}

    def _train_sums(self, data: Data, order: NDArray, starts: NDArray, sums: tf.Tensor) -> tf.Tensor:
        tensors = (*data, tf.constant(order), tf.constant(starts), sums)
        if self._train is None:
            self._train = compiled(lambda *given: self._train_graph(*given), any_length(tensors))
        return self._train(*tensors)

    def _evaluate_sums(self, data: Data, order: NDArray, starts: NDArray, sums: tf.Tensor) -> tf.Tensor:
        tensors = (*data, tf.constant(order), tf.constant(starts), sums)
        if self._evaluate is None:
            self._evaluate = compiled(lambda *given: self._evaluate_graph(*given), any_length(tensors))
        return self._evaluate(*tensors)

    @property
    def fills_rows(self) -> bool:
        return self._halves is None

    def forward(self, padded: NDArray, mask: NDArray[np.bool_]) -> NDArray:
        rows = 1 if len(padded) == 1 else None  # a single one has a graph of its own, where layers see that it is
        if rows not in self._predict:
            shapes = [(rows, None, *self._features), (rows, None)]
            signature = [tf.TensorSpec(*spec) for spec in zip(shapes, (self.input_dtype, tf.bool))]
            self._predict[rows] = compiled(lambda x, mask: self._predict_graph(x, mask), signature)
        return self._predict[rows](tf.constant(self.model_input(padded)), tf.constant(mask)).numpy()

    def _predict_graph(self, x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        if self._halves is None:
            return self._run(x, mask, training=False)
        recurrences, rest = self._halves
        n_rows = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        h = recurrences(x, training=False, mask=mask)  # (B, T, H) or (B, H)
        fill = [0, rows_up(n_rows) - n_rows]
        h = tf.pad(tf.identity(h), [fill, *[[0, 0]] * (len(h.shape) - 1)])
        return rest(h, training=False, mask=tf.pad(mask, [fill, [0, 0]]))[:n_rows]

    def _run(self, x: tf.Tensor, mask: tf.Tensor, training: bool) -> tf.Tensor:
        output = self.model(x, training=training, mask=mask)
        # The identity leaves the Keras mask behind, which metrics would apply to weights per sequence.
        wide = widened(output)
        unmasked = tf.identity(wide)
        set_logits(unmasked, logits_of(wide))
        return unmasked

    def _train_graph(
        self, values: Any, offsets: Any, y: Any, weights: Any, order: Any, starts: Any, sums: Any
    ) -> tf.Tensor:
        def step(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            x, mask, target, weight, count = self._batch(values, offsets, y, weights, rows)
            with tf.GradientTape() as tape:
                output = self._run(x, mask, training=True)
                loss = self._objective(target, output, mask, weight, count)
                loss = loss + sum(tf.cast(extra, loss.dtype) for extra in self.model.losses)
                scaled = self.optimizer.scale_loss(loss)
            variables = self.model.trainable_variables
            gradients = tape.gradient(scaled, [v.value for v in variables])
            if self._flat is None:
                self.optimizer.apply_gradients(zip(gradients, variables))
            else:
                self._flat.apply(self.optimizer, gradients)
            self._update_metrics(target, output, weight)
            return loss, count

        if self._flat is not None:  # a callback may have changed the weights
            self._flat.read()
        return self._over_batches(step, order, starts, sums)

    def _evaluate_graph(
        self, values: Any, offsets: Any, y: Any, weights: Any, order: Any, starts: Any, sums: Any
    ) -> tf.Tensor:
        def step(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            x, mask, target, weight, count = self._batch(values, offsets, y, weights, rows)
            output = self._run(x, mask, training=False)
            self._update_metrics(target, output, weight)
            return self._objective(target, output, mask, weight, count), count

        return self._over_batches(step, order, starts, sums)

    def _over_batches(self, step: Any, order: tf.Tensor, starts: tf.Tensor, sums: tf.Tensor) -> tf.Tensor:
        """Run step on the rows of every batch, in order; add losses times counts, and counts, to the sums."""

        def body(batch: tf.Tensor, total: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, ...]:
            loss, count = step(order[starts[batch] : starts[batch + 1]])
            count = tf.cast(count, total.dtype)
            return batch + 1, total + tf.cast(loss, total.dtype) * count, counted + count

        _, total, counted = tf.while_loop(
            lambda batch, *_: batch < tf.shape(starts)[0] - 1, body, (0, sums[0], sums[1]), parallel_iterations=1
        )
        return tf.stack([total, counted])

    def _batch(self, values: Any, offsets: Any, y: Any, weights: Any, rows: Any) -> tuple[Any, ...]:
        """Gather and pad the rows: x (B, T, D), mask (B, T), targets, weights, and how many they are."""
        begin = tf.gather(offsets, rows)  # (B,)
        lengths = tf.gather(offsets, rows + 1) - begin
        steps = tf.range(tf.reduce_max(lengths))  # (T,)
        mask = steps[None, :] < lengths[:, None]  # (B, T)
        last = tf.shape(values, out_type=tf.int64)[0] - 1  # the step that padding comes from
        positions = tf.where(mask, begin[:, None] + steps[None, :], last)
        x = tf.gather(values, positions)  # (B, T, D)
        if self.embeds:
            x = x[:, :, 0]
        if self.plan.per_step:
            target = tf.gather(y, positions)  # (B, T, K)
            weight = tf.gather(weights, positions)  # (B, T)
            count = tf.reduce_sum(tf.cast(mask, tf.float32))
        else:
            target, weight = tf.gather(y, rows), tf.gather(weights, rows)  # (B, K), (B,)
            count = tf.cast(tf.shape(rows)[0], tf.float32)
        if self.plan.sparse:
            target = target[..., 0]
        return x, mask, target, weight, count

    def _objective(self, target: Any, output: Any, mask: Any, weight: Any, count: Any) -> tf.Tensor:
        losses = self.losses(target, output, mask)
        check_loss_rank(len(losses.shape), self.plan.per_step)
        return tf.reduce_sum(losses * tf.cast(weight, losses.dtype)) / tf.cast(count, losses.dtype)

    def _update_metrics(self, target: Any, output: Any, weight: Any) -> None:
        target, output, weight = as_samples(self.plan.per_step, target, output, weight)
        for metric in self.metrics:
            metric.update_state(target, output, sample_weight=weight)


def compiled(function: Any, signature: list[tf.TensorSpec]) -> Any:
    """Trace a function of tensors to one tensor, once for all lengths.

    The traced function is called itself, as TensorFlow would count its traces over all programs, and warn. On a CPU it
    is called as an operation, which spares some 0.1 ms of what a function's own call does about devices and gradients.
    """
    traced = tf.function(function, autograph=False, input_signature=signature).get_concrete_function()
    return traced if tf.config.list_physical_devices("GPU") else called_as_operation(traced)


def any_length(tensors: tuple[tf.Tensor, ...]) -> list[tf.TensorSpec]:
    """The shapes of tensors, with any length of the first axis."""
    return [tf.TensorSpec((None, *t.shape[1:]), t.dtype) for t in tensors]
