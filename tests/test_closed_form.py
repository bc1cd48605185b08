"""Every closed form against exact enumeration in fractions, or against quadrature with many digits."""

import itertools
import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from limitlaw import closed_form as cf
from reference import closed_form_mpmath as exact

RATES = [
    (Fraction(3, 10), Fraction(1, 20), Fraction(1, 10)),
    (Fraction(1, 10), Fraction(0), Fraction(1, 2)),
    (Fraction(9, 10), Fraction(1, 2), Fraction(0)),
    (Fraction(0), Fraction(1, 3), Fraction(1, 4)),
]


def close(got, expected, relative=1e-12):
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(expected, float), rtol=relative, atol=1e-300)


def rates(p, f, g):
    return {"success": float(p), "false_positive_rate": float(f), "false_negative_rate": float(g)}


def walk(p, f, g, cap):
    """Over all sequences of attempts: accepted, accuracy, accuracy with the last answer, coverage, attempts."""
    kinds = {(1, 1): p * (1 - g), (0, 1): (1 - p) * f, (1, 0): p * g, (0, 0): (1 - p) * (1 - f)}
    totals = [Fraction(0)] * 5
    for sequence in itertools.product(kinds, repeat=cap):
        chance = math.prod((kinds[s] for s in sequence), start=Fraction(1))
        at = next((i for i, (_, accepted) in enumerate(sequence) if accepted), None)
        answer = sequence[at if at is not None else -1][0]
        values = (
            at is not None,
            answer * (at is not None),
            answer,
            any(c for c, _ in sequence),
            cap if at is None else at + 1,
        )
        totals = [t + chance * v for t, v in zip(totals, values, strict=True)]
    return totals


@pytest.mark.parametrize("task", RATES)
@pytest.mark.parametrize("cap", [1, 2, 5])
def test_first_accepted_is_the_sum_over_all_sequences(task, cap):
    accepted, accuracy, last, coverage, attempts = walk(*task, cap)
    got = cf.first_accepted(**rates(*task), max_attempts=cap)
    close(got, [accepted, accepted, accuracy, coverage, attempts])
    got = cf.first_accepted(**rates(*task), max_attempts=cap, fallback="last")
    close(got, [accepted, 1, last, coverage, attempts])


@pytest.mark.parametrize("task", RATES)
def test_batches_are_first_accepted_in_groups(task):
    got = cf.batched(**rates(*task), batch=2, rounds=3)
    accepted, accuracy, _, coverage, _ = walk(*task, 6)
    reject = [1 - walk(*task, 2 * r)[0] if r else Fraction(1) for r in range(3)]
    close(got, [accepted, accuracy, coverage, sum(reject), 2 * sum(reject)])


def test_the_ceiling_is_the_limit_and_false_negatives_lower_it():
    close(
        cf.ceiling(success=0.1, false_positive_rate=0.05, false_negative_rate=[0, 0.5]),
        [Fraction(20, 29), Fraction(10, 19)],
    )
    assert cf.ceiling(success=0.0, false_positive_rate=0.0) == 0.0
    far = cf.first_accepted(success=1e-9, false_positive_rate=1e-8, max_attempts=10**12).accuracy
    close(far, cf.ceiling(success=1e-9, false_positive_rate=1e-8))


@pytest.mark.parametrize("p", [1e-12, 1e-3, 0.1, 0.5])
@pytest.mark.parametrize("mean", [1e-6, 0.05, 0.7])
def test_the_spread_ceiling_is_the_hypergeometric_function(p, mean):
    for icc in (0.01, 0.3, 0.6, 0.999):
        with mp.workdps(40):
            size = (1 - mp.mpf(icc)) / mp.mpf(icc)
            z = (1 - mp.mpf(p)) / (mp.mpf(p) * mp.mpf(0.75))
            expected = mp.hyp2f1(1, mp.mpf(mean) * size, size, -z)
        close(
            cf.spread_ceiling(success=p, false_positive_rate=mean, false_negative_rate=0.25, icc=icc), expected, 1e-12
        )


@pytest.mark.parametrize(
    ("p", "mean", "icc"), [(1e-12, 1e-6, 1e-6), (0.1, 0.05, 1e-6), (0.5, 0.7, 1e-8), (0.5, 0.7, 1e-6)]
)
def test_the_spread_ceiling_of_a_narrow_spread_is_its_integral(p, mean, icc):
    got = cf.spread_ceiling(success=p, false_positive_rate=mean, icc=icc)
    close(got, exact.spread_ceiling(p, mean, 0.0, icc), 2e-12)


