"""From parameters and data to a plan of training: network, optimizer, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from sklearn.utils import check_random_state

from skrnn.cells.checks import check_integer
from skrnn.estimators import parameters
from skrnn.estimators.pretraining import language_model_of, pretrained_weights
from skrnn.heads import Head, Request, make_head
from skrnn.keras_objects.objectives import make_metrics, make_optimizer, optimizer_recipe
from skrnn.layers import RecurrenceSpec, knows_time, reads_missing, time_feature_of
from skrnn.networks import FunctionBody, Network, RecurrentBody
from skrnn.networks.function import call_arguments, output_shapes
from skrnn.preprocessing import ArrayReader, ColumnsReader, Reader
from skrnn.sequences.examples import ColumnSpec, Examples
from skrnn.sequences.messages import nearest
from skrnn.targets import Target
from skrnn.training import Outcome, Plan
from skrnn.training.compilation import compilation_pays


class Seeds(NamedTuple):
    """Seeds of one fit: of a model function's weights, of the validation split, and of training."""

    build: int
    split: int
    train: int

    @classmethod
    def of(cls, random_state: Any, n_iter: int) -> Seeds:
        """Draw them; after `n_iter` epochs order and dropout are not those of the epochs before."""
        drawn = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=3)
        build, split, train = (int(seed) for seed in drawn)
        if n_iter:
            train = int(np.random.SeedSequence([train, n_iter]).generate_state(1)[0])
        return cls(build, split, train)


def make_plan(
    estimator: Any, reader: Reader, target: Target, examples: Examples, seed: int, resume: bool
) -> tuple[Plan, Outcome]:
    """Decide what to train, and where to start.

    Parameters
    ----------
    estimator : SequenceEstimator
        Its parameters, and where it resumes its weights.
    reader, target : Reader, Target
        Fitted.
    examples : Examples
        What to train on.
    seed : int
        Of a model function's weights.
    resume : bool
        Go on with the weights of the last fit.

    Returns
    -------
    plan : Plan
    start : Outcome
        Weights and optimizer state to begin with, None in it where they are drawn anew.

    Raises
    ------
    ValueError
        If the network to go on with is another one.
    """
    params = estimator.get_params()
    body: Any = None
    model = None
    language_model = language_model_of(params)
    if params.get("model") is not None:
        body = _function_body(estimator, reader, target, params)
        model = body.first_build(reader.spec, seed)
    head = make_head(target.spec, _request(estimator, reader, params, model))
    if body is None:
        body = _recurrent_body(estimator, reader, head, params, examples, resume)
        compiles = body.jit_compile
        if head.loops:
            before = estimator._plan.network.head.jit_compile if resume else None
            compiles = _jit_compile(estimator, head.loops, before, params, examples)
        head = head.compiled(compiles)
    network = Network(reader.spec, body, head)
    metrics = make_metrics(params.get("metrics"), parameters.routed(params, "metrics"), head.accuracy)
    weight = ColumnSpec("weight", axis=head.axis)
    columns = (*reader.spec.columns, *target.spec.columns, weight)
    plan = Plan(network, columns, _optimizer(estimator, params, model), metrics)
    start = _start(estimator, plan, model, resume)
    if language_model is not None and not resume:
        start.given = pretrained_weights(network, language_model)
    return plan, start


def _request(estimator: Any, reader: Reader, params: dict[str, Any], model: keras.Model | None) -> Request:
    loss = params.get("loss")
    if loss is None and model is not None and model.compiled:
        loss = model.loss
    shapes = None if model is None else output_shapes(model, reader.spec)
    return Request(loss, {**parameters.routed(params, "loss"), **estimator._head_options(params)}, shapes)


def _optimizer(estimator: Any, params: dict[str, Any], model: keras.Model | None) -> Any:
    if model is not None and model.compiled:
        return optimizer_recipe(model.optimizer)
    options = parameters.routed(params, "optimizer")
    return make_optimizer(estimator.optimizer, estimator.learning_rate, estimator.global_clipnorm, options)


def _start(estimator: Any, plan: Plan, model: keras.Model | None, resume: bool) -> Outcome:
    if not resume:
        return Outcome(None if model is None else _with_head(plan, model))
    before = estimator._plan
    if model is None:
        same = before.network.fingerprint == plan.network.fingerprint
    else:
        same = [w.shape for w in _with_head(plan, model)] == [w.shape for w in estimator.weights_]
    if not same:
        raise ValueError("warm_start and partial_fit go on with the network of the first fit. Got another one.")
    kept = plan.optimizer.cls is before.optimizer.cls
    return Outcome(estimator.weights_, estimator._optimizer_state if kept else None)


def _with_head(plan: Plan, model: keras.Model) -> list[Any]:
    """Weights of a user's model, and those that the head adds, as they begin."""
    weights = model.get_weights()
    with_head = plan.network.build()
    return [*weights, *with_head.get_weights()[len(weights) :]]


