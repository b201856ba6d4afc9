"""A program: a built model, its optimizer and its compiled functions, loaded with numbers many times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from skrnn.keras_objects.initializers import DrawnInFloat32, seeded
from skrnn.keras_objects.precision import NARROW, widened
from skrnn.keras_objects.private import (
    drawing_postponed,
    initializer_of,
    logits_of,
    seed_states,
    set_initializer,
    set_logits,
)
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.networks.function import FunctionBody, columns_of, is_functional
from skrnn.networks.network import Network, numbers_in_step
from skrnn.sequences.batches import Batch, filled, longest_in_company, prediction_batches, rows_up
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.training.decoded import Decoded, Joined
from skrnn.training.gradients import clip_however_large
from skrnn.training.memory import check_size
from skrnn.training.plan import Plan

Arrays = list[NDArray]

# Networks with the graph of a program whose initializers it keeps.
REMEMBERED = 64


class Program(ABC):
    """What all backends share: the model, and its weights in and out.

    A program is used by one fit, or one prediction, at a time; `ProgramCache` sees to that.

    Parameters
    ----------
    plan : Plan
        What to compile.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.model, initializers = build_model(plan.network)
        self.head = plan.network.head
        self.inputs = model_columns(plan.network, self.model)
        self.numbers = numbers_in_step(self.model)
        self._initializers = OrderedDict({plan.network.fingerprint: initializers})
        self.seed_states = seed_states(self.model)
        self.optimizer = plan.optimizer.make()
        clip_however_large(self.optimizer)
        self.optimizer.build(self.stepped_variables())
        self._fresh_optimizer = [to_numpy(v) for v in self.optimizer.variables]
        self.metrics = plan.make_metrics()
        # Callbacks look for model.optimizer; the functions of the program do not use the compiled model.
        self.model.compile(optimizer=self.optimizer, loss=self.head.keras_loss, jit_compile=False)
        self._loaded: Any = None
        self._drawn: tuple[Any, Arrays] | None = None

    def stepped_variables(self) -> list[keras.Variable]:
        """What the optimizer is built for."""
        return self.model.trainable_variables

    def initial_weights(self, network: Network, seed: int) -> Arrays:
        """Weights as the initializers draw them, from seed alone.

        Parameters
        ----------
        network : Network
            With the program's graph; its weights may begin in another way.
        seed : int
            The same seed gives the same weights, whatever was drawn before.
        """
        drawn = (network.fingerprint, seed)
        if self._drawn is None or self._drawn[0] != drawn:  # a search with one random_state draws them in every fit
            self._drawn = (drawn, self._draw(network, seed))
        return list(self._drawn[1])

    def _draw(self, network: Network, seed: int) -> Arrays:
        initializers = self._initializers_of(network)
        if initializers is None:
            with keras_seeds(seed):
                return network.build().get_weights()
        seeds = np.random.default_rng(seed).integers(2**31 - 1, size=len(initializers))
        return [
            to_numpy(seeded(init, int(s))(v.shape, dtype=v.dtype))
            for init, v, s in zip(initializers, self.model.weights, seeds)
        ]

    def _initializers_of(self, network: Network) -> list[Any] | None:
        if isinstance(network.body, FunctionBody):
            return None
        key = network.fingerprint
        if key not in self._initializers:
            with keras_seeds():
                self._initializers[key] = build_model(network)[1]
            if len(self._initializers) > REMEMBERED:
                self._initializers.popitem(last=False)
        return self._initializers[key]

    def load(self, weights: Arrays, optimizer_state: Arrays | None, learning_rate: float | None, seed: int) -> None:
        """Prepare for training.

        Parameters
        ----------
        weights : list of ndarray
            One for each of ``model.weights``.
        optimizer_state : list of ndarray or None
            None starts the optimizer anew, and so does the state of one with other options and so other variables.
        learning_rate : float or None
            None leaves the optimizer's own.
        seed : int
            Of dropout and all else that is random in the model.
        """
        self.load_weights(weights)
        self._loaded = None
        state = optimizer_state or self._fresh_optimizer
        if [v.shape for v in state] != [v.shape for v in self._fresh_optimizer]:
            state = self._fresh_optimizer
        for variable, value in zip(self.optimizer.variables, state):
            variable.assign(value)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate
        seeds = np.random.default_rng(seed).integers(2**32 - 1, size=len(self.seed_states), dtype=np.uint32)
        for variable, value in zip(self.seed_states, seeds):
            variable.assign(np.array([value, 0], dtype=np.uint32))
        self.model.stop_training = False

    def load_weights(self, weights: Arrays) -> None:
        """Load weights for a prediction; the same list twice is loaded once."""
        if self._loaded is not weights:
            for variable, value in zip(self.model.weights, weights):
                variable.assign(value)
            self._loaded = weights

    def read_weights(self) -> Arrays:
        """Copies of ``model.weights``."""
        return [to_numpy(v) for v in self.model.weights]

    def read_optimizer(self) -> Arrays:
        """Copies of the optimizer's variables."""
        return [to_numpy(v) for v in self.optimizer.variables]

    def finish(self) -> None:
        """Let optimizers that average weights put the average in place."""
        if self.optimizer.use_ema:
            self.optimizer.finalize_variable_values(self.model.trainable_variables)

    def metric_results(self) -> dict[str, float]:
        """Name to value, for the metrics of the plan; of one with a value per class, such as F1Score, the mean."""
        return {m.name: float(np.mean(to_numpy(m.result()))) for m in self.metrics}

    def reset_metrics(self) -> None:
        """Start the metrics anew."""
        for metric in self.metrics:
            metric.reset_state()

    @abstractmethod
    def put(self, examples: Examples) -> Any:
        """Move examples to where the program reads them."""

    @abstractmethod
    def train(self, data: Any, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        """Take one optimizer step for each batch ``order[starts[b]:starts[b + 1]]``.

        Returns
        -------
        dict
            "loss", the mean over sequences (or steps), and the metrics.
        """

    @abstractmethod
    def evaluate(self, data: Any, order: NDArray[np.int64], starts: NDArray[np.int64]) -> dict[str, float]:
        """Loss and metrics without training."""

    @abstractmethod
    def forward(self, batch: Batch, how: Any, alone: bool = False) -> Decoded:
        """Decode one batch of X, in one graph.

        Parameters
        ----------
        batch : Batch
            Of NumPy arrays.
        how : hashable
            What `Head.decode` knows, or "features": what the head would read.
        alone : bool, default=False
            Whether the batch is one long sequence that is always alone, so that no rows are to be filled up.
        """

    @property
    def fills_rows(self) -> bool:
        """Whether `forward` wants a multiple of `ROW_MULTIPLE` rows, filled up with any."""
        return True

    def padded_length(self, length: int) -> int:
        """Steps to pad a batch to, at least length."""
        return length

    def predict(self, examples: Examples, how: Any) -> Examples:
        """Decode all examples, batch by batch.

        Parameters
        ----------
        examples : Examples
            X, and what the head reads beside it.
        how : hashable
            As of `forward`.

        Returns
        -------
        decoded : Examples
            The columns that the head decoded.
        """
        joined = Joined(examples)
        longest = longest_in_company(self.numbers)
        for rows in prediction_batches(examples.sizes, examples.width, self.numbers):
            taken, sizes, alone = rows, None, bool(examples.sizes[rows[0]] > longest)
            if len(examples) > 1 or self.fills_rows:
                sizes = {axis: self.padded_length(int(n[rows].max())) for axis, n in joined.lengths.items()}
                taken = filled(rows, rows_up(len(rows))) if self.fills_rows and not alone else rows
            joined.add(rows, self.forward(examples.batch(taken, sizes), how, alone))
        return joined.examples()

    def call_model(self, model: keras.Model, batch: Batch, training: bool) -> Any:
        """Run a model of the program on the columns of a batch that it reads; the result has no Keras mask.

        Metrics would apply the mask to weights per example.
        """
        x = [batch.columns[column.name] for column in self.inputs]
        masks = [None if column.axis is None else batch.masks[column.axis] for column in self.inputs]
        if len(x) == 1:
            outputs = model(x[0], training=training, mask=masks[0])
        else:
            outputs = model(x, training=training, mask=masks)
        return keras.tree.map_structure(self._unmasked, outputs)

    def _unmasked(self, output: Any) -> Any:
        """A tensor of 32 bits or more without its Keras mask."""
        wide = widened(output)
        plain = self.copied(wide)
        set_logits(plain, logits_of(wide))
        return plain

    def copied(self, x: Any) -> Any:
        """A new tensor of the same values."""
        return x + 0

    def losses(self, outputs: Any, batch: Batch, training: bool) -> Any:
        """Losses in the shape of the weights, by the head."""
        return self.head.losses(self.model, outputs, batch, training)

    def decode(self, outputs: Any, batch: Batch, how: Any) -> Decoded:
        """What the head makes of outputs."""
        if how == "features":
            axis = None if len(outputs.shape) == 2 else "time"
            return Decoded({"features": Column(outputs, axis)}, {})
        masks = dict(batch.masks)
        columns = self.head.decode(self.model, outputs, Batch(batch.columns, masks), how)
        return Decoded(columns, {axis: mask for axis, mask in masks.items() if axis not in batch.masks})

    def count(self, batch: Batch) -> Any:
        """What the mean loss of a batch counts: examples, or real steps of the head's axis."""
        if self.head.axis is None:
            return ops.cast(ops.shape(batch.columns["weight"])[0], "float32")
        return ops.sum(ops.cast(batch.masks[self.head.axis], "float32"))

    def read_by(self, how: Any) -> tuple[ColumnSpec, ...]:
        """Columns that a prediction reads: those of X, and what the head reads beside them."""
        return self.inputs if how == "features" else (*self.inputs, *self.head.reads(how))

    def arrays(self, batch: Batch, specs: tuple[ColumnSpec, ...]) -> list[NDArray]:
        """Columns of a batch of NumPy arrays in their types."""
        return [batch.columns[c.name].astype(c.dtype, copy=False) for c in specs]


def model_columns(network: Network, model: keras.Model) -> tuple[ColumnSpec, ...]:
    """Columns that a model reads, in the order and with the types of its inputs."""
    functional = is_functional(model)
    specs = {column.name: column for column in network.inputs.columns}
    names = columns_of(model, network.inputs)
    types = [tensor.dtype for tensor in model.inputs] if functional else [keras.config.floatx()] * len(names)
    return tuple(specs[name]._replace(dtype=dtype) for name, dtype in zip(names, types))


def build_model(network: Network, fused: bool = True) -> tuple[keras.Model, list[Any] | None]:
    """Build a model and, where Keras tells them, note the initializer of each weight.

    Keras draws weights when it creates them and forgets how. Inside a stateless scope it puts the drawing off, which
    is the moment to note the initializers. A network that needs values at once (a user's own function, or a layer
    with a constant) is built plainly and has none.
    """
    if isinstance(network.body, FunctionBody):
        return network.build(fused), None
    try:
        with drawing_postponed():
            model = network.build(fused)
            check_size(model)
            for v in model.weights:
                if v.dtype in NARROW and isinstance(initializer_of(v), keras.initializers.Initializer):
                    set_initializer(v, DrawnInFloat32(initializer_of(v)))
            initializers = [initializer_of(v) for v in model.weights]
    except ValueError as error:
        if "stateless scope" not in str(error):
            raise
        return network.build(fused), None
    return model, initializers


def to_numpy(value: Any) -> NDArray:
    """A copy in main memory."""
    if isinstance(value, keras.Variable):
        value = value.value
    if hasattr(value, "detach"):  # a tensor of torch that may have a gradient, or lie on another device
        return np.array(keras.ops.convert_to_numpy(value))  # which knows bfloat16
    return np.array(value.numpy() if hasattr(value, "numpy") else value)
