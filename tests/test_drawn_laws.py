"""Rates drawn anew in every trial, integrated: against exact moments, hypergeometric ceilings, and each other."""

import math

import mpmath as mp
import numpy as np
import pytest

import limitlaw as ll
from reference import drawn_moments as moments

BOTH = (ll.FirstAccepted(), ll.FirstAccepted(fallback="last"))
GRID = (1, 2, 5, 12, 30)

#: Tasks (all alike), and the moments of their success rate.
TASKS = {
    "known": (ll.Tasks.fixed(success=[0.3] * 2), moments.known(0.3)),
    "posterior": (
        ll.Tasks.counts([7] * 2, [2] * 2, posterior=True, prior=(0.5, 0.5)),
        moments.beta(2.5, 5.5),
    ),
    "no correct answer": (
        ll.Tasks.counts([100] * 2, [0] * 2, posterior=True, prior=(0.5, 0.5)),
        moments.beta(0.5, 100.5),
    ),
    "all correct": (
        ll.Tasks.counts([100] * 2, [100] * 2, posterior=True, prior=(0.5, 0.5)),
        moments.beta(100.5, 0.5),
    ),
    "long tails": (ll.Tasks.beta(0.001, 0.05, 2), moments.beta(0.001, 0.05)),
    "unsolvable": (ll.Tasks.beta(0.23, 0.96, 2, unsolvable=0.25), moments.beta(0.23, 0.96, 0.25)),
    "narrow": (ll.Tasks.beta(1e4, 1e6, 2), moments.beta(1e4, 1e6)),
    "mixture": (
        ll.Tasks.mixture(weight=[3, 1], success=[0.0, 0.75], count=2),
        moments.types([3, 1], [0.0, 0.75]),
    ),
}
#: Verifiers, and the moments of their false positive and false negative rate.
VERIFIERS = {
    "false positives": (
        ll.Verifier.rates(false_positive_rate=0.05),
        moments.known(0.05),
        moments.known(0.0),
    ),
    "both": (
        ll.Verifier.rates(false_positive_rate=0.01, false_negative_rate=0.2),
        moments.known(0.01),
        moments.known(0.2),
    ),
    "misleading": (
        ll.Verifier.rates(false_positive_rate=0.7, false_negative_rate=0.9),
        moments.known(0.7),
        moments.known(0.9),
    ),
    "spread": (
        ll.Verifier.rates(false_positive_rate=0.05, icc=0.3),
        moments.spread(0.05, 0.3),
        moments.known(0.0),
    ),
    "spread far": (
        ll.Verifier.rates(false_positive_rate=0.1, icc=0.9),
        moments.spread(0.1, 0.9),
        moments.known(0.0),
    ),
    "both spread": (
        ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.2, icc=0.1),
        moments.spread(0.05, 0.1),
        moments.spread(0.2, 0.1),
    ),
}


@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("tasks", TASKS)
def test_solve_is_the_sum_of_exact_moments(tasks: str, verifier: str) -> None:
    """Within the 1e-12 that the documentation promises; attempts within 1e-12 of the most."""
    (drawn, p), (judge, f, g) = TASKS[tasks], VERIFIERS[verifier]
    grid = GRID if verifier != "both spread" else GRID[:-1]
    scenario = ll.SamplingScenario(tasks=drawn, verifier=judge, policies=BOTH, max_attempts=grid)
    frame = ll.solve(scenario)
    for k, first, last in zip(
        grid, frame[: len(grid)].rows(named=True), frame[len(grid) :].rows(named=True), strict=True
    ):
        want = moments.first_accepted(p, f, g, k)
        assert first["accepted"] == pytest.approx(want.accepted, abs=1e-12)
        assert first["accuracy"] == pytest.approx(want.accuracy, abs=1e-12)
        assert first["wrong"] == pytest.approx(want.accepted - want.accuracy, abs=1e-12)
        assert first["coverage"] == pytest.approx(want.coverage, abs=1e-12)
        assert first["attempts_used"] == pytest.approx(want.attempts_used, abs=1e-12 * k)
        assert last["accuracy"] == pytest.approx(want.accuracy_last, abs=1e-12)
        assert (last["returned"], last["run"].partition("-")[0]) == (pytest.approx(1.0), "exact")


