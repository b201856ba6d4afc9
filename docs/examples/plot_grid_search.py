"""
Search a recurrent classifier with GridSearchCV
===============================================

Pictures of digits are read column by column: sequences of 2 to 8 steps with 8 features each, as blank columns at
the edges are cut. A Pipeline scales each feature over all steps and classifies with a recurrent network; the cell,
its units and the learning rate are searched with stratified cross-validation.

Where the environment variable ``SKRNN_DATA`` names a folder with the UCR/UEA archive, the same is done with
JapaneseVowels: nine speakers, 7 to 29 steps of 12 features.
"""

import os
import time

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier
from skrnn.datasets import load_digit_rows, load_series
from skrnn.inspection import HistoryDisplay
from skrnn.preprocessing import PerStep

GRID = {
    "rnn__cell": ["lstm", "gru"],
    "rnn__units": [16, 32],
    "rnn__learning_rate": [0.005, 0.02],
}


def digits():
    """Digits bundled with scikit-learn, split at random."""
    X, y = load_digit_rows(axis="columns")
    return train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)


def japanese_vowels():
    """The archive's own split."""
    X_train, y_train = load_series("JapaneseVowels", "train")
    X_test, y_test = load_series("JapaneseVowels", "test")
    return X_train, X_test, y_train, y_test


def search(name, X_train, X_test, y_train, y_test, epochs):
    """Search, print the table and the held-out accuracy, and return the search."""
    lengths = [len(x) for x in X_train]
    print(f"\n== {name}: {len(X_train)} + {len(X_test)} sequences of {min(lengths)} to {max(lengths)} steps ==")
    model = Pipeline(
        [
            ("scale", PerStep(StandardScaler())),
            ("rnn", RNNClassifier(epochs=epochs, early_stopping=True, random_state=0)),
        ]
    )
    start = time.perf_counter()
    found = GridSearchCV(model, GRID, cv=3, verbose=3).fit(X_train, y_train)
    seconds = time.perf_counter() - start

    results = found.cv_results_
    print(f"\n{'cell':<6}{'units':>6}{'rate':>8}{'accuracy':>10}{'spread':>8}{'seconds':>9}")
    for i in results["rank_test_score"].argsort():
        candidate = results["params"][i]
        print(
            f"{candidate['rnn__cell']:<6}{candidate['rnn__units']:>6}{candidate['rnn__learning_rate']:>8}"
            f"{results['mean_test_score'][i]:>10.3f}{results['std_test_score'][i]:>8.3f}"
            f"{results['mean_fit_time'][i]:>9.2f}"
        )
    fits = 3 * len(results["params"]) + 1
    print(f"{fits} fits in {seconds:.0f} s; held-out accuracy of the best: {found.score(X_test, y_test):.3f}")
    return found


sets = {"Digits": (digits(), 30)}
if "SKRNN_DATA" in os.environ:
    sets["JapaneseVowels"] = (japanese_vowels(), 40)

figure, axes = plt.subplots(1, len(sets), figsize=(6.4 * len(sets), 4.2), squeeze=False, layout="constrained")
for axis, (name, (data, epochs)) in zip(axes[0], sets.items()):
    found = search(name, *data, epochs)
    HistoryDisplay.from_estimator(found, ax=axis)
    axis.set_title(f"{name}: {found.best_params_['rnn__cell']}, {found.best_params_['rnn__units']} units")
figure.savefig("learning_curves.png", dpi=120)
print("\nlearning curves: learning_curves.png")
