"""Hypothesis strategies of what people have and plan: logs of recorded attempts, grids of scenarios."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import strategies as st

from limitlaw._unused import quietly
from limitlaw.exhaustion import ExhaustionScenario
from limitlaw.sweeps import Grid
from limitlaw.testing.outlook_strategies import dists, exhaustion_scenarios
from limitlaw.testing.strategies import sampling_scenarios
from limitlaw.testing.task_strategies import CHARACTER, FLAG, exactly, rates, whole

if TYPE_CHECKING:
    from limitlaw.sampling import SamplingScenario

#: Values of a column of an attempts log beyond ``task`` and ``correct``, by its name.
_COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "accepted": st.booleans(),
    "answer": st.none() | st.sampled_from(["", " ", "4", "5", "four"]) | st.text(CHARACTER, max_size=3),
    "score": st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1e3, 1e3),
    "tokens": st.integers(0, 10**6),
    "cost": st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1e4),
    "seconds": st.floats(0.0, 1e5),
}
# Made once, as in task_strategies.
_CHOSEN = st.sets(st.sampled_from([*_COLUMNS]))
_FLAGS = st.sampled_from([st.booleans(), st.integers(0, 1)])


@st.composite
def attempt_logs(draw: st.DrawFn, *, max_tasks: int = 4, max_attempts: int = 6) -> pl.DataFrame:
    """Logs of recorded attempts, a row for each in any order, as ``Tasks.from_attempts`` reads them.

    Columns ``task`` and ``correct`` (booleans, or 0 and 1), and any of ``accepted``, ``answer`` (blank and missing ones
    too), ``score``, ``tokens``, ``cost`` and ``seconds``; tasks have unequal numbers of attempts.

    Args:
        draw: Given by Hypothesis.
        max_tasks: The most tasks.
        max_attempts: The most attempts of a task.

    Example:
        >>> from hypothesis import find
        >>> find(attempt_logs(), lambda log: log.height > 1 and "answer" in log.columns).columns[:2]
        ['task', 'correct']
    """
    tasks = draw(whole(1, max_tasks))
    names = [f"task {number}" for number in range(tasks)]
    attempts = [draw(whole(1, max_attempts)) for _ in names]
    rows = draw(st.permutations([name for name, many in zip(names, attempts, strict=True) for _ in range(many)]))
    flags = draw(_FLAGS)
    chosen = {"correct": flags} | {name: _COLUMNS[name] for name in sorted(draw(_CHOSEN))}
    columns = {name: draw(exactly(len(rows), one)) for name, one in chosen.items()}
    types = {"answer": pl.String}
    return pl.DataFrame(
        [pl.Series(name, values, types.get(name)) for name, values in {"task": rows, **columns}.items()]
    )


@st.composite
def grids(draw: st.DrawFn, *, max_points: int = 6) -> Grid:
    """Grids over sampling and exhaustion scenarios: one or two axes, beside one another or zipped.

    Args:
        draw: Given by Hypothesis.
        max_points: The most points.

    Example:
        >>> from hypothesis import find
        >>> len(find(grids(), lambda grid: len(grid) > 2))
        3
    """
    scenario: Any = draw(_SCENARIOS)
    values = _axes_of(scenario)
    paths = draw(_paths(*sorted(values)))
    zipped = len(paths) > 1 and draw(FLAG)
    lengths = [draw(whole(1, max_points))]
    lengths += [] if len(paths) == 1 else lengths if zipped else [draw(whole(1, max(1, max_points // lengths[0])))]
    axes = {path: draw(exactly(n, values[path])) for path, n in zip(paths, lengths, strict=True)}
    with quietly():
        return Grid(scenario, axes, zip=[paths] if zipped else [])


#: What can be swept of a scenario, whatever else it has.
_AXES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "exhaustion": {"data_share": rates(), "text_stock": dists(low=1e12, high=1e16)},
    "priced": {"utility.wrong_cost": st.floats(0.0, 10.0), "utility.attempt_cost": st.floats(0.0, 10.0)},
    "sampling": {"max_attempts": st.just([1])},
}
_SCENARIOS = sampling_scenarios(max_work=12) | exhaustion_scenarios(max_inputs=2, max_years=3)


def _axes_of(scenario: SamplingScenario | ExhaustionScenario) -> dict[str, st.SearchStrategy[Any]]:
    if isinstance(scenario, ExhaustionScenario):
        return _AXES["exhaustion"]
    return _AXES["sampling" if scenario.utility is None else "priced"]


@functools.cache
def _paths(*paths: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(paths), min_size=1, max_size=2, unique=True)
