"""Which policy wins at equal expected cost or under one limit, with the standard error of the paired difference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_threads, as_whole, check_choice, check_progress
from limitlaw._elementary import dot
from limitlaw._frames import closing, first, run_of
from limitlaw.sampling.scenario import SamplingScenario, check_scenario, row_key
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt


def compare_policies(
    scenario: SamplingScenario,
    *,
    trials: int,
    seed: Seed,
    metric: Literal["accuracy", "utility"] = "accuracy",
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Compare every two policies of a scenario at equal expected cost, or under the same limit, on the same attempts.

    The cost of a row is the mean money per task where the scenario has a ``Cost``, else the mean attempts used. The
    other policy spends as much by choosing at random between two neighbouring ``max_attempts`` of its own, so its
    metric is a straight line between them. Where the scenario has ``limits``, both have the same limit instead, whether
    they use it up or not. The standard error is that of the difference, from the joint draws of all rows; it takes the
    two costs as known.

    Args:
        scenario: At least two policies; equally weighted tasks; at most 1,000 rows.
        trials: Trials, at least 2.
        seed: As in ``simulate``.
        metric: What is compared.
        threads: Threads to use; every core unless given.
        progress: As in ``simulate``.

    Returns:
        One row per policy, ``max_attempts`` (or ``limit``) and other policy: ``difference`` and ``difference_se``,
        ``winner`` (null within three standard errors, and where the other policy cannot spend as much or as little),
        the metric of both (``metric`` and ``other_metric``), ``cost`` and ``other_cost``, ``trials``, ``run``.

    Raises:
        ValueError: There is one policy, the tasks are weighted, or an argument is out of range (a pool: beyond its
            attempts).

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(
        ...     tasks=ll.Tasks.fixed(success=[0.4, 0.6]),
        ...     verifier=ll.Verifier.judge(d_prime=1.0),
        ...     answers=ll.Answers.uniform(3),
        ...     policies=[ll.BestOf(), ll.MajorityVote()],
        ...     max_attempts=[8],
        ... )
        >>> ll.compare_policies(scenario, trials=5000, seed=1).select("policy", "other", "winner").row(0)
        ('best_of', 'majority_vote', 'best_of')
    """
    labels, trials = _check(scenario, trials, metric)
    threads = as_threads(threads)
    check_progress(progress)
    key, text = key_of(seed)
    spec, arrays = scenario.wire()
    found = _core.compare_sampling(
        spec, arrays, score=metric, trials=trials, key=key, replicate=0, threads=threads, progress=progress
    )
    score, cost = found["score"], found["cost"]
    rows = len(score)
    covariance = (found["products"].reshape(rows, rows) - np.outer(score, score)) / (trials - 1)
    key_name, key_values = row_key(scenario)
    points = len(key_values)
    out: list[tuple[Any, ...]] = []
    for row in range(rows):
        for other in range(len(labels)):
            if other == row // points:
                continue
            place = np.arange(other * points, (other + 1) * points)
            if scenario.limits is None:
                share = _share(cost[place], cost[row])
            else:
                share = (np.arange(points) == row % points).astype(np.float64)
            mix = np.zeros(rows)
            mix[row] = 1.0
            mix[place] -= share
            at = np.flatnonzero(mix)
            theirs, difference = dot(share, score[place]), dot(mix[at], score[at])
            variance = float((np.outer(mix[at], mix[at]) * covariance[np.ix_(at, at)]).sum())
            error = math.sqrt(max(variance, 0.0))
            clear = abs(difference) > 3 * error  # false where there is nothing to compare
            winner = labels[row // points if difference > 0 else other] if clear else None
            name, point = labels[row // points], key_values[row % points]
            paid = dot(share, cost[place])
            out.append((name, point, labels[other], cost[row], paid, score[row], theirs, difference, error, winner))
    names = (
        "policy",
        key_name,
        "other",
        "cost",
        "other_cost",
        "metric",
        "other_metric",
        "difference",
        "difference_se",
        "winner",
    )
    kind = pl.Enum(labels)
    types: tuple[Any, ...] = (kind, key_values.dtype, kind, *[pl.Float64] * 6, kind)
    columns = {
        name: pl.Series([line[i] for line in out], dtype=dtype)
        for i, (name, dtype) in enumerate(zip(names, types, strict=True))
    }
    for name in ("other_cost", "other_metric", "difference", "difference_se"):
        columns[name] = pl.Series(columns[name].to_numpy(), nan_to_null=True)
    ends = closing(len(out), run_of(scenario, seed=text), trials)
    return first(pl.DataFrame(columns | ends), ["policy", key_name, "other", "difference"], ["difference_se", "winner"])


def _check(scenario: SamplingScenario, trials: int, metric: object) -> tuple[list[str], int]:
    """The labels of the policies and the trials, where they can be compared."""
    check_scenario(scenario)
    labels = [policy.label for policy in scenario.policies]
    if len(labels) < 2:  # noqa: PLR2004  (a comparison takes two)
        raise ValueError(f"policies must be at least two to be compared, got {len(labels)}")
    check_choice(metric, "metric", ("accuracy", "utility"))
    if metric == "utility" and scenario.utility is None:
        raise ValueError("metric must be 'accuracy' for a scenario without utility, got 'utility'")
    if scenario.tasks.weight is not None:
        raise ValueError("tasks must be without weights to be compared, got weights")
    return labels, as_whole(trials, "trials", 2, _core.MAX_TRIALS[scenario.kind])  # one trial shows no spread


def _share(costs: npt.NDArray[np.float64], at: float) -> npt.NDArray[np.float64]:
    """The weights of a policy's grid points that spend ``at`` on average; NaN where none do. Costs never fall."""
    share = np.zeros(len(costs))
    slack = 1e-12 * abs(at)
    if at < costs[0] - slack or at > costs[-1] + slack:
        return np.full(len(costs), np.nan)
    high = min(int(np.searchsorted(costs, at - slack)), len(costs) - 1)
    if high == 0 or costs[high] <= at + slack:
        share[high] = 1.0
        return share
    weight = (at - costs[high - 1]) / (costs[high] - costs[high - 1])
    share[high - 1 : high + 1] = 1.0 - weight, weight
    return share
