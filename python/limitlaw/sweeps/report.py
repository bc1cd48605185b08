"""What became of a sweep: points done, failed and skipped, shards given up, time."""

from __future__ import annotations

import dataclasses

from limitlaw.sweeps.plan import Shard

__all__ = ["Report"]

#: Failures kept with their messages; all of them are counted, and rows of the frame.
MAX_SHOWN = 100
_PRINTED = 5


@dataclasses.dataclass
class Report:
    """The account of one run.

    Args:
        points: Points of the sweep, or of the part of it that was run.
        done: Points computed now, the failed ones included.
        skipped: Points that the store had already.
        failed: Points of the sweep that failed; each is a row with its ``error``.
        errors: The first hundred of them as (point, message).
        given_up: Shards that could not be computed, each with the last exception; running again tries them again.
        seconds: How long it took.
    """

    points: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    errors: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    given_up: list[tuple[Shard, str]] = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every point has its result."""
        return not self.failed and not self.given_up

    def add_failures(self, count: int, errors: list[tuple[int, str]]) -> None:
        """Count failed points, and keep the first."""
        self.failed += count
        self.errors = sorted([*self.errors, *errors])[:MAX_SHOWN]

    def __str__(self) -> str:
        """A line of numbers, then a line per failure."""
        rate = f", {self.done / self.seconds:,.0f} points/s" if self.done and self.seconds > 0 else ""
        skipped = f", {self.skipped:,} were there already" if self.skipped else ""
        lines = [f"{self.done:,} of {self.points:,} points computed in {self.seconds:.1f} s{rate}{skipped}"]
        if self.failed:
            lines.append(f"{self.failed:,} points failed:")
            lines += [f"  point {point}: {message}" for point, message in self.errors[:_PRINTED]]
            if self.failed > _PRINTED:
                lines.append(f"  and {self.failed - _PRINTED:,} more: the rows whose error is not null")
        for shard, message in self.given_up:
            lines.append(f"points {shard.first} to {shard.last - 1} given up after every retry: {message}")
        return "\n".join(lines)
