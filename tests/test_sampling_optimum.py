"""The best number of attempts against brute force in exact fractions, and against logarithms of 60 digits."""

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import limitlaw as ll
from reference.tails import FALSE_ALARM, binomial_p_value

#: Brute force looks at every number of attempts up to here, and at infinity.
FAR = 150
INFINITE = -1

#: (success, false positive rate, false negative rate, weight): multiples of 1/64, and tenths, which floats round. Both
#: make many ties.
SHARE = st.one_of(st.integers(0, 64).map(lambda n: Fraction(n, 64)), st.integers(0, 10).map(lambda n: Fraction(n, 10)))
TASKS = st.lists(st.tuples(SHARE, SHARE, SHARE, st.integers(1, 8).map(Fraction)), min_size=1, max_size=4)
COSTS = st.sampled_from([Fraction(n, d) for n, d in ((0, 1), (1, 4), (1, 9), (3, 7), (1, 1), (4, 1), (31, 1))])
PRICES = st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 64), Fraction(1, 10), Fraction(1, 2)])


def utilities(
    tasks: Sequence[tuple[Fraction, ...]], cost: Fraction, price: Fraction, fallback: str
) -> dict[int, Fraction | float]:
    """The exact utility of 0, 1, ..., ``FAR`` and infinitely many attempts."""
    total = sum(task[3] for task in tasks)
    parts = []
    for p, f, g, weight in tasks:
        right, wrong, hidden = p * (1 - g), (1 - p) * f, p * g
        rejected = 1 - right - wrong
        last = hidden / rejected if rejected else Fraction(0)
        worth = last - cost * (1 - last) if fallback == "last" else Fraction(0)
        parts.append((weight / total, right - cost * wrong - price, right + wrong, rejected, worth))
    # A task is worth gain (1 - rejected^k)/accepted + worth rejected^k, or gain k + worth where none is accepted: whole
    # numbers over the k-th power of the common denominator of all chances of rejection.
    start = sum((w * gain / accepted for w, gain, accepted, _, _ in parts if accepted), Fraction(0))
    each = sum((w * gain for w, gain, accepted, _, _ in parts if not accepted), Fraction(0))
    falls = [(w * (worth - (gain / accepted if accepted else 0)), b) for w, gain, accepted, b, worth in parts]
    whole = math.lcm(start.denominator, each.denominator, *(share.denominator for share, _ in falls))
    base = math.lcm(*(b.denominator for _, b in falls))
    found: dict[int, Fraction | float] = {0: Fraction(0)}
    for k in range(1, FAR + 1):
        value = int(whole * (start + each * k)) * base**k + sum(int(whole * d) * int(base * b) ** k for d, b in falls)
        found[k] = Fraction(value, whole * base**k)
    limit: Fraction | float = Fraction(0)
    for weight, gain, accepted, _, worth in parts:
        if accepted:
            limit += weight * gain / accepted
        elif price:
            limit = -math.inf
        else:
            limit += weight * worth
    found[INFINITE] = limit
    return found


def scenario_of(tasks: Sequence[tuple[Fraction, ...]], price: Fraction, fallback: str) -> ll.SamplingScenario:
    success, f, g, weight = ([float(x) for x in column] for column in zip(*tasks, strict=True))
    return ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=success, weight=weight),
        verifier=ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g),
        policies=[ll.FirstAccepted(fallback=fallback)],
        max_attempts=[1],
        utility=ll.Utility(attempt_cost=float(price)),
    )


@settings(max_examples=250)
@given(TASKS, COSTS, PRICES, st.sampled_from(["abstain", "last"]))
def test_equals_brute_force_over_attempts(
    tasks: list[tuple[Fraction, ...]], cost: Fraction, price: Fraction, fallback: str
) -> None:
    values = utilities(tasks, cost, price, fallback)
    best = max(values.values())
    row = ll.optimal_attempts(scenario_of(tasks, price, fallback), wrong_cost=float(cost), bootstrap=0).row(
        0, named=True
    )
    found = INFINITE if row["status"] == "unbounded" else row["optimal_attempts"]
    assume(found <= FAR)  # a later optimum is checked by its value below only where brute force has it
    assert math.isclose(row["utility"], best, rel_tol=1e-12, abs_tol=1e-12)
    # Of numbers of attempts that are exactly equally good the fewest is named.
    order = [*range(FAR + 1), INFINITE]
    assert found == next(k for k in order if values[k] == best), (found, float(values[found]), float(best))
    status = {0: "zero", INFINITE: "unbounded"}.get(found, "interior")
    assert row["status"] == status
    assert (row["optimal_attempts"] is None) == (status == "unbounded")


