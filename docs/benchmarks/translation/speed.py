"""Training and decoding of the translator's network: skrnn, plain PyTorch, and Keras, in turn.

    SKRNN_DATA=/path/to/data python docs/benchmarks/translation/speed.py [--repeats 3]

All train the same network (bidirectional LSTM, LSTM decoder, additive attention, 192 units) on the same 9,900 pairs of
EuTrans in batches of 64 of like length, an epoch at a time, and decode the same 500 test sentences with a beam of 5.
Keras trains with `keras.Model.fit` on batches padded to the longest pair, and decodes with a loop in Python over
`predict_on_batch`, a sentence at a time.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np
import torch
import torch_translator
from keras import ops
from shared import measured_with

from skrnn import RNNTranslator
from skrnn.datasets import load_parallel_text
from skrnn.layers import Attention

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--units", type=int, default=192)
parser.add_argument("--sentences", type=int, default=500)
parser.add_argument("--of_keras", type=int, default=10, help="sentences that Keras decodes; the time is scaled up")
options = parser.parse_args()
UNITS, DIM, DROPOUT, WIDTH, END = options.units, 128, 0.2, 5, 0

X, y = load_parallel_text("eutrans", "train")
test_X = load_parallel_text("eutrans", "test")[0][: options.sentences]
ours = RNNTranslator(
    "lstm",
    units=UNITS,
    target_dim=DIM,
    dropout=DROPOUT,
    epochs=1,
    jit_compile=True,  # which "auto" takes for fits of some epochs
    warm_start=True,
    random_state=0,
)
ours.fit(X, y)  # compiles
reader, vocabulary, longest = ours.reader_, ours.vocabulary_, 2 * max(map(len, y))
source = [reader.vocabulary_.encode([row]).tolist() for row in X]
target = [vocabulary.encode([row]).tolist() for row in y]
asked = [reader.vocabulary_.encode([row]).tolist() for row in test_X]
n_source, n_target = len(reader.vocabulary_), len(vocabulary)
tokens = sum(len(row) + 1 for row in y)
torch.manual_seed(0)
theirs = torch_translator.Translator(n_source, n_target, UNITS, DIM, DROPOUT)


class KerasDecoder(keras.layers.Layer):
    """The decoder of the same network, of Keras' own layers and skrnn's attention, which Keras lacks."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = keras.layers.Dense(2 * UNITS, activation="tanh")
        self.lstm = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
        self.attention = Attention("additive")
        self.combine = keras.layers.Dense(UNITS, activation="tanh", use_bias=False)
        self.dropout = keras.layers.Dropout(DROPOUT)
        self.scores = keras.layers.Dense(n_target)

    def call(self, inputs, training=False):
        steps, real, before = inputs  # (B, T, 2 H), (B, T), (B, S, E)
        last = ops.cast(ops.sum(ops.cast(real, "int32"), axis=1) - 1, "int32")
        ends = ops.take_along_axis(steps, last[:, None, None], axis=1)[:, 0]
        states = ops.split(self.begin(ops.concatenate([steps[:, 0], ends], axis=1)), 2, axis=1)
        h, *_ = self.lstm(before, initial_state=states)
        contexts, _ = self.attention(h, steps, self.attention.keys(steps), real)
        return self.scores(self.dropout(self.combine(ops.concatenate([h, contexts], axis=-1)), training=training))

    def build(self, shapes):
        steps, _, before = shapes
        self.begin.build((None, 2 * steps[-1]))
        self.lstm.build(before)
        self.attention.build((None, None, UNITS), steps)
        self.combine.build((None, None, UNITS + steps[-1]))
        self.scores.build((None, None, UNITS))
        self.built = True


