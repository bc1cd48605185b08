"""The frames of a sampling scenario: estimates and exact solutions, the answer first, what cannot exist left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core
from limitlaw._arguments import check_choice, check_name, is_sequence, shown
from limitlaw._frames import Run, closing, known, labels, run_of, with_errors
from limitlaw.sampling.scenario import SamplingScenario, row_key
from limitlaw.sampling.tasks import PoolTasks, RecordedTasks
from limitlaw.sampling.verifier import LabelledVerifier

By = Literal["policy", "task"]
Progress = Callable[[int, int], object]
Columns = dict[str, pl.Series]

#: What a ``Cost`` bills, and the column of recorded attempts that says the same.
BILL = {"tokens": "tokens", "cost": "cost", "latency": "seconds"}
#: The metrics that not every scenario has.
OPTIONAL = tuple(
    metric for metric, of in _core.SAMPLING_METRICS.items() if not {*BILL, "utility", "covered"}.isdisjoint(of)
)
#: The scores whose quantiles are shown unless columns are chosen.
_DEFAULT_SCORES = ("accuracy", *BILL, "utility")
#: The first columns after the key, the shares that follow, and those before the end: Polars prints four of each end.
_FIRST = ("accuracy", "accuracy_se", "utility", "utility_se")
_SHARES = ("wrong", "accepted", "returned", "abstained", "false_discovery_rate")
_LAST = ("precision_se", "coverage_se", "precision", "coverage")
_ENDS = tuple(f"{name}_{end}" for name in ("precision", "coverage") for end in ("low", "high"))
#: Key columns of frames with so many rows are kept.
_KEPT_ROWS = 10_000


def simulate_frame(
    scenario: SamplingScenario,
    *,
    trials: int,
    key: tuple[int, int],
    seed: str,
    replicate: int,
    by: By,
    columns: Sequence[str] | None,
    threads: int | None,
    progress: Progress | None,
    over_tasks: float | None = None,
    resampled: tuple[int, int, float] | None = None,
) -> pl.DataFrame:
    """Estimates with standard errors: one row per policy and grid point, and per task with ``by="task"``.

    With ``over_tasks``, a confidence, the ends of intervals over tasks; with ``resampled``, the number of resamples,
    the trials of each, and a confidence, those over attempts, or with both those over tasks whose rates are drawn.
    """
    spec, arrays = scenario.wire()
    ends = over_tasks is not None or resampled is not None
    chosen = _chosen(columns, errors=True, ends=ends)
    names = _names(scenario, chosen, exact=False, by=by, ends=ends)
    values = _core.simulate_sampling(
        spec,
        arrays,
        trials=trials,
        key=key,
        replicate=replicate,
        threads=threads,
        by_task=by == "task",
        columns=names,
        over_tasks=over_tasks,
        resampled=resampled,
        progress=progress,
    )
    run = run_of(scenario, seed=seed)
    return _frame(scenario, columns_of(names, values), by=by, chosen=chosen, trials=trials, run=run)


def solve_frame(
    scenario: SamplingScenario,
    *,
    by: By,
    columns: Sequence[str] | None,
    over_tasks: bool = False,
    resampled: dict[str, Any] | None = None,
    confidence: float | None = None,
) -> pl.DataFrame:
    """The same columns, exact, without standard errors.

    With a confidence, the ends of intervals: over what labels leave open of the verifier, and over tasks where asked;
    with ``resampled`` those over attempts, or over tasks whose rates are drawn.
    """
    spec, arrays = scenario.wire()
    drawn = resampled is not None or isinstance(scenario.verifier, LabelledVerifier)
    ends = confidence is not None and by == "policy" and (over_tasks or drawn)
    chosen = _chosen(columns, errors=False, ends=ends)
    names = _names(scenario, chosen, exact=True, by=by, ends=ends)
    values = _core.solve_sampling(
        spec,
        arrays,
        by_task=by == "task",
        columns=names,
        over_tasks=over_tasks and resampled is None,
        confidence=confidence if ends else None,
    )
    if resampled is not None and confidence is not None:
        asked: dict[str, Any] = {"columns": names, "over_tasks": over_tasks, "confidence": confidence}
        _fill_ends(names, values, _core.resampled_ends(spec, arrays, **asked, **resampled))
    return _frame(scenario, columns_of(names, values), by=by, chosen=chosen, trials=None, run=run_of(scenario))


def solve_tasks(scenario: SamplingScenario, columns: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Columns of ``solve(by="task")``, unknown values as NaN: without a frame, which takes longer than its numbers."""
    spec, arrays = scenario.wire()
    names = list(columns)
    values = _core.solve_sampling(spec, arrays, by_task=True, columns=names, over_tasks=False, confidence=None)
    return dict(zip(names, values.reshape(len(names), -1), strict=True))


