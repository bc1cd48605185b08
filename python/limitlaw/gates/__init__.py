"""Gates: does a scenario meet what is required of it, fail it, or can the evidence not tell?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw._arguments import as_share, as_threads, as_whole, check_flag
from limitlaw._frames import run_of
from limitlaw._progress import check_wanted
from limitlaw._unused import quietly
from limitlaw.gates.answer import FIRST_TRIALS, answers
from limitlaw.gates.requirement import BILLS, Ask, Requirement, requirements
from limitlaw.gates.wording import VERDICTS
from limitlaw.run import check_solvable
from limitlaw.sampling.frames import BILL
from limitlaw.sampling.scenario import row_key, rows_alone
from limitlaw.sampling.short import left_out
from limitlaw.sampling.tasks import RecordedTasks
from limitlaw.sampling.verdicts import is_unjudged
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    from limitlaw.sampling import SamplingScenario

__all__ = ["check"]

_SCHEMA = {
    "requirement": pl.String,
    "verdict": pl.Enum(VERDICTS),
    "low": pl.Float64,
    "high": pl.Float64,
    "estimate": pl.Float64,
    "would_tell": pl.String,
    "policy": pl.String,
    "evidence": pl.String,
    "needed": pl.Int64,
    "error": pl.Float64,
    "run": pl.String,
}


def check(
    scenario: SamplingScenario,
    *,
    min_accuracy: float | None = None,
    min_precision: float | None = None,
    min_coverage: float | None = None,
    min_accepted: float | None = None,
    min_utility: float | None = None,
    max_wrong: float | None = None,
    max_cost: float | None = None,
    max_tokens: float | None = None,
    max_latency: float | None = None,
    error: float = 0.05,
    anytime: bool = False,
    trials: int = 1_000_000,
    seed: Seed = 0,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
) -> pl.DataFrame:
    """Does a scenario meet what is required of it: does it hold, fail, or can the evidence not tell?

    Every policy is asked at its largest number of attempts, or under the last of its limits. What counts as evidence
    depends on the tasks:

    - Observed ones (counts, a pool, recorded attempts) are a sample of tasks like them: the question is about all of
      these, and the limits hold whatever their law (Gaffke's for the mean of values in a known range; Clopper and
      Pearson's where all values are 0 or 1). A task's value is its average over subsets of its attempts, without a
      model and without bias; where some task has fewer attempts than asked for, the scenario cannot be read off, and
      only a bound that grows with attempts is known; with ``short="drop"`` such tasks are left out, and counted in
      ``evidence``. A ``posterior`` of counts plays no part.
    - Supposed ones (``fixed``, ``beta``, ``mixture``) are known: the answer is exact where the scenario has a closed
      form. Else trials are run until they decide, under limits that hold at every number of them at once; the only
      doubt is then that of simulation.

    Error rates that are given to a verifier are taken as known in both. Observed attempts without verdicts are judged
    by a perfect verifier where a policy asks one, and ``evidence`` says so; what is required of wrong answers
    (``min_precision``, ``max_wrong``, ``min_utility`` where they cost something) is then refused, unless the scenario
    is given that verifier (``Verifier.perfect()``).

    Args:
        scenario: What is checked.
        min_accuracy: The least accuracy, in [0, 1].
        min_precision: The least precision of what is returned, in [0, 1].
        min_coverage: The least coverage, in [0, 1].
        min_accepted: The least share of tasks with an acceptance, in [0, 1].
        min_utility: The least utility of a task.
        max_wrong: The largest share of tasks of which a wrong answer is returned, in [0, 1].
        max_cost: The most money of a task, on average.
        max_tokens: The most tokens of a task, on average.
        max_latency: The most seconds of a task, on average.
        error: The largest probability that any requirement is wrongly said to hold, and the largest that any is wrongly
            said to fail, in (0, 1): shared among policies and requirements.
        anytime: Of observed tasks, use limits that hold at every number of tasks at once: for a check that is made
            again and again while tasks are added. They are wider.
        trials: The most trials, where only simulation can tell.
        seed: Of them.
        threads: Threads of a simulation; every core unless given.
        progress: As in ``simulate``.

    Returns:
        A row for each policy and requirement: ``requirement``; ``verdict`` (``holds``, ``fails``, ``cannot tell``);
        ``low``, ``high``, ``estimate`` of the metric (one-sided limits, each with its share of the error; null where
        not known); ``would_tell`` (of what cannot be told, what would: in words); ``policy`` and ``max_attempts`` or
        ``limit``; ``evidence`` (``exact``, tasks or trials), ``needed`` (the number in ``would_tell``: how many there
        would have to be in all, were the estimate right), ``error``, ``run``.

    Raises:
        ValueError: Nothing is required, a bound is out of range, or the scenario does not have what is bounded (of
            wrong answers: neither verdicts nor a verifier).
        TypeError: The scenario is no sampling scenario, or an argument has the wrong type.

    Source: Gaffke, Mathematical Methods of Statistics 14 (2005); Howard et al., arXiv 1810.08240 (time-uniform limits);
    ``docs/gate.md`` has the measured errors.

    Example:
        >>> import limitlaw as ll
        >>> tasks = ll.Tasks.counts(attempts=[10] * 80, correct=[10] * 60 + [9] * 12 + [4] * 8)
        >>> verifier = ll.Verifier.rates(false_positive_rate=0.05)
        >>> scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[3])
        >>> frame = ll.check(scenario, min_accuracy=0.85, min_precision=0.96)
        >>> for row in frame.select("requirement", "verdict", pl.col("low").round(3), "would_tell").rows():
        ...     print(row)
        ('accuracy >= 0.85', 'holds', 0.936, None)
        ('precision >= 0.96', 'cannot tell', 0.951, '103 tasks in all')
    """
    check_solvable(scenario)
    wanted = requirements(
        {
            "min_accuracy": min_accuracy,
            "min_precision": min_precision,
            "min_coverage": min_coverage,
            "min_accepted": min_accepted,
            "min_utility": min_utility,
            "max_wrong": max_wrong,
            "max_cost": max_cost,
            "max_tokens": max_tokens,
            "max_latency": max_latency,
        }
    )
    _check_known(scenario, wanted)
    error = as_share(error, "error", inside=True)
    check_flag(anytime, "anytime")
    trials = as_whole(trials, "trials", FIRST_TRIALS, 10**12)
    check_wanted(progress if progress is not None else False)
    _, text = key_of(seed)
    threads = as_threads(threads)
    name, points = row_key(scenario)
    # Of all points, the last.
    alone = rows_alone(scenario)[len(points) - 1 :: len(points)]
    tail = error / (len(alone) * len(wanted))
    ask = Ask(wanted, tail, anytime, trials, seed, threads, progress)
    rows: list[dict[str, Any]] = []
    for one in alone:
        asked, out = _long_enough(one)
        found, drawn = answers(asked, ask)
        left = f" ({out:,} with fewer attempts left out)" if out else ""
        left += _SUPPOSED if is_unjudged(one.tasks, one.verifier, one.policies) else ""
        found = [dataclasses.replace(answer, evidence=answer.evidence + left) for answer in found]
        where = {"policy": one.policies[0].label, name: points[-1], "error": error}
        where["run"] = str(run_of(scenario, seed=text if drawn else None))
        rows += [dataclasses.asdict(a) | where | {"requirement": str(r)} for r, a in zip(wanted, found, strict=True)]
    at = list(_SCHEMA).index("policy") + 1
    schema: dict[str, Any] = dict([*list(_SCHEMA.items())[:at], (name, points.dtype), *list(_SCHEMA.items())[at:]])
    return pl.DataFrame([{key: row[key] for key in schema} for row in rows], schema=schema)


def _long_enough(scenario: SamplingScenario) -> tuple[SamplingScenario, int]:
    """With ``short="drop"`` the tasks that have as many attempts as are asked for, and how many others are left out."""
    tasks, grid = scenario.tasks, scenario.max_attempts
    if not isinstance(tasks, RecordedTasks) or tasks.short != "drop" or grid is None or scenario.limits is not None:
        return scenario, 0
    out = int((tasks.attempts < grid[-1]).sum())
    if out in (0, len(tasks)):
        return scenario, 0
    long, verifier = left_out(tasks, scenario.verifier, int(grid[-1]))
    with quietly():
        return scenario.replace(tasks=long, verifier=verifier), out


def _check_known(scenario: SamplingScenario, wanted: list[Requirement]) -> None:
    """The scenario has what is bounded."""
    for requirement in wanted:
        name = requirement.argument
        if requirement.metric in BILLS:
            column, settings = BILL[requirement.metric], _GIVEN_BY[requirement.metric]
            tasks: Any = scenario.tasks
            if getattr(tasks, column, None) is not None:
                continue
            recorded = f", or the column {column} of the log" if isinstance(tasks, RecordedTasks) else ""
            if scenario.cost is None:
                raise ValueError(f"{name} must be left out of a scenario without a cost{recorded}, got {requirement}")
            if settings and not any(getattr(scenario.cost, setting) for setting in settings):
                given = f"{' or '.join(settings)} of Cost{recorded} gives {_WORDS[column]}"
                raise ValueError(f"{name} must be left out unless {given}, got {requirement}")
        if requirement.metric == "utility" and scenario.utility is None:
            raise ValueError(f"{name} must be left out of a scenario without a utility, got {requirement}")
        wrong = requirement.metric == "utility" and scenario.utility is not None and scenario.utility.wrong_cost > 0.0
        if wrong or requirement.metric in _OF_WRONG_ANSWERS:
            _check_judged(scenario, requirement)


def _check_judged(scenario: SamplingScenario, requirement: Requirement) -> None:
    """A perfect verifier that nobody gave would meet any bound on wrong answers."""
    if is_unjudged(scenario.tasks, scenario.verifier, scenario.policies):
        raise ValueError(
            f"{requirement.argument} must be left out where no verdicts are known, got {requirement}: a perfect "
            "verifier would stand in, of which no answer is wrong. Name the column of verdicts (accepted), or give the "
            "scenario a verifier: its rates, or verifier=Verifier.perfect() (--false-positive-rate 0) if it never errs"
        )


#: What a bill is known by beside a column of recorded attempts: one of these settings of a cost (none: any cost).
_GIVEN_BY: dict[str, tuple[str, ...]] = {
    "cost": ("price_in", "price_out", "verifier_price"),
    "tokens": (),
    "latency": ("seconds_per_token", "verifier_seconds"),
}
#: What is about wrong answers, beside a utility in which they cost something.
_OF_WRONG_ANSWERS = ("precision", "wrong")
#: Said of evidence without verdicts.
_SUPPOSED = " and a perfect verifier (no verdicts were found)"
_WORDS = {"cost": "a price", "seconds": "a time"}
