"""Populations whose rates are drawn: against Beta integrals, finite sums, and slow loops of whole populations."""

import functools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

import limitlaw as ll
from limitlaw.testing import assert_agrees_with_solution, assert_reproducible, rates
from reference.tails import FALSE_ALARM

GRID = [1, 3, 30, 10_000]


def scenario(tasks: ll.Tasks, verifier: ll.Verifier | None = None, **changes: object) -> ll.SamplingScenario:
    return ll.SamplingScenario(**{"tasks": tasks, "verifier": verifier, "max_attempts": GRID} | changes)


def hoeffding(draws: int, comparisons: int) -> float:
    """How far a mean of so many independent numbers in [0, 1] may lie from its expectation."""
    return math.sqrt(math.log(2 * comparisons / FALSE_ALARM) / (2 * draws))


def beta_coverage(alpha: float, beta: float, k: int) -> float:
    """1 - E[(1-p)^k] as a product: B(alpha, beta+k)/B(alpha, beta) = prod (beta+j)/(alpha+beta+j)."""
    j = np.arange(k)
    return float(-np.expm1(np.log((beta + j) / (alpha + beta + j)).sum()))


@pytest.mark.parametrize(
    ("alpha", "beta", "unsolvable"), [(0.4, 3.0, 0.0), (2.0, 0.5, 0.25), (1.0, 1.0, 1.0), (30, 50, 0)]
)
def test_a_beta_population_under_a_perfect_verifier_is_its_integral(
    alpha: float, beta: float, unsolvable: float
) -> None:
    tasks = ll.Tasks.beta(alpha, beta, 7, unsolvable=unsolvable)
    frame = ll.solve(scenario(tasks))
    want = [(1 - unsolvable) * beta_coverage(alpha, beta, k) for k in GRID]
    for name in ("accepted", "accuracy", "coverage"):
        assert frame[name].to_list() == pytest.approx(want, rel=1e-11), name
    # E[attempts] is the sum of P(nothing yet).
    used = [sum(1 - (1 - unsolvable) * beta_coverage(alpha, beta, j) for j in range(k)) for k in (1, 3, 30)]
    assert frame["attempts_used"].to_list()[:3] == pytest.approx(used, rel=1e-11)
    assert_agrees_with_solution(scenario(tasks), trials=2000)


@given(st.data())
@settings(max_examples=30)
def test_a_mixture_is_a_finite_sum_for_any_rates(data: st.DataObject) -> None:
    f, g = data.draw(rates()), data.draw(rates())
    success = data.draw(st.lists(rates(), min_size=1, max_size=3))
    weight = np.array(data.draw(st.lists(st.floats(0.01, 1.0), min_size=len(success), max_size=len(success))))
    verifier = ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g)
    policies = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
    mixed = scenario(ll.Tasks.mixture(weight=weight, success=success, count=3), verifier, policies=policies)
    got = ll.solve(mixed)
    parts = ll.solve(scenario(ll.Tasks.fixed(success=success, weight=weight), verifier, policies=policies))
    for name in ("accepted", "returned", "accuracy", "wrong", "coverage", "attempts_used"):
        assert got[name].to_list() == pytest.approx(parts[name].to_list(), rel=1e-12, abs=1e-300), name
    assert_agrees_with_solution(mixed, trials=500)


def test_a_mixture_with_rates_per_task_is_a_finite_sum_too() -> None:
    verifier = ll.Verifier.rates(false_positive_rate=[0.0, 0.2, 0.9])
    mixed = scenario(ll.Tasks.mixture(weight=[1, 3], success=[0.8, 0.05], count=3), verifier)
    want = [
        0.25 * ll.closed_form.first_accepted(success=0.8, false_positive_rate=f, max_attempts=30).accuracy
        + 0.75 * ll.closed_form.first_accepted(success=0.05, false_positive_rate=f, max_attempts=30).accuracy
        for f in (0.0, 0.2, 0.9)
    ]
    assert ll.solve(mixed)["accuracy"][2] == pytest.approx(np.mean(want), rel=1e-12)
    assert_agrees_with_solution(mixed, trials=5000)


@pytest.mark.parametrize(("icc", "ceiling"), [(0.0, 0.690), (0.1, 0.773), (0.3, 0.849), (0.6, 0.907)])
def test_spread_errors_raise_the_mean_ceiling(icc: float, ceiling: float) -> None:
    spread = scenario(
        ll.Tasks.fixed(success=[0.1] * 20), ll.Verifier.rates(false_positive_rate=0.05, icc=icc), max_attempts=[10**9]
    )
    exact = ll.ceilings(spread).row(0, named=True)
    assert round(exact["ceiling_all_tasks"], 3) == round(exact["ceiling_accepted_tasks"], 3) == ceiling
    assert exact["ceiling_pooled"] == pytest.approx(0.1 / 0.145)
    trials = 20_000
    simulated = ll.simulate(spread, trials=trials, seed=5)
    assert abs(simulated["accuracy"][0] - exact["ceiling_all_tasks"]) < hoeffding(20 * trials, 4)


