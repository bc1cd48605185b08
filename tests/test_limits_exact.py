"""Exact solutions under limits: Poisson laws, brute force over tokens, simulations of all policies and populations."""

import math

import mpmath
import numpy as np
import pytest

import limitlaw as ll
from limitlaw.testing import assert_agrees_with_solution
from sampling_cases import COST

#: Exponential tokens at the price of one: the attempts that fit are those of a Poisson process.
EXPONENTIAL = ll.Cost(output_tokens=(500, 1.0), price_out=1e6 / 500)
P, F, G = 0.3, 0.15, 0.2
ACCEPTED = P * (1 - G) + (1 - P) * F
PRECISION = P * (1 - G) / ACCEPTED
RATES = ll.Verifier.rates(false_positive_rate=F, false_negative_rate=G)


def limited(policies, limits, cost, **changes):
    fields = {"tasks": ll.Tasks.fixed(success=[P]), "verifier": RATES, "policies": policies}
    return ll.SamplingScenario(**(fields | {"limits": limits, "cost": cost} | changes))


@pytest.mark.parametrize("amount", [0.0, 0.01, 1.0, 7.5, 60.0])
def test_exponential_tokens_make_a_poisson_process(amount: float) -> None:
    limits = [ll.Limit(cost=amount, crossing=crossing) for crossing in ("cut", "refund", "finish")]
    frame = ll.solve(limited([ll.FirstAccepted(), ll.AnyOf()], limits, EXPONENTIAL))
    first, everything = frame[:3], frame[3:]
    a, b = ACCEPTED, 1 - ACCEPTED
    # Acceptances come at the rate a, rejections at b; the first acceptance before the limit counts, with "finish" also
    # that of the attempt under way, which is accepted with probability a (at 0 nothing begins).
    in_time = -math.expm1(-a * amount)
    late = a * math.exp(-a * amount) if amount > 0 else 0.0
    last_gap = -math.expm1(-b * amount) / b  # from the last rejection to the limit, without acceptances
    begun = 1.0 if amount > 0 else 0.0
    want = {
        "accepted": [in_time, in_time, in_time + late],
        "accuracy": [PRECISION * x for x in (in_time, in_time, in_time + late)],
        "attempts_used": [in_time / a, in_time / a, in_time / a * b + begun],
        "cost": [in_time / a, in_time / a - math.exp(-a * amount) * last_gap, in_time / a * b + begun],
    }
    for name, values in want.items():
        np.testing.assert_allclose(first[name], values, rtol=1e-11, atol=1e-14, err_msg=name)
    # Without a stopping rule the limit is spent, up to the last event before it, or by one more attempt.
    want = {
        "accuracy": [-math.expm1(-P * amount)] * 2 + [1 - math.exp(-P * amount) * (1 - P * begun)],
        "attempts_used": [amount, amount, amount + begun],
        "cost": [amount, amount + math.expm1(-amount), amount + begun],
    }
    for name, values in want.items():
        np.testing.assert_allclose(everything[name], values, rtol=1e-11, atol=1e-14, err_msg=name)


def test_tokens_in_proportion_are_known_with_a_cut() -> None:
    frame = ll.solve(limited([ll.FirstAccepted()], [ll.Limit(tokens=5_000)], EXPONENTIAL))
    cost, tokens = frame.select("cost", "tokens").row(0)
    assert tokens == pytest.approx(500 * cost, rel=1e-12)
    # Prompts count in tokens only: of the cut attempt no share of the money is known, of the others all.
    other = EXPONENTIAL.replace(prompt_tokens=10)
    rows = ll.solve(limited([ll.FirstAccepted()], [ll.Limit(tokens=5_000), ll.Limit(cost=9.0)], other))
    assert rows["tokens"].is_null().to_list() == [False, True]
    assert rows["cost"].is_null().to_list() == [True, False]
    assert rows["accuracy"].null_count() == 0


@pytest.mark.parametrize(("cv", "constant"), [(0.8, 0.0), (0.8, 0.4), (0.3, 0.1), (4.0, 0.05)])
def test_gamma_tokens_equal_the_sum_over_the_first_acceptance(cv: float, constant: float) -> None:
    amount = 9.0
    cost = ll.Cost(output_tokens=(1000, cv), price_out=1000, verifier_price=constant)
    row = ll.solve(limited([ll.FirstAccepted()], [ll.Limit(cost=amount, crossing="refund")], cost)).row(0, named=True)
    accepted, attempts, spent = mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(0)
    with mpmath.workdps(30):
        shape, scale = 1 / mpmath.mpf(cv) ** 2, mpmath.mpf(cv) ** 2
        for k in range(1, 2000):
            left = (mpmath.mpf(amount) - mpmath.mpf(constant) * k) / scale
            if left <= 0 or (k > 40 and fits < 1e-25):  # noqa: F821  (set in the first round)
                break
            fits = mpmath.gammainc(k * shape, 0, left, regularized=True)
            weighed = mpmath.gammainc(k * shape + 1, 0, left, regularized=True)
            still = (1 - mpmath.mpf(ACCEPTED)) ** (k - 1)
            accepted += ACCEPTED * still * fits
            attempts += still * fits
            spent += still * (constant * fits + weighed)
    assert row["accepted"] == pytest.approx(float(accepted), rel=1e-11)
    assert row["attempts_used"] == pytest.approx(float(attempts), rel=1e-11)
    assert row["cost"] == pytest.approx(float(spent), rel=1e-11)


