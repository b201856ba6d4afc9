"""Strategies of hypothesis: X, y, weights and parameters as people hand them over, right and wrong.

Each draws a pair: what it is called, for the report of a failure, and the value.
"""

import datetime
import decimal
import fractions
import pathlib

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse

from skrnn import Sequences

D = 2
LENGTHS = [3, 1, 4, 2, 3, 2]
N = len(LENGTHS)

# What may stand where a number is wanted.
CELLS = [
    None,
    np.nan,
    np.inf,
    -np.inf,
    1e300,
    10**400,
    -1,
    True,
    "a",
    "",
    "1.5",
    b"a",
    1j,
    pd.NA,
    pd.NaT,
    np.timedelta64(1, "h"),
    np.datetime64("2026-01-01"),
    datetime.date(2026, 1, 1),
    datetime.timedelta(hours=1),
    decimal.Decimal("1.5"),
    fractions.Fraction(1, 2),
    [],
    [1, 2],
    {},
    {"a": 1},
    {1},
    (),
    object(),
    np.array([]),
    np.zeros((2, 2)),
    np.float16(1),
    lambda: 1,
    int,
    slice(None),
]

# What is no set of sequences, labels or weights at all.
THINGS = [
    None,
    0,
    1.5,
    "text",
    b"bytes",
    "",
    [],
    (),
    {},
    {"a": [1, 2]},
    set(),
    {1, 2},
    object(),
    np.array(1.0),
    np.array([]),
    np.zeros((0, 3)),
    np.zeros((0, 3, 2)),
    np.zeros((N, 0)),
    np.zeros((N, 2, 0)),
    np.zeros((N, 2, 2, 2)),
    np.zeros(N, dtype=[("a", float)]),
    np.zeros((N, 2), "V8"),
    np.zeros((N, 2), "datetime64[s]"),
    np.zeros((N, 2), "timedelta64[s]"),
    np.zeros((N, 3), complex),
    np.array(["a"] * N),
    np.array([b"a"] * N),
    np.array([["a", "b"]] * N),
    np.array([[b"a", b"b"]] * N),
    np.array([None] * N),
    np.array([{}] * N),
    [[]] * N,
    [[[]]] * N,
    [None] * N,
    [np.zeros((2, 2, 2))] * N,
    [np.float64(1.0)] * N,
    ["ab"] * N,
    [b"ab"] * N,
    [{"a": 1}] * N,
    [{1, 2}] * N,
    [object()] * N,
    iter([]),
    range(N),
    range(0),
    (x for x in [[1.0]]),
    pathlib.Path("X.csv"),
    pd.DataFrame(),
    pd.DataFrame({"a": []}),
    pd.DataFrame({"a": ["x"] * N, "b": [1.0] * N}),
    pd.DataFrame(np.ones((N, 3))).groupby(0),
    pd.Series([], dtype=float),
    pd.Series(range(N)),
    pd.Series(["a b"] * N),
    pd.date_range("2026-01-01", periods=N),
    sparse.eye(N).tocsr(),
    np.ma.masked_array(np.ones((N, 2)), mask=np.eye(N, 2)),
    np.matrix(np.ones((N, 2))),
    int,
    np.zeros,
    slice(None),
    Ellipsis,
    memoryview(b"abcdef"),
]


def things():
    return st.integers(0, len(THINGS) - 1).map(lambda k: (f"thing {k}", THINGS[k]))


def arrays(width=D, lengths=LENGTHS, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, width)) for n in lengths]


@st.composite
def numbers(draw):
    """Sequences of numbers in a container, of a type, and perhaps with one cell, row or sequence that is wrong."""
    width = draw(st.sampled_from([D, D, D, D, 1, 3]))
    equal = draw(st.booleans())
    x = arrays(width, [3] * N if equal else LENGTHS)
    dtype = draw(
        st.sampled_from(["float32", "float64", "float16", "int64", "int8", "uint8", "bool", "longdouble", "object"])
    )
    x = [np.abs(a * 3).astype(dtype) if dtype.startswith("u") else a.astype(dtype) for a in x]
    name = [dtype, f"D={width}", "equal" if equal else "ragged"]
    wrong = draw(st.sampled_from(["", "", "", "cell", "empty", "other width", "one axis", "thing", "fewer"]))
    name.append(wrong)
    where = draw(st.integers(0, N - 1))
    if wrong == "cell":
        cell = draw(st.integers(0, len(CELLS) - 1))
        name.append(f"cell {cell}")
        x[where] = x[where].tolist()
        x[where][0][0] = CELLS[cell]
    elif wrong == "empty":
        x[where] = x[where][:0]
    elif wrong == "other width":
        x[where] = np.ones((2, width + 1))
    elif wrong == "one axis":
        x[where] = np.ones(3)
    elif wrong == "thing":
        thing = draw(things())
        name.append(thing[0])
        x[where] = thing[1]
    elif wrong == "fewer":
        x = x[:1]
    form = draw(
        st.sampled_from(
            ["list", "tuple", "lists", "objects", "array", "2-D", "frames", "series", "column", "Sequences"]
        )
    )
    name.append(form)
    try:
        x = in_form(x, form)
    except Exception:  # a container that cannot hold it
        name.append("as list")
    return " ".join(name), x