@pytest.mark.parametrize("correlation", [-1.0, -0.6, 0.0, 0.6])
@pytest.mark.parametrize("population", ["fixed", "beta", "mixture", "posterior"])
def test_drawn_rates_against_a_slow_loop(population: str, correlation: float) -> None:
    """Populations drawn by NumPy and inverted on a grid, attempts by the closed form: the mean over populations."""
    count, trials, slow = 3, 20_000, 40_000
    random = np.random.default_rng([7, int(10 * correlation) + 20])
    icc, f, g = 0.2, 0.1, 0.15
    z = random.standard_normal((slow, count))
    if population == "fixed":
        success = [0.1, 0.9, 0.4]
        tasks = ll.Tasks.fixed(success=success)
        p = np.tile(success, (slow, 1))
    elif population == "posterior":
        n, c = np.array([10, 20, 5]), np.array([1, 18, 2])
        tasks = ll.Tasks.counts(attempts=n, correct=c, posterior=True, prior=(1.0, 1.0))
        p = random.beta(1 + c, 1 + n - c, size=(slow, count))
    elif population == "beta":
        tasks = ll.Tasks.beta(0.5, 2.0, count, unsolvable=0.2)
        rank = ndtr(z)
        p = np.where(rank < 0.2, 0.0, quantile(0.5, 2.0, np.maximum(rank - 0.2, 0.0) / 0.8))
    else:
        tasks = ll.Tasks.mixture(weight=[2, 1, 1], success=[0.8, 0.02, 0.3], count=count)
        rank = ndtr(z)
        p = np.where(rank < 0.25, 0.02, np.where(rank < 0.5, 0.3, 0.8))
    if population in ("fixed", "posterior"):  # the rank within a trial, and a uniform place within it
        z = ndtri((p.argsort(axis=1).argsort(axis=1) + random.random(p.shape)) / count)

    def error_rate(mean: float) -> np.ndarray:
        own = correlation * z + math.sqrt(1 - correlation**2) * random.standard_normal(z.shape)
        size = (1 - icc) / icc
        return quantile(mean * size, (1 - mean) * size, ndtr(own))

    loop = ll.closed_form.first_accepted(
        success=p[..., None],
        false_positive_rate=error_rate(f)[..., None],
        false_negative_rate=error_rate(g)[..., None],
        max_attempts=GRID,
    )
    verifier = ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g, icc=icc, correlation=correlation)
    frame = ll.simulate(scenario(tasks, verifier), trials=trials, seed=11)
    for name in ("accepted", "accuracy", "coverage"):
        want = getattr(loop, name).mean(axis=(0, 1))
        # Quantiles are interpolated to 1e-4 of the mean.
        bound = hoeffding(count * trials, 1000) + hoeffding(count * slow, 1000) + 1e-4
        assert np.abs(frame[name].to_numpy() - want).max() < bound, name


@pytest.mark.parametrize("correlation", [-1.0, 0.9])
@pytest.mark.parametrize(
    ("success", "weight"),
    [([0.0], None), ([0.0] * 5, None), ([0.0, 0.5, 0.9], None), ([0.3, 0.3, 0.1], None), ([0.4, 0.2, 0.0], [5, 1, 2])],
)
def test_a_correlation_keeps_the_mean_error_rates(
    success: list[float], weight: list[float] | None, correlation: float
) -> None:
    """Of one task, tied tasks and weighted ones; one task gave .090 for .2."""
    f, g, trials = 0.2, 0.3, 100_000
    tasks = ll.Tasks.fixed(success=success, weight=weight)
    verifier = ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g, icc=0.5, correlation=correlation)
    frame = ll.simulate(scenario(tasks, verifier, max_attempts=[1]), trials=trials, seed=3, by="task")
    p, shares = np.array(success), np.array(weight or [1.0] * len(success)) / sum(weight or [1.0] * len(success))
    false_positive = (shares * frame["wrong"].to_numpy() / (1 - p)).sum()
    assert abs(false_positive - f) < hoeffding(trials, 20) / (1 - p).min()
    if p.min() > 0.0:
        false_negative = 1 - (shares * frame["accuracy"].to_numpy() / p).sum()
        assert abs(false_negative - g) < hoeffding(trials, 20) / p.min()


