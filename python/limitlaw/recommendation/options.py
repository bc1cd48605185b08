"""Everything that can be chosen, in every task: not asking, and each policy at each number of attempts."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import shown
from limitlaw._core import NoClosedFormError
from limitlaw._elementary import log, power, products
from limitlaw.errors import MisfitWarning
from limitlaw.run import simulate, solve
from limitlaw.sampling import policy as rules
from limitlaw.sampling.clusters import weights
from limitlaw.sampling.frames import solve_tasks
from limitlaw.sampling.plug_in import drawn_rates, drawn_utilities, is_plug_in
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.short import chosen
from limitlaw.sampling.table import said_of_each
from limitlaw.sampling.tasks import CountsTasks, FixedTasks, PoolTasks, RecordedTasks, Tasks
from limitlaw.sampling.verdicts import asks_answers
from limitlaw.sampling.verifier import LabelledVerifier, Verifier
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_T = TypeVar("_T")

#: Up to here every number of attempts is an option; beyond it each is at most about that times the one before.
_DENSE, _STEP = 16, 1.25
#: Data sets with attempts drawn anew, each of which is solved.
_ATTEMPT_SETS = 30
#: Where there is no closed form: trials times tasks, so that a mean over tasks is known to .0008 at worst; where
#: attempts are drawn anew; and the fewest trials.
_SIMULATED, _SIMULATED_AGAIN, _FEWEST = 400_000, 40_000, 100
#: Rows of a log whose attempts are drawn anew: of a longer one some tasks stand for all, for the time that it takes.
_ROWS_AGAIN = 50_000
#: Sets of rates that the attempts of counts leave open, fewer where they have more numbers, but so many at least.
_RATE_SETS, _MOST_NUMBERS, _FEWEST_RATE_SETS = 200, 4_000_000, 20
#: The most verifiers that labels leave open, and what tells them apart; so many stand for all where attempts are drawn
#: anew: the same each time, so that what they leave out moves no difference between two draws.
_VERIFIERS, _FEW_VERIFIERS = 60, 12
_RATES = ("false_positive_rate", "false_negative_rate", "false_positive_icc", "false_negative_icc")
#: What each table of a task says.
MEASURES = ("utility", "accuracy", "wrong", "attempts_used", "cost")
#: The columns they are made of, as far as there are.
_READ = ("utility", "accuracy", "abstained", "accepted", "attempts_used", "cost")


@dataclasses.dataclass
class Steps:
    """How far a recommendation is: the steps done, of all that there are."""

    report: Callable[[int, int], object] | None
    total: int = 0
    done: int = 0

    def after(self, found: _T) -> _T:
        """What a step has found, when it is done."""
        self.done += 1
        if self.report is not None:
            self.report(min(self.done, self.total), self.total)
        return found

    def along(self) -> Callable[[int, int], None]:
        """Takes in how many of the next steps are done."""
        before = self.done

        def reached(done: int, _: int) -> None:
            while self.done < before + done:
                self.after(None)

        return reached


def _further_steps(tasks: Tasks, verifier: Verifier | None) -> int:
    """The steps of ``redrawn`` and ``of_verifiers``, of each policy."""
    labels = min(len(verifier.false_positive_rate), _VERIFIERS) if isinstance(verifier, LabelledVerifier) else 0
    return labels + (0 if isinstance(tasks, (FixedTasks, CountsTasks)) else _ATTEMPT_SETS)


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that can be chosen: not asking, then each policy at each number of attempts."""

    tasks: Tasks
    scenarios: list[SamplingScenario]
    policies: list[str]
    attempts: npt.NDArray[np.int64]
    #: By measure: option by task.
    tables: dict[str, Floats]
    #: By policy that has no closed form, and so is simulated: the standard error of utility by task.
    errors: dict[str, Floats] = dataclasses.field(default_factory=dict)
    #: Of counts and pools, the utility under each set of rates that the attempts leave open; of counts the tables hold
    #: the mean.
    sets: Floats | None = None
    #: Of these simulations.
    seed: Seed = 0
    #: Called after every step of the work.
    step: Steps = dataclasses.field(default_factory=lambda: Steps(None))

    @staticmethod
    def of(
        tasks: Tasks, policies: list[Any], asked: dict[str, Any], *, seed: Seed = 0, step: Steps | None = None
    ) -> Options:
        """By solving each policy; one that has no closed form is simulated."""
        step = Steps(None) if step is None else step
        labels, attempts = ["do not ask"], [0]
        scenarios: list[SamplingScenario] = []
        errors: dict[str, Floats] = {}
        tables: dict[str, list[Floats]] = {name: [np.zeros((1, len(tasks)))] for name in MEASURES}
        most = len(policies) * len(asked["max_attempts"])
        drawn, pool = _drawn(tasks, asked["verifier"], most, seed), _pool(tasks, policies, asked["verifier"])
        sets: list[Floats] = []
        step.total = len(policies) * (len(drawn) + 1 + _further_steps(tasks, asked["verifier"]))
        for policy in policies:
            scenario = SamplingScenario(tasks=tasks, policies=[policy], **asked)
            each = [scenario.replace(**one) for one in drawn]
            try:
                _check_solvable(scenario)
                frame = step.after(solve(each[0], by="task"))
                read = [name for name in _READ if name in frame.columns]
                found = [_measured(_columns(frame), len(tasks))]
                found += [_measured(step.after(solve_tasks(one, read)), len(tasks)) for one in each[1:]]
            except NoClosedFormError:
                run: dict[str, Any] = {"trials": _trials(tasks, _SIMULATED // len(drawn)), "seed": seed}
                frames = [
                    step.after(simulate(one, by="task", replicate=number, **run)) for number, one in enumerate(each)
                ]
                squares = [frame["utility_se"].to_numpy().reshape(-1, len(tasks)) ** 2 for frame in frames]
                errors[policy.label] = np.sqrt(np.sum(squares, axis=0)) / len(drawn)
                found = [_measured(_columns(frame), len(tasks)) for frame in frames]
            mean = {name: np.mean([one[name] for one in found], axis=0) for name in MEASURES}
            if isinstance(tasks, CountsTasks) and tasks.posterior:
                mean = _of_prior(scenario, seed)
            scenarios.append(scenario)
            labels += [policy.label] * len(asked["max_attempts"])
            attempts += list(asked["max_attempts"])
            if len(drawn) > 1:
                sets.append(np.stack([one["utility"] for one in found]))
            elif pool is not None and policy.label not in errors:
                one = scenario.replace(tasks=pool, verifier=None)
                sets.append(drawn_utilities(one, _sets_of_rates(tasks, most), key_of(seed)[0]))
            for name in MEASURES:
                tables[name].append(mean[name])
        stacked = {name: np.vstack(rows) for name, rows in tables.items()}
        several = None
        if len(sets) == len(policies):
            several = np.concatenate([np.zeros((len(sets[0]), 1, len(tasks))), *sets], axis=1)
        return Options(tasks, scenarios, labels, np.array(attempts), stacked, errors, several, seed, step)

    @cached_property
    def weight(self) -> Floats:
        """The weights of the tasks, adding to 1."""
        return weights(self.tasks)

    @cached_property
    def means(self) -> dict[str, Floats]:
        """By measure: the mean of each option over the tasks."""
        return {name: products(table, self.weight[None])[:, 0] for name, table in self.tables.items()}

    @property
    def are_alike(self) -> bool:
        """Whether nothing tells one task from another."""
        if is_plug_in(self.tasks):
            shares = self.tasks.correct / self.tasks.attempts
            return bool((shares == shares[0]).all())
        return bool((self.tables["utility"] == self.tables["utility"][:, :1]).all())

    def ends(self, option: int, confidence: float) -> dict[str, tuple[float, float]]:
        """The limits of an option's utility and accuracy over tasks."""
        names = ("utility", "accuracy")
        if self.attempts[option] == 0:
            return dict.fromkeys(names, (0.0, 0.0))
        scenario = self.scenarios[list(dict.fromkeys(self.policies)).index(self.policies[option]) - 1]
        options: dict[str, Any] = {"columns": names, "resample": "tasks", "confidence": confidence}
        with warnings.catch_warnings():  # of counts not the estimates of observed shares are shown
            warnings.simplefilter("ignore", MisfitWarning)
            row = self.step.after(self._solved(option, scenario, options))
        return {name: (row[f"{name}_low"], row[f"{name}_high"]) for name in names}

    def _solved(self, option: int, scenario: SamplingScenario, options: dict[str, Any]) -> dict[str, Any]:
        if self.policies[option] in self.errors:
            # At every number of attempts, so that the draws are those of its table.
            frame = simulate(scenario, trials=_trials(self.tasks), seed=self.seed, **options)
            return frame.row(by_predicate=pl.col("max_attempts") == int(self.attempts[option]), named=True)
        return solve(scenario.replace(max_attempts=[int(self.attempts[option])]), **options).row(0, named=True)

    def redrawn(self) -> Floats | None:
        """The utility of every option as far as the attempts leave it open; none where there are none."""
        if isinstance(self.tasks, FixedTasks):
            return None
        if self.sets is not None and isinstance(self.tasks, CountsTasks):
            return products(self.sets.reshape(-1, len(self.tasks)), self.weight[None]).reshape(self.sets.shape[:2])
        verifier = self.scenarios[0].verifier
        few = _some(verifier, _FEW_VERIFIERS) if isinstance(verifier, LabelledVerifier) else verifier
        tasks, few, wider = _standing_for(self.tasks, few)
        sets = self._utilities("attempts", _ATTEMPT_SETS, tasks, few)
        return sets if wider == 1.0 else sets.mean(axis=0) + (sets - sets.mean(axis=0)) / wider

    def of_verifiers(self) -> Floats | None:
        """The utility of every option under each verifier that labels leave open; none where the verifier is known."""
        verifier = self.scenarios[0].verifier
        if not isinstance(verifier, LabelledVerifier):
            return None
        some = _some(verifier, _VERIFIERS)
        return self._utilities("verifier", len(some.false_positive_rate), self.tasks, some)

    def _utilities(self, anew: str, count: int, tasks: Tasks, verifier: Verifier | None) -> Floats:
        """The utility of every option in each of so many sets; that of not asking is 0."""
        found = [np.zeros((count, 1))]
        for scenario in self.scenarios:
            spec, arrays = scenario.replace(tasks=tasks, verifier=verifier).wire()
            simulated = scenario.policies[0].label in self.errors
            how: dict[str, Any] = {"trials": _trials(tasks, _SIMULATED_AGAIN) if simulated else None}
            how |= {"resamples": count, "key": key_of(self.seed)[0], "progress": self.step.along()}
            found.append(_core.resampled_utilities(spec, arrays, anew=anew, **how).reshape(count, -1))
        return np.concatenate(found, axis=1)


def _of_prior(scenario: SamplingScenario, seed: Seed) -> dict[str, Floats]:
    """What the tables say of tasks whose prior decides the estimates."""
    try:
        frame = solve(scenario, by="task")
    except NoClosedFormError:
        frame = simulate(scenario, by="task", trials=_trials(scenario.tasks), seed=seed)
    return _measured(_columns(frame), len(scenario.tasks))


def _pool(tasks: Tasks, policies: list[Any], verifier: Verifier | None) -> PoolTasks | None:
    """The recorded attempts as a pool, where nothing but their verdicts is read."""
    if verifier is not None or not all(
        isinstance(one, rules.FirstAccepted) and one.fallback != "best" for one in policies
    ):
        return None
    bills = ("tokens", "cost", "seconds")
    if isinstance(tasks, RecordedTasks) and all(getattr(tasks, bill) is None for bill in bills):
        return tasks.counted()
    return tasks if isinstance(tasks, PoolTasks) else None


def _sets_of_rates(tasks: Tasks, options: int) -> int:
    """How many sets of the rates that attempts leave open."""
    return max(min(_RATE_SETS, _MOST_NUMBERS // (options * len(tasks))), _FEWEST_RATE_SETS)


def _drawn(tasks: Tasks, verifier: Verifier | None, options: int, seed: Seed) -> list[dict[str, Any]]:
    """The tasks to solve: of counts, sets of the rates that their attempts leave open, equally likely.

    Each set meets some of the verifiers that labels leave open, and all sets together meet all.
    """
    if not isinstance(tasks, CountsTasks):
        return [{"tasks": tasks}]
    rates = drawn_rates(tasks, _sets_of_rates(tasks, options), key_of(seed)[0])
    own = said_of_each(tasks) | {"names": None}  # many tasks are made, and no number depends on these
    sets: list[dict[str, Any]] = [{"tasks": Tasks.fixed(one, **own)} for one in rates]
    if isinstance(verifier, LabelledVerifier):
        verifiers = len(verifier.false_positive_rate)
        apart = max(verifiers // _FEW_VERIFIERS, 1)
        for number, one in enumerate(sets):
            one["verifier"] = _chosen(verifier, np.arange(number % apart, verifiers, apart))
    return sets


def _trials(tasks: Tasks, both: int = _SIMULATED) -> int:
    return max(both // len(tasks), _FEWEST)


def _some(verifier: LabelledVerifier, most: int) -> LabelledVerifier:
    """At most so many of the verifiers that labels leave open, spread evenly over them."""
    count = len(verifier.false_positive_rate)
    return _chosen(verifier, np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64)))


def _chosen(verifier: LabelledVerifier, numbers: npt.NDArray[np.int64]) -> LabelledVerifier:
    return verifier.replace(**{name: getattr(verifier, name)[numbers] for name in _RATES})


def _columns(frame: pl.DataFrame) -> dict[str, Floats]:
    return {name: frame[name].cast(pl.Float64).to_numpy() for name in _READ if name in frame.columns}


def _measured(columns: dict[str, Floats], tasks: int) -> dict[str, Floats]:
    """What the tables say, option by task: 0 where there is no such column."""
    found = columns | {"wrong": _wrong(columns)}
    none = np.zeros(len(columns["accuracy"]))
    return {name: found.get(name, none).reshape(-1, tasks) for name in MEASURES}


def _wrong(columns: dict[str, Floats]) -> Floats:
    """The share of wrong answers: all but the correct ones and those that were withheld."""
    abstained = columns["abstained"] if "abstained" in columns else 1.0 - columns["accepted"]
    wrong: Floats = np.maximum(1.0 - columns["accuracy"] - abstained, 0.0)
    return wrong


def _check_solvable(scenario: SamplingScenario) -> None:
    """Of a long log, ask for the closed form of its longest task first: where there is none, the others need no time.

    Raises:
        NoClosedFormError: There is none.
    """
    tasks = scenario.tasks
    if isinstance(tasks, RecordedTasks) and tasks.attempts.sum() > _ROWS_AGAIN:
        longest = np.arange(len(tasks)) == np.argmax(tasks.attempts)
        one, verifier = chosen(tasks, scenario.verifier, longest)
        solve(scenario.replace(tasks=one.replace(weight=None), verifier=verifier), columns=["utility"])


def _standing_for(tasks: Any, verifier: Verifier | None) -> tuple[Any, Verifier | None, float]:
    """Tasks evenly spaced among those of a long log, their verifier, and how much wider their mean scatters."""
    if not isinstance(tasks, RecordedTasks) or (rows := int(tasks.attempts.sum())) <= _ROWS_AGAIN:
        return tasks, verifier, 1.0
    kept = np.zeros(len(tasks), dtype=bool)
    weight = np.ones(len(tasks)) if tasks.weight is None else tasks.weight
    counting = np.flatnonzero(weight)
    most = max(len(tasks) * _ROWS_AGAIN // rows, 1)
    kept[counting[np.linspace(0, len(counting) - 1, min(most, len(counting))).astype(np.int64)]] = True
    few, every = (_core.sample_sizes(len(one), one, None)[1] for one in (weight[kept], weight))
    return *chosen(tasks, verifier, kept), math.sqrt(every / few)


def policies_of(tasks: Tasks, given: Sequence[Any] | None) -> list[Any]:
    """The policies to choose from: those given, or what these tasks have the columns for."""
    if given is not None:
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise TypeError(f"policies must be a list of policies, got {shown(given)}")
        if not given:
            raise ValueError(f"policies must be one policy or more, got {shown(given)}")
        voting = [i for i, one in enumerate(given) if isinstance(one, rules.Policy) and asks_answers(one)]
        if voting and getattr(tasks, "answer", None) is None:
            raise ValueError(
                f"policies[{voting[0]}] must be one that tells no wrong answers apart, got {given[voting[0]].label}: "
                "which answers agree, recorded attempts alone say (Tasks.from_attempts with answer=)"
            )
        return list(given)
    found: list[Any] = [rules.FirstAccepted()]
    if isinstance(tasks, RecordedTasks):
        found = [] if tasks.accepted is None and (tasks.answer is not None or tasks.score is not None) else found
        found += [rules.BestOf()] if tasks.score is not None else []
        found += [rules.MajorityVote()] if tasks.answer is not None else []
        found += [rules.WeightedVote(weight="score")] if tasks.answer is not None and tasks.score is not None else []
    return found


def grid_of(most: int) -> list[int]:
    """The numbers of attempts to choose from. The last step is as long as those before it: a short one gains little."""
    grid = list(range(1, min(most, _DENSE) + 1))
    if most > _DENSE:
        times = most / _DENSE
        steps = int(np.ceil(log(times) / log(_STEP)))
        grid += np.round(_DENSE * power(times, np.arange(1, steps) / steps)).astype(int).tolist()
        grid.append(most)
    return list(dict.fromkeys(grid))
