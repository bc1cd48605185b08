"""The best number of attempts where they cost money, and the best limit: brute force and the exact bootstrap."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

import limitlaw as ll
from reference.tails import FALSE_ALARM, binomial_p_value

COST = ll.Cost(
    prompt_tokens=400, output_tokens=(600, 0.7), price_in=5.0, price_out=15.0, verifier_price=0.004, seconds_per_token=1
)
#: Money of one verified attempt.
EACH = (400 * 5.0 + 600 * 15.0) / 1e6 + 0.004
TASKS = ll.Tasks.fixed(success=[0.9, 0.4, 0.1, 0.02, 0.0])
RATES = ll.Verifier.rates(false_positive_rate=0.08, false_negative_rate=0.1)


def scenario(**changes: object) -> ll.SamplingScenario:
    return ll.SamplingScenario(**({"tasks": TASKS, "verifier": RATES, "cost": COST} | changes))


@pytest.mark.parametrize("fallback", ["abstain", "last"])
def test_money_is_part_of_what_an_attempt_costs(fallback: str) -> None:
    policy, costs = ll.FirstAccepted(fallback=fallback), [0.0, 0.3, 2.0]
    utility = ll.Utility(correct_reward=1.5, attempt_cost=0.001)
    paid = ll.optimal_attempts(
        scenario(policies=[policy], max_attempts=[1], utility=utility), wrong_cost=costs, bootstrap=300, seed=5
    )
    priced = utility.replace(attempt_cost=0.001 + EACH)
    charged = ll.optimal_attempts(
        scenario(policies=[policy], max_attempts=[1], utility=priced, cost=None),
        wrong_cost=costs,
        bootstrap=300,
        seed=5,
    )
    assert paid["optimal_attempts"].to_list() == charged["optimal_attempts"].to_list()
    assert paid["optimal_attempts_q95"].to_list() == charged["optimal_attempts_q95"].to_list()
    assert paid["optimal_attempts"].min() < paid["optimal_attempts"].max()
    # By brute force over the exact solution, which knows the money from the bill.
    for row in paid.iter_rows(named=True):
        values = ll.solve(
            scenario(
                policies=[policy],
                max_attempts=range(1, 200),
                utility=utility.replace(wrong_cost=row["wrong_cost"]),
            )
        )["utility"].to_list()
        best = max(values)
        want = values.index(best) + 1 if best > 0 else 0
        assert row["optimal_attempts"] == want
        assert row["utility"] == pytest.approx(max(best, 0.0), rel=1e-12)


def test_batches_have_no_optimum_in_closed_form() -> None:
    with pytest.raises(ll.NoClosedFormError, match="parallel above 1"):
        ll.optimal_attempts(scenario(max_attempts=[1], cost=COST.replace(parallel=4)), bootstrap=0)


LIMITS = [ll.Limit(cost=amount) for amount in (0.3, 0.02, 0.05, 0.1, 1.0)]


def test_the_best_limit_is_the_best_of_the_exact_solution() -> None:
    policies = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.AnyOf()]
    for crossing in ("cut", "refund", "finish"):
        limits = [limit.replace(crossing=crossing) for limit in LIMITS]
        base = scenario(policies=policies, limits=limits, utility=ll.Utility(wrong_cost=0.5))
        costs = [0.0, 0.5, 20.0]
        found = ll.optimal_attempts(base, wrong_cost=costs, bootstrap=0)
        for i, wrong_cost in enumerate(costs):
            exact = ll.solve(base.replace(utility=ll.Utility(wrong_cost=wrong_cost)))
            for p in range(len(policies)):
                values = exact["utility"][p * len(limits) : (p + 1) * len(limits)].to_list()
                row = found.row(p * len(costs) + i, named=True)
                best = max(values)
                assert row["optimal_limit"] == (limits[values.index(best)].amount if best > 0 else 0.0)
                assert row["utility"] == pytest.approx(max(best, 0.0), rel=1e-12)
                end = {0.0: "zero", 1.0: "censored"}.get(row["optimal_limit"], "interior")
                assert row["status"] == end
        assert found["status"].n_unique() >= 2


def test_resampled_tasks_and_attempts_have_the_exact_shares() -> None:
    """Two tasks: a resample holds one of them twice, the other twice, or both: 1/4, 1/4, 1/2."""
    worth = scenario(tasks=ll.Tasks.fixed(success=[0.9, 0.0]), limits=LIMITS, utility=ll.Utility(wrong_cost=1.0))
    frames = [ll.optimal_attempts(worth, bootstrap=4000, seed=3, threads=threads) for threads in (1, 2, 5)]
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])
    assert binomial_p_value(round(4000 * frames[0]["p_zero"][0]), 4000, 0.25) > FALSE_ALARM / 2
    assert frames[0]["optimal_limit_q05"].to_list() == [0.0]
    # One task with 3 correct of 4 observed: a resample has Binomial(4, 3/4) of them.
    counts = scenario(
        tasks=ll.Tasks.counts(attempts=[4], correct=[3]),
        verifier=ll.Verifier.rates(false_positive_rate=0.5),
        limits=LIMITS,
        utility=ll.Utility(wrong_cost=1.0),
    )
    row = ll.optimal_attempts(counts, bootstrap=20_000, resample="attempts", seed=4).row(0, named=True)
    chance = [math.comb(4, c) * 0.75**c * 0.25 ** (4 - c) for c in range(5)]
    worthless = 0.0
    for c in range(5):
        alone = ll.solve(counts.replace(tasks=ll.Tasks.counts(attempts=[4], correct=[c])))["utility"].max()
        worthless += chance[c] * (alone <= 0)
    assert 0 < worthless < 1
    assert binomial_p_value(round(20_000 * row["p_zero"]), 20_000, worthless) > FALSE_ALARM / 2


def test_the_interval_of_the_best_limit_holds_it() -> None:
    random = np.random.default_rng(2)
    tasks = ll.Tasks.fixed(success=random.beta(0.3, 1.0, 60))
    base = scenario(tasks=tasks, limits=LIMITS, utility=ll.Utility(wrong_cost=0.8))
    row = ll.optimal_attempts(base, bootstrap=500, seed=1).row(0, named=True)
    assert row["optimal_limit_q05"] <= row["optimal_limit"] <= row["optimal_limit_q95"]
    assert row["utility_q05"] < row["utility"] < row["utility_q95"]


@pytest.mark.parametrize(
    ("limits", "error", "match"),
    [
        ([ll.Limit(cost=1.0), ll.Limit(tokens=50)], ValueError, r"limits\[1\] must be of the unit and crossing"),
        ([ll.Limit(cost=1.0), ll.Limit(cost=2.0, crossing="refund")], ValueError, r"limits\[1\] must be of the unit"),
        ([ll.Limit(seconds=2e3)], ll.NoClosedFormError, "money of an attempt that is cut"),
    ],
)
def test_limits_that_cannot_be_compared_are_refused(limits, error, match) -> None:
    with pytest.raises(error, match=match):
        ll.optimal_attempts(scenario(limits=limits), bootstrap=0)


def exponential_utility(
    limit: Decimal, crossing: str, tasks: list[tuple[Decimal, ...]], price: Decimal, cost: Decimal
) -> Decimal:
    """The utility under a limit of attempts that cost ``price`` in the mean, exponentially: a Poisson number fits.

    An attempt is accepted with a = p + (1 - p) f. Money is spent until an acceptance, or the limit.
    """
    total, x = Decimal(0), limit / price
    for weight, p, f in tasks:
        wrong = (1 - p) * f
        a = p + wrong
        attempts = (1 - (-a * x).exp()) / a if a else x
        money = price * attempts
        if crossing == "refund":
            # E[X; it is the k-th of k that fit] = price P(Poisson(x) > k).
            money, term, at_least, going_on = Decimal(0), (-x).exp(), 1 - (-x).exp(), price
            for k in range(1, int(6 * x) + 60):
                term *= x / k
                at_least -= term
                money += going_on * at_least
                going_on *= 1 - a
        if crossing == "finish":
            attempts = 1 + (1 - a) * attempts
            money = price * attempts
        total += weight * ((p - cost * wrong) * attempts - money)
    return total


@pytest.mark.parametrize("crossing", ["cut", "refund", "finish"])
@pytest.mark.parametrize(
    ("weights", "cost"),
    [((1, 0), "0"), ((1, Decimal("1e-30")), "3"), ((1, Decimal("1e-80")), "3"), ((Decimal("1e-60"), 1), "0.25")],
)
def test_the_best_limit_is_exact_where_floats_saturate(
    crossing: str, weights: tuple[Decimal, Decimal], cost: str
) -> None:
    """An easy task gains less and less; a hard one, of next to no weight, loses with every limit."""
    price, amounts = Decimal("0.1"), [Decimal(n) for n in (*range(1, 20), *range(20, 81, 5))]
    rates = [(Decimal("0.9"), Decimal("0.01")), (Decimal(0), Decimal("0.2"))]
    with localcontext(prec=420):
        tasks = [(Decimal(w), *rate) for w, rate in zip(weights, rates, strict=True) if w]
        values = [exponential_utility(amount, crossing, tasks, price, Decimal(cost)) for amount in amounts]
        want = amounts[values.index(max(values))] if max(values) > 0 else 0
    base = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[float(t[1]) for t in tasks], weight=[float(t[0]) for t in tasks]),
        verifier=ll.Verifier.rates(false_positive_rate=[float(t[2]) for t in tasks]),
        cost=ll.Cost(output_tokens=(1000, 1), price_out=float(price) * 1000),
        limits=[ll.Limit(cost=float(amount), crossing=crossing) for amount in amounts],
        utility=ll.Utility(wrong_cost=float(cost)),
    )
    row = ll.optimal_attempts(base, bootstrap=0).row(0, named=True)
    assert row["optimal_limit"] == want


@pytest.mark.parametrize("crossing", ["cut", "refund", "finish"])
@pytest.mark.parametrize("price", ["0", "0.1"])
def test_fixed_tokens_are_decided_as_in_fractions(crossing: str, price: str) -> None:
    """Whole and broken numbers of attempts up to 800; with a free attempt and a worthless hard task, too."""
    each, amounts = Fraction(1, 10), [Fraction(n, 20) for n in (0, 1, 2, 3, 5, 10, 11, 40, 41, 400, 1600)]
    for cases in (
        [("1", "0.9", "0")],
        [("1", "0.5", "0"), ("1e-20", "0.0", "0.3")],
        [("1", "0.3", "0.2"), ("1", "0", "0.01")],
        [("1", "0", "0.1")],
    ):
        tasks = [tuple(map(Fraction, case)) for case in cases]
        values = []
        for amount in amounts:
            n = amount // each
            part = (amount - n * each) / each
            n, part = (n + 1, 0) if crossing == "finish" and part else (n, 0 if crossing == "refund" else part)
            value = Fraction(0)
            for weight, p, f in tasks:
                a, b = p + (1 - p) * f, 1 - p - (1 - p) * f
                used = (1 - b**n) / a
                value += weight * ((p - 2 * (1 - p) * f) * used - Fraction(price) * (used + part * b**n))
            values.append(value)
        best = max(values)
        want = float(amounts[values.index(best)]) if best > 0 else 0.0
        # The limit is in tokens, or in money at a price per token.
        limit = {"tokens": 10_000} if price == "0" else {"cost": 1}
        name, unit = limit.popitem()
        base = ll.SamplingScenario(
            tasks=ll.Tasks.fixed(success=[float(t[1]) for t in tasks], weight=[float(t[0]) for t in tasks]),
            verifier=ll.Verifier.rates(false_positive_rate=[float(t[2]) for t in tasks]),
            cost=ll.Cost(output_tokens=(1000, 0), price_out=float(price) * 1000),
            limits=[ll.Limit(**{name: float(amount) * unit}, crossing=crossing) for amount in amounts],
            utility=ll.Utility(wrong_cost=2.0),
        )
        row = ll.optimal_attempts(base, bootstrap=0).row(0, named=True)
        assert row["optimal_limit"] == pytest.approx(want * unit, rel=1e-15), cases


def test_the_utility_of_one_task_rises_with_every_limit() -> None:
    """One task (.9), a perfect verifier, .1 an attempt: 800 attempts are better than 799, by 1e-800."""
    policies = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last"), ll.FirstWorthwhile()]
    for tokens in ((1000, 0), (1000, 0.7)):
        base = ll.SamplingScenario(
            tasks=ll.Tasks.fixed(success=[0.9]),
            verifier=ll.Verifier.perfect(),
            policies=policies,
            cost=ll.Cost(output_tokens=tokens, price_out=100),
            limits=[ll.Limit(cost=amount) for amount in range(1, 81)],
            utility=ll.Utility(),
        )
        found = ll.optimal_attempts(base, bootstrap=20, seed=1)
        assert found["optimal_limit"].to_list() == [80.0] * 3
        assert found["status"].to_list() == ["censored"] * 3
        assert found["utility"].to_list() == pytest.approx([8 / 9] * 3, rel=1e-14)
