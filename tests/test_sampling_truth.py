"""Closed forms equal the enumeration of every sequence of attempts in exact fractions."""

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

import polars as pl
import pytest

import limitlaw as ll
from reference import enumeration
from reference.enumeration import KINDS, Next, Outcome

CAPS = [1, 2, 4, 5]
BOTH = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
QUANTILES = {
    "q05": Fraction(1, 20),
    "q25": Fraction(1, 4),
    "q50": Fraction(1, 2),
    "q75": Fraction(3, 4),
    "q95": Fraction(19, 20),
}
UTILITIES = [ll.Utility(wrong_cost=4), ll.Utility(correct_reward=3, wrong_cost=0.5, attempt_cost=0.125)]

#: (success, false positive rate, false negative rate) of one task: ordinary ones, and every rate at both its ends.
RATES = [(0.3, 0.2, 0.25), (0.75, 0.05, 0.5), (1e-9, 1e-3, 0.1), (0.999, 0.3, 1e-7)]
RATES += [(p, f, g) for p in (0.0, 0.5, 1.0) for f in (0.0, 0.25, 1.0) for g in (0.0, 0.25, 1.0)]


def close(value: float | None, exact: Fraction | float, scale: float = 1.0) -> bool:
    """Equal up to rounding: 1e-13 of the value and 4 units in the last place of its scale."""
    return value is not None and math.isclose(value, exact, rel_tol=1e-13, abs_tol=4 * 2.0**-52 * scale)


def expectations(laws: Sequence[Next], fallback: str, at: int, utility: ll.Utility) -> dict[str, Fraction]:
    """The exact mean of every column over equally weighted tasks."""
    mean: dict[str, Fraction] = defaultdict(Fraction)
    for following in laws:
        for (outcome,), probability in enumeration.law(following, [CAPS[at]], fallback).items():
            share = probability / len(laws)
            mean["accepted"] += share * outcome.accepted
            mean["accuracy"] += share * outcome.correct
            mean["wrong"] += share * outcome.wrong
            mean["returned"] += share * (outcome.correct + outcome.wrong)
            mean["abstained"] += share * (1 - outcome.correct - outcome.wrong)
            mean["coverage"] += share * outcome.covered
            mean["attempts_used"] += share * outcome.attempts
            mean["utility"] += share * worth(outcome, utility)
    if mean["returned"] > 0:
        mean["precision"] = mean["accuracy"] / mean["returned"]
        mean["false_discovery_rate"] = mean["wrong"] / mean["returned"]
    return mean


def worth(outcome: Outcome, utility: ll.Utility) -> Fraction:
    return (
        Fraction(utility.correct_reward) * outcome.correct
        - Fraction(utility.wrong_cost) * outcome.wrong
        - Fraction(utility.attempt_cost) * outcome.attempts
    )


def check(scenario: ll.SamplingScenario, laws: Sequence[Next]) -> None:
    """Every column of every row, for the benchmark and for each task, against the enumeration."""
    assert scenario.utility is not None
    by_policy = ll.solve(scenario)
    by_task = ll.solve(scenario, by="task")
    for p, policy in enumerate(scenario.policies):
        assert isinstance(policy, ll.FirstAccepted)
        for at in range(len(CAPS)):
            row = by_policy.row(p * len(CAPS) + at, named=True)
            compare(row, expectations(laws, policy.fallback, at, scenario.utility))
            for i, following in enumerate(laws):
                row = by_task.row((p * len(CAPS) + at) * len(laws) + i, named=True)
                compare(row, expectations([following], policy.fallback, at, scenario.utility))
            check_quantiles(by_policy.row(p * len(CAPS) + at, named=True), laws, policy.fallback, at, scenario.utility)


def compare(row: dict[str, float | None], exact: dict[str, Fraction]) -> None:
    for name in ("precision", "false_discovery_rate"):
        if name not in exact:
            assert row[name] is None
    for name, value in exact.items():
        assert close(row[name], value, scale=10.0), (name, row[name], float(value))
        assert f"{name}_se" not in row


def check_quantiles(
    row: dict[str, float | None], laws: Sequence[Next], fallback: str, at: int, utility: ll.Utility
) -> None:
    """The score of one run, and its utility where attempts are free."""
    scores: dict[str, list[dict[Fraction, Fraction]]] = {"accuracy": [], "utility": []}
    for following in laws:
        marginal: dict[str, dict[Fraction, Fraction]] = {name: defaultdict(Fraction) for name in scores}
        for (outcome,), probability in enumeration.law(following, [CAPS[at]], fallback).items():
            marginal["accuracy"][Fraction(outcome.correct, len(laws))] += probability
            marginal["utility"][worth(outcome, utility) / len(laws)] += probability
        for name, parts in scores.items():
            parts.append(marginal[name])
    for name, parts in scores.items():
        law = enumeration.total(parts) if name == "accuracy" or utility.attempt_cost == 0.0 else None
        for suffix, p in QUANTILES.items():
            column = f"{name}_{suffix}"
            if law is None:
                assert column not in row
            else:
                assert close(row[column], enumeration.quantile(law, p), scale=10.0), name