def two_types(prior: float, success: Sequence[float], f: float, g: float, cost: float) -> int | None:
    """The best cap for an easy and a hard type of task by the closed formula, with 60 digits; None: infinite."""
    with localcontext(prec=60):
        weights = (Decimal(prior), 1 - Decimal(prior))
        worth = [(1 - Decimal(g)) * Decimal(r) - Decimal(cost) * Decimal(f) * (1 - Decimal(r)) for r in success]
        reject = [1 - Decimal(r) * (1 - Decimal(g)) - (1 - Decimal(r)) * Decimal(f) for r in success]
        assert worth[0] > 0
        assert reject[1] > reject[0]
        if worth[1] >= 0:
            return None
        ratio = weights[0] * worth[0] / (weights[1] * -worth[1])
        return max(0, math.ceil(ratio.ln() / (reject[1] / reject[0]).ln()))


def test_two_types_by_formula_even_where_floats_saturate() -> None:
    found = set()
    for f in (0.001, 0.02, 0.25):
        for cost in (0.125, 0.5, 2.0, 8.0, 50.0):
            for hard in (0.0, 1e-6, 0.001, 0.12):
                for prior in (0.5, 0.99, 1 - 1e-12):
                    want = two_types(prior, (0.99, hard), f, 0.0, cost)
                    scenario = ll.SamplingScenario(
                        tasks=ll.Tasks.fixed(success=[0.99, hard], weight=[prior, 1 - prior]),
                        verifier=ll.Verifier.rates(false_positive_rate=f),
                        max_attempts=[1],
                    )
                    row = ll.optimal_attempts(scenario, wrong_cost=cost, bootstrap=0).row(0, named=True)
                    assert row["optimal_attempts"] == want, (f, cost, hard, prior)
                    found.add(row["status"])
    assert found == {"zero", "interior", "unbounded"}


def test_a_sign_change_far_beyond_float_saturation_is_found() -> None:
    """After 40,000 attempts the utility moves by 1e-20: a cumulative sum stands still, the sign does not."""
    g, f = 0.998, 0.001
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[1.0, 0.0], weight=[1.0, 1e-30]),
        verifier=ll.Verifier.rates(false_positive_rate=[0.0, f], false_negative_rate=[g, 0.0]),
        max_attempts=[1],
    )
    row = ll.optimal_attempts(scenario, wrong_cost=1.0, bootstrap=0).row(0, named=True)
    with localcontext(prec=60):
        ratio = (1 - Decimal(g)) / (Decimal("1e-30") * Decimal(f))
        want = math.ceil(ratio.ln() / ((1 - Decimal(f)) / Decimal(g)).ln())
    assert row["optimal_attempts"] == want > 40_000