def in_form(x, form):
    if form == "tuple":
        return tuple(x)
    if form == "lists":
        return [a.tolist() if hasattr(a, "tolist") else a for a in x]
    if form == "objects":
        boxed = np.empty(len(x), object)
        boxed[:] = x
        return boxed
    if form == "array":
        return np.stack(x)
    if form == "2-D":
        return np.stack(x)[:, :, 0]
    if form == "frames":
        return [pd.DataFrame(a, columns=[f"c{k}" for k in range(np.shape(a)[1])]) for a in x]
    if form in ("series", "column"):
        boxed = pd.Series(list(x))
        return boxed if form == "series" else boxed.to_frame("x")
    if form == "Sequences":
        return Sequences.from_list(x)
    return x


WORDS = ["the", "cat", "Sat", "on", "a", "mat", ".", "1987", "", " ", "é", "中", "\x00", "x" * 300]
FEATURES = [
    {"w": "a"},
    {"w": "b", "n": 2.0},
    {},
    {"list": ["a", "b"]},
    {"in": {"w": "c"}},
    {"t": True},
    {"n": np.float32(1)},
]


@st.composite
def tokens(draw):
    """Sentences of strings, tuples, dictionaries or integers, perhaps with one that is wrong."""
    kind = draw(st.sampled_from(["words", "tuples", "dictionaries", "integers"]))
    rng = np.random.default_rng(draw(st.integers(0, 3)))
    make = {
        "words": lambda: WORDS[rng.integers(len(WORDS))],
        "tuples": lambda: (WORDS[rng.integers(len(WORDS))], "NV"[rng.integers(2)]),
        "dictionaries": lambda: FEATURES[rng.integers(len(FEATURES))],
        "integers": lambda: int(rng.integers(0, 9)),
    }[kind]
    x = [[make() for _ in range(n)] for n in LENGTHS]
    wrong = draw(st.sampled_from(["", "", "", "token", "empty", "thing", "mixed", "deep"]))
    where = draw(st.integers(0, N - 1))
    name = [kind, wrong, str(where)]
    if wrong == "token":
        cell = draw(st.integers(0, len(CELLS) - 1))
        name.append(f"cell {cell}")
        x[where][0] = CELLS[cell]
    elif wrong == "deep":
        x[where][0] = {"a": {"b": {"c": float("nan")}}} if kind == "dictionaries" else (("a",), "b")
    elif wrong == "empty":
        x[where] = []
    elif wrong == "thing":
        thing = draw(things())
        name.append(thing[0])
        x[where] = thing[1]
    elif wrong == "mixed":
        x[where] = [1.5] * LENGTHS[where]
    form = draw(st.sampled_from(["list", "tuple", "objects", "series", "arrays"]))
    name.append(form)
    try:
        x = [np.array(s) for s in x] if form == "arrays" else in_form(x, form)
    except Exception:
        name.append("as list")
    return " ".join(name), x


