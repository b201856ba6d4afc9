"""A target, a head, a reader and an estimator from outside skrnn: a y with lengths of its own, and static columns.

The estimator spells numbers: X is a sequence and a static number, y a list of digits of any length. Its head reads the
digits before the one that it predicts (teacher forcing), and searches greedily.
"""

import pickle
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skrnn.estimators.base import SequenceEstimator
from skrnn.estimators.parameters import CONSTRAINTS
from skrnn.heads import Head, make_head
from skrnn.networks.inputs import Inputs, build_inputs, keras_input
from skrnn.preprocessing import Reader, ReaderSpec
from skrnn.sequences.check import check_sequences
from skrnn.sequences.examples import Column, ColumnSpec, Examples
from skrnn.sequences.ragged import offsets_of, split_rows
from skrnn.targets import Target, TargetSpec
from skrnn.targets.target import Checked

END, MOST = 10, 4  # the number of the end, and digits at most


@dataclass(frozen=True)
class PairSpec(ReaderSpec):
    n_features: int

    @property
    def columns(self):
        return ColumnSpec("steps", (self.n_features,), axis="time"), ColumnSpec("static", (1,))


class PairReader(Reader):
    """Pairs of a sequence and a number."""

    n_features_in_ = 1

    def fit_read(self, X):
        return self.read(X)

    def read(self, X):
        sequences = check_sequences([x for x, _ in X])
        static = np.array([[number] for _, number in X], np.float32)
        return Examples(
            {"steps": Column(sequences.values, "time"), "static": Column(static)}, {"time": sequences.offsets}
        )

    @property
    def spec(self):
        return PairSpec(1)


@build_inputs.register
def _pair(spec: PairSpec):
    steps, static = (keras_input(column) for column in spec.columns)
    return Inputs([steps, static], Beside(name="beside")([steps, static]), learned=False)


class Beside(keras.layers.Layer):
    """A static number beside every step."""

    supports_masking = True

    def call(self, inputs):
        steps, static = inputs
        return ops.concatenate([steps, ops.broadcast_to(static[:, None], ops.shape(steps))], axis=2)

    def compute_mask(self, inputs, previous_mask=None):
        return None if previous_mask is None else previous_mask[0]

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:2], 2)


class DigitSpec(TargetSpec):
    @property
    def columns(self):
        return ColumnSpec("y", (), "int32", "target"), ColumnSpec("before", (), "int32", "target")


class DigitTarget(Target):
    """Lists of digits, with an end."""

    axis = "target"
    kind = "digits"
    spec = DigitSpec(END + 1, "target")

    def check(self, y, examples):
        if len(y) != len(examples):
            raise ValueError(f"y must have the {len(examples)} examples of X. Got {len(y)}.")
        lengths = np.array([len(row) + 1 for row in y])
        return Checked([[*row, END] for row in y], {"target": offsets_of(lengths)})

    def fit(self, values, weights, classes):
        pass

    def columns(self, values, examples):
        y = np.array([digit for row in values for digit in row], np.int32)
        before = np.array([digit for row in values for digit in [END, *row[:-1]]], np.int32)
        return {"y": Column(y, "target"), "before": Column(before, "target")}

    def present(self, decoded):
        values, axis = decoded.columns["y"]
        rows = split_rows(values, decoded.offsets[axis])
        return np.array([*(row[row != END].tolist() for row in rows), None], dtype=object)[:-1]


@dataclass(frozen=True)
class DigitHead(Head):
    """Scores of the next digit from the features and the digit before, by a table of its own."""

    feeds: ClassVar = ("before",)
    first_layer = "digits"

    def outputs(self, features, fused=True):
        return DigitScores(self.units, name=self.first_layer)(features)

    def losses(self, model, outputs, batch, training=False):
        scores = model.get_layer("digits").after(outputs, batch.columns["before"])  # (B, S, K)
        return keras.losses.sparse_categorical_crossentropy(batch.columns["y"], scores, from_logits=True)

    def decode(self, model, outputs, batch, how):
        layer, rows = model.get_layer("digits"), ops.shape(outputs)[0]
        digits = [ops.full((rows, 1), END, dtype="int32")]
        for _ in range(MOST):
            scores = layer.after(outputs, digits[-1])
            digits.append(ops.cast(ops.argmax(scores, axis=2), "int32"))
        digits = ops.concatenate(digits[1:], axis=1)  # (B, S)
        ended = ops.cumsum(ops.cast(digits == END, "int32"), axis=1)
        first = ops.arange(MOST)[None] == 0
        batch.masks["target"] = ops.logical_or(ended == 0, first)
        return {"y": Column(digits, "target")}


