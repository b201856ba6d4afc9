"""Which reader reads which form of X by default."""

from __future__ import annotations

from typing import Any

from skrnn.preprocessing.columns_reader import ColumnsReader
from skrnn.preprocessing.feature_dicts import FeatureReader
from skrnn.preprocessing.forms import form_of
from skrnn.preprocessing.reader import ArrayReader, Reader
from skrnn.preprocessing.words import WordReader

READERS: dict[str, type[Reader]] = {
    "cells": ColumnsReader,
    "numbers": ArrayReader,
    "words": WordReader,
    "columns": WordReader,
    "features": FeatureReader,
}


def default_reader(X: Any) -> Reader:
    """An unfitted reader for the form of X, with its default options."""
    return READERS[form_of(X)]()
