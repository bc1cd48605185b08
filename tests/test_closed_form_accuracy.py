"""Every closed form over the whole range that its docstring names, against 50-digit arithmetic."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest

from limitlaw import closed_form as cf
from reference import closed_form_mpmath as exact

FALLBACKS, TIES = ("abstain", "last"), ("random", "abstain")


class Walk:
    """Arguments from all over a range: its ends, its middle, and every order of size between."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def between(self, low, high):
        """An order of size: log-uniform."""
        return float(10.0 ** self.random.uniform(math.log10(low), math.log10(high)))

    def rate(self, least=1e-300):
        kind = self.random.integers(0, 5)
        if kind == 0:
            return float(self.random.choice([0.0, least, 0.5, 1 - 2**-53, 1.0]))
        return (float(self.random.random()), self.between(least, 1), 1 - self.between(1e-16, 1), self.between(1e-8, 1))[
            kind - 1
        ]

    def inside(self):
        """A rate that is neither 0 nor 1."""
        return next(p for p in iter(self.rate, None) if 0 < p < 1)

    def whole(self, low=1, high=2**53):
        return float(int(min(max(self.between(max(low, 1), high), low), high))) if self.random.random() < 0.9 else high

    def positive(self):
        return self.between(1e-300, 1e100) if self.random.random() < 0.5 else self.between(1e-3, 1e4)

    def coin(self):
        return bool(self.random.integers(0, 2))


def accurate(got, expected, arguments, scale=None):
    """1e-12 relative, or of ``scale``; below 1e-290 nothing but that; beyond 1.8e308 infinite."""
    results = zip(np.atleast_1d(got), expected if isinstance(expected, tuple) else (expected,), strict=True)
    for place, (value, right) in enumerate(results):
        with mp.workdps(60):
            size = abs(mp.mpf(right)) if scale is None else scale
            if size > mp.mpf("1.7e308"):
                assert value > 1e308, (place, arguments, value)
            elif size < mp.mpf("1e-290"):
                assert abs(value) < 1.1e-290, (place, arguments, value)
            else:
                error = abs(mp.mpf(float(value)) - right) / size
                assert error < 1e-12, (place, arguments, value, mp.nstr(right, 17), float(error))


def rates(p, f, g):
    return {"success": p, "false_positive_rate": f, "false_negative_rate": g}


def test_first_accepted_batched_and_ceiling():
    walk = Walk(1)
    for _ in range(800):
        task = walk.rate(), walk.rate(), walk.rate()
        k, last = walk.whole(0), walk.coin()
        got = cf.first_accepted(**rates(*task), max_attempts=k, fallback=FALLBACKS[last])
        accurate(got, exact.first_accepted(*task, k, last), (task, k, last))
        batch, rounds = walk.whole(1), walk.whole(0)
        got = cf.batched(**rates(*task), batch=batch, rounds=rounds)
        accurate(got, exact.batched(*task, batch, rounds), (task, batch, rounds))
        accurate(cf.ceiling(**rates(*task)), exact.ceiling(*task), task)


def test_spread_ceiling():
    walk = Walk(2)
    for _ in range(12):
        p, f, g, icc = walk.inside(), walk.inside(), walk.inside(), walk.inside()
        if icc > 1e-25:
            got = cf.spread_ceiling(**rates(p, f, g), icc=icc)
            accurate(got, exact.spread_ceiling(p, f, g, icc), (p, f, g, icc))


def test_a_finite_pool_and_pass_rates():
    walk = Walk(3)
    for _ in range(500):
        n = walk.whole(1)
        part = lambda whole: float(int(whole * walk.rate(1e-16)))  # noqa: E731
        a, k = part(n), part(n)
        t = part(a)
        c = t + part(n - a)
        last = walk.coin()
        counts = {"attempts": n, "accepted": a, "accepted_correct": t, "correct": c}
        got = cf.finite_pool(**counts, max_attempts=k, fallback=FALLBACKS[last])
        accurate(got, exact.finite_pool(n, a, t, c, k, last), (counts, k, last))
        k = max(k, 1.0)
        accurate(cf.pass_at_k(attempts=n, correct=c, k=k), exact.pass_at_k(n, c, k), (n, c, k))
        accurate(cf.pass_hat_k(attempts=n, correct=c, k=k), exact.pass_hat_k(n, c, k), (n, c, k))