def ln_none(alpha: float, beta: float, k: int) -> mp.mpf:
    """Ln E[(1-x)^k] of a Beta rate."""
    a, b = mp.mpf(alpha), mp.mpf(beta)
    return mp.loggamma(b + k) + mp.loggamma(a + b) - mp.loggamma(b) - mp.loggamma(a + b + k)


@pytest.mark.parametrize("k", [10**3, 10**6, 10**9, 10**12])
def test_many_attempts_are_ratios_of_beta_functions(k: int) -> None:
    """Without false negatives b = (1-p)(1-f), and each factor's power has a known mean."""
    with mp.workdps(50):
        for (alpha, beta), f, icc in (
            ((0.5, 100.5), 1e-6, 0.0),
            ((0.23, 0.96), 1e-9, 0.0),
            ((3.0, 98.0), 1e-3, 0.5),
            ((0.05, 1e4), 0.05, 0.9),
            ((0.001, 1.0), 0.05, 0.97),
        ):
            scenario = ll.SamplingScenario(
                tasks=ll.Tasks.beta(alpha, beta, 3),
                verifier=ll.Verifier.rates(false_positive_rate=f, icc=icc),
                max_attempts=[k],
            )
            size = (1 - mp.mpf(icc)) / mp.mpf(icc) if icc else None
            rejected = ln_none(f * size, (1 - f) * size, k) if size else k * mp.log1p(-f)
            want = -mp.expm1(ln_none(alpha, beta, k) + rejected)
            assert ll.solve(scenario)["accepted"][0] == pytest.approx(float(want), abs=1e-12)


