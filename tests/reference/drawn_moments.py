"""Rates drawn anew in every trial: what attempts come to, from the moments of the rates with 60 digits.

A product of k rejections is a polynomial in the success rate and the error rates, so its mean is a sum of moments. Beta
moments are rational, and every sum is of positive numbers alone, so that no digit is lost in it.
"""

from collections.abc import Callable
from functools import cache
from math import comb
from typing import NamedTuple

import mpmath

#: Sixty digits, whatever others set.
DIGITS = mpmath.mp.clone()
DIGITS.dps = 60
#: A float stands for the number it holds.
Number = DIGITS.mpf
#: E[x^i (1-x)^j] of a rate.
Moment = Callable[[int, int], Number]


def known(rate: float) -> Moment:
    """A rate that is given."""
    x = Number(rate)
    return lambda i, j: x**i * (1 - x) ** j


def beta(alpha: float, beta: float, never: float = 0.0) -> Moment:
    """A Beta rate, but 0 with the probability ``never``."""
    a, b = Number(alpha), Number(beta)

    @cache
    def moment(i: int, j: int) -> Number:
        if i > 0:
            return moment(i - 1, j) * (a + i - 1) / (a + b + i + j - 1)
        return moment(0, j - 1) * (b + j - 1) / (a + b + j - 1) if j > 0 else Number(1)

    share = Number(never)
    return lambda i, j: (1 - share) * moment(i, j) + (share if i == 0 else 0)


def spread(mean: float, icc: float) -> Moment:
    """A rate with a mean and an intra-class correlation."""
    size = (1 - Number(icc)) / Number(icc)
    return beta(Number(mean) * size, (1 - Number(mean)) * size)  # type: ignore[arg-type]


def types(weight: list[float], rates: list[float]) -> Moment:
    """One of a few rates."""
    shares = [Number(w) / sum(map(Number, weight)) for w in weight]
    moments = [known(rate) for rate in rates]
    return lambda i, j: sum((w * m(i, j) for w, m in zip(shares, moments, strict=True)), Number(0))


class Means(NamedTuple):
    """What one task comes to."""

    accepted: float
    accuracy: float
    accuracy_last: float
    coverage: float
    attempts_used: float


def first_accepted(p: Moment, f: Moment, g: Moment, most: int) -> Means:
    """Stopping at the first acceptance, at most so many attempts; with the last answer returned, and without."""

    def rejected(k: int, *, right: int = 0, missed: int = 0) -> Number:
        """E[b^k], times p (1-g) or p g of one further attempt: b = p g + (1-p)(1-f)."""
        one = right + missed
        return sum(
            (comb(k, i) * p(i + one, k - i) * g(i + missed, right) * f(0, k - i) for i in range(k + 1)), Number(0)
        )

    none = rejected(most)
    right = sum((rejected(k, right=1) for k in range(most)), Number(0))
    return Means(
        accepted=float(1 - none),
        accuracy=float(right),
        accuracy_last=float(right + rejected(most - 1, missed=1)),
        coverage=float(1 - p(0, most)),
        attempts_used=float(sum((rejected(k) for k in range(most)), Number(0))),
    )
