"""Dates as people write them: a date, ``"2026-03"``, ``"2026-03-15"``, or a year with a fraction."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw._arguments import as_number, shown

__all__ = ["YEARS", "as_date", "as_year", "as_year_within", "as_years", "year_of"]

#: Years that the dates of a trend may lie in.
YEARS = (1800.0, 2300.0)

_TEXT = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_EXPECTED = "a date such as '2026-03' or '2026-03-15'"


def year_of(date: dt.date) -> float:
    """A date as a number of years: the share of its year that has passed by its first hour is the fraction.

    Example:
        >>> round(year_of(dt.date(2024, 7, 23)), 2)
        2024.56
    """
    start = dt.date(date.year, 1, 1)
    return date.year + (date - start).days / (dt.date(date.year + 1, 1, 1) - start).days


def as_date(value: Any, name: str) -> dt.date:
    """A date, or text that is one; a year or a month begins on its first day."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a datetime.date or {_EXPECTED}, got {shown(value)}")
    found = _TEXT.fullmatch(value.strip())
    try:
        return dt.date(*(int(part or 1) for part in found.groups()))  # type: ignore[union-attr]  # None is caught
    except (AttributeError, ValueError):
        raise ValueError(f"{name} must be {_EXPECTED}, got {shown(value)}") from None


def as_year(value: Any, name: str) -> float:
    """A year with its fraction, from a number, a date or text."""
    if isinstance(value, (str, dt.date)):
        return year_of(as_date(value, name))
    return as_number(value, name)


def as_year_within(value: Any, name: str) -> float:
    """As :func:`as_year`, within the years of a trend: 20260301 is no year."""
    year = as_year(value, name)
    if not YEARS[0] <= year <= YEARS[1]:
        raise ValueError(f"{name} must be in [{YEARS[0]:.0f}, {YEARS[1]:.0f}], got {shown(year)}")
    return year


def as_years(column: pl.Series, name: str) -> npt.NDArray[np.float64]:
    """A column of dates, of text or of years as years with their fractions."""
    if column.null_count():
        raise ValueError(f"{name}[{column.is_null().arg_max()}] must be a date, got null")
    if column.dtype.is_numeric():
        years = column.cast(pl.Float64).to_numpy()
        if not np.isfinite(years).all():
            raise ValueError(f"{name} must be finite years, got {shown(float(years[~np.isfinite(years)][0]))}")
        return years
    if column.dtype not in (pl.Date, pl.Datetime, pl.String):
        raise TypeError(f"{name} must be dates, text or years, got {column.dtype}")
    return np.array([as_year(value, f"{name}[{i}]") for i, value in enumerate(column)], dtype=np.float64)
