"""The joint law of what a trial counts: many tasks of one law against all sequences and the slow loop; standard errors.

Cells are binomial counts, judged by exact tails. A test's false-alarm probability is at most 1e-9 (``FALSE_ALARM``),
shared by all the numbers it looks at.
"""

import itertools
import math
import zlib
from collections import Counter

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from reference import attempt_loop, enumeration, table
from reference.table import Table
from reference.tails import FALSE_ALARM, binomial_p_value

BOTH = [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")]
JOINT = {
    "iid": (ll.Tasks.fixed(success=[0.3]), (0.3, 0.2, 0.25)),
    "hard": (ll.Tasks.fixed(success=[0.05]), (0.05, 0.3, 0.5)),
    "perfect": (ll.Tasks.fixed(success=[0.4]), (0.4, 0.0, 0.0)),
    "jeffreys": (
        ll.Tasks.counts(attempts=[4], correct=[1], posterior=True, prior="jeffreys"),
        (1.5, 3.5, 0.2, 0.25),
    ),
    "pool": (ll.Tasks.pool(attempts=[12], accepted=[3], accepted_correct=[1], correct=[4]), (12, 3, 1, 4)),
}
COPIES = 60_000


def copies(name: str) -> tuple[ll.SamplingScenario, enumeration.Next]:
    """Many tasks of one law, so that one trial shows its joint law."""
    tasks, parameters = JOINT[name]
    arrays = {
        k: np.repeat(getattr(tasks, k), COPIES)
        for k in ("success", "attempts", "accepted", "accepted_correct", "correct")
        if hasattr(tasks, k)
    }
    many = tasks.replace(**arrays)
    verifier = (
        None
        if name == "pool"
        else ll.Verifier.rates(false_positive_rate=parameters[-2], false_negative_rate=parameters[-1])
    )
    following = {"pool": enumeration.pool, "jeffreys": enumeration.posterior}.get(name, enumeration.independent)
    scenario = ll.SamplingScenario(tasks=many, verifier=verifier, policies=BOTH, max_attempts=[1, 2, 4])
    return scenario, following(*parameters)


def counts(scenario: ll.SamplingScenario, *, trials: int, seed: int) -> np.ndarray:
    """Trials of each kind, of shape (rows, kinds, tasks)."""
    frame = ll.simulate(scenario, trials=trials, seed=seed, tallies=True)
    return np.stack([np.stack(frame[name].to_list()) for name in ("accepted", "correct", "wrong", "covered")], axis=1)


def check_cells(found: Counter, exact: dict, number: int) -> None:
    assert set(found) <= set(exact)
    for cell, probability in exact.items():
        p = binomial_p_value(found[cell], number, float(probability))
        assert p > FALSE_ALARM / len(exact), (cell, found[cell] / number, float(probability))


@pytest.mark.parametrize("name", JOINT)
def test_accuracy_and_coverage_come_from_the_same_attempts(name: str) -> None:
    """The joint law of acceptance, correctness and coverage at all grid points together, against all sequences."""
    scenario, following = copies(name)
    columns = counts(scenario, trials=1, seed=5)
    for p, policy in enumerate(BOTH):
        mine = columns[3 * p : 3 * p + 3]
        assert (mine[:, 1] <= mine[:, 3]).all(), "a correct answer was returned where no attempt was correct"
        # With a fallback the coins of different grid points are independent: each point is looked at by itself.
        for points in [(0, 1, 2)] if policy.fallback == "abstain" else [(0,), (1,), (2,)]:
            exact: Counter = Counter()
            for outcomes, probability in enumeration.law(following, [1, 2, 4], policy.fallback).items():
                exact[tuple(tuple(outcomes[g][:4]) for g in points)] += probability
            cells = Counter(map(tuple, mine[list(points)].transpose(2, 0, 1).reshape(COPIES, -1).tolist()))
            flat = {tuple(itertools.chain(*cell)): probability for cell, probability in exact.items()}
            check_cells(cells, flat, COPIES)


@pytest.mark.parametrize("name", JOINT)
def test_neighbouring_tasks_and_trials_are_independent(name: str) -> None:
    """Pairs of tasks that may share a table; and three trials of one task, whose counts are sums of its joint law."""
    scenario, following = copies(name)
    single: Counter = Counter()
    for outcomes, probability in enumeration.law(following, [1, 2, 4], "abstain").items():
        single[outcomes[2][:4]] += probability
    drawn = counts(scenario, trials=1, seed=6)[2].T
    pairs = Counter(map(tuple, drawn.reshape(COPIES // 2, -1).tolist()))
    check_cells(pairs, {(*a, *b): p * q for (a, p), (b, q) in itertools.product(single.items(), repeat=2)}, COPIES // 2)

    three: Counter = Counter()
    for draws in itertools.product(single.items(), repeat=3):
        three[tuple(np.sum([outcome for outcome, _ in draws], axis=0).tolist())] += math.prod(p for _, p in draws)
    drawn = counts(scenario, trials=3, seed=7)[2].T
    check_cells(Counter(map(tuple, drawn.tolist())), three, COPIES)


def slow(name: str, fallback: str, trials: int) -> attempt_loop.Outcome:
    random = np.random.default_rng(zlib.crc32(f"{name} {fallback}".encode()))
    _, parameters = JOINT[name]
    if name == "pool":
        n, a, t, c = parameters
        draw = attempt_loop.pool(np.array([[t, a - t, c - t, n - a - (c - t)]]), trials, random)
    elif name == "jeffreys":
        alpha, beta, f, g = parameters
        draw = attempt_loop.posterior(np.array([[alpha], [beta]]), np.array(f), np.array(g), trials, random)
    else:
        p, f, g = parameters
        draw = attempt_loop.independent(np.array([p]), np.array(f), np.array(g), trials, random)
    return attempt_loop.first_accepted(draw, [1, 2, 4], fallback)


@pytest.mark.parametrize("fallback", ["abstain", "last"])
@pytest.mark.parametrize("name", JOINT)
def test_the_slow_loop_says_the_same(name: str, fallback: str) -> None:
    """The plain loop against all sequences, attempts used included."""
    outcome = slow(name, fallback, COPIES)
    _, following = copies(name)
    exact = enumeration.law(following, [1, 2, 4], fallback)
    drawn = np.array(outcome)[..., 0].transpose(2, 1, 0).reshape(COPIES, -1)
    flat = {tuple(itertools.chain(*outcomes)): probability for outcomes, probability in exact.items()}
    check_cells(Counter(map(tuple, drawn.tolist())), flat, COPIES)
    assert (outcome.correct <= outcome.covered).all()


def two_sample(ours: np.ndarray, theirs: np.ndarray, comparisons: int) -> bool:
    """Whether two samples of one law may differ as they do, at the deciles of both together.

    Given the pooled values one sample is drawn from them without replacement.
    """
    pooled = np.sort(np.concatenate([ours, theirs]))
    for p in range(1, 10):
        cut = pooled[len(pooled) * p // 10]
        # Hoeffding 1963: P(share differs by more than e) <= 2 exp(-2 n e^2), without replacement as well.
        n = len(ours)
        bound = math.sqrt(math.log(2 * 9 * comparisons / FALSE_ALARM) / (2 * n))
        if abs((ours <= cut).mean() - (np.concatenate([ours, theirs]) <= cut).mean()) > bound:
            return False
    return True


@pytest.mark.parametrize("fallback", ["abstain", "last"])
def test_the_utility_of_a_run_with_costs_per_attempt_follows_the_slow_loop(fallback: str) -> None:
    """The one distribution without a closed form: utilities of whole runs, where the attempt numbers matter."""
    success, f, g, trials = np.array([0.0, 0.05, 0.3, 0.6]), np.full(4, 0.1), np.full(4, 0.25), 40_000
    utility = ll.Utility(correct_reward=1.0, wrong_cost=2.0, attempt_cost=0.03125)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=success),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.25),
        policies=[ll.FirstAccepted(fallback=fallback)],
        max_attempts=[1, 8, 30],
        utility=utility,
    )
    draw = attempt_loop.independent(success, f, g, trials, np.random.default_rng(3))
    loop = attempt_loop.first_accepted(draw, [1, 8, 30], fallback)
    rows = ll.simulate(scenario, trials=trials, seed=3, tallies=True).rows(named=True)
    for at, row in enumerate(rows):
        ours = np.repeat(row["utility_values"], row["utility_counts"])
        theirs = (loop.correct[at] - 2.0 * loop.wrong[at] - 0.03125 * loop.attempts[at]).mean(axis=1)
        assert two_sample(ours, theirs, comparisons=3)


COLUMNS = ["accepted", "accuracy", "wrong", "returned", "abstained", "precision", "false_discovery_rate", "coverage"]
COLUMNS += ["attempts_used", "utility"]
WITH_ERRORS = [name for column in COLUMNS for name in (column, f"{column}_se")]


def check_variance(squares: np.ndarray, number: int) -> None:
    """Sums of ``number`` squares of standard normals, with a false-alarm probability of 1e-9 over all sums.

    P(|sum - n| > 2 sqrt(n t) + 2 t) <= 2 exp(-t) (Laurent and Massart 2000, lemma 1).
    """
    t = math.log(2 * squares.size / FALSE_ALARM)
    bound = 2 * math.sqrt(number * t) + 2 * t
    assert (np.abs(squares - number) <= bound).all(), squares / number


def z_scores(frame: pl.DataFrame, exact: np.ndarray) -> np.ndarray:
    errors = frame.select([f"{column}_se" for column in COLUMNS]).to_numpy()
    return (frame.select(COLUMNS).to_numpy() - exact) / errors


def exact_rows(tables: list[Table], weight: list[float], utility: ll.Utility) -> np.ndarray:
    """The exact value of ``COLUMNS`` at 2 and 6 attempts, with the abstaining policy."""
    w = np.array(weight) / sum(weight)
    rows = []
    for g, cap in enumerate((2, 6)):
        shares = [law.shares(cap, "abstain") for law in tables]
        accepted, right, wrong, covered = (
            w @ [s[k] for s in shares] for k in ("accepted", "correct", "wrong", "covered")
        )
        attempts = w @ [law.moments(g, [2, 6], "abstain", None)[0] for law in tables]
        worth = w @ [law.moments(g, [2, 6], "abstain", utility)[0] for law in tables]
        q = right / accepted
        rows.append([accepted, right, wrong, accepted, 1 - accepted, q, 1 - q, covered, attempts, worth])
    return np.array(rows)


@pytest.mark.parametrize("name", ["iid", "jeffreys", "pool"])
def test_standard_errors_of_a_task_are_right(name: str) -> None:
    """Z = (estimate - exact)/reported error has variance 1, over many independent tasks of one law.

    z is standard normal up to terms of 1/trials, which are far below the bound's width.
    """
    scenario, _ = copies(name)
    number, trials = 6000, 2000 if name != "jeffreys" else 1000
    arrays = ("success", "attempts", "accepted", "accepted_correct", "correct")
    utility = ll.Utility(wrong_cost=2.0, attempt_cost=0.05)
    scenario = scenario.replace(
        tasks=scenario.tasks.replace(
            **{k: getattr(scenario.tasks, k)[:number] for k in arrays if hasattr(scenario.tasks, k)}
        ),
        policies=BOTH[:1],
        max_attempts=[2, 6],
        utility=utility,
    )
    kind = {"pool": table.pool, "jeffreys": table.posterior}.get(name, table.independent)
    exact = exact_rows([kind(*JOINT[name][1], 6)], [1.0], utility)
    frame = ll.simulate(scenario, trials=trials, seed=8, by="task", columns=WITH_ERRORS)
    z = z_scores(frame, np.repeat(exact, number, axis=0)).reshape(2, number, -1)
    check_variance((z**2).sum(axis=1), number)


@pytest.mark.parametrize("weight", [None, [1.0, 5.0, 2.0]])
def test_standard_errors_of_a_benchmark_are_right(weight: list[float] | None) -> None:
    """The same over replicates of a benchmark of different tasks."""
    replicates, utility = 600, ll.Utility(wrong_cost=2.0, attempt_cost=0.05)
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.1, 0.3, 0.5], weight=weight),
        verifier=ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.25),
        max_attempts=[2, 6],
        utility=utility,
    )
    exact = exact_rows([table.independent(p, 0.1, 0.25, 6) for p in (0.1, 0.3, 0.5)], weight or [1.0] * 3, utility)
    frames = (
        ll.simulate(scenario, trials=1000, seed=8, replicate=r, columns=WITH_ERRORS, threads=1)
        for r in range(replicates)
    )
    check_variance(sum(z_scores(frame, exact) ** 2 for frame in frames), replicates)
