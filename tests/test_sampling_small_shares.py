"""Shares next to 0 and to 1 keep their digits: both sides of a rate are computed, none is taken back from 1."""

import functools
import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from scipy.special import ndtr

import limitlaw as ll

mp.mp.dps = 60


def row(policy: ll.Policy, attempts: int, *, success: float, verifier: ll.Verifier, **fields: object) -> dict:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[success]),
        verifier=verifier,
        policies=[policy],
        max_attempts=[attempts],
        **fields,
    )
    return ll.solve(scenario).row(0, named=True)


def close(got: float, expected: object, relative: float = 1e-12) -> None:
    np.testing.assert_allclose(float(got), float(expected), rtol=relative, atol=0)


@functools.cache
def tail(z: float) -> mp.mpf:
    return mp.erfc(mp.mpf(z) / mp.sqrt(2)) / 2


#: Success, d', threshold in standard deviations of the mean score of 100 calls: a judge's thresholds lie that far out.
JUDGES = [(0.5, 0.0, 6.0), (0.5, 0.0, 7.9), (0.3, -3.0, 6.0), (0.5, 0.0, 20.0), (0.01, 2.0, 9.0), (0.5, 0.5, -9.0)]


@pytest.mark.parametrize(("p", "d", "tau"), JUDGES)
@pytest.mark.parametrize("votes", [1, 100])
def test_a_judge_far_out_is_as_precise_as_its_tails(p: float, d: float, tau: float, votes: int) -> None:
    deviation = 1 / math.sqrt(votes)
    judge = {"d_prime": d * deviation, "votes": votes, "fresh": 1.0 if votes > 1 else 0.0}
    right, wrong = mp.mpf(p) * tail(tau - d), (1 - mp.mpf(p)) * tail(tau)
    for verifier, policy in (
        (ll.Verifier.judge(**judge, threshold=tau * deviation), ll.FirstAccepted(fallback="abstain")),
        (ll.Verifier.judge(**judge), ll.FirstAbove(threshold=tau * deviation)),
    ):
        got = row(policy, 1000, success=p, verifier=verifier)
        none = mp.power(1 - right - wrong, 1000)
        # The threshold itself is rounded: z^2 times as much comes to a tail.
        for name, expected in (
            ("precision", right / (right + wrong)),
            ("false_discovery_rate", wrong / (right + wrong)),
            ("accuracy", right / (right + wrong) * (1 - none)),
            ("abstained", none),
        ):
            if expected > 1e-290:
                close(got[name], expected, 3e-12)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[p]),
        verifier=ll.Verifier.judge(**judge, threshold=tau * deviation),
        policies=[ll.FirstAccepted(fallback="abstain")],
        max_attempts=[1],
    )
    for ceiling in ll.ceilings(scenario).row(0)[:3]:
        close(ceiling, right / (right + wrong), 3e-12)


def test_symmetry_decides_a_judge_that_knows_nothing() -> None:
    for tau in (6.0, 7.9, 30.0):
        verifier = ll.Verifier.judge(d_prime=0.0, threshold=tau)
        assert row(ll.FirstAccepted(fallback="abstain"), 10, success=0.5, verifier=verifier)["precision"] == 0.5


def test_what_is_rarely_wrong_and_rarely_missing_has_its_digits() -> None:
    verifier = ll.Verifier.rates(false_positive_rate=1e-17, false_negative_rate=0.0)
    got = row(ll.FirstAccepted(fallback="abstain"), 50, success=0.9, verifier=verifier)
    wrong = (1 - mp.mpf(0.9)) * mp.mpf(1e-17)
    close(got["false_discovery_rate"], wrong / (mp.mpf(0.9) + wrong))
    close(got["wrong"], wrong / (mp.mpf(0.9) + wrong))
    close(got["abstained"], mp.power(1 - mp.mpf(0.9) - wrong, 50))
    got = row(ll.FirstAccepted(fallback="last"), 50, success=0.9, verifier=verifier)
    assert got["abstained"] == 0
    got = row(ll.AllOf(), 3, success=1 - 2**-50, verifier=verifier)
    close(got["wrong"], 1 - mp.power(1 - mp.mpf(2) ** -50, 3))
    got = row(ll.AnyOf(), 40, success=0.75, verifier=verifier)
    close(got["abstained"], mp.power(mp.mpf(0.25), 40))


def test_first_worthwhile_abstains_where_acceptances_do_not_pay() -> None:
    success, f, cost, cap = [mp.mpf(0.9), mp.mpf(0.02)], mp.mpf(0.125), 2, 12
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[float(p) for p in success]),
        verifier=ll.Verifier.rates(false_positive_rate=float(f)),
        policies=[ll.FirstWorthwhile()],
        max_attempts=[cap],
        utility=ll.Utility(wrong_cost=cost),
    )
    reject = [(1 - p) * (1 - f) for p in success]
    worth = lambda k: sum(b ** (k - 1) * (p - cost * (1 - p) * f) for p, b in zip(success, reject, strict=True))  # noqa: E731
    pays = [k for k in range(1, cap + 1) if worth(k) > 0]
    assert 0 < len(pays) < cap
    for one, b in zip(ll.solve(scenario, by="task").iter_rows(named=True), reject, strict=True):
        returned = sum(b ** (k - 1) * (1 - b) for k in pays)
        close(one["returned"], returned)
        close(one["abstained"], 1 - returned)