def test_the_quantiles_of_a_run_are_those_of_its_independent_tasks() -> None:
    """Two tasks that are alike: the score is binomial."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(2.0, 1.0, 2), verifier=ll.Verifier.rates(false_positive_rate=0.25), max_attempts=[3]
    )
    row = ll.solve(scenario).row(0, named=True)
    p = row["accuracy"]
    below = np.cumsum([(1 - p) ** 2, 2 * p * (1 - p), p * p])
    for name in ("q05", "q25", "q50", "q75", "q95"):
        assert row[f"accuracy_{name}"] == int(np.searchsorted(below, int(name[1:]) / 100)) / 2


@pytest.mark.parametrize("f", [1e-9, 0.05, 0.6])
@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 100.5), (0.05, 0.05), (3.0, 98.0), (1e4, 10.0), (100.5, 0.5)])
def test_the_ceiling_of_a_beta_population_is_hypergeometric(alpha: float, beta: float, f: float) -> None:
    """E[p/(p + c(1-p))] with c = f/(1-g)."""
    g = 0.2
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(alpha, beta, 4, unsolvable=0.5),
        verifier=ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g),
        max_attempts=[1],
    )
    row = ll.ceilings(scenario).row(0, named=True)
    with mp.workdps(40):
        a, b, c = mp.mpf(alpha), mp.mpf(beta), mp.mpf(f) / (1 - mp.mpf(g))
        mean = a / (a + b) / c * mp.hyp2f1(1, a + 1, a + b + 1, 1 - 1 / c)
    assert row["ceiling_all_tasks"] == pytest.approx(float(mean) / 2, abs=1e-12)
    assert row["tasks_accepted"] == pytest.approx(4.0)
    p = alpha / (alpha + beta) / 2
    assert row["ceiling_pooled"] == pytest.approx(p * (1 - g) / (p * (1 - g) + (1 - p) * f), rel=1e-12)
    none = scenario.replace(verifier=ll.Verifier.rates(false_negative_rate=g))
    row = ll.ceilings(none).row(0, named=True)
    assert (row["ceiling_all_tasks"], row["ceiling_accepted_tasks"]) == (pytest.approx(0.5), pytest.approx(1.0))
    assert row["tasks_accepted"] == pytest.approx(2.0)


def test_the_optimum_is_the_best_of_the_solved_utilities() -> None:
    posterior = ll.Tasks.counts([20] * 5, [0, 0, 1, 4, 19], posterior=True, prior="jeffreys")
    grid = list(range(1, 400))
    found = set()
    for tasks, verifier in (
        (posterior, ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.2)),
        (posterior, ll.Verifier.rates(false_positive_rate=0.01, icc=0.1)),
        (ll.Tasks.beta(0.4, 2.0, 3, unsolvable=0.2), ll.Verifier.rates(false_positive_rate=0.1)),
        (ll.Tasks.fixed(success=[0.02, 0.7]), ll.Verifier.rates(false_positive_rate=0.1, icc=0.2)),
    ):
        scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, policies=BOTH, max_attempts=grid)
        prices = [(0.5, 0.01), (2.0, 0.001), (8.0, 0.0)]
        utilities = [ll.Utility(wrong_cost=wrong, attempt_cost=attempt) for wrong, attempt in prices]
        columns = ["accuracy", "wrong", "attempts_used", "utility"]
        solved = ll.solve(scenario.replace(utility=utilities[0]), columns=columns)
        right, lost, used = (solved[name].to_numpy().reshape(2, -1) for name in columns[:3])
        worth = [right - wrong * lost - attempt * used for wrong, attempt in prices]
        np.testing.assert_allclose(solved["utility"].to_numpy().reshape(2, -1), worth[0], rtol=0, atol=1e-12)
        for utility, levels in zip(utilities, worth, strict=True):
            best = ll.optimal_attempts(scenario.replace(utility=utility), bootstrap=0)
            for row, level in zip(best.rows(named=True), levels, strict=True):
                found.add(row["status"])
                at = row["optimal_attempts"]
                assert row["utility"] >= max(level.max(), 0.0) - 1e-12
                if at is not None and 0 < at < 400:
                    assert row["utility"] == pytest.approx(level[at - 1], abs=1e-12)
    assert {"zero", "interior"} <= found


def test_many_attempts_pay_where_every_rate_is_above_zero() -> None:
    """Without false positives every solvable task is solved in the end, however long the tail of its rate is."""
    tasks = ll.Tasks.beta(0.01, 1.0, 3, unsolvable=0.25)
    scenario = ll.SamplingScenario(tasks=tasks, verifier=ll.Verifier.rates(false_negative_rate=0.5), max_attempts=[1])
    row = ll.optimal_attempts(scenario, wrong_cost=10.0, bootstrap=0).row(0, named=True)
    assert (row["optimal_attempts"], row["status"]) == (None, "unbounded")
    assert row["utility"] == pytest.approx(0.75, abs=1e-12)


def test_a_bootstrap_of_posteriors_draws_tasks_again() -> None:
    tasks = ll.Tasks.counts([20] * 4, [0, 1, 4, 19], posterior=True, prior="jeffreys")
    scenario = ll.SamplingScenario(tasks=tasks, verifier=ll.Verifier.rates(false_positive_rate=0.05), max_attempts=[1])
    row = ll.optimal_attempts(scenario, wrong_cost=2.0, bootstrap=50, seed=1).row(0, named=True)
    assert row["utility_q05"] < row["utility"] < row["utility_q95"]
    again = ll.optimal_attempts(scenario, wrong_cost=2.0, bootstrap=50, resample="attempts", seed=1).row(0, named=True)
    assert again["utility_q95"] - again["utility_q05"] < (row["utility_q95"] - row["utility_q05"]) / 2
    spread = ll.Verifier.rates(false_positive_rate=0.05, icc=0.1)
    known = scenario.replace(tasks=ll.Tasks.fixed([0.1, 0.9]), verifier=spread)
    with pytest.raises(ValueError, match="resample must be 'tasks' where rates are drawn"):
        ll.optimal_attempts(known, wrong_cost=2.0, bootstrap=5, resample="attempts", seed=1)


def test_policies_without_verdicts_keep_their_closed_forms_beside_others() -> None:
    """`AnyOf` and `AllOf` do not ask the verifier: they are the same alone and beside a policy that does."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(0.3, 2.0, 2),
        verifier=ll.Verifier.rates(false_positive_rate=0.1),
        policies=[ll.AnyOf(), ll.FirstAccepted(), ll.AllOf()],
        max_attempts=[1, 40],
    )
    frame = ll.solve(scenario)
    for policy in (ll.AnyOf(), ll.AllOf()):
        alone = ll.solve(scenario.replace(policies=[policy]))
        together = frame.filter(policy=policy.label)
        for name in ("accuracy", "wrong", "abstained", "coverage", "attempts_used", "accuracy_q50"):
            assert together[name].to_list() == alone[name].to_list()


