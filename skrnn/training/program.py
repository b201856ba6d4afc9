"""A program: a built model, its optimizer and its compiled functions, loaded with numbers many times."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.keras_objects.initializers import DrawnInFloat32, seeded
from skrnn.keras_objects.precision import NARROW, widened
from skrnn.keras_objects.private import drawing_postponed, initializer_of, seed_states, set_initializer
from skrnn.keras_objects.seeding import keras_seeds
from skrnn.networks.function import FunctionNetwork
from skrnn.sequences.batches import padded_batch, prediction_batches, rows_up
from skrnn.sequences.ragged import Sequences
from skrnn.training.gradients import clip_however_large
from skrnn.training.plan import Examples, Plan

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
        self._initializers = OrderedDict({plan.network.fingerprint: initializers})
        self.seed_states = seed_states(self.model)
        self.optimizer = plan.optimizer.make()
        clip_however_large(self.optimizer)
        self.optimizer.build(self.stepped_variables())
        self._fresh_optimizer = [to_numpy(v) for v in self.optimizer.variables]
        self.loss = plan.make_loss()
        self.metrics = plan.make_metrics()
        # Callbacks look for model.optimizer; the functions of the program do not use the compiled model.
        self.model.compile(optimizer=self.optimizer, loss=self.loss, jit_compile=False)
        inputs: Any = getattr(self.model, "inputs", None)
        self.input_dtype = inputs[0].dtype if inputs else keras.config.floatx()
        self._loaded: Any = None
        self._drawn: tuple[Any, Arrays] | None = None

    def stepped_variables(self) -> list[keras.Variable]:
        """What the optimizer is built for."""
        return self.model.trainable_variables

    def initial_weights(self, network: Any, seed: int) -> Arrays:
        """Weights as the initializers draw them, from seed alone.

        Parameters
        ----------
        network : RecurrentNetwork, TaggerNetwork or FunctionNetwork
            With the program's graph; its weights may begin in another way.
        seed : int
            The same seed gives the same weights, whatever was drawn before.
        """
        drawn = (network.fingerprint, seed)
        if self._drawn is None or self._drawn[0] != drawn:  # a search with one random_state draws them in every fit
            self._drawn = (drawn, self._draw(network, seed))
        return list(self._drawn[1])

    def _draw(self, network: Any, seed: int) -> Arrays:
        initializers = self._initializers_of(network)
        if initializers is None:
            with keras_seeds(seed):
                return network.build().get_weights()
        seeds = np.random.default_rng(seed).integers(2**31 - 1, size=len(initializers))
        return [
            to_numpy(seeded(init, int(s))(v.shape, dtype=v.dtype))
            for init, v, s in zip(initializers, self.model.weights, seeds)
        ]

    def _initializers_of(self, network: Any) -> list[Any] | None:
        if isinstance(network, FunctionNetwork):
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
        """Name to value, for the metrics of the plan."""
        return {m.name: float(to_numpy(m.result())) for m in self.metrics}

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
    def forward(self, padded: NDArray, mask: NDArray[np.bool_]) -> NDArray:
        """Outputs of one batch: (B, T, D), (B, T) -> (B, K) or (B, T, K)."""

    @property
    def fills_rows(self) -> bool:
        """Whether `forward` wants a multiple of `ROW_MULTIPLE` rows; the rest of them then has one step each."""
        return True

    def losses(self, target: Any, output: Any, mask: Any) -> Any:
        """One loss a sequence, or a step: by the plan's loss or, without one, by the network's output layer."""
        output = widened(output)
        if self.plan.loss is None:
            return self.model.layers[-1].step_losses(target, output, mask)
        return self.loss(target, output)

    def padded_length(self, length: int) -> int:
        """Steps to pad a batch to, at least length."""
        return length

    def predict(self, X: Sequences) -> NDArray:
        """Outputs of the network, (N, K), or (total steps, K) where they are per step."""
        per_step = self.plan.per_step
        result: NDArray | None = None
        for rows in prediction_batches(X.lengths, X.n_features):
            length = self.padded_length(int(X.lengths[rows].max()))
            padded, mask = padded_batch(X, rows, length, rows_up(len(rows)) if self.fills_rows else None)
            outputs = self.forward(padded, mask)[: len(rows)]
            outputs = outputs.astype(np.result_type(outputs, np.float32), copy=False)
            if result is None:
                shape = (int(X.offsets[-1]) if per_step else len(X), *outputs.shape[1 + per_step :])
                result = np.empty(shape, outputs.dtype)
            if per_step:
                result[X.step_positions(rows)] = outputs[mask[: len(rows)]]
            else:
                result[rows] = outputs
        assert result is not None
        return result

    def model_input(self, padded: NDArray) -> NDArray:
        """(B, T, D) -> (B, T, D), or (B, T) tokens, in the type of the model's input."""
        x = padded[:, :, 0] if self.embeds else padded
        return x.astype(self.input_dtype, copy=False)

    @property
    def embeds(self) -> bool:
        """Whether the model takes (B, T) tokens."""
        inputs: Any = getattr(self.model, "inputs", None)
        return bool(inputs) and len(inputs[0].shape) == 2


def check_loss_rank(rank: int, per_step: bool) -> None:
    """Raise where a loss does not keep sequences (and steps) apart."""
    if rank != 1 + per_step:
        wanted = "one number a step, (B, T)" if per_step else "one number a sequence, (B,)"
        raise ValueError(f"loss must give {wanted}. Got {rank} axes.")


def as_samples(per_step: bool, *arrays: Any) -> tuple[Any, ...]:
    """Make every step a sample, (B, T, ...) -> (B T, ...), where there is an output for each step.

    Keras' metrics take the mean over the other axes first, so that a step would count less the further its batch is
    padded. The weights of padded steps are zero.
    """
    if not per_step:
        return arrays
    return tuple(keras.ops.reshape(a, (-1, *keras.ops.shape(a)[2:])) for a in arrays)


def build_model(network: Any, fused: bool = True) -> tuple[keras.Model, list[Any] | None]:
    """Build a model and, where Keras tells them, note the initializer of each weight.

    Keras draws weights when it creates them and forgets how. Inside a stateless scope it puts the drawing off, which
    is the moment to note the initializers. A network that needs values at once (a user's own function, or a layer
    with a constant) is built plainly and has none.
    """
    if isinstance(network, FunctionNetwork):
        return network.build(fused), None
    try:
        with drawing_postponed():
            model = network.build(fused)
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
