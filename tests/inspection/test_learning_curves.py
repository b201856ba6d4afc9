"""Learning curves: what is drawn, what is marked, where the history is found."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn.inspection import HistoryDisplay

HISTORY = {
    "loss": [0.9, 0.6, 0.4, 0.3],
    "accuracy": [0.5, 0.6, 0.8, 0.9],
    "val_loss": [1.0, 0.7, 0.5, 0.6],
    "val_accuracy": [0.4, 0.6, 0.7, 0.65],
}


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that only leaves a history."""

    def __init__(self, rate=1.0):
        self.rate = rate

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.history_ = {"loss": [self.rate, self.rate / 2]}
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture
def data():
    rng = np.random.RandomState(0)
    return rng.randn(12, 2), np.arange(12) % 2


def test_draws_every_curve_by_epoch(plt):
    display = HistoryDisplay(HISTORY).plot()
    assert set(display.lines_) == set(HISTORY)
    for name, line in display.lines_.items():
        assert line.get_xdata().tolist() == [1, 2, 3, 4]
        assert line.get_ydata().tolist() == HISTORY[name]
        assert line.get_label() == name
    assert display.ax_.figure is display.figure_
    assert display.ax_.get_xlabel() == "Epoch"
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["loss", "val_loss", "accuracy", "val_accuracy", "lowest val_loss: epoch 3"]


def test_validation_is_dashed_in_the_colour_of_training(plt):
    lines = HistoryDisplay(HISTORY).plot().lines_
    for name in ("loss", "accuracy"):
        assert lines[name].get_linestyle() == "-"
        assert lines["val_" + name].get_linestyle() == "--"
        assert lines["val_" + name].get_color() == lines[name].get_color()
    assert lines["loss"].get_color() != lines["accuracy"].get_color()


@pytest.mark.parametrize(
    ("keys", "drawn"),
    [
        ("loss", ["loss", "val_loss"]),
        (["accuracy"], ["accuracy", "val_accuracy"]),
        ("val_accuracy", ["val_accuracy"]),
        (("val_loss", "loss"), ["loss", "val_loss"]),
        (["loss", "loss"], ["loss", "val_loss"]),
        (iter(["val_loss", "accuracy"]), ["val_loss", "accuracy", "val_accuracy"]),
    ],
)
def test_keys_choose_and_bring_validation_along(plt, keys, drawn):
    assert list(HistoryDisplay(HISTORY, keys=keys).plot().lines_) == drawn


def test_best_epoch_is_marked_on_axes_and_curve(plt):
    display = HistoryDisplay(HISTORY, keys="loss").plot()
    assert display.best_epoch_ == 1 + HISTORY["val_loss"].index(min(HISTORY["val_loss"]))
    vertical, dot = display.ax_.lines[2:]
    assert list(vertical.get_xdata()) == [3, 3]
    assert (list(dot.get_xdata()), list(dot.get_ydata())) == ([3], [0.5])


def test_best_epoch_without_its_curve_is_a_line_only(plt):
    display = HistoryDisplay(HISTORY, keys="accuracy").plot()
    assert list(display.ax_.lines[2].get_xdata()) == [3, 3]
    assert len(display.ax_.lines) == 3


@pytest.mark.parametrize(
    ("val_loss", "best"), [([np.nan, 2.0, 1.0], 3), ([1.0, 1.0, 2.0], 1), ([np.nan] * 3, None), ([1.0], None)]
)
def test_best_epoch_passes_over_nan_and_other_lengths(val_loss, best):
    history = {"accuracy": [1.0, 2.0, 3.0], "val_loss": val_loss}
    assert HistoryDisplay(history, keys="accuracy").best_epoch_ == best


def test_without_validation_nothing_is_marked(plt):
    display = HistoryDisplay({"loss": [3, 2, 1]}).plot()
    assert display.best_epoch_ is None
    assert len(display.ax_.lines) == 1
    assert display.ax_.get_ylabel() == "loss"


def test_one_epoch_is_visible(plt):
    assert HistoryDisplay({"loss": [3.0]}).plot().lines_["loss"].get_marker() == "o"