def keras_model():
    x, before = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    embedded = keras.layers.Dropout(DROPOUT)(keras.layers.Embedding(n_source + 1, DIM, mask_zero=True)(x))
    steps = keras.layers.Bidirectional(keras.layers.LSTM(UNITS, return_sequences=True))(embedded)
    steps = keras.layers.Dropout(DROPOUT)(steps)
    fed = keras.layers.Dropout(DROPOUT)(keras.layers.Embedding(n_target, DIM)(before))
    real = keras.layers.Lambda(lambda numbers: numbers > 0)(x)
    scores = KerasDecoder()([steps, real, fed])
    model = keras.Model([x, before], scores)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile(keras.optimizers.Adam(0.002, global_clipnorm=1.0), loss=loss)
    return model


def rectangle(rows, value):
    length = max(map(len, rows))
    return np.array([[*row, *[value] * (length - len(row))] for row in rows], np.int32)


of_keras = keras_model()
source_table = rectangle([[n + 1 for n in row] for row in source], 0)
before_table, y_table = rectangle([[END, *row] for row in target], 0), rectangle([[*row, END] for row in target], -1)


def keras_beam(row):
    """One sentence, with a call of the model for each step, that reads all tokens so far."""
    x = np.repeat(np.array([[n + 1 for n in row]], np.int32), WIDTH, axis=0)
    hypotheses, done = [((END,), 0.0)], []
    for _ in range(longest + 1):
        before = rectangle([h for h, _ in hypotheses], 0)
        scores = of_keras.predict_on_batch([x[: len(hypotheses)], before])[:, -1]
        log_p = scores - np.log(np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
        log_p -= scores.max(axis=1, keepdims=True)
        total = log_p + np.array([s for _, s in hypotheses])[:, None]
        found = []
        for k in np.argsort(-total, axis=None)[: 2 * WIDTH]:
            i, token = divmod(int(k), total.shape[1])
            found.append(((*hypotheses[i][0], token), float(total[i, token])))
        done += [(h, s / (len(h) - 1)) for h, s in found[:WIDTH] if h[-1] == END]
        hypotheses = [(h, s) for h, s in found if h[-1] != END][:WIDTH]
        if len(done) >= WIDTH:
            break
    return max(done, key=lambda pair: pair[1])[0] if done else ()


def seconds(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def one_of_keras():
    order = np.random.default_rng(0).permutation(len(X))
    of_keras.fit([source_table[order], before_table[order]], y_table[order], batch_size=64, epochs=1, verbose=0)


training = {
    "skrnn": lambda: seconds(lambda: ours.fit(X, y)),
    "PyTorch": lambda: torch_translator.train(theirs, source, target, 1)[0],
    "keras.Model.fit": lambda: seconds(one_of_keras),
}
decoding = {
    "skrnn": lambda: seconds(lambda: ours.set_params(beam_width=WIDTH).predict(test_X)),
    "PyTorch, batched": lambda: seconds(lambda: torch_translator.beam_search(theirs, asked, WIDTH, longest)),
    "Python loop over predict_on_batch": lambda: (
        seconds(lambda: [keras_beam(row) for row in asked[: options.of_keras]]) * len(asked) / options.of_keras
    ),
}
of_one = {"skrnn, one sentence": lambda: seconds(lambda: ours.predict(test_X[:1]))}
for name, calls, amount, unit in (
    ("training", training, tokens, "tokens"),
    ("decoding, beam 5", decoding, len(test_X), "sentences"),
    ("decoding, beam 5, alone", of_one, 1, "sentences"),
):
    for call in calls.values():
        call()  # compiles
    found = {key: [] for key in calls}
    for repeat in range(options.repeats):
        for key in list(calls)[repeat % len(calls) :] + list(calls)[: repeat % len(calls)]:
            found[key].append(calls[key]())
    medians = {key: float(np.median(values)) for key, values in found.items()}
    print(f"\n| {name} | seconds | {unit} per second | times as long as skrnn |\n|{'---|' * 4}")
    for key, value in medians.items():
        print(
            f"| {key} | {value:.3f} | {amount / value:,.0f} | {value / next(iter(medians.values())):.2f} |", flush=True
        )
print(measured_with(), f"torch {torch.__version__}.")