def test_the_spread_ceiling_at_its_ends():
    close(cf.spread_ceiling(success=0.1, false_positive_rate=0.05, icc=[0.1, 0.3, 0.6]), [0.773, 0.849, 0.907], 7e-4)
    close(cf.spread_ceiling(success=0.1, false_positive_rate=0.05, icc=[0, 1e-300]), [20 / 29, 20 / 29])
    close(cf.spread_ceiling(success=0.1, false_positive_rate=0.05, icc=1), 0.95 + 0.05 * 0.1)


def pool_by_enumeration(n, accepted, good, correct, cap):
    """All orders of which attempts are accepted and correct; those of one kind are interchangeable."""
    items = [(1, 1)] * good + [(0, 1)] * (accepted - good)
    items += [(1, 0)] * (correct - good) + [(0, 0)] * (n - accepted - correct + good)
    totals, count = [Fraction(0)] * 5, 0
    for order in itertools.permutations(items, cap):
        at = next((i for i, (_, a) in enumerate(order) if a), None)
        answer = order[at if at is not None else -1][0]
        values = (
            at is not None,
            answer * (at is not None),
            answer,
            any(c for c, _ in order),
            cap if at is None else at + 1,
        )
        totals = [t + v for t, v in zip(totals, values, strict=True)]
        count += 1
    return [t / count for t in totals]


@pytest.mark.parametrize("counts", [(6, 2, 1, 2), (6, 3, 0, 1), (5, 0, 0, 2), (5, 5, 2, 2), (7, 1, 1, 1)])
@pytest.mark.parametrize("cap", [1, 3, 5])
def test_a_finite_pool_is_the_mean_over_all_orders(counts, cap):
    names = dict(zip(("attempts", "accepted", "accepted_correct", "correct"), counts, strict=True))
    accepted, accuracy, last, coverage, attempts = pool_by_enumeration(*counts, cap)
    close(cf.finite_pool(**names, max_attempts=cap), [accepted, accepted, accuracy, coverage, attempts])
    close(cf.finite_pool(**names, max_attempts=cap, fallback="last"), [accepted, 1, last, coverage, attempts])


def test_a_pool_says_nothing_beyond_itself_or_of_what_it_does_not_know():
    beyond = cf.finite_pool(attempts=5, accepted=2, accepted_correct=1, correct=1, max_attempts=6)
    assert np.isnan(beyond).all()
    unknown = cf.finite_pool(attempts=5, accepted=2, max_attempts=2)
    assert np.isnan([unknown.accuracy, unknown.coverage]).all()
    assert not np.isnan(unknown.attempts_used)


def test_pass_rates_are_the_share_of_subsets_and_null_below_k():
    for n, k in itertools.product(range(8), range(1, 9)):
        for c in range(n + 1):
            got = cf.pass_at_k(attempts=n, correct=c, k=k), cf.pass_hat_k(attempts=n, correct=c, k=k)
            if n < k:
                assert np.isnan(got).all(), "fewer than k attempts say nothing: never 1.0"
                continue
            subsets = list(itertools.combinations([1] * c + [0] * (n - c), k))
            close(got, [Fraction(sum(map(any, subsets)), len(subsets)), Fraction(sum(map(all, subsets)), len(subsets))])


def test_pass_at_k_keeps_its_digits_where_products_round():
    with mp.workdps(50):
        expected = 1 - mp.binomial(10**9 - 3, 10**4) / mp.binomial(10**9, 10**4)
    close(cf.pass_at_k(attempts=10**9, correct=3, k=10**4), expected)


