"""The recommendation: what is best, how sure that is, and what further evidence is worth."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw._arguments import as_confidence, as_whole, as_within, shown
from limitlaw._elementary import expm1, log1p
from limitlaw._frames import Alike, first
from limitlaw._inputs import html_of
from limitlaw._progress import check_wanted, reporting
from limitlaw._unused import quietly
from limitlaw.recommendation.options import MEASURES, Options, Steps, grid_of, policies_of
from limitlaw.recommendation.words import Judged, paragraph
from limitlaw.sampling.clusters import effective, resampled_means, sampled
from limitlaw.sampling.cost import Cost, Utility
from limitlaw.sampling.short import held
from limitlaw.sampling.tasks import CountsTasks, FixedTasks, PoolTasks, RecordedTasks, Tasks
from limitlaw.sampling.verdicts import warn_unjudged
from limitlaw.sampling.verifier import Verifier
from limitlaw.seed import Seed, key_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: The best number of attempts is told where its interval stays within that factor.
_FACTOR = 2.0
#: Options that differ by less, in parts of the largest utility of a task, differ by rounding alone.
_ROUNDING = 1e-12
#: Up to here a policy that gains by further attempts need not show it.
_NO_RISE = 2
#: Of what does not matter: options as near as that are equally good.
_EQUAL = 0.01
#: So few effective tasks, or clusters, show no spread.
_ONE = 1.0 + 1e-9


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Recommendation(Alike):
    """What :func:`recommend` found. ``print`` shows the paragraph.

    Args:
        verdict: ``"clear"``: the data tell the policy and its number of attempts to within a factor of 2, and before
            recorded attempts end; ``"does not matter"``: they do not, but what is recommended is within ``tolerance``
            of the best; ``"cannot tell"``: neither, or the best may be where recorded attempts end, or is not to ask,
            and more may be better by more than that, or all observed tasks are alike and too few to exclude others.
        policy: The recommended policy.
        attempts: How many; 0: do not ask.
        policies: One row per policy, the recommended one first, the others by utility: ``policy``, ``attempts`` (its
            best number), ``attempts_low``, ``attempts_high`` (more where recorded attempts end there), ``utility``,
            ``accuracy``, ``wrong`` (share of wrong answers), ``attempts_used`` and ``cost`` (money, where the scenario
            has any) per task, utility and accuracy with ``_low``, ``_high``; ``p_best``, the share of resamples in
            which it is best (policies that tie share theirs).
        evidence: One row per kind of evidence, tasks, attempts per task, and the labels of a verifier known by some:
            ``evidence``, ``now`` (how much there is; null where not known), ``value_of_double``: what twice as much
            would bring in expectation, in utility per task, by choosing better (null of attempts where the best may be
            beyond their end).
        regret: Expected utility that is lost per task because the best is not known (the value of perfect
            information about the tasks, and about a verifier known by labels).
        text: The paragraph.
    """

    verdict: str
    policy: str
    attempts: int
    policies: pl.DataFrame
    evidence: pl.DataFrame
    regret: float
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Recommendation({self.verdict}: {self.policy}, {self.attempts} attempts)\n{self.text}"

    def _repr_html_(self) -> str:
        return f"{html_of(self.verdict, self.policies, self.evidence)}<p>{html.escape(self.text)}</p>"


def recommend(
    tasks: Tasks,
    verifier: Verifier | None = None,
    *,
    utility: Utility | None = None,
    cost: Cost | None = None,
    policies: Sequence[Any] | None = None,
    max_attempts: int = 1_000,
    tolerance: float = 0.01,
    confidence: float = 0.9,
    bootstrap: int = 4_000,
    seed: Seed = 0,
    progress: bool | Callable[[int, int], object] | None = None,
) -> Recommendation:
    """Recommend a policy and a number of attempts, and say whether the data can tell.

    Every policy is solved at every number of attempts (all up to 16, then in equal ratios of at most 1.25), beside
    not asking at all. Tasks are resampled, and all options read the same resamples: the interval of the best
    number, how often a policy is best, and what is lost because one does not know. Where nothing but counts of the
    attempts is read (of correct and accepted ones, without a verifier), each resample has rates that they leave
    open. Of options that are equally good, within a hundredth of ``tolerance``, the one of fewest attempts is
    taken. A policy without a closed form is simulated, each task apart, so that the resamples hold the noise of the
    trials; the text says how large it is. The value of further evidence is that of a sample whose deviations from
    the truth have the bootstrap's law, shrunk as the sample grows (Gaussian approximation).

    Args:
        tasks: Tasks with known rates, counts, a pool or recorded attempts.
        verifier: What judges an attempt; a perfect one unless given, or the recorded verdicts.
        utility: What a correct answer is worth and a wrong one and an attempt cost; 1, 0 and 0 unless given.
        cost: Money and tokens of an attempt.
        policies: What to choose from; unless given, first accepted, and where the attempts are recorded those that read
            what was recorded: best score, majority, weighted vote.
        max_attempts: The most attempts; those of the smallest task where attempts are drawn without replacement. With
            ``short="drop"`` tasks with fewer are left out, but never more than half: the median task ends it.
        tolerance: A loss of utility per task, in rewards of a correct answer, that does not matter.
        confidence: Of the intervals.
        bootstrap: Resamples of the tasks.
        seed: Of the resamples: a whole number, or a ``numpy.random.SeedSequence``.
        progress: Called with (steps done, steps); ``True`` shows a bar where someone is looking.

    Returns:
        A :class:`Recommendation`: ``verdict``, ``policy``, ``attempts``, ``policies``, ``evidence``, ``regret`` and
        ``text``.

    Raises:
        TypeError: Tasks from a law (Beta, mixture): they hold no data to resample; or an argument has another type.
        ValueError: There is one task, or cluster, with a weight, or an argument is out of range.

    Warns:
        UnusedSettingWarning: Wrong answers cost something, and observed attempts have neither verdicts nor a verifier.

    Source: Jalal and Alarid-Escudero, Medical Decision Making 38 (2018), for the value of a sample.

    Example:
        >>> import limitlaw as ll
        >>> data = ll.datasets.codegen_humaneval()
        >>> pool = ll.Tasks.pool(data["n"], data["accepted"], data["accepted_correct"], correct=data["correct"])
        >>> found = ll.recommend(pool, utility=ll.Utility(wrong_cost=4))
        >>> found.verdict, found.attempts, found.policies.select("attempts_low", "attempts_high").row(0)
        ('cannot tell', 3, (1, 20))
    """
    if not isinstance(tasks, (FixedTasks, CountsTasks, PoolTasks, RecordedTasks)):
        raise TypeError(f"tasks must be known, counted, pooled or recorded tasks, got {shown(tasks)}")
    if len(tasks) < 2:  # noqa: PLR2004  (one shows no spread)
        raise ValueError(f"tasks must be at least two, got {len(tasks)}")
    if effective(tasks) <= _ONE:
        raise ValueError(f"tasks must be of at least two clusters, or tasks, with a weight, got {sampled(tasks)}")
    level, slack = as_confidence(confidence), as_within(tolerance, "tolerance", 0.0)
    draws, most = as_whole(bootstrap, "bootstrap", 100, 100_000), as_whole(max_attempts, "max_attempts", 1, 10**6)
    key = key_of(seed)[0]
    if utility is not None and not isinstance(utility, Utility):
        raise TypeError(f"utility must be a Utility, got {shown(utility)}")
    utility = Utility() if utility is None else utility
    warn_unjudged("recommend", tasks, verifier, policies_of(tasks, policies), utility.wrong_cost)
    end, short = None, ""
    if isinstance(tasks, (PoolTasks, RecordedTasks)):
        tasks, verifier, have, short = held(tasks, verifier, most)
        end, most = (have, have) if have < most else (None, most)
    check_wanted(progress if progress is not None else False)
    with quietly(), reporting(progress, 100, "%") as report:
        asked = {"verifier": verifier, "utility": utility, "cost": cost, "max_attempts": grid_of(most)}
        options = Options.of(tasks, policies_of(tasks, policies), asked, seed=seed, step=Steps(report))
        resampled = tasks, draws, key, level
        again = over_tasks = resampled_means(options.tables["utility"][None], *resampled)
        if options.sets is not None:  # each resample has one of the sets of rates that the attempts leave open
            again = resampled_means(options.sets, *resampled)
        verifiers = options.of_verifiers()
        if verifiers is not None:  # each resample has one: what that adds to an option's mean is added to it
            again = again + np.resize(verifiers - verifiers.mean(axis=0), again.shape)
        slack *= utility.correct_reward
        return _Resamples(options, utility, again, over_tasks, level, slack, verifiers, end, short).judged()


@dataclasses.dataclass(frozen=True)
class _Resamples:
    """All options, and the mean utility of each in each resample of the tasks."""

    options: Options
    utility: Utility
    again: Floats
    #: Of resamples of the tasks alone.
    over_tasks: Floats
    level: float
    #: A loss of utility that does not matter.
    slack: float
    #: Under each verifier that labels leave open; none where it is known.
    verifiers: Floats | None
    #: The number of attempts at which the data end; none where what was asked for ends before.
    end: int | None = None
    #: Of tasks with fewer attempts than others, in words.
    short: str = ""

    def judged(self) -> Recommendation:
        """The verdict: what is lost beyond ``slack`` matters."""
        options, level, slack, again = self.options, self.level, self.slack, self.again
        value, tail = options.means["utility"], 0.5 * (1.0 - level)
        best, at = int(self._best(value)), self._best(again)
        chosen, number = options.policies[best], int(options.attempts[best])
        low, high = np.quantile(options.attempts[at], [tail, 1.0 - tail], method="inverted_cdf")
        same = float(np.mean([options.policies[i] == chosen for i in at]))
        lost = again.max(axis=1) - again[:, best]
        lost = np.where(lost > self._rounding, lost, 0.0)
        # Tasks that are all alike show no other kind, of which there may be so many.
        alike = hasattr(options.tasks, "attempts") and options.are_alike
        unseen = -expm1(log1p(-level) / sampled(options.tasks)) if alike else 0.0
        ended = self.end is not None and (
            (high >= self.end and self._beyond(best) > slack) or (number == 0 and self._may_pay(value[best]))
        )
        censored = ended and number in {0, self.end}
        # Where the best is at the end of the data, further attempts may be better by more than what they show.
        at_end = ended & (options.attempts[at] >= (self.end or 0))
        little = lost <= slack
        harmless = bool(np.mean(little & ~at_end) >= level)
        ends_early = censored or (not harmless and bool(np.mean(little) >= level))
        if unseen * (self.utility.correct_reward + self.utility.wrong_cost) > slack or censored:
            verdict = "cannot tell"
        elif not ended and same >= level and low * _FACTOR >= number and high <= _FACTOR * number:
            verdict = "clear"
        else:
            verdict = "does not matter" if harmless else "cannot tell"
        shares = self._shares()
        rows = [self._row(policy, best if policy == chosen else None) | {"p_best": shares[policy]} for policy in shares]
        frame = pl.DataFrame(sorted(rows, key=lambda row: (row["policy"] != chosen, -row["utility"])))
        frame = first(frame, [], ["utility", "utility_low", "utility_high", "p_best"])
        if not options.tables["cost"].any():
            frame = frame.drop("cost")
        evidence = self._evidence(value, censored=censored)
        found = Recommendation(verdict, chosen, number, frame, evidence, float(lost.mean()), "")
        judged = Judged(
            *(options, self.utility, best, (int(low), int(high)), level, slack),
            *(unseen, self.end if ended else None, ends_early, self.short),
        )
        words = paragraph(judged, verdict, frame, evidence, found.regret)
        return dataclasses.replace(found, text=words)

    def _beyond(self, option: int) -> float:
        """What more attempts may bring at most: all answers may become right."""
        right, wrong = (float(self.options.means[name][option]) for name in ("accuracy", "wrong"))
        return self.utility.correct_reward * (1.0 - right) + self.utility.wrong_cost * wrong

    def _may_pay(self, value: float) -> bool:
        """Whether a policy that still rises where attempts end may come to more than that with further ones."""
        options, means = self.options, self.options.means["utility"]
        for policy in dict.fromkeys(options.policies[1:]):
            own = np.array([name == policy for name in options.policies])
            last = int(np.flatnonzero(own)[-1])
            among = options.attempts[self._best(np.where(own, self.again, -np.inf))]
            # One attempt shows no rise, and two votes are as good as one.
            rises = options.attempts[last] <= _NO_RISE or np.mean(among >= options.attempts[last]) >= 0.5 * (
                1.0 - self.level
            )
            if rises and means[last] + self._beyond(last) > value + self.slack:
                return True
        return False

    def _best(self, values: Floats) -> npt.NDArray[np.int64]:
        """The best option of each row; of equally good ones, which rounding may tell apart, that of fewest attempts."""
        return np.asarray(self._tied(values).argmax(axis=-1))

    def _shares(self) -> dict[str, float]:
        """By policy, the share of resamples in which it is best; those that tie share theirs."""
        tied, policies = self._tied(self.again), np.array(self.options.policies)
        best = {policy: tied[:, policies == policy].any(axis=1) for policy in dict.fromkeys(self.options.policies)}
        among = np.sum(list(best.values()), axis=0)
        return {policy: float((one / among).mean()) for policy, one in best.items()}

    @property
    def _rounding(self) -> float:
        return _ROUNDING * float(np.abs(self.options.tables["utility"]).max())

    def _tied(self, values: Floats) -> npt.NDArray[np.bool_]:
        """The best options of each row: of the equally good ones those of fewest attempts, of these the best."""
        attempts, rounding = self.options.attempts, self._rounding
        near = values >= values.max(axis=-1, keepdims=True) - max(_EQUAL * self.slack, rounding)
        fewest = np.where(near, attempts, attempts.max()).min(axis=-1, keepdims=True)
        among = np.where(near & (attempts == fewest), values, -np.inf)
        return np.asarray(among >= among.max(axis=-1, keepdims=True) - rounding)

    def _row(self, policy: str, chosen: int | None) -> dict[str, Any]:
        """A policy at its own best number of attempts, or as it was chosen."""
        options, level = self.options, self.level
        value = options.means["utility"]
        own = np.array([name == policy for name in options.policies])
        best = int(self._best(np.where(own, value, -np.inf))) if chosen is None else chosen
        among = self._best(np.where(own, self.again, -np.inf))
        tail = 0.5 * (1.0 - level)
        span = np.quantile(options.attempts[among], [tail, 1.0 - tail], method="inverted_cdf")
        row: dict[str, Any] = {"policy": policy, "attempts": int(options.attempts[best])}
        row |= {"attempts_low": int(span[0]), "attempts_high": int(span[1])}
        ends = self.options.ends(best, level)
        for name in MEASURES:
            row[name] = float(options.means[name][best])
            if name in {"utility", "accuracy"}:
                row |= {f"{name}_low": ends[name][0], f"{name}_high": ends[name][1]}
        return row

    def _evidence(self, value: Floats, *, censored: bool) -> pl.DataFrame:
        tasks = self.options.tasks
        unit = "tasks" if tasks.cluster is None else "clusters"
        rows: list[tuple[str, int | None, float | None]] = [(unit, sampled(tasks), _of_double(value, self.over_tasks))]
        drawn = self.options.redrawn()
        if drawn is not None and not isinstance(tasks, FixedTasks):
            mean = round(float(np.mean(tasks.attempts)))  # type: ignore[attr-defined]
            # Twice as many would offer further numbers, of which nothing is known where the best is at their end.
            rows.append(("attempts per task", mean, None if censored else _of_double(value, drawn)))
        if self.verifiers is not None:
            labels = int(self.options.scenarios[0].verifier.labels)  # type: ignore[union-attr]
            rows.append(("labels", labels or None, _of_double(value, self.verifiers)))
        return pl.DataFrame(rows, schema=["evidence", "now", "value_of_double"], orient="row")


def _of_double(value: Floats, drawn: Floats) -> float:
    """What twice the evidence brings: its mean's deviations have half the variance of what is not known now."""
    deviation = drawn - drawn.mean(axis=0)
    gain = float((value + math.sqrt(0.5) * deviation).max(axis=1).mean() - value.max())
    return gain if gain > _ROUNDING * np.abs(value).max() else 0.0
