"""Recurrences that are parallel in time beside the fused LSTM, for sequences of 64 to 4096 steps.

One layer with 64 units on a batch of 32 sequences with 16 features: a training step (loss and gradients of the
weights) and a prediction, as the engine runs them. Also the ways of running a linear recurrence: a loop compiled with
XLA, which skrnn takes on a CPU, its scan in blocks, which it takes on an accelerator, and one step after the other in
Keras' own layer; and for mLSTM chunks of steps beside one after the other. Medians; all in turn in one call.

    python docs/benchmarks/cells/scan.py [--cells mingru lru] [--lengths 64 256] [--repeats 9]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skrnn.cells import CELLS, ChunkedCell, LinearCell
from skrnn.layers import LSTM, RNN, linear_scan

ROWS, FEATURES, UNITS = 32, 16, 64
LENGTHS = (64, 256, 1024, 4096)


def layers(cell: str) -> dict[str, keras.layers.Layer]:
    """Ways of running a recurrence."""
    if cell == "lstm":
        return {
            "fused": LSTM(UNITS, return_sequences=True, right_padded=True),
            "fused, XLA": LSTM(UNITS, return_sequences=True, right_padded=True, jit_compile=True),
        }
    make = CELLS[cell]
    if issubclass(make, ChunkedCell):
        single = make(UNITS)
        single.chunk_size = 1
        ways = {"in chunks, XLA": make(UNITS), "by steps, XLA": single}
        options: dict[str, Any] = {"return_sequences": True, "right_padded": True, "jit_compile": True}
        return {way: RNN(made, **options) for way, made in ways.items()}
    return {
        "loop, XLA": RNN(make(UNITS), return_sequences=True, right_padded=True),
        "scan in blocks": RNN(make(UNITS), return_sequences=True, right_padded=True),
        "Keras, by steps": keras.layers.RNN(make(UNITS), return_sequences=True),
    }


def graphs(layer: keras.layers.Layer, way: str) -> tuple[Callable, Callable]:
    """A training step and a prediction, traced for any length."""
    linear_scan.fastest_scan = lambda: (
        linear_scan.blocked_scan if way == "scan in blocks" else linear_scan.compiled_loop
    )
    layer.build((None, None, FEATURES))
    weights = [v.value for v in layer.trainable_variables]
    signature = [tf.TensorSpec((None, None, FEATURES)), tf.TensorSpec((None, None), tf.bool)]

    @tf.function(input_signature=signature, autograph=False)
    def train(x: Any, mask: Any) -> Any:
        with tf.GradientTape() as tape:
            y = layer(x, mask=mask, training=True)
            loss = tf.reduce_mean(y * y)
        return [tf.reduce_sum(g) for g in tape.gradient(loss, weights)]

    @tf.function(input_signature=signature, autograph=False)
    def predict(x: Any, mask: Any) -> Any:
        return layer(x, mask=mask, training=False)

    train.get_concrete_function(), predict.get_concrete_function()
    return train, predict


def main() -> None:
    parallel = [name for name in sorted(CELLS) if issubclass(CELLS[name], (ChunkedCell, LinearCell))]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="+", default=["lstm", *parallel])
    parser.add_argument("--lengths", nargs="+", type=int, default=list(LENGTHS))
    parser.add_argument("--repeats", type=int, default=9)
    chosen = parser.parse_args()
    ways = {(cell, way): graphs(layer, way) for cell in chosen.cells for way, layer in layers(cell).items()}
    print("| cell | way | " + " | ".join(f"T = {t}: train, predict ms" for t in chosen.lengths) + " |")
    print("|---" * (2 + len(chosen.lengths)) + "|")
    lines: dict[tuple[str, str], list[str]] = {key: [] for key in ways}
    for length in chosen.lengths:
        x = tf.random.stateless_normal((ROWS, length, FEATURES), (0, 1))
        mask = tf.ones((ROWS, length), tf.bool)
        times: dict[Any, list[float]] = {(key, k): [] for key in ways for k in (0, 1)}
        for repeat in range(chosen.repeats + 1):
            for key, functions in ways.items():
                for k, function in enumerate(functions):
                    begin = time.perf_counter()
                    function(x, mask)
                    if repeat:
                        times[key, k].append(time.perf_counter() - begin)
        for key in ways:
            lines[key].append(", ".join(f"{1e3 * float(np.median(times[key, k])):.1f}" for k in (0, 1)))
    for (cell, way), columns in lines.items():
        print(f"| `{cell}` | {way} | " + " | ".join(columns) + " |", flush=True)


if __name__ == "__main__":
    main()
