"""Characters of Shakespeare's plays: bits per character on the last tenth, beside n-grams of characters.

    SKRNN_DATA=/path/to/data python docs/benchmarks/language/shakespeare.py [--epochs 20] [--units 384] [--test]

The text is cut in nine tenths to train on and a last tenth to test on. Without ``--test`` the ninth tenth is held out
of the training part, and scored in its place.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter, defaultdict

import keras

from skrnn import RNNLanguageModel
from skrnn.datasets import load_shakespeare
from skrnn.preprocessing import Tokenizer

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--cell", default="lstm")
parser.add_argument("--units", type=int, nargs="+", default=[384])
parser.add_argument("--dropout", type=float, default=0.3)
parser.add_argument("--rate", type=float, default=0.004)
parser.add_argument("--length", type=int, default=100)
parser.add_argument("--streams", type=int, default=64)
parser.add_argument("--average", type=int, default=1)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--test", action="store_true")
options = parser.parse_args()

text = load_shakespeare()
ninth, tenth = int(0.8 * len(text)), int(0.9 * len(text))
train, test = (text[:tenth], text[tenth:]) if options.test else (text[:ninth], text[ninth:tenth])


def witten_bell(train: str, test: str, order: int) -> float:
    """Bits per character of an n-gram model with Witten and Bell's interpolation (1991)."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for i, character in enumerate(train):
        for n in range(order):
            if i >= n:
                counts[train[i - n : i]][character] += 1
    symbols, bits = len(set(train)), 0.0
    for i, character in enumerate(test):
        p = 1 / symbols
        for n in range(min(order, i + 1)):
            seen = counts.get(test[i - n : i])
            if seen:
                total, kinds = sum(seen.values()), len(seen)
                p = (seen[character] + kinds * p) / (total + kinds)
        bits -= math.log2(p)
    return bits / len(test)


steps = options.epochs * -(-len(train) // (options.streams * options.length))
model = RNNLanguageModel(
    options.cell,
    units=tuple(options.units),
    dim=64,
    dropout=options.dropout,
    tokenizer=Tokenizer("char"),
    sequence_length=options.length,
    batch_size=options.streams,
    learning_rate=keras.optimizers.schedules.CosineDecay(options.rate, steps, alpha=0.02),
    epochs=options.epochs,
    average_epochs=options.average,
    random_state=options.seed,
)
begin = time.perf_counter()
model.fit([train])
minutes = (time.perf_counter() - begin) / 60
bits = -model.score([test]) / math.log(2)
print(vars(options), [round(x / math.log(2), 3) for x in model.history_["loss"]])
print(f"| part | Witten-Bell 5-gram | RNNLanguageModel | bits per character in training | minutes |\n|{'---|' * 5}")
part = "last tenth" if options.test else "ninth tenth"
trained = model.history_["loss"][-1] / math.log(2)
print(f"| {part} | {witten_bell(train, test, 5):.3f} | {bits:.3f} | {trained:.3f} | {minutes:.1f} |")
print(model.sample(1, "ROMEO:", temperature=0.8, max_length=400, random_state=0)[0])
