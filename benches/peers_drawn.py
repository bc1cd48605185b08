"""First accepted where every trial draws the rates, side by side with NumPy that draws them; and small calls."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]
#: Draws the success and the false positive rates of so many trials; a float where one is the same everywhere.
Draw = "Callable[[np.random.Generator, int], tuple[Floats, Floats | float]]"

TASKS, ATTEMPTS, THREADS = 164, 100, 2
GRID = np.unique(np.round(np.logspace(0, 3, 35)).astype(int)).tolist()
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
COLUMNS = [name for share in ("accuracy", "accepted") for name in (share, f"{share}_q05", f"{share}_q95")]
FALSE_POSITIVE, FALSE_NEGATIVE, ICC = 0.05, 0.2, 0.3
WEIGHT, TYPES = [0.5, 0.3, 0.2], [0.9, 0.2, 0.01]


def counts() -> Floats:
    """Correct answers of each task."""
    rng = np.random.default_rng(20260)
    return rng.binomial(ATTEMPTS, rng.beta(0.35, 0.45, TASKS)).astype(float)


def cases() -> dict[str, tuple[ll.SamplingScenario, Draw]]:
    """Each case: the scenario, and how NumPy draws its rates."""
    correct = counts()
    known = ll.Tasks.counts([ATTEMPTS] * TASKS, correct)
    posterior = ll.Tasks.counts([ATTEMPTS] * TASKS, correct, posterior=True, prior="jeffreys")
    errs = ll.Verifier.rates(false_positive_rate=FALSE_POSITIVE, false_negative_rate=FALSE_NEGATIVE)
    spread = ll.Verifier.rates(false_positive_rate=FALSE_POSITIVE, icc=ICC)
    size = (1 - ICC) / ICC
    a, b = 0.5 + correct, 0.5 + ATTEMPTS - correct
    types = np.array(TYPES)
    return {
        "counts": (
            scenario(known, errs),
            lambda _, n: (np.broadcast_to(correct / ATTEMPTS, (n, TASKS)), FALSE_POSITIVE),
        ),
        "posterior": (scenario(posterior, errs), lambda rng, n: (rng.beta(a, b, (n, TASKS)), FALSE_POSITIVE)),
        "Beta": (
            scenario(ll.Tasks.beta(0.35, 0.45, TASKS), errs),
            lambda rng, n: (rng.beta(0.35, 0.45, (n, TASKS)), FALSE_POSITIVE),
        ),
        "mixture": (
            scenario(ll.Tasks.mixture(weight=WEIGHT, success=TYPES, count=TASKS), errs),
            lambda rng, n: (types[np.searchsorted(np.cumsum(WEIGHT[:-1]), rng.random((n, TASKS)))], FALSE_POSITIVE),
        ),
        "icc": (
            scenario(known, spread),
            lambda rng, n: (
                np.broadcast_to(correct / ATTEMPTS, (n, TASKS)),
                rng.beta(FALSE_POSITIVE * size, (1 - FALSE_POSITIVE) * size, (n, TASKS)),
            ),
        ),
        "Beta, icc": (
            scenario(ll.Tasks.beta(0.35, 0.45, TASKS), spread),
            lambda rng, n: (
                rng.beta(0.35, 0.45, (n, TASKS)),
                rng.beta(FALSE_POSITIVE * size, (1 - FALSE_POSITIVE) * size, (n, TASKS)),
            ),
        ),
    }


def scenario(tasks: ll.Tasks, verifier: ll.Verifier) -> ll.SamplingScenario:
    return ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=GRID)


def ours(made: ll.SamplingScenario, trials: int, columns: list[str] | None = COLUMNS) -> Floats:
    """Accepted and accuracy by grid point."""
    frame = ll.simulate(made, trials=trials, seed=7, threads=THREADS, columns=columns)
    return frame.select("accepted", "accuracy").to_numpy().T


def numpy_peer(draw: Draw, missed: float, trials: int, block: int = 2048) -> Floats:
    """Rates, exponential waiting times, cells by a table, scores as a histogram: the fastest we found in NumPy."""
    points, last = len(GRID), GRID[-1]
    cell_of = np.searchsorted(GRID, np.arange(last + 2)).astype(np.int64)
    rng = np.random.default_rng(7)
    totals, scores = np.zeros((2, points)), np.zeros((2, points, TASKS + 1), dtype=np.int64)
    columns = np.arange(points) * (TASKS + 1)
    for start in range(0, trials, block):
        size = min(block, trials - start)
        p, f = draw(rng, size)
        right = p * (1 - missed)
        a = right + (1 - p) * f
        with np.errstate(divide="ignore"):
            waiting = rng.standard_exponential((size, TASKS)) / -np.log1p(-a)
        np.minimum(waiting, last, out=waiting)
        code = cell_of[waiting.astype(np.int64) + 1]
        code *= 2
        code += rng.random((size, TASKS), dtype=np.float32) * a < right
        code += np.arange(size)[:, None] * (2 * points + 2)
        found = np.bincount(code.ravel(), minlength=size * (2 * points + 2)).reshape(size, points + 1, 2)
        curves = found[:, :points].cumsum(axis=1)
        for i, score in enumerate((curves.sum(axis=2), curves[:, :, 1])):
            scores[i] += np.bincount((score + columns).ravel(), minlength=scores[i].size).reshape(scores[i].shape)
            totals[i] += score.sum(axis=0)
    for cumulative in scores.reshape(-1, TASKS + 1).cumsum(axis=1):
        np.searchsorted(cumulative, np.array(QUANTILES) * trials)
    return totals / (trials * TASKS)


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def report(rounds: int, trials: int) -> None:
    """Prints nanoseconds per task and trial of each case, and the medians of the ratios within a round."""
    print(f"\nrates drawn in every trial: {TASKS} tasks, {len(GRID)} points to {GRID[-1]} attempts, {THREADS} threads")
    print("nanoseconds per task and trial, tables included; medians (and ratios to NumPy, lowest to highest)")
    fewer = max(trials // 20, 1)
    for name, (made, draw) in cases().items():
        missed = 0.0 if "icc" in name else FALSE_NEGATIVE
        difference = np.abs(ours(made, trials) - numpy_peer(draw, missed, fewer)).max()
        found = []
        for _ in range(rounds):
            lean = seconds(lambda made=made: ours(made, trials)) / trials
            full = seconds(lambda made=made: ours(made, trials, None)) / trials
            numpy = seconds(lambda draw=draw, missed=missed: numpy_peer(draw, missed, fewer)) / fewer
            found.append((lean, full, numpy))
        lean, full, numpy = (1e9 * statistics.median(one) / TASKS for one in zip(*found, strict=True))
        ratios = sorted(n / one for one, _, n in found)
        print(
            f"{name:>10} {lean:7.2f}, every column {full:7.2f}, NumPy {numpy:7.1f}: "
            f"{statistics.median(ratios):6.1f} times ({ratios[0]:.1f} to {ratios[-1]:.1f}); off by {difference:.5f}"
        )
    small_calls(rounds)


def small_calls(rounds: int) -> None:
    """Prints what a call of three tasks takes, and the same in NumPy."""
    p, k = np.array([0.1, 0.4, 0.02]), np.array([1, 2, 5, 20, 100])
    verifier = ll.Verifier.rates(false_positive_rate=FALSE_POSITIVE)
    made = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=p), verifier=verifier, max_attempts=k)

    def solved_in_numpy() -> Floats:
        a = p + (1 - p) * FALSE_POSITIVE
        return (p / a * -np.expm1(k[:, None] * np.log1p(-a))).mean(axis=1)

    calls = {
        "solve, every column": lambda: ll.solve(made),
        "solve, one column": lambda: ll.solve(made, columns=["accuracy"]),
        "solve in NumPy": solved_in_numpy,
        "simulate 1,000 trials": lambda: ll.simulate(made, trials=1000, seed=1),
        "the same, one column": lambda: ll.simulate(made, trials=1000, seed=1, columns=["accuracy"]),
    }
    print(f"\nsmall calls, {len(p)} tasks, {len(k)} grid points: microseconds, best and median")
    for name, call in calls.items():
        times = sorted(seconds(call) for _ in range(50 * rounds))
        print(f"{name:>22} {1e6 * times[0]:8.0f} {1e6 * times[len(times) // 2]:8.0f}")


if __name__ == "__main__":
    report(rounds=7, trials=1_000_000)
