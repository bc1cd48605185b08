"""What a plan of tasks is for, and the fewest tasks that reach it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from limitlaw._arguments import as_confidence, as_within, shown
from limitlaw._elementary import normal_quantile
from limitlaw.plan.intervals import MAX_TASKS, fewest, power_of_comparison, width_of_difference, width_of_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw.plan.pilots import Pilot

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: So much less power of ``compare_systems`` than by the formula is no matter.
_CLOSE = 0.05


@dataclasses.dataclass(frozen=True)
class Goal:
    """What is planned for: a difference that is told, or the width of an interval."""

    pilot: Pilot
    difference: float | None
    width: float | None
    power: float
    confidence: float

    @staticmethod
    def of(pilot: Pilot, difference: float | None, width: float | None, power: float, confidence: float) -> Goal:
        """One of the two, checked."""
        if (difference is None) == (width is None):
            raise ValueError(f"difference or width must be given, got {shown(difference)} and {shown(width)}")
        confidence, at = as_confidence(confidence), 0.5
        if width is not None:
            width = as_within(width, "width", 0.0, 1.0, above=True)
        else:
            at = as_confidence(power, "power")
            difference = as_within(difference, "difference", 0.0, 1.0, above=True)
        return Goal(pilot, difference, width, at, confidence)

    def variance(self, k: Any, variance: Any) -> Any:
        """The variance of one task, no less than the difference brings with it."""
        return variance if self.difference is None else np.maximum(variance, least_variance(self.difference, k))

    def tasks(self, k: Floats, variance: Floats) -> Floats:
        """The fewest tasks with so many attempts at each."""
        variance = np.asarray(self.variance(k, variance), dtype=np.float64)
        start = np.maximum(np.ceil(self._by_formula(variance) * (1.0 - 1e-12)), 2.0)
        at_most(float(start.max()))
        same = alike(self.pilot, k)
        found = fewest(lambda n: self._holds(n, variance, same), start)
        at_most(float(found.max()))
        return found

    def enough(self, n: Floats, k: Floats, variance: Floats) -> Flags:
        """Whether so many tasks are enough."""
        variance = np.asarray(self.variance(k, variance), dtype=np.float64)
        formula = n >= self._by_formula(variance) * (1.0 - 1e-12)
        return np.asarray(formula & (n >= 2.0) & self._holds(n, variance, alike(self.pilot, k)))  # noqa: PLR2004

    def _by_formula(self, variance: Floats) -> Floats:
        """Tasks by the normal formula."""
        z = normal_quantile(0.5 + self.confidence / 2.0)
        root = (
            2.0 * z / self.width
            if self.width is not None
            else (z + normal_quantile(self.power)) / (self.difference or 1.0)
        )
        factor = root * root  # infinite where ** would raise
        return np.asarray(np.multiply(factor, variance, where=variance > 0.0, out=np.zeros_like(variance)))

    def _holds(self, n: Floats, variance: Floats, same: Flags) -> Flags:
        """Whether the interval that will be drawn is as narrow, or can exclude 0."""
        if self.difference is not None:
            found = power_of_comparison(n, self.difference, variance, self.confidence, same)
            return np.asarray(found >= self.power - _CLOSE)
        width, mean = self.width or 0.0, self.pilot.difference
        if len(self.pilot.within) == 1:
            return np.asarray(width_of_mean(n, mean, variance, self.confidence) <= width)
        return np.asarray(width_of_difference(n, mean, variance, self.confidence, same) <= width)


def least_variance(difference: float, k: Any) -> Any:
    """The least variance of one task's difference of that mean: p + q - 2 p q is at least p - q."""
    return abs(difference) * (1.0 - abs(difference)) / k


def alike(pilot: Pilot, k: Floats) -> Flags:
    """Where tasks differ by -1, 0 or 1 alone: with one attempt each, or where the pilot shows no difference at all."""
    return np.asarray((k == 1) | (pilot.between + sum(pilot.within) == 0.0))


def at_most(tasks: float) -> float:
    """So many tasks, if a plan may have them."""
    if tasks > MAX_TASKS:
        raise ValueError(f"tasks must be at most {MAX_TASKS}, got a plan of {tasks:.3g}: ask for less")
    return tasks
