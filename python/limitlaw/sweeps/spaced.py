"""Axes of a sweep file that are spaced evenly: in steps, or in ratios."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

from limitlaw._arguments import as_number, as_whole, is_sequence, shown

__all__ = ["SPACINGS", "spaced"]

SPACINGS = ("linspace", "logspace")
#: The most values of a spaced axis.
_MOST = 1_000_000
#: Decimal arithmetic gives the same values on every machine (a sweep is named by them), and 0.03 where 0.03 is meant.
_EXACT = decimal.Context(prec=40)


def spaced(spacing: str, given: Any, name: str) -> list[float]:
    """The values from the first to the last, both included, each the double nearest to the exact value.

    Raises:
        ValueError: There are not three numbers, or one is out of range: ``logspace`` needs ends of one sign.
        TypeError: One is no number.
    """
    if not is_sequence(given) or len(given) != 3:  # noqa: PLR2004  (as the message says)
        raise ValueError(f"{name}.{spacing} must be [first, last, count], got {shown(given)}")
    first, last = (as_number(value, f"{name}.{spacing}[{at}]") for at, value in enumerate(given[:2]))
    count = as_whole(given[2], f"{name}.{spacing}[2]", 2, _MOST)
    if spacing == "logspace" and (0.0 in (first, last) or (first < 0.0) != (last < 0.0)):
        raise ValueError(f"{name}.{spacing} must have ends of one sign, both not 0, got {shown(given)}")
    low, high = Decimal(repr(first)), Decimal(repr(last))
    with decimal.localcontext(_EXACT):
        if spacing == "linspace":
            inner = [low + (high - low) * at / (count - 1) for at in range(1, count - 1)]
        else:
            step = (high / low).ln() / (count - 1)
            inner = [low * (step * at).exp() for at in range(1, count - 1)]
    return [first, *map(float, inner), last]
