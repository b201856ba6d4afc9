"""The loop over epochs: shuffling, validation, callbacks, early stopping, progress."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from skrnn.sequences.batches import batch_boundaries, training_batches
from skrnn.training.cache import program_cache
from skrnn.training.plan import Examples, Plan
from skrnn.training.program import Arrays, Program

BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


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
        A number an epoch for each name.
    """

    weights: Arrays | None = None
    optimizer_state: Arrays | None = None
    history: dict[str, list[float]] = field(default_factory=dict)


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
    """

    epochs: int
    batch_size: int
    seed: int
    callbacks: list[Any] = field(default_factory=list)
    patience: int | None = None
    verbose: int = 0

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
            Validation may be None.
        start : Outcome
            Weights and optimizer state to go on from; None in them starts anew.
        outcome : Outcome
            Filled when training ends, and also when it is interrupted.

        Raises
        ------
        ValueError
            If the loss is no longer finite.
        """
        with program_cache.borrow(plan) as program:
            seeds = np.random.SeedSequence(self.seed).spawn(3)
            weights_seed, dropout_seed, order_seed = (int(s.generate_state(1)[0]) for s in seeds)
            weights = start.weights if start.weights is not None else program.initial_weights(weights_seed)
            program.load(weights, start.optimizer_state, plan.learning_rate, dropout_seed)
            try:
                self._loop(program, training, validation, np.random.default_rng(order_seed), outcome)
            except KeyboardInterrupt:
                _read(program, outcome)
                raise

    def _loop(
        self, program: Program, training: Examples, validation: Examples | None, rng: Any, outcome: Outcome
    ) -> None:
        data = program.put(training)
        held_out = None if validation is None else (program.put(validation), *batch_boundaries(validation.X.lengths))
        callbacks = _CallbackLoop(self.callbacks, program, self.epochs)
        best = _Best(self.patience)
        batch_size = len(training.X) if self.batch_size == -1 else self.batch_size
        # The mean loss of an epoch counts steps where there is an output for each, and sequences elsewhere.
        counts = training.X.lengths if program.plan.per_step else np.ones_like(training.X.lengths)
        logs: dict[str, float] = {}
        callbacks.begin()
        for epoch in _Progress(self.epochs, self.verbose):
            order, starts = training_batches(training.X.lengths, batch_size, rng)
            callbacks.epoch_begin(epoch.number)
            program.reset_metrics()
            logs = callbacks.train(data, order, starts, counts)
            if held_out is not None:
                program.reset_metrics()
                logs |= {f"val_{k}": v for k, v in program.evaluate(*held_out).items()}
            _record(outcome, logs)
            epoch.show(logs)
            heard = callbacks.epoch_end(epoch.number, logs)
            _record(outcome, {k: v for k, v in heard.items() if k not in logs})  # such as the learning rate
            _check_finite(logs["loss"], self.callbacks)
            if best.is_over(logs, program) or program.model.stop_training:
                break
        program.finish()
        callbacks.end(logs)
        _read(program, outcome)
        if best.weights is not None:
            outcome.weights = best.weights


def _record(outcome: Outcome, logs: dict[str, float]) -> None:
    for name, value in logs.items():
        outcome.history.setdefault(name, []).append(float(value))


def _read(program: Program, outcome: Outcome) -> None:
    outcome.weights = program.read_weights()
    outcome.optimizer_state = program.read_optimizer()


def _check_finite(loss: float, callbacks: list[Any]) -> None:
    handled = any(isinstance(c, keras.callbacks.TerminateOnNaN) for c in callbacks)
    if not math.isfinite(loss) and not handled:
        raise ValueError(
            f"the loss must stay finite. Got {loss}: scale the features, or lower learning_rate or global_clipnorm."
        )


class _Best:
    """Early stopping: the best validation loss so far, and its weights."""

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        self.loss = math.inf
        self.waited = 0
        self.weights: Arrays | None = None

    def is_over(self, logs: dict[str, float], program: Program) -> bool:
        if self.patience is None:
            return False
        if logs["val_loss"] < self.loss:
            self.loss, self.waited, self.weights = logs["val_loss"], 0, program.read_weights()
        else:
            self.waited += 1
        return self.waited >= self.patience


class _CallbackLoop:
    """Keras callbacks around an epoch that may run as one graph."""

    def __init__(self, callbacks: list[Any], program: Program, epochs: int) -> None:
        self.program = program
        self.by_batch = any(_listens_to_batches(c) for c in callbacks)
        self._heard = _Heard()
        listed = [*callbacks, self._heard]
        self.active = keras.callbacks.CallbackList(listed, model=program.model, epochs=epochs, verbose=0)

    def begin(self) -> None:
        self.active.on_train_begin()

    def epoch_begin(self, epoch: int) -> None:
        self.active.on_epoch_begin(epoch)

    def epoch_end(self, epoch: int, logs: dict[str, float]) -> dict[str, float]:
        """Tell the callbacks, and give back the logs with what they added."""
        self.active.on_epoch_end(epoch, dict(logs))
        return self._heard.logs

    def end(self, logs: dict[str, float]) -> None:
        self.active.on_train_end(dict(logs))

    def train(self, data: Any, order: Any, starts: Any, counts: Any) -> dict[str, float]:
        if not self.by_batch:
            return self.program.train(data, order, starts)
        total, counted, logs = 0.0, 0, {}
        for batch, (begin, end) in enumerate(zip(starts[:-1], starts[1:])):
            self.active.on_train_batch_begin(batch)
            rows = order[begin:end]
            logs = self.program.train(data, rows, np.array([0, len(rows)], dtype=np.int64))
            total, counted = total + logs["loss"] * counts[rows].sum(), counted + counts[rows].sum()
            logs["loss"] = float(total / counted)
            self.active.on_train_batch_end(batch, dict(logs))
        return logs


class _Heard(keras.callbacks.Callback):
    """The last callback: sees what those before it wrote into the logs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.logs = dict(logs or {})


def _listens_to_batches(callback: Any) -> bool:
    for name in BATCH_HOOKS:
        own = getattr(callback, name)
        if getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, name):
            return True
    return False


class _Progress:
    """Epochs with a progress bar or lines, or silently."""

    def __init__(self, epochs: int, verbose: int) -> None:
        self.epochs, self.verbose = epochs, verbose

    def __iter__(self) -> Any:
        bar = tqdm(total=self.epochs, unit="epoch", disable=self.verbose != 1)
        with bar:
            for number in range(self.epochs):
                yield _Epoch(number, self, bar)
                bar.update()


@dataclass
class _Epoch:
    number: int
    progress: _Progress
    bar: Any

    def show(self, logs: dict[str, float]) -> None:
        if self.progress.verbose == 1:
            self.bar.set_postfix({k: f"{v:.4f}" for k, v in logs.items()}, refresh=False)
        elif self.progress.verbose > 1:
            text = "  ".join(f"{k} {v:.4f}" for k, v in logs.items())
            print(f"epoch {self.number + 1}/{self.progress.epochs}  {text}")
