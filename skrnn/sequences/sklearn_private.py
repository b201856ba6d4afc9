"""The only file that uses private names of scikit-learn, each for want of a public one.

Estimators override private methods of `BaseEstimator` where scikit-learn calls them (`_get_param_names`,
`_parameter_constraints`); what they call or read of it is here.
"""

from __future__ import annotations

import copy
from typing import Any

# Some rows of any container, as cross-validation takes them. It is exported, but under a private name.
from sklearn.utils import _safe_indexing as safe_indexing

# Ranges of parameters. There is no public way to write them, nor to check them with scikit-learn's own messages.
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

# Names of columns, at fit and at predict. The public `validate_data` wants a table.
from sklearn.utils.validation import _check_feature_names as check_feature_names

__all__ = [
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "begin_callbacks",
    "check_feature_names",
    "copy_settings",
    "has_callbacks",
    "safe_indexing",
    "validate_params",
]


def validate_params(estimator: Any) -> None:
    """Check parameters against ``_parameter_constraints``, which `BaseEstimator` does only in private."""
    estimator._validate_params()


def copy_settings(estimator: Any, cloned: Any) -> None:
    """Give a clone the metadata requests, the output container and the callbacks of an estimator.

    An own ``__sklearn_clone__`` replaces all of `clone`, which copies these attributes. Callbacks are shared, as in
    `clone`: one callback is called by all clones.
    """
    settings = vars(estimator)
    for name in ("_metadata_request", "_sklearn_output_config"):
        if name in settings:
            setattr(cloned, name, copy.deepcopy(settings[name]))
    if "_skl_callbacks" in settings:
        cloned._skl_callbacks = settings["_skl_callbacks"]


def has_callbacks(estimator: Any) -> bool:
    """Whether `set_callbacks` was given any; there is no public way to ask."""
    return bool(getattr(estimator, "_skl_callbacks", None))


def begin_callbacks(estimator: Any, max_subtasks: int) -> Any:
    """Context of a fit for its callbacks. scikit-learn documents this method for other estimators, but as private."""
    return estimator._init_callback_context(max_subtasks=max_subtasks)
