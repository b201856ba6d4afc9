"""Every estimator and transformer on data and parameters that hypothesis draws: it works, or a sentence says why.

What works predicts finite values of the right shape. What does not raises a ValueError or TypeError of one sentence,
before training, which does not speak of TensorFlow, Keras or NumPy's insides, and leaves a fitted estimator as it was.
Drawn anew in every run of ``-m slow``, always the same otherwise.
"""

import copy
import inspect
import time
import traceback
import warnings

import forms_of_data as forms
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.preprocessing import StandardScaler

import skrnn
import skrnn.preprocessing

MAKE = {"cell": "gru", "units": 2, "epochs": 1, "random_state": 0}
X = forms.arrays()
WORDS = [["the", "cat", "sat"], ["a"], ["on", "the", "mat", "."], ["a", "cat"], ["sat", "on", "mat"], ["the", "."]]
CLASSES, NUMBERS = np.arange(forms.N) % 2, np.linspace(0, 1, forms.N)
OUTPUTS = [["x"] * (1 + k % 3) for k in range(forms.N)]
LABELS = [["u" if k % 2 else "v" for k in range(n)] for n in forms.LENGTHS]

ESTIMATORS = {
    "RNNClassifier": (lambda: skrnn.RNNClassifier(**MAKE), X, CLASSES),
    "RNNRegressor": (lambda: skrnn.RNNRegressor(**MAKE), X, NUMBERS),
    "RNNTagger": (lambda: skrnn.RNNTagger(**MAKE), WORDS, LABELS),
    "RNNTranscriber": (lambda: skrnn.RNNTranscriber(**MAKE, beam_width=2), X, [o[:1] for o in OUTPUTS]),
    "RNNTranslator": (lambda: skrnn.RNNTranslator(**MAKE, target_dim=3, beam_width=2), WORDS, OUTPUTS),
    "RNNLanguageModel": (lambda: skrnn.RNNLanguageModel(**MAKE, dim=3), WORDS, None),
}
TOKENIZERS = {
    "Tokenizer": skrnn.preprocessing.Tokenizer,
    "SubwordTokenizer": lambda: skrnn.preprocessing.SubwordTokenizer(vocab_size=300),
}
TRANSFORMERS = {
    "PerStep": lambda: skrnn.preprocessing.PerStep(StandardScaler()),
    "PerSequence": lambda: skrnn.preprocessing.PerSequence(StandardScaler()),
    "Deltas": skrnn.preprocessing.Deltas,
    "Differences": skrnn.preprocessing.Differences,
    "LogMelSpectrogram": lambda: skrnn.preprocessing.LogMelSpectrogram(100, n_mels=4, win_length=0.25),
    "MFCC": lambda: skrnn.preprocessing.MFCC(100, n_mels=4, n_mfcc=3, win_length=0.25),
    "Resample": lambda: skrnn.preprocessing.Resample(3),
    "Truncate": lambda: skrnn.preprocessing.Truncate(2),
}
RECORDINGS = [np.sin(np.arange(40.0 + 7 * k)) for k in range(forms.N)]
READERS = {
    "ArrayReader": (skrnn.preprocessing.ArrayReader, X),
    "TokenReader": (skrnn.preprocessing.TokenReader, [[1, 2, 3]] * forms.N),
    "WordReader": (lambda: skrnn.preprocessing.WordReader(dim=4, min_count=1), WORDS),
    "VocabularyReader": (lambda: skrnn.preprocessing.VocabularyReader(dim=4), WORDS),
    "FeatureReader": (
        lambda: skrnn.preprocessing.FeatureReader(dim=4, min_count=1),
        [[{"a": w} for w in s] for s in WORDS],
    ),
    "ColumnsReader": (skrnn.preprocessing.ColumnsReader, forms.frame_of_cells()),
}

# Words that no message of ours has.
INSIDES = ("tensorflow", "keras.src", "node", "tf.", "numpy.core", "ufunc", "broadcast", "Traceback", "eager", "\n")
MOST_CHARACTERS = 400

# What scikit-learn itself says, also in several lines: the beginning of a sentence.
OF_SCIKIT_LEARN = (
    "Found input variables with inconsistent numbers of samples",
    "Found array with",
    "Expected 2D array, got",
    "could not convert string to float",
    "Unknown label type",
    "The feature names should match",
    "The feature names are",
    "The '",  # The 'units' parameter of RNNClassifier must be ...
    "Input ",
    "y should be a 1d array",
    "dtype='numeric' is not compatible with",
    "np.matrix is not supported",
    "Sparse data was passed",
    "Cannot center",
    "setting an array element",
    "bad input shape",
    "X has ",
)


def every_public_estimator():
    for module in (skrnn, skrnn.preprocessing):
        for name in module.__all__:
            value = getattr(module, name)
            is_estimator = inspect.isclass(value) and issubclass(value, BaseEstimator) and hasattr(value, "fit")
            if is_estimator and name != "Reader":
                yield name


