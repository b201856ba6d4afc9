"""Watching a fit: scikit-learn's callbacks on every estimator, alone, in a search and in a pipeline."""

import copy
import importlib.util
import pickle
import re
import sys
import warnings
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
import sklearn
from conftest import toy_sequences
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNRegressor
from skrnn.estimators import callback_context
from skrnn.preprocessing import PerStep
from skrnn.training.program import Program

try:
    from sklearn.callback import ProgressBar, ScoringMonitor
except ImportError:
    ProgressBar = ScoringMonitor = None

FAST = {"units": 3, "epochs": 3, "batch_size": 16, "random_state": 0}
SCORING = {RNNClassifier: "neg_log_loss", RNNRegressor: "r2"}

new_sklearn = pytest.mark.skipif(ScoringMonitor is None, reason="scikit-learn 1.9 brought callbacks")


@pytest.fixture(params=[RNNClassifier, RNNRegressor])
def kind(request):
    return request.param


def monitored(kind, **options):
    monitor = ScoringMonitor(scoring=SCORING[kind])
    return kind(**{**FAST, **options}).set_callbacks(monitor), monitor


def scores(monitor, task="epoch"):
    (name,) = monitor._scoring
    return [row[name] for row in monitor.get_logs().data if row["task_name"] == task]


class Recorder:
    """Writes down what it is told, and calls a function at one place: ``Recorder(end_epoch=function)``."""

    def __init__(self, **at):
        self.at = at
        self.heard = []
        self.seen = []

    def _note(self, hook, context, **given):
        self.heard.append((hook, context.task_name))
        self.seen.append({"context": context, **given})
        return self.at.get(f"{hook}_{context.task_name}", lambda: None)()

    def setup(self, estimator, context):
        self._note("setup", context)

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self._note("begin", context, X=X, y=y, metadata=metadata, fitted=fitted_estimator)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        return self._note("end", context, X=X, y=y, metadata=metadata, fitted=fitted_estimator)

    def teardown(self, estimator, context):
        self._note("teardown", context)


class Blind(Recorder):
    """Asks for nothing."""

    def on_fit_task_begin(self, estimator, context):
        self._note("begin", context)

    def on_fit_task_end(self, estimator, context):
        return self._note("end", context)


EPOCH = [("begin", "epoch"), ("end", "epoch")]
BEFORE, AFTER = [("setup", "fit"), ("begin", "fit")], [("end", "fit"), ("teardown", "fit")]


def fails():
    raise RuntimeError("no more")


def interrupts():
    raise KeyboardInterrupt


@new_sklearn
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 1, "learning_rate": 0.3, "epochs": 9},
        {"optimizer__use_ema": True, "optimizer__ema_momentum": 0.5},
    ],
    ids=["plain", "early_stopping", "averaged_weights"],
)
def test_a_score_after_epoch_k_is_that_of_a_fit_of_k_epochs(kind, toy, options):
    X, y = toy
    model, monitor = monitored(kind, **options)
    model.fit(X, y)
    logged = scores(monitor)
    assert len(logged) == model.n_iter_
    assert ("early_stopping" in options) == (model.n_iter_ < model.epochs)
    scorer = get_scorer(SCORING[kind])
    for k, score in enumerate(logged, start=1):
        unwatched = clone(model).set_params(epochs=k).set_callbacks().fit(X, y)
        assert scorer(unwatched, X, y) == score
    assert scores(monitor, "fit") == [logged[-1]]
    for mine, theirs in zip(model.weights_, unwatched.weights_):  # watching changes nothing
        np.testing.assert_array_equal(mine, theirs)
    assert model.history_ == unwatched.history_


