"""Speed of text and of transformers: an epoch of a classifier of sentences, tokenizers, and scaling of many steps.

    SKRNN_DATA=/path/to/data python docs/benchmarks/text/speed.py [--repeats 3]

The network is an embedding of 128 numbers, an LSTM of 64 units, the mean of its states and a sigmoid, on 9,596
sentences of movie reviews in batches of 32. All see the same token numbers. PyTorch takes batches of like length,
padded to their longest, and Keras the array padded to the longest of all, with a mask.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import StandardScaler
from torch import nn

from skrnn import RNNClassifier, Sequences
from skrnn.datasets import load_movie_reviews
from skrnn.preprocessing import PerStep, Tokenizer, TokenReader

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from keras_peer import Clock, epoch_seconds
from timing import Result, command_line, compare, in_turn, print_results, seconds

DIM, UNITS, BATCH, EPOCHS = 128, 64, 32, 3


class Network(nn.Module):
    """The same in PyTorch."""

    def __init__(self, n_tokens: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_tokens, DIM)
        self.lstm = nn.LSTM(DIM, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, 1)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(self.embedding(tokens))
        real = mask[:, :, None].float()
        return self.head((states * real).sum(1) / real.sum(1))[:, 0]


def batches_of_like_length(lengths: NDArray) -> list[NDArray]:
    order = np.argsort(lengths * (1 + 0.05 * np.random.default_rng(0).random(len(lengths))))
    parts = np.split(order, np.arange(BATCH, len(order), BATCH))
    return [parts[k] for k in np.random.default_rng(1).permutation(len(parts))]


def torch_epoch(model: Network, optimizer: Any, rows: list[NDArray], y: torch.Tensor) -> None:
    loss_of = nn.BCEWithLogitsLoss()
    for batch in batches_of_like_length(np.array([len(row) for row in rows])):
        longest = max(len(rows[i]) for i in batch)
        tokens, mask = np.zeros((len(batch), longest), np.int64), np.zeros((len(batch), longest), bool)
        for k, i in enumerate(batch):
            tokens[k, : len(rows[i])], mask[k, : len(rows[i])] = rows[i], True
        optimizer.zero_grad()
        loss = loss_of(model(torch.from_numpy(tokens), torch.from_numpy(mask)), y[batch])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def keras_network(n_tokens: int) -> keras.Model:
    model = keras.Sequential(
        [
            keras.layers.Input((None,)),
            keras.layers.Embedding(n_tokens + 1, DIM, mask_zero=True),
            keras.layers.LSTM(UNITS, return_sequences=True),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.004, global_clipnorm=1.0), loss="binary_crossentropy")
    return model


def epochs(repeats: int) -> list[Result]:
    texts, y = load_movie_reviews()
    texts, y = texts[: 9596 // 2] + texts[-9596 // 2 :], np.concatenate([y[: 9596 // 2], y[-9596 // 2 :]])
    known: dict[str, int] = {}
    rows = [np.array([known.setdefault(word, len(known)) for word in text.split()]) for text in texts]
    ours = RNNClassifier(
        "lstm",
        units=UNITS,
        pooling="mean",
        reader=TokenReader(dim=DIM),
        learning_rate=0.004,
        epochs=EPOCHS,
        batch_size=BATCH,
        callbacks=Clock(),
        jit_compile=True,
        random_state=0,
    )
    padded = keras.utils.pad_sequences([row + 1 for row in rows], padding="post")
    in_keras, in_torch = keras_network(len(known)), Network(len(known))
    optimizer = torch.optim.Adam(in_torch.parameters(), 0.004)
    labels = torch.from_numpy(y.astype(np.float32))
    ours.fit(rows, y)

    def keras_fit() -> Any:
        return in_keras.fit(padded, y, batch_size=BATCH, epochs=EPOCHS, callbacks=[Clock()], verbose=0)

    def torch_fit() -> list[float]:
        return [seconds(lambda: torch_epoch(in_torch, optimizer, rows, labels)) for _ in range(EPOCHS - 1)]

    calls = {
        "skrnn": lambda: epoch_seconds(lambda: ours.fit(rows, y))[1:],
        "Keras": lambda: epoch_seconds(keras_fit)[1:],
        "PyTorch": torch_fit,
    }
    found = {name: sum(times, []) for name, times in in_turn(calls, repeats).items()}
    row = "Epoch of a classifier of sentences"
    return [
        compare(row, found["skrnn"], name, found[name], least) for name, least in (("PyTorch", 1.0), ("Keras", 3.0))
    ]


def transformers(repeats: int) -> list[Result]:
    texts, _ = load_movie_reviews()
    analyzer = CountVectorizer().build_analyzer()
    pattern = r"(?u)\b\w\w+\b"
    same = Tokenizer(token_pattern=pattern, lowercase=True)
    rng = np.random.default_rng(0)
    lengths = rng.integers(50, 150, 100_000)
    lengths = lengths[np.cumsum(lengths) <= 10_000_000]
    steps = Sequences(rng.normal(size=(lengths.sum(), 4)).astype(np.float32), np.concatenate([[0], np.cumsum(lengths)]))
    per_step = PerStep(StandardScaler())
    calls = {
        "Tokenizer(), white space": lambda: seconds(lambda: Tokenizer().transform(texts)),
        "Tokenizer, words": lambda: seconds(lambda: same.transform(texts)),
        "analyzer": lambda: seconds(lambda: [analyzer(text) for text in texts]),
        "PerStep": lambda: seconds(lambda: per_step.fit(steps).transform(steps)),
        "scaler": lambda: seconds(lambda: StandardScaler().fit(steps.values).transform(steps.values)),
    }
    found = in_turn(calls, max(5, repeats))
    n = f"{steps.values.shape[0] / 1e6:.1f} million steps of 4 features, scaled"
    of_words = "10,662 sentences to tokens, by words"
    return [
        compare(
            "10,662 sentences to tokens, at white space",
            found["Tokenizer(), white space"],
            "CountVectorizer's analyzer",
            found["analyzer"],
            1 / 1.5,
        ),
        compare(of_words, found["Tokenizer, words"], "CountVectorizer's analyzer", found["analyzer"], 1 / 1.5),
        compare(n, found["PerStep"], "StandardScaler on the flat array", found["scaler"], 1 / 1.2),
    ]


def main() -> None:
    options = command_line(__doc__, repeats=3).parse_args()
    begin = time.perf_counter()
    print_results([*transformers(options.repeats), *epochs(options.repeats)])
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