def test_a_cost_is_the_money_of_the_mean_attempts() -> None:
    cost = ll.Cost(output_tokens=(500, 0.3), price_out=2.0)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(0.3, 2.0, 2),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.1),
        max_attempts=[1, 40],
    )
    free, paid = ll.solve(scenario), ll.solve(scenario.replace(cost=cost))
    assert free["accuracy"].to_list() == paid["accuracy"].to_list()
    each = paid["cost"][0]
    assert each > 0
    np.testing.assert_allclose(paid["cost"], free["attempts_used"] * each, rtol=1e-14)
    # The same attempts as a limit in money.
    limits = [ll.Limit(cost=each * k * (1 + 1e-9)) for k in (1, 40)]
    fixed = ll.Cost(output_tokens=(500, 0), price_out=2.0)
    limited = ll.solve(scenario.replace(cost=fixed, max_attempts=None, limits=limits))
    np.testing.assert_allclose(limited["accuracy"], free["accuracy"], atol=1e-12)


def test_what_is_not_integrated_says_why() -> None:
    beta = ll.Tasks.beta(0.3, 2.0, 2)
    tied = ll.Verifier.rates(false_positive_rate=0.1, icc=0.1, correlation=0.5)
    spread = ll.Verifier.rates(false_positive_rate=0.1, icc=0.1)
    members = ll.Verifier.ensemble([spread, spread])
    judge = ll.Verifier.judge(d_prime=1.0, threshold=1.0)
    for verifier, policy, why in (
        (tied, ll.FirstAccepted(), "icc and a correlation"),
        (members, ll.FirstAccepted(), "an ensemble whose members' error rates have icc"),
        (judge, ll.FirstAccepted(fallback="best"), "first_accepted: the rates are drawn anew"),
    ):
        scenario = ll.SamplingScenario(tasks=beta, verifier=verifier, policies=[policy], max_attempts=[3])
        with pytest.raises(ll.NoClosedFormError, match=why):
            ll.solve(scenario)
    both = ll.SamplingScenario(
        tasks=ll.Tasks.beta(0.001, 1.0, 2),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, icc=0.99),
        max_attempts=[3],
    )
    with pytest.raises(ll.NoClosedFormError, match="may both be next to 0"):
        ll.optimal_attempts(both, bootstrap=0)


def test_the_best_number_where_success_rates_and_both_error_rates_are_drawn() -> None:
    """So many points are merged: the best number is still that of the closed form at its neighbours."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.beta(2.0, 3.0, 100),
        verifier=ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.2, icc=0.3),
        max_attempts=[9],
        utility=ll.Utility(wrong_cost=0.5, attempt_cost=0.005),
    )
    row = ll.optimal_attempts(scenario, bootstrap=0).row(0, named=True)
    best = row["optimal_attempts"]
    around = ll.solve(scenario.replace(max_attempts=[best - 1, best, best + 1]))["utility"].to_list()
    assert max(around) == around[1]
    assert row["utility"] == pytest.approx(around[1], abs=1e-4)


def test_the_required_false_positive_rate_is_exact_where_rates_are_drawn() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.counts([10, 10], [1, 8], posterior=True, prior="jeffreys"),
        verifier=ll.Verifier.rates(false_positive_rate=0.2, icc=0.2),
        max_attempts=[20],
    )
    row = ll.required_false_positive_rate(scenario, accuracy=0.6).row(0, named=True)
    assert row["run"].startswith("exact-")
    better = ll.Verifier.rates(false_positive_rate=row["required_false_positive_rate"], icc=0.2)
    assert ll.solve(scenario.replace(verifier=better))["accuracy"][0] == pytest.approx(0.6, abs=1e-11)
    assert not math.isnan(row["accuracy"])