@pytest.mark.parametrize("utility", UTILITIES, ids=["free", "cost"])
@pytest.mark.parametrize("start", range(0, len(RATES), 4))
def test_independent_attempts(start: int, utility: ll.Utility) -> None:
    rates = RATES[start : start + 4]
    success, false_positive, false_negative = zip(*rates, strict=True)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=success),
        verifier=ll.Verifier.rates(false_positive_rate=false_positive, false_negative_rate=false_negative),
        policies=BOTH,
        max_attempts=CAPS,
        utility=utility,
    )
    check(scenario, [enumeration.independent(*task) for task in rates])


def test_observed_counts_are_rates() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.counts(attempts=[8, 4, 16], correct=[1, 0, 16]),
        verifier=ll.Verifier.rates(false_positive_rate=0.125, false_negative_rate=0.25),
        policies=BOTH,
        max_attempts=CAPS,
        utility=UTILITIES[0],
    )
    check(scenario, [enumeration.independent(p, 0.125, 0.25) for p in (0.125, 0.0, 1.0)])


def test_the_posterior_with_a_perfect_verifier() -> None:
    for prior, (alpha, beta) in (("jeffreys", (0.5, 0.5)), ((1, 3.5), (1.0, 3.5)), ((2.25, 0.125), (2.25, 0.125))):
        scenario = ll.SamplingScenario(
            tasks=ll.Tasks.counts(attempts=[4, 0, 5, 3], correct=[1, 0, 5, 0], posterior=True, prior=prior),
            policies=BOTH,
            max_attempts=CAPS,
            utility=UTILITIES[0],
        )
        counts = [(1, 3), (0, 0), (5, 0), (0, 3)]
        check(scenario, [enumeration.posterior(alpha + c, beta + w, 0.0, 0.0) for c, w in counts])


def test_attempts_of_a_posterior_beyond_the_term_by_term_sum() -> None:
    """Sums of 70,000 and 200,000 terms, of both kinds: away from alpha = 1 and near it."""
    for alpha, beta in ((0.5, 0.5), (0.5, 100.5), (1.0, 7.0), (1.0005, 0.5), (1.002, 3.0), (3.5, 2e6)):
        scenario = ll.SamplingScenario(
            tasks=ll.Tasks.counts(attempts=[0], correct=[0], posterior=True, prior=(alpha, beta)),
            max_attempts=[70_000, 200_000],
        )
        terms, term = [], 1.0
        for k in range(200_000):
            terms.append(term)
            term *= (beta + k) / (alpha + beta + k)
        for got, cap in zip(ll.solve(scenario)["attempts_used"], (70_000, 200_000), strict=True):
            assert math.isclose(got, math.fsum(terms[:cap]), rel_tol=1e-9), (alpha, beta, cap)


POOLS = [(5, 2, 1, 2), (6, 3, 2, 4), (5, 0, 0, 3), (5, 5, 2, 2), (6, 1, 0, 0), (7, 2, 2, 7)]


@pytest.mark.parametrize("utility", UTILITIES, ids=["free", "cost"])
@pytest.mark.parametrize("start", [0, 3])
def test_a_pool(start: int, utility: ll.Utility) -> None:
    pools = POOLS[start : start + 3]
    attempts, accepted, accepted_correct, correct = zip(*pools, strict=True)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=attempts, accepted=accepted, accepted_correct=accepted_correct, correct=correct),
        policies=BOTH,
        max_attempts=CAPS,
        utility=utility,
    )
    check(scenario, [enumeration.pool(*task) for task in pools])
    without = ll.solve(
        scenario.replace(
            tasks=ll.Tasks.pool(attempts=attempts, accepted=accepted, accepted_correct=accepted_correct),
            policies=BOTH[:1],
        )
    )
    assert "coverage" not in without.columns
    known = ll.solve(scenario)[: len(CAPS)]
    same = [name for name in known.columns if not name.startswith("coverage") and name not in ("policy", "run")]
    assert without.select(same).equals(known.select(same))


