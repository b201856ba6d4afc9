"""Spanish to English (EuTrans): corpus BLEU of the test part, beside that of the nearest source of the training part.

    SKRNN_DATA=/path/to/data python docs/benchmarks/translation/eutrans.py [--epochs 40] [--units 192] [--test]

Without ``--test`` 1,000 training sentences are held out, and scored in place of the test part.
"""

from __future__ import annotations

import argparse

import numpy as np
from shared import bleu, falling, fit, log_loss, measured_with, nearest

from skrnn import RNNTranslator
from skrnn.datasets import load_parallel_text
from skrnn.metrics import bleu_score

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--epochs", type=int, default=40)
parser.add_argument("--units", type=int, default=192)
parser.add_argument("--dropout", type=float, default=0.2)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--test", action="store_true", help="train on all, and score the test part")
options = parser.parse_args()

X, y = load_parallel_text("eutrans", "train")
if options.test:
    new_X, new_y = load_parallel_text("eutrans", "test")
else:
    order = np.random.default_rng(0).permutation(len(X))
    new_X, new_y = ([part[i] for i in order[:1000]] for part in (X, y))
    X, y = ([part[i] for i in order[1000:]] for part in (X, y))

model = RNNTranslator(
    "lstm",
    units=options.units,
    dropout=options.dropout,
    learning_rate=falling(0.002, len(X), 64, options.epochs),
    epochs=options.epochs,
    average_epochs=3,
    random_state=options.seed,
)
minutes = fit("LSTM, additive attention", model, X, y)
copied = 100 * bleu_score(new_y, nearest(X, y, new_X))
greedy, beam = (bleu(model, new_X, new_y, width) for width in (1, 5))
part = "test" if options.test else "held out"
print(f"\n| part | pairs | nearest source copied | greedy | beam 5 | log loss of a token | minutes |\n|{'---|' * 7}")
print(
    f"| {part} | {len(new_X)} | {copied:.1f} | {greedy:.1f} | {beam:.1f} | {log_loss(model, new_X, new_y):.3f} "
    f"| {minutes:.1f} |"
)
print(measured_with())
