"""Gaps in the data: `grud` beside a `gru` whose gaps are filled in, on stays in intensive care (PhysioNet 2012, set A).

Area under the ROC curve of deaths in hospital by stratified 5-fold cross-validation, the same folds for all. Settings
are from first trials on a part held out of the training part of the first fold; how many epochs each trains is told by
early stopping on a tenth of each training part. Test parts are scored once.

    SKRNN_DATA=/path/to/data python docs/benchmarks/cells/gaps.py [--trial] [--folds N] [model ...]
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from typing import Any

import keras
import numpy as np
import pandas as pd
import sklearn
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, RobustScaler, StandardScaler

from skrnn import RNNClassifier
from skrnn.datasets import INTENSIVE_CARE_FEATURES, load_intensive_care
from skrnn.preprocessing import PerStep

NETWORK = {
    "units": 48,
    "learning_rate": 0.003,
    "batch_size": 64,
    "epochs": 40,
    "early_stopping": True,
    "n_iter_no_change": 5,
    "jit_compile": True,
    "random_state": 0,
}


# What is known at admission.
STATIC = ("Age", "Gender", "Height", "ICUType")


class Clip(TransformerMixin, BaseEstimator):
    """Cut each feature off at two percentiles of the training part: some values were written down wrong."""

    def fit(self, X: Any, y: Any = None) -> Clip:
        self.low_, self.high_ = np.nanpercentile(X, [0.1, 99.9], axis=0)
        return self

    def transform(self, X: Any) -> NDArray:
        return np.clip(X, self.low_, self.high_)


def with_decay() -> Pipeline:
    """Scaled values with their gaps, and hours as they are."""
    scale = ColumnTransformer([("hours", "passthrough", [0])], remainder=make_pipeline(Clip(), StandardScaler()))
    grud = RNNClassifier("grud", cell__time_feature=0, dropout=0.3, recurrent_dropout=0.3, **NETWORK)
    return make_pipeline(PerStep(scale), grud)


def with_static() -> Pipeline:
    """The same, with what is known at admission in columns of its own."""
    measured = [name for name in INTENSIVE_CARE_FEATURES if name not in (*STATIC, "hours")]
    scale = PerStep(make_pipeline(Clip(), StandardScaler()), features=measured)
    numbers = make_pipeline(RobustScaler(), SimpleImputer(add_indicator=True))
    static = ColumnTransformer(
        [("numbers", numbers, ["Age", "Height"]), ("kind", OneHotEncoder(sparse_output=False), ["Gender", "ICUType"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    grud = RNNClassifier("grud", cell__time_feature="hours", dropout=0.3, recurrent_dropout=0.3, **NETWORK)
    return make_pipeline(FunctionTransformer(as_frame), scale, static, grud)


def as_frame(X: list[NDArray]) -> pd.DataFrame:
    """A column for each measurement, and one for each thing known at admission, which stands in the first step."""
    columns: dict[str, Any] = {}
    for k, name in enumerate(INTENSIVE_CARE_FEATURES):
        columns[name] = [x[0, k] for x in X] if name in STATIC else pd.Series([x[:, k] for x in X], dtype=object)
    return pd.DataFrame(columns)


def filled(indicators: bool = False, forward: bool = False) -> Pipeline:
    """Scaled values, hours among them; the mean or the last value where there is none; and which were there."""
    fill = PerStep(SimpleImputer(keep_empty_features=True, add_indicator=indicators))
    scale = [PerStep(make_pipeline(Clip(), StandardScaler())), *[FunctionTransformer(carried_forward)] * forward]
    return make_pipeline(*scale, fill, RNNClassifier("gru", dropout=0.5, **NETWORK))


def carried_forward(X: Any) -> list[NDArray]:
    """Each missing value is the last one that was seen in its sequence, if there was one."""
    rows = []
    for x in X:
        last_seen = np.maximum.accumulate(np.where(np.isnan(x), 0, np.arange(len(x))[:, None]), axis=0)
        rows.append(np.take_along_axis(x, last_seen, axis=0))
    return rows


def summaries(X: Any) -> NDArray:
    """Of each feature the first, last, least, greatest and mean value, and how often it was measured."""
    rows = []
    for x in X:
        seen = ~np.isnan(x)
        some = seen.any(axis=0)
        first, last = seen.argmax(axis=0), len(x) - 1 - seen[::-1].argmax(axis=0)
        columns = np.arange(x.shape[1])
        filled_up, filled_down = np.where(seen, x, np.inf), np.where(seen, x, -np.inf)
        count = seen.sum(axis=0)
        mean = np.where(seen, x, 0.0).sum(axis=0) / np.maximum(count, 1)
        values = [x[first, columns], x[last, columns], filled_up.min(axis=0), filled_down.max(axis=0), mean]
        rows.append(np.concatenate([*(np.where(some, v, np.nan) for v in values), count]))
    return np.array(rows)


def boosted() -> Pipeline:
    boosting = HistGradientBoostingClassifier(learning_rate=0.05, early_stopping=True, random_state=0)
    return make_pipeline(FunctionTransformer(summaries), boosting)


def both() -> Pipeline:
    return make_pipeline(VotingClassifier([("grud", with_static()), ("boosting", boosted())], voting="soft"))


MODELS = {
    "grud, gaps and hours": with_decay,
    "static columns beside grud": with_static,
    "gru, mean filled in": filled,
    "gru, last value filled in": lambda: filled(forward=True),
    "gru, mean filled in, indicators": lambda: filled(indicators=True),
    "gradient boosting of 6 summaries a feature": boosted,
    "mean of the probabilities of static columns beside grud, and boosting": both,
}


def fit_and_score(make: Any, train: Any, test: Any) -> tuple[float, float, int]:
    """Area under the curve, seconds of the fit, epochs."""
    (X, y), (X_test, y_test) = train, test
    begin = time.perf_counter()
    model = make().fit(X, y)
    seconds = time.perf_counter() - begin
    return roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]), seconds, getattr(model[-1], "n_iter_", 0)


def parts(X: list[NDArray], y: NDArray, chosen: argparse.Namespace) -> Any:
    """Training and test parts, or with ``--trial`` two parts of the first training part."""
    taken = StratifiedKFold(5, shuffle=True, random_state=0).split(np.zeros(len(y)), y)
    if chosen.trial:
        train = next(taken)[0]
        taken = [train_test_split(train, test_size=0.2, stratify=y[train], random_state=0)]
    for rows in list(taken)[: chosen.folds]:
        yield [([X[i] for i in part], y[part]) for part in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help=f"beginnings of names, of {', '.join(MODELS)}; default: all")
    parser.add_argument("--trial", action="store_true", help="score on a part of the first training part")
    parser.add_argument("--folds", type=int, default=5, help="only the first folds")
    chosen = parser.parse_args()
    X, y = load_intensive_care()
    print(f"{len(X)} stays, {y.sum()} deaths, {sum(map(len, X)) / len(X):.0f} steps on average")
    rows = []
    for name, make in MODELS.items():
        if chosen.models and not any(name.startswith(asked) for asked in chosen.models):
            continue
        found = []
        for train, test in parts(X, y, chosen):
            found.append(fit_and_score(make, train, test))
            print(f"  {name}: {found[-1][0]:.4f} in {found[-1][1]:.0f} s, {found[-1][2]} epochs", flush=True)
        rows.append((name, *map(np.array, zip(*found))))
    print("\n| Model | Area under the ROC curve | One fit | Epochs or trees |\n|---|---|---|---|")
    for name, areas, seconds, epochs in rows:
        spread = f" ± {areas.std(ddof=1):.3f}" if len(areas) > 1 else ""
        trained = f"{epochs.min()} to {epochs.max()}" if epochs.any() else ""
        print(f"| {name} | {areas.mean():.3f}{spread} | {seconds.mean():.0f} s | {trained} |")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"\nPython {platform.python_version()}, TensorFlow {tf.__version__}, Keras {keras.__version__}, "
        f"scikit-learn {sklearn.__version__}; {cores} cores."
    )


if __name__ == "__main__":
    main()
