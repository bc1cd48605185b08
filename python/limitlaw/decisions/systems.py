"""Which of several systems is better on the tasks that they share, at how many attempts, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import (
    as_array,
    as_confidence,
    as_threads,
    as_whole,
    check_progress,
    shown,
)
from limitlaw._frames import first, known, repeat, whole
from limitlaw.decisions.reading import Reading, clusters_of
from limitlaw.sampling.policy import Policy
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw.sampling.tasks import RecordedTasks

    Floats = npt.NDArray[np.float64]

#: The most draws behind a band.
MAX_DRAWS = 1_000_000
#: The most rows of a frame.
MAX_ROWS = 20_000_000


def compare_systems(
    systems: Mapping[str, pl.DataFrame | RecordedTasks],
    *,
    task: str = "task",
    attempts: str | None = None,
    correct: str = "correct",
    cluster: str | None = None,
    k: npt.ArrayLike = 1,
    statistic: Literal["pass_at_k", "pass_hat_k"] | Policy = "pass_at_k",
    confidence: float = 0.95,
    bootstrap: int = 4_000,
    seed: Seed = 0,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Compare every two systems on the tasks that both tried: the mean paired difference, and how sure it is.

    Tasks are the sample (other tasks of the kind could have been asked), so that attempts of one task may depend on one
    another as they like. The interval is Student's t around the mean with two more tasks, one in each direction, which
    differ by as much as a typical task that differs: for one attempt the interval of Bonett and Price, which is drawn
    out to 0 where the exact test does not tell the two apart. Over many tasks the two do not matter; where all tasks
    are alike they keep the interval honest. The band holds at all k together.

    Args:
        systems: By its name, each system's frame; or its ``Tasks.from_attempts``, which a policy needs. Frames are
            read by the columns below; tasks are matched by their names. Of a ``Tasks.from_attempts(short="drop")`` the
            tasks with fewer attempts than the largest k are left out of everything.
        task: The column of tasks.
        attempts: The column of n, attempts of each task, in frames with a row per task; ``None`` for frames with a row
            per attempt.
        correct: The column of c, correct ones among n; in frames with a row per attempt of booleans, or 0 and 1.
        cluster: The column of the cluster of each task (its repository, the text that it asks about): tasks of one may
            depend on one another, and clusters are the sample in place of tasks. Recorded attempts have their own
            (``Tasks.from_attempts(cluster=)``). ``None``: each task alone.
        k: Numbers of attempts, ascending.
        statistic: What is compared, task by task: the unbiased estimate of pass@k or of pass^k, or the accuracy of a
            policy with k attempts, by ``solve``.
        confidence: Of the intervals and bands, in (0, 1).
        bootstrap: Draws behind a band (of the multiplier bootstrap); 0 for none. Of no effect for one k.
        seed: Of the draws: another one moves the ends of a band by some .5 % of its width.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (pairs done, pairs).

    Returns:
        One row per pair and k: ``system``, ``other``, ``k``; ``difference`` (system less other), ``difference_se``
        (over tasks, or clusters), ``low``, ``high``; ``p_value`` of no difference: exact (McNemar) where every task, or
        cluster of one size, differs by -1, 0 or 1, as with one attempt, else that at which the interval ends at 0;
        ``p_holm``, adjusted for all pairs at that k (Holm); ``winner``, null unless ``p_holm`` is at most
        1 - confidence; ``metric`` and ``other_metric``; ``band_low``, ``band_high``; ``sign_change``, the first k at
        which the sign is not that at the smallest, and ``sign_change_low`` and ``sign_change_high``, the first and
        the last of those that a curve within the band may have (a last of null: it may never change; both null: it does
        not); ``tasks`` that both tried, ``clusters`` (theirs, where there are any), ``short_tasks``, those with fewer
        than k attempts (any makes the row null), ``reason`` (why a value is null; null where none is), ``statistic``,
        ``confidence``.

    Raises:
        ValueError: There are fewer than two systems, two share no task, a column is missing or out of range, a task has
            two rows of counts, a column ``attempt`` a number twice at one task, clusters are not the same in all
            systems, or k is not ascending.
        TypeError: A system is neither a frame nor recorded attempts (recorded attempts are needed by a policy).
        NoClosedFormError: The policy is one that only ``simulate`` knows.

    Source: Bonett and Price, Journal of Educational and Behavioral Statistics 37 (2012); McNemar, Psychometrika 12
    (1947); Chernozhukov, Chetverikov and Kato, Annals of Statistics 41 (2013); Holm, Scandinavian Journal of Statistics
    6 (1979).

    Example:
        >>> import limitlaw as ll, polars as pl
        >>> runs = ll.datasets.evalperf()
        >>> names = ["gpt-4o-mini-2024-07-18", "mistralai/Codestral-22B-v0.1"]
        >>> systems = {name: runs.filter(model=name) for name in names}
        >>> found = ll.compare_systems(systems, attempts="n", k=[1, 10])
        >>> found.select("k", pl.col("difference", "difference_se", "low", "high").round(3)).rows()
        [(1, 0.127, 0.031, 0.061, 0.188), (10, 0.029, 0.021, -0.015, 0.072)]
        >>> found.select("sign_change", "sign_change_low", "sign_change_high").row(0)
        (None, 10, None)
    """
    grid = _grid(k)
    resamples = as_whole(bootstrap, "bootstrap", 0, MAX_DRAWS)
    options: dict[str, Any] = {"confidence": as_confidence(confidence), "key": key_of(seed)[0]}
    options |= {"resamples": resamples, "threads": as_threads(threads), "progress": progress}
    check_progress(progress)
    rates = ("pass_at_k", "pass_hat_k")
    if not isinstance(statistic, Policy) and statistic not in rates:
        raise ValueError(f"statistic must be 'pass_at_k', 'pass_hat_k' or a policy, got {shown(statistic)}")
    if not isinstance(systems, Mapping) or len(systems) < 2:  # noqa: PLR2004  (a comparison takes two)
        raise ValueError(
            f"systems must be at least two by name, as in {{'a': frame, 'b': frame}}, got {shown(systems)}"
        )
    reading = Reading(task, attempts, correct, statistic, grid, cluster)
    read = [reading.system(str(name), one) for name, one in systems.items()]
    numbers: dict[str, int] = {}
    for one in read:
        for name in one.tasks:
            numbers.setdefault(name, len(numbers))
    pairs = np.triu_indices(len(read), 1)
    if len(pairs[0]) * len(grid) > MAX_ROWS:
        raise ValueError(
            f"k must hold at most {MAX_ROWS // len(pairs[0])} numbers for {len(read)} systems, got {len(grid)}"
        )
    tried = np.zeros((len(read), len(numbers)), dtype=bool)
    values = np.full((len(read), len(numbers), len(grid)), np.nan)
    for row, one in enumerate(read):
        place = [numbers[name] for name in one.tasks]
        tried[row, place] = True
        values[row, place] = one.values
    clusters = clusters_of(read, numbers)
    options["cluster"] = clusters
    found = _core.paired_differences(
        values.reshape(-1), tried.reshape(-1), tasks=len(numbers), points=len(grid), **options
    )
    shared = found["tasks"]
    if (shared == 0).any():
        at = int(np.flatnonzero(shared == 0)[0])
        a, b = (read[pairs[side][at]] for side in (0, 1))
        raise ValueError(
            f"systems must share tasks, got none that {a.name!r} (such as {shown(a.tasks[0])}) and {b.name!r} "
            f"(such as {shown(b.tasks[0])}) both tried"
        )
    return _frame(found, [one.name for one in read], reading, options)


