"""Sampling scenarios in a sweep: the frame of their result, and what a point costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw import _core
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sweep.kind import Frame, Kind, whole

if TYPE_CHECKING:
    from limitlaw.sweep.grid import Grid

__all__ = ["SAMPLING"]


def _policy_labels(grid: Grid, points: Any, codes: Any) -> pl.Series:
    """The policy of each row; where policies are swept, the labels of each point's own."""
    if not any(path.split(".")[0] == "policies" for path in grid.axes):
        labels = [policy.label for policy in grid.scenario.policies]  # type: ignore[attr-defined]
        return pl.Series([*labels, None], dtype=pl.String).gather(codes % (len(labels) + 1))
    known: dict[tuple[Any, ...], list[str]] = {}
    found: list[str | None] = []
    paths = [path for path in grid.axes if path.split(".")[0] == "policies"]
    for point, code in zip(points.tolist(), codes.tolist(), strict=True):
        if code < 0:
            found.append(None)
            continue
        values = grid.values(point)
        chosen = tuple(str(values[path]) for path in paths)
        if chosen not in known:
            known[chosen] = [policy.label for policy in grid.point(point).policies]  # type: ignore[attr-defined]
        found.append(known[chosen][code])
    return pl.Series(found, dtype=pl.String)


def _sampling_keys(grid: Grid, points: Any, keys: list[Any]) -> dict[str, pl.Series]:
    return {"policy": _policy_labels(grid, points, keys[0]), "max_attempts": whole(keys[1])}


def _sampling_cost(scenario: SamplingScenario, trials: int | None, _: str) -> float:
    """About a nanosecond a step: 50 to solve a task at a point of its grid, 5 to draw one in a trial."""
    rows = _sampling_rows(scenario)
    tasks = len(scenario.tasks)
    return 1000 + 50 * rows * tasks + (0 if trials is None else 20 * rows * tasks + 5 * tasks * trials)


def _sampling_rows(scenario: SamplingScenario) -> int:
    return len(scenario.policies) * len(scenario.max_attempts)


SAMPLING = Kind(
    name="sampling",
    scenario=SamplingScenario,
    methods=("simulate", "solve"),
    frames={
        "policy": Frame(
            columns=tuple(_core.SAMPLING_COLUMNS),
            default=tuple(name for name in _core.SAMPLING_COLUMNS if "_q" not in name),
            targets=("accuracy", "accepted", "returned", "abstained", "wrong", "coverage"),
            mergeable=lambda name: "_q" not in name,
            keys=_sampling_keys,
            rows=_sampling_rows,
            ratios={"precision": "returned", "false_discovery_rate": "returned"},
        )
    },
    samplers=("philox",),
    max_trials=10**14,
    cost=_sampling_cost,
)