def test_the_wrong_best_of_many_has_its_digits() -> None:
    """By Gauss's rule: its terms are all positive, so that floats keep their digits."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for p, d, n, threshold in ((0.5, 6.0, 30, None), (0.9, 4.0, 100, None), (0.9, 5.0, 50, 2.0)):
        got = row(ll.BestOf(threshold=threshold), n, success=p, verifier=ll.Verifier.judge(d_prime=d))
        below = lambda z, p=p, d=d: (1 - p) * ndtr(z) + p * ndtr(z - d)  # noqa: E731
        low = -12 if threshold is None else threshold
        edges = np.linspace(low, 25, 13)  # from 25 on the density is less than 1e-130
        half = (edges[1] - edges[0]) / 2
        z = edges[:-1, None] + half * (1 + nodes)
        density = n * (1 - p) * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * below(z) ** (n - 1)
        close(got["wrong"], half * (density @ weights).sum(), 1e-11)
        if threshold is not None:
            at = mp.mpf(threshold)
            close(got["abstained"], mp.power((1 - mp.mpf(p)) * (1 - tail(at)) + mp.mpf(p) * (1 - tail(at - d)), n))


def vote(p: Fraction, wrong: list[Fraction], idle: Fraction, votes: int) -> tuple[Fraction, Fraction]:
    """P(correct), P(wrong) of a vote, ties at random, over all outcomes."""
    found = [Fraction(0), Fraction(0)]

    def deal(counts: tuple[int, ...], left: int, chance: Fraction) -> None:
        if len(counts) == 1 + len(wrong):
            most = max(counts)
            if most:
                share = Fraction(int(counts[0] == most), counts.count(most))
                total = chance * idle**left
                found[0] += total * share
                found[1] += total * (1 - share)
            return
        answer = p if not counts else wrong[len(counts) - 1]
        for count in range(left + 1):
            deal((*counts, count), left - count, chance * math.comb(left, count) * answer**count)

    deal((), votes, Fraction(1))
    return found[0], found[1]


@pytest.mark.parametrize("count", [1, 3])
def test_a_vote_that_is_rarely_wrong_has_its_digits(count: int) -> None:
    p, f, g = Fraction(1) - Fraction(1, 2**20), Fraction(1, 4), Fraction(1, 8)
    verifier = ll.Verifier.rates(false_positive_rate=float(f), false_negative_rate=float(g))
    wrong = [(1 - p) / count] * count
    for votes in (1, 2, 5, 8):
        got = row(ll.MajorityVote(), votes, success=float(p), verifier=verifier, answers=ll.Answers.uniform(count))
        correct, lost = vote(p, wrong, Fraction(0), votes)
        close(got["accuracy"], correct)
        close(got["wrong"], lost)
        got = row(ll.FilteredVote(), votes, success=float(p), verifier=verifier, answers=ll.Answers.uniform(count))
        idle = p * g + (1 - p) * (1 - f)
        correct, lost = vote(p * (1 - g), [w * f for w in wrong], idle, votes)
        close(got["accuracy"], correct)
        close(got["wrong"], lost)
        close(got["abstained"], idle**votes)


def test_one_wrong_answer_is_a_binary_vote_of_any_size() -> None:
    verifier = ll.Verifier.rates(false_positive_rate=0.5, false_negative_rate=0.5)
    for votes in (513, 100_001, 10**6):
        got = row(ll.MajorityVote(), votes, success=0.501, verifier=verifier, answers=ll.Answers.uniform(1))
        close(got["accuracy"], ll.closed_form.binary_majority(success=0.501, votes=votes))
        # Of these votes half are accepted, whatever they say.
        filtered = row(ll.FilteredVote(), votes, success=0.501, verifier=verifier, answers=ll.Answers.uniform(1))
        half = np.arange(votes // 2 - 6000, votes // 2 + 6000).clip(0, votes)
        half = np.unique(half)
        ln = np.array([math.lgamma(votes + 1) - math.lgamma(k + 1) - math.lgamma(votes - k + 1) for k in half])
        chance = np.exp(ln - votes * math.log(2))
        expected = (chance * ll.closed_form.binary_majority(success=0.501, votes=half.clip(1))).sum() / chance.sum()
        np.testing.assert_allclose(filtered["accuracy"], expected, rtol=1e-9)


def test_an_ensemble_and_tests_keep_both_sides() -> None:
    members = [ll.Verifier.judge(d_prime=1.0, threshold=9.0), ll.Verifier.rates(false_positive_rate=1e-20)]
    verifier = ll.Verifier.ensemble(members, rule="all")
    got = row(ll.FirstAccepted(fallback="abstain"), 1, success=0.5, verifier=verifier)
    close(got["accuracy"], tail(8.0) / 2)
    close(got["wrong"], tail(9.0) * mp.mpf(1e-20) / 2)
    tests = ll.Verifier.tests(tests=400, detection=0.0, flakiness=0.2)
    got = row(ll.FirstAccepted(fallback="abstain"), 1, success=0.5, verifier=tests)
    close(got["returned"], mp.power(mp.mpf(0.8), 400))
    close(got["precision"], 0.5)


def test_simulated_shares_that_are_missing_are_counted() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.3]),
        verifier=ll.Verifier.rates(false_positive_rate=0.2),
        policies=[ll.FirstAccepted(fallback="abstain")],
        max_attempts=[20],
    )
    trials = 1_000_003
    got = ll.simulate(scenario, trials=trials, seed=1).row(0, named=True)
    missing = got["abstained"] * trials
    assert missing > 0
    assert abs(missing - round(missing)) <= 1e-15 * trials * got["abstained"] * 4
