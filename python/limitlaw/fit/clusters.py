"""Attempts in clusters, the tasks: standard errors of sums over them, and limits with Student's t."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core
from limitlaw._arguments import is_sequence, shown
from limitlaw._elementary import exp, expm1, log, normal_quantile
from limitlaw.closed_form._evaluate import evaluate

Array = npt.NDArray[np.float64]
#: So few effective clusters show no spread.
_ONE = 1.0 + 1e-9


def student(df: float, alpha: float) -> float:
    """The two-sided quantile of Student's t; of the normal distribution for no degrees of freedom."""
    if df == 0:
        return normal_quantile(1.0 - alpha / 2.0)
    x = float(evaluate("beta_quantile", {"alpha": df / 2.0, "beta": 0.5, "p": alpha})[0])
    return math.sqrt(df * (1.0 - x) / x) if x > 0.0 else math.inf


def unseen(n: float, alpha: float) -> float:
    """The upper limit of a rate of which n showed no case."""
    return -expm1(log(alpha / 2.0) / n)


def alike(se: float | None) -> bool:
    """Whether a standard error is that of clusters which are all alike, up to rounding."""
    return se is not None and se < 1e-12  # noqa: PLR2004


def logit_limits(share: float, half: float) -> tuple[float, float]:
    """The limits of a share inside (0, 1) on the scale of the logit, of half a width on its own."""
    middle, half = log(share / (1.0 - share)), half / (share * (1.0 - share))
    low, high = (1.0 / (1.0 + exp(-min(max(x, -700.0), 700.0))) for x in (middle - half, middle + half))
    return low, high


@dataclasses.dataclass(frozen=True)
class Clusters:
    """The cluster of every attempt, from 0."""

    place: npt.NDArray[np.int64]
    size: int
    alpha: float

    @staticmethod
    def of(task: Any, length: int, confidence: float) -> Clusters:
        """By the names of tasks, one for each attempt; each attempt alone where there are none."""
        if task is None:
            place = np.arange(length)
        else:
            if not is_sequence(task) or len(task) != length:
                raise ValueError(f"task must name the task of each of {length} attempts, got {shown(task)}")
            place = (pl.Series([str(name) for name in task]).rank("dense") - 1).to_numpy().astype(np.int64)
        size = int(place.max()) + 1
        if size < 2:  # noqa: PLR2004  (one shows no spread)
            raise ValueError(f"task must name at least 2 tasks, got {size}")
        return Clusters(place, size, 1.0 - confidence)

    def rows(self) -> Iterator[npt.NDArray[np.int64]]:
        """The attempts of each cluster."""
        order = np.argsort(self.place, kind="stable")
        yield from np.split(order, np.cumsum(np.bincount(self.place, minlength=self.size))[:-1])

    def effective(self, *classes: npt.NDArray[np.bool_]) -> float:
        """How many equally large clusters hold as much (Kish), of the class with fewest."""
        sizes = [np.bincount(self.place, which, self.size).astype(np.float64) for which in classes]
        return min(_core.sample_sizes(self.size, each, None)[1] for each in sizes)

    def se(self, influence: Array, effective: float) -> float | None:
        """The standard error of a sum of what each attempt contributes; not known of one cluster."""
        if effective <= _ONE:
            return None
        sums = np.bincount(self.place, influence, self.size)
        return math.sqrt(float((sums**2).sum()) * effective / (effective - 1.0))

    def half(self, se: float | None, effective: float) -> float:
        """Half the width of an interval."""
        return math.inf if se is None else student(effective - 1.0, self.alpha) * se

    def limits(self, share: float, se: float | None, effective: float) -> tuple[float, float]:
        """The limits of a share on the scale of the logit; of clusters that are all alike by what they can miss."""
        if share in (0.0, 1.0) or alike(se):
            return self.missed(share, effective)
        half = self.half(se, effective)
        return (0.0, 1.0) if half == math.inf else logit_limits(share, half)

    def missed(self, share: float, effective: float) -> tuple[float, float]:
        """The limits of a share that is the same in all clusters: others, with none or all, may be among those unseen.

        Of a share of 0 or 1 those of Clopper and Pearson.
        """
        bound = unseen(effective, self.alpha)
        return share * (1.0 - bound), share + (1.0 - share) * bound
