"""Estimates against enumeration, against simulated data of known parameters, and at their optimum."""

import functools
import itertools
import math

import mpmath as mp
import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw import closed_form, fit

NORMAL_975 = 1.959963984540054


def well_known_estimator(n, c, k):
    """The product form in which pass@k is usually coded: it answers 1.0 wherever n - c < k, also for n < k."""
    return 1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))


def test_pass_at_k_is_the_well_known_estimator_where_it_exists_and_null_elsewhere():
    correct = np.random.default_rng(1).integers(0, 21, 40)
    frame = ll.pass_at_k(20, correct, [1, 2, 10, 20, 21, 40])
    expected = [np.mean([well_known_estimator(20, c, k) for c in correct]) for k in (1, 2, 10, 20)]
    np.testing.assert_allclose(frame["pass_at_k"][:4], expected, rtol=1e-12)
    assert frame["pass_at_k"][4:].to_list() == [None, None]
    # One task of no correct attempts: the tools' answer for k > n would be 1.0.
    assert well_known_estimator(3, 0, 4) == 1.0
    assert ll.pass_at_k([3], [0], [3, 4])["pass_at_k"].to_list() == [0.0, None]


def test_one_short_task_makes_the_mean_null():
    frame = ll.pass_at_k([10, 3], [5, 1], [3, 4])
    assert frame["pass_at_k"].is_null().to_list() == [False, True]
    assert frame.select("pass_at_k_se", "low", "high").row(1) == (None, None, None)


def test_tau_bench_reliability_is_the_published_one():
    tasks = ll.datasets.taubench_airline()
    frame = ll.pass_hat_k(tasks["n"], tasks["correct"], [1, 2, 3, 4, 5])
    assert frame["pass_hat_k"].round(4).to_list() == [0.42, 0.2733, 0.22, 0.2, None]


def test_the_standard_error_over_tasks_is_that_of_a_mean():
    correct = np.array([0, 1, 5, 10, 7])
    values = closed_form.pass_at_k(attempts=10, correct=correct, k=3)
    frame = ll.pass_at_k(10, correct, 3)
    np.testing.assert_allclose(frame["pass_at_k_se"][0], values.std(ddof=1) / math.sqrt(5), rtol=1e-12)


def test_the_standard_error_over_attempts_needs_two_k_attempts():
    frame = ll.pass_at_k(10, [0, 1, 5, 10, 7], [1, 5, 6], resample="attempts")
    assert frame["pass_at_k_se"].is_null().to_list() == [False, False, True]
    # k = 1: the unbiased variance of a share, c(n-c)/(n^2 (n-1)).
    expected = math.sqrt(sum(c * (10 - c) / 900 for c in (0, 1, 5, 10, 7))) / 5
    np.testing.assert_allclose(frame["pass_at_k_se"][0], expected, rtol=1e-12)


@pytest.mark.parametrize("resample", ["tasks", "attempts"])
def test_an_interval_of_many_attempts_has_the_width_of_the_normal_law(resample):
    """Asymptotically both kinds are estimate +- z s; with 1,000 tasks the exact limits are within 3 % of that."""
    correct = np.random.default_rng(2).integers(1, 100, 1000)
    frame = ll.pass_at_k(100, correct, 1, resample=resample)
    share = correct / 100
    variance = share.var() / 1000 if resample == "tasks" else (share * (1 - share) / 100).sum() / 1000**2
    width = frame["high"][0] - frame["low"][0]
    np.testing.assert_allclose(width, 2 * NORMAL_975 * math.sqrt(variance), rtol=0.03)
    np.testing.assert_allclose((frame["low"][0] + frame["high"][0]) / 2, share.mean(), atol=0.02 * width)


