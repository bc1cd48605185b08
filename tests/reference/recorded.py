"""Policies on recorded attempts from their definitions: in fractions, over every order of the attempts of a task."""

import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import limitlaw as ll


@dataclass(frozen=True)
class Attempt:
    """One row of a log."""

    answer: str | None
    correct: bool
    accepted: bool = False
    score: float = 0.0
    tokens: float = 0.0


@dataclass
class Outcome:
    """What a policy comes to: probabilities, and means of what it used."""

    accepted: Fraction = field(default_factory=Fraction)
    correct: Fraction = field(default_factory=Fraction)
    wrong: Fraction = field(default_factory=Fraction)
    covered: Fraction = field(default_factory=Fraction)
    attempts: Fraction = field(default_factory=Fraction)
    tokens: Fraction = field(default_factory=Fraction)

    def add(self, weight: Fraction | int, other: "Outcome") -> None:
        for name, value in vars(other).items():
            if value:
                setattr(self, name, getattr(self, name) + (value if weight == 1 else weight * value))

    def over(self, number: int) -> "Outcome":
        """The mean of so many that were added."""
        return Outcome(**{name: value / number for name, value in vars(self).items()})


#: An answer that wins with a share, whose first attempt is returned.
Shares = list[tuple[Fraction, Attempt | None]]


def _leaders(weights: dict[object, Fraction | int], ties: str = "share") -> list[object] | str:
    """The answers that lead, or what becomes of their tie."""
    best = [answer for answer, weight in weights.items() if weight == max(weights.values())]
    return best if len(best) == 1 or ties == "share" else ties


def _vote(attempts: Sequence[Attempt], blank: str, ties: str = "share", weigh: bool = False) -> Shares | str:
    """A vote on attempts: who is returned, with which share; nobody, as an attempt that is none."""
    weights: dict[object, Fraction | int] = {}
    first: dict[object, Attempt | None] = {}
    for attempt in attempts:
        if attempt.answer is None and blank == "skip":
            continue
        weights[attempt.answer] = weights.get(attempt.answer, 0) + (Fraction(attempt.score) if weigh else 1)
        first.setdefault(attempt.answer, attempt if attempt.answer is not None else None)
    if not weights:
        return [(Fraction(1), None)]
    found = _leaders(weights, ties)
    return found if isinstance(found, str) else [(Fraction(1, len(found)), first[answer]) for answer in found]


def _stops(policy: ll.Policy, seen: Sequence[Attempt], blank: str) -> object:
    """The answer for which a vote stops after these attempts, in a tuple; none where it goes on."""
    last = seen[-1]
    if last.answer is None and blank == "skip":
        return None
    votes = Counter(a.answer for a in seen if a.answer is not None or blank == "vote")
    lead, others = votes[last.answer], max((n for answer, n in votes.items() if answer != last.answer), default=0)
    if isinstance(policy, ll.StopWhenAhead):
        return (last.answer,) if lead >= others + policy.margin else None
    if isinstance(policy, ll.WindowStop):
        voting = [a.answer for a in seen if a.answer is not None or blank == "vote"]
        window = voting[-policy.size :]
        return (last.answer,) if len(voting) % policy.size == 0 and len(set(window)) == 1 else None
    if isinstance(policy, ll.BetaStop):
        n = lead + others + 1
        beats = Fraction(sum(math.comb(n, k) for k in range(lead + 1)), 2**n)
        return (last.answer,) if lead > others and beats > Fraction(policy.confidence) else None
    assert isinstance(policy, ll.ShareVote)
    if votes.total() < policy.min_votes:
        return None
    top = votes.most_common(2)
    alone = len(top) == 1 or top[0][1] > top[1][1]
    enough = Fraction(top[0][1], votes.total()) >= Fraction(policy.share).limit_denominator(1000)
    return (top[0][0],) if alone and enough else None


