"""Labels of entities in another scheme."""

from __future__ import annotations

from typing import Any

import numpy as np

from skrnn.metrics.entities import UNTYPED, Entity, read_entities
from skrnn.sequences.label_schemes import SCHEMES
from skrnn.sequences.labels import is_missing, label_rows
from skrnn.sequences.messages import shown


def convert_scheme(y: Any, scheme: str = "bioes") -> list[list[Any]]:
    """Write labels of entities in the scheme BIO or BIOES.

    BIOES tells where an entity ends, so a tagger that learns it often finds more of them. Entities, and so their
    scores, stay the same.

    Parameters
    ----------
    y : list of lists, list or object array of arrays, array (N, T), or Sequences
        Labels in any scheme that `find_entities` reads. Steps whose label is None or -1 stay as they are, and are
        taken out before entities are read.
    scheme : {"bioes", "bio"}, default="bioes"
        With BIO the first step of an entity has B, the others I; with BIOES the last one has E, and an only one S.

    Returns
    -------
    y : list of lists
        In the types of the labels that are missing, else str.

    Raises
    ------
    ValueError
        If a label is of no scheme, or `scheme` is none.

    See Also
    --------
    skrnn.RNNTagger : Its ``constraints="bioes"`` keeps predictions well-formed.

    References
    ----------
    .. [1] L. Ratinov, D. Roth (2009), Design challenges and misconceptions in named entity recognition, CoNLL,
       147-155, compares the two.

    Examples
    --------
    >>> from skrnn.metrics import convert_scheme
    >>> convert_scheme([["B-PER", "I-PER", "O", "B-LOC"]])
    [['B-PER', 'E-PER', 'O', 'S-LOC']]
    >>> convert_scheme([["B-PER", "E-PER", "O", "S-LOC"]], "bio")
    [['B-PER', 'I-PER', 'O', 'B-LOC']]
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be 'bio' or 'bioes'. Got {shown(scheme)}.")
    return [_convert(row.tolist(), ~is_missing(row), f"y[{i}]", scheme) for i, row in enumerate(label_rows(y))]


def _convert(row: list[Any], has_label: Any, place: str, scheme: str) -> list[Any]:
    steps = np.flatnonzero(has_label)
    written = _write(read_entities((row[t] for t in steps), place), len(steps), scheme)
    for t, label in zip(steps, written):
        row[t] = label
    return row


def _write(entities: list[Entity], n_steps: int, scheme: str) -> list[str]:
    first, middle, last, only = SCHEMES[scheme]
    labels = ["O"] * n_steps
    for kind, start, stop in entities:
        prefixes = only if stop == start + 1 else first + middle * (stop - start - 2) + last
        labels[start:stop] = [p if kind == UNTYPED else f"{p}-{kind}" for p in prefixes]
    return labels
