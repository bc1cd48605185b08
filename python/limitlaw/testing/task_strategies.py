"""Hypothesis strategies of what a policy meets: rates, tasks, verifiers, wrong answers; and how strategies are kept."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

from hypothesis import strategies as st

from limitlaw._arguments import as_share
from limitlaw.sampling import Answers, Tasks, Verifier
from limitlaw.sampling.tasks import RecordedTasks, Redraw
from limitlaw.sampling.verifier import LabelledVerifier

T = TypeVar("T")

# A strategy is checked and indexed at its first draw, which takes longer than the draw: those drawn from again and
# again are made once.
_REDRAW: st.SearchStrategy[Redraw] = st.sampled_from(["trial", "run"])
#: Where formulas break first.
_EDGES = [0.0, 1.0, 1e-12, 1.0 - 1e-12]
FLAG = st.booleans()
#: Whatever UTF-8 writes: by its name Hypothesis tries each of a million characters, 3 s in a folder that is new to it.
CHARACTER = st.characters(exclude_categories=["Cs"])
_WEIGHT = st.floats(0.01, 10.0)
_SHAPE = st.floats(0.01, 100.0)
_POPULATIONS = st.sampled_from(["fixed", "counts", "pool", "recorded", "beta", "mixture"])
_PRIOR = st.none() | st.just("jeffreys") | st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0))
_TAKEN = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1e4)
_CLUSTER = st.integers(0, 2)
_SCORE = st.sampled_from([-1.0, 0.0, 0.5, 1.0]) | st.floats(-3.0, 3.0)
_BLANK: st.SearchStrategy[Any] = st.sampled_from(["vote", "skip"])
_SHORT: st.SearchStrategy[Any] = st.sampled_from(["null", "drop"])
_CORRELATION = st.sampled_from([0.0, -1.0, 1.0]) | st.floats(-1.0, 1.0)
_ICC = st.floats(0.001, 1.0)
_D_PRIME = st.floats(0.0, 5.0)
_THRESHOLD = st.floats(-5.0, 5.0)
_NO_THRESHOLD_TOO = _THRESHOLD | st.none()


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
    return _rates(low, high)


@functools.lru_cache
def _rates(low: float, high: float) -> st.SearchStrategy[float]:
    edges = [edge for edge in _EDGES if low <= edge <= high]
    anywhere = st.floats(low, high)
    return st.one_of(st.sampled_from(edges), anywhere) if edges else anywhere


_RATE = _rates(0.0, 1.0)


@functools.lru_cache(1024)
def exactly(count: int, each: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    """So many of each; ``each`` one that is made once."""
    return st.lists(each, min_size=count, max_size=count)


@functools.lru_cache(1024)
def none_or_exactly(count: int, each: st.SearchStrategy[T]) -> st.SearchStrategy[list[T] | None]:
    """None, or so many of each."""
    return st.none() | exactly(count, each)


@functools.lru_cache(1024)
def whole(low: int, high: int) -> st.SearchStrategy[int]:
    """Integers in [low, high]."""
    return st.integers(low, high)


def seeds() -> st.SearchStrategy[int]:
    """Seeds: small ones, and beyond 64 bits."""
    return st.one_of(st.integers(0, 100), st.integers(0, 2**128))


@st.composite
def tasks(draw: st.DrawFn, *, max_count: int = 6) -> Tasks:
    """Tasks of every kind, at most ``max_count`` of them."""
    count = draw(whole(1, max_count))
    kind = draw(_POPULATIONS)
    if kind == "beta":
        redraw = draw(_REDRAW)
        return Tasks.beta(draw(_SHAPE), draw(_SHAPE), count, unsolvable=draw(_RATE), redraw=redraw)
    if kind == "mixture":
        types = draw(whole(1, 3))
        shares = draw(exactly(types, _WEIGHT))
        success = draw(exactly(types, _RATE))
        redraw = draw(_REDRAW)
        return Tasks.mixture(weight=shares, success=success, count=count, redraw=redraw)
    own: dict[str, Any] = {
        "weight": draw(none_or_exactly(count, _WEIGHT)),
        "cluster": draw(none_or_exactly(count, _CLUSTER)),
    }
    if kind == "recorded":
        return draw(_recorded(count, own))
    if kind == "fixed":
        return Tasks.fixed(success=draw(exactly(count, _RATE)), **own)
    attempts = draw(exactly(count, whole(1, 50)))
    correct = [draw(whole(0, n)) for n in attempts]
    if kind == "counts":
        prior: Any = draw(_PRIOR)
        return Tasks.counts(attempts=attempts, correct=correct, posterior=prior is not None, prior=prior, **own)
    accepted_correct = [draw(whole(0, c)) for c in correct]
    accepted = [t + draw(whole(0, n - c)) for n, c, t in zip(attempts, correct, accepted_correct, strict=True)]
    known = draw(FLAG)
    return Tasks.pool(attempts, accepted, accepted_correct, correct=correct if known else None, **own)


@st.composite
def _recorded(draw: st.DrawFn, count: int, own: dict[str, Any]) -> RecordedTasks:
    """Recorded attempts, with some of what can be recorded of them."""
    attempts = draw(exactly(count, whole(1, 8)))
    rows = sum(attempts)
    return RecordedTasks(
        attempts=attempts,
        correct=draw(exactly(rows, whole(0, 1))),
        accepted=draw(none_or_exactly(rows, whole(0, 1))),
        answer=draw(none_or_exactly(rows, whole(-1, 3))),
        score=draw(none_or_exactly(rows, _SCORE)),
        tokens=draw(none_or_exactly(rows, _TAKEN)),
        cost=draw(none_or_exactly(rows, _TAKEN)),
        seconds=draw(none_or_exactly(rows, _TAKEN)),
        blank=draw(_BLANK),
        short="null" if own["weight"] is not None else draw(_SHORT),
        **own,
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
    kind = draw(_verifier_kinds(max_members > 0))
    each: Any = _rates_of(count)
    if kind == "perfect":
        return Verifier.perfect()
    if kind == "rates":
        return Verifier.rates(false_positive_rate=draw(each), false_negative_rate=draw(each))
    if kind == "spread":
        correlation = draw(_CORRELATION)
        each = each if correlation == 0.0 else _RATE
        return Verifier.rates(
            false_positive_rate=draw(each), false_negative_rate=draw(each), icc=draw(_ICC), correlation=correlation
        )
    if kind == "labelled":
        each = exactly(draw(whole(1, 4)), _RATE)
        names = ("false_positive_rate", "false_negative_rate", "false_positive_icc", "false_negative_icc")
        return LabelledVerifier(**{name: draw(each) for name in names}, labels=draw(whole(0, 1000)))
    if kind == "tests":
        many = draw(whole(1, 100))
        return Verifier.tests(tests=many, detection=draw(_RATE), icc=draw(_RATE), flakiness=draw(_RATE))
    if kind == "judge":
        threshold = draw(_THRESHOLD if verdicts else _NO_THRESHOLD_TOO)
        return Verifier.judge(d_prime=draw(_D_PRIME), threshold=threshold, votes=draw(whole(1, 9)), fresh=draw(_RATE))
    members = draw(_members(count, max_members))
    rule: Any = draw(_rules(len(members)))
    return Verifier.ensemble(members, rule=rule, shared=draw(_RATE))


@functools.cache
def _verifier_kinds(members: bool) -> st.SearchStrategy[str]:
    alone = ["perfect", "rates", "spread", "tests", "judge"]
    return st.sampled_from([*alone, *(["ensemble", "labelled"] if members else [])])


@functools.lru_cache
def _rates_of(count: int | None) -> st.SearchStrategy[Any]:
    return _RATE if count is None else _RATE | exactly(count, _RATE)


@functools.lru_cache
def _members(count: int | None, most: int) -> st.SearchStrategy[list[Verifier]]:
    return st.lists(verifiers(count=count, max_members=0), min_size=1, max_size=most)


@functools.lru_cache
def _rules(members: int) -> st.SearchStrategy[Any]:
    return st.sampled_from(["all", "any"]) | st.integers(1, members)


def answers() -> st.SearchStrategy[Answers]:
    """Wrong answers of every kind, at most six of them."""
    return _ANSWERS


_ANSWERS: st.SearchStrategy[Answers] = st.one_of(
    st.builds(Answers.uniform, whole(1, 6)),
    st.builds(Answers.zipf, whole(1, 6), st.floats(0.0, 3.0)),
    st.builds(Answers.dirichlet, st.floats(0.05, 20.0), whole(1, 6)),
)
