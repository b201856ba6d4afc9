"""Dates and numbers in many written forms, and in one: translations whose best score is 1."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sklearn.utils import check_random_state

MONTHS = (
    "January February March April May June July August September October November December".split()  # as in strftime
)
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2099, 12, 31)


def make_dates(n_samples: int = 1000, *, random_state: Any = None) -> tuple[list[str], list[str]]:
    """Make dates in ten written forms, and in that of ISO 8601.

    Parameters
    ----------
    n_samples : int, default=1000
        N, all different days from 1900 to 2099.
    random_state : int, RandomState instance or None, default=None
        Controls the days and forms.

    Returns
    -------
    X : list of N str
        Such as "3 May 1979", "Thursday, May 3, 1979" or "3.5.79"; two digits of the year stand for 1930 to 2029.
    y : list of N str
        Such as "1979-05-03".

    Raises
    ------
    ValueError
        If there are fewer days than samples.

    Examples
    --------
    >>> from skrnn.datasets import make_dates
    >>> X, y = make_dates(3, random_state=0)
    >>> list(zip(X, y))[0]
    ('10 October 1999', '1999-10-10')
    """
    n_days = (LAST_DAY - FIRST_DAY).days + 1
    if not 1 <= n_samples <= n_days:
        raise ValueError(f"n_samples must be from 1 to {n_days}, the days there are. Got {n_samples}.")
    random = check_random_state(random_state)
    days = [FIRST_DAY + timedelta(int(k)) for k in random.permutation(n_days)[:n_samples]]
    return [_written(day, int(random.randint(10))) for day in days], [day.isoformat() for day in days]


def _written(day: date, form: int) -> str:
    """One of ten forms; those with a short year only where that tells the century."""
    month, d, year = MONTHS[day.month - 1], day.day, day.year
    if form >= 8 and not 1930 <= year <= 2029:
        form -= 2
    return (
        f"{d} {month} {year}",
        f"{month} {d}, {year}",
        f"{DAYS[day.weekday()]}, {month} {d}, {year}",
        f"{month[:3].lower()} {_ordinal(d)} {year}",
        f"the {_ordinal(d)} of {month}, {year}",
        f"{d:02d}-{month[:3].upper()}-{year}",
        f"{d}.{day.month}.{year}",
        f"{day.month}/{d}/{year}",
        f"{d}.{day.month}.{year % 100:02d}",
        f"{d} {month[:3]} '{year % 100:02d}",
    )[form]


def _ordinal(n: int) -> str:
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def make_number_words(
    n_samples: int = 1000, *, largest: int = 999_999, random_state: Any = None
) -> tuple[list[str], list[str]]:
    """Make numbers in words, and in digits.

    Parameters
    ----------
    n_samples : int, default=1000
        N, all different numbers.
    largest : int, default=999_999
        From 0 to this, below a million.
    random_state : int, RandomState instance or None, default=None
        Controls the numbers.

    Returns
    -------
    X : list of N str
        Such as "two hundred five thousand seventeen".
    y : list of N str
        Digits with blanks between them, such as "2 0 5 0 1 7", each of which is a token.

    Raises
    ------
    ValueError
        If there are fewer numbers than samples, or `largest` is a million or more.

    Examples
    --------
    >>> from skrnn.datasets import make_number_words
    >>> X, y = make_number_words(2, largest=99, random_state=0)
    >>> list(zip(X, y))
    [('twenty six', '2 6'), ('eighty six', '8 6')]
    """
    if not 0 <= largest < 1_000_000:
        raise ValueError(f"largest must be from 0 to 999999. Got {largest}.")
    if not 1 <= n_samples <= largest + 1:
        raise ValueError(f"n_samples must be from 1 to {largest + 1}, the numbers there are. Got {n_samples}.")
    numbers = check_random_state(random_state).choice(largest + 1, size=n_samples, replace=False)
    return [_in_words(int(n)) for n in numbers], [" ".join(str(n)) for n in numbers]


def _in_words(n: int) -> str:
    thousands, rest = divmod(n, 1000)
    if thousands:
        return f"{_in_words(thousands)} thousand" + (f" {_in_words(rest)}" if rest else "")
    hundreds, rest = divmod(n, 100)
    if hundreds:
        return f"{ONES[hundreds]} hundred" + (f" {_in_words(rest)}" if rest else "")
    if n < len(ONES):
        return ONES[n]
    tens, rest = divmod(n, 10)
    return TENS[tens - 2] + (f" {ONES[rest]}" if rest else "")
