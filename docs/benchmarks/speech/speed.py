"""Speed of connectionist temporal classification: losses with gradients, search, and an epoch of the digit network.

    SKRNN_DATA=/path/to/data python docs/benchmarks/speech/speed.py [--repeats 7]

Losses: 16 rows of 200 frames, 30 classes and 20 labels, with their gradients, in a graph, against `tf.nn.ctc_loss` in
one, and PyTorch's `ctc_loss` with as many threads as it takes by itself, and with one. Search: the same frames, a beam
of 10, rows together and one at a time, against `tf.nn.ctc_beam_search_decoder`. The epoch is that of `digit_strings.py`
without augmentation: a bidirectional GRU of 128 units on 500 strings of digits, against the same in plain PyTorch on
batches of the same rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import torch
from digit_strings import joined, takes, transcriber

from skrnn.heads.prefix_search import prefix_search
from skrnn.layers import ctc

sys.path.append(str(Path(__file__).parents[1] / "speed"))
from timing import Result, command_line, compare, in_turn, print_results, seconds

B, T, V, S, W = 16, 200, 30, 20, 10


def timed(calls: list[Callable[[], Any]], repeats: int) -> list[list[float]]:
    """Seconds of each call, in turn, after one that compiles."""
    for call in calls:
        call()
    return list(in_turn({str(k): partial(seconds, call) for k, call in enumerate(calls)}, repeats).values())


def losses(repeats: int) -> list[Result]:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(B, T, V)).astype("float32")
    labels = rng.integers(1, V, size=(B, S)).astype("int32")
    given = [tf.constant(x) for x in (scores, labels, np.ones((B, T), bool), np.ones((B, S), bool))]
    any_size = [tf.TensorSpec([None] * (x.ndim - 1) + [V if x.ndim == 3 else None], x.dtype) for x in given]

    def with_gradient(x: Any, *rest: Any, jit_compile: bool) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = ctc.losses(x, *rest, training=True, jit_compile=jit_compile)
        return loss, tape.gradient(loss, x)

    ours, by_xla = (
        tf.function(partial(with_gradient, jit_compile=jit), input_signature=any_size, autograph=False)
        for jit in (False, True)
    )
    print(f"XLA compiles a size in {seconds(lambda: by_xla(*given)):.2f} s")

    @tf.function(input_signature=any_size[:2], autograph=False)
    def of_tensorflow(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            sizes = tf.fill([B], S), tf.fill([B], T)
            loss = tf.nn.ctc_loss(y, x, *sizes, logits_time_major=False, blank_index=0)
        return loss, tape.gradient(loss, x)

    def of_torch() -> None:
        x = torch.tensor(scores, requires_grad=True)
        log_p = torch.log_softmax(x, -1).transpose(0, 1)
        sizes = torch.full((B,), T), torch.full((B,), S)
        torch.nn.functional.ctc_loss(log_p, torch.tensor(labels).long(), *sizes, reduction="sum").backward()

    def with_one_thread() -> None:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        of_torch()
        torch.set_num_threads(threads)

    calls = [lambda: ours(*given), lambda: by_xla(*given), of_torch, with_one_thread, lambda: of_tensorflow(*given[:2])]
    *mine, two, one, theirs = timed(calls, 10 * repeats)
    row, threads = f"losses and gradients, B{B} T{T} V{V} S{S}", f"PyTorch, {torch.get_num_threads()} threads"
    return [
        line
        for name, own, target in zip((row, row + ", compiled with XLA"), mine, (None, 1.0))
        for line in (
            compare(name, own, threads, two, target),
            compare(name, own, "PyTorch, one thread", one),
            compare(name, own, "TensorFlow", theirs, 3.0),
        )
    ]


def searches(repeats: int) -> list[Result]:
    rows = 64
    scores = 3 * np.random.default_rng(1).normal(size=(rows, T, V)).astype("float32")
    log_p = tf.nn.log_softmax(scores)
    signature = [tf.TensorSpec((None, None, V)), tf.TensorSpec((None, None), tf.bool), tf.TensorSpec((None,))]

    @tf.function(input_signature=signature, autograph=False)
    def ours(log_p: Any, frames: Any, zeros: Any) -> Any:
        return prefix_search(log_p, frames, zeros, zeros, W)

    @tf.function(input_signature=signature[:1], autograph=False)
    def of_tensorflow(log_p: Any) -> Any:
        frames = tf.fill([tf.shape(log_p)[0]], T)
        return tf.nn.ctc_beam_search_decoder(tf.transpose(log_p, (1, 0, 2)), frames, W, W)

    found = []
    for n, target in ((rows, 5.0), (1, None)):
        given = log_p[:n], tf.ones((n, T), tf.bool), tf.zeros(n)
        mine, theirs = timed([lambda g=given: ours(*g), lambda g=given: of_tensorflow(g[0])], repeats)
        row = f"search, beam of {W}, T{T} V{V}, {n} {'rows' if n > 1 else 'row'}"
        found.append(compare(row, mine, "TensorFlow", theirs, target))
    return found


class Network(torch.nn.Module):
    """The network of `transcriber`."""

    def __init__(self, n_features: int, units: int, n_classes: int, dropout: float) -> None:
        super().__init__()
        self.gru = torch.nn.GRU(n_features, units, batch_first=True, bidirectional=True)
        self.dropout = torch.nn.Dropout(dropout)
        self.scores = torch.nn.Linear(2 * units, n_classes)

    def forward(self, x: Any, lengths: Any) -> Any:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        h, _ = torch.nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        return self.scores(self.dropout(h))


def epochs(repeats: int) -> list[Result]:
    X, y, _ = joined(takes()[0], 500, 0)
    model = transcriber(rnntranscriber__epochs=1, rnntranscriber__reader__augmentation=None)
    model.set_params(rnntranscriber__warm_start=True, rnntranscriber__jit_compile=True)  # as a fit of many epochs has
    model.fit(X, y)
    frames = model[:-1].transform(X)
    steps = model[-1].reader_.read(frames).sequences("steps")
    numbers = {label: k for k, label in enumerate(model[-1].classes_)}
    targets = [torch.tensor([numbers[label] for label in row]) for row in y]
    inputs = [torch.tensor(np.asarray(row)) for row in steps]
    torch.manual_seed(0)
    network = Network(inputs[0].shape[1], 128, len(numbers), 0.3)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    order = np.argsort([len(row) for row in inputs])
    batches = [order[k : k + 32] for k in range(0, len(order), 32)]

    def epoch() -> None:
        network.train()
        for rows in np.random.default_rng(0).permutation(len(batches)):
            batch = [inputs[i] for i in batches[rows]]
            lengths = torch.tensor([len(row) for row in batch])
            scores = network(torch.nn.utils.rnn.pad_sequence(batch, batch_first=True), lengths)
            labels = [targets[i] for i in batches[rows]]
            sizes = lengths, torch.tensor([len(row) for row in labels])
            log_p = torch.log_softmax(scores, -1).transpose(0, 1)
            loss = torch.nn.functional.ctc_loss(log_p, torch.cat(labels), *sizes, reduction="none").mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()

    mine, theirs = timed([lambda: model[-1].fit(frames, y), epoch], repeats)
    return [compare("an epoch of the network of digit strings, 500 strings", mine, "PyTorch", theirs, 1.0)]


def main() -> None:
    repeats = command_line(__doc__, 7).parse_args().repeats
    print_results([*losses(repeats), *searches(repeats), *epochs(repeats)])


if __name__ == "__main__":
    main()
