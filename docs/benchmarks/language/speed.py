"""Training of a language model of characters: skrnn and plain PyTorch, in turn, on the same streams.

    SKRNN_DATA=/path/to/data python docs/benchmarks/language/speed.py [--repeats 3]

An LSTM of 256 units over the plays' first 200,000 characters, 64 streams in pieces of 100, states carried, Adam.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from torch import nn

from skrnn import RNNLanguageModel
from skrnn.datasets import load_shakespeare
from skrnn.preprocessing import Tokenizer

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--repeats", type=int, default=3)
options = parser.parse_args()
UNITS, DIM, STREAMS, LENGTH, DROPOUT = 256, 64, 64, 100, 0.3
text = load_shakespeare()[:200_000]
symbols = sorted(set(text))
numbers = torch.tensor([symbols.index(c) for c in text])


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(symbols) + 2, DIM)
        self.recurrence = nn.LSTM(DIM, UNITS, batch_first=True)
        self.output = nn.Linear(UNITS, len(symbols) + 2)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x, states):
        h, states = self.recurrence(self.dropout(self.embedding(x)), states)
        return self.output(self.dropout(h)), states


torch.manual_seed(0)
theirs = Network()
optimizer = torch.optim.Adam(theirs.parameters(), lr=0.002)
streams = numbers[: len(numbers) // STREAMS * STREAMS].view(STREAMS, -1)


def epoch_of_torch() -> None:
    states = None
    for start in range(0, streams.shape[1] - 1, LENGTH):
        x, y = streams[:, start : start + LENGTH], streams[:, start + 1 : start + 1 + LENGTH]
        scores, states = theirs(x[:, : y.shape[1]], states)
        states = tuple(s.detach() for s in states)
        optimizer.zero_grad()
        nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), y.reshape(-1)).backward()
        nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        optimizer.step()


ours = RNNLanguageModel(
    "lstm",
    units=UNITS,
    dim=DIM,
    dropout=DROPOUT,
    tokenizer=Tokenizer("char"),
    sequence_length=LENGTH,
    batch_size=STREAMS,
    epochs=1,
    jit_compile=True,  # which "auto" takes for fits of some epochs
    warm_start=True,
    random_state=0,
)
calls = {"skrnn": lambda: ours.fit([text]), "PyTorch": epoch_of_torch}
found: dict[str, list[float]] = {name: [] for name in calls}
for call in calls.values():
    call()
for repeat in range(options.repeats):
    for name in list(calls)[:: 1 if repeat % 2 else -1]:
        begin = time.perf_counter()
        calls[name]()
        found[name].append(time.perf_counter() - begin)
medians = {name: float(np.median(values)) for name, values in found.items()}
print(f"| | seconds an epoch | characters per second | times as long as skrnn |\n|{'---|' * 4}")
for name, value in medians.items():
    print(f"| {name} | {value:.2f} | {len(text) / value:,.0f} | {value / medians['skrnn']:.2f} |")