def test_the_examples_of_the_literature() -> None:
    """Several local maxima: infinity is only a candidate."""
    for weight, a, best, value in (
        ((0.3, 0.4, 0.3), (0.9, 0.3, 0.02), None, 0.2),
        ((0.45, 0.45, 0.1), (0.9, 0.3, 0.001), 1, 0.2701),
    ):
        success, f = [a[0], 0.0, a[2]], [0.0, a[1], 0.0]
        scenario = ll.SamplingScenario(
            tasks=ll.Tasks.fixed(success=success, weight=weight),
            verifier=ll.Verifier.rates(false_positive_rate=f),
            max_attempts=[1],
        )
        row = ll.optimal_attempts(scenario, wrong_cost=1, bootstrap=0).row(0, named=True)
        assert row["optimal_attempts"] == best
        assert math.isclose(row["utility"], value, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("success", "rate", "cost", "price"),
    [
        ([0.2], 1.0, 0.25, 0.0),
        ([0.1], 0.3, 1 / 2.7, 0.0),
        ([0.3, 0.1], 0.0, 0.0, 0.2),
        ([0.6], 0.25, 3.0, 0.3),
    ],
)
def test_an_attempt_that_is_worth_nothing_is_not_made(
    success: list[float], rate: float, cost: float, price: float
) -> None:
    """Gain and loss are equal in exact arithmetic, and differ by rounding in floats."""
    tasks = [(Fraction(str(p)), Fraction(str(rate)), Fraction(0), Fraction(1)) for p in success]
    wrong_cost = Fraction(cost).limit_denominator(100)
    values = utilities(tasks, wrong_cost, Fraction(str(price)), "abstain")
    assert values[1] == 0
    row = ll.optimal_attempts(scenario_of(tasks, Fraction(str(price)), "abstain"), wrong_cost=cost, bootstrap=0)
    assert values[0] == max(values.values())
    assert row.select("optimal_attempts", "status", "utility").row(0) == (0, "zero", 0.0)


def test_rates_that_are_equal_but_for_rounding_are_one() -> None:
    """P(accepted) is .3 for both tasks; what the one gains the other loses, at every attempt."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.3, 0.0]),
        verifier=ll.Verifier.rates(false_positive_rate=[0.0, 0.1 + 0.2]),
        max_attempts=[1],
    )
    for cost, want in ((1.0, 0), (0.999, None), (1.001, 0)):
        row = ll.optimal_attempts(scenario, wrong_cost=cost, bootstrap=0)
        assert row["optimal_attempts"].item() == want


POOL = st.integers(1, 12).flatmap(
    lambda n: st.integers(0, n).flatmap(
        lambda a: st.integers(0, a).flatmap(
            lambda t: st.integers(t, t + n - a).map(lambda c: (n, a, t, c)),
        )
    )
)


@settings(max_examples=250)
@given(st.lists(POOL, min_size=1, max_size=4), COSTS, PRICES, st.sampled_from(["abstain", "last"]))
def test_a_pool_equals_brute_force(
    pools: list[tuple[int, int, int, int]], cost: Fraction, price: Fraction, fallback: str
) -> None:
    size = min(n for n, *_ in pools)
    values = {0: Fraction(0)}
    for k in range(1, size + 1):
        value = Fraction(0)
        for n, a, t, c in pools:
            none = [Fraction(math.comb(n - a, j), math.comb(n, j)) for j in range(k + 1)]
            right = (1 - none[k]) * Fraction(t, max(a, 1))
            wrong = (1 - none[k]) - right
            if fallback == "last" and n > a:
                right += none[k] * Fraction(c - t, n - a)
                wrong += none[k] * (1 - Fraction(c - t, n - a))
            value += right - cost * wrong - price * sum(none[:k])
        values[k] = value / len(pools)
    n, a, t, c = zip(*pools, strict=True)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=n, accepted=a, accepted_correct=t, correct=c),
        policies=[ll.FirstAccepted(fallback=fallback)],
        max_attempts=[1],
        utility=ll.Utility(attempt_cost=float(price)),
    )
    row = ll.optimal_attempts(scenario, wrong_cost=float(cost), bootstrap=0).row(0, named=True)
    best = min(k for k, value in values.items() if value == max(values.values()))
    assert row["optimal_attempts"] == best
    assert math.isclose(row["utility"], values[best], rel_tol=1e-12, abs_tol=1e-12)
    assert row["status"] == ("zero" if best == 0 else "censored" if best == size else "interior")


@pytest.mark.parametrize("size", [100, 5_000])
def test_the_best_of_a_large_pool_is_not_where_floats_saturate(size: int) -> None:
    """Right answers only: every attempt up to the last that can be needed gains, by 1e-1000 in the end."""
    accepted, far = size // 2, [size, size + 7]
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=far, accepted=[accepted, 0], accepted_correct=[accepted, 0]), max_attempts=[1]
    )
    row = ll.optimal_attempts(scenario, bootstrap=0).row(0, named=True)
    assert (row["optimal_attempts"], row["status"], row["utility"]) == (size - accepted + 1, "interior", 0.5)
    # A cost of 1e-6 an attempt: until the gain is less, by whole numbers.
    paid = scenario.replace(utility=ll.Utility(attempt_cost=1e-6))

    def gain(k: int) -> Fraction:
        first = Fraction(math.comb(size - accepted, k - 1), math.comb(size, k - 1))
        return first * Fraction(accepted, size - k + 1) - Fraction(1, 10**6) * (first + 1)

    want = next(k for k in range(1, size) if gain(k + 1) <= 0)
    assert ll.optimal_attempts(paid, bootstrap=0)["optimal_attempts"].item() == want


def test_resampled_tasks_have_the_exact_shares() -> None:
    """Two tasks: a resample holds one of them twice, the other twice, or both: 1/4, 1/4, 1/2."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.9, 0.0]), verifier=ll.Verifier.rates(false_positive_rate=0.5), max_attempts=[1]
    )
    frames = [
        ll.optimal_attempts(scenario, wrong_cost=[1.0], bootstrap=4000, seed=3, threads=threads)
        for threads in (1, 2, 5)
    ]
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])
    row = frames[0].row(0, named=True)
    for name in ("p_zero", "p_unbounded"):
        assert binomial_p_value(round(4000 * row[name]), 4000, 0.25) > FALSE_ALARM / 2
    assert (row["optimal_attempts_q05"], row["optimal_attempts_q95"]) == (0, None)


