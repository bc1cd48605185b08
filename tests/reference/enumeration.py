"""Exact laws by enumeration: every sequence of attempts, weighed in exact fractions."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

#: Kinds of attempt, as (accepted, correct).
KINDS = ((1, 1), (1, 0), (0, 1), (0, 0))

#: The probabilities of the next attempt's kind, given how many of each kind came before.
Next = Callable[[tuple[int, ...]], Sequence[Fraction]]


class Outcome(NamedTuple):
    """What one task comes to; each but ``attempts`` is 0 or 1."""

    accepted: int
    correct: int
    wrong: int
    covered: int
    attempts: int


def independent(success: float, false_positive: float, false_negative: float) -> Next:
    """The same rates at every attempt; a float stands for the fraction it holds."""
    p, f, g = Fraction(success), Fraction(false_positive), Fraction(false_negative)
    rates = (p * (1 - g), (1 - p) * f, p * g, (1 - p) * (1 - f))
    return lambda _: rates


def pool(attempts: int, accepted: int, accepted_correct: int, correct: int) -> Next:
    """Observed attempts without replacement."""
    hidden = correct - accepted_correct
    kinds = (accepted_correct, accepted - accepted_correct, hidden, attempts - accepted - hidden)
    return lambda used: [Fraction(n - u, attempts - sum(used)) for n, u in zip(kinds, used, strict=True)]


def posterior(alpha: float, beta: float, false_positive: float, false_negative: float) -> Next:
    """A rate from Beta(alpha, beta), integrated out: Polya's urn."""

    def following(used: tuple[int, ...]) -> Sequence[Fraction]:
        right = (Fraction(alpha) + used[0] + used[2]) / (Fraction(alpha) + Fraction(beta) + sum(used))
        f, g = Fraction(false_positive), Fraction(false_negative)
        return right * (1 - g), (1 - right) * f, right * g, (1 - right) * (1 - f)

    return following


def sequences(following: Next, length: int) -> Iterator[tuple[Fraction, tuple[int, ...]]]:
    """Every sequence of kinds that can happen, with its probability."""

    def extend(probability: Fraction, kinds: tuple[int, ...]) -> Iterator[tuple[Fraction, tuple[int, ...]]]:
        if len(kinds) == length:
            yield probability, kinds
            return
        rates = following(tuple(kinds.count(kind) for kind in range(4)))
        for kind, rate in enumerate(rates):
            if rate > 0:
                yield from extend(probability * rate, (*kinds, kind))

    return extend(Fraction(1), ())


def first_accepted(kinds: Sequence[int], fallback: str) -> Outcome:
    """The outcome of a sequence of attempts."""
    attempts = [KINDS[kind] for kind in kinds]
    covered = int(any(correct for _, correct in attempts))
    for number, (accepted, correct) in enumerate(attempts, start=1):
        if accepted:
            return Outcome(1, correct, 1 - correct, covered, number)
    last = attempts[-1][1]
    if fallback == "last":
        return Outcome(0, last, 1 - last, covered, len(attempts))
    return Outcome(0, 0, 0, covered, len(attempts))


def law(following: Next, max_attempts: Sequence[int], fallback: str) -> dict[tuple[Outcome, ...], Fraction]:
    """The joint law of the outcomes at all of ``max_attempts``."""
    found: dict[tuple[Outcome, ...], Fraction] = defaultdict(Fraction)
    for probability, kinds in sequences(following, max_attempts[-1]):
        found[tuple(first_accepted(kinds[:cap], fallback) for cap in max_attempts)] += probability
    return found


def total(laws: Sequence[dict[Fraction, Fraction]]) -> dict[Fraction, Fraction]:
    """The law of a sum of independent numbers."""
    found = {Fraction(0): Fraction(1)}
    for law_ in laws:
        added: dict[Fraction, Fraction] = defaultdict(Fraction)
        for a, p in found.items():
            for b, q in law_.items():
                added[a + b] += p * q
        found = added
    return found


def quantile(law_: dict[Fraction, Fraction], p: Fraction) -> Fraction:
    """The least value that the number exceeds with probability at most 1 - p."""
    values = sorted(law_)
    below = accumulate(law_[value] for value in values)
    return next(value for value, mass in zip(values, below, strict=True) if mass >= p)
