"""English to Japanese (small_parallel_enja): BLEU of all test sources, of those not in the training part, and what
attention and the beam buy.

    SKRNN_DATA=/path/to/data python docs/benchmarks/translation/enja.py [--epochs 11] [--test]

Without ``--test`` the dev part is scored.
"""

from __future__ import annotations

import argparse

from shared import bleu, falling, fit, log_loss, measured_with, nearest

from skrnn import RNNTranslator
from skrnn.datasets import load_parallel_text
from skrnn.metrics import bleu_score
from skrnn.preprocessing import VocabularyReader

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--epochs", type=int, default=11)
parser.add_argument("--units", type=int, default=256)
parser.add_argument("--dropout", type=float, default=0.3)
parser.add_argument("--rate", type=float, default=0.003)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--pairs", type=int, default=50_000)
parser.add_argument("--attention", nargs="*", default=["additive", "none"])
parser.add_argument("--test", action="store_true")
options = parser.parse_args()

X, y = (part[: options.pairs] for part in load_parallel_text("enja", "train"))
new_X, new_y = load_parallel_text("enja", "test" if options.test else "dev")
known = {tuple(x) for x in X}
unseen = [i for i, x in enumerate(new_X) if tuple(x) not in known]
far_X, far_y = [new_X[i] for i in unseen], [new_y[i] for i in unseen]

copied = nearest(X, y, new_X)
rows = [
    (
        "nearest source copied",
        "",
        100 * bleu_score(new_y, copied),
        100 * bleu_score(far_y, [copied[i] for i in unseen]),
        "",
        "",
    )
]
for kind in options.attention:
    model = RNNTranslator(
        "lstm",
        units=options.units,
        attention_type=None if kind == "none" else kind,
        dropout=options.dropout,
        label_smoothing=0.1,
        target_dim=options.units,
        tied_embeddings=True,
        reader=VocabularyReader(options.units, min_count=2),
        target_min_count=2,
        learning_rate=falling(options.rate, len(X), 128, options.epochs),
        epochs=options.epochs,
        batch_size=128,
        average_epochs=2,
        jit_compile=True,  # "auto" takes it for longer fits only
        random_state=options.seed,
    )
    minutes = fit(f"attention {kind}", model, X, y)
    for width in (1, 5, 10):
        scores = [bleu(model, *part, width) for part in ((new_X, new_y), (far_X, far_y))]
        rows.append((f"attention {kind}", width, *scores, f"{log_loss(model, new_X, new_y):.3f}", f"{minutes:.1f}"))
        print(rows[-1], flush=True)

print(f"\n| | beam | BLEU, all {len(new_X)} | BLEU, {len(far_X)} unseen sources | log loss | minutes |\n|{'---|' * 6}")
for name, width, of_all, of_unseen, loss, minutes in rows:
    print(f"| {name} | {width} | {of_all:.1f} | {of_unseen:.1f} | {loss} | {minutes} |")
print(measured_with())
