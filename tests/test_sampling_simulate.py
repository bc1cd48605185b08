"""The simulator against exact laws: every count, every metric, every grid point, at fixed seeds.

Counts of a task over trials are binomial, so they are judged by exact binomial tails; means of attempts and utilities
by Bernstein's inequality with the exact variance. A test's false-alarm probability is at most 1e-9 (``FALSE_ALARM``),
shared by all the numbers it looks at; no tolerance is estimated from the draws it judges.
"""

import itertools
import math
import zlib

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from reference import table
from reference.table import Table
from reference.tails import FALSE_ALARM, binomial_p_value, mean_bound

TRIALS = 20_000
GRID = [1, 2, 3, 7, 20, 60]
BOTH = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
UTILITIES = {
    "none": None,
    "free": ll.Utility(wrong_cost=4.0),
    "cost": ll.Utility(correct_reward=2.0, wrong_cost=1.0, attempt_cost=0.01),
}
SUCCESS = [0.0, 0.004, 0.1, 0.3, 0.5, 0.95, 1.0]
ATTEMPTS, CORRECT = [25, 5, 100, 8, 4, 20, 3], [0, 2, 1, 4, 1, 19, 3]
POPULATIONS = {
    "fixed": ll.Tasks.fixed(success=SUCCESS),
    "weighted": ll.Tasks.fixed(success=SUCCESS, weight=[1, 2, 0, 3, 0.5, 1, 1]),
    "counts": ll.Tasks.counts(attempts=ATTEMPTS, correct=CORRECT),
    "jeffreys": ll.Tasks.counts(attempts=ATTEMPTS, correct=CORRECT, posterior=True, prior="jeffreys"),
}
VERIFIERS = {
    "perfect": ll.Verifier.perfect(),
    "constant": ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.2),
    "by_task": ll.Verifier.rates(
        false_positive_rate=[0.0, 0.3, 0.05, 0.001, 1.0, 0.5, 0.1],
        false_negative_rate=[0.5, 0.0, 0.9, 1.0, 0.3, 0.01, 0.25],
    ),
    "f0": ll.Verifier.rates(false_positive_rate=0.0, false_negative_rate=0.4),
    "f1": ll.Verifier.rates(false_positive_rate=1.0, false_negative_rate=0.4),
    "g0": ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.0),
    "g1": ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=1.0),
}
#: attempts, accepted, accepted and correct, correct
POOLS = [
    (60, 3, 2, 5),
    (61, 0, 0, 4),
    (100, 100, 40, 40),
    (75, 20, 20, 70),
    (200, 1, 0, 0),
    (60, 30, 1, 31),
    (64, 5, 5, 5),
]


def law_tables(tasks: ll.Tasks, verifier: ll.Verifier | None) -> list[Table]:
    """The exact law of every task."""
    fields = {f: getattr(tasks, f, None) for f in ("success", "attempts", "correct", "posterior")}
    if verifier is None:
        return [table.pool(*counts, GRID[-1]) for counts in POOLS]
    f = np.broadcast_to(verifier.false_positive_rate, len(tasks))
    g = np.broadcast_to(verifier.false_negative_rate, len(tasks))
    if fields["posterior"]:
        return [
            table.posterior(0.5 + c, 0.5 + n - c, f[i], g[i], GRID[-1])
            for i, (n, c) in enumerate(zip(ATTEMPTS, CORRECT, strict=True))
        ]
    success = fields["success"] if fields["success"] is not None else np.divide(CORRECT, ATTEMPTS)
    return [table.independent(p, f[i], g[i], GRID[-1]) for i, p in enumerate(success)]