def test_fixed_tokens_are_a_number_of_attempts() -> None:
    cost = COST.replace(output_tokens=(700, 0.0))
    each = (300 * 2.0 + 700 * 8.0) / 1e6 + 0.002
    policies = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.AllOf()]
    names = ["accepted", "accuracy", "wrong", "coverage", "attempts_used", "tokens", "cost", "latency"]
    for crossing, amount, attempts in (("refund", 7.9 * each, 7), ("cut", 7 * each, 7), ("finish", 6.1 * each, 7)):
        # Only the first two policies pay for verification.
        for policy in policies[:2]:
            one = limited([policy], [ll.Limit(cost=amount, crossing=crossing)], cost)
            grid = one.replace(limits=None, max_attempts=[attempts])
            assert ll.solve(one).select(names).equals(ll.solve(grid).select(names)), (crossing, policy)
    # Half of the eighth attempt is paid where it is cut.
    cut = ll.solve(limited([ll.AllOf()], [ll.Limit(tokens=7_500)], cost)).row(0, named=True)
    assert (cut["attempts_used"], cut["tokens"]) == (7, 7_500)
    assert cut["cost"] == pytest.approx(7.5 * 0.0062)
    assert cut["latency"] == pytest.approx(7.5 * 7)
    # The money of three thirds adds up to one, whatever the rounding.
    third = ll.Cost(output_tokens=(1, 0.0), price_out=0.1e6)
    assert ll.solve(limited([ll.AllOf()], [ll.Limit(cost=0.3)], third))["attempts_used"].to_list() == [3]


POPULATIONS = {
    "fixed": (ll.Tasks.fixed(success=[0.05, 0.3, 0.9]), ll.Verifier.judge(d_prime=1.1, threshold=0.9)),
    "weighted": (ll.Tasks.fixed(success=[0.05, 0.9], weight=[3.0, 1.0]), RATES),
    "posterior": (ll.Tasks.counts([8, 8], [1, 6], posterior=True, prior="jeffreys"), ll.Verifier.perfect()),
    "beta": (ll.Tasks.beta(0.4, 1.5, 3, unsolvable=0.2), ll.Verifier.perfect()),
    "mixture": (ll.Tasks.mixture(weight=[0.5, 0.5], success=[0.05, 0.6], count=3), RATES),
}
LIMITS = [
    ll.Limit(cost=0.03),
    ll.Limit(tokens=6_000, crossing="refund"),
    ll.Limit(seconds=30.0, crossing="finish"),
    ll.Limit(cost=0.004, crossing="finish"),
]


@pytest.mark.parametrize("population", POPULATIONS)
@pytest.mark.parametrize("most", [None, [5]])
def test_the_simulator_agrees(population: str, most: list[int] | None) -> None:
    tasks, verifier = POPULATIONS[population]
    policies = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.AnyOf(), ll.AllOf()]
    answers = None
    if population in ("fixed", "weighted"):
        answers = ll.Answers.uniform(3)
        policies += [ll.FirstWorthwhile(), ll.MajorityVote(), ll.FilteredVote()]
    if population == "fixed":
        policies += [ll.FirstAccepted(fallback="best"), ll.FirstAbove(threshold=1.6), ll.BestOf(threshold=1.5)]
    scenario = ll.SamplingScenario(
        tasks=tasks,
        verifier=verifier,
        answers=answers,
        policies=policies,
        limits=LIMITS,
        max_attempts=most,
        cost=COST,
        utility=ll.Utility(correct_reward=0.1, wrong_cost=0.05, attempt_cost=0.001),
    )
    exact = ll.solve(scenario)
    frame = ll.simulate(scenario, trials=12_000, seed=31)
    cut = exact["limit"] == "cost=0.03"
    assert_agrees_with_solution(scenario, trials=12_000, seed=31)
    for name in ("attempts_used", "tokens", "cost", "latency", "utility"):
        known = exact[name].is_not_null()
        if name in ("tokens", "latency"):
            assert (known | cut).all(), name
        else:
            assert known.equals(frame[name].is_not_null()), name
        distance = (frame[name] - exact[name]).abs().filter(known)
        # 7 standard errors: false alarms below 3e-12 for each of some 1,000 means.
        assert (distance <= 7 * frame[f"{name}_se"].filter(known) + 1e-9).all(), name


def test_what_has_no_closed_form_says_why() -> None:
    for cost, limit, match in (
        (EXPONENTIAL.replace(law="lognormal"), ll.Limit(cost=3.0), "lognormal"),
        (EXPONENTIAL.replace(parallel=2), ll.Limit(cost=3.0), "slowest attempt"),
        (EXPONENTIAL.replace(output_tokens=(500, 5.0)), ll.Limit(cost=30_000.0), "spreads over"),
        (EXPONENTIAL.replace(output_tokens=(500, 0.01)), ll.Limit(cost=30_000.0), "so large a limit"),
    ):
        with pytest.raises(ll.NoClosedFormError, match=match):
            ll.solve(limited([ll.FirstAccepted()], [limit], cost))
    # Where the limit does not count tokens their law does not matter.
    priced = COST.replace(law="lognormal", price_out=0.0)
    assert ll.solve(limited([ll.FirstAccepted()], [ll.Limit(cost=0.03)], priced))["latency"].null_count() == 0