@pytest.mark.parametrize(
    ("n", "c", "k", "alpha", "beta"), [(100, 0, 1000, 0.5, 0.5), (5, 2, 3, 1, 2), (20, 20, 50, 0.3, 4)]
)
def test_the_posterior_predictive_is_the_integral_over_the_posterior(n, c, k, alpha, beta):
    with mp.workdps(40):
        a, b = mp.mpf(alpha) + c, mp.mpf(beta) + n - c
        failure, reliability = mp.beta(a, b + k) / mp.beta(a, b), mp.beta(a + k, b) / mp.beta(a, b)
        density = lambda p, power: p ** (a - 1) * (1 - p) ** (b - 1 + power) / mp.beta(a, b)  # noqa: E731
        assert abs(mp.quad(lambda t: density(t**4, k) * 4 * t**3, [0, 0.1, 0.3, 0.6, 1]) - failure) < 1e-12
    close(cf.posterior_pass_at_k(attempts=n, correct=c, k=k, alpha=alpha, beta=beta), [1 - failure, reliability])


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 2), (1, 1), (0.05, 0.2), (3, 0.01)])
def test_a_beta_population_tends_to_its_power_law(alpha, beta):
    ks = np.array([1, 10, 1000, 10**6])
    got = cf.beta_coverage(alpha=alpha, beta=beta, k=ks)
    with mp.workdps(40):
        a, b = mp.mpf(alpha), mp.mpf(beta)
        failure = [mp.beta(a, b + int(k)) / mp.beta(a, b) for k in ks]
        law = [mp.gamma(a + b) / mp.gamma(b) * mp.mpf(int(k)) ** -a for k in ks]
        error = [float(f / w - 1) for f, w in zip(failure, law, strict=True)]
        coverage = [1 - f for f in failure]
    close(got.failure, failure)
    close(got.power_law, law)
    close(got.coverage, coverage)
    # What remains after the leading term is of order k^-2.
    assert abs(error[2] - got.relative_error[2]) < 10 * (alpha + beta + 1) ** 4 / 1000**2
    assert abs(error[3] - got.relative_error[3]) < 10 * (alpha + beta + 1) ** 4 / 1e12


PAPER = {"success_easy": 0.87, "success_hard": 0.13, "easy_share": 0.58, "false_positive_rate": 0.25}


def exact_utilities(types, rates, cost, most):
    """At each cap from 0 to ``most``: what the attempt after k rejected ones adds, one after the other."""
    (r1, r2, share), (f, g) = types, rates
    total, adds = [Fraction(0)], []
    for pi, r in ((share, r1), (1 - share, r2)):
        adds.append([pi * ((1 - g) * r - cost * f * (1 - r)), 1 - (r * (1 - g) + (1 - r) * f)])
    for _ in range(most):
        total.append(total[-1] + sum(worth for worth, _ in adds))
        adds = [[worth * rejected, rejected] for worth, rejected in adds]
    return total


def test_the_two_type_utility_reproduces_the_right_value_of_the_paper_example():
    got = cf.two_type_utility(**PAPER, wrong_cost=2, max_attempts=15)
    close(
        got,
        exact_utilities(
            (Fraction(87, 100), Fraction(13, 100), Fraction(58, 100)), (Fraction(1, 4), Fraction(0)), Fraction(2), 15
        )[15],
    )
    assert round(float(got), 3) == 0.149


def test_the_two_type_optimum_is_the_best_cap_by_exact_search():
    choices = itertools.product(
        [Fraction(87, 100), Fraction(1, 2)],
        [Fraction(13, 100), Fraction(1, 100)],
        [Fraction(1, 2), Fraction(9, 10)],
        [Fraction(1, 4), Fraction(1, 20)],
        [Fraction(0), Fraction(1, 5)],
        [Fraction(1, 10), Fraction(2), Fraction(20)],
    )
    for r1, r2, share, f, g, cost in choices:
        names = dict(
            zip(
                ("success_easy", "success_hard", "easy_share", "false_positive_rate", "false_negative_rate"),
                map(float, (r1, r2, share, f, g)),
                strict=True,
            )
        )
        best = cf.two_type_optimum(**names, wrong_cost=float(cost))
        values = exact_utilities((r1, r2, share), (f, g), cost, 59)
        if math.isinf(best.max_attempts):
            assert (1 - g) * r2 >= cost * f * (1 - r2)
        else:
            assert best.max_attempts < 59
            assert values[int(best.max_attempts)] == max(values)
            close(best.utility, max(values))


