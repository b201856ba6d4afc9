"""Where sequences come from: tasks with a known best score, and loaders of real data sets."""

from skrnn.datasets.activities import ACTIVITIES, ACTIVITY_FEATURES, join_recordings, load_activities
from skrnn.datasets.conll import CONLLU_COLUMNS, load_conll, load_conllu
from skrnn.datasets.digits import load_digit_rows
from skrnn.datasets.intensive_care import INTENSIVE_CARE_FEATURES, load_intensive_care
from skrnn.datasets.location import data_home
from skrnn.datasets.movie_reviews import load_movie_reviews
from skrnn.datasets.parallel_text import load_names, load_parallel_text, load_shakespeare
from skrnn.datasets.series import SERIES_NAMES, load_series, load_ts
from skrnn.datasets.spoken_digits import join_spoken_digits, load_spoken_digits
from skrnn.datasets.synthetic import make_adding_problem, make_copying_memory, make_order_task, make_running_mean
from skrnn.datasets.tagged_text import load_chunks, load_ewt
from skrnn.datasets.turbofans import TURBOFAN_FEATURES, load_turbofans
from skrnn.datasets.written_forms import make_dates, make_number_words

__all__ = [
    "ACTIVITIES",
    "ACTIVITY_FEATURES",
    "CONLLU_COLUMNS",
    "INTENSIVE_CARE_FEATURES",
    "SERIES_NAMES",
    "TURBOFAN_FEATURES",
    "data_home",
    "join_recordings",
    "join_spoken_digits",
    "load_activities",
    "load_chunks",
    "load_conll",
    "load_conllu",
    "load_digit_rows",
    "load_ewt",
    "load_intensive_care",
    "load_movie_reviews",
    "load_names",
    "load_parallel_text",
    "load_series",
    "load_shakespeare",
    "load_spoken_digits",
    "load_ts",
    "load_turbofans",
    "make_adding_problem",
    "make_copying_memory",
    "make_dates",
    "make_number_words",
    "make_order_task",
    "make_running_mean",
]