def test_every_public_estimator_is_drawn():
    assert set(every_public_estimator()) == {*ESTIMATORS, *TOKENIZERS, *TRANSFORMERS, *READERS}


def check_sentence(error, what):
    """The error is one that users may see."""
    text = str(error)
    assert isinstance(error, (ValueError, TypeError)), f"{type(error).__name__} from {what}: {text[:500]}"
    if text.startswith(OF_SCIKIT_LEARN):
        return
    assert 0 < len(text) <= MOST_CHARACTERS, f"{len(text)} characters from {what}: {text[:500]}"
    found = [word for word in INSIDES if word.lower() in text.lower()]
    assert not found, f"{found} from {what}: {text}"


class Budget:
    """Seconds that a test may take: examples drawn later are passed over."""

    def __init__(self, seconds):
        self.seconds, self.begin = seconds, None

    def is_spent(self):
        self.begin = self.begin or time.monotonic()
        return time.monotonic() - self.begin > self.seconds


FITTED = {}


def fitted(name):
    """A fitted estimator, and what it predicts."""
    if name not in FITTED:
        make, x, y = ESTIMATORS[name]
        model = make().fit(x, y)
        FITTED[name] = model, prediction(model, x)
    return FITTED[name]


def prediction(model, x):
    found = model.predict(x)
    if found.dtype != object:
        return found
    return np.concatenate(list(found)) if isinstance(found[0], np.ndarray) else np.array([repr(row) for row in found])


def check_prediction(model, x, what):
    """Predictions are finite, and as many as there are sequences, or steps."""
    found = model.predict(x)
    n = len(x)
    assert len(found) == n, what
    for values in found if found.dtype == object else [found]:
        values = np.asarray(values)
        assert values.dtype.kind not in "fc" or np.isfinite(values).all(), f"NaN from {what}"
    if hasattr(model, "predict_proba"):
        p = model.predict_proba(x)
        assert p.shape[0] == n, what
        assert np.isfinite(p).all(), what