def test_the_two_type_optimum_does_not_saturate():
    """A tiny gain over thousands of attempts: a cumulative sum in floats stops changing long before."""
    best = cf.two_type_optimum(
        success_easy=0.5, success_hard=1e-6, easy_share=1 - 1e-9, false_positive_rate=1e-4, wrong_cost=0.0101
    )
    with mp.workdps(50):
        r1, r2, f, cost = map(mp.mpf, (0.5, 1e-6, 1e-4, 0.0101))
        u1, u2 = r1 - cost * f * (1 - r1), r2 - cost * f * (1 - r2)
        assert u2 < 0
        pi = mp.mpf(1 - 1e-9)
        bound = mp.log(pi * u1 / ((1 - pi) * -u2)) / mp.log((1 - r2 - (1 - r2) * f) / (1 - r1 - (1 - r1) * f))
    assert best.max_attempts == math.ceil(bound)
    endless = cf.two_type_optimum(**PAPER, wrong_cost=0.5)
    assert endless.max_attempts == math.inf
    close(endless.utility, 0.58 * (0.87 - 0.5 * 0.25 * 0.13) / 0.9025 + 0.42 * (0.13 - 0.5 * 0.25 * 0.87) / 0.3475)


def test_arguments_broadcast_and_numbers_stay_numbers():
    grid = cf.ceiling(success=np.linspace(0.1, 0.9, 3)[:, None], false_positive_rate=[0.0, 0.1])
    assert grid.shape == (3, 2)
    assert np.ndim(cf.ceiling(success=0.5, false_positive_rate=0.5)) == 0
    assert cf.ceiling(success=np.empty((0, 2)), false_positive_rate=0.5).shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cf.ceiling(success=1.2, false_positive_rate=0), r"^success must be in \[0, 1\], got 1.2$"),
        (
            lambda: cf.ceiling(success=[0.1, float("nan")], false_positive_rate=0),
            r"^success\[1\] must be in \[0, 1\], got nan$",
        ),
        (lambda: cf.pass_at_k(attempts=3, correct=4, k=1), "^correct must be at most attempts = 3, got 4$"),
        (lambda: cf.pass_at_k(attempts=3, correct=1, k=0.5), r"^k must be a whole number in \[1, 2\*\*53\], got 0.5$"),
        (lambda: cf.pass_hat_k(attempts=3, correct=1, k=0), r"^k must be a whole number in \[1, 2\*\*53\], got 0$"),
        (lambda: cf.beta_coverage(alpha=0, beta=1, k=1), r"^alpha must be in \[1e-300, 1e100\], got 0$"),
        (lambda: cf.majority(answers=[0.5, 0.4], votes=3), "^answers must be probabilities that sum to 1, got 0.9$"),
        (
            lambda: cf.majority(answers=[0.5, 0.3, 0.2], votes=513),
            "^votes must be at most 512 for three answers or more, got 513$",
        ),
        (
            lambda: cf.ceiling(success=np.full((10_000, 1), 0.5), false_positive_rate=np.full(10_000, 0.5)),
            r"^shapes must broadcast to at most 1e7 elements, got success \(10000, 1\), false_positive_rate \(10000,",
        ),
        (
            lambda: cf.ceiling(success=np.broadcast_to(0.5, (10**6, 10**6)), false_positive_rate=0),
            "^success must be at most 1e7 numbers, got 1e12$",
        ),
        (
            lambda: cf.best_of_scored(scores=np.zeros(10**6 + 1), values=[1], attempts=1),
            "^scores must be at most 1e6 numbers, got 1000001$",
        ),
        (
            lambda: cf.majority(answers=[1.0], votes=3, ties="first"),
            "^ties must be 'random' or 'abstain', got 'first'$",
        ),
        (
            lambda: cf.best_of_roc(
                success=0.5, attempts=1, false_positive_rates=[0, 0.5, 0.4, 1], true_positive_rates=[0, 0.5, 0.6, 1]
            ),
            "^false_positive_rates must be never falling",
        ),
        (
            lambda: cf.best_of_scored(scores=[1, 2], values=[1], attempts=1),
            r"^values must be as long as scores \(2\), got 1$",
        ),
        (
            lambda: cf.two_type_optimum(**{**PAPER, "success_hard": 0.9}, wrong_cost=1),
            "^success_hard must be at most success_easy",
        ),
        (
            lambda: cf.two_type_optimum(**PAPER, false_negative_rate=0.8, wrong_cost=1),
            "^false_negative_rate must be at most 1 - false_positive_rate",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_words_are_no_numbers():
    for words in ("high", "0.5", ["0.1", "0.2"], [[1], [2, 3]], None, 1j, True):
        with pytest.raises(TypeError, match=r"^success must be a number or an array of numbers, got"):
            cf.ceiling(success=words, false_positive_rate=0.1)
