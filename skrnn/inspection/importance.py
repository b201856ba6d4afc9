"""Permutation importance: how much a score falls when a feature, or a step, no longer tells anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch, check_random_state

from skrnn.inspection.fitted import import_pyplot
from skrnn.preprocessing.forms import NAMES, form_of
from skrnn.sequences.check import check_sequences, frame_columns, is_list_of_arrays, unboxed
from skrnn.sequences.frames import is_frame, joined
from skrnn.sequences.messages import nearest
from skrnn.sequences.ragged import Sequences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More features than this are too many bars for one figure.
_MOST_BARS = 30


def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    by: str = "feature",
    scoring: Any = None,
    n_repeats: int = 5,
    sample_weight: Any = None,
    random_state: Any = None,
) -> Bunch:
    """Measure how much a score falls when the values of a feature, or of a step, are shuffled.

    What `sklearn.inspection.permutation_importance` is for tables, for sequences of any length.

    Parameters
    ----------
    estimator : estimator
        Fitted: a classifier, regressor or tagger, also behind transformers in a Pipeline, or a search.
    X : sequences of numbers in any form
        See `RNNClassifier.fit`; also a list of data frames, whose columns may be words that a Pipeline encodes. Data
        that the estimator was not fitted to tell what it generalises from.
    y : array-like
        As in the estimator's `score`.
    by : {"feature", "step"}, default="feature"
        A feature is shuffled over all steps of all sequences, which leaves neither whose it was nor when. A step (the
        first, the second, ...) is shuffled, with all its features, among the sequences that have it.
    scoring : str, callable, list, dict or None, default=None
        As in `cross_validate`; None is the estimator's `score`.
    n_repeats : int, default=5
        How often each is shuffled.
    sample_weight : array-like, optional
        Handed to the scorer.
    random_state : int, RandomState instance or None, default=None
        Of the shuffling.

    Returns
    -------
    result : `sklearn.utils.Bunch`
        importances : ndarray of shape (D, n_repeats), or (longest T, n_repeats) by step
            The score of X as it is minus that of X shuffled: above 0 where it mattered.
        importances_mean, importances_std : ndarray of shape (D,), or (longest T,)
            Over the repeats.
        names : list of str
            Names of the features, or numbers where they have none; of the steps their numbers from 0.
        by : str
            As given.

        With several scores, a dict of them by name.

    Raises
    ------
    ValueError
        If X holds no numbers, or a parameter is out of range.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.

    Notes
    -----
    Of features that tell the same, none may seem to matter, as the others are left. A model that reads the order of
    steps also loses it within the feature that is shuffled.

    References
    ----------
    L. Breiman (2001), Random forests, Machine Learning 45, 5-32.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.inspection import permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(60, 3, 2))
    >>> y = X[:, :, 1].sum(axis=1) > 0
    >>> model = RNNClassifier("gru", units=8, epochs=40, random_state=0).fit(X, y)
    >>> result = permutation_importance(model, X, y, random_state=0)
    >>> int(result.importances_mean.argmax())
    1
    """
    if by not in ("feature", "step"):
        raise ValueError(f'by must be "feature" or "step". Got {by!r}{nearest(str(by), ["feature", "step"])}.')
    if not isinstance(n_repeats, (int, np.integer)) or isinstance(n_repeats, bool) or n_repeats < 1:
        raise ValueError(f"n_repeats must be a whole number of at least 1. Got {n_repeats!r}.")
    given = unboxed(X)
    if (form := form_of(given)) != "numbers":
        raise ValueError(f"permutation_importance needs sequences of numbers, or data frames. Got {NAMES[form]}.")
    table = _Frames(list(given)) if _are_frames(given) else _Numbers(given)
    scorer = check_scoring(estimator, scoring=scoring)
    options = {} if sample_weight is None else {"sample_weight": sample_weight}

    def scores(X: Any) -> dict[str, float]:
        found = scorer(estimator, X, y, **options)
        return dict(found) if isinstance(found, dict) else {"": float(found)}

    rng = check_random_state(random_state)
    usual = scores(X)
    names = table.names if by == "feature" else [str(t) for t in range(int(table.lengths.max()))]
    fallen = {name: np.zeros((len(names), n_repeats)) for name in usual}
    for k in range(len(names)):
        for repeat in range(n_repeats):
            found = scores(table.shuffled(k, rng) if by == "feature" else table.with_rows(_exchanged(table, k, rng)))
            for name, score in found.items():
                fallen[name][k, repeat] = usual[name] - score
    results = {name: _summary(values, names, by) for name, values in fallen.items()}
    return results[""] if set(results) == {""} else Bunch(**results)


def _summary(importances: NDArray, names: list[str], by: str) -> Bunch:
    mean, std = importances.mean(axis=1), importances.std(axis=1)
    return Bunch(importances_mean=mean, importances_std=std, importances=importances, names=names, by=by)


def _exchanged(table: Any, step: int, rng: Any) -> NDArray[np.int64]:
    """Rows of the table, those of a step in another order."""
    rows = np.arange(int(table.lengths.sum()))
    places = (np.cumsum(table.lengths) - table.lengths)[table.lengths > step] + step
    rows[places] = rng.permutation(places)
    return rows


def _are_frames(X: Any) -> bool:
    return is_list_of_arrays(X) and frame_columns(X[0]) is not None


class _Numbers:
    """All steps of sequences of numbers under each other, and back into their form."""

    def __init__(self, X: Any) -> None:
        self._given = X
        sequences = check_sequences(X, allow_nan=True, dtype=None)
        self._sequences, self._values = sequences, np.array(sequences.values)  # (total steps, D)
        self.lengths = sequences.lengths
        named = sequences.feature_names
        self.names = list(named) if named else [str(k) for k in range(sequences.n_features)]

    def shuffled(self, feature: int, rng: Any) -> Any:
        """X with a feature in another order."""
        values = self._values.copy()
        values[:, feature] = rng.permutation(values[:, feature])
        return self._in_form(values)

    def with_rows(self, rows: NDArray[np.int64]) -> Any:
        """X with the steps in another order."""
        return self._in_form(self._values[rows])

    def _in_form(self, values: NDArray) -> Any:
        if isinstance(self._given, Sequences) or is_list_of_arrays(self._given):
            sequences = self._sequences.with_values(values, self._sequences.feature_names)
            return sequences if isinstance(self._given, Sequences) else list(sequences)
        values = values.reshape(len(self.lengths), int(self.lengths[0]), -1)
        if np.ndim(self._given) == 2:
            values = values[:, :, 0]
        if is_frame(self._given):
            return type(self._given)(values, **_labels(self._given))
        return values


class _Frames:
    """The same of data frames, whose columns may have any type."""

    def __init__(self, frames: list[Any]) -> None:
        self._frames = frames
        self.lengths = np.array([len(frame) for frame in frames])
        self.names = list(frame_columns(frames[0]) or ())
        self._bounds = list(zip(np.cumsum(self.lengths) - self.lengths, np.cumsum(self.lengths)))

    def shuffled(self, feature: int, rng: Any) -> list[Any]:
        """Frames with a column in another order."""
        name = self.names[feature]
        column = joined([frame[name] for frame in self._frames])
        column = _take(column, rng.permutation(len(column)))
        parts = [column[a:b] for a, b in self._bounds]
        return [_with_column(frame, name, part) for frame, part in zip(self._frames, parts)]

    def with_rows(self, rows: NDArray[np.int64]) -> list[Any]:
        """Frames with the steps in another order."""
        table = _take(joined(self._frames), rows)
        return [table[a:b] for a, b in self._bounds]


def _take(table: Any, rows: NDArray[np.int64]) -> Any:
    return table.iloc[rows].reset_index(drop=True) if hasattr(table, "iloc") else table[rows]


def _with_column(frame: Any, name: str, column: Any) -> Any:
    if hasattr(frame, "iloc"):
        return frame.assign(
            **{name: column.to_numpy() if column.dtype.kind in "fiub" else column.set_axis(frame.index)}
        )
    return frame.with_columns(column.alias(name))


def _labels(frame: Any) -> dict[str, Any]:
    """Arguments that give a new data frame the names of another."""
    if hasattr(frame, "iloc"):
        return {"columns": frame.columns, "index": frame.index}
    return {"schema": frame.columns}


class ImportanceDisplay:
    """Importances with their spread: bars of features from the greatest down, or a curve over steps.

    Parameters
    ----------
    importances : array-like of shape (D, n_repeats)
        As of `permutation_importance`.
    names : sequence of D names, default=None
        Of the features; None numbers them.
    by : {"feature", "step"}, default="feature"
        Bars, or a curve.
    score_name : str, default="score"
        What fell, on the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What `plot` drew on.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    Raises
    ------
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> from skrnn.inspection import ImportanceDisplay
    >>> display = ImportanceDisplay([[0.0, 0.1], [0.4, 0.5]], ["speed", "gear"])
    >>> [text.get_text() for text in display.plot().ax_.get_yticklabels()]
    ['speed', 'gear']
    """

    ax_: Axes
    figure_: Any

    def __init__(
        self,
        importances: ArrayLike,
        names: Sequence[Any] | None = None,
        *,
        by: str = "feature",
        score_name: str = "score",
    ) -> None:
        self.importances = np.asarray(importances, dtype=np.float64)
        if self.importances.ndim != 2 or not self.importances.size:
            raise ValueError(f"importances must have shape (D, n_repeats). Got {self.importances.shape}.")
        self.names = [str(n) for n in (range(len(self.importances)) if names is None else names)]
        if len(self.names) != len(self.importances):
            raise ValueError(f"names must be {len(self.importances)} names. Got {len(self.names)}.")
        self.by, self.score_name = by, score_name

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, ax: Axes | None = None, **kwargs: Any) -> Any:
        """Measure the importances, and draw them.

        Parameters
        ----------
        estimator, X, y : as in `permutation_importance`
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs
            Other parameters of `permutation_importance`, with one score.

        Returns
        -------
        display : ImportanceDisplay
            The display, drawn.
        """
        scoring = kwargs.get("scoring")
        if isinstance(scoring, (list, tuple, set, dict)):
            raise ValueError(f"ImportanceDisplay shows one score. Got {len(scoring)}.")
        result = permutation_importance(estimator, X, y, **kwargs)
        name = scoring if isinstance(scoring, str) else "score"
        return cls(result.importances, result.names, by=result.by, score_name=name).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> ImportanceDisplay:
        """Draw the importances; of more than 30 features the greatest.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : ImportanceDisplay
            The display itself, with `ax_` and `figure_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("ImportanceDisplay.plot")
        draw: Callable[[Any], None] = self._curve if self.by == "step" else self._bars
        if ax is None:
            height = 3.5 if self.by == "step" else 1.2 + 0.3 * min(len(self.names), _MOST_BARS)
            _, ax = plt.subplots(figsize=(6.0, height), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        draw(ax)
        return self

    def _bars(self, ax: Axes) -> None:
        order = np.argsort(self.importances.mean(axis=1), kind="stable")[-_MOST_BARS:]
        places = np.arange(len(order))
        ax.axvline(0.0, color="0.7", linewidth=1, zorder=0)
        ax.barh(places, self.importances[order].mean(axis=1), height=0.6, color="C0", alpha=0.6)
        for place, values in zip(places, self.importances[order]):
            ax.plot(values, np.full(len(values), place), "o", color="C0", markersize=3)
        ax.set_yticks(places, [self.names[k] for k in order])
        ax.set_xlabel(f"fall of the {self.score_name} when the feature is shuffled")

    def _curve(self, ax: Axes) -> None:
        steps = np.arange(len(self.importances))
        mean, std = self.importances.mean(axis=1), self.importances.std(axis=1)
        ax.axhline(0.0, color="0.7", linewidth=1, zorder=0)
        ax.fill_between(steps, mean - std, mean + std, color="C0", alpha=0.25, linewidth=0)
        ax.plot(steps, mean, color="C0", marker="o" if len(steps) < 40 else "")
        ax.locator_params(axis="x", integer=True)
        ax.set_xlabel("step")
        ax.set_ylabel(f"fall of the {self.score_name}\nwhen the step is shuffled")