def test_the_enumeration_of_a_pool_is_that_of_all_its_orders() -> None:
    """The oracle itself: drawing one by one is the same as shuffling."""
    for n, accepted, right, correct in POOLS[:2]:
        hidden = correct - right
        kinds = [0] * right + [1] * (accepted - right) + [2] * hidden + [3] * (n - accepted - hidden)
        for fallback in ("abstain", "last"):
            orders = list(permutations(kinds))
            want: dict[Outcome, Fraction] = defaultdict(Fraction)
            for order in orders:
                want[enumeration.first_accepted(order[:4], fallback)] += Fraction(1, len(orders))
            got = enumeration.law(enumeration.pool(n, accepted, right, correct), [4], fallback)
            assert {outcome: p for (outcome,), p in got.items()} == want
    assert KINDS == ((1, 1), (1, 0), (0, 1), (0, 0))


def test_beyond_the_smallest_pool_every_result_is_null() -> None:
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=[3, 9], accepted=[1, 4], accepted_correct=[1, 2], correct=[1, 3]),
        max_attempts=[1, 3, 4, 9],
        utility=ll.Utility(),
    )
    for frame in (ll.solve(scenario), ll.simulate(scenario, trials=100, seed=1)):
        results = frame.drop("policy", "max_attempts", "trials", "run", strict=False)
        assert all(column.is_null().all() for column in results[2:])
        assert results["accuracy"][:2].null_count() == 0
    beyond = scenario.replace(max_attempts=[10, 11])
    assert ll.simulate(beyond, trials=100, seed=1)["accuracy"].null_count() == 2


def test_weights_are_scaled_and_remove_the_quantiles() -> None:
    weight = [3.0, 0.0, 1.0]
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.3, 0.9, 0.5], weight=weight),
        verifier=ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.25),
        policies=BOTH,
        max_attempts=CAPS,
        utility=UTILITIES[1],
    )
    frame, by_task = ll.solve(scenario), ll.solve(scenario, by="task")
    for name in ("accepted", "returned", "accuracy", "wrong", "coverage", "attempts_used", "utility"):
        rows = by_task[name].to_numpy().reshape(-1, 3)
        for got, tasks in zip(frame[name], rows, strict=True):
            assert close(got, math.fsum(w * x / 4.0 for w, x in zip(weight, tasks, strict=True)), scale=10.0)
    assert all(frame[name].is_null().all() for name in frame.columns if "_q" in name)
    precision = frame["accuracy"] / frame["returned"]
    assert ((frame["precision"] - precision).abs() < 1e-15).all()


def test_the_quantiles_of_many_tasks() -> None:
    """Against the dynamic programme in exact fractions, 40 tasks and rewards with a small common unit."""
    success = [Fraction(i, 64) for i in range(12, 52)]
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[float(p) for p in success]),
        verifier=ll.Verifier.rates(false_positive_rate=0.125, false_negative_rate=0.25),
        max_attempts=[2],
        utility=ll.Utility(correct_reward=1.5, wrong_cost=0.25),
    )
    row = ll.solve(scenario).row(0, named=True)
    laws: dict[str, list[dict[Fraction, Fraction]]] = {"accuracy": [], "utility": []}
    for p in success:
        a = p * Fraction(3, 4) + (1 - p) / 8
        right, wrong = p * Fraction(3, 4) * (2 - a), (1 - p) / 8 * (2 - a)
        laws["accuracy"].append({Fraction(1): right, Fraction(0): 1 - right})
        laws["utility"].append({Fraction(3, 2): right, Fraction(-1, 4): wrong, Fraction(0): 1 - right - wrong})
    for name, parts in laws.items():
        law = enumeration.total(parts)
        for suffix, p in QUANTILES.items():
            assert close(row[f"{name}_{suffix}"], enumeration.quantile(law, p) / len(success))


def test_the_data_of_the_demo_in_exact_fractions() -> None:
    """A pool of 100 attempts at K = 1, 10 and 100: ratios of binomial coefficients."""
    attempts, accepted, right = [100] * 4, [0, 3, 40, 100], [0, 2, 40, 61]
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=attempts, accepted=accepted, accepted_correct=right), max_attempts=[1, 10, 100]
    )
    frame: pl.DataFrame = ll.solve(scenario)
    for row, cap in zip(frame.iter_rows(named=True), (1, 10, 100), strict=True):
        shares = [1 - Fraction(math.comb(100 - a, cap), math.comb(100, cap)) for a in accepted]
        correct = [s * Fraction(t, a) if a else Fraction(0) for s, t, a in zip(shares, right, accepted, strict=True)]
        assert close(row["accepted"], sum(shares) / 4)
        assert close(row["accuracy"], sum(correct) / 4)
        assert close(row["precision"], sum(correct) / sum(shares))