def test_one_attempt_a_task_has_the_limits_of_clopper_and_pearson():
    """P(at most 12 of 200) and P(at least 12 of 200) are .025 at the ends; 10 of 10 is no certainty."""
    for resample in ("tasks", "attempts"):
        low, high = ll.pass_at_k(1, [1] * 12 + [0] * 188, 1, resample=resample).select("low", "high").row(0)
        at_most = sum(math.comb(200, c) * high**c * (1 - high) ** (200 - c) for c in range(13))
        at_least = 1 - sum(math.comb(200, c) * low**c * (1 - low) ** (200 - c) for c in range(12))
        np.testing.assert_allclose([at_most, at_least], 0.025, rtol=1e-9)
        low, high = ll.pass_hat_k(1, [1] * 10, 1, resample=resample).select("low", "high").row(0)
        np.testing.assert_allclose((low, high), (0.025**0.1, 1.0), rtol=1e-12)


@pytest.mark.parametrize("p", [0.0, 0.03, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("tasks", [5, 30, 200])
def test_the_exact_coverage_of_one_attempt_is_at_least_the_nominal(p, tasks):
    """Summed over all outcomes."""
    covered = 0.0
    for c in range(tasks + 1):
        low, high = ll.pass_at_k(1, [1] * c + [0] * (tasks - c), 1).select("low", "high").row(0)
        covered += (low <= p <= high) * math.comb(tasks, c) * p**c * (1 - p) ** (tasks - c)
    assert covered >= 0.95 - 1e-12


def test_nothing_of_a_pass_rate_is_minus_0():
    for correct in ([0, 0, 0], [10, 10, 10]):
        for call in (ll.pass_at_k, ll.pass_hat_k):
            for resample in ("tasks", "attempts"):
                frame = call(10, correct, [1, 5, 10], resample=resample)
                values = frame.select(pl.selectors.float()).fill_null(0.0).to_numpy()
                assert not np.signbit(values).any()


@pytest.mark.parametrize("unsolvable", [0.0, 0.3])
def test_the_likelihood_is_the_integral_over_the_population(unsolvable):
    alpha, beta, n = 0.4, 1.7, 6
    total = 0.0
    for c in range(n + 1):
        with mp.workdps(30):
            mixed = math.comb(n, c) * mp.beta(alpha + c, beta + n - c) / mp.beta(alpha, beta)
            density = lambda x, c=c: x ** (alpha + c - 1) * (1 - x) ** (n - c + beta - 1)  # noqa: E731
            # x = t^4 takes the edge off the density at 0.
            integral = mp.quad(lambda t: density(t**4) * 4 * t**3, [0, 0.3, 0.7, 1])  # noqa: B023
            assert abs(math.comb(n, c) * integral / mp.beta(alpha, beta) - mixed) < 1e-12
        expected = (1 - unsolvable) * float(mixed) + unsolvable * (c == 0)
        got = fit.beta_binomial_log_likelihood(n, [c], alpha=alpha, beta=beta, unsolvable=unsolvable)
        np.testing.assert_allclose(math.exp(got), expected, rtol=1e-12)
        total += math.exp(got)
    np.testing.assert_allclose(total, 1, rtol=1e-12)


def test_stopping_at_a_success_has_the_likelihood_of_all_its_sequences():
    alpha, beta, stop, cap = 0.7, 1.2, 2, 5
    chances: dict[tuple[int, int], float] = {}
    for sequence in itertools.product((0, 1), repeat=cap):
        ends = [i + 1 for i in range(cap) if sum(sequence[: i + 1]) == stop and sequence[i]]
        n = ends[0] if ends else cap
        c = sum(sequence[:n])
        hits = sum(sequence)
        chance = float(mp.beta(alpha + hits, beta + cap - hits) / mp.beta(alpha, beta))
        chances[n, c] = chances.get((n, c), 0.0) + chance
    for (n, c), chance in chances.items():
        got = fit.beta_binomial_log_likelihood([n], [c], alpha=alpha, beta=beta, stopped_at=stop)
        np.testing.assert_allclose(math.exp(got), chance, rtol=1e-12)


def drawn(tasks, attempts, alpha, beta, unsolvable, seed):  # noqa: PLR0917
    random = np.random.default_rng(seed)
    p = random.beta(alpha, beta, tasks) * (random.random(tasks) >= unsolvable)
    return random.binomial(attempts, p)


def estimates(frame):
    return dict(frame.select("quantity", "estimate").iter_rows())


@pytest.mark.parametrize("unsolvable", [False, True])
def test_no_other_population_is_more_likely(unsolvable):
    correct = drawn(150, 40, 0.5, 1.5, 0.25 * unsolvable, 4)
    frame = fit.fit_beta_binomial(40, correct, unsolvable=unsolvable)
    found = estimates(frame)
    z = found.get("unsolvable", 0.0)

    def at(a, b, u):
        odds = z / (1 - z) * math.exp(u) if unsolvable else 0.0
        changed = {
            "alpha": found["alpha"] * math.exp(a),
            "beta": found["beta"] * math.exp(b),
            "unsolvable": odds / (1 + odds),
        }
        return fit.beta_binomial_log_likelihood(40, correct, **changed)

    top = at(0, 0, 0)
    np.testing.assert_allclose(frame["log_likelihood"][0], top, rtol=1e-12)
    for direction in np.eye(3)[: 3 if unsolvable else 2]:
        slope = (at(*(1e-4 * direction)) - at(*(-1e-4 * direction))) / 2e-4
        assert abs(slope) < 1e-4, "the slope at a maximum is 0, up to differences of likelihoods of size 1e-13 / 1e-4"
    for step in np.random.default_rng(5).normal(0, 0.3, (200, 3)):
        assert at(*step) <= top + 1e-9


def test_a_profile_interval_ends_where_the_likelihood_has_fallen_by_half_a_squared_t():
    correct = drawn(100, 30, 0.5, 1.5, 0.0, 6)
    frame = fit.fit_beta_binomial(30, correct)
    top = frame["log_likelihood"][0]
    mean = frame.row(2, named=True)
    for end in (mean["low"], mean["high"]):
        sizes = np.exp(np.linspace(-3, 6, 1801))
        best = max(fit.beta_binomial_log_likelihood(30, correct, alpha=end * s, beta=(1 - end) * s) for s in sizes)
        np.testing.assert_allclose(top - best, 1.9842169516**2 / 2, atol=2e-3)  # Student's t of 99 degrees of freedom


def test_one_attempt_per_task_identifies_the_mean_alone():
    frame = fit.fit_beta_binomial(1, [1] * 602 + [0] * 278)
    unidentified = frame.filter(pl.col("quantity") != "mean")
    assert unidentified.select("estimate", "low", "high").null_count().row(0) == (3, 3, 3)
    assert unidentified["reason"].str.contains("one attempt per task does not identify").all()
    mean = frame.filter(quantity="mean").row(0, named=True)
    np.testing.assert_allclose(mean["estimate"], 602 / 880, rtol=1e-6)
    assert mean["reason"] is None
    # The likelihood of 602 of 880 at the ends of the interval: Student's t of 879 degrees of freedom.
    fall = 602 * math.log(602 / 880 / mean["low"]) + 278 * math.log(278 / 880 / (1 - mean["low"]))
    np.testing.assert_allclose(fall, 1.9626654**2 / 2, rtol=1e-4)


def test_two_attempts_do_not_tell_unsolvable_tasks_from_a_beta():
    """The share and the Beta move together: a likelihood of two moments has no maximum in three parameters."""
    counts = [0] * 5 + [1] * 4 + [2] * 3
    frame = fit.fit_beta_binomial(2, counts, unsolvable=True)
    assert frame["estimate"].is_null().all()
    assert frame["reason"].str.contains("at least 3 on some tasks").all()
    # With mean m and E p^2 = s of all tasks, any share z has the Beta of moments m/(1-z) and s/(1-z).
    found = estimates(fit.fit_beta_binomial(2, counts))
    size = found["alpha"] + found["beta"]
    m, s = found["mean"], found["alpha"] * (found["alpha"] + 1) / (size * (size + 1))
    values = []
    for z in (0.0, 0.1, 0.2):
        mean, second = m / (1 - z), s / (1 - z)
        total = (mean - second) / (second - mean**2)
        values.append(
            fit.beta_binomial_log_likelihood(2, counts, alpha=mean * total, beta=(1 - mean) * total, unsolvable=z)
        )
    np.testing.assert_allclose(values, values[0], rtol=1e-9)


def test_one_task_says_nothing_about_the_spread():
    frame = fit.fit_beta_binomial([10], [3])
    assert frame["estimate"].round(6).to_list() == [None, None, 0.3, None]
    assert frame["low"].is_null().all()
    assert frame["reason"].str.contains("one task").all()


@pytest.mark.parametrize("interval", ["profile", "bootstrap"])
def test_counts_that_vary_too_little_are_at_the_boundary(interval):
    seed = 1 if interval == "bootstrap" else None
    rows = {r["quantity"]: r for r in fit.fit_beta_binomial(10, [3] * 20, interval=interval, seed=seed).to_dicts()}
    assert rows["icc"]["estimate"] == rows["icc"]["low"] == 0.0
    assert 0.01 < rows["icc"]["high"] < 0.05
    for shape in ("alpha", "beta"):
        assert rows[shape]["estimate"] is None
        assert rows[shape]["low"] > 5
        assert rows[shape]["high"] == math.inf
        assert "boundary icc = 0" in rows[shape]["reason"]
    np.testing.assert_allclose(rows["mean"]["estimate"], 0.3, atol=1e-6)


def test_tasks_all_correct_or_all_wrong_are_at_the_other_boundary():
    rows = {r["quantity"]: r for r in fit.fit_beta_binomial(10, [0] * 5 + [10] * 7).to_dicts()}
    assert rows["icc"]["estimate"] == rows["icc"]["high"] == 1.0
    assert 0.5 < rows["icc"]["low"] < 1
    assert rows["alpha"]["estimate"] is None
    np.testing.assert_allclose(rows["mean"]["estimate"], 7 / 12, atol=1e-6)
    confounded = fit.fit_beta_binomial(10, [0] * 5 + [10] * 7, unsolvable=True).filter(pl.col("quantity") != "icc")
    assert confounded["estimate"].is_null().all()


def test_no_unsolvable_tasks_are_exactly_none_and_have_an_upper_bound():
    """Every task solved once or more: the interval ends where the share costs half a squared t, never at 1."""
    row = fit.fit_beta_binomial(10, [3, 4, 5, 6, 9, 7, 2, 1], unsolvable=True).row(4, named=True)
    assert (row["estimate"], row["low"]) == (0.0, 0.0)
    # With no task at 0 each factor is 1 - z: 8 ln(1 - z) = -t^2/2, for Student's t of 7 degrees of freedom.
    np.testing.assert_allclose(row["high"], 1 - math.exp(-(2.3646242510**2) / 16), rtol=1e-5)


@pytest.mark.parametrize(
    ("attempts", "correct", "message"),
    [
        (1, [1] * 602 + [0] * 278, r"^attempts must be at least 2 on some tasks .*, got at most 1$"),
        ([10], [3], r"^attempts must be counts of at least 2 tasks .*, got 1$"),
        (10, [0, 0], "^correct must be counts with a correct and a wrong attempt"),
    ],
)
def test_a_forecast_without_a_population_is_refused_with_what_is_needed(attempts, correct, message):
    with pytest.raises(ValueError, match=message):
        fit.forecast_pass_at_k(attempts, correct, [10], bootstrap=0)


def test_a_bootstrap_interval_knows_that_the_rates_are_no_beta():
    """Eight tasks of another kind decide the spread: whether they are drawn is what the interval must know."""
    random = np.random.default_rng(3)
    correct = np.r_[random.binomial(200, 0.1, 100), random.binomial(200, 0.5, 8)]
    profile = fit.fit_beta_binomial(200, correct)
    again = fit.fit_beta_binomial(200, correct, interval="bootstrap", bootstrap=400, seed=2)
    assert (again["low"] <= profile["low"]).all()
    assert (again["high"] >= profile["high"]).all()
    width = (again["high"] - again["low"]) / (profile["high"] - profile["low"])
    assert (width > 1.4).all()


@pytest.mark.parametrize("unsolvable", [0.0, 0.2])
@pytest.mark.parametrize("stopped", [False, True])
def test_known_populations_are_recovered(unsolvable, stopped):
    """Within 7 standard errors (from the intervals' width): false alarms below 1e-10 for all quantities together."""
    alpha, beta, tasks, attempts = 0.6, 1.4, 4000, 50
    if stopped:
        random = np.random.default_rng(7)
        p = random.beta(alpha, beta, tasks) * (random.random(tasks) >= unsolvable)
        first = np.where(p > 0, random.geometric(np.where(p > 0, p, 1)), attempts + 1)
        correct, counts = (first <= attempts).astype(int), np.minimum(first, attempts)
    else:
        correct, counts = drawn(tasks, attempts, alpha, beta, unsolvable, 8), np.full(tasks, attempts)
    frame = fit.fit_beta_binomial(counts, correct, unsolvable=unsolvable > 0, stopped_at=1 if stopped else None)
    truth = {"alpha": alpha, "beta": beta, "mean": 0.3, "icc": 1 / 3, "unsolvable": unsolvable}
    for row in frame.iter_rows(named=True):
        error = (row["high"] - row["low"]) / (2 * NORMAL_975)
        assert abs(row["estimate"] - truth[row["quantity"]]) < 7 * error, row["quantity"]
        assert error < 0.2 * truth[row["quantity"]], "the interval says something"


def test_no_unsolvable_tasks_are_found_where_there_are_none():
    row = fit.fit_beta_binomial(100, drawn(200, 100, 2, 4, 0.0, 9), unsolvable=True).row(4, named=True)
    assert row["estimate"] < 0.03
    assert row["low"] == 0.0


def test_bootstrap_intervals_agree_with_profile_intervals_on_many_tasks():
    correct = drawn(1000, 20, 1.0, 2.0, 0.0, 10)
    profile = fit.fit_beta_binomial(20, correct)
    again = fit.fit_beta_binomial(20, correct, interval="bootstrap", bootstrap=2000, seed=11)
    ratio = (again["high"] - again["low"]) / (profile["high"] - profile["low"])
    assert ratio.is_between(0.8, 1.25).all()
    assert again["estimate"].equals(profile["estimate"])


def test_a_forecast_is_the_posterior_predictive_under_the_fit():
    correct = drawn(80, 30, 0.4, 1.6, 0.2, 12)
    found = estimates(fit.fit_beta_binomial(30, correct, unsolvable=True))
    frame = fit.forecast_pass_at_k(30, correct, [1, 30, 3000], unsolvable=True, bootstrap=200, seed=1)
    alpha, beta, z = found["alpha"], found["beta"], found["unsolvable"]
    for row in frame.iter_rows(named=True):
        each = closed_form.posterior_pass_at_k(
            attempts=30, correct=correct, k=row["k"], alpha=alpha, beta=beta
        ).pass_at_k
        unseen = (1 - z) * closed_form.beta_coverage(alpha=alpha, beta=beta, k=30).failure
        solvable = np.where(correct > 0, 1.0, unseen / (unseen + z))
        np.testing.assert_allclose(row["pass_at_k"], np.mean(solvable * each), rtol=1e-10)
        assert row["low"] < row["pass_at_k"] < row["high"]


def test_a_forecast_finds_the_truth_beyond_the_attempts():
    """Within 8 bootstrap standard errors: false alarms below 1e-12 where the estimate is normal."""
    alpha, beta = 0.5, 2.0
    correct = drawn(2000, 20, alpha, beta, 0.0, 13)
    frame = fit.forecast_pass_at_k(20, correct, [100, 1000], bootstrap=200, seed=2)
    truth = closed_form.beta_coverage(alpha=alpha, beta=beta, k=[100, 1000]).coverage
    error = (frame["high"] - frame["low"]).to_numpy() / (2 * NORMAL_975)
    assert (np.abs(frame["pass_at_k"].to_numpy() - truth) < 8 * error).all()
    # A quarter of the tasks know it half as well; 200 resamples tell a width to some 7 %.
    few = fit.forecast_pass_at_k(20, correct[:500], [100, 1000], bootstrap=200, seed=2)
    assert (error < 0.7 * (few["high"] - few["low"]).to_numpy() / (2 * NORMAL_975)).all()


def test_error_rates_shrink_to_the_population():
    random = np.random.default_rng(14)
    n, tasks = 60, 300
    correct = random.binomial(n, random.beta(1, 2, tasks))
    false_positive = random.binomial(n - correct, random.beta(0.5, 4.5, tasks))
    missed = random.binomial(correct, random.beta(2, 8, tasks))
    counts = {"attempts": n, "accepted": correct - missed + false_positive, "accepted_correct": correct - missed}
    counts |= {"correct": correct}
    population = fit.fit_error_rates(**counts)
    for rate, mean, icc in (("false_positive_rate", 0.1, 1 / 6), ("false_negative_rate", 0.2, 1 / 11)):
        rows = {row["quantity"]: row for row in population.filter(rate=rate).iter_rows(named=True)}
        for name, truth in (("mean", mean), ("icc", icc)):
            error = (rows[name]["high"] - rows[name]["low"]) / (2 * NORMAL_975)
            assert abs(rows[name]["estimate"] - truth) < 7 * error
    frame = fit.fit_error_rates(**counts, by="task").filter(rate="false_positive_rate")
    # With 300 tasks the population is known well: its best estimate gives nearly the same rates.
    alpha, beta = population.filter(rate="false_positive_rate")["estimate"][:2]
    expected = (alpha + false_positive) / (alpha + beta + n - correct)
    np.testing.assert_allclose(frame["estimate"], expected, rtol=0.02, atol=5e-4)
    row = frame.filter(pl.col("errors") > 3).row(0, named=True)
    a, b = alpha + row["errors"], beta + row["of"] - row["errors"]
    held = float(mp.betainc(a, b, row["low"], row["high"], regularized=True))
    assert abs(held - 0.95) < 0.01


def rates(errors, of, by="task"):
    """False positive rates alone: every attempt is wrong."""
    zeros = np.zeros(len(errors))
    return fit.fit_error_rates(attempts=of, accepted=errors, accepted_correct=zeros, correct=zeros, by=by).filter(
        rate="false_positive_rate"
    )


def test_one_pooled_sample_has_exact_limits():
    """Binomial tails of 1/40 at both limits."""
    for by in ("task", "population"):
        row = rates([12], 200, by).filter(pl.col("estimate").is_not_null()).row(0, named=True)
        assert abs(row["estimate"] - 0.06) < 1e-12
        tails = (
            mp.betainc(12, 189, 0, row["low"], regularized=True),
            mp.betainc(13, 188, row["high"], 1, regularized=True),
        )
        np.testing.assert_allclose([float(tail) for tail in tails], 0.025, rtol=1e-9)


def test_no_error_is_no_perfect_verifier():
    for errors, of in ([0], 60), ([0] * 4, 15):
        row = rates(errors, of, "population").filter(quantity="mean").row(0, named=True)
        assert row["low"] == 0.0
        assert abs(row["high"] - (1 - 0.025 ** (1 / 60))) < 1e-12
        assert abs(row["estimate"] - 0.5 / 61) < 1e-15
        assert row["reason"].startswith("no attempt erred")
    tasks = rates([0] * 4, 15)
    assert (tasks["estimate"] > 0).all()
    assert (tasks["low"] == 0).all()
    nothing = fit.fit_error_rates(attempts=10, accepted=[10, 7], accepted_correct=[10, 5], correct=[10, 5], by="task")
    assert nothing.filter(rate="false_positive_rate")["raw"].to_list() == [None, 0.4]
    assert nothing.filter(rate="false_positive_rate", task=0)["low"].item() is None
    never = fit.fit_error_rates(attempts=5, accepted=[5], accepted_correct=[5], correct=[5])
    assert never.filter(rate="false_positive_rate")["reason"].unique().to_list() == ["no attempt could err"]


def test_rates_by_task_cover():
    """Five tasks of 20 answers, icc 0 and .4: at least .93 of 95 % intervals hold the rate.

    The seeds are fixed; with true coverage of .95 a share below .93 among 2,000 rates in clusters of 5 has probability
    below 1e-3.
    """
    random = np.random.default_rng(15)

    @functools.cache
    def limits(errors: tuple[int, ...]) -> dict[int, tuple[float, float]]:
        """By a task's own errors: those of the five have no order, and most come again."""
        return dict(zip(errors, rates(errors, 20).select("low", "high").iter_rows(), strict=True))

    for mean, icc in ((0.06, 0.0), (0.06, 0.4), (0.3, 0.1)):
        inside = 0
        for _ in range(400):
            size = np.inf if icc == 0 else 1 / icc - 1
            truth = np.full(5, mean) if icc == 0 else random.beta(mean * size, (1 - mean) * size, 5)
            errors = random.binomial(20, truth).tolist()
            found = limits(tuple(sorted(errors)))
            inside += sum(found[e][0] <= p <= found[e][1] for e, p in zip(errors, truth, strict=True))
        assert inside / 2000 >= 0.93


@pytest.mark.parametrize(
    ("errors", "n", "bound"),
    [(0, 300, 0.00994), (1, 300, 0.01571), (5, 300, 0.03472), (20, 171, 0.16540), (100, 300, 0.38086)],
)
def test_upper_bound_is_exact(errors, n, bound):
    found = fit.upper_bound(errors, n)
    assert abs(found - bound) < 1e-5
    tail = mp.betainc(n - errors, errors + 1, 0, 1 - mp.mpf(found), regularized=True)
    assert abs(float(tail) - 0.05) < 1e-12


def test_upper_bound_takes_arrays_and_ends():
    np.testing.assert_array_equal(fit.upper_bound([3, 0], [3, 0]), [1.0, 1.0])
    assert fit.upper_bound(2, [10, 20], confidence=0.9).shape == (2,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ll.pass_at_k([3, 2], [1, 3], 1),
            r"^correct\[1\] must be at most attempts\[1\] = 2, got 3$",
        ),
        (lambda: ll.pass_at_k(3, [1], []), "^k must be at least one number of attempts, got none$"),
        (
            lambda: ll.pass_at_k(3, [1], 1e20),
            r"^k\[0\] must be a whole number in \[1, 2\*\*53\], got 1e20$",
        ),
        (
            lambda: fit.forecast_pass_at_k(5, [2, 1], [], bootstrap=0),
            "^k must be at least one number of attempts, got none$",
        ),
        (lambda: ll.pass_at_k(3, [1], 0), r"^k\[0\] must be a whole number in \[1, 2\*\*53\], got 0$"),
        (lambda: ll.pass_at_k(3, [1], 1, confidence=1.0), r"^confidence must be in \[1e-9, 1 - 1e-9\], got 1$"),
        (
            lambda: ll.pass_at_k(3, [1], 1, resample="models"),
            "^resample must be 'tasks' or 'attempts', got 'models'$",
        ),
        (lambda: ll.pass_at_k(3, [], 1), "^attempts must be counts of at least one task"),
        (lambda: ll.pass_at_k([3, 3], [1.5, 1], 1), r"^correct\[0\] must be a whole number, got 1.5$"),
        (lambda: fit.fit_beta_binomial(5, [0, 0]), "^correct must be counts with a correct and a wrong attempt"),
        (
            lambda: fit.fit_beta_binomial(5, [2, 1], stopped_at=1),
            r"^correct\[0\] must be at most stopped_at = 1, got 2$",
        ),
        (
            lambda: fit.fit_beta_binomial(5, [0, 1], stopped_at=0),
            r"^stopped_at must be in \[1, ",
        ),
        (
            lambda: fit.fit_beta_binomial(5, [2, 1], interval="bayes"),
            "^interval must be 'profile' or 'bootstrap', got 'bayes'$",
        ),
        (
            lambda: fit.beta_binomial_log_likelihood(5, [2], alpha=0, beta=1),
            r"^alpha must be in \[1e-300, 1e300\], got 0$",
        ),
        (
            lambda: fit.fit_error_rates(attempts=5, accepted=[2], accepted_correct=[3], correct=[3]),
            "^accepted_correct must be at most accepted = 2, got 3$",
        ),
        (lambda: fit.upper_bound(4, 3), "^errors must be at most n = 3, got 4$"),
        (lambda: fit.upper_bound(-1, 3), r"^errors must be whole numbers in \[0, 2\*\*53\], got -1$"),
        (lambda: fit.upper_bound([1, 2], [3, 4, 5]), "^errors and n must be equally long, got 2, 3$"),
        (
            lambda: fit.fit_error_rates(attempts=5, accepted=[2, 2], accepted_correct=[1, 1], correct=[3]),
            "^attempts, accepted, accepted_correct and correct must be equally",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ll.pass_at_k(3, [1], 1, seed=np.random.default_rng(1)), "Generator"),
        (
            lambda: ll.pass_at_k(3, ["1"], 1),
            r"^correct must be a one-dimensional sequence of numbers, got \['1'\]$",
        ),
        (lambda: ll.pass_at_k(3, [[1]], 1), r"^correct must be a one-dimensional sequence of numbers"),
        (lambda: ll.pass_at_k(3, [1], 1, bootstrap=1.5), r"^bootstrap must be a whole number, got 1.5$"),
        (lambda: ll.pass_at_k(3, [1], 1, threads="two"), r"^threads must be a whole number, got 'two'$"),
        (lambda: ll.pass_at_k(3, [1], 1, confidence="high"), r"^confidence must be a number, got 'high'$"),
        (lambda: fit.fit_beta_binomial(3, [1, 2], unsolvable=0.5), r"^unsolvable must be True or False, got 0.5$"),
        (lambda: fit.fit_beta_binomial(3, [1, 2], stopped_at=2.5), r"^stopped_at must be a whole number, got 2.5$"),
        (lambda: fit.beta_binomial_log_likelihood(3, [1], alpha="a", beta=1), r"^alpha must be a number, got 'a'$"),
    ],
)
def test_wrong_types_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_frames_say_what_was_resampled():
    frame = ll.pass_at_k(3, [1, 2], [1, 2], resample="attempts")
    assert frame.select("tasks", "resample", "confidence").row(0) == (2, "attempts", 0.95)
    assert frame.schema["k"] == pl.Int64


def test_one_task_says_nothing_about_others() -> None:
    row = ll.pass_at_k([10], [3], [1]).row(0, named=True)
    assert (row["pass_at_k_se"], row["low"], row["high"]) == (None, None, None)
    assert ll.pass_at_k([10], [3], [1], resample="attempts")["low"].null_count() == 0
