"""From parameters and data to a plan of training: network, loss, optimizer, metrics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras

from skrnn.cells.checks import check_integer
from skrnn.estimators import parameters
from skrnn.estimators.targets import Head, Target
from skrnn.layers import RecurrenceSpec, knows_time, reads_missing, time_feature_of
from skrnn.networks import FunctionNetwork, RecurrentNetwork
from skrnn.networks.function import call_arguments, output_width
from skrnn.sequences.messages import nearest
from skrnn.sequences.ragged import Sequences
from skrnn.training import Outcome, Plan
from skrnn.training.compilation import compilation_pays
from skrnn.training.objectives import loss_name, make_loss, make_metrics, make_optimizer, optimizer_recipe


def make_plan(
    estimator: Any, sequences: Sequences, target: Target, seed: int, resume: bool
) -> tuple[Plan, Head, Outcome]:
    """Decide what to train, and where to start.

    Parameters
    ----------
    estimator : SequenceEstimator
        Its parameters, and where it resumes its weights.
    sequences, target : Sequences, Target
        Checked data.
    seed : int
        Of a model function's weights.
    resume : bool
        Go on with the weights of the last fit.

    Returns
    -------
    plan : Plan
    head : Head
        With the encoded targets.
    start : Outcome
        Weights and optimizer state to begin with, None in it where they are drawn anew.

    Raises
    ------
    ValueError
        If the network to go on with is another one.
    """
    params = estimator.get_params()
    network: Any = None
    model = None
    if params.get("model") is not None:
        network, model = _function_network(estimator, sequences, target, params, seed)
    loss = _loss(estimator, target, params, model)
    units = None if model is None else output_width(model, sequences.n_features, target.per_step)
    head = estimator._head(target, loss_name(loss), units)
    if network is None:
        network = estimator._network(sequences, target, head, params, resume)
        network = replace(network, jit_compile=_jit_compile(estimator, network, sequences, resume))
    metrics = make_metrics(estimator.metrics, parameters.routed(params, "metrics"), head.accuracy)
    plan = Plan(network, loss, _optimizer(estimator, params, model), metrics, target.per_step, head.sparse)
    return plan, head, _start(estimator, plan, model, resume)


def _loss(estimator: Any, target: Target, params: dict[str, Any], model: keras.Model | None) -> Any:
    options = parameters.routed(params, "loss")
    if estimator.loss is None and model is not None and model.compiled:
        return make_loss(model.loss, options)
    loss = estimator._default_loss(target) if estimator.loss is None else estimator.loss
    return None if loss is None and not options else make_loss(loss, options)


def _optimizer(estimator: Any, params: dict[str, Any], model: keras.Model | None) -> Any:
    if model is not None and model.compiled:
        return optimizer_recipe(model.optimizer)
    options = parameters.routed(params, "optimizer")
    return make_optimizer(estimator.optimizer, estimator.learning_rate, estimator.global_clipnorm, options)


def _start(estimator: Any, plan: Plan, model: keras.Model | None, resume: bool) -> Outcome:
    if not resume:
        return Outcome(None if model is None else model.get_weights())
    before = estimator._plan
    if model is None:
        same = before.network.fingerprint == plan.network.fingerprint
    else:
        same = [w.shape for w in model.get_weights()] == [w.shape for w in estimator.weights_]
    if not same:
        raise ValueError("warm_start and partial_fit go on with the network of the first fit. Got another one.")
    kept = plan.optimizer.cls is before.optimizer.cls
    return Outcome(estimator.weights_, estimator._optimizer_state if kept else None)


def recurrent_layers(estimator: Any, params: dict[str, Any], sequences: Sequences) -> tuple[RecurrenceSpec, ...]:
    """One layer for each of the estimator's units.

    The lowest reads the time stamps. In those above each step takes one unit of time: what they read are states, in
    which there is no time any more, and nothing missing.
    """
    options = parameters.routed(params, "cell")
    above = dict(options)
    column = time_column(estimator, params, sequences)
    if column is not None:
        options["time_feature"] = column
    if knows_time(estimator.cell):
        above |= {"time_feature": None, **({"n_features": None} if "n_features" in above else {})}
    return tuple(
        RecurrenceSpec.from_cell(estimator.cell, units, above if depth else options, estimator.recurrent_dropout)
        for depth, units in enumerate(parameters.units_of_layers(estimator.units))
    )


def reads_gaps(estimator: Any) -> bool:
    """Whether NaN in X is a value that is missing, which the estimator's cell reads."""
    return getattr(estimator, "model", None) is None and estimator.embedding is None and reads_missing(estimator.cell)


