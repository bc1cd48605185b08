"""What may be required of a scenario, a bound on a mean over tasks or on a ratio of two, and how it is asked."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from limitlaw._arguments import as_number, as_share

if TYPE_CHECKING:
    from limitlaw.seed import Seed

#: Those in [0, 1].
SHARES = ("accuracy", "precision", "coverage", "accepted", "wrong")
#: Those that attempts take, at least 0.
BILLS = ("cost", "tokens", "latency")
#: By metric, the column whose mean is divided by that of another (none: by 1).
METRICS: dict[str, tuple[str, str | None]] = {name: (name, None) for name in (*SHARES, "utility", *BILLS)}
METRICS["precision"] = ("accuracy", "returned")


@dataclasses.dataclass(frozen=True)
class Requirement:
    """A metric must be at least (or at most) a bound."""

    metric: str
    least: bool
    bound: float

    def __str__(self) -> str:
        return f"{self.metric} {'>=' if self.least else '<='} {self.bound:g}"

    @property
    def argument(self) -> str:
        """The name it was given by."""
        return f"{'min' if self.least else 'max'}_{self.metric}"

    def holds(self, low: float, high: float) -> bool | None:
        """What an interval says: it holds, it fails, or neither."""
        # An exact solution has rounding errors.
        slack = 1e-12 * max(1.0, abs(self.bound))
        if self.least:
            return True if low >= self.bound - slack else False if high < self.bound - slack else None
        return True if high <= self.bound + slack else False if low > self.bound + slack else None


def requirements(given: dict[str, float | None]) -> list[Requirement]:
    """From arguments by name; those that are None ask nothing.

    Raises:
        ValueError: Nothing is required, or a bound is out of range.
        TypeError: A bound is no number.
    """
    found = []
    for name, bound in given.items():
        if bound is None:
            continue
        end, _, metric = name.partition("_")
        if metric in SHARES:
            value = as_share(bound, name)
        else:
            value = as_number(bound, name)
            if not math.isfinite(value) or (metric in BILLS and value < 0.0):
                expected = "finite" if metric == "utility" else "finite and at least 0"
                raise ValueError(f"{name} must be {expected}, got {value}")
        found.append(Requirement(metric, end == "min", value))
    if not found:
        raise ValueError(f"one of {', '.join(given)} must be given, got none")
    return found


@dataclasses.dataclass(frozen=True)
class Ask:
    """What is asked of a scenario.

    Args:
        wanted: What is required.
        tail: The error of each limit.
        anytime: Whether limits of observed tasks hold at every number of them at once.
        trials: The most trials.
        seed: Of them.
        threads: Of them.
        progress: As in ``simulate``.
        sizes: Whether to find out how much more would tell.
    """

    wanted: list[Requirement]
    tail: float
    anytime: bool
    trials: int
    seed: Seed
    threads: int | None
    progress: Any
    sizes: bool = True


@dataclasses.dataclass(frozen=True)
class Answer:
    """One requirement's part of a row of ``check``."""

    verdict: str
    estimate: float | None
    low: float | None
    high: float | None
    evidence: str
    would_tell: str | None = None
    needed: int | None = None
