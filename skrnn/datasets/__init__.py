"""Where sequences come from: tasks with a known best score, and loaders of real data sets."""

from skrnn.datasets.digits import load_digit_rows
from skrnn.datasets.location import data_home
from skrnn.datasets.series import SERIES_NAMES, load_series, load_ts
from skrnn.datasets.synthetic import make_adding_problem, make_order_task, make_running_mean
from skrnn.datasets.turbofans import TURBOFAN_FEATURES, load_turbofans

__all__ = [
    "SERIES_NAMES",
    "TURBOFAN_FEATURES",
    "data_home",
    "load_digit_rows",
    "load_series",
    "load_ts",
    "load_turbofans",
    "make_adding_problem",
    "make_order_task",
    "make_running_mean",
]
