"""Limits of a mean, or of a ratio of means, from values by task: exact or nearly so, whatever their law."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from limitlaw import _core

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: The width of a bracket, in parts of the range, at which its ends are taken for one.
_NEAR = 2.0**-50
#: The most steps to it.
_STEPS = 200
#: The most that a sample is thought to grow.
_MOST = 1e9


@dataclasses.dataclass(frozen=True)
class Ratio:
    """The ratio E[w numerator] / E[w denominator] of independent tasks, or the mean of the numerator.

    It is at least b where E[w (numerator - b denominator)] is at least 0: the mean of a variable with known ends, for
    which there are limits that hold whatever its law (Gaffke's, as ``pass_at_k`` has them; or time-uniform ones, for
    data that are looked at again and again). The limits of the ratio are the bounds b that are not refuted: Fieller's
    argument, with no normal law in it.

    Args:
        numerator: Of each task, in [least denominator, most denominator].
        denominator: Of each task, in [0, 1]; 1 where there is none.
        weight: Of each task, or cluster of tasks; none where all count alike. They are a sample of as many of equal
            weight as know a mean as well (Kish).
        least: The least that the ratio can be.
        most: The most.
        anytime: Whether the limits hold at every number of tasks at once.
        each: Independent values that each of these is the mean of (trials of a simulation).
    """

    numerator: Array
    denominator: Array | None
    weight: Array | None
    least: float
    most: float
    anytime: bool = False
    each: float = 1.0

    @property
    def estimate(self) -> float:
        """The ratio of the sums; NaN where the denominator adds to 0."""
        weight = np.ones(len(self.numerator)) if self.weight is None else self.weight
        below = float(weight.sum() if self.denominator is None else (weight * self.denominator).sum())
        return float((weight * self.numerator).sum()) / below if below > 0.0 else float("nan")

    def refuted(self, bound: float, tail: float, copies: float = 1.0) -> tuple[bool, bool]:
        """Whether the ratio is shown to be above the bound, and below it, each with an error of at most ``tail``."""
        above, below = (self._margin(bound, tail, copies, above=above) for above in (True, False))
        return above > 0.0, below > 0.0

    def _margin(self, bound: float, tail: float, copies: float = 1.0, *, above: bool) -> float:
        """How far a limit of the excess over the bound is above 0, or the other below it; not above 0: not refuted."""
        span = self.most - self.least
        if span <= 0.0:
            return self.least - bound if above else bound - self.most
        # In [0, 1], with 0 at ``zero``.
        of = 1.0 if self.denominator is None else self.denominator
        excess = self.numerator - bound * of
        zero = (bound - self.least) / span
        values = np.ascontiguousarray(np.clip(excess / span + zero, 0.0, 1.0))
        each = copies * self._copies()
        if self.anytime:
            ends = _core.sequence_interval(float((each * values).sum()), float(each.sum()), 1.0 - tail)
            limit = ends[0 if above else 1]
        else:
            limit = _core.mean_limit(values, each, tail, upper=not above)
        return limit - zero if above else zero - limit

    def _copies(self) -> Array:
        """How often each value counts."""
        if self.weight is None:
            return np.full(len(self.numerator), self.each)
        copies: Array = self.each * _core.sample_copies(self.weight)
        return copies

    def limits(self, tail: float) -> tuple[float, float]:
        """The limits of the ratio, each with ``tail`` beyond it."""
        if self.denominator is None and not self.anytime and self.most > self.least:
            # Of a mean at once: the bound only shifts its values.
            values = np.ascontiguousarray(np.clip((self.numerator - self.least) / (self.most - self.least), 0.0, 1.0))
            ends = (_core.mean_limit(values, self._copies(), tail, upper=upper) for upper in (False, True))
            low, high = (self.least + (self.most - self.least) * x for x in ends)
            return low, high
        # Where a bound is no longer below the ratio for certain, and where it is above it: the first seen from below,
        # the other from above, so that what rounding leaves out is at the bracket's refuted side.
        low = _edge(lambda b: self._margin(b, tail, above=True), self.least, self.most)
        high = _edge(lambda b: self._margin(b, tail, above=False), self.most, self.least)
        return low, high

    def needed(self, bound: float, tail: float) -> float | None:
        """How many times the data would decide, were further tasks like these; none where that is more than 1e9."""

        def enough(copies: float) -> bool:
            return any(self.refuted(bound, tail, copies))

        high = 1.0
        while not enough(high):
            high *= 2.0
            if high > _MOST:
                return None
        low = high / 2.0
        while high - low > 1e-3 * low:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high


def _edge(margin: Callable[[float], float], start: float, end: float) -> float:
    """Where a margin, above 0 from ``start`` on, stops being so: ``start`` where it never is.

    By the Illinois variant of regula falsi, halving where that shrinks the bracket too little; of the bracket the end
    at which the margin still is above 0.
    """
    (a, f), (b, g) = (start, margin(start)), (end, margin(end))
    if f <= 0.0:
        return start
    if g > 0.0:
        return end
    near, side = abs(end - start) * _NEAR, 0
    for step in range(_STEPS):
        if abs(b - a) <= near:
            break
        # Every third step a half, so that a flat end costs no more than that.
        x = 0.5 * (a + b) if step % 3 == 2 else (a * g - b * f) / (g - f)  # noqa: PLR2004
        x = x if min(a, b) < x < max(a, b) else 0.5 * (a + b)
        value = margin(x)
        if value > 0.0:
            a, f = x, value
            g, side = (0.5 * g if side == 1 else g), 1
        else:
            b, g = x, value
            f, side = (0.5 * f if side == -1 else f), -1
    return a