def run(action, what, of_sklearn=False):
    """Whether it worked; what it raises must be for users, unless scikit-learn raises it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            action()
        except NotFittedError:
            raise
        except Exception as error:
            if not (of_sklearn and error.__traceback__ and "sklearn" in raised_in(error)):
                check_sentence(error, what)
            return False
    return True


def raised_in(error):
    """File of the deepest function."""
    return traceback.extract_tb(error.__traceback__)[-1].filename


def data():
    return st.one_of(forms.numbers(), forms.tokens(), forms.frames_of_cells(), forms.things())


def labels():
    return st.one_of(forms.targets(), forms.targets(), forms.things())


def fit_anything(name, x, y, w):
    """A fit of an estimator that is not fitted."""
    make, usual_x, usual_y = ESTIMATORS[name]
    what = f"{name}.fit(X={x and x[0]}, y={y and y[0]}, sample_weight={w and w[0]})"
    model = make()
    given = usual_x if x is None else x[1]
    if run(lambda: model.fit(given, usual_y if y is None else y[1], None if w is None else w[1]), what):
        check_prediction(model, given, what)


def use_fitted(name, method, x, y, w):
    """A method of a fitted estimator, which may fail, and then is as before."""
    model, expected = fitted(name)
    _, usual_x, usual_y = ESTIMATORS[name]
    what = f"{name}.{method}(X={x and x[0]}, y={y and y[0]}, sample_weight={w and w[0]})"
    model = copy.copy(model)
    given, target = usual_x if x is None else x[1], usual_y if y is None else y[1]
    of_sklearn = (name, method) == ("RNNClassifier", "score")  # y and weights go to accuracy_score as they are
    weight = None if w is None else w[1]
    if method in ("partial_fit", "score"):
        worked = run(lambda: getattr(model, method)(given, target, sample_weight=weight), what, of_sklearn)
    else:
        worked = run(lambda: getattr(model, method)(given), what)
        if worked and method == "predict":
            run(lambda: check_prediction(model, given, what), what)
    if not worked or method != "partial_fit":
        assert np.array_equal(prediction(model, usual_x), expected), f"{what} changed a fitted estimator"
    elif worked:
        assert all(np.isfinite(v).all() for v in model.weights_), what


def use_transformer(name, inner, x, y, w):
    make, usual = TRANSFORMERS[name], RECORDINGS if name in ("LogMelSpectrogram", "MFCC") else X
    transformer = make() if inner is None else skrnn.preprocessing.PerStep(inner)
    name = name if inner is None else "PerStep"
    what = f"{name}({transformer}).fit_transform(X={x and x[0]}, y={y and y[0]}, sample_weight={w and w[0]})"
    given = usual if x is None else x[1]
    params = {} if w is None or name != "PerStep" else {"sample_weight": w[1]}

    def fit_transform():
        found = transformer.fit(given, None if y is None else y[1], **params).transform(given)
        assert len(found) == len(given), what

    run(fit_transform, what)
    before = make().fit(usual)
    expected = before.transform(usual).values
    run(lambda: before.transform(given), what)
    assert np.array_equal(before.transform(usual).values, expected), what


def cut(name, x):
    """A tokenizer cuts strings, and joins them again."""
    what = f"{name}.fit(X={x[0]})"

    def there_and_back():
        tokenizer = TOKENIZERS[name]()
        tokens = tokenizer.fit(x[1]).transform(x[1])
        assert len(tokenizer.inverse_transform(tokens)) == len(x[1]), what

    run(there_and_back, what)


def use_reader(name, x):
    make, usual = READERS[name]
    what = f"{name}.fit(X={x[0]})"

    def read():
        reader = make()
        examples = reader.fit_read(x[1])
        assert len(examples) == len(x[1]), what
        again = reader.read(x[1])
        for column, values in examples.columns.items():
            assert np.array_equal(
                np.asarray(again.columns[column].values), np.asarray(values.values), equal_nan=True
            ), what

    run(read, what)
    reader = make().fit(usual)
    run(lambda: reader.read(x[1]), what)


def change_parameter(name, key, value):
    """One parameter with another value, on data that is right."""
    make, x, y = ESTIMATORS[name]
    what = f"{name}({key}={value!r:.40})"
    model = make()

    def fit():
        model.set_params(**{key: value})
        clone(model).fit(x, y)

    run(fit, what)
    assert np.array_equal(prediction(fitted(name)[0], x), fitted(name)[1]), f"{what} changed another estimator"


# Values that are right and take long, or say something to the terminal.
PASSED_OVER = {"epochs": (10**12,), "batch_size": (), "n_iter_no_change": (), "verbose": (True, 2, -1, 0)}


@st.composite
def parameters(draw):
    name = draw(st.sampled_from(sorted(ESTIMATORS)))
    own = sorted(k for k in ESTIMATORS[name][0]().get_params() if "__" not in k)
    key = draw(st.sampled_from(own))
    value = draw(forms.parameter_values())
    return name, key, value


def maybe(strategy):
    return st.one_of(st.none(), strategy)


def fuzzed(examples, seconds, slow):
    """The tests, each with so many examples and seconds."""
    options = {
        "deadline": None,
        "database": None,
        "suppress_health_check": list(HealthCheck),
        "derandomize": not slow,
        "max_examples": examples,
    }
    names = st.sampled_from(sorted(ESTIMATORS))

    def bounded(function):
        budget = Budget(seconds)

        def body(**drawn):
            if not budget.is_spent():
                function(**drawn)

        body.__name__ = function.__name__
        return body

    methods = st.sampled_from(["predict", "predict_proba", "predict_marginals", "score", "partial_fit"])
    inner = st.sampled_from([None, StandardScaler(), SelectKBest(k=1)])

    @settings(**options)
    @given(name=names, x=maybe(data()), y=maybe(labels()), w=maybe(forms.weights()))
    def fits(name, x, y, w):
        fit(name=name, x=x, y=y, w=w)

    @settings(**options)
    @given(name=names, method=methods, x=maybe(data()), y=maybe(labels()), w=maybe(forms.weights()))
    def uses(name, method, x, y, w):
        if hasattr(ESTIMATORS[name][0](), method):
            use(name=name, method=method, x=x, y=y, w=w)

    @settings(**options)
    @given(
        name=st.sampled_from(sorted(TRANSFORMERS)),
        inner=inner,
        x=maybe(data()),
        y=maybe(labels()),
        w=maybe(forms.weights()),
    )
    def transforms(name, inner, x, y, w):
        transform(name=name, inner=inner, x=x, y=y, w=w)

    @settings(**options)
    @given(name=st.sampled_from(sorted(TOKENIZERS)), x=data())
    def cuts(name, x):
        cutting(name=name, x=x)

    @settings(**options)
    @given(name=st.sampled_from(sorted(READERS)), x=data())
    def reads(name, x):
        read(name=name, x=x)

    @settings(**options)
    @given(drawn=parameters())
    def changes(drawn):
        name, key, value = drawn
        if not any(value is v or value == v for v in PASSED_OVER.get(key, ()) if not isinstance(value, np.ndarray)):
            change(name=name, key=key, value=value)

    fit, use, transform = bounded(fit_anything), bounded(use_fitted), bounded(use_transformer)
    read, change, cutting = bounded(use_reader), bounded(change_parameter), bounded(cut)
    return {"cut": cuts, "fit": fits, "use": uses, "transform": transforms, "read": reads, "parameters": changes}


QUICK = fuzzed(examples=600, seconds=20, slow=False)
LONG = fuzzed(examples=10_000, seconds=240, slow=True)
needs_tensorflow = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others compile for each length")


@needs_tensorflow
@pytest.mark.parametrize("what", sorted(QUICK))
def test_anything(what):
    QUICK[what]()


@pytest.mark.slow
@needs_tensorflow
@pytest.mark.parametrize("what", sorted(LONG))
def test_anything_for_long(what):
    LONG[what]()