def time_column(estimator: Any, params: dict[str, Any], sequences: Sequences) -> int | None:
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
    if estimator.embedding is not None or hasattr(sequences, "fitted"):
        raise ValueError(f"cell__time_feature is a column of numbers, but X holds tokens. Got {asked!r}.")
    if isinstance(asked, str):
        names = sequences.feature_names
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
    if column >= sequences.n_features:
        raise ValueError(f"cell__time_feature must be a column of X, below {sequences.n_features}. Got {column}.")
    return column


def recurrent_network(
    estimator: Any, sequences: Sequences, target: Target, head: Head, params: dict[str, Any], resume: bool
) -> RecurrentNetwork:
    """The network of the classifier and the regressor."""
    return RecurrentNetwork(
        n_features=sequences.n_features,
        layers=recurrent_layers(estimator, params, sequences),
        outputs=head.units,
        activation=head.activation,
        bidirectional=bool(estimator.bidirectional),
        dropout=float(estimator.dropout),
        pooling=None if target.per_step else estimator.pooling,
        embedding=embedding_of(estimator, sequences, resume),
    )


def _jit_compile(estimator: Any, network: Any, sequences: Sequences, resume: bool) -> bool:
    loops = [layer.loop for layer in network.layers if layer.loop is not None]
    if not loops or keras.backend.backend() != "tensorflow":
        return False
    if resume and not isinstance(estimator._plan.network, FunctionNetwork):
        return estimator._plan.network.jit_compile
    if estimator.jit_compile != "auto":
        return bool(estimator.jit_compile)
    epochs = 1 if getattr(estimator, "readout", None) is not None else estimator.epochs
    return compilation_pays(loops, sequences.lengths, estimator.batch_size, epochs)


def embedding_of(estimator: Any, sequences: Sequences, resume: bool) -> tuple[int, int] | None:
    """Number of tokens and features of each, (V, E), where the estimator embeds integers."""
    if estimator.embedding is None:
        return None
    largest = int(sequences.largest())
    tokens, features = parameters.embedding_shape(estimator.embedding, largest)
    if resume and getattr(estimator._plan.network, "embedding", None) is not None:
        tokens = estimator._plan.network.embedding[0]
    if largest >= tokens:
        raise ValueError(f"X must hold tokens below {tokens}, as embedding says. Got {largest}.")
    return tokens, features


def _function_network(
    estimator: Any, sequences: Sequences, target: Target, params: dict[str, Any], seed: int
) -> tuple[FunctionNetwork, keras.Model]:
    meta = {
        "n_features_in_": sequences.n_features,
        "n_outputs_": target.n,
        "target_type_": target.kind,
        "per_step_": target.per_step,
        **{k: v for k, v in target.fitted.items() if not k.startswith("_")},
    }
    compile_kwargs = {
        "optimizer": estimator.optimizer,
        "loss": estimator.loss or estimator._default_loss(target),
        "metrics": estimator.metrics,
    }
    offered = {"meta": meta, "compile_kwargs": compile_kwargs, "params": params}
    arguments = call_arguments(estimator.model, offered, parameters.routed(params, "model"))
    network = FunctionNetwork(estimator.model, arguments)
    return network, network.first_build(seed)