def test_posterior_tasks_are_tied_by_the_rate_that_was_drawn() -> None:
    """Two tasks of which nothing is known: whichever is drawn higher has the errors, so a correct answer meets them."""
    tasks = ll.Tasks.counts(attempts=[0, 0], correct=[0, 0], posterior=True, prior=(1.0, 1.0))
    trials = 20_000
    verifier = ll.Verifier.rates(false_negative_rate=0.5, icc=1.0, correlation=1.0)
    frame = ll.simulate(scenario(tasks, verifier, max_attempts=[1]), trials=trials, seed=3)
    # The lower of two uniform rates has the mean 1/3, and is never rejected; the higher always is.
    assert abs(frame["accuracy"].item() - 1 / 6) < hoeffding(trials, 1)


def test_correlation_ties_errors_to_success() -> None:
    """Where hard tasks have the errors (negative), a ceiling is lower than where easy ones have."""
    tasks = ll.Tasks.beta(0.5, 2.0, 50)
    accuracy = [
        ll.simulate(
            scenario(tasks, ll.Verifier.rates(false_positive_rate=0.1, icc=0.2, correlation=c)), trials=2000, seed=3
        )["accuracy"][-1]
        for c in (-0.9, 0.0, 0.9)
    ]
    assert accuracy[0] < accuracy[1] - 0.02 < accuracy[2] - 0.04


def test_a_spread_of_nothing_changes_nothing() -> None:
    plain = ll.Verifier.rates(false_positive_rate=0.1)
    assert ll.Verifier.rates(false_positive_rate=0.1, icc=0.0) == plain
    certain = ll.Verifier.rates(false_positive_rate=[0.0, 1.0], icc=0.5)
    tasks = ll.Tasks.fixed(success=[0.2, 0.3])
    frame = ll.simulate(scenario(tasks, certain, max_attempts=[10**6]), trials=4000, seed=1, by="task")
    assert frame["accuracy"][0] == 1.0
    assert abs(frame["accuracy"][1] - 0.3) < hoeffding(4000, 1)


def test_a_run_draws_its_tasks_once_from_the_seed() -> None:
    run = scenario(
        ll.Tasks.beta(0.5, 2.0, 30, redraw="run"), ll.Verifier.rates(false_positive_rate=0.1, icc=0.3, correlation=-0.5)
    )
    assert_reproducible(run, trials=3000)
    a, b = (ll.simulate(run, trials=4000, seed=1, replicate=r, by="task") for r in (0, 1))
    bound = 2 * hoeffding(4000, a.height)
    assert (a["accuracy"] - b["accuracy"]).abs().max() < bound
    assert not a["accuracy"].equals(b["accuracy"])
    other = ll.simulate(run, trials=4000, seed=2, by="task")
    assert (a["accuracy"] - other["accuracy"]).abs().max() > bound


def test_a_run_is_the_fixed_population_of_its_rates() -> None:
    """With a perfect verifier one attempt shows each task's rate; the rest of the curve follows from it."""
    run = scenario(ll.Tasks.beta(0.5, 2.0, 8, redraw="run"), max_attempts=[1, 4])
    trials = 100_000
    frame = ll.simulate(run, trials=trials, seed=9, by="task")
    one, four = (frame.filter(pl.col("max_attempts") == k)["coverage"].to_numpy() for k in (1, 4))
    # The slope of 1 - (1-p)^4 is at most 4.
    assert np.abs(four - (1 - (1 - one) ** 4)).max() < 5 * hoeffding(trials, 16)
    assert np.ptp(one) > 0.1


def test_merging_replicates_of_a_run_is_more_trials_and_other_seeds_are_refused() -> None:
    run = scenario(ll.Tasks.mixture(weight=[1, 1], success=[0.9, 0.01], count=20, redraw="run"))
    parts = [ll.simulate(run, trials=2000, seed=3, replicate=r, tallies=True) for r in range(3)]
    merged = ll.merge(parts)
    assert merged["trials"].to_list() == [6000] * len(GRID)
    # Errors are of this population: 1/sqrt(3) of one replicate's.
    single = ll.merge(parts[:1])
    assert merged["accuracy_se"].to_numpy() == pytest.approx(single["accuracy_se"].to_numpy() / math.sqrt(3), rel=0.1)
    twice = ll.merge([ll.merge(parts[:2], tallies=True), parts[2]])
    assert twice.equals(merged)
    other = ll.simulate(run, trials=2000, seed=4, tallies=True)
    with pytest.raises(ValueError, match=r"frames\[1\] must have the seed of frames\[0\] \(3\), got 4: redraw='run'"):
        ll.merge([parts[0], other])
    trial = run.replace(tasks=run.tasks.replace(redraw="trial"))
    ll.merge([ll.simulate(trial, trials=10, seed=s, tallies=True) for s in (3, 4)])


