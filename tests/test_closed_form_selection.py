"""Selection by score and by vote: closed forms against enumeration in fractions and against quadrature."""

import functools
import itertools
import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from limitlaw import closed_form as cf


def close(got, expected, relative=1e-12):
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(expected, float), rtol=relative, atol=1e-300)


DIGITS = 30


@functools.cache
def phi(z):
    """The survival of a normal score, to DIGITS: the same abscissas come in every case."""
    return mp.erfc(z / mp.sqrt(2)) / 2


@functools.cache
def npdf(z):
    return mp.npdf(z)


@pytest.mark.parametrize("p", [0.05, 0.5, 0.999])
@pytest.mark.parametrize("n", [1, 2, 16, 1000, 65536])
@pytest.mark.parametrize("d_prime", [-1, 0.5, 3])
def test_best_of_a_judge_is_the_roc_integral(p, n, d_prime):
    with mp.workdps(DIGITS):
        # 1 - N(1-p) int psi^(N-1) dF: the wrong attempts' side, where the library integrates the correct ones'.
        lost = lambda z: n * (1 - p) * npdf(z) * (1 - (1 - p) * phi(z) - p * phi(z - d_prime)) ** (n - 1)  # noqa: E731
        expected = 1 - mp.quad(lost, mp.linspace(-12, 12, 25))
    np.testing.assert_allclose(cf.best_of_judge(success=p, d_prime=d_prime, attempts=n), float(expected), atol=1e-12)


def best_of_levels(correct, wrong, p, n):
    """Best of n with discrete scores, ties at random, by all outcomes."""
    kinds = [(level, c) for level in range(len(correct)) for c in (0, 1)]
    chance = {(level, c): (p * correct[level] if c else (1 - p) * wrong[level]) for level, c in kinds}
    total = Fraction(0)
    for outcome in itertools.product(kinds, repeat=n):
        top = [c for level, c in outcome if level == max(o[0] for o in outcome)]
        total += math.prod((chance[o] for o in outcome), start=Fraction(1)) * Fraction(sum(top), len(top))
    return total


def test_best_of_an_atomic_score_is_exact_with_ties_at_random():
    correct, wrong, p = (
        [Fraction(1, 10), Fraction(3, 10), Fraction(6, 10)],
        [Fraction(5, 10), Fraction(4, 10), Fraction(1, 10)],
        Fraction(3, 10),
    )
    corners = {
        "false_positive_rates": [0.0, *(float(sum(wrong[-i:])) for i in (1, 2)), 1.0],
        "true_positive_rates": [0.0, *(float(sum(correct[-i:])) for i in (1, 2)), 1.0],
    }
    for n in (1, 2, 3, 4):
        close(cf.best_of_roc(success=0.3, attempts=n, **corners), best_of_levels(correct, wrong, p, n))


def test_a_fine_roc_curve_tends_to_the_judge():
    z = np.linspace(8, -8, 20_001)
    survival = lambda x: np.array([math.erfc(v / math.sqrt(2)) / 2 for v in x])  # noqa: E731
    f, t = survival(z), survival(z - 1.5)
    corners = {"false_positive_rates": [0, *f, 1], "true_positive_rates": [0, *t, 1]}
    got = cf.best_of_roc(success=0.1, attempts=[1, 10, 1000], **corners)
    np.testing.assert_allclose(got, cf.best_of_judge(success=0.1, d_prime=1.5, attempts=[1, 10, 1000]), atol=1e-6)


def test_a_threshold_is_first_accepted_at_one_point_of_the_curve():
    got = cf.judge_threshold(success=0.1, d_prime=1.5, threshold=[-3, 0, 2, 5])
    task = {
        "success": 0.1,
        "false_positive_rate": got.false_positive_rate,
        "false_negative_rate": got.false_negative_rate,
    }
    close(got.precision, cf.ceiling(**task))
    close(got.attempts_used, cf.first_accepted(**task, max_attempts=2**53).attempts_used)
    close(got.false_positive_rate[2], math.erfc(2 / math.sqrt(2)) / 2)
    close(got.false_negative_rate[2], math.erfc(-0.5 / math.sqrt(2)) / 2)


