"""scikit-learn's own checks of an estimator, with the list of those that ran."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

import skrnn
from skrnn import RNNClassifier, RNNLanguageModel, RNNRegressor, RNNTagger, RNNTranscriber, RNNTranslator

# A recurrent network reads sequences of any number of steps, so the columns of a 2-D array, its time steps, may
# change between fit and predict, and are not its features.
ANY_LENGTH = "a recurrent network reads any number of steps: columns of a 2-D array are steps and not features"
COLUMNS_ARE_FEATURES = {
    "check_n_features_in": ANY_LENGTH,
    "check_n_features_in_after_fitting": ANY_LENGTH,
    "check_estimators_partial_fit_n_features": ANY_LENGTH,
    "check_classifiers_train": ANY_LENGTH + " (its last lines; all else in it is checked with OneStep below)",
}
MINIBATCHES = {
    "check_sample_weight_equivalence_on_dense_data": "networks learn from mini-batches in float32: a row given twice "
    "falls into other batches than a row of weight 2 (test_weights_are_repetitions checks full batches)",
}

# Checks that must be among those that ran, so that a green run is not an empty one.
SHARED = """
check_estimator_cloneable check_estimator_tags_renamed check_valid_tag_types check_estimator_repr
check_no_attributes_set_in_init check_fit_score_takes_y check_estimators_overwrite_params
check_dont_overwrite_parameters check_estimators_fit_returns_self check_readonly_memmap_input
check_estimators_unfitted check_do_not_raise_errors_in_init_or_set_params check_n_features_in_after_fitting
check_mixin_order check_estimators_dtypes check_sample_weights_pandas_series check_sample_weights_not_an_array
check_sample_weights_list check_sample_weights_shape check_sample_weights_not_overwritten
check_sample_weight_equivalence_on_dense_data check_complex_data check_dtype_object
check_estimators_empty_data_messages check_pipeline_consistency check_estimators_nan_inf
check_estimator_sparse_tag check_estimator_sparse_array check_estimator_sparse_matrix check_estimators_pickle
check_f_contiguous_array_estimator check_estimators_partial_fit_n_features check_supervised_y_no_nan
check_parameters_default_constructible check_methods_sample_order_invariance check_methods_subset_invariance
check_fit2d_1sample check_fit2d_1feature check_get_params_invariance check_set_params check_dict_unchanged
check_fit_idempotent check_fit_check_is_fitted check_n_features_in check_fit1d check_fit2d_predict1d
check_requires_y_none check_non_transformer_estimators_n_iter
""".split()
CLASSIFIER = """
check_classifier_data_not_an_array check_classifiers_one_label check_classifiers_classes check_classifiers_train
check_classifiers_one_label_sample_weights check_classifiers_regression_target check_supervised_y_2d
check_classifiers_multilabel_representation_invariance check_classifiers_multilabel_output_format_predict
check_classifiers_multilabel_output_format_predict_proba check_class_weight_classifiers
check_decision_proba_consistency
""".split()
REGRESSOR = """
check_regressors_train check_regressor_data_not_an_array check_regressor_multioutput
check_regressors_no_decision_function check_regressors_int check_supervised_y_2d
""".split()


def outcomes(estimator, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, expected_failed_checks=expected, on_fail=None, on_skip=None)
    by_status = {}
    for result in results:
        by_status.setdefault(result["status"], set()).add(result["check_name"])
    failed = {r["check_name"]: str(r["exception"])[:300] for r in results if r["status"] == "failed"}
    assert not failed, failed
    return by_status


@pytest.mark.parametrize(
    ("estimator", "names"),
    [(RNNClassifier(random_state=0), CLASSIFIER), (RNNRegressor(random_state=0), REGRESSOR)],
    ids=["classifier", "regressor"],
)
def test_check_estimator(estimator, names):
    expected = {**COLUMNS_ARE_FEATURES, **MINIBATCHES}
    by_status = outcomes(estimator, expected)
    ran = by_status["passed"] | by_status["xfail"]
    assert set(SHARED + names) <= ran
    assert by_status["xfail"] <= set(expected)
    # What is left out asks for what the estimators do not have.
    assert by_status.get("skipped", set()) <= {
        "check_array_api_input",
        "check_classifiers_multilabel_output_format_decision_function",
    }


class OneStep:
    """Reads the rows of a table as sequences of one step, where columns are features.

    With it the checks that count columns, expected to fail above, run to their end.
    """

    def _read(self, X, resume):
        return super()._read(one_step(X), resume)

    def _read_as_fitted(self, X):
        return super()._read_as_fitted(one_step(X))


def one_step(X):
    """Rows as sequences of one step; what is no table of features is as it was."""
    if sparse.issparse(X):
        return X
    table = np.asarray(X)
    return table[:, None, :] if table.ndim == 2 and table.shape[1] else X


class OneStepClassifier(OneStep, RNNClassifier):
    pass


class OneStepRegressor(OneStep, RNNRegressor):
    pass


class OneStepTagger(OneStep, RNNTagger):
    """Labels (N,) as one label for the one step of each sequence."""

    def _fit(self, X, y, sample_weight, groups=None, **options):
        return super()._fit(X, rows_of_labels(y), sample_weight, groups, **options)

    def predict(self, X):
        return np.array([row[0] for row in super().predict(X)])

    def score(self, X, y, sample_weight=None):
        return super().score(X, rows_of_labels(y), sample_weight)


class OneStepTranslator(OneStep, RNNTranslator):
    """Labels (N,) as one token each, which the search may not leave out."""

    def _fit(self, X, y, sample_weight, groups=None, **options):
        return super()._fit(X, rows_of_labels(y), sample_weight, groups, **options)

    def predict(self, X):
        return np.array([row[0] for row in super().predict(X)])

    def score(self, X, y, sample_weight=None):
        return float(np.mean(self.predict(X) == np.asarray(y)))


class OneStepTranscriber(OneStep, RNNTranscriber):
    """Labels (N,) as lists of one label."""

    def _fit(self, X, y, sample_weight, groups=None, **options):
        return super()._fit(X, rows_of_labels(y), sample_weight, groups, **options)

    def predict(self, X):
        return np.array([(*row, self.classes_[1])[0] for row in super().predict(X)])

    def score(self, X, y, sample_weight=None):
        return float(np.mean(self.predict(X) == np.asarray(y)))


def rows_of_labels(y):
    labels = None if y is None else np.asarray(y)
    return y if labels is None or labels.ndim != 1 else [[label] for label in labels]


def test_check_estimator_on_the_tagger():
    """Every check that runs on an estimator of no kind: scikit-learn has none for sequences of labels."""
    by_status = outcomes(OneStepTagger(random_state=0), {})
    of_predictors = {
        "check_estimators_partial_fit_n_features",
        "check_non_transformer_estimators_n_iter",
        "check_supervised_y_no_nan",
    }
    assert set(SHARED) - of_predictors <= by_status["passed"]
    assert by_status.get("skipped", set()) <= {"check_array_api_input"}


def test_check_estimator_on_the_translator():
    estimator = OneStepTranslator(random_state=0, min_length=1, max_length=1, beam_width=1)
    pairs = "score_samples scores pairs (X, y)"
    expected = {
        **MINIBATCHES,
        "check_sample_weights_shape": "weights (N, 2) are those of a token and its end",
        "check_methods_sample_order_invariance": pairs,
        "check_methods_subset_invariance": pairs,
    }
    by_status = outcomes(estimator, expected)
    of_predictors = {
        "check_estimators_partial_fit_n_features",
        "check_non_transformer_estimators_n_iter",
        "check_supervised_y_no_nan",
    }
    assert set(SHARED) - of_predictors <= by_status["passed"] | by_status["xfail"]


def test_check_estimator_on_the_transcriber():
    pairs = "score_samples scores pairs (X, y)"
    expected = {
        **MINIBATCHES,
        "check_methods_sample_order_invariance": pairs,
        "check_methods_subset_invariance": pairs,
        "check_n_features_in_after_fitting": ANY_LENGTH,
    }
    by_status = outcomes(OneStepTranscriber(random_state=0), expected)
    of_predictors = {
        "check_estimators_partial_fit_n_features",
        "check_non_transformer_estimators_n_iter",
        "check_supervised_y_no_nan",
    }
    assert set(SHARED) - of_predictors <= by_status["passed"] | by_status["xfail"]


@pytest.mark.parametrize(
    "name",
    """check_estimator_cloneable check_estimator_tags_renamed check_valid_tag_types check_estimator_repr
    check_no_attributes_set_in_init check_get_params_invariance check_set_params
    check_do_not_raise_errors_in_init_or_set_params check_mixin_order""".split(),
)
def test_checks_without_data_on_the_language_model(name):
    """Tokens are no table, so that `check_estimator` itself leaves out nearly all."""
    getattr(estimator_checks, name)("RNNLanguageModel", RNNLanguageModel(random_state=0))


def test_every_public_estimator_is_checked():
    checked = {"RNNClassifier", "RNNLanguageModel", "RNNRegressor", "RNNTagger", "RNNTranscriber", "RNNTranslator"}
    public = {name: getattr(skrnn, name) for name in skrnn.__all__}
    classes = {name for name, value in public.items() if isinstance(value, type) and issubclass(value, BaseEstimator)}
    assert classes == checked


@pytest.mark.parametrize("name", sorted(COLUMNS_ARE_FEATURES))
@pytest.mark.parametrize("kind", [OneStepClassifier, OneStepRegressor])
def test_checks_that_count_columns(name, kind):
    if name == "check_classifiers_train" and kind is OneStepRegressor:
        name = "check_regressors_train"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(estimator_checks, name)(kind.__name__, kind(random_state=0))
