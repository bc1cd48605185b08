"""The questions a benchmark answers: how many attempts are best, and where accuracy ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import (
    as_array,
    as_confidence,
    as_number,
    as_threads,
    as_whole,
    check_choice,
    check_progress,
    is_sequence,
)
from limitlaw._frames import closing, first, known, repeat, run_of, whole
from limitlaw.sampling.cost import Utility
from limitlaw.sampling.plug_in import warn_outside
from limitlaw.sampling.scenario import SamplingScenario, check_scenario
from limitlaw.sampling.tasks import PoolTasks, RecordedTasks
from limitlaw.sampling.verdicts import warn_unjudged
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

#: The most optima (costs times resamples) of one call.
_MAX_OPTIMA = 10_000_000
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def optimal_attempts(
    scenario: SamplingScenario,
    *,
    wrong_cost: float | npt.ArrayLike | None = None,
    bootstrap: int = 1_000,
    resample: Literal["tasks", "attempts"] = "tasks",
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """The number of attempts, or the limit, with the highest utility, and how well the data determine it.

    A finite optimum exists only because tasks differ: one task alone gains or loses with every attempt. The maximum
    is found in log space, over all numbers of attempts (not only the scenario's grid). Where the scenario has a
    ``Cost``, the money of an attempt is part of what it costs. Where it has ``limits``, of one unit and crossing, the
    best of them is found.

    Args:
        scenario: The scenario; its utility gives the reward and the cost of an attempt (1 and 0 where it has none).
        wrong_cost: Costs of a wrong answer, one or several, each at least 0; the scenario's own unless given.
        bootstrap: Resamples for the interval; 0 for none.
        resample: What a resample draws anew: ``"tasks"`` (would other tasks say the same?) or ``"attempts"`` within
            each task (would other answers?), which counts, pools and recorded attempts have. Their rates are drawn
            from what the attempts leave open, as in ``solve``.
        seed: The seed of the bootstrap; required unless ``bootstrap=0``.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        One row per policy and cost: ``policy``, ``wrong_cost``, ``optimal_attempts`` (null where more is always
        better), ``status`` (``zero``: do not ask at all; ``interior``; ``unbounded``: more is always better;
        ``censored``: the best is the whole pool, more might be better), ``utility`` there; over the resamples the
        quantiles ``optimal_attempts_q05`` to ``_q95`` (null: unbounded), ``utility_q05`` to ``_q95``: a 90 % interval
        of the utility that ``optimal_attempts`` has at other tasks or at these tasks' true rates (over few tasks both
        are spread to Student's t), and the shares ``p_zero``,
        ``p_unbounded``, ``p_censored`` (all left out without a bootstrap; null over tasks where there is one, or one
        cluster, which says nothing of others); ``correct_reward`` and ``attempt_cost`` of the utility, ``bootstrap``,
        ``resample``, ``run``. Under limits ``optimal_limit`` takes the place of ``optimal_attempts``: the amount in
        their unit, 0 where the best is not to ask; ``censored`` is then the largest of them.
        Of counts ``optimal_attempts`` and ``utility`` take the observed shares for rates, so that with few attempts a
        task without a success counts as hopeless, and those of a pool end with the acceptances that it has; the
        resamples do not, and may all lie elsewhere (of counts a warning then says so). Where error rates differ
        between tasks (``icc``) resamples are exact to about five digits, and so is the rest where the integral takes
        more than three million points.

    Raises:
        ValueError: A cost is negative, ``resample="attempts"`` where no attempts were observed, or limits differ in
            their unit or crossing.
        NoClosedFormError: The tasks depend on a seed (``redraw="run"``), success rates are drawn or there are limits
            beside a verifier known by labels, the error rates are tied by ``correlation``,
            rates may all be next to 0, attempts come in batches, or ``solve`` has no answer under the limits.

    Warns:
        UnusedSettingWarning: Wrong answers cost something, and observed attempts have neither verdicts nor a verifier.

    Example:
        >>> import limitlaw as ll
        >>> tasks = ll.Tasks.fixed(success=[0.9, 0.5, 0.01, 0.0])
        >>> verifier = ll.Verifier.rates(false_positive_rate=0.05)
        >>> scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[1])
        >>> ll.optimal_attempts(scenario, wrong_cost=[0, 1, 8], bootstrap=0)["optimal_attempts"].to_list()
        [None, 3, 1]
    """
    check_scenario(scenario)
    costs = _costs(scenario, wrong_cost)
    resamples = as_whole(bootstrap, "bootstrap", 0, 1_000_000)
    if len(costs) * max(resamples, 1) > _MAX_OPTIMA:
        raise ValueError(
            f"wrong_cost must hold at most {_MAX_OPTIMA // max(resamples, 1)} numbers with bootstrap={resamples}, "
            f"got {len(costs)}"
        )
    check_choice(resample, "resample", ("tasks", "attempts"))
    threads = as_threads(threads)
    check_progress(progress)
    if seed is None:
        if resamples > 0:
            raise TypeError("seed must be a whole number or a SeedSequence where bootstrap is not 0, got None")
        key, text = (0, 0), None
    else:
        key, text = key_of(seed)
    warn_unjudged("optimal_attempts", scenario.tasks, scenario.verifier, scenario.policies, max(costs))
    spec, arrays = scenario.wire()
    found = _core.optima_sampling(
        spec,
        arrays,
        wrong_cost=costs,
        resamples=resamples,
        resample=resample,
        key=key,
        threads=threads,
        progress=progress,
    )
    # The most that could be found.
    end = float(scenario.tasks.attempts.min()) if isinstance(scenario.tasks, (PoolTasks, RecordedTasks)) else None
    name, series = "optimal_attempts", whole
    if scenario.limits is not None:
        name, series, end = "optimal_limit", known, max(limit.amount for limit in scenario.limits)
    labels = [policy.label for policy in scenario.policies]
    rows = len(labels) * len(costs)
    best = found["optimal_attempts"]
    drawn = found["resampled_attempts"].reshape(rows, resamples)
    utility_of = scenario.utility or Utility()
    # An answer is worth no more; weights that do not quite add to 1 would have it so.
    most = np.tile([max(utility_of.correct_reward, -cost, 0.0) for cost in costs], len(labels))
    utility = np.minimum(found["resampled_utility"].reshape(rows, resamples), most[:, None])
    columns: dict[str, pl.Series] = {
        "policy": pl.Series(labels, dtype=pl.Enum(labels)).gather(np.repeat(np.arange(len(labels)), len(costs))),
        "wrong_cost": pl.Series(costs * len(labels), dtype=pl.Float64),
        name: series(best),
        "status": pl.Series([_status(k, end) for k in best], dtype=pl.Enum(_STATUS)),
        "utility": pl.Series(np.minimum(found["utility"], most)),
    }
    for quantity, values in ((name, drawn), ("utility", utility)):
        for p in _QUANTILES if resamples else ():
            cut = np.quantile(values, p, axis=1, method="inverted_cdf")
            columns[f"{quantity}_q{round(100 * p):02d}"] = series(cut) if quantity == name else known(cut)
    shares = {
        "p_zero": drawn == 0,
        "p_unbounded": np.isinf(drawn),
        "p_censored": drawn == end if end is not None else np.zeros(drawn.shape, dtype=bool),
    }
    missing = np.isnan(drawn).any(axis=1)
    resampled = {"bootstrap": repeat(resamples, rows, pl.Int64), "resample": repeat(resample, rows, pl.String)}
    if resamples:
        columns |= {share: known(np.where(missing, np.nan, hit.mean(axis=1))) for share, hit in shares.items()}
    columns |= {
        "correct_reward": pl.Series([utility_of.correct_reward] * rows, dtype=pl.Float64),
        "attempt_cost": pl.Series([utility_of.attempt_cost] * rows, dtype=pl.Float64),
        **(resampled if resamples else {}),
        **closing(rows, run_of(scenario, seed=text if resamples else None)),
    }
    ends = [f"{quantity}{q}" for quantity in (name, "utility") for q in ("_q50", "_q25", "_q75")]
    spread = [f"{quantity}{q}" for quantity in (name, "utility") for q in ("_q05", "_q95")]
    answer = ["policy", "wrong_cost", name, "status", *spread[2:], *shares, *ends]
    frame = first(pl.DataFrame(columns), answer, ["utility", *spread[:2]])
    warn_outside(scenario.tasks, frame, ("_q05", "_q95"))
    return frame


_STATUS = ["zero", "interior", "unbounded", "censored"]


def _status(best: float, end: float | None) -> str:
    if best == 0:
        return "zero"
    if np.isinf(best):
        return "unbounded"
    return "censored" if best == end else "interior"


def _costs(scenario: SamplingScenario, wrong_cost: float | npt.ArrayLike | None) -> list[float]:
    if wrong_cost is None:
        return [scenario.utility.wrong_cost if scenario.utility else 0.0]
    if not is_sequence(wrong_cost) or getattr(wrong_cost, "ndim", 1) == 0:
        return [as_number(wrong_cost, "wrong_cost")]
    costs = as_array(wrong_cost, "wrong_cost")
    if costs.size == 0:
        raise ValueError("wrong_cost must hold one number or more, got none")
    return [float(cost) for cost in costs]


def ceilings(scenario: SamplingScenario, *, confidence: float = 0.95) -> pl.DataFrame:
    """Where accuracy ends as attempts go to infinity, in the three ways it is counted.

    Compare like with like: a single attempt's accuracy is over all tasks.

    Args:
        scenario: The scenario; its grid of attempts does not matter.
        confidence: Of the intervals of a verifier known by labels, in (0, 1).

    Returns:
        One row: ``ceiling_all_tasks`` (a task without acceptances counts as 0), ``ceiling_accepted_tasks`` (mean over
        the tasks with acceptances: the y axis of Stroebl, Kapoor, Narayanan, arXiv 2411.17501), ``ceiling_pooled``
        (correct acceptances over acceptances of single attempts); ``tasks``, ``tasks_accepted`` (expected tasks with
        acceptances), ``run``.
        Of a pool they are the shares of the observed acceptances. With a verifier known by labels they are means over
        what those leave open, each with ``_low`` and ``_high``.

    Raises:
        NoClosedFormError: Success rates and error rates are both drawn, or the tasks depend on a seed.

    Example:
        >>> import limitlaw as ll
        >>> tasks = ll.Tasks.pool(attempts=[10, 10, 10], accepted=[4, 2, 0], accepted_correct=[4, 1, 0])
        >>> ll.ceilings(ll.SamplingScenario(tasks=tasks, max_attempts=[1])).row(0)[:3]
        (0.5, 0.75, 0.8333333333333333)
    """
    check_scenario(scenario)
    confidence = as_confidence(confidence)
    found = np.array(_core.ceilings_sampling(*scenario.wire()))
    found[:, :3] = np.minimum(found[:, :3], 1.0)  # weights may add to a little more than 1
    tails = (0.5 - 0.5 * confidence, 0.5 + 0.5 * confidence)
    columns: dict[str, float | None] = {}
    for name, draws in zip(("all_tasks", "accepted_tasks", "pooled"), found.T[:3], strict=True):
        known = draws[~np.isnan(draws)]
        ends = (np.quantile(known, p) if len(known) else None for p in tails)
        columns[f"ceiling_{name}"] = known.mean() if len(known) else None
        if len(found) > 1:
            columns |= dict(zip((f"ceiling_{name}_low", f"ceiling_{name}_high"), ends, strict=True))
    return pl.DataFrame(
        {
            **{name: pl.Series([value], dtype=pl.Float64) for name, value in columns.items()},
            "tasks": pl.Series([len(scenario.tasks)], dtype=pl.Int64),
            "tasks_accepted": pl.Series([found[:, 3].mean()], dtype=pl.Float64),
            **closing(1, run_of(scenario)),
        }
    )