def _fill_ends(names: list[str], values: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]) -> None:
    """Puts ends into their columns, where the estimate between them is known."""
    rows = len(values) // max(len(names), 1)
    columns = {name: slice(at * rows, (at + 1) * rows) for at, name in enumerate(names)}
    for name, place in columns.items():
        if name.endswith(("_low", "_high")):
            estimate = columns.get(metric_of(name)[0])
            known_at = True if estimate is None else ~np.isnan(values[estimate])
            values[place] = np.where(known_at, ends[place], np.nan)


def check_resampled(scenario: Any, resample: str | None, *, by: By, simulated: bool = False) -> None:
    """Whether intervals over tasks or attempts can be worked out."""
    if resample is None or not isinstance(scenario, SamplingScenario):
        return
    check_choice(resample, "resample", ("tasks", "attempts"))
    if by == "task":
        raise ValueError(f"resample must be left out with by='task', got {resample!r}")
    if hasattr(scenario.tasks, "redraw"):
        raise ValueError(
            f"resample must be left out for a population whose law is given, not observed, got {resample!r}"
        )
    if simulated and resample == "tasks" and isinstance(scenario.verifier, LabelledVerifier):
        raise ValueError("resample must be left out with a verifier known by labels in a simulation, got 'tasks'")


def _chosen(columns: Sequence[str] | None, *, errors: bool, ends: bool) -> list[str] | None:
    if columns is None:
        return None
    if not is_sequence(columns):
        raise TypeError(f"columns must be a sequence of column names, got {shown(columns)}")
    for name in columns:
        check_name(name, "columns", _core.SAMPLING_COLUMNS)
    found = with_errors(columns, _core.SAMPLING_COLUMNS) if errors else list(columns)
    return _with_ends(found) if ends else found


def _names(scenario: SamplingScenario, chosen: list[str] | None, *, exact: bool, by: By, ends: bool) -> list[str]:
    """The columns to work out: those chosen, or all that can exist."""
    if chosen is not None:
        return list(dict.fromkeys(chosen))
    names = _existing(tuple(_missing(scenario)), exact=exact, quantiles=by != "task" and scenario.tasks.weight is None)
    return _with_ends(names) if ends else list(names)


def _with_ends(names: list[str]) -> list[str]:
    """Each metric with the ends of its interval behind it, and behind its standard error."""
    found = []
    for name in names:
        metric, quantile = metric_of(name)
        last = f"{metric}_se" if f"{metric}_se" in names else metric
        found += [name, f"{metric}_low", f"{metric}_high"] if name == last and not quantile else [name]
    return found


def columns_of(names: Sequence[str], values: npt.NDArray[np.float64]) -> Columns:
    """Columns that stand one after another, null where there is no number.

    They are slices of one series, for making a series of each takes three times as long.
    """
    series = known(values)
    rows = len(values) // max(len(names), 1)
    return {name: series.slice(at * rows, rows) for at, name in enumerate(names)}


