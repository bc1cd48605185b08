"""Hypothesis strategies of policies, costs, limits, utilities and whole sampling scenarios."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import strategies as st

from limitlaw._arguments import check_choice, check_flag
from limitlaw._unused import quietly
from limitlaw.sampling import (
    AllOf,
    AnyOf,
    BestOf,
    BetaStop,
    Cost,
    FilteredVote,
    FirstAbove,
    FirstAccepted,
    FirstWorthwhile,
    Limit,
    MajorityVote,
    Policy,
    SamplingScenario,
    ShareVote,
    StopWhenAhead,
    Utility,
    Verifier,
    WeightedVote,
    WindowStop,
)
from limitlaw.sampling.tasks import BetaTasks, CountsTasks, PoolTasks, RecordedTasks
from limitlaw.sampling.verifier import EnsembleVerifier, JudgeVerifier, LabelledVerifier, SpreadVerifier
from limitlaw.testing.task_strategies import FLAG, answers, tasks, verifiers

if TYPE_CHECKING:
    from collections.abc import Callable

# Made once, as in task_strategies.
_PRICE = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 100.0)
_PARALLEL = st.sampled_from([1, 1, 2, 8])
_OUTPUT = st.floats(1.0, 1e4)
_SPREAD = st.just(0.0) | st.floats(0.01, 2.0)
_WRONG = st.none() | st.tuples(_OUTPUT, _SPREAD)
_PROMPT = st.sampled_from([0.0, 500.0])
_COST_LAW: st.SearchStrategy[Any] = st.sampled_from(["gamma", "lognormal"])
_SECONDS_PER_TOKEN = st.sampled_from([0.0, 0.02])
_VERIFIER_SECONDS = st.sampled_from([0.0, 1.0])
_UNIT = st.sampled_from(["cost", "tokens", "seconds"])
_FEW_ATTEMPTS = st.floats(0.0, 12.0)
_CROSSING: st.SearchStrategy[Any] = st.sampled_from(["cut", "refund", "finish"])


def policies(
    *,
    verdicts: bool = True,
    scores: bool = True,
    answers: bool = True,
    known: bool = True,
    pool: Literal["verdicts", "correct"] | None = None,
    recorded: bool = False,
) -> st.SearchStrategy[Policy]:
    """Policies of every kind, or those that find what they read.

    Args:
        verdicts: The verifier accepts and rejects.
        scores: The verifier is a judge.
        answers: Wrong answers are told apart.
        known: The rates are the same in every trial, so that an attempt number can be worthwhile.
        pool: The tasks are a pool: of verdicts, or with the correct ones among the rejected too.
        recorded: The scores are recorded, so that their likelihoods are not known.
    """
    flags = {"verdicts": verdicts, "scores": scores, "answers": answers, "known": known, "recorded": recorded}
    for name, flag in flags.items():
        check_flag(flag, name)
    if pool is not None:
        check_choice(pool, "pool", ("verdicts", "correct"))
    return _policies(verdicts, scores, answers, known, pool, recorded)


@functools.cache
def _policies(  # noqa: PLR0917  (once for each combination of what is read)
    verdicts: bool,
    scores: bool,
    answers: bool,
    known: bool,
    pool: Literal["verdicts", "correct"] | None,
    recorded: bool,
) -> st.SearchStrategy[Policy]:
    voted, scored = answers and not pool, scores and not pool
    fallbacks = ["abstain", *(["last"] if pool != "verdicts" else []), *(["best"] if scored else [])]
    threshold = st.floats(-4.0, 4.0)
    kinds: list[tuple[bool, st.SearchStrategy[Policy]]] = [
        (verdicts, st.builds(FirstAccepted, fallback=st.sampled_from(fallbacks))),
        (pool != "verdicts", st.builds(AnyOf)),
        (pool != "verdicts", st.builds(AllOf)),
        (verdicts and known, st.builds(FirstWorthwhile)),
        (voted and verdicts, st.builds(FilteredVote)),
        (voted, st.builds(MajorityVote, ties=st.sampled_from(["share", "share", "abstain", "lose"]))),
        (voted, st.builds(StopWhenAhead, margin=st.integers(1, 4))),
        (voted, st.builds(ShareVote, share=st.floats(0.0, 1.0), min_votes=st.integers(1, 6))),
        (voted, st.builds(WindowStop, size=st.integers(1, 4))),
        (voted, st.builds(BetaStop, confidence=st.floats(0.5, 0.999))),
        # One for each weight: few scenarios have both that it reads.
        (voted and scored, st.builds(WeightedVote, weight=st.just("score"))),
        (voted and scored and not recorded, st.builds(WeightedVote, weight=st.just("likelihood"))),
        (scored, st.builds(FirstAbove, threshold=threshold)),
        (scored, st.builds(BestOf, threshold=st.none() | threshold)),
    ]
    return st.one_of([kind for fits, kind in kinds if fits])


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    """What attempts cost in tokens, money and time, of every law, in batches and one by one."""
    parallel = draw(_PARALLEL)
    with quietly():
        return Cost(
            prompt_tokens=draw(_PROMPT),
            output_tokens=(draw(_OUTPUT), draw(_SPREAD)),
            law=draw(_COST_LAW),
            price_in=draw(_PRICE),
            price_out=draw(_PRICE),
            verifier_price=draw(_PRICE),
            seconds_per_token=draw(_SECONDS_PER_TOKEN),
            verifier_seconds=draw(_VERIFIER_SECONDS),
            parallel=parallel,
            wrong_output_tokens=draw(_WRONG) if parallel == 1 else None,
        )


@st.composite
def limits(draw: st.DrawFn, cost: Cost | None = None) -> Limit:
    """Limits in money, tokens or seconds: of a few attempts at this ``cost``."""
    cost = cost or Cost(output_tokens=(1.0, 0.0), price_out=1e6, seconds_per_token=1.0)
    prompt, output = cost.prompt_tokens, cost.output_tokens[0]
    one = {
        "cost": (prompt * cost.price_in + output * cost.price_out) / 1e6 + cost.verifier_price,
        "tokens": prompt + output,
        "seconds": output * cost.seconds_per_token + cost.verifier_seconds,
    }
    unit = draw(_UNIT)
    amount = draw(_FEW_ATTEMPTS) * (one[unit] or 1.0)
    return Limit(**{unit: amount}, crossing=draw(_CROSSING))


def utilities() -> st.SearchStrategy[Utility]:
    """What answers are worth."""
    return _UTILITIES


_UTILITIES = st.builds(Utility, correct_reward=_PRICE, wrong_cost=_PRICE, attempt_cost=_PRICE)


_NO_ANSWERS_OR_SOME = st.none() | answers()
_NO_COST_OR_ONE = st.none() | costs()
_NO_COST_OR_ONE_FOR_ALL = st.none() | costs().map(lambda one: one.replace(wrong_output_tokens=None))
_NO_UTILITY_OR_ONE = st.none() | _UTILITIES


@functools.lru_cache
def _some_policies(each: st.SearchStrategy[Policy], most: int) -> st.SearchStrategy[list[Policy]]:
    return st.lists(each, min_size=1, max_size=most, unique_by=lambda policy: policy.label)


@functools.lru_cache
def _grids(most: int, points: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(1, min(most, 30)) | st.integers(1, most), min_size=1, max_size=points)


#: The most attempts where a policy or a cost looks at them one by one.
_MOST_SINGLE = 30


@st.composite
def sampling_scenarios(
    draw: st.DrawFn, *, max_work: int = 60, max_attempts: int = 10**6, max_policies: int = 3
) -> SamplingScenario:
    """Scenarios of every combination of settings that fits together.

    Args:
        draw: Given by Hypothesis.
        max_work: The most tasks times grid points: what a trial costs.
        max_attempts: The largest number of attempts on a grid (30 where attempts are drawn one by one).
        max_policies: The most policies.
    """
    population = draw(tasks(max_count=max(1, min(6, max_work))))
    verifier, wrong, cost = None, None, None
    if isinstance(population, PoolTasks):
        fitting = policies(pool="verdicts" if population.correct is None else "correct")
    elif isinstance(population, RecordedTasks):
        if population.accepted is None:
            verifier = draw(verifiers(verdicts=False, count=len(population)).filter(_stands_in(population)))
        if population.cost is None and population.seconds is None:
            cost = draw(_NO_COST_OR_ONE_FOR_ALL)
        fitting = policies(
            verdicts=not isinstance(verifier, JudgeVerifier) or verifier.threshold is not None,
            scores=population.score is not None or isinstance(verifier, JudgeVerifier),
            answers=population.answer is not None,
            known=verifier is None or verifier == Verifier.perfect(),
            recorded=population.score is not None,
        )
    else:
        verifier = draw(verifiers(verdicts=False, count=len(population)))
        wrong, cost = draw(_NO_ANSWERS_OR_SOME), draw(_NO_COST_OR_ONE)
        judge = isinstance(verifier, JudgeVerifier)
        drawn = isinstance(population, BetaTasks) and population.redraw == "trial"
        drawn |= isinstance(population, CountsTasks) and population.posterior
        fitting = policies(
            verdicts=not (judge and verifier.threshold is None),  # type: ignore[attr-defined]
            scores=judge,
            answers=wrong is not None,
            known=not (drawn or _draws_rates(verifier)),
        )
    chosen = draw(_some_policies(fitting, max_policies))
    singles = any(isinstance(policy, _SINGLE) or getattr(policy, "ties", "share") != "share" for policy in chosen)
    singles |= cost is not None and (
        cost.law == "lognormal" or cost.parallel > 1 or cost.wrong_output_tokens is not None
    )
    most = min(max_attempts, _MOST_SINGLE) if singles else max_attempts
    if isinstance(population, (PoolTasks, RecordedTasks)):
        most = min(most, int(population.attempts.min()))
    points = max(1, min(5, max_work // len(population)))
    grid = draw(_grids(most, points))
    limited: list[Limit] | None = None
    limitable = cost is not None and cost.wrong_output_tokens is None and not isinstance(population, RecordedTasks)
    if limitable and draw(FLAG):
        limited = draw(st.lists(limits(cost), min_size=1, max_size=points, unique_by=lambda limit: limit.label))
        grid = {min(most, _MOST_SINGLE)}
    utility = draw(_NO_UTILITY_OR_ONE)
    with quietly():  # no one wrote what no policy reads
        return SamplingScenario(
            tasks=population,
            verifier=verifier,
            answers=wrong,
            policies=chosen,
            max_attempts=sorted(grid),
            limits=limited,
            cost=cost,
            utility=utility,
        )


def _stands_in(population: RecordedTasks) -> Callable[[Verifier], bool]:
    """Whether a verifier can stand in for verdicts that were not recorded."""
    return lambda verifier: (
        not _draws_rates(verifier) and not (isinstance(verifier, JudgeVerifier) and population.score is not None)
    )


def _draws_rates(verifier: Verifier) -> bool:
    members = verifier.verifiers if isinstance(verifier, EnsembleVerifier) else ()
    return isinstance(verifier, (SpreadVerifier, LabelledVerifier)) or any(map(_draws_rates, members))


_SINGLE = (FirstAbove, WeightedVote, FilteredVote, StopWhenAhead, ShareVote, BetaStop, WindowStop)