@pytest.mark.parametrize(
    "tasks",
    [
        ll.Tasks.counts(attempts=[5] * 8, correct=[0, 1, 2, 3, 5, 5, 0, 4]),
        ll.Tasks.counts(attempts=[1] * 8, correct=[0, 1, 1, 0, 1, 0, 0, 1]),
    ],
)
def test_the_interval_over_attempts_is_that_of_the_solution(tasks: ll.Tasks) -> None:
    """Both draw the same rates that the attempts leave open; only their quantiles are defined otherwise."""
    scenario = ll.SamplingScenario(
        tasks=tasks,
        verifier=ll.Verifier.rates(false_positive_rate=0.1),
        max_attempts=[1],
        utility=ll.Utility(wrong_cost=1.0),
    )
    options = {"resample": "attempts", "bootstrap": 4_000, "seed": 4}
    row = ll.optimal_attempts(scenario, **options).row(0, named=True)
    there = scenario.replace(max_attempts=[row["optimal_attempts"]])
    solved = ll.solve(there, columns=["utility"], confidence=0.9, **options).row(0, named=True)
    assert row["utility_q05"] == pytest.approx(solved["utility_low"], abs=2e-3)
    assert row["utility_q95"] == pytest.approx(solved["utility_high"], abs=2e-3)
    assert row["utility_q95"] > row["utility_q05"] + 0.05