def _recurrent_body(
    estimator: Any, reader: Reader, head: Head, params: dict[str, Any], examples: Examples, resume: bool
) -> RecurrentBody:
    source = language_model_of(params) or estimator
    layers = recurrent_layers(source, source.get_params(), reader, estimator.recurrent_dropout)
    axes = {column.axis for column in reader.spec.columns if column.axis is not None}
    body = RecurrentBody(
        layers=layers,
        bidirectional=bool(params.get("bidirectional", False)),
        dropout=float(estimator.dropout),
        pooling=None if head.keeps_steps else params["pooling"],
        carried_rows=estimator._carried_rows(examples),
        gated=bool(params.get("frozen_epochs")),
        side_layers=timeless_layers(estimator, params) if len(axes) > 1 else (),
    )
    resumed = resume and not isinstance(estimator._plan.network.body, FunctionBody)
    before = estimator._plan.network.body.jit_compile if resumed else None
    return RecurrentBody(**{**vars(body), "jit_compile": _jit_compile(estimator, body.loops, before, params, examples)})


def recurrent_layers(
    estimator: Any, params: dict[str, Any], reader: Reader, recurrent_dropout: float
) -> tuple[RecurrenceSpec, ...]:
    """One layer for each of the estimator's units.

    The lowest reads the time stamps. In those above each step takes one unit of time: what they read are states, in
    which there is no time any more, and nothing missing.
    """
    options = parameters.routed(params, "cell")
    above = dict(options)
    column = time_column(estimator, params, reader)
    if column is not None:
        options["time_feature"] = column
    if knows_time(estimator.cell):
        above |= {"time_feature": None, **({"n_features": None} if "n_features" in above else {})}
    return tuple(
        RecurrenceSpec.from_cell(estimator.cell, units, above if depth else options, recurrent_dropout)
        for depth, units in enumerate(parameters.units_of_layers(estimator.units))
    )


def timeless_layers(estimator: Any, params: dict[str, Any]) -> tuple[RecurrenceSpec, ...]:
    """One layer for each of the estimator's units, that reads no time stamps: of a decoder, or of further sequences."""
    options = parameters.routed(params, "cell")
    if knows_time(estimator.cell):
        options |= {"time_feature": None, **({"n_features": None} if "n_features" in options else {})}
    return tuple(
        RecurrenceSpec.from_cell(estimator.cell, units, options, estimator.recurrent_dropout)
        for units in parameters.units_of_layers(estimator.units)
    )


def reads_gaps(estimator: Any) -> bool:
    """Whether NaN in X is a value that is missing, which the estimator's cell reads."""
    params = vars(estimator)  # each prediction asks; the signature, which get_params reads, takes 0.1 ms
    reads_numbers = "reader" in params and (
        params["reader"] is None or isinstance(params["reader"], (ArrayReader, ColumnsReader))
    )
    return params.get("model") is None and reads_numbers and reads_missing(estimator.cell)


def time_column(estimator: Any, params: dict[str, Any], reader: Reader) -> int | None:
    """Number of the column of X that holds time stamps, which ``cell__time_feature`` tells by number or by name.

    Raises
    ------
    ValueError
        If X has no such column.
    """
    if params.get("model") is not None or not knows_time(estimator.cell):
        return None
    asked = parameters.routed(params, "cell").get("time_feature", time_feature_of(estimator.cell))
    if asked is None:
        return None
    numbers = reader.of_numbers
    if numbers is None:
        raise ValueError(f"cell__time_feature is a column of numbers, but X holds tokens. Got {asked!r}.")
    if isinstance(asked, str):
        names = numbers.column_names
        if names is None:
            raise ValueError(
                f"cell__time_feature must be the number of a column, where X has no column names. Got {asked!r}."
            )
        if asked not in names:
            listed = ", ".join(names)
            raise ValueError(
                f"cell__time_feature must be a column of X: {listed}. Got {asked!r}{nearest(asked, list(names))}."
            )
        return names.index(asked)
    column = check_integer("cell__time_feature", asked, 0)
    if column >= numbers.n_features_in_:
        raise ValueError(f"cell__time_feature must be a column of X, below {numbers.n_features_in_}. Got {column}.")
    return column


def _jit_compile(
    estimator: Any, loops: Sequence[str], before: bool | None, params: dict[str, Any], examples: Examples
) -> bool:
    """Whether XLA compiles loops with these names; what was decided before stays."""
    if not loops or keras.backend.backend() != "tensorflow":
        return False
    if before is not None:
        return before
    if estimator.jit_compile != "auto":
        return bool(estimator.jit_compile)
    epochs = 1 if params.get("readout") is not None else estimator.epochs
    return compilation_pays(list(loops), examples.sizes, estimator.batch_size, epochs)


def _function_body(estimator: Any, reader: Reader, target: Target, params: dict[str, Any]) -> FunctionBody:
    meta = {
        "n_features_in_": reader.n_features_in_,
        "columns_": reader.spec.columns,
        "n_outputs_": target.spec.n,
        "target_type_": target.kind,
        "target_axis_": target.spec.axis,
        **target.attributes,
    }
    compile_kwargs = {
        "optimizer": estimator.optimizer,
        "loss": params.get("loss") or target.spec.loss,
        "metrics": params.get("metrics"),
    }
    offered = {"meta": meta, "compile_kwargs": compile_kwargs, "params": params}
    return FunctionBody(estimator.model, call_arguments(estimator.model, offered, parameters.routed(params, "model")))