def check(scenario: ll.SamplingScenario, tables: list[Table], seed: int, trials: int = TRIALS) -> None:
    """Counts, sums and scores of a simulation against the exact law; then the frame against those counts."""
    tallies = ll.simulate(scenario, trials=trials, seed=seed, tallies=True)
    frame = ll.simulate(scenario, trials=trials, seed=seed)
    rows = list(tallies.iter_rows(named=True))
    fallbacks = [policy.fallback for policy in scenario.policies]
    share = FALSE_ALARM / (len(rows) * (6 * len(tables) + len(tables) + 1))
    for at, row in enumerate(rows):
        fallback, g = fallbacks[at // len(GRID)], at % len(GRID)
        for i, law in enumerate(tables):
            exact = law.shares(GRID[g], fallback)
            for name, probability in exact.items():
                if name == "covered" and not row["covered"]:
                    continue
                count = row[name][i]
                p = (
                    min(max(probability, 0.0), 1.0)
                    if abs(probability - round(probability)) > 1e-15
                    else round(probability)
                )
                assert binomial_p_value(count, trials, p) > share, (name, GRID[g], i, count / trials, probability)
            for name, utility in (("attempts", None), ("utility", scenario.utility)):
                if name == "utility" and utility is None:
                    continue
                mean, variance, largest = law.moments(g, GRID, fallback, utility)
                off = abs(row[f"{name}_sum"][i] / trials - mean)
                assert off <= mean_bound(variance, largest, trials, share) + 1e-9 * max(1.0, abs(mean)), (
                    name,
                    GRID[g],
                    i,
                )
        if scenario.tasks.weight is None:
            check_scores(
                row["accuracy_counts"], [law.shares(GRID[g], fallback)["correct"] for law in tables], trials, share
            )
    check_frame(scenario, frame, rows, trials)


def check_scores(counts: list[int], correct: list[float], trials: int, share: float) -> None:
    """The number of correct answers in one run is Poisson-binomial: each of its values is a binomial count."""
    law = np.ones(1)
    for p in correct:
        law = np.convolve(law, [1.0 - p, p])
    law[law < 1e-15] = 0.0  # an impossible value, up to the rounding of the exact law itself
    assert sum(counts) == trials
    for count, probability in zip(counts, law, strict=True):
        assert count == 0 if probability == 0.0 else binomial_p_value(count, trials, min(probability, 1.0)) > share


def check_frame(scenario: ll.SamplingScenario, frame: pl.DataFrame, rows: list[dict], trials: int) -> None:
    """The frame holds the means, standard errors and quantiles of the very counts."""
    weight = scenario.tasks.weight
    w = np.full(len(scenario.tasks), 1.0 / len(scenario.tasks)) if weight is None else weight / weight.sum()
    for row, counts in zip(frame.iter_rows(named=True), rows, strict=True):
        shares = {"accepted": "accepted", "accuracy": "correct", "wrong": "wrong", "coverage": "covered"}
        means = {column: np.array(counts[name]) / trials for column, name in shares.items() if counts[name]}
        means["returned"] = means["accuracy"] + means["wrong"]
        means["abstained"] = 1.0 - means["returned"]
        for column, x in means.items():
            assert math.isclose(row[column], w @ x, rel_tol=1e-12, abs_tol=1e-13), column
            error = math.sqrt(w**2 @ (x * (1 - x)) / (trials - 1))
            assert math.isclose(row[f"{column}_se"], error, rel_tol=1e-9, abs_tol=1e-9), column
        for name, column in (("attempts", "attempts_used"), ("utility", "utility")):
            if name == "utility" and scenario.utility is None:
                assert not {"utility", "utility_se"} & set(row)
                continue
            x = np.array(counts[f"{name}_sum"]) / trials
            variance = np.maximum(np.array(counts[f"{name}_square_sum"]) / trials - x**2, 0.0)
            assert math.isclose(row[column], w @ x, rel_tol=1e-12, abs_tol=1e-13)
            assert math.isclose(
                row[f"{column}_se"], math.sqrt(w**2 @ variance / (trials - 1)), rel_tol=1e-6, abs_tol=1e-8
            )
        if row["returned"] == 0.0:
            assert row["precision"] is row["precision_se"] is row["false_discovery_rate"] is None
        else:
            q = row["accuracy"] / row["returned"]
            assert math.isclose(row["precision"], q, rel_tol=1e-12)
            assert math.isclose(row["false_discovery_rate"], 1 - q, abs_tol=1e-12)
            c, x = means["accuracy"], means["wrong"]
            spread = c * (1 - q) ** 2 + x * q**2 - (c * (1 - q) - x * q) ** 2
            error = math.sqrt(max(w**2 @ spread, 0.0) / (trials - 1)) / row["returned"]
            assert math.isclose(row["precision_se"], error, rel_tol=1e-6, abs_tol=1e-8)
        if weight is None:
            scores = np.repeat(np.arange(len(w) + 1), counts["accuracy_counts"])
            utilities = np.repeat(counts["utility_values"], counts["utility_counts"])
            for p in (5, 25, 50, 75, 95):
                rank = -(-p * trials // 100) - 1
                assert row[f"accuracy_q{p:02d}"] == scores[rank] / len(w)
                if scenario.utility is None:
                    assert f"utility_q{p:02d}" not in row
                else:
                    assert row[f"utility_q{p:02d}"] == utilities[rank]
        else:
            assert all(row[name] is None for name in row if "_q" in name)


@pytest.mark.parametrize("utility", UTILITIES)
@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("population", POPULATIONS)
def test_equals_the_exact_law(population: str, verifier: str, utility: str) -> None:
    scenario = ll.SamplingScenario(
        tasks=POPULATIONS[population],
        verifier=VERIFIERS[verifier],
        policies=BOTH,
        max_attempts=GRID,
        utility=UTILITIES[utility],
    )
    seed = zlib.crc32(f"{population} {verifier} {utility}".encode())
    check(scenario, law_tables(scenario.tasks, scenario.verifier), seed)


@pytest.mark.parametrize("utility", UTILITIES)
@pytest.mark.parametrize("with_correct", [True, False])
def test_a_pool_equals_the_exact_law(utility: str, with_correct: bool) -> None:
    n, a, t, c = zip(*POOLS, strict=True)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.pool(attempts=n, accepted=a, accepted_correct=t, correct=c if with_correct else None),
        policies=BOTH if with_correct else BOTH[:1],
        max_attempts=GRID,
        utility=UTILITIES[utility],
    )
    check(scenario, law_tables(scenario.tasks, None), zlib.crc32(f"pool {utility} {with_correct}".encode()))


def test_a_wide_grid_without_shared_tables_equals_the_exact_law(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over 128 grid points no table serves two tasks; many chunks and an odd number of trials."""
    grid = list(range(1, 141))
    monkeypatch.setitem(globals(), "GRID", grid)
    success, f, g = [0.02, 0.2, 0.0, 0.005], [0.01, 0.0, 0.05, 0.02], [0.3, 0.5, 0.0, 0.1]
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=success),
        verifier=ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g),
        policies=BOTH,
        max_attempts=grid,
        utility=UTILITIES["cost"],
    )
    tables = [table.independent(*rates, 140) for rates in zip(success, f, g, strict=True)]
    check(scenario, tables, seed=11, trials=15_001)


@pytest.mark.parametrize("population", POPULATIONS)
def test_the_exact_law_of_these_tests_is_that_of_solve(population: str) -> None:
    """The two oracles, computed in different ways, agree wherever both exist."""
    for verifier in VERIFIERS.values() if population != "jeffreys" else [ll.Verifier.perfect()]:
        scenario = ll.SamplingScenario(
            tasks=POPULATIONS[population],
            verifier=verifier,
            policies=BOTH,
            max_attempts=GRID,
            utility=UTILITIES["cost"],
        )
        rows = ll.solve(scenario, by="task").rows(named=True)
        for policy, (g, cap), law in itertools.product(BOTH, enumerate(GRID), law_tables(scenario.tasks, verifier)):
            row = rows.pop(0)
            exact = law.shares(cap, policy.fallback)
            exact |= {"attempts_used": law.moments(g, GRID, policy.fallback, None)[0]}
            exact |= {"utility": law.moments(g, GRID, policy.fallback, scenario.utility)[0]}
            for name, value in exact.items():
                column = {"correct": "accuracy", "covered": "coverage"}.get(name, name)
                assert math.isclose(row[column], value, rel_tol=1e-10, abs_tol=1e-12), (column, cap)