def test_one_attempt_a_task_leaves_its_rate_open() -> None:
    """Observed shares of 0 and 1 are no rates: other attempts and other tasks would say otherwise."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.counts(attempts=[1] * 40, correct=[1] * 14 + [0] * 26),
        verifier=ll.Verifier.rates(false_positive_rate=0.05),
        max_attempts=[1],
    )
    widths = {}
    for resample in ("tasks", "attempts"):
        row = ll.optimal_attempts(scenario, wrong_cost=1.0, resample=resample, bootstrap=400, seed=1).row(0, named=True)
        widths[resample] = row["utility_q95"] - row["utility_q05"]
        assert row["optimal_attempts_q05"] == 1
        assert row["optimal_attempts_q95"] is None or row["optimal_attempts_q95"] > 3  # more may well be better
    # Of other tasks: as wide as the exact interval of a share, and not much wider.
    exact = ll.pass_at_k([1] * 40, [1] * 14 + [0] * 26, 1, confidence=0.9)
    assert 0.7 < widths["tasks"] / (exact["high"] - exact["low"]).item() < 1.5
    assert 0.05 < widths["attempts"] < widths["tasks"]


def test_a_pool_of_tasks_that_are_all_alike_does_not_know_others() -> None:
    """No attempt of it ever failed; beside three such tasks others may (.1 ** (1/3) = .46), and ask for more."""
    pool = ll.Tasks.pool([5] * 3, accepted=[5] * 3, accepted_correct=[5] * 3, correct=[5] * 3)
    scenario = ll.SamplingScenario(tasks=pool, max_attempts=[1])
    row = ll.optimal_attempts(scenario, wrong_cost=1.0, bootstrap=400, seed=2).row(0, named=True)
    assert (row["optimal_attempts"], row["utility"]) == (1, 1.0)
    assert row["optimal_attempts_q95"] > 1
    assert row["utility_q05"] < 0.8


def test_the_interval_of_the_best_number_holds_it_over_few_tasks() -> None:
    """A number within .001 of the best utility counts as the best.

    It holds .85 of data sets of five tasks of known rates (of 200; resamples as drawn .61), and .98 and more of pools
    of twenty tasks that are nearly always right, five attempts each (resamples of their own attempts .46). At .85 and
    .98 fewer are held with probabilities of 6e-5 and 1e-5; at .61 and .46 as many with 1e-2 and 4e-7.
    """
    verifier = ll.Verifier.rates(false_positive_rate=0.05)
    for shape, tasks, sets, least in (((0.6, 1.4), 5, 120, 86), ((19.0, 1.0), 20, 40, 34)):
        population = ll.Tasks.beta(*shape, count=10)
        every = ll.SamplingScenario(
            tasks=population, verifier=verifier, utility=ll.Utility(wrong_cost=1), max_attempts=list(range(1, 201))
        )
        utility = np.array([0.0, *ll.solve(every, columns=["utility"])["utility"]])
        best = np.flatnonzero(utility >= utility.max() - 1e-3)
        held = 0
        for seed in range(sets):
            random = np.random.default_rng([tasks, seed])
            p = random.beta(*shape, tasks)
            known = ll.SamplingScenario(tasks=ll.Tasks.fixed(p), verifier=verifier, max_attempts=[1])
            if tasks > 5:
                correct = random.binomial(5, p)
                accepted = correct + random.binomial(5 - correct, 0.05)
                pool = ll.Tasks.pool([5] * tasks, accepted, correct, correct=correct)
                known = ll.SamplingScenario(tasks=pool, max_attempts=[1])
            row = ll.optimal_attempts(known, wrong_cost=1, bootstrap=200, seed=seed).row(0, named=True)
            ends = [
                np.inf if row[f"optimal_attempts_{q}"] is None else row[f"optimal_attempts_{q}"] for q in ("q05", "q95")
            ]
            held += ends[0] <= best[-1] and ends[1] >= best[0]
        assert held >= least, (shape, held)


def test_costs_and_policies_come_in_order() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.5, 0.01]),
        verifier=ll.Verifier.rates(false_positive_rate=0.1),
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
        max_attempts=[1],
    )
    frame = ll.optimal_attempts(scenario, wrong_cost=[0, 8, 2], bootstrap=0)
    assert frame["wrong_cost"].to_list() == [0.0, 8.0, 2.0] * 2
    assert frame["policy"].to_list() == ["first_accepted"] * 3 + ["first_accepted(fallback=last)"] * 3
    for i, cost in enumerate((0, 8, 2)):
        alone = ll.optimal_attempts(scenario, wrong_cost=cost, bootstrap=0)
        assert alone["optimal_attempts"].to_list() == frame["optimal_attempts"].gather([i, i + 3]).to_list()


def test_the_optimum_of_a_posterior_under_a_perfect_verifier_is_every_attempt() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.counts(attempts=[4], correct=[3], posterior=True, prior="jeffreys"), max_attempts=[1]
    )
    row = ll.optimal_attempts(scenario, bootstrap=0).row(0, named=True)
    assert (row["status"], row["utility"]) == ("unbounded", pytest.approx(1.0, abs=1e-12))