def _frame(
    scenario: SamplingScenario,
    columns: Columns,
    *,
    by: By,
    chosen: list[str] | None,
    trials: int | None,
    run: Run,
) -> pl.DataFrame:
    tasks = len(scenario.tasks) if by == "task" else 1
    key = key_columns(scenario, tasks)
    rows = len(key["policy"])
    if by == "task":
        names = scenario.tasks.names
        task = np.tile(np.arange(tasks), rows // tasks)
        key["task"] = pl.Series(task) if names is None else labels(names, task)
    after = short_tasks(scenario) if by == "policy" else {}
    # An exact quantile may turn out not to be known in any row.
    unknown = {n for n, v in columns.items() if metric_of(n)[1] and v.null_count() == len(v)} if run.exact else set()
    shown_columns = estimates(columns, chosen, lambda name: name not in unknown)
    found = key | before_last(shown_columns, after, chosen) | closing(rows, run, trials)
    # From a mapping Polars takes three times as long, and twice with each series named by itself.
    return pl.DataFrame(list(found.values()), schema=list(found))


def short_tasks(scenario: SamplingScenario) -> dict[str, pl.Series]:
    """Of recorded attempts, how many tasks have fewer than a row asks for."""
    if not isinstance(scenario.tasks, RecordedTasks):
        return {}
    if scenario.limits is None:
        cap = scenario.max_attempts
        assert cap is not None  # the core refuses a scenario without either
        short = (scenario.tasks.attempts[None, :] < np.asarray(cap)[:, None]).sum(axis=1).tolist()
    else:
        short = _core.short_tasks(*scenario.wire())
    return {"short_tasks": pl.Series(short * len(scenario.policies), dtype=pl.Int64)}


def before_last(
    found: dict[str, pl.Series], more: dict[str, pl.Series], chosen: list[str] | None
) -> dict[str, pl.Series]:
    """The result columns with more of them before those that end the view."""
    last = (*_LAST, *_ENDS) if chosen is None else ()
    return {k: v for k, v in found.items() if k not in last} | more | {k: found[k] for k in last if k in found}


def estimates(columns: Columns, chosen: list[str] | None, exists: Callable[[str], bool]) -> dict[str, pl.Series]:
    """The result columns: those chosen, or all that can exist, the answer first."""
    names = [name for name in columns if exists(name)] if chosen is None else chosen
    return {name: columns[name] for name in names}


@lru_cache(maxsize=1)
def all_columns() -> list[str]:
    """Every column that is shown unless columns are chosen, in this order."""
    return arranged(list(_core.SAMPLING_COLUMNS))


def arranged(names: list[str]) -> list[str]:
    """Answer and error, the quantiles of a run, what it takes, further shares, precision and coverage."""
    quantiles = [name for name in names if "_q" in name and name.rpartition("_q")[0] in _DEFAULT_SCORES]
    shares = [f"{share}{error}" for share in _SHARES for error in ("", "_se")]
    placed = {*_FIRST, *_LAST, *shares}
    rest = [name for name in names if "_q" not in name and name not in placed]
    return [name for name in (*_FIRST, *quantiles, *rest, *shares, *_LAST) if name in names]


@lru_cache(maxsize=1024)
def metric_of(name: str) -> tuple[str, bool]:
    """What a column is about, and whether it is a quantile of a run."""
    quantile = "_q" in name
    if quantile:
        return name.rpartition("_q")[0], True
    metric, _, kind = name.rpartition("_")
    return metric if kind in ("se", "low", "high") else name, False


@lru_cache(maxsize=64)
def _existing(missing: tuple[str, ...], *, exact: bool, quantiles: bool) -> list[str]:
    """The columns that a scenario without some quantities has, as far as that is known without their values."""

    def exists(name: str) -> bool:
        metric, quantile = metric_of(name)
        made_of = _core.SAMPLING_METRICS[metric]
        return not (exact and name.endswith("_se")) and (quantiles or not quantile) and made_of.isdisjoint(missing)

    return [name for name in all_columns() if exists(name)]


def optional_metrics(scenario: SamplingScenario) -> list[str]:
    """Those of the metrics that not every scenario has, that this one has."""
    return [metric for metric in OPTIONAL if needed_for(metric, scenario) is None]


def needed_for(metric: str, scenario: SamplingScenario) -> str | None:
    """The field without which a scenario has no such quantity; none where it has it."""
    made_of = _core.SAMPLING_METRICS.get(metric, ())
    return next((field for quantity, field in _missing(scenario).items() if quantity in made_of), None)


def _missing(scenario: SamplingScenario) -> dict[str, str]:
    """The quantities that a scenario does not have, and the field without which it does not."""
    tasks, missing = scenario.tasks, {}
    if scenario.cost is None:
        record = tasks if isinstance(tasks, RecordedTasks) else None
        missing = {name: "cost" for name, column in BILL.items() if getattr(record, column, None) is None}
    if scenario.utility is None:
        missing["utility"] = "utility"
    if isinstance(tasks, PoolTasks) and tasks.correct is None:
        missing["covered"] = "tasks"
    return missing


def key_columns(scenario: SamplingScenario, repeated: int = 1) -> dict[str, pl.Series]:
    """The columns that name a row: the policy, and ``max_attempts`` or ``limit``."""
    names = tuple(policy.label for policy in scenario.policies)
    if scenario.limits is not None:
        name, values = row_key(scenario)
        at = np.tile(np.repeat(np.arange(len(values)), repeated), len(names))
        return {"policy": _policy_column(names, len(values) * repeated), name: values.gather(at)}
    points = scenario.max_attempts
    assert points is not None  # the core refuses a scenario without either
    few = len(names) * len(points) * repeated <= _KEPT_ROWS
    columns = _attempts_key if few else _attempts_key.__wrapped__
    return dict(columns(names, points.tobytes(), repeated))


@lru_cache(maxsize=256)
def _attempts_key(names: tuple[str, ...], points: bytes, repeated: int) -> dict[str, pl.Series]:
    """The columns of a grid of attempts; kept, for they take as long as all other columns of a small frame."""
    values = np.frombuffer(points, dtype=np.int64)
    at = np.tile(np.repeat(values, repeated), len(names))
    policy = _policy_column(names, len(values) * repeated)
    return {"policy": policy.alias("policy"), "max_attempts": pl.Series("max_attempts", at)}


def _policy_column(names: tuple[str, ...], each: int) -> pl.Series:
    """Each label so many times."""
    return labels(names, np.repeat(np.arange(len(names)), each))
