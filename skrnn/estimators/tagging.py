"""Parts of the tagger: what it learns from y, its network, and labels from scores."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.estimators.planning import embedding_of, recurrent_layers
from skrnn.estimators.reading import reader_options
from skrnn.estimators.step_labels import check_step_labels, check_ways, encode
from skrnn.estimators.targets import Target
from skrnn.layers.crf_output import penalties
from skrnn.layers.label_schemes import check_paths, forbidden_pairs
from skrnn.networks import TaggerNetwork
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.sklearn_private import Interval, StrOptions
from skrnn.sequences.weights import check_weights
from skrnn.training.labelling import label

TAGGER_CONSTRAINTS: dict[str, Any] = {
    **{k: v for k, v in CONSTRAINTS.items() if k not in ("pooling", "model", "readout")},
    "head": [StrOptions({"crf", "softmax"})],
    "constraints": [StrOptions({"bio", "bioes"}), list, tuple, None],
    "word_size": [Interval(Integral, 1, None, closed="left")],
    "affixes": [Interval(Integral, 0, None, closed="left")],
    "characters": [Interval(Integral, 0, None, closed="left")],
    "character_size": [Interval(Integral, 1, None, closed="left")],
    "character_filters": [Interval(Integral, 1, None, closed="left")],
    "word_dropout": [Interval(Real, 0, 1, closed="left")],
    "min_count": [Interval(Integral, 1, None, closed="left")],
    "vectors": "no_validation",  # preprocessing/tokens.py says what it may be
    "class_weight": [dict, StrOptions({"balanced"}), None],
}


def tag_target(estimator: Any, X: Sequences, y: Any, sample_weight: Any, resume: bool, classes: Any) -> Target:
    """Check labels, and what must not follow on each other.

    Raises
    ------
    ValueError
        If there is one class only, a label is new where training goes on, or labels break the constraints.
    """
    labels, known = check_step_labels(X, y)
    known &= check_weights(sample_weight, X, per_step=True) > 0  # a class without weight is absent
    if resume:
        classes = estimator.classes_
    else:
        classes = np.unique(labels[known] if classes is None else np.asarray(classes))
    if len(classes) < 2:
        got = "none" if not len(classes) else f"1 class: {classes.tolist()[0]!r}"
        raise ValueError(f"y must hold at least 2 classes, of positive weight. Got {got}.")
    codes = encode(labels, known, classes)
    forbidden = forbidden_pairs(classes.tolist(), estimator.constraints)
    if forbidden and estimator.head != "crf":
        raise ValueError(f"constraints need head='crf'. Got head={estimator.head!r}.")
    check_paths(forbidden, classes)
    check_ways(codes, X, classes, forbidden)
    fitted = {"classes_": classes, "_reader": None, "_token_kind": None, **getattr(X, "fitted", {})}
    return Target("tags", codes, len(classes), per_step=True, fitted=fitted, forbidden=tuple(forbidden))


def tagger_network(
    estimator: Any, sequences: Sequences, target: Target, params: dict[str, Any], resume: bool
) -> TaggerNetwork:
    """The network for what X holds."""
    reader = target.fitted["_reader"]
    return TaggerNetwork(
        layers=recurrent_layers(estimator, params, sequences),
        outputs=target.n,
        embedding=None if reader is not None else embedding_of(estimator, sequences, resume),
        crf=estimator.head == "crf",
        forbidden=target.forbidden,
        bidirectional=bool(estimator.bidirectional),
        dropout=float(estimator.dropout),
        **{"n_features": sequences.n_features, **reader_options(estimator, reader)},
    )


def crf_tables(network: TaggerNetwork, weights: list[NDArray]) -> list[NDArray[np.float64]] | None:
    """Scores of transitions (K, K), start and end (K,), minus infinity where forbidden; None without a CRF."""
    if not network.crf:
        return None
    added = penalties(network.forbidden, network.outputs)
    last = weights[-3:]  # those of the last layer
    return [np.where(p < 0, -np.inf, w.astype(np.float64)) for w, p in zip(last, added)]


def labelled(name: str, network: TaggerNetwork, weights: list[NDArray], scores: Sequences) -> NDArray:
    """Numbers of the best labels, (total steps,), or their probabilities, (total steps, K).

    Parameters
    ----------
    name : {"best_paths", "marginals"}
    network, weights
        Of the fit.
    scores : Sequences
        Outputs of the network.
    """
    if network.crf:
        tables = zip(weights[-3:], penalties(network.forbidden, network.outputs))
        return label(name, scores, *(w + p for w, p in tables))
    if name == "best_paths":
        return scores.values.argmax(axis=1)
    return scores.values / scores.values.sum(axis=1, keepdims=True)


def ragged(values: NDArray, sequences: Sequences) -> NDArray:
    """One array for each sequence, in an array of objects, as scikit-learn's tools can join them."""
    result = np.empty(len(sequences), dtype=object)
    for i, (begin, end) in enumerate(zip(sequences.offsets[:-1], sequences.offsets[1:])):
        result[i] = values[begin:end]
    return result