@st.composite
def targets(draw):
    """y of sequences or steps, of classes or numbers, perhaps with a cell that is wrong."""
    per_step = draw(st.booleans())
    lengths = draw(st.sampled_from([LENGTHS, [3] * N]))
    kind = draw(
        st.sampled_from(["two", "three", "words", "numbers", "large", "one", "floats of classes", "bools", "negative"])
    )
    rng = np.random.default_rng(0)
    n = sum(lengths) if per_step else N
    flat = {
        "two": np.arange(n) % 2,
        "three": np.arange(n) % 3,
        "words": np.array(["x", "yy", "z"])[np.arange(n) % 3],
        "numbers": rng.normal(size=n),
        "large": 1e12 + rng.normal(size=n),
        "one": np.ones(n, int),
        "floats of classes": (np.arange(n) % 2).astype(float),
        "bools": np.arange(n) % 2 == 0,
        "negative": np.where(np.arange(n) % 3, np.arange(n) % 2, draw(st.sampled_from([-1, -100]))),
    }[kind]
    name = ["steps" if per_step else "sequences", kind]
    y = flat.tolist() if draw(st.booleans()) else flat
    wrong = draw(st.sampled_from(["", "", "", "cell", "short", "long", "outputs"]))
    name.append(wrong)
    if wrong == "cell":
        cell = draw(st.integers(0, len(CELLS) - 1))
        name.append(f"cell {cell}")
        y = list(y)
        y[draw(st.integers(0, n - 1))] = CELLS[cell]
    elif wrong == "outputs" and not per_step:
        y = np.stack([flat, flat], axis=1)
    if per_step:
        ends = np.cumsum(lengths)
        y = [y[a:b] for a, b in zip(ends - lengths, ends)]
    if wrong == "short":
        y = y[:-1]
    elif wrong == "long":
        y = [*y, y[0]]
    form = draw(st.sampled_from(["as it is", "array", "series", "tuple", "objects", "Sequences", "column"]))
    name.append(form)
    try:
        if form == "array":
            y = np.array(y)
        elif form == "column" and not per_step:
            y = np.array(y)[:, None]
        else:
            y = in_form(y, form)
    except Exception:
        name.append("as list")
    return " ".join(name), y


@st.composite
def weights(draw):
    """Weights of sequences or steps, right and wrong."""
    shape = draw(st.sampled_from(["none", "sequences", "steps", "rows", "other length", "number"]))
    value = draw(st.sampled_from([1.0, 2, 0, -1.0, np.nan, np.inf, 1e300, True, "1", None, 1j, np.timedelta64(1, "s")]))
    if shape == "none":
        return "none", None
    if shape == "number":
        return f"number {value!r}", value
    ones = {"sequences": np.ones(N), "other length": np.ones(N + 1), "rows": np.ones((N, 3))}
    w = [np.ones(n) for n in LENGTHS] if shape == "steps" else ones[shape]
    changed = draw(st.booleans())
    if changed:
        w = [row.tolist() if isinstance(row, np.ndarray) else row for row in w]
        if shape in ("steps", "rows"):
            w[0][0] = value
        else:
            w[0] = value
    return f"{shape} {value!r} {changed}", w


VALUES = [
    None,
    True,
    -1,
    0,
    2,
    1.5,
    0.5,
    -0.5,
    float("nan"),
    float("inf"),
    10**12,
    "x",
    "",
    "auto",
    "last",
    "balanced",
    b"x",
    [],
    [2, 2],
    (),
    {},
    {"a": 1},
    {0: 1.0, 1: float("nan")},
    object(),
    int,
    len,
    lambda: 1,
    np.array([1, 2]),
    np.float32(2),
    1j,
]


def parameter_values():
    return st.integers(0, len(VALUES) - 1).map(lambda k: VALUES[k])


def frame_of_cells():
    """A data frame with sequences in the cells of two columns, a number and a category."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "pulse": [rng.normal(size=n) for n in LENGTHS],
            "words": [list("ab" * n)[:n] for n in LENGTHS],
            "age": rng.normal(size=N),
            "unit": ["u" if k % 2 else "v" for k in range(N)],
        }
    )


@st.composite
def frames_of_cells(draw):
    """Such a frame, with a cell or two that hold something else."""
    frame = frame_of_cells().astype(object)
    if draw(st.booleans()):
        frame = frame[draw(st.lists(st.sampled_from(list(frame.columns)), min_size=1, max_size=4, unique=True))]
    what = f"cells of {list(frame.columns)}"
    for _ in range(draw(st.integers(0, 2))):
        row, column = draw(st.integers(0, N - 1)), draw(st.sampled_from(list(frame.columns)))
        value = draw(
            st.sampled_from([*CELLS, np.zeros(2), np.zeros((0, 1)), ["a"], [["a", "b"]], [{}], [None], [np.nan]])
        )
        frame.iat[row, frame.columns.get_loc(column)] = value
        what += f", {column}[{row}] = {value!r:.40}"
    return what, frame