def test_standard_errors_count_the_draw_of_the_population() -> None:
    """Means of many small runs spread as far as each run's standard error says."""
    verifier = ll.Verifier.rates(false_positive_rate=0.2, icc=0.5)
    drawn = scenario(ll.Tasks.beta(0.5, 1.0, 4), verifier, max_attempts=[10])
    runs = pl.concat([ll.simulate(drawn, trials=400, seed=s) for s in range(300)])
    spread, error = runs["accuracy"].std(), runs["accuracy_se"].mean()
    # A standard deviation of 300 normal means has a relative error of 1/sqrt(600); 6.5 of them: below 1e-10.
    assert abs(spread / error - 1) < 6.5 / math.sqrt(600)


def test_what_has_no_solution_says_why() -> None:
    tied = ll.Verifier.rates(false_positive_rate=0.1, icc=0.1, correlation=0.5)
    for tasks, verifier, why in (
        (ll.Tasks.beta(1, 1, 3, redraw="run"), None, "redraw='run': the tasks are drawn from a seed"),
        (ll.Tasks.mixture(weight=[1], success=[0.1], count=1, redraw="run"), None, "use simulate"),
        (ll.Tasks.beta(1, 1, 3), tied, "error rates with icc and a correlation"),
        (ll.Tasks.fixed(success=[0.1]), tied, "error rates with icc and a correlation"),
    ):
        with pytest.raises(ll.NoClosedFormError, match=why):
            ll.solve(scenario(tasks, verifier))
        with pytest.raises(ll.NoClosedFormError):
            ll.optimal_attempts(scenario(tasks, verifier), bootstrap=0)


def test_the_optimum_of_a_mixture_is_the_two_type_formula() -> None:
    mixed = scenario(
        ll.Tasks.mixture(weight=[0.58, 0.42], success=[0.87, 0.13], count=9),
        ll.Verifier.rates(false_positive_rate=0.05),
    )
    for cost in (0.5, 2.0, 3.0):
        row = ll.optimal_attempts(mixed, wrong_cost=cost, bootstrap=0).row(0, named=True)
        want = ll.closed_form.two_type_optimum(
            success_easy=0.87, success_hard=0.13, easy_share=0.58, false_positive_rate=0.05, wrong_cost=cost
        )
        attempts = math.inf if row["optimal_attempts"] is None else row["optimal_attempts"]
        assert attempts == want.max_attempts
        assert row["utility"] == pytest.approx(want.utility, rel=1e-12)
    with pytest.raises(ValueError, match="bootstrap must be 0 for a population whose law is given"):
        ll.optimal_attempts(mixed, bootstrap=10, seed=1)


@functools.cache
def distribution(alpha: float, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits of a Beta law on a fine grid, and the density summed up to each."""
    logit = np.linspace(-150.0, 40.0, 400_001)
    ln_density = -alpha * np.logaddexp(0, -logit) - beta * np.logaddexp(0, logit)
    mass = np.cumsum(np.exp(ln_density - ln_density.max()))
    return logit, mass / mass[-1]


def quantile(alpha: float, beta: float, p: np.ndarray) -> np.ndarray:
    logit, mass = distribution(alpha, beta)
    return 1 / (1 + np.exp(-np.interp(p, mass, logit)))


def test_a_judge_that_only_scores_may_meet_tasks_drawn_once() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(1, 1, 3, redraw="run"),
        verifier=ll.Verifier.judge(d_prime=1.0),
        policies=[ll.BestOf(), ll.AnyOf()],
        max_attempts=[1, 5],
    )
    frame = ll.simulate(scenario, trials=20_000, seed=1, by="task")
    first = frame.filter(pl.col("max_attempts") == 1)["accuracy"].to_numpy()
    # The same tasks, whose one attempt counts: 7 standard errors, false alarms below 1e-11.
    assert np.abs(first[:3] - first[3:]).max() < 7 * math.sqrt(2 * 0.25 / 20_000)
    assert np.ptp(first[:3]) > 0.1


@pytest.mark.parametrize("tasks", [ll.Tasks.fixed(success=[0.2, 0.7]), ll.Tasks.counts([10, 10], [2, 7])])
def test_policies_that_ask_no_verifier_are_solved_whatever_it_is(tasks: ll.Tasks) -> None:
    spread = ll.Verifier.rates(false_positive_rate=0.1, icc=0.3)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=spread, policies=[ll.AnyOf(), ll.AllOf()], max_attempts=[1, 3])
    exact = ll.solve(scenario)
    assert exact["accuracy"].to_list() == pytest.approx([0.45, (0.488 + 0.973) / 2, 0.45, (0.008 + 0.343) / 2])
    tied = ll.Verifier.rates(false_positive_rate=0.1, icc=0.3, correlation=0.5)
    assert ll.solve(scenario.replace(verifier=tied)).drop("run").equals(exact.drop("run"))
    with pytest.raises(ll.NoClosedFormError, match="icc"):
        ll.solve(scenario.replace(verifier=tied, policies=[ll.FirstAccepted()]))