@new_sklearn
def test_scores_with_sample_weight_and_steps(toy):
    X, _ = toy
    y = [x[:, :1] * 2.0 for x in X]
    weights = np.arange(len(X)) + 0.5
    recorder = Recorder()
    model = RNNRegressor(**FAST).set_callbacks(recorder).fit(X, y, sample_weight=weights)
    for told in recorder.seen[1:-1]:
        assert told["X"] is X
        assert told["y"] is y
        assert told["metadata"] == {"sample_weight": weights}
    X, y = toy
    model, monitor = monitored(RNNClassifier)
    model.fit(X, y, sample_weight=weights)
    assert scores(monitor)[-1] == get_scorer("neg_log_loss")(model, X, y, sample_weight=weights)


@new_sklearn
def test_what_a_callback_is_told(kind, toy):
    recorder = Recorder()
    model = kind(**FAST).set_callbacks(recorder)
    model.fit(*toy)
    assert recorder.heard == [*BEFORE, *3 * EPOCH, *AFTER]
    root, *_ = (told["context"] for told in recorder.seen)
    assert (root.estimator_name, root.max_subtasks, root.sequential_subtasks) == (kind.__name__, 3, True)
    epochs = [told for told in recorder.seen if told["context"].task_name == "epoch"]
    assert [(e["context"].task_id, e["context"].max_subtasks) for e in epochs] == [(i // 2, 0) for i in range(6)]
    assert [e["fitted"].n_iter_ for e in epochs] == [0, 1, 1, 2, 2, 3]
    assert [len(e["fitted"].history_.get("loss", [])) for e in epochs] == [0, 1, 1, 2, 2, 3]
    assert all(e["metadata"] is None for e in epochs)
    last = epochs[-1]["fitted"]
    assert last is not model
    np.testing.assert_array_equal(last.predict(toy[0]), model.predict(toy[0]))
    last.set_callbacks().partial_fit(*toy)  # all is there to go on with
    assert last.n_iter_ == 4
    assert model.n_iter_ == 3


@new_sklearn
def test_weights_are_read_only_for_who_asks(kind, toy, monkeypatch):
    reads = []
    read = Program.read_weights
    monkeypatch.setattr(Program, "read_weights", lambda self: reads.append(0) or read(self))
    kind(**FAST).fit(*toy)
    unwatched = len(reads)
    blind = Blind()
    kind(**FAST).set_callbacks(blind).fit(*toy)
    assert len(reads) == 2 * unwatched
    assert blind.heard == [*BEFORE, *3 * EPOCH, *AFTER]


@new_sklearn
def test_a_callback_stops_training(kind, toy):
    answers = iter([False, True])
    recorder = Blind(end_epoch=lambda: next(answers))
    model = kind(**FAST).set_callbacks(recorder).fit(*toy)
    assert recorder.heard == [*BEFORE, *2 * EPOCH, *AFTER]
    assert model.n_iter_ == 2
    twice = kind(**{**FAST, "epochs": 2}).fit(*toy)
    np.testing.assert_array_equal(model.predict(toy[0]), twice.predict(toy[0]))


@new_sklearn
@pytest.mark.parametrize(("what", "error"), [(fails, RuntimeError), (interrupts, KeyboardInterrupt)])
@pytest.mark.parametrize("where", ["setup_fit", "begin_fit", "begin_epoch", "end_epoch"])
def test_a_fit_that_fails_tears_down_and_leaves_the_estimator(toy, where, what, error):
    recorder = Blind(**{where: what})
    model = RNNClassifier(**FAST).fit(*toy)
    before = dict(vars(model))
    with pytest.raises(error):
        model.set_callbacks(recorder).fit(*toy)
    assert recorder.heard[-1] == ("teardown", "fit")
    assert recorder.heard.count(("teardown", "fit")) == 1
    del model._skl_callbacks
    assert vars(model) == before


@new_sklearn
def test_an_error_of_training_tears_down(toy):
    X, y = toy
    recorder = Blind()
    model = RNNRegressor(**FAST, learning_rate=1e30, global_clipnorm=None, normalize_y=False).set_callbacks(recorder)
    with pytest.raises(ValueError, match="loss must stay finite"):
        model.set_params(optimizer="sgd", epochs=20).fit(X, y * 1e30)
    assert recorder.heard[-1] == ("teardown", "fit")
    recorder.heard.clear()
    with pytest.raises(ValueError, match=r"X\[0\]"):
        model.fit([np.full((2, 3), np.nan)] * len(y), y)
    with pytest.raises(TypeError, match="callbacks must be Keras callbacks"):
        model.set_params(callbacks=["no callback"]).fit(X, y)
    assert recorder.heard == []  # before any training


@new_sklearn
def test_partial_fit_is_a_task_of_one_epoch_and_initialize_is_none(kind, toy):
    recorder = Recorder()
    model = kind(**FAST).set_callbacks(recorder)
    model.initialize(*toy)
    assert recorder.heard == []
    for n in (1, 2):
        model.partial_fit(*toy)
        assert recorder.heard == n * [*BEFORE, *EPOCH, *AFTER]
        assert recorder.seen[-2]["fitted"].n_iter_ == n
    assert recorder.seen[0]["context"].max_subtasks == 1


@new_sklearn
def test_keras_callbacks_and_early_stopping_end_the_task(toy):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    recorder = Recorder()
    RNNClassifier(**{**FAST, "epochs": 9}, callbacks=Stop()).set_callbacks(recorder).fit(*toy)
    assert recorder.heard == [*BEFORE, *2 * EPOCH, *AFTER]


@new_sklearn
def test_copies(kind, toy):
    monitor = ScoringMonitor(scoring=SCORING[kind])
    model = kind(**FAST).set_callbacks(monitor).fit(*toy)
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown", "_parent_callback_ctx"} & set(vars(model))
    assert clone(model)._skl_callbacks == [monitor]  # one monitor hears of all clones, as in scikit-learn
    for same in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(same.predict(toy[0]), model.predict(toy[0]))
        same.fit(*toy)
        assert scores(same._skl_callbacks[0]) == scores(monitor)
    assert "_skl_callbacks" not in vars(clone(model.set_callbacks()))


def test_a_clone_has_an_output_setting_of_its_own():
    model = RNNClassifier()
    model._sklearn_output_config = {"transform": "pandas"}
    twin = clone(model)
    assert twin._sklearn_output_config == model._sklearn_output_config
    assert twin._sklearn_output_config is not model._sklearn_output_config


@new_sklearn
def test_names_of_an_earlier_fit_are_forgotten(toy):
    pd = pytest.importorskip("pandas")
    X, y = toy
    model, monitor = monitored(RNNClassifier)
    model.fit([pd.DataFrame(x, columns=["a", "b", "c"]) for x in X], y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    assert len(scores(monitor)) == 3


@new_sklearn
def test_progress_bar(kind, toy, capsys):
    pytest.importorskip("rich")
    kind(**FAST).set_callbacks(ProgressBar()).fit(*toy)
    assert re.search(rf"{kind.__name__} - fit .*100%", capsys.readouterr().out)


@new_sklearn
@pytest.mark.parametrize("backend", ["sequential", "threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_in_a_search(toy, capsys, backend):
    pytest.importorskip("rich")
    X, y = toy
    model, monitor = monitored(RNNClassifier, epochs=2)
    search = GridSearchCV(model, {"units": [2, 3]}, cv=2).set_callbacks(ProgressBar())
    with joblib.parallel_config(backend, n_jobs=2):
        search.fit(X, y)
    shown = capsys.readouterr().out
    assert re.search("GridSearchCV - fit", shown)
    for task in range(4):
        assert re.search(rf"RNNClassifier - fit #{task}", shown)
    assert len(scores(monitor)) == (4 + 1) * 2
    refit = [row["neg_log_loss"] for row in monitor.get_logs().data if row["task_id_path"][:-1] == (0, 1)]
    assert refit == [
        get_scorer("neg_log_loss")(clone(search.best_estimator_).set_params(epochs=k).fit(X, y), X, y) for k in (1, 2)
    ]
    assert search.best_estimator_._skl_callbacks == [monitor]  # the bar stays with the search
    pickle.dumps(search)


@new_sklearn
def test_in_a_pipeline(kind, toy, capsys):
    pytest.importorskip("rich")
    X, y = toy
    model, monitor = monitored(kind)
    pipeline = make_pipeline(PerStep(StandardScaler()), model)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The estimator PerStep does not support callbacks")
        pipeline.set_callbacks(ProgressBar()).fit(X, y)
    shown = capsys.readouterr().out
    assert re.search(rf"Pipeline - fit-final-estimator \| {kind.__name__} - fit #1", shown)
    scaled = pipeline[:-1].transform(X)
    assert scores(monitor)[-1] == get_scorer(SCORING[kind])(pipeline[-1], scaled, y)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The estimator PerStep does not support callbacks")
        GridSearchCV(pipeline.set_callbacks(), {f"{kind.__name__.lower()}__units": [2]}, cv=2).set_callbacks(
            ProgressBar(max_propagation_depth=None)
        ).fit(X, y)
    assert re.search(rf"{kind.__name__} - fit #1", capsys.readouterr().out)


@new_sklearn
def test_what_is_no_callback_is_refused():
    with pytest.raises(TypeError, match="callbacks must be instances following the FitCallback protocol"):
        RNNClassifier().set_callbacks(keras.callbacks.Callback())


def test_an_older_scikit_learn_has_no_callbacks(monkeypatch, toy):
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    spec = importlib.util.spec_from_file_location("context_of_old", callback_context.__file__)
    old = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(old)

    class Estimator(old.CallbackSupportMixin, BaseEstimator):
        @old.with_callbacks
        def fit(self, X, y):
            assert old.CallbackContext.begin(self, X, y, None, 3, dict) is None
            return self

    Estimator().fit(*toy)
    with pytest.raises(ImportError, match=f"needs scikit-learn 1.9 or newer. Got {sklearn.__version__}"):
        Estimator().set_callbacks()


@pytest.mark.skipif(ScoringMonitor is not None, reason="scikit-learn has callbacks")
def test_on_an_older_scikit_learn(kind, toy):
    with pytest.raises(ImportError, match=r"needs scikit-learn 1\.9 or newer"):
        kind().set_callbacks()
    clone(kind(**FAST).fit(*toy)).partial_fit(*toy)


def test_verbose(kind, capsys):
    X, y = toy_sequences()
    kind(**FAST, verbose=1).fit(X, y)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"epoch 3/3  loss \d\.\d{4}  00:0\d\n", err)
    stopping = {"epochs": 9, "early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.5}
    model = kind(**{**FAST, **stopping}, verbose=1).fit(X, y)
    assert model.n_iter_ < 9
    numbers = r"loss \d\.\d{4}  val_loss \d\.\d{4}"
    assert re.fullmatch(rf"epoch {model.n_iter_}/9  {numbers}  00:0\d, stopped early\n", capsys.readouterr().err)
    kind(**{**FAST, **stopping}, verbose=2).fit(X, y)
    out, err = capsys.readouterr()
    assert len(re.findall(rf"epoch \d/9  {numbers}\n", out)) == model.n_iter_
    assert err == ""
    kind(**FAST).fit(X, y)
    assert capsys.readouterr() == ("", "")


@new_sklearn
def test_the_example_in_the_guide_runs(capsys):
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text()
    section = guide.partition("Watching a fit")[2]
    (block,) = re.findall(r"```python\n(.*?)```", section.partition("\n## ")[0], flags=re.DOTALL)
    exec(compile(block, "guide.md", "exec"), {"__name__": "page"})
    assert capsys.readouterr().out