def test_draws_on_given_axes(plt):
    figure, (left, right) = plt.subplots(1, 2)
    display = HistoryDisplay(HISTORY).plot(ax=right)
    assert display.ax_ is right
    assert display.figure_ is figure
    assert not left.lines
    assert len(plt.get_fignums()) == 1


def test_history_is_left_alone(plt):
    history = {name: list(values) for name, values in HISTORY.items()}
    HistoryDisplay(history).plot()
    assert history == HISTORY


def test_from_estimator_pipeline_and_search(plt, data):
    X, y = data
    _, ax = plt.subplots()
    display = HistoryDisplay.from_estimator(Recorder(4.0).fit(X, y), ax=ax)
    assert display.ax_ is ax
    assert display.lines_["loss"].get_ydata().tolist() == [4, 2]
    assert display.ax_.get_title() == "Recorder"
    pipeline = make_pipeline(StandardScaler(), Recorder(6.0))
    assert HistoryDisplay.from_estimator(pipeline.fit(X, y)).history == {"loss": [6, 3]}
    search = GridSearchCV(pipeline, {"recorder__rate": [8.0]}, cv=2).fit(X, y)
    assert HistoryDisplay.from_estimator(search, keys="loss").history == {"loss": [8, 4]}
    nested = make_pipeline(StandardScaler(), GridSearchCV(Recorder(), {"rate": [2.0]}, cv=2)).fit(X, y)
    assert HistoryDisplay.from_estimator(nested).history == {"loss": [2, 1]}


@pytest.mark.parametrize(
    "estimator",
    [
        Recorder(),
        make_pipeline(StandardScaler(), Recorder()),
        GridSearchCV(Recorder(), {"rate": [1.0]}),
        LogisticRegression(),
    ],
    ids=["estimator", "pipeline", "search", "other"],
)
def test_unfitted_estimators_are_errors(estimator):
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(estimator)


def test_search_without_refit_is_an_error(data):
    search = GridSearchCV(Recorder(), {"rate": [1.0]}, cv=2, refit=False).fit(*data)
    with pytest.raises(NotFittedError, match=r"This GridSearchCV has no best_estimator_: fit it with refit=True\."):
        HistoryDisplay.from_estimator(search)


def test_estimator_without_history_is_an_error(data):
    with pytest.raises(TypeError, match=r"must keep a history_ of its fit.* Got LogisticRegression\."):
        HistoryDisplay.from_estimator(LogisticRegression().fit(*data))


@pytest.mark.parametrize("history", [{}, [0.5, 0.4], None])
def test_history_must_be_a_mapping_with_something_in_it(history):
    with pytest.raises(ValueError, match=r"history must map at least one name"):
        HistoryDisplay(history)


@pytest.mark.parametrize("values", [[], 0.5, ["a"], [[1, 2], [3, 4]], [[1], [2, 3]], None])
def test_curves_must_be_rows_of_numbers(values):
    with pytest.raises(ValueError, match=r"history\['loss'\] must hold one number per epoch\. Got "):
        HistoryDisplay({"loss": values})


def test_curves_must_have_one_length():
    with pytest.raises(ValueError, match=r"so one length\. Got \{'loss': 2, 'val_loss': 1\}\."):
        HistoryDisplay({"loss": [2, 1], "val_loss": [2]})


@pytest.mark.parametrize(("keys", "got"), [("los", r"\['los'\]"), (["loss", "auc"], r"\['auc'\]"), ([], r"\[\]")])
def test_unknown_keys_are_errors(keys, got):
    with pytest.raises(ValueError, match=r"keys must name at least one of \['accuracy', .*\]\. Got " + got):
        HistoryDisplay(HISTORY, keys=keys)


def test_missing_matplotlib_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install skrnn\[plots\]"):
        HistoryDisplay(HISTORY).plot()


def test_import_does_not_load_matplotlib():
    code = "import sys, skrnn.inspection; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_learning_rate_is_drawn_only_when_asked_for():
    pytest.importorskip("matplotlib").use("Agg")
    history = {"loss": [1.0, 0.5], "learning_rate": [0.1, 0.01]}
    assert list(HistoryDisplay(history).plot().lines_) == ["loss"]
    assert list(HistoryDisplay(history, keys="learning_rate").plot().lines_) == ["learning_rate"]
