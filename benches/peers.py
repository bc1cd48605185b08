"""The simulators side by side with their peers in one run: vectorised NumPy and a plain Python loop.

Data exhaustion, then first accepted with known and with drawn rates, small calls, costs, policies with drawn rates,
best of N and majority vote.

Every round runs all of them, one after the other, so that a busy machine slows all alike; the medians of the ratios
within a round are printed. Nothing is asserted: a machine has moods, a test has none.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import peers_cost
import peers_drawn
import peers_exhaustion
import peers_policies

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable

TASKS = 164
GRID = np.unique(np.round(np.logspace(0, 3, 35)).astype(int)).tolist()
THREADS = 2
SHARES = ["accepted", "accuracy", "wrong"]
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
COLUMNS = SHARES + [f"{share}_q{round(100 * p):02d}" for share in SHARES for p in QUANTILES]

Floats = npt.NDArray[np.float64]


def rates() -> tuple[Floats, Floats, Floats]:
    """Success, false positive and false negative rate of each task."""
    rng = np.random.default_rng(20260)
    return rng.beta(0.35, 0.45, TASKS), rng.beta(0.5, 8, TASKS), rng.beta(1, 40, TASKS)


def scenario(grid: list[int]) -> ll.SamplingScenario:
    p, f, g = rates()
    return ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=p),
        verifier=ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g),
        policies=[ll.FirstAccepted(fallback="abstain")],
        max_attempts=grid,
    )


def ours(trials: int, grid: list[int] | None = None, columns: list[str] = COLUMNS) -> Floats:
    """Accepted, accuracy and wrong by grid point."""
    frame = ll.simulate(scenario(grid or GRID), trials=trials, seed=7, threads=THREADS, columns=columns)
    return frame.select(SHARES).to_numpy().T


def ours_with_coverage(trials: int) -> Floats:
    """The same, with coverage joined in from the same attempts."""
    return ours(trials, columns=[*COLUMNS, "coverage"])


def numpy_peer(trials: int, block: int = 1000) -> Floats:
    """Geometric waiting times by inversion, a block of trials at once, as one writes it in NumPy."""
    p, f, g = rates()
    a = p * (1 - g) + (1 - p) * f
    precision = p * (1 - g) / a
    points = len(GRID)
    rng = np.random.default_rng(7)
    totals, scores = np.zeros((2, points)), []
    for start in range(0, trials, block):
        size = min(block, trials - start)
        waiting = np.ceil(np.log(rng.random((size, TASKS))) / np.log1p(-a))
        is_correct = rng.random((size, TASKS)) < precision
        code = np.searchsorted(GRID, waiting) + np.arange(size)[:, None] * (points + 1)
        accepted, correct = (
            np.bincount(codes, minlength=size * (points + 1)).reshape(size, points + 1)[:, :points].cumsum(axis=1)
            for codes in (code.ravel(), code[is_correct])
        )
        totals += accepted.sum(axis=0), correct.sum(axis=0)
        scores.append((accepted, correct, accepted - correct))
    np.quantile(np.concatenate(scores, axis=1), QUANTILES, axis=1)
    return shares(totals, trials)


def tuned_numpy_peer(trials: int, block: int = 2048) -> Floats:
    """The same, with every step the fastest that we found in NumPy.

    Ziggurat exponentials instead of a logarithm, a table instead of a search in the grid, scores as a histogram.
    """
    p, f, g = rates()
    a = p * (1 - g) + (1 - p) * f
    scale = -1 / np.log1p(-a)
    precision = p * (1 - g) / a
    points, last = len(GRID), GRID[-1]
    cell_of = np.searchsorted(GRID, np.arange(last + 2)).astype(np.int64)
    rng = np.random.default_rng(7)
    totals = np.zeros((2, points))
    scores = np.zeros((3, points, TASKS + 1), dtype=np.int64)
    columns = np.arange(points) * (TASKS + 1)
    for start in range(0, trials, block):
        size = min(block, trials - start)
        waiting = rng.standard_exponential((size, TASKS))
        waiting *= scale
        np.minimum(waiting, last, out=waiting)
        code = cell_of[waiting.astype(np.int64) + 1]
        code *= 2
        code += rng.random((size, TASKS), dtype=np.float32) < precision
        code += np.arange(size)[:, None] * (2 * points + 2)
        counts = np.bincount(code.ravel(), minlength=size * (2 * points + 2)).reshape(size, points + 1, 2)
        curves = counts[:, :points].cumsum(axis=1)
        wrong, correct = curves[:, :, 0], curves[:, :, 1]
        accepted = wrong + correct
        for i, score in enumerate((accepted, correct, wrong)):
            scores[i] += np.bincount((score + columns).ravel(), minlength=scores[i].size).reshape(scores[i].shape)
        totals[0] += accepted.sum(axis=0)
        totals[1] += correct.sum(axis=0)
    for cumulative in scores.reshape(-1, TASKS + 1).cumsum(axis=1):
        np.searchsorted(cumulative, np.array(QUANTILES) * trials)
    return shares(totals, trials)


def loop_peer(trials: int) -> Floats:
    """What one writes first: attempt by attempt."""
    p, f, g = (x.tolist() for x in rates())
    rng = random.Random(7)
    accepted, correct = [0] * len(GRID), [0] * len(GRID)
    for _ in range(trials):
        for i in range(TASKS):
            for attempt in range(1, GRID[-1] + 1):
                is_correct = rng.random() < p[i]
                if rng.random() < (1 - g[i] if is_correct else f[i]):
                    for k, most in enumerate(GRID):
                        if attempt <= most:
                            accepted[k] += 1
                            correct[k] += is_correct
                    break
    return shares(np.array([accepted, correct]), trials)


def shares(totals: Floats, trials: int) -> Floats:
    """Accepted, accuracy and wrong from the counts of accepted and correct."""
    accepted, accuracy = totals / (trials * TASKS)
    return np.array([accepted, accuracy, accepted - accuracy])


def rate(run: Callable[[int], object], trials: int) -> float:
    """Trials per second."""
    started = time.perf_counter()
    run(trials)
    return trials / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--trials", type=int, default=2_000_000, help="of ours; the peers run fewer")
    options = parser.parse_args()

    # First, while this process is small: the peak memory of a new process is at least that of the one it comes from.
    peers_exhaustion.report(max(options.trials // 2, 1), pairs=3)

    print("\nfirst accepted")
    means = [ours(200_000), numpy_peer(50_000), tuned_numpy_peer(50_000), loop_peer(300)]
    print("largest difference of a mean:", *(f"{np.abs(means[0] - other).max():.5f}" for other in means[1:]))

    peers = {
        "limitlaw": (ours, options.trials),
        "with coverage": (ours_with_coverage, options.trials // 4),
        "NumPy": (numpy_peer, options.trials // 40),
        "tuned NumPy": (tuned_numpy_peer, options.trials // 20),
        "plain loop": (loop_peer, 200),
    }
    rounds = [[rate(run, trials) for run, trials in peers.values()] for _ in range(options.rounds)]
    print(
        f"\n{TASKS} tasks, {len(GRID)} grid points to {GRID[-1]} attempts, {THREADS} threads; medians of {len(rounds)}"
        " rounds (lowest to highest)"
    )
    for i, name in enumerate(peers):
        rates_of = sorted(r[i] for r in rounds)
        ns = 1e9 / statistics.median(rates_of) / TASKS
        spread = f"({rates_of[0]:,.0f} to {rates_of[-1]:,.0f})"
        print(
            f"{name:>14} {statistics.median(rates_of):>12,.0f} trials/s {spread:>26} {ns:>10,.2f} ns per task and trial"
        )
    for i, name in list(enumerate(peers))[2:]:
        ratios = sorted(r[0] / r[i] for r in rounds)
        print(f"ratio to {name:>12} {statistics.median(ratios):>8,.1f} ({ratios[0]:,.1f} to {ratios[-1]:,.1f})")

    print("\ncost of a trial against the attempts allowed (10 grid points each)")
    grids = {k: np.unique(np.round(np.geomspace(1, k, 10)).astype(int)).tolist() for k in (1000, 1_000_000)}
    grids = {10: list(range(1, 11)), **grids}
    costs = [
        [1 / rate(lambda n, g=g: ours(n, g), options.trials) for g in grids.values()] for _ in range(options.rounds)
    ]
    for i, k in enumerate(grids):
        median = statistics.median(c[i] / c[0] for c in costs)
        print(
            f"{k:>12,} attempts {statistics.median(c[i] for c in costs) * 1e9:>10,.0f} ns, {median:.2f} of that at 10"
        )

    print("\npeak memory of the process against trials")
    for trials in (options.trials // 10, options.trials, options.trials * 10):
        ours(trials)
        print(f"{trials:>14,} trials {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>8,.0f} MiB")
    peers_drawn.report(options.rounds, max(options.trials // 4, 1))
    peers_cost.report(options.rounds, max(options.trials // 10, 1))
    peers_policies.report(options.rounds, max(options.trials // 20, 1))


if __name__ == "__main__":
    main()