def test_a_high_threshold_keeps_the_digits_of_its_precision():
    """One less the false negative rate has none left there."""
    threshold = np.array([5.0, 8.0, 10.0, 20.0, 30.0])
    correct, wrong = ([math.erfc((t - d) / math.sqrt(2)) / 2 for t in threshold] for d in (1.5, 0.0))
    accepted = 0.1 * np.array(correct) + 0.9 * np.array(wrong)
    got = cf.judge_threshold(success=0.1, d_prime=1.5, threshold=threshold)
    np.testing.assert_allclose(got.precision, 0.1 * np.array(correct) / accepted, rtol=1e-12)
    np.testing.assert_allclose(got.attempts_used, 1 / accepted, rtol=1e-12)
    never = cf.judge_threshold(success=0.1, d_prime=1.5, threshold=100.0)
    assert never.true_positive_rate == never.false_positive_rate == 0.0
    assert 0 < never.false_discovery_rate < 1e-60, "the ratio of the two tails has a value where they have none"
    assert math.isinf(never.attempts_used)


def test_the_divergence_of_best_of_n_is_its_integral():
    for n in (1, 2, 7, 1000):
        with mp.workdps(30):
            expected = mp.quad(lambda u, n=n: n * u ** (n - 1) * mp.log(n * u ** (n - 1)), mp.linspace(0, 1, 30))
        np.testing.assert_allclose(cf.best_of_kl(attempts=n), float(expected), atol=1e-12)


def test_best_of_scored_is_the_mean_over_subsets():
    scores, values = [3, 1, 2, 2, 3, 2], [1, 0, 5, 2, 7, 0]
    for n in range(1, 7):
        means = []
        for subset in itertools.combinations(range(6), n):
            top = max(scores[i] for i in subset)
            tied = [values[i] for i in subset if scores[i] == top]
            means.append(Fraction(sum(tied), len(tied)))
        close(cf.best_of_scored(scores=scores, values=values, attempts=n), sum(means) / len(means))
    assert np.isnan(cf.best_of_scored(scores=scores, values=values, attempts=7))


def vote_by_enumeration(answers, votes, ties):
    total = Fraction(0)
    for ballot in itertools.product(range(len(answers)), repeat=votes):
        counts = [ballot.count(a) for a in range(len(answers))]
        leaders = [a for a, c in enumerate(counts) if c == max(counts)]
        if 0 in leaders and (len(leaders) == 1 or ties == "random"):
            total += math.prod((answers[a] for a in ballot), start=Fraction(1)) / len(leaders)
    return total


@pytest.mark.parametrize("ties", ["random", "abstain"])
@pytest.mark.parametrize(
    "answers",
    [
        [Fraction(3, 5), Fraction(2, 5)],
        [Fraction(2, 5), Fraction(3, 10), Fraction(3, 10)],
        [Fraction(1, 5), Fraction(1, 2), Fraction(1, 5), Fraction(1, 10), Fraction(0)],
    ],
)
def test_a_majority_is_the_sum_over_all_ballots(answers, ties):
    for votes in range(1, 7):
        expected = vote_by_enumeration(answers, votes, ties)
        close(cf.majority(answers=[float(a) for a in answers], votes=votes, ties=ties), expected)
        if len(answers) == 2:
            close(cf.binary_majority(success=float(answers[0]), votes=votes, ties=ties), expected)


def test_large_votes_keep_their_digits():
    for k in (101, 100_001):
        with mp.workdps(40):
            m = (k + 1) // 2
            expected = mp.betainc(m, m, 0, mp.mpf(0.501), regularized=True) if k < 1000 else None
        if expected is not None:
            close(cf.binary_majority(success=0.501, votes=k), expected)
    # 100,001 votes at p = .501: the normal limit with continuity is good to about 1/k.
    z = (0.501 - 0.5) * 100_001 / math.sqrt(100_001 * 0.501 * 0.499)
    np.testing.assert_allclose(
        cf.binary_majority(success=0.501, votes=100_001), math.erfc(-z / math.sqrt(2)) / 2, atol=1e-4
    )
    votes = [255, 511, 512, 100_001, 10**15]
    close(cf.majority(answers=[0.3, 0.7], votes=votes), cf.binary_majority(success=0.3, votes=votes))
