"""Learning curves: losses and scores of a fit, epoch by epoch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrnn.inspection.fitted import find_with, import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Keras' mark on the curves of the validation data.
_VAL = "val_"


class HistoryDisplay:
    """Display of the learning curves of a fit.

    Use it to see whether a network still learns (more epochs), has stopped (fewer, or another learning
    rate) or fits the training data only (the dashed validation curve turns away). `from_estimator`
    is the usual way in.

    Parameters
    ----------
    history : mapping of str to sequence of float
        One number per epoch for each name; a name that starts with ``val_`` is the validation curve
        of the name after it.
    keys : str, iterable of str or None, default=None
        Names to draw; the validation curve of a name comes along. None draws everything but the
        learning rate.
    estimator_name : str or None, default=None
        Title of the plot; None leaves it out.

    Attributes
    ----------
    best_epoch_ : int or None
        The epoch with the lowest ``val_loss``, counted from 1; None without a validation loss.
    ax_ : matplotlib Axes
        What `plot` drew on.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : dict of str to matplotlib Line2D
        One line for each name drawn.

    Raises
    ------
    ValueError
        If the history is empty, a curve is not a row of numbers, or the curves to draw differ in length.
    ValueError
        If one of `keys` is not in the history.

    Examples
    --------
    >>> from skrnn.inspection import HistoryDisplay
    >>> history = {"loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.6, 0.7]}
    >>> display = HistoryDisplay(history)
    >>> display.best_epoch_
    2
    >>> display.plot().ax_.get_xlabel()
    'Epoch'
    """

    ax_: "Axes"
    figure_: Any
    lines_: dict[str, Any]

    def __init__(
        self,
        history: Mapping[str, Sequence[float]],
        *,
        keys: str | Iterable[str] | None = None,
        estimator_name: str | None = None,
    ) -> None:
        self.history = history
        self.keys = keys
        self.estimator_name = estimator_name
        self._curves = _select_curves(history, keys)
        self.best_epoch_ = _find_best_epoch(history, n_epochs=len(next(iter(self._curves.values()))))

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, keys: str | Iterable[str] | None = None, ax: "Axes | None" = None
    ) -> "HistoryDisplay":
        """Draw the learning curves of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with a `history_`; of a Pipeline its last step is taken, of a search such
            as GridSearchCV its `best_estimator_`.
        keys : str, iterable of str or None, default=None
            Names to draw; the validation curve of a name comes along. None draws everything but the
        learning rate.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted, or a search was told not to refit.
        TypeError
            If the estimator is fitted but keeps no `history_`.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> from skrnn import RNNRegressor
        >>> from skrnn.datasets import make_adding_problem
        >>> from skrnn.inspection import HistoryDisplay
        >>> X, y = make_adding_problem(n_samples=32, length=5, random_state=0)
        >>> model = RNNRegressor("elman", 4, epochs=3, random_state=0).fit(X, y)
        >>> sorted(HistoryDisplay.from_estimator(model).lines_)
        ['loss']
        """
        fitted = find_with(estimator, "history_", "keep a history_ of its fit")
        return cls(fitted.history_, keys=keys, estimator_name=type(fitted).__name__).plot(ax=ax)

    def plot(self, ax: "Axes | None" = None) -> "HistoryDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : HistoryDisplay
            The display itself, with `ax_`, `figure_` and `lines_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        plt = import_pyplot("HistoryDisplay.plot")
        from matplotlib.ticker import MaxNLocator

        if ax is None:
            _, ax = plt.subplots()
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = self._draw_curves(ax)
        if self.best_epoch_ is not None:
            self._mark_best_epoch(ax, self.best_epoch_)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("Epoch")
        if len(self.lines_) == 1:
            ax.set_ylabel(next(iter(self.lines_)))
        if self.estimator_name is not None:
            ax.set_title(self.estimator_name)
        ax.legend()
        return self

    def _draw_curves(self, ax: "Axes") -> dict[str, Any]:
        """Draw each curve; a validation curve is dashed, in the colour of its training curve."""
        lines: dict[str, Any] = {}
        for name, curve in self._curves.items():
            twin = lines.get(name.removeprefix(_VAL)) if name.startswith(_VAL) else None
            (lines[name],) = ax.plot(
                np.arange(1, len(curve) + 1),
                curve,
                label=name,
                color=None if twin is None else twin.get_color(),
                linestyle="--" if name.startswith(_VAL) else "-",
                # A line through one point would be invisible.
                marker="o" if len(curve) == 1 else None,
            )
        return lines

    def _mark_best_epoch(self, ax: "Axes", epoch: int) -> None:
        """Mark the epoch of the best validation loss: a line down the axes, a dot on the curve."""
        ax.axvline(epoch, color="0.5", linestyle=":", label=f"lowest val_loss: epoch {epoch}")
        line = self.lines_.get(_VAL + "loss")
        if line is not None:
            ax.plot(epoch, line.get_ydata()[epoch - 1], "o", color=line.get_color())


def _select_curves(
    history: Mapping[str, Sequence[float]], keys: str | Iterable[str] | None
) -> dict[str, NDArray[np.float64]]:
    """Return the curves to draw, each validation curve right after its training curve."""
    if not isinstance(history, Mapping) or not history:
        raise ValueError(f"history must map at least one name to one number per epoch. Got {history!r}.")
    if keys is None:  # a rate beside losses would be a flat line
        keys = [key for key in history if key != "learning_rate"] or list(history)
    wanted = [keys] if isinstance(keys, str) else list(keys)
    unknown = [key for key in wanted if key not in history]
    if unknown or not wanted:
        raise ValueError(f"keys must name at least one of {sorted(history)}. Got {unknown or wanted}.")
    # A dict, as it keeps the order and drops what is named twice.
    names = dict.fromkeys(twin for key in wanted for twin in _order_twins(key, wanted) if twin in history)
    curves = {name: _check_curve(name, history[name]) for name in names}
    lengths = {name: len(curve) for name, curve in curves.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"All curves must have one number per epoch, so one length. Got {lengths}.")
    return curves


def _order_twins(key: str, wanted: list[str]) -> list[str]:
    """Return the name with its validation twin, the training curve first if it is wanted at all."""
    base = key.removeprefix(_VAL)
    return [base, _VAL + base] if base in wanted else [key]


def _check_curve(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a curve as an array with one number per epoch."""
    try:
        curve = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        curve = np.empty(0)
    if curve.ndim != 1 or curve.size == 0:
        raise ValueError(f"history[{name!r}] must hold one number per epoch. Got {values!r}.")
    return curve


def _find_best_epoch(history: Mapping[str, Sequence[float]], n_epochs: int) -> int | None:
    """Return the epoch with the lowest validation loss, counted from 1."""
    if _VAL + "loss" not in history:
        return None
    losses = _check_curve(_VAL + "loss", history[_VAL + "loss"])
    if len(losses) != n_epochs or np.isnan(losses).all():
        return None
    return int(np.nanargmin(losses)) + 1