def _choose(policy: ll.Policy, seen: Sequence[Attempt], blank: str) -> tuple[Shares | str, bool, int]:  # noqa: C901, PLR0911, PLR0912
    """Who is returned of attempts in their order, whether that was accepted, and how many were used."""
    everything = len(seen)
    if isinstance(policy, (ll.FirstAccepted, ll.FirstAbove)):
        above = isinstance(policy, ll.FirstAbove)
        for number, attempt in enumerate(seen, 1):
            if attempt.score > policy.threshold if above else attempt.accepted:
                return [(Fraction(1), attempt)], True, number
        if above or policy.fallback == "abstain":
            return [(Fraction(1), None)], False, everything
        if policy.fallback == "last":
            return [(Fraction(1), seen[-1])], False, everything
    if isinstance(policy, (ll.BestOf, ll.FirstAccepted)):
        most = max(attempt.score for attempt in seen)
        best = [attempt for attempt in seen if attempt.score == most]
        threshold = getattr(policy, "threshold", None)
        if threshold is not None and most <= threshold:
            return [(Fraction(1), None)], False, everything
        return [(Fraction(1, len(best)), attempt) for attempt in best], threshold is not None, everything
    if isinstance(policy, ll.MajorityVote):
        return _vote(seen, blank, policy.ties), False, everything
    if isinstance(policy, ll.WeightedVote):
        return _vote(seen, blank, weigh=True), False, everything
    if isinstance(policy, ll.FilteredVote):
        return _vote([attempt for attempt in seen if attempt.accepted], blank), True, everything
    if isinstance(policy, ll.AnyOf):
        right = [attempt for attempt in seen if attempt.correct]
        return [(Fraction(1), right[0] if right else None)], False, everything
    if isinstance(policy, ll.AllOf):
        return [(Fraction(1), min(seen, key=lambda attempt: attempt.correct))], False, everything
    for number in range(1, everything + 1):
        stopped = _stops(policy, seen[:number], blank)
        if stopped is not None:
            first = next(attempt for attempt in seen if attempt.answer == stopped[0])  # type: ignore[index]
            return [(Fraction(1), first if first.answer is not None else None)], False, number
    return _vote(seen, blank), False, everything


def stops_by_itself(policy: ll.Policy, seen: Sequence[Attempt], blank: str) -> bool:
    """Whether a policy would ask for no further attempt after some of these."""
    if isinstance(policy, ll.FirstAccepted):
        return any(attempt.accepted for attempt in seen)
    if isinstance(policy, (ll.StopWhenAhead, ll.ShareVote, ll.BetaStop, ll.WindowStop)):
        return any(_stops(policy, seen[:k], blank) is not None for k in range(1, len(seen) + 1))
    return False


def outcome(policy: ll.Policy, seen: Sequence[Attempt], blank: str) -> Outcome:
    """What a policy comes to on attempts in their order."""
    shares, accepted, used = _choose(policy, seen, blank)
    found = Outcome(
        covered=Fraction(any(attempt.correct for attempt in seen)),
        attempts=Fraction(used),
        tokens=sum((Fraction(attempt.tokens) for attempt in seen[:used]), Fraction()),
    )
    if shares == "lose":
        found.wrong = Fraction(1)
        return found
    for share, attempt in [] if isinstance(shares, str) else shares:
        if attempt is not None:
            found.accepted += share * accepted
            found.correct += share * attempt.correct
            found.wrong += share * (not attempt.correct)
    return found


def over_orders(policy: ll.Policy, attempts: Sequence[Attempt], cap: int, blank: str = "vote") -> Outcome:
    """The mean over all orders of ``cap`` of a task's attempts."""
    return over_verdicts(policy, attempts, cap, None, blank)


def over_verdicts(  # noqa: PLR0917
    policy: ll.Policy,
    attempts: Sequence[Attempt],
    cap: int,
    rates: tuple[Fraction, Fraction] | None,
    blank: str,
    icc: Fraction = Fraction(),
) -> Outcome:
    """The same, and over the verdicts of a verifier with a false positive and a false negative rate.

    With an ``icc`` the rates are those of a task, each Beta with that mean and intra-class correlation.
    """
    return _over_verdicts(policy, tuple(attempts), cap, rates, blank, icc)


@functools.cache  # the solution, the simulator and the mean over tasks ask for the same
def _over_verdicts(  # noqa: PLR0917
    policy: ll.Policy,
    attempts: tuple[Attempt, ...],
    cap: int,
    rates: tuple[Fraction, Fraction] | None,
    blank: str,
    icc: Fraction,
) -> Outcome:
    total, orders = Outcome(), 0
    for order in itertools.permutations(attempts, cap):
        orders += 1
        for weight, seen in _judged(order, rates, icc):
            total.add(weight, outcome(policy, seen, blank))
    return total.over(orders)


def _judged(
    order: Sequence[Attempt], rates: tuple[Fraction, Fraction] | None, icc: Fraction
) -> Iterator[tuple[Fraction | int, Sequence[Attempt]]]:
    if rates is None:
        yield 1, order
        return
    for verdicts in itertools.product((True, False), repeat=len(order)):
        weight = Fraction(1)
        before: Counter[tuple[bool, bool]] = Counter()  # Polya's urn: the verdicts so far, by class
        for attempt, accepted in zip(order, verdicts, strict=True):
            rate = 1 - rates[1] if attempt.correct else rates[0]
            mean = rate if accepted else 1 - rate
            like, all_of = (
                before[attempt.correct, accepted],
                before[attempt.correct, True] + before[attempt.correct, False],
            )
            weight *= (mean * (1 - icc) + icc * like) / (1 - icc + icc * all_of) if all_of else mean
            before[attempt.correct, accepted] += 1
        judged = [Attempt(a.answer, a.correct, v, a.score, a.tokens) for a, v in zip(order, verdicts, strict=True)]
        yield weight, judged
