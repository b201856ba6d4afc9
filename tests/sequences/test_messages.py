"""Parts of error messages."""

import numpy as np
import pytest

from skrnn.sequences.messages import listed, nearest


@pytest.mark.parametrize(("name", "expected"), [("unit", "; did you mean 'units'?"), ("zzz", "")])
def test_nearest(name, expected):
    assert nearest(name, {"units": 1, "dropout": 0}) == expected


@pytest.mark.parametrize("make", [list, np.array, tuple])
@pytest.mark.parametrize(
    ("values", "expected"), [(["a", "b"], "'a', 'b'"), (range(10), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"), ([], "")]
)
def test_listed(make, values, expected):
    assert listed(make(values)) == expected


def test_what_is_left_out_is_marked():
    assert listed(np.arange(11)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ..."