def test_posterior_and_beta_populations():
    walk = Walk(4)
    small = [(1e-12, 3.0, 10.0), (1.0, 1e100, 5.0), (1e-120, 1e100, 9.0), (1e-300, 1e-300, 1.0), (1e-12, 1e-12, 2**53)]
    for alpha, beta, k in [*small, *((walk.positive(), walk.positive(), walk.whole()) for _ in range(40))]:
        got, expected = cf.beta_coverage(alpha=alpha, beta=beta, k=k), exact.beta_coverage(alpha, beta, k)
        accurate(got[:2], expected[:2], (alpha, beta, k))
        accurate(got.relative_error, expected[3], (alpha, beta, k))
        if alpha <= 1000:
            accurate(got.power_law, expected[2], (alpha, beta, k))
        n = walk.whole()
        c = float(int(n * walk.rate(1e-16)))
        got = cf.posterior_pass_at_k(attempts=n, correct=c, k=k, alpha=alpha, beta=beta)
        accurate(got, exact.posterior_pass_at_k(n, c, k, alpha, beta), (n, c, k, alpha, beta))
    # A law whose exponent is large and whose value is a number.
    for _ in range(20):
        alpha, beta = walk.between(1, 1000), walk.between(1e-3, 1e12)
        k = float(int(max(1, (alpha + beta) * walk.random.uniform(0.3, 1.5))))
        accurate(cf.beta_coverage(alpha=alpha, beta=beta, k=k).power_law, exact.beta_coverage(alpha, beta, k)[2], alpha)


def test_a_judge_at_a_threshold():
    walk = Walk(5)
    chosen = (
        [(0.3, 1.0, tau) for tau in (38.0, 38.5, 39.0, 100.0, 1000.0)]
        + [(1e-249, 63.0, 38.7)]
        + [(0.5, 0.0, t) for t in (6.0, 7.9, 50.0)]
    )
    near = lambda: walk.random.uniform(-40, 40) if walk.coin() else walk.random.normal() * 300  # noqa: E731
    for p, d, tau in [*chosen, *((walk.rate(), float(near()) / 4, float(near())) for _ in range(800))]:
        got = cf.judge_threshold(success=p, d_prime=d, threshold=tau)
        accurate(got, exact.judge_threshold(p, d, tau), (p, d, tau))
    assert cf.judge_threshold(success=0.5, d_prime=0.0, threshold=1e300).precision == 0.5


def test_best_of():
    walk = Walk(6)
    for n in [1.0, 2.0, *(walk.whole() for _ in range(300))]:
        accurate(cf.best_of_kl(attempts=n), exact.best_of_kl(n), n)
    for _ in range(5):
        p, d, n = walk.rate(), walk.random.uniform(-8, 8), walk.whole()
        accurate(cf.best_of_judge(success=p, d_prime=d, attempts=n), exact.best_of_judge(p, d, n), (p, d, n))
    for _ in range(300):
        corners = [[0.0, *sorted(walk.rate() for _ in range(4)), 1.0] for _ in range(2)]
        p, n = walk.rate(), walk.whole()
        got = cf.best_of_roc(success=p, attempts=n, false_positive_rates=corners[0], true_positive_rates=corners[1])
        accurate(got, exact.best_of_roc(p, n, *corners), (p, n, corners))
    for _ in range(40):
        size = int(walk.whole(1, 400))
        scores, values = walk.random.integers(0, size + 1, size).tolist(), walk.random.normal(size=size).tolist()
        n = int(walk.random.integers(1, size + 1))
        got = cf.best_of_scored(scores=scores, values=values, attempts=n)
        scale = exact.best_of_scored(scores, np.abs(values).tolist(), n)
        accurate(got, exact.best_of_scored(scores, values, n), (scores, values, n), scale)


def test_a_majority_of_two():
    walk = Walk(7)
    assert cf.binary_majority(success=0.5, votes=2.0**53) == 0.5
    for _ in range(20):
        k, abstain = walk.whole(), walk.coin()
        # Far from one half the chance is 0 or 1 but for few votes.
        near = 0.5 + walk.random.normal() * 1.5 / math.sqrt(k)
        p = walk.rate() if walk.coin() else float(min(max(near, 0), 1))
        got = cf.binary_majority(success=p, votes=k, ties=TIES[abstain])
        accurate(got, exact.binary_majority(p, k, abstain), (p, k, abstain))


