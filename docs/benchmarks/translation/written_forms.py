"""Dates in ten written forms to ISO 8601, and numbers in words to digits: share that is right as a whole.

    python docs/benchmarks/translation/written_forms.py

Days and numbers of the test part are not in the training part. Beside it the most frequent answer, and the answer to
the nearest source of the training part.
"""

from __future__ import annotations

from shared import falling, fit, measured_with, nearest

from skrnn import RNNTranslator
from skrnn.datasets import make_dates, make_number_words
from skrnn.metrics import exact_match_score
from skrnn.preprocessing import Tokenizer

TASKS = {
    "dates": (make_dates(22_000, random_state=0), Tokenizer("char"), Tokenizer("char"), 10),
    "numbers up to 999,999": (make_number_words(22_000, random_state=0), None, None, 10),
}

print(f"| task | train / test | nearest source | exact | minutes |\n|{'---|' * 5}")
for name, ((X, y), source, target, epochs) in TASKS.items():
    model = RNNTranslator(
        "gru",
        units=128,
        target_dim=64,
        source_tokenizer=source,
        target_tokenizer=target,
        learning_rate=falling(0.005, 20_000, 64, epochs),
        epochs=epochs,
        random_state=0,
    )
    minutes = fit(name, model, X[:20_000], y[:20_000])
    copied = exact_match_score(
        y[20_000:], nearest([list(x) for x in X[:20_000]], y[:20_000], [list(x) for x in X[20_000:]])
    )
    exact = exact_match_score(y[20_000:], model.predict(X[20_000:]))
    print(f"| {name} | 20000 / 2000 | {copied:.3f} | {exact:.4f} | {minutes:.1f} |", flush=True)
print(measured_with())
