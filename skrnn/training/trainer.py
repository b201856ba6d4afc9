"""The loop over epochs: shuffling, validation, callbacks, early stopping, progress."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from skrnn.sequences.batches import batch_boundaries, training_batches
from skrnn.sequences.examples import Examples
from skrnn.sequences.weights import with_mean_weight_one
from skrnn.training.cache import program_cache
from skrnn.training.callbacks import KerasCallbacks
from skrnn.training.plan import Plan
from skrnn.training.program import Arrays, Program
from skrnn.training.progress import show_progress


@dataclass
class Outcome:
    """What training leaves behind.

    Attributes
    ----------
    weights : list of ndarray
        Of the model; None before anything was trained.
    optimizer_state : list of ndarray
        To go on from.
    history : dict of str to list of float
        One value per epoch for each name.
    readout : scikit-learn estimator, list of them, or None
        Fitted, where the output is theirs.
    given : dict of int to ndarray
        Weights by number that are given, where others are drawn.
    """

    weights: Arrays | None = None
    optimizer_state: Arrays | None = None
    history: dict[str, list[float]] = field(default_factory=dict)
    readout: Any = None
    given: dict[int, NDArray] = field(default_factory=dict)


class Observer(Protocol):
    """Sees every epoch of a fit from outside.

    ``reached()`` reads the `Outcome` that training would have if it stopped there. Nothing is read unless it is called.
    """

    def epoch_begin(self, reached: Callable[[], Outcome]) -> None:
        """Before an epoch."""

    def epoch_end(self, reached: Callable[[], Outcome]) -> bool:
        """After an epoch; True stops training."""


@dataclass
class Trainer:
    """How to train, for one fit.

    Attributes
    ----------
    epochs : int
        Passes over the data.
    batch_size : int
        Sequences in a batch; -1 takes all.
    seed : int
        Of weights, order and dropout.
    callbacks : list of `keras.callbacks.Callback`
        Belonging to this fit alone. One that listens to batches makes the loop go batch by batch.
    patience : int or None
        Epochs without a better validation loss before training stops and the best weights return.
    verbose : int
        1 shows a progress bar, 2 prints a line an epoch.
    observer : Observer or None
        Sees every epoch, and may stop training.
    scorer : callable or None
        From a function that reads the `Outcome` so far to a score, better the higher, that is watched in place of the
        validation loss.
    average_epochs : int
        The weights that training leaves are the mean over so many epochs, the last ones or those up to the best.
    in_order : bool
        Batches are the examples in their order, every epoch the same.
    augment : callable or None
        From the training data and a source of random numbers to the data of an epoch.
    """

    epochs: int
    batch_size: int
    seed: int
    callbacks: list[Any] = field(default_factory=list)
    patience: int | None = None
    verbose: int = 0
    observer: Observer | None = None
    scorer: Callable[[Callable[[], Outcome]], float] | None = None
    average_epochs: int = 1
    in_order: bool = False
    augment: Callable[[Examples, np.random.Generator], Examples] | None = None

    def run(
        self,
        plan: Plan,
        training: Examples,
        validation: Examples | None,
        start: Outcome,
        outcome: Outcome,
    ) -> None:
        """Train, and write into outcome.

        Parameters
        ----------
        plan : Plan
            What to train.
        training, validation : Examples
            With y and "weight", whose mean becomes 1. Validation may be None.
        start : Outcome
            Weights and optimizer state to go on from; None in them starts anew.
        outcome : Outcome
            Filled when training ends, and also when it is interrupted.

        Raises
        ------
        ValueError
            If the loss, or a weight at the end, is no longer finite.
        """
        training = with_mean_weight_one(training)
        validation = None if validation is None else with_mean_weight_one(validation)
        with program_cache.borrow(plan) as program:
            weights_seed, dropout_seed, order_seed, augmentation_seed = seeds_of(self.seed)
            weights = (
                start.weights if start.weights is not None else program.initial_weights(plan.network, weights_seed)
            )
            weights = [start.given.get(k, w) for k, w in enumerate(weights)]
            program.load(weights, start.optimizer_state, plan.learning_rate, dropout_seed)
            try:
                rngs = np.random.default_rng(order_seed), np.random.default_rng(augmentation_seed)
                self._loop(_Epoch(self, program, training, validation, *rngs), outcome)
            except KeyboardInterrupt:
                _read(program, outcome)
                raise

    def _loop(self, epoch: _Epoch, outcome: Outcome) -> None:
        program = epoch.program
        recent = _Recent(self.average_epochs)
        best = _Best(self.patience, recent)
        now = partial(_reached, program, _Best(None, recent), outcome.history)
        callbacks = KerasCallbacks(self.callbacks, program, self.epochs)
        reached = partial(_reached, program, best, outcome.history)
        logs: dict[str, float] = {}
        callbacks.begin()
        with show_progress(self.epochs, self.verbose) as progress:
            for number in range(self.epochs):
                if self.observer is not None:
                    self.observer.epoch_begin(reached)
                callbacks.epoch_begin(number)
                logs = epoch.run(callbacks)
                recent.add(program)
                if self.scorer is not None:
                    logs["val_score"] = self.scorer(now)
                _record(outcome, logs)
                progress.epoch_end(logs)
                heard = callbacks.epoch_end(number, logs)
                _record(outcome, {k: v for k, v in heard.items() if k not in logs})  # such as the learning rate
                _check_finite(logs["loss"], self.callbacks)
                is_over = best.is_over(logs, program) or program.model.stop_training
                if self.observer is not None:
                    is_over |= self.observer.epoch_end(reached)
                if is_over:
                    break
        program.finish()
        callbacks.end(logs)
        _read(program, outcome)
        outcome.weights = best.weights or recent.mean(outcome.weights)
        _check_weights(outcome.weights, self.callbacks)


class _Epoch:
    """The data of a fit where the program reads them, and one pass over them at a time."""

    def __init__(
        self,
        trainer: Trainer,
        program: Program,
        training: Examples,
        validation: Examples | None,
        rng: np.random.Generator,
        augmentation_rng: np.random.Generator,
    ) -> None:
        self.program, self.rng = program, rng
        self.augment, self.augmentation_rng = trainer.augment, augmentation_rng
        self.training = training
        if self.augment is None:
            self._put(training)
        self.held_out = None
        if validation is not None:
            width = validation.width_of(program.plan.network.inputs.columns)
            self.held_out = (program.put(validation), *batch_boundaries(validation.sizes, width, program.numbers))
        self.batch_size = len(training) if trainer.batch_size == -1 else trainer.batch_size
        self.in_order = trainer.in_order

    def _put(self, training: Examples) -> None:
        self.sizes = training.sizes
        self.data = self.program.put(training)
        # The mean loss of an epoch counts what has a loss: examples, or steps.
        self.counts = training.lengths(self.program.head.axis)

    def run(self, callbacks: KerasCallbacks) -> dict[str, float]:
        """Train one epoch, and evaluate on what is held out."""
        if self.augment is not None:
            self._put(self.augment(self.training, self.augmentation_rng))
        if self.in_order:
            order = np.arange(len(self.sizes))
            starts = np.append(order[:: self.batch_size], len(order))
        else:
            order, starts = training_batches(self.sizes, self.batch_size, self.rng, self.program.numbers)
        self.program.reset_metrics()
        logs = callbacks.train(self.data, order, starts, self.counts)
        if self.held_out is not None:
            self.program.reset_metrics()
            logs |= {f"val_{k}": v for k, v in self.program.evaluate(*self.held_out).items()}
        return logs


def seeds_of(seed: int) -> tuple[int, int, int, int]:
    """Seeds of the weights, of dropout, of the order and of augmentation, from that of a training."""
    weights, dropout, order, augmentation = (int(s.generate_state(1)[0]) for s in np.random.SeedSequence(seed).spawn(4))
    return weights, dropout, order, augmentation


def _record(outcome: Outcome, logs: dict[str, float]) -> None:
    for name, value in logs.items():
        outcome.history.setdefault(name, []).append(float(value))


def _read(program: Program, outcome: Outcome) -> None:
    outcome.weights = program.read_weights()
    outcome.optimizer_state = program.read_optimizer()


def _reached(program: Program, best: _Best, history: dict[str, list[float]]) -> Outcome:
    """Read what training would leave behind if it stopped here; it can go on."""
    outcome = Outcome(history={name: list(values) for name, values in history.items()})
    running = program.read_weights()
    program.finish()
    _read(program, outcome)
    program.load_weights(running)
    outcome.weights = best.weights or best.recent.mean(outcome.weights)
    return outcome


def _check_finite(loss: float, callbacks: list[Any]) -> None:
    if not math.isfinite(loss) and not _handles_nan(callbacks):
        raise ValueError(
            f"the loss must stay finite. Got {loss}: scale the features, or lower learning_rate or global_clipnorm."
        )


def _check_weights(weights: Any, callbacks: list[Any]) -> None:
    """The last update is behind the last loss."""
    if not _handles_nan(callbacks) and not all(np.isfinite(w.astype("float32", copy=False)).all() for w in weights):
        raise ValueError(
            "the weights must stay finite. Got NaN or infinity after the last update: scale the features, or lower "
            "learning_rate or global_clipnorm."
        )


def _handles_nan(callbacks: list[Any]) -> bool:
    return any(isinstance(c, keras.callbacks.TerminateOnNaN) for c in callbacks)


class _Recent:
    """The weights after the last epochs, whose mean is smoother than the last ones."""

    def __init__(self, n: int) -> None:
        self.kept: deque[Arrays] | None = None if n == 1 else deque(maxlen=n)

    def add(self, program: Program) -> None:
        """Note the weights after an epoch."""
        if self.kept is not None:
            self.kept.append(program.read_weights())

    def mean(self, weights: Arrays | None) -> Arrays | None:
        """The mean; without an epoch, or where none is asked for, the weights given."""
        if not self.kept:
            return weights
        return [np.mean(values, axis=0, dtype=np.float64).astype(values[0].dtype) for values in zip(*self.kept)]


class _Best:
    """Early stopping: the best validation loss or score so far, and its weights."""

    def __init__(self, patience: int | None, recent: _Recent) -> None:
        self.patience, self.recent = patience, recent
        self.loss = math.inf
        self.waited = 0
        self.weights: Arrays | None = None

    def is_over(self, logs: dict[str, float], program: Program) -> bool:
        if self.patience is None:
            return False
        loss = -logs["val_score"] if "val_score" in logs else logs["val_loss"]
        if loss < self.loss:
            self.loss, self.waited, self.weights = loss, 0, self.recent.mean(program.read_weights())
        else:
            self.waited += 1
        return self.waited >= self.patience
