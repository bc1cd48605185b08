"""What a scenario is known by: an exact solution, values of its observed tasks, or simulated trials."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._core import NoClosedFormError
from limitlaw._elementary import normal_quantile
from limitlaw._random import Random
from limitlaw._unused import quietly
from limitlaw.gates.labelled import spread
from limitlaw.gates.limits import Ratio
from limitlaw.gates.requirement import BILLS, METRICS
from limitlaw.run import simulate, solve
from limitlaw.sampling.frames import BILL
from limitlaw.sampling.policy import FirstAccepted, Policy
from limitlaw.sampling.table import said_of_each
from limitlaw.sampling.tasks import CountsTasks, PoolTasks, RecordedTasks, Tasks
from limitlaw.sampling.verifier import RatesVerifier, SpreadVerifier, Verifier

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw.sampling import SamplingScenario
    from limitlaw.seed import Seed

    Array = npt.NDArray[np.float64]

#: Draws of the error rates of each observed task, where they are spread over tasks: of each an unbiased value.
_DRAWS = 64
#: Trials of each observed task, where its value has no closed form: subsets drawn, of each an unbiased value.
_SUBSETS = 1_000
#: Metrics that only grow with further attempts, of a policy that stops at the first acceptance or else abstains.
GROWING = ("accuracy", "coverage", "accepted", "wrong", *BILLS)


@dataclasses.dataclass(frozen=True)
class Observed:
    """Values of the observed tasks: of each an unbiased one of what it comes to, had it been tried without end.

    Args:
        values: By column, a number for each task; without those that do not exist for the policy.
        weight: Of each task; none where all count alike.
        cluster: The number of each task's cluster; none where tasks stand alone.
        attempts: The attempts that these values are of, where the tasks have fewer than the scenario's; else none.
        missing: What there would have to be for values; none where there are.
        more: What attempts there would have to be for values of the scenario's.
        drawn: Whether random numbers were drawn for them.
    """

    values: dict[str, Array]
    weight: Array | None
    cluster: npt.NDArray[np.int64] | None
    attempts: int | None = None
    missing: str | None = None
    more: str = ""
    drawn: bool = False

    def sampled(self) -> tuple[dict[str, Array], Array | None]:
        """The values of what is sampled, and its weights: of tasks, or the means of their clusters."""
        if self.cluster is None:
            return self.values, self.weight
        own = np.ones(len(self.cluster)) if self.weight is None else self.weight
        weight = np.bincount(self.cluster, own).astype(np.float64)
        means = {
            name: np.bincount(self.cluster, own * value) / np.maximum(weight, 1e-300)
            for name, value in self.values.items()
        }
        return means, weight


def observed(scenario: SamplingScenario, columns: list[str], seed: Seed) -> Observed:
    """The values of the tasks of a scenario of one row, whose tasks were observed.

    A policy's result on K of n attempts, drawn without replacement, is on average that of K new attempts (Hoeffding
    1948): no model of the tasks, and no bias from the finite number of attempts.
    """
    tasks: Any = scenario.tasks
    fewest = int(tasks.attempts.min())
    nothing = functools.partial(Observed, {}, tasks.weight, tasks.cluster)
    wanted = None if scenario.max_attempts is None else int(scenario.max_attempts[-1])
    if wanted is None or scenario.limits is not None:
        return nothing(missing="max_attempts in place of limits: observed attempts have no order")
    short = wanted > fewest
    fewer = int((tasks.attempts < wanted).sum())
    hint = ": short='drop' leaves them out" if isinstance(tasks, RecordedTasks) and fewer < len(tasks) else ""
    more = f"{wanted:,} attempts of every task; {fewer:,} of {len(tasks):,} have fewer, the least {fewest:,}{hint}"
    if short and not _grows(scenario.policies[0], fewest):
        return nothing(missing=more)
    verifier = scenario.verifier
    if isinstance(verifier, SpreadVerifier) and verifier.correlation != 0.0:
        return nothing(missing="success rates that are known (a correlation ranks them)")
    changes = _recorded(scenario) | ({"max_attempts": [fewest]} if short else {})
    verifiers = list(_drawn(verifier, len(tasks), seed)) if isinstance(verifier, SpreadVerifier) else [verifier]
    totals: dict[str, Array] = {}
    simulated = False
    for each in verifiers:
        try:
            with quietly():
                one = scenario.replace(verifier=each, **changes)
        except ValueError as error:
            return nothing(missing=f"recorded attempts ({error})")
        frame, simulated = _by_task(one, columns, seed)
        for name in columns:
            if frame[name].null_count():  # nothing that this policy, or these attempts, say
                continue
            totals[name] = totals.get(name, 0.0) + frame[name].to_numpy() / len(verifiers)
    drawn = simulated or len(verifiers) > 1
    seen = fewest if short else None
    return Observed(totals, tasks.weight, tasks.cluster, attempts=seen, more=more, drawn=drawn)


def _grows(policy: Policy, fewest: int) -> bool:
    """Whether further attempts can only add to what a policy comes to."""
    return isinstance(policy, FirstAccepted) and policy.fallback == "abstain" and fewest > 0


def _recorded(scenario: SamplingScenario) -> dict[str, Any]:
    """What to change for observed attempts as they are: counts as recorded attempts."""
    tasks, cost = scenario.tasks, scenario.cost
    if not isinstance(tasks, CountsTasks):
        return {}
    ends_ = np.cumsum(tasks.attempts)
    place = np.arange(ends_[-1]) - np.repeat(ends_ - tasks.attempts, tasks.attempts)
    correct = (place < np.repeat(tasks.correct, tasks.attempts)).astype(np.int64)
    fields: dict[str, Any] = {"attempts": tasks.attempts, "correct": correct, **said_of_each(tasks)}
    changes: dict[str, Any] = {"answers": None}
    if cost is not None and cost.wrong_output_tokens is not None:
        # The mean tokens of each attempt as if they were recorded: a bill's mean is that of means.
        fields["tokens"] = np.array([cost.wrong_output_tokens[0], cost.output_tokens[0]])[correct]
        changes["cost"] = cost.replace(wrong_output_tokens=None)
    return changes | {"tasks": RecordedTasks(**fields)}


def _drawn(verifier: SpreadVerifier, tasks: int, seed: Seed) -> Any:
    """Verifiers whose rates were drawn for each task."""
    random = Random(seed)
    for _ in range(_DRAWS):
        yield RatesVerifier(
            false_positive_rate=spread(random, _by_each(verifier.false_positive_rate, tasks), verifier.icc),
            false_negative_rate=spread(random, _by_each(verifier.false_negative_rate, tasks), verifier.icc),
        )


def _by_each(rate: Any, tasks: int) -> Array:
    return np.broadcast_to(np.asarray(rate, dtype=np.float64), tasks)


def _by_task(scenario: SamplingScenario, columns: list[str], seed: Seed) -> tuple[pl.DataFrame, bool]:
    """The columns of each task, and whether they were simulated."""
    try:
        return solve(scenario, by="task", columns=columns), False
    except NoClosedFormError:
        # Of each task the mean over subsets drawn at random: as unbiased, with a little more spread.
        return simulate(scenario, by="task", columns=columns, trials=_SUBSETS, seed=seed), True


def ends(scenario: SamplingScenario, metric: str) -> tuple[float, float]:
    """The least and the most that a task can come to.

    Raises:
        ValueError: Nothing bounds it.
    """
    if metric not in (*BILLS, "utility"):
        return 0.0, 1.0
    if metric != "utility":
        return 0.0, _most(scenario, metric)
    utility = scenario.utility
    assert utility is not None  # checked where it was required
    spent = _most(scenario, "cost") if _has_money(scenario) else 0.0
    if utility.attempt_cost:
        spent += utility.attempt_cost * _attempts(scenario, "min_utility")
    return -(0.0 if _core.never_wrong(*scenario.wire()) else utility.wrong_cost) - spent, utility.correct_reward


def _has_money(scenario: SamplingScenario) -> bool:
    """Whether attempts have a price; tokens or seconds that were recorded alone have none."""
    return scenario.cost is not None or (isinstance(scenario.tasks, RecordedTasks) and scenario.tasks.cost is not None)


def _attempts(scenario: SamplingScenario, name: str) -> int:
    """The most attempts of a task."""
    if scenario.max_attempts is None:
        raise ValueError(f"{name} must be left out under limits in another unit, for no bound is known; got one")
    return int(scenario.max_attempts[-1])


def _most(scenario: SamplingScenario, bill: str) -> float:
    """What a task takes at most: its limit, or all attempts, each as dear as the dearest."""
    if scenario.limits is not None and (limit := scenario.limits[-1]).unit == BILL[bill]:
        return limit.amount + (_dearest(scenario, bill) if limit.crossing == "finish" else 0.0)
    return _attempts(scenario, f"max_{bill}") * _dearest(scenario, bill)


def _dearest(scenario: SamplingScenario, bill: str) -> float:
    """What one attempt (or batch) takes on average, of the dearest kind; of recorded attempts the dearest."""
    tasks = scenario.tasks
    alone: Any = Tasks.fixed(success=[0.0, 1.0])
    if isinstance(tasks, RecordedTasks):  # each attempt a task of its own
        parts = {name: getattr(tasks, name) for name in ("correct", *BILL.values())}
        alone = RecordedTasks(attempts=np.ones(len(tasks.correct), dtype=np.int64), **parts)
    batch = 1 if scenario.cost is None or scenario.limits is None else scenario.cost.parallel
    with quietly():
        one = scenario.replace(
            tasks=alone,
            verifier=Verifier.rates(false_positive_rate=0.0, false_negative_rate=1.0),
            policies=[FirstAccepted()],
            max_attempts=[1],
            limits=None,
            answers=None,
            cost=None if scenario.cost is None else scenario.cost.replace(parallel=1),
        )
    return batch * float(np.max(solve(one, by="task", columns=[bill])[bill].to_numpy()))


def columns_of(metrics: list[str]) -> list[str]:
    """The columns that metrics are made of."""
    return sorted({name for metric in metrics for name in METRICS[metric] if name is not None})


#: Tasks that were observed, not supposed.
OBSERVED = (CountsTasks, PoolTasks, RecordedTasks)


@dataclasses.dataclass
class Simulated:
    """Trials of a scenario that is supposed, not observed: more of them until they decide.

    Shares are sums of independent values in [0, 1], of which the time-uniform limits hold at every number of trials
    at once. What attempts take has no bound: its limits are normal, with an error of ``tail / (j (j + 1))`` at look j.
    """

    scenario: SamplingScenario
    columns: list[str]
    seed: Seed
    threads: int | None
    trials: int = 0
    looks: int = 0
    sums: dict[str, float] = dataclasses.field(default_factory=dict)
    squares: dict[str, float] = dataclasses.field(default_factory=dict)

    def more(self, trials: int, progress: Any) -> None:
        """Run so many further trials."""
        options = {"seed": self.seed, "replicate": self.looks, "threads": self.threads, "progress": progress}
        row = simulate(self.scenario, trials=trials, columns=self.columns, **options).row(0, named=True)
        for name in self.columns:
            self.sums[name] = self.sums.get(name, 0.0) + trials * row[name]
            self.squares[name] = self.squares.get(name, 0.0) + (trials * (row[f"{name}_se"] or 0.0)) ** 2
        self.trials += trials
        self.looks += 1

    def mean(self, name: str) -> float:
        """Of all trials so far."""
        return self.sums[name] / self.trials

    def share(self, metric: str) -> Ratio:
        """A share, or a ratio of shares, as so many independent values."""
        above, below = METRICS[metric]
        denominator = None if below is None else np.array([self.mean(below)])
        return Ratio(np.array([self.mean(above)]), denominator, None, 0.0, 1.0, anytime=True, each=self._values())

    def bill(self, metric: str, tail: float) -> tuple[float, float]:
        """The limits of what attempts take, at this look."""
        half = normal_quantile(1.0 - tail / (self.looks * (self.looks + 1)))
        error = half * math.sqrt(self.squares[metric]) / self.trials
        return self.mean(metric) - error, self.mean(metric) + error

    def _values(self) -> float:
        """Independent values: one a task and trial, unless tasks depend on one another within a trial."""
        tied = isinstance(self.scenario.verifier, SpreadVerifier) and self.scenario.verifier.correlation != 0.0
        alike = not tied and self.scenario.tasks.weight is None
        return float(self.trials * (len(self.scenario.tasks) if alike else 1))
