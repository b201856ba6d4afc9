"""Stays in intensive care (PhysioNet challenge 2012, set A): irregular time stamps, and most values missing."""

from __future__ import annotations

import csv
import os
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skrnn.datasets.location import data_file

_DESCRIPTORS = ("Age", "Gender", "Height", "ICUType")
_MEASUREMENTS = (
    *("ALP", "ALT", "AST", "Albumin", "BUN", "Bilirubin", "Cholesterol", "Creatinine", "DiasABP", "FiO2", "GCS"),
    *("Glucose", "HCO3", "HCT", "HR", "K", "Lactate", "MAP", "MechVent", "Mg", "NIDiasABP", "NIMAP", "NISysABP"),
    *("Na", "PaCO2", "PaO2", "Platelets", "RespRate", "SaO2", "SysABP", "Temp", "TroponinI", "TroponinT", "Urine"),
    *("WBC", "Weight", "pH"),
)

# The columns of X: hours since admission, what is known at admission, and 37 measurements.
INTENSIVE_CARE_FEATURES = ("hours", *_DESCRIPTORS, *_MEASUREMENTS)

_COLUMNS = {name: k for k, name in enumerate(INTENSIVE_CARE_FEATURES)}


def load_intensive_care(
    data_home: str | os.PathLike[str] | None = None,
) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
    """Load the first 48 hours of 4,000 stays in intensive care, and who died in hospital, from the data folder.

    A step is a time at which something was measured; what was not is NaN. What was measured, and when, tells something
    by itself: use ``cell="grud"``, with ``cell__time_feature=0``.

    Parameters
    ----------
    data_home : path-like or None, default=None
        The data folder; None reads the environment variable ``SKRNN_DATA``.

    Returns
    -------
    X : list of N=4000 arrays of shape (T_i, 42), float32
        Hours since admission, which rise; then age, gender (0 female, 1 male), height in cm and the kind of unit (1 to
        4), at the first step alone; and 37 measurements, unscaled. `INTENSIVE_CARE_FEATURES` names the columns. T is 1
        to 203.
    y : ndarray of shape (N,), int
        1 for a death in hospital (554 of them), 0 for none.

    Raises
    ------
    FileNotFoundError
        If the data folder or a file does not exist.
    ValueError
        If a record cannot be read, or has no outcome.

    Notes
    -----
    -1 in the set is a value that is not known, and becomes NaN like one that is not there. Of values of one parameter
    at one time the last counts. Values are as they were written down: some cannot be right (a temperature of -17.8, a
    pH of 735), and should be cut off before means are taken.

    References
    ----------
    .. [1] I. Silva, G. Moody, D. J. Scott, L. A. Celi, R. G. Mark, "Predicting in-hospital mortality of ICU patients:
       the PhysioNet/Computing in Cardiology challenge 2012", Computing in Cardiology 39, 2012.

    Examples
    --------
    >>> from skrnn.datasets import load_intensive_care
    >>> X, y = load_intensive_care()  # doctest: +SKIP
    >>> len(X), X[0].shape, int(y.sum())  # doctest: +SKIP
    (4000, (55, 42), 554)
    """
    outcomes = _read_outcomes(data_file("physionet2012", "Outcomes-a.txt", home=data_home))
    path = data_file("physionet2012", "set-a.tar.gz", home=data_home)
    stays: dict[str, NDArray[np.float32]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".txt"):
                content: bytes = archive.extractfile(member).read()  # type: ignore[union-attr]
                stays[Path(member.name).stem] = _read_stay(content.decode(), f"{path}: {member.name}")
    if not stays:
        raise ValueError(f"{path} must hold records, one .txt file a stay. Got none.")
    unknown = sorted(set(stays) - set(outcomes))
    if unknown:
        raise ValueError(f"Outcomes-a.txt must tell the outcome of every stay. Got none for {unknown[0]}.")
    order = sorted(stays)
    return [stays[record] for record in order], np.array([outcomes[record] for record in order])


def _read_outcomes(path: Path) -> dict[str, int]:
    """Deaths in hospital by record."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return {row["RecordID"]: int(row["In-hospital_death"]) for row in rows}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} must have the columns RecordID and In-hospital_death, of numbers ({error})."
        ) from error


def _read_stay(text: str, place: str) -> NDArray[np.float32]:
    """Read one record of lines ``hh:mm,parameter,value``: (T, D)."""
    steps: dict[int, NDArray[np.float32]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if number == 1 or not line.strip():  # the header
            continue
        try:
            time, parameter, value = line.split(",")
            hours, minutes = time.split(":")
            minute, amount = 60 * int(hours) + int(minutes), float(value)
        except ValueError as error:
            raise ValueError(
                f"{place}, line {number}: must be a time hh:mm, a parameter and a value. Got {line!r}."
            ) from error
        if parameter == "RecordID":
            continue
        if parameter not in _COLUMNS:
            raise ValueError(f"{place}, line {number}: the parameter must be one of the set. Got {parameter!r}.")
        row = steps.setdefault(minute, np.full(len(_COLUMNS), np.nan, np.float32))
        if amount != -1:
            row[_COLUMNS[parameter]] = amount
    if not steps:
        raise ValueError(f"{place} must hold at least one value. Got none.")
    minutes_in_order = sorted(steps)
    stay = np.stack([steps[minute] for minute in minutes_in_order])
    stay[:, 0] = np.array(minutes_in_order) / 60
    return stay
