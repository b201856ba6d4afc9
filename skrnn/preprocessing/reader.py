"""`Reader`: the base of all forms of X, and the reader of arrays of numbers."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skrnn.preprocessing.augmentation import SequenceAugmentation
from skrnn.preprocessing.containers import remember_features
from skrnn.preprocessing.forms import NAMES, form_of
from skrnn.preprocessing.frames_per_step import joined_steps, parted_steps
from skrnn.sequences.check import check_sequences, is_list_of_arrays
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.ragged import Sequences
from skrnn.sequences.sklearn_private import Interval, check_feature_names, validate_params
from skrnn.sequences.vocabulary import text_rows


@dataclass(frozen=True)
class ReaderSpec:
    """What a network has to know of a fitted reader: frozen, and part of a program's key."""

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """Columns of X, as `Reader.read` makes them."""
        raise NotImplementedError


class Reader(BaseEstimator):
    """From X to columns: fitted with the estimator, and pickled with it.

    A reader belongs to an estimator (``reader=``), which fits a clone of it. Its options are reached as ``reader__*``.

    Attributes
    ----------
    n_features_in_ : int
        What estimators have by this name.
    """

    _parameter_constraints: dict[str, Any] = {}

    # Forms of X that it reads: names of `skrnn.preprocessing.forms.NAMES`.
    forms: tuple[str, ...] = ()

    # Of the estimator, for messages, and whether its cell reads NaN.
    _owner = "reader"
    _allow_nan = False
    _nan_hint = ""
    # Fitted, of an estimator that takes strings; None elsewhere.
    tokenizer: Any = None

    def serve(self, owner: str, allow_nan: bool, nan_hint: str) -> Reader:
        """Take from an estimator its name, for messages, and whether NaN is a missing value to it.

        Parameters
        ----------
        owner : str
            Class name of the estimator.
        allow_nan : bool
            Whether its cell reads missing values.
        nan_hint : str
            What to do about NaN, for the message.

        Returns
        -------
        self
        """
        self._owner, self._allow_nan, self._nan_hint = owner, allow_nan, nan_hint
        return self

    def cut_by(self, tokenizer: Any) -> Reader:
        """Take from an estimator a fitted tokenizer of strings, or None."""
        self.tokenizer = tokenizer
        return self

    def tokens(self, X: Any) -> Any:
        """X, whose strings are cut into tokens where the estimator has a tokenizer."""
        if self.tokenizer is None:
            return X
        return list(self.tokenizer.transform(text_rows(X, "X")))

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn what X is made of.

        Parameters
        ----------
        X : any form that the reader reads
        y : None
            Ignored.

        Returns
        -------
        self
        """
        self.fit_read(X)
        return self

    @abstractmethod
    def fit_read(self, X: Any) -> Examples:
        """Fit to X and read it, in one pass."""

    @abstractmethod
    def read(self, X: Any) -> Examples:
        """Read X, which must be of the form of the fit.

        Raises
        ------
        ValueError
            If X is of another form, or cannot be read.
        """

    @property
    @abstractmethod
    def spec(self) -> ReaderSpec:
        """What the network has to know."""

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """Names of the features of X, where it has any."""
        return None

    @property
    def of_numbers(self) -> ArrayReader | None:
        """The reader of the steps that are numbers, among which time stamps may be; None where there are none."""
        return None

    # Whether `augmented` changes anything.
    augments = False

    def augmented(self, examples: Examples, rng: np.random.Generator) -> Examples:
        """The examples of a fit with random changes, for one epoch of training."""
        return examples

    def check_axis(self, axis: str | None) -> None:
        """Raise where the reader changes the number of steps, and y has a value for each step of X.

        Parameters
        ----------
        axis : str or None
            That of the losses; see `skrnn.targets.Target`.
        """

    def _check_form(self, X: Any) -> str:
        """Form of X, which must be one of `forms`."""
        form = form_of(X)
        if form not in self.forms:
            wanted = " or ".join(NAMES[f] for f in self.forms)
            raise ValueError(f"X must hold {wanted} for reader={type(self).__name__}. Got {NAMES[form]}.")
        return form


@dataclass(frozen=True)
class ArraySpec(ReaderSpec):
    """D numbers per step.

    Attributes
    ----------
    n_features : int
        D.
    """

    n_features: int

    @property
    def columns(self) -> tuple[ColumnSpec, ...]:
        """The steps."""
        return (ColumnSpec("steps", (self.n_features,), "float32", "time"),)


class ArrayReader(Reader):
    """Read sequences of numbers: what estimators do by default with arrays, lists of arrays and `Sequences`.

    Parameters
    ----------
    frames_per_step : int, default=1
        Steps of X that become one step of the network, with the features of all of them: a recurrence over long
        sequences of like neighbours, such as speech, is faster and reaches farther. What lacks at the end of a sequence
        is zero, or missing where the cell reads missing values. y must not have a value per step.
    augmentation : SequenceAugmentation, default=None
        Random changes of the training data, other ones in each epoch; predictions and validation see X as it is. Its
        parameters are reached as ``augmentation__*``.

    Attributes
    ----------
    n_features_in_ : int
        D.
    feature_names_in_ : ndarray of shape (D,)
        Names of the columns, where X came with string names.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import ArrayReader
    >>> reader = ArrayReader().fit([np.ones((3, 2)), np.ones((1, 2))])
    >>> reader.read(np.zeros((1, 4, 2))).offsets["time"]
    array([0, 4])
    >>> ArrayReader(frames_per_step=3).fit_read(np.zeros((1, 4, 2))).columns["steps"].values.shape
    (2, 6)
    """

    forms = ("numbers",)

    _parameter_constraints: dict[str, Any] = {
        "frames_per_step": [Interval(Integral, 1, None, closed="left")],
        "augmentation": [SequenceAugmentation, None],
    }

    def __init__(self, frames_per_step: int = 1, augmentation: SequenceAugmentation | None = None) -> None:
        self.frames_per_step = frames_per_step
        self.augmentation = augmentation

    def fit_read(self, X: Any) -> Examples:
        """Fit to X and read it."""
        if (self.frames_per_step, self.augmentation) != (1, None):  # a check takes 0.2 ms, and every fit has a reader
            validate_params(self)
        self._check_form(X)
        sequences = self._checked(X, None)
        remember_features(self, sequences.n_features, sequences.feature_names)
        if self.augmentation is not None:
            self.augmentation.check(sequences.n_features)
        self._has_steps = bool((sequences.lengths > 1).any())
        return self._examples(sequences)

    def read(self, X: Any) -> Examples:
        """Read X, of D features as in the fit."""
        self._check_same_form(X)
        sequences = self._checked(X, self.n_features_in_)
        if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == 1 < len(X) and vars(self).get("_has_steps"):
            what = f"X of shape {X.shape} is {len(X)} sequences of one step. One sequence of {len(X)} steps is X[None]."
            warnings.warn(what, UserWarning, stacklevel=5)
        is_list = is_list_of_arrays(X)
        named = X[0] if is_list else X
        has_names = is_list and hasattr(named, "columns")  # those of a wide frame are steps
        if has_names or (isinstance(named, np.ndarray) and self.column_names is not None):
            check_feature_names(self, named, reset=False)
        return self._examples(sequences)

    def _examples(self, sequences: Sequences) -> Examples:
        if self.frames_per_step > 1:
            sequences = joined_steps(sequences, self.frames_per_step, np.nan if self._allow_nan else 0.0)
        return as_examples("steps", sequences)

    def lengths(self, X: Any) -> NDArray[np.int64]:
        """Steps of each sequence as it is given, (N,)."""
        return self._checked(X, self.n_features_in_).lengths

    @property
    def augments(self) -> bool:  # type: ignore[override]
        """Whether there is an augmentation."""
        return self.augmentation is not None

    def augmented(self, examples: Examples, rng: np.random.Generator) -> Examples:
        """The examples of a fit, changed by the augmentation."""
        if self.augmentation is None:
            return examples
        sequences = examples.in_memory().sequences("steps")
        if self.frames_per_step > 1:
            sequences = parted_steps(sequences, self.frames_per_step)
        changed = self._examples(self.augmentation.apply(sequences, rng))
        return examples.with_columns(changed.columns, changed.offsets)

    def check_axis(self, axis: str | None) -> None:
        """Raise where the number of steps changes, and y has a value for each step of X."""
        if axis != "time":
            return
        if self.frames_per_step > 1:
            got = f"frames_per_step={self.frames_per_step}"
            raise ValueError(f"a y with a value per step needs frames_per_step=1 in the reader. Got {got}.")
        if self.augmentation is not None and self.augmentation.changes_lengths:
            got = f"speed={self.augmentation.speed}"
            raise ValueError(f"a y with a value per step needs an augmentation with speed=0. Got {got}.")

    @property
    def of_numbers(self) -> ArrayReader:
        """The reader itself."""
        return self

    def _check_same_form(self, X: Any) -> None:
        form = form_of(X)
        if form != "numbers":
            raise ValueError(f"X must hold numbers, as in fit. Got {NAMES[form]}.")

    def _checked(self, X: Any, n_features: int | None) -> Sequences:
        options: Any = {"allow_nan": self._allow_nan, "nan_hint": self._nan_hint, "owner": self._owner}
        return check_sequences(X, n_features=n_features, **options)

    @property
    def spec(self) -> ArraySpec:
        """Features of a step."""
        return ArraySpec(self.frames_per_step * self.n_features_in_)

    @property
    def column_names(self) -> tuple[str, ...] | None:
        """Names of the features of X, where it has any."""
        names = vars(self).get("feature_names_in_")
        return None if names is None else tuple(names)


def as_examples(name: str, sequences: Sequences) -> Examples:
    """Examples of one column along time; what is on disk stays there."""
    values: Sequences | NDArray = sequences if sequences.on_disk else sequences.values
    return Examples({name: Column(values, "time")}, {"time": sequences.offsets})
