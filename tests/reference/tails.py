"""False-alarm probabilities: exact binomial tails, and a bound for means of bounded numbers."""

import math

#: The false-alarm probability of one test, shared among all numbers that it looks at.
FALSE_ALARM = 1e-9


def binomial_p_value(count: int, trials: int, probability: float) -> float:
    """Twice the smaller tail of Binomial(trials, probability) at ``count``, the count itself included.

    The sum ends early once it has passed 1e-3, where nothing is suspicious.
    """
    if probability <= 0.0 or probability >= 1.0:
        return float(count == (trials if probability >= 1.0 else 0))
    if count > trials * probability:
        count, probability = trials - count, 1.0 - probability
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(count + 1)
        - math.lgamma(trials - count + 1)
        + count * math.log(probability)
        + (trials - count) * math.log1p(-probability)
    )
    tail, odds = 0.0, (1.0 - probability) / probability
    for k in range(count, -1, -1):
        tail += term
        term *= k / (trials - k + 1) * odds
        if term < 1e-12 * tail or tail > 1e-3:
            break
    return 2.0 * tail


def mean_bound(variance: float, largest: float, trials: int, false_alarm: float) -> float:
    """How far a mean of ``trials`` numbers may lie from its expectation, by Bernstein's inequality.

    ``variance`` is that of one number, ``largest`` its largest distance from its mean. No normal approximation enters.
    """
    ln = math.log(2.0 / false_alarm)
    return math.sqrt(2.0 * variance * ln / trials) + 2.0 * largest * ln / (3.0 * trials)


def two_sample_p_value(first: int, first_trials: int, second: int, second_trials: int) -> float:
    """Twice the smaller tail of the first count given the sum of both: Fisher's exact test of equal probabilities."""
    total, size = first + second, first_trials + second_trials
    low, high = max(0, total - second_trials), min(total, first_trials)
    if low == high:
        return 1.0

    def ln_choose(n: int, k: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    def mass(x: int) -> float:
        return math.exp(ln_choose(first_trials, x) + ln_choose(second_trials, total - x) - ln_choose(size, total))

    step = -1 if first * size < total * first_trials else 1
    tail, term, x = 0.0, mass(first), first
    while low <= x <= high:
        tail += term
        x += step
        if not low <= x <= high:
            break
        term = mass(x)
        if term < 1e-12 * tail or tail > 1e-3:
            break
    return min(1.0, 2.0 * tail)
