"""Hypothesis strategies: settings of every kind, weighted to the edges where formulas break first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from hypothesis import strategies as st

from limitlaw._arguments import as_share
from limitlaw._unused import quietly
from limitlaw.sampling import (
    AllOf,
    Answers,
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
    Tasks,
    Utility,
    Verifier,
    WeightedVote,
    WindowStop,
)
from limitlaw.sampling.tasks import BetaTasks, CountsTasks, PoolTasks, RecordedTasks, Redraw
from limitlaw.sampling.verifier import EnsembleVerifier, JudgeVerifier, LabelledVerifier, SpreadVerifier

if TYPE_CHECKING:
    from collections.abc import Callable

_REDRAW: st.SearchStrategy[Redraw] = st.sampled_from(["trial", "run"])
#: Where formulas break first.
_EDGES = [0.0, 1.0, 1e-12, 1.0 - 1e-12]


def rates(*, low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[float]:
    """Probabilities in [low, high], about every second one among 0, 1, 1e-12 and 1 - 1e-12 (those in the range).

    Example:
        >>> from hypothesis import find
        >>> find(rates(), lambda rate: 0 < rate < 1e-6)
        1e-12
    """
    low, high = as_share(low, "low"), as_share(high, "high")
    if low > high:
        raise ValueError(f"low must be at most high, got {low} and {high}")
    edges = [edge for edge in _EDGES if low <= edge <= high]
    anywhere = st.floats(low, high)
    return st.one_of(st.sampled_from(edges), anywhere) if edges else anywhere


def seeds() -> st.SearchStrategy[int]:
    """Seeds: small ones, and beyond 64 bits."""
    return st.one_of(st.integers(0, 100), st.integers(0, 2**128))


@st.composite
def tasks(draw: st.DrawFn, *, max_count: int = 6) -> Tasks:
    """Tasks of every kind, at most ``max_count`` of them."""
    count = draw(st.integers(1, max_count))
    kind = draw(st.sampled_from(["fixed", "counts", "pool", "recorded", "beta", "mixture"]))
    if kind == "beta":
        shape = st.floats(0.01, 100.0)
        redraw = draw(_REDRAW)
        return Tasks.beta(draw(shape), draw(shape), count, unsolvable=draw(rates()), redraw=redraw)
    if kind == "mixture":
        types = draw(st.integers(1, 3))
        shares = draw(st.lists(st.floats(0.01, 10.0), min_size=types, max_size=types))
        success = draw(st.lists(rates(), min_size=types, max_size=types))
        redraw = draw(_REDRAW)
        return Tasks.mixture(weight=shares, success=success, count=count, redraw=redraw)
    weight: Any = draw(st.none() | st.lists(st.floats(0.01, 10.0), min_size=count, max_size=count))
    if kind == "recorded":
        return draw(_recorded(count, weight))
    if kind == "fixed":
        return Tasks.fixed(success=draw(st.lists(rates(), min_size=count, max_size=count)), weight=weight)
    attempts = draw(st.lists(st.integers(1, 50), min_size=count, max_size=count))
    correct = [draw(st.integers(0, n)) for n in attempts]
    if kind == "counts":
        prior: Any = draw(st.none() | st.just("jeffreys") | st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)))
        return Tasks.counts(attempts=attempts, correct=correct, posterior=prior is not None, prior=prior, weight=weight)
    accepted_correct = [draw(st.integers(0, c)) for c in correct]
    accepted = [t + draw(st.integers(0, n - c)) for n, c, t in zip(attempts, correct, accepted_correct, strict=True)]
    known = draw(st.booleans())
    return Tasks.pool(attempts, accepted, accepted_correct, correct=correct if known else None, weight=weight)


@st.composite
def _recorded(draw: st.DrawFn, count: int, weight: Any) -> RecordedTasks:
    """Recorded attempts, with some of what can be recorded of them."""
    attempts = draw(st.lists(st.integers(1, 8), min_size=count, max_size=count))

    def column(each: st.SearchStrategy[Any], *, always: bool = False) -> Any:
        values = st.lists(each, min_size=sum(attempts), max_size=sum(attempts))
        return draw(values if always else st.none() | values)

    taken = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1e4)
    return RecordedTasks(
        attempts=attempts,
        correct=column(st.integers(0, 1), always=True),
        accepted=column(st.integers(0, 1)),
        answer=column(st.integers(-1, 3)),
        score=column(st.sampled_from([-1.0, 0.0, 0.5, 1.0]) | st.floats(-3.0, 3.0)),
        tokens=column(taken),
        cost=column(taken),
        seconds=column(taken),
        blank=draw(st.sampled_from(["vote", "skip"])),
        short="null" if weight is not None else draw(st.sampled_from(["null", "drop"])),
        weight=weight,
    )


@st.composite
def verifiers(  # noqa: PLR0911  (one for each kind)
    draw: st.DrawFn, *, verdicts: bool = True, count: int | None = None, max_members: int = 3
) -> Verifier:
    """Verifiers of every kind.

    Args:
        draw: Given by Hypothesis.
        verdicts: Only those that accept and reject; else also judges without a threshold.
        count: The number of tasks, for error rates that may differ from task to task; else all tasks have the same.
        max_members: The most members of an ensemble; 0 for none, and for none known by labels.
    """
    kinds = ["perfect", "rates", "spread", "tests", "judge", *(["ensemble", "labelled"] if max_members else [])]
    kind = draw(st.sampled_from(kinds))
    each: Any = rates() if count is None else rates() | st.lists(rates(), min_size=count, max_size=count)
    if kind == "perfect":
        return Verifier.perfect()
    if kind == "rates":
        return Verifier.rates(false_positive_rate=draw(each), false_negative_rate=draw(each))
    if kind == "spread":
        correlation = draw(st.sampled_from([0.0, -1.0, 1.0]) | st.floats(-1.0, 1.0))
        each = each if correlation == 0.0 else rates()
        return Verifier.rates(
            false_positive_rate=draw(each),
            false_negative_rate=draw(each),
            icc=draw(st.floats(0.001, 1.0)),
            correlation=correlation,
        )
    if kind == "labelled":
        many = draw(st.integers(1, 4))
        each = st.lists(rates(), min_size=many, max_size=many)
        names = ("false_positive_rate", "false_negative_rate", "false_positive_icc", "false_negative_icc")
        return LabelledVerifier(**{name: draw(each) for name in names}, labels=draw(st.integers(0, 1000)))
    if kind == "tests":
        many = draw(st.integers(1, 100))
        return Verifier.tests(tests=many, detection=draw(rates()), icc=draw(rates()), flakiness=draw(rates()))
    if kind == "judge":
        threshold = draw(st.floats(-5.0, 5.0) | st.none() if not verdicts else st.floats(-5.0, 5.0))
        return Verifier.judge(
            d_prime=draw(st.floats(0.0, 5.0)), threshold=threshold, votes=draw(st.integers(1, 9)), fresh=draw(rates())
        )
    members = draw(st.lists(verifiers(count=count, max_members=0), min_size=1, max_size=max_members))
    rule: Any = draw(st.sampled_from(["all", "any"]) | st.integers(1, len(members)))
    return Verifier.ensemble(members, rule=rule, shared=draw(rates()))


def answers() -> st.SearchStrategy[Answers]:
    """Wrong answers of every kind, at most six of them."""
    count = st.integers(1, 6)
    return st.one_of(
        st.builds(Answers.uniform, count),
        st.builds(Answers.zipf, count, st.floats(0.0, 3.0)),
        st.builds(Answers.dirichlet, st.floats(0.05, 20.0), count),
    )


@st.composite
def policies(
    draw: st.DrawFn,
    *,
    verdicts: bool = True,
    scores: bool = True,
    answers: bool = True,
    known: bool = True,
    pool: Literal["verdicts", "correct"] | None = None,
    recorded: bool = False,
) -> Policy:
    """Policies of every kind, or those that find what they read.

    Args:
        draw: Given by Hypothesis.
        verdicts: The verifier accepts and rejects.
        scores: The verifier is a judge.
        answers: Wrong answers are told apart.
        known: The rates are the same in every trial, so that an attempt number can be worthwhile.
        pool: The tasks are a pool: of verdicts, or with the correct ones among the rejected too.
        recorded: The scores are recorded, so that their likelihoods are not known.
    """
    kinds: list[st.SearchStrategy[Policy]] = []
    threshold = st.floats(-4.0, 4.0)
    if verdicts:
        fallbacks = ["abstain", *(["last"] if pool != "verdicts" else []), *(["best"] if scores and not pool else [])]
        kinds.append(st.builds(FirstAccepted, fallback=st.sampled_from(fallbacks)))
    if pool != "verdicts":
        kinds += [st.builds(AnyOf), st.builds(AllOf)]
    kinds += [st.builds(FirstWorthwhile)] if verdicts and known else []
    if not pool:
        ties = st.sampled_from(["share", "share", "abstain", "lose"])
        kinds += [st.builds(FilteredVote)] if verdicts and answers else []
        kinds += (
            [st.builds(MajorityVote, ties=ties), st.builds(StopWhenAhead, margin=st.integers(1, 4))] if answers else []
        )
        kinds += [st.builds(ShareVote, share=st.floats(0.0, 1.0), min_votes=st.integers(1, 6))] if answers else []
        kinds += [st.builds(WindowStop, size=st.integers(1, 4))] if answers else []
        kinds += [st.builds(BetaStop, confidence=st.floats(0.5, 0.999))] if answers else []
        weights = ["score", *([] if recorded else ["likelihood"])]
        kinds += [st.builds(WeightedVote, weight=st.sampled_from(weights))] if scores and answers else []
        if scores:
            kinds += [st.builds(FirstAbove, threshold=threshold), st.builds(BestOf, threshold=st.none() | threshold)]
    return draw(st.one_of(kinds))


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    """What attempts cost in tokens, money and time, of every law, in batches and one by one."""
    price = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 100.0)
    spread = st.just(0.0) | st.floats(0.01, 2.0)
    parallel = draw(st.sampled_from([1, 1, 2, 8]))
    wrong = st.none() | st.tuples(st.floats(1.0, 1e4), spread)
    with quietly():
        return Cost(
            prompt_tokens=draw(st.sampled_from([0.0, 500.0])),
            output_tokens=(draw(st.floats(1.0, 1e4)), draw(spread)),
            law=draw(st.sampled_from(["gamma", "lognormal"])),
            price_in=draw(price),
            price_out=draw(price),
            verifier_price=draw(price),
            seconds_per_token=draw(st.sampled_from([0.0, 0.02])),
            verifier_seconds=draw(st.sampled_from([0.0, 1.0])),
            parallel=parallel,
            wrong_output_tokens=draw(wrong) if parallel == 1 else None,
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
    unit = draw(st.sampled_from(list(one)))
    amount = draw(st.floats(0.0, 12.0)) * (one[unit] or 1.0)
    return Limit(**{unit: amount}, crossing=draw(st.sampled_from(["cut", "refund", "finish"])))


def utilities() -> st.SearchStrategy[Utility]:
    """What answers are worth."""
    price = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 100.0)
    return st.builds(Utility, correct_reward=price, wrong_cost=price, attempt_cost=price)


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
            cost = draw(st.none() | costs().map(lambda one: one.replace(wrong_output_tokens=None)))
        fitting = policies(
            verdicts=not isinstance(verifier, JudgeVerifier) or verifier.threshold is not None,
            scores=population.score is not None or isinstance(verifier, JudgeVerifier),
            answers=population.answer is not None,
            known=verifier is None or verifier == Verifier.perfect(),
            recorded=population.score is not None,
        )
    else:
        verifier = draw(verifiers(verdicts=False, count=len(population)))
        wrong, cost = draw(st.none() | answers()), draw(st.none() | costs())
        judge = isinstance(verifier, JudgeVerifier)
        drawn = isinstance(population, BetaTasks) and population.redraw == "trial"
        drawn |= isinstance(population, CountsTasks) and population.posterior
        fitting = policies(
            verdicts=not (judge and verifier.threshold is None),  # type: ignore[attr-defined]
            scores=judge,
            answers=wrong is not None,
            known=not (drawn or _draws_rates(verifier)),
        )
    chosen = draw(st.lists(fitting, min_size=1, max_size=max_policies, unique_by=lambda policy: policy.label))
    singles = any(isinstance(policy, _SINGLE) or getattr(policy, "ties", "share") != "share" for policy in chosen)
    singles |= cost is not None and (
        cost.law == "lognormal" or cost.parallel > 1 or cost.wrong_output_tokens is not None
    )
    most = min(max_attempts, _MOST_SINGLE) if singles else max_attempts
    if isinstance(population, (PoolTasks, RecordedTasks)):
        most = min(most, int(population.attempts.min()))
    points = max(1, min(5, max_work // len(population)))
    grid = draw(st.sets(st.integers(1, min(most, 30)) | st.integers(1, most), min_size=1, max_size=points))
    limited: list[Limit] | None = None
    limitable = cost is not None and cost.wrong_output_tokens is None and not isinstance(population, RecordedTasks)
    if limitable and draw(st.booleans()):
        limited = draw(st.lists(limits(cost), min_size=1, max_size=points, unique_by=lambda limit: limit.label))
        grid = {min(most, _MOST_SINGLE)}
    utility = draw(st.none() | utilities())
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
