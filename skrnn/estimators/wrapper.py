"""scikeras, imported without its side effect. The only module that knows scikeras.

Importing scikeras replaces how Keras models, losses, metrics and optimizers are pickled, for the whole process, and
with that a user's own loss can no longer be pickled unless it is registered with Keras. Where scikeras comes in only
because of skrnn, Keras gets its own methods back. Where the user imported scikeras before, nothing is touched.
"""

import sys

import keras
from sklearn.base import BaseEstimator

_MISSING = object()
_PATCHED = [
    (keras.Model, "__reduce__"),
    (keras.Model, "__deepcopy__"),
    (keras.losses.Loss, "__reduce__"),
    (keras.metrics.Metric, "__reduce__"),
    (keras.optimizers.Optimizer, "__reduce__"),
]

_before = None
if "scikeras" not in sys.modules:
    _before = [vars(cls).get(name, _MISSING) for cls, name in _PATCHED]

from scikeras._utils import route_params, unflatten_params  # noqa: E402
from scikeras.wrappers import BaseWrapper  # noqa: E402

if _before is not None:
    for (_cls, _name), _method in zip(_PATCHED, _before):
        if _method is not _MISSING:
            setattr(_cls, _name, _method)
        elif _name in vars(_cls):
            delattr(_cls, _name)

# BaseWrapper carries a `_more_tags` that scikit-learn no longer reads and its checks reject in a class without
# tags of its own. This is the method that BaseWrapper inherits anyway.
if "__sklearn_tags__" not in vars(BaseWrapper):
    BaseWrapper.__sklearn_tags__ = BaseEstimator.__sklearn_tags__

__all__ = ["BaseWrapper", "route_params", "unflatten_params"]
