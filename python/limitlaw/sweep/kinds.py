"""What a sweep knows of each kind of scenario: its columns, its costs, and how rows are named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw import _core
from limitlaw.sampling.scenario import SamplingScenario

if TYPE_CHECKING:
    from limitlaw._spec import Spec
    from limitlaw.sweep.grid import Grid

__all__ = ["Kind", "kind_of", "scenario_class"]


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of scenario. The core runs its points under ``name``; the rest is what frames and shards need.

    Args:
        name: What the core calls it.
        scenario: The class of its settings.
        columns: Every result column.
        default: The result columns of a sweep that names none.
        targets: The columns that adaptive precision can be asked for; the first is meant where none is named.
        ratios: Ratio columns that merge over replicates, with the column they are relative to.
        mergeable: Whether a column is a mean over trials, so that replicates merge.
        keys: The columns of whole numbers, in the core's order, as the columns of a frame, given (grid, first, points).
        cost: Elementary steps of one point, given (scenario, trials or ``None``).
        rows: Rows of one point of a scenario.
    """

    name: str
    scenario: type[Spec]
    columns: tuple[str, ...]
    default: tuple[str, ...]
    targets: tuple[str, ...]
    ratios: dict[str, str]
    mergeable: Callable[[str], bool]
    keys: Callable[..., dict[str, pl.Series]]
    cost: Callable[[Any, int | None], float]
    rows: Callable[[Any], int]

    def __reduce__(self) -> tuple[Any, ...]:
        """A kind travels by its name."""
        return _named, (self.name,)


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
    def whole(column: Any) -> pl.Series:
        return pl.Series(column).replace(-1, None)

    columns = {"policy": _policy_labels(grid, points, keys[0]), "max_attempts": whole(keys[1])}
    if len(keys) > 2:  # noqa: PLR2004  (simulated)
        columns |= {"trials": whole(keys[2]), "reached": whole(keys[3]).cast(pl.Boolean)}
    return columns


def _sampling_cost(scenario: SamplingScenario, trials: int | None) -> float:
    """About a nanosecond a step: 50 to solve a task at a point of its grid, 5 to draw one in a trial."""
    rows = _sampling_rows(scenario)
    tasks = len(scenario.tasks)
    return 1000 + 50 * rows * tasks + (0 if trials is None else 20 * rows * tasks + 5 * tasks * trials)


def _sampling_rows(scenario: SamplingScenario) -> int:
    return len(scenario.policies) * len(scenario.max_attempts)


_SAMPLING = Kind(
    name="sampling",
    scenario=SamplingScenario,
    columns=tuple(_core.SAMPLING_COLUMNS),
    default=tuple(name for name in _core.SAMPLING_COLUMNS if "_q" not in name),
    targets=("accuracy", "accepted", "returned", "abstained", "wrong", "coverage"),
    ratios={"precision": "returned", "false_discovery_rate": "returned"},
    mergeable=lambda name: "_q" not in name,
    keys=_sampling_keys,
    cost=_sampling_cost,
    rows=_sampling_rows,
)

_KINDS = (_SAMPLING,)


def kind_of(scenario: object) -> Kind:
    """The kind of a scenario."""
    for kind in _KINDS:
        if isinstance(scenario, kind.scenario):
            return kind
    names = [kind.scenario.__name__ for kind in _KINDS]
    raise TypeError(f"scenario must be one of {names}, got {scenario!r:.80}")


def scenario_class(data: Any) -> type[Spec]:
    """The class of a scenario given as plain data."""
    return _named(data.get("kind") if isinstance(data, dict) else None).scenario


def _named(name: Any) -> Kind:
    for kind in _KINDS:
        if kind.name == name:
            return kind
    raise ValueError(f"scenario.kind must be one of {[kind.name for kind in _KINDS]}, got {name!r}")