def test_a_majority_of_several():
    walk = Walk(8)
    for _ in range(30):
        answers = np.array([walk.rate() for _ in range(walk.random.integers(3, 7))]) + 1e-300
        if walk.coin():
            answers[1:-1] = answers[1]
        answers = (answers / answers.sum()).tolist()
        k, abstain = int(walk.random.integers(1, 14)), walk.coin()
        got = cf.majority(answers=answers, votes=k, ties=TIES[abstain])
        accurate(got, exact.majority(answers, k, abstain), (answers, k, abstain))
    for answers, k in (([0.2, 0.3, 0.3, 0.2], 80), ([0.1] + [0.05] * 18, 40)):
        accurate(cf.majority(answers=answers, votes=k), exact.majority(answers, k, False), (answers, k))
    # By symmetry, however many votes and answers there are.
    for count, k in itertools.product((3, 50, 1000), (2, 37, 512)):
        got = cf.majority(answers=[1 / count] * count, votes=k)
        accurate(got, mp.mpf(1) / count, (count, k))


def test_two_types():
    walk = Walk(9)
    drawn = (tuple(walk.rate() for _ in range(5)) for _ in range(2000))
    for easy, hard, share, f, g in drawn:
        if hard > easy or g > 1 - f:
            continue
        reward, cost, k = walk.between(1e-100, 1e100), walk.between(1e-100, 1e100), walk.whole(0)
        names = {"success_easy": easy, "success_hard": hard, "easy_share": share}
        names |= {"false_positive_rate": f, "false_negative_rate": g, "correct_reward": reward, "wrong_cost": cost}
        best = cf.two_type_optimum(**names)
        finite = min(best.max_attempts, 1e305)
        others = sorted({0.0, 1.0, max(finite - 1, 0.0), finite + 1, 2.0 * finite})
        parts = exact.two_type_parts(easy, hard, share, f, g, reward, cost, k, finite, *others)
        with mp.workdps(60):
            (gain, loss), at, *rest = parts
            accurate(cf.two_type_utility(**names, max_attempts=k), gain - loss, (names, k), gain + loss)
            # No other number of attempts is better by what counts.
            for other, (gain, loss) in zip(others, rest, strict=True):
                assert gain - loss <= (at[0] - at[1]) + 1e-12 * (gain + loss + at[0] + at[1]) + 1e-290, (names, other)
    tiny = dict.fromkeys(("success_easy", "success_hard"), 1e-160)
    got = cf.two_type_utility(**tiny, easy_share=0.5, false_positive_rate=1e-200, wrong_cost=0, max_attempts=2)
    np.testing.assert_allclose(got, 2e-160, rtol=1e-12)


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 2.2e-308])
def test_numbers_below_the_normal_ones_give_numbers(tiny):
    names = {"success": [tiny, 0.3, 0.3, 0.3], "false_positive_rate": [0.1, tiny, 0.1, 0.1]}
    names |= {"false_negative_rate": [0.1, 0.1, tiny, 0.1]}
    assert not np.isnan(cf.ceiling(**names)).any()
    assert not np.isnan(cf.first_accepted(**names, max_attempts=[0, 1, 9, 2**53])).any()
    assert not np.isnan(cf.batched(**names, batch=3, rounds=2**50)).any()
    spread = cf.spread_ceiling(**{k: [*v, 0.1] for k, v in names.items()}, icc=[0.1, 0.1, 0.1, tiny, 1e-20])
    np.testing.assert_allclose(spread[:2], [0, 1], atol=1e-200)
    assert not np.isnan(spread).any()
    assert not np.isnan(cf.binary_majority(success=tiny, votes=[1, 2, 3, 2**53])).any()
    assert not np.isnan(cf.majority(answers=[tiny, 0.5, 0.5], votes=[1, 2, 3, 512])).any()
    assert not np.isnan(cf.majority(answers=[0.5, 0.5, tiny], votes=[1, 2, 3, 512])).any()
    assert not np.isnan(cf.judge_threshold(success=tiny, d_prime=[0, 1, -3], threshold=[1, 40, 1e3])).any()
    assert not np.isnan(cf.best_of_judge(success=tiny, d_prime=[0, 1e308], attempts=[5, 2**53])).any()