class DigitScores(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        shape = (input_shape[-1], self.units * self.units)
        self.kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="kernel")

    def call(self, features):
        return ops.reshape(ops.matmul(features, self.kernel), (-1, self.units, self.units))  # (B, before, next)

    def after(self, scores, before):
        return ops.matmul(ops.one_hot(before, self.units), scores)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units, self.units)


@make_head.register
def digit_head(spec: DigitSpec, request):
    return DigitHead(spec.n, spec.axis)


class Speller(SequenceEstimator):
    _parameter_constraints = CONSTRAINTS

    def __init__(
        self,
        cell="gru",
        units=None,
        *,
        bidirectional=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        pooling="last",
        reader=None,
        optimizer="adam",
        learning_rate=0.02,
        global_clipnorm=1.0,
        loss=None,
        metrics=None,
        epochs=40,
        batch_size=8,
        jit_compile="auto",
        callbacks=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        warm_start=False,
        random_state=None,
        verbose=0,
        **routed,
    ):
        own = {k: v for k, v in locals().items() if k not in ("self", "routed", "__class__")}
        self.__dict__.update(own)
        self._set_routed(routed)

    def fit(self, X, y, sample_weight=None):
        return self._fit(X, y, sample_weight, resume=self.warm_start)

    def predict(self, X):
        return self._target.present(self._decoded(X))

    def score(self, X, y):
        return float(np.mean([list(p) == list(q) for p, q in zip(self.predict(X), y)]))

    def _new_reader(self, X):
        return PairReader()

    def _new_target(self, y, reader):
        return DigitTarget()


def pairs(n=48, seed=0):
    """The digits of 1, 12, 123 or 2, 23, 234: how many follows from the steps, where they begin from the static."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(n):
        sign, start = rng.choice([-1.0, 0.0, 1.0]), int(rng.integers(2))
        X.append((np.full((rng.integers(1, 6), 1), sign), float(start)))
        y.append(list(range(1 + start, 3 + start + int(sign))))
    return X, y


@pytest.mark.core
def test_a_small_estimator_learns_a_y_with_lengths_of_its_own():
    X, y = pairs()
    model = Speller(units=8, random_state=0).fit(X, y)
    assert model.score(X, y) == 1.0
    assert sorted({len(row) for row in model.predict(X)}) == [1, 2, 3]
    alone = [model.predict([x])[0] for x in X]
    assert alone == list(model.predict(X))
    assert list(pickle.loads(pickle.dumps(model)).predict(X)) == alone
    assert list(clone(model).fit(X, y).predict(X)) == alone


def test_its_loss_is_the_mean_over_the_steps_of_y():
    X, y = pairs(12)
    options = {"optimizer": "sgd", "learning_rate": 1e-9, "batch_size": -1, "epochs": 1, "units": 3, "random_state": 0}
    model = Speller(**options).fit(X, y)
    plain = model.model_
    losses = []
    for (steps, static), digits in zip(X, y):
        mask = np.ones((1, len(steps)), bool)
        scores = plain([steps[None].astype("float32"), np.array([[static]], "float32")], mask=[mask, None])[0]
        p = ops.convert_to_numpy(ops.softmax(scores, axis=-1))
        losses += [-np.log(p[a, b]) for a, b in zip([END, *digits], [*digits, END])]
    assert model.history_["loss"][0] == pytest.approx(np.mean(losses), rel=1e-5)


def test_it_goes_through_searches_early_stopping_and_weights():
    X, y = pairs(24)
    search = GridSearchCV(Speller(epochs=3, random_state=0), {"units": [4, 8], "cell": ["gru", "mgu"]}, cv=2)
    assert np.isfinite(search.fit(X, y).cv_results_["mean_test_score"]).all()
    stopped = Speller(units=4, epochs=3, early_stopping=True, random_state=0).fit(X, y)
    assert len(stopped.history_["val_loss"]) == 3
    weights = [1.0] * 12 + [0.0] * 12
    part = Speller(units=4, epochs=2, random_state=0).fit(X[:12], y[:12])
    weighted = Speller(units=4, epochs=2, random_state=0).fit(X, y, sample_weight=weights)
    for a, b in zip(part.weights_, weighted.weights_):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="y must have the 24 examples of X. Got 3"):
        Speller().fit(X, y[:3])