def _frame(found: dict[str, Floats], names: list[str], reading: Reading, options: dict[str, Any]) -> pl.DataFrame:
    grid, statistic = reading.grid, reading.statistic
    points, kind, pairs = len(grid), pl.Enum(names), np.triu_indices(len(names), 1)
    p_value = found["p_value"].reshape(-1, points)
    # The exact test may not tell apart what Bonett and Price's interval does: what is not told includes 0.
    open_ = found["p_value"] > 1.0 - options["confidence"] + 1e-12
    for low, high in (("low", "high"), ("band_low", "band_high")):
        if low in found:
            found[low] = np.where(open_, np.minimum(found[low], 0.0), found[low])
            found[high] = np.where(open_, np.maximum(found[high], 0.0), found[high])
    adjusted = np.column_stack([holm(column) for column in p_value.T]).reshape(-1)
    better = np.where(found["difference"] > 0, np.repeat(pairs[0], points), np.repeat(pairs[1], points))
    apart = adjusted <= 1.0 - options["confidence"] + 1e-12  # false where there is no p-value

    columns = {
        "system": pl.Series(names, dtype=kind).gather(np.repeat(pairs[0], points)),
        "other": pl.Series(names, dtype=kind).gather(np.repeat(pairs[1], points)),
        "k": pl.Series(np.tile(grid, len(p_value))).cast(pl.Int64),
        **{name: known(found[name]) for name in ("difference", "difference_se", "low", "high", "p_value")},
        "p_holm": known(adjusted),
        "winner": pl.Series(
            [names[at] if clear else None for at, clear in zip(better, apart, strict=True)], dtype=kind
        ),
        "metric": known(found["first"]),
        "other_metric": known(found["second"]),
    }
    if options["resamples"]:
        columns |= {name: known(found[name]) for name in ("band_low", "band_high")}
        for name in ("sign_change", "sign_change_low", "sign_change_high"):
            at = found[name].repeat(points)
            columns[name] = whole(np.where(np.isnan(at), np.nan, grid[np.nan_to_num(at).astype(np.int64)]))
    rows = len(adjusted)
    columns |= {
        "tasks": whole(found["tasks"].repeat(points)),
        **({} if options["cluster"] is None else {"clusters": whole(found["clusters"].repeat(points))}),
        "short_tasks": whole(found["short_tasks"]),
        "reason": pl.Series(
            [
                _why_null(int(short), int(tasks), int(clusters), k)
                for short, tasks, clusters, k in zip(
                    *(found["short_tasks"], found["tasks"].repeat(points), found["clusters"].repeat(points)),
                    cycle(grid),
                )
            ],
            dtype=pl.String,
        ),
        "statistic": repeat(statistic.label if isinstance(statistic, Policy) else statistic, rows, pl.String),
        "confidence": repeat(options["confidence"], rows, pl.Float64),
    }
    return first(pl.DataFrame(columns), ["system", "other", "k"], ["low", "high", "p_holm", "winner"])


def _why_null(short: int, tasks: int, clusters: int, k: float) -> str | None:
    """What is missing where a comparison is null."""
    if short:
        return (
            f"{short} of {tasks} tasks have fewer than {k:.0f} attempts (Tasks.from_attempts(short='drop') drops them)"
        )
    if clusters > 1:
        return None
    return f"one {'task' if tasks == 1 else 'cluster'} says nothing about others"


def holm(p_values: Floats) -> Floats:
    """The p-values adjusted for all of them; NaN stays."""
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values, kind="stable")[: int((~np.isnan(p_values)).sum())]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def _grid(k: npt.ArrayLike) -> Floats:
    grid = as_array(np.atleast_1d(k) if np.ndim(k) == 0 else k, "k", whole=True).astype(np.float64)
    if not len(grid) or grid[0] < 1 or (np.diff(grid) <= 0).any():
        raise ValueError(f"k must be ascending whole numbers from 1 on, got {shown(k)}")
    return grid
