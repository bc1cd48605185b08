"""Coverage of what is decided: best attempts, ceilings, required rates, and simulations to a precision."""

import numpy as np
import polars as pl
from populations import POPULATIONS, F, mean_pass, population, population_tasks, precision

import limitlaw as ll

RESAMPLES = 200
LEVELS = (0.9, 0.95)


def optima(shape: str, tasks: int, n: int):
    """The best number of attempts, and the utility there, at other tasks and at these tasks' rates: 90 % intervals."""
    verifier = ll.Verifier.rates(false_positive_rate=F)
    other = population(np.random.default_rng(1), shape, 100_000)
    numbers = np.concatenate([np.arange(31), np.geomspace(31, 1e9, 80).round(), [np.inf]])

    def curve(p: np.ndarray, k: float) -> float:
        stopped = 1 - ((1 - p) * (1 - F)) ** k
        return float((stopped * (2 * precision(p) - 1)).mean())

    def best_numbers(p: np.ndarray) -> np.ndarray:
        utility = np.array([curve(p, k) for k in numbers])
        return numbers[utility >= utility.max() - 1e-3]

    best_of_others = best_numbers(other)

    def check(random, level, seed):
        if level != LEVELS[0]:
            return
        p = population(random, shape, tasks)
        known = ll.Tasks.fixed(success=p)
        correct = random.binomial(n, p)
        accepted, right = random.binomial(n - correct, F), correct
        counts = ll.Tasks.counts(attempts=np.full(tasks, n), correct=correct)
        pool = ll.Tasks.pool(np.full(tasks, n), accepted + right, right, correct=correct)
        for kind, found, resample, rates in (
            ("known rates, over tasks", known, "tasks", other),
            ("counts, over tasks", counts, "tasks", other),
            ("counts, over attempts", counts, "attempts", p),
            ("a pool, over tasks", pool, "tasks", other),
            ("a pool, over attempts", pool, "attempts", p),
        ):
            scenario = ll.SamplingScenario(tasks=found, verifier=None if found is pool else verifier, max_attempts=[1])
            frame = ll.optimal_attempts(scenario, wrong_cost=1, bootstrap=RESAMPLES, seed=seed, resample=resample)
            row = frame.row(0, named=True)
            best = np.inf if row["optimal_attempts"] is None else row["optimal_attempts"]
            ends = row["utility_q05"], row["utility_q95"]
            yield f"`optimal_attempts`, utility, {kind}", *ends, curve(rates, best)
            low, high = (
                np.inf if end is None else end for end in (row[f"optimal_attempts_q{q}"] for q in ("05", "95"))
            )
            if found is pool and high == n:  # or more
                high = np.inf
            best = best_of_others if rates is other else best_numbers(rates)
            yield f"`optimal_attempts`, {kind}", low, high, min(max(low, best[0]), best[-1])

    return check


def recommended(shape: str, tasks: int, n: int):
    """The best number of attempts at other tasks, and its utility there, from counts: 90 % intervals only."""
    verifier, worth, most = ll.Verifier.rates(false_positive_rate=F), ll.Utility(wrong_cost=1), 200
    every = ll.SamplingScenario(
        tasks=population_tasks(shape), verifier=verifier, utility=worth, max_attempts=list(range(1, most + 1))
    )
    utility = np.concatenate([[0.0], ll.solve(every, columns=["utility"])["utility"].to_numpy()])

    def check(random, level, seed):
        if level != LEVELS[0]:
            return
        correct = random.binomial(n, population(random, shape, tasks))
        accepted = correct + random.binomial(n - correct, F)
        kinds = {
            "counts": (ll.Tasks.counts([n] * tasks, correct), verifier),
            "a pool": (ll.Tasks.pool([n] * tasks, accepted, correct, correct=correct), None),
        }
        # Any of the numbers that are as good as the best of those that ask.
        best = 1 + np.flatnonzero(utility[1:] >= utility[1:].max() - 1e-3)
        for kind, (found, judge) in kinds.items():
            advice = ll.recommend(
                found, judge, utility=worth, max_attempts=most, bootstrap=RESAMPLES, confidence=level, seed=seed
            )
            row = advice.policies.row(0, named=True)
            asks = advice.policies.row(by_predicate=pl.col("policy") == "first_accepted", named=True)
            name = f"`recommend`, {kind}, over tasks"
            low, high = asks["attempts_low"], asks["attempts_high"]
            if kind == "a pool" and high == n:  # or more
                high = most
            yield f"{name}, attempts", low, high, min(max(low, best[0]), best[-1])
            yield f"{name}, utility", row["utility_low"], row["utility_high"], utility[row["attempts"]]

    return check


def matches(shape: str, tasks: int, n: int):
    """The ceiling of these tasks, from counts and from a pool."""

    def check(random, level, seed):
        del seed
        p = population(random, shape, tasks)
        truth = precision(p).mean()
        accepted = random.binomial(n, p + (1 - p) * F)
        kinds = {
            "counts": ll.Tasks.counts(attempts=np.full(tasks, n), correct=random.binomial(n, p)),
            "a pool": ll.Tasks.pool(np.full(tasks, n), accepted, random.binomial(accepted, precision(p))),
        }
        for kind, found in kinds.items():
            verifier = ll.Verifier.rates(false_positive_rate=F) if kind == "counts" else None
            scenario = ll.SamplingScenario(tasks=found, verifier=verifier, max_attempts=[1])
            row = ll.can_match(scenario, 0.0, confidence=level).row(0, named=True)
            yield f"`can_match`, {kind}", row["difference_low"], row["difference_high"], truth

    return check


def required_rates(shape: str, tasks: int, n: int):
    """The root on simulations of a verifier without a closed form: against that of two hundred times the trials."""
    p = population(np.random.default_rng(1), shape, tasks)
    verifier = ll.Verifier.rates(false_positive_rate=F, correlation=0.5, icc=0.2)
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=p), verifier=verifier, max_attempts=[n])
    reached = (1 - ((1 - p) * (1 - F)) ** n) * precision(p)
    options = {"accuracy": float(0.98 * reached.mean()), "threads": 1}
    name = "required_false_positive_rate"
    truth = ll.required_false_positive_rate(scenario, **options, trials=8_000, seed=1)[name].item()

    def check(random, level, seed):
        del random
        found = ll.required_false_positive_rate(scenario, **options, trials=40, seed=2 + seed, confidence=level)
        low, high = found[f"{name}_low"].item(), found[f"{name}_high"].item()
        # No lower end: perhaps not even 0 is enough. No upper end: 0 is not, and the interval holds no rate.
        yield f"`{name}`, simulated", low or 0.0, -np.inf if high is None else high, truth

    return check


def precisions(shape: str, tasks: int, n: int):
    """`target_se`: the interval at the precision that was asked for."""
    a, b = POPULATIONS[shape]

    def check(random, level, seed):
        del random
        scenario = ll.SamplingScenario(tasks=ll.Tasks.beta(alpha=a, beta=b, count=tasks), max_attempts=[n])
        grid = ll.Grid(scenario, {"tasks.alpha": [a]})
        options = {"trials": 100, "seed": seed, "target_se": 0.01, "columns": ["accuracy"], "confidence": level}
        row = ll.sweep(grid, **options, progress=False, threads=1).frame().row(0, named=True)
        yield "`sweep(target_se=)`", row["accuracy_low"], row["accuracy_high"], mean_pass(shape, n)

    return check
