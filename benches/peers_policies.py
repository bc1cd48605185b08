"""Best of N and majority vote side by side with NumPy: the same block algorithms, and attempt by attempt.

Every round runs all of them, one after the other; the medians of the ratios within a round are printed. Nothing is
asserted: a machine has moods, a test has none.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable

TASKS = 164
THREADS = 2
D_PRIME = 1.2
WRONG = 10
BEST = [1, 4, 16, 32, 64, 128, 256, 512, 1024]
VOTES = [1, 2, 4, 8, 16, 32, 64, 128, 256]

Floats = npt.NDArray[np.float64]


def success() -> Floats:
    """Success rate of each task."""
    return np.random.default_rng(20260).beta(0.35, 0.45, TASKS)


def scenario(policy: ll.Policy, grid: list[int]) -> ll.SamplingScenario:
    return ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=success()),
        verifier=ll.Verifier.judge(d_prime=D_PRIME, threshold=1.0),
        answers=ll.Answers.uniform(WRONG),
        policies=[policy],
        max_attempts=grid,
    )


def ours(policy: ll.Policy, grid: list[int]) -> Callable[[int], Floats]:
    """Accuracy by grid point."""

    def run(trials: int) -> Floats:
        frame = ll.simulate(
            scenario(policy, grid), trials=trials, seed=7, threads=THREADS, columns=["accuracy", "accuracy_q50"]
        )
        return frame["accuracy"].to_numpy()

    return run


def block_best(trials: int, block: int = 256) -> Floats:
    """Binomial counts and running maxima by upper tails, per step of the grid."""
    p, rng = success(), np.random.default_rng(7)
    total = np.zeros(len(BEST))
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        right = wrong = np.full(shape, -np.inf)
        for g, (low, high) in enumerate(zip([0, *BEST], BEST, strict=False)):
            count = rng.binomial(high - low, p, shape)
            with np.errstate(divide="ignore"):
                right = np.maximum(right, D_PRIME + normal_isf(-np.expm1(np.log(rng.random(shape)) / count)))
                wrong = np.maximum(wrong, normal_isf(-np.expm1(np.log(rng.random(shape)) / (high - low - count))))
            total[g] += (right > wrong).sum()
    return total / (trials * TASKS)


def normal_isf(tail: Floats) -> Floats:
    """Abramowitz and Stegun 26.2.23: NumPy alone has no better, and a better one would be slower."""
    t = np.sqrt(-2 * np.log(np.minimum(tail, 1 - tail)))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return np.where(tail >= 1, -np.inf, np.where(tail > 0.5, -z, z))


def block_votes(trials: int, block: int = 256) -> Floats:
    """Multinomial counts per step of the grid, ties by one priority per answer."""
    p, rng = success(), np.random.default_rng(7)
    answers = np.column_stack([p, np.repeat((1 - p)[:, None] / WRONG, WRONG, axis=1)])
    total = np.zeros(len(VOTES))
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        votes = rng.random((*shape, WRONG + 1))
        for g, (low, high) in enumerate(zip([0, *VOTES], VOTES, strict=False)):
            votes += rng.multinomial(high - low, answers, shape)
            total[g] += (votes.argmax(axis=2) == 0).sum()
    return total / (trials * TASKS)


def loop_best(trials: int, block: int = 16) -> Floats:
    """Every score is drawn."""
    p, rng = success(), np.random.default_rng(7)
    total = np.zeros(len(BEST))
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        best, right = np.full(shape, -np.inf), np.zeros(shape, dtype=bool)
        for attempt in range(1, BEST[-1] + 1):
            correct = rng.random(shape) < p
            score = rng.standard_normal(shape) + D_PRIME * correct
            right = np.where(score > best, correct, right)
            best = np.maximum(score, best)
            if attempt in BEST:
                total[BEST.index(attempt)] += right.sum()
    return total / (trials * TASKS)


def loop_votes(trials: int, block: int = 16) -> Floats:
    """Every answer is drawn."""
    p, rng = success(), np.random.default_rng(7)
    total = np.zeros(len(VOTES))
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        votes = rng.random((*shape, WRONG + 1))
        rows, columns = np.indices(shape)
        for attempt in range(1, VOTES[-1] + 1):
            correct = rng.random(shape) < p
            votes[rows, columns, np.where(correct, 0, rng.integers(1, WRONG + 1, shape))] += 1
            if attempt in VOTES:
                total[VOTES.index(attempt)] += (votes.argmax(axis=2) == 0).sum()
    return total / (trials * TASKS)


def seconds(run: Callable[[int], Floats], trials: int) -> float:
    """Seconds of one trial."""
    started = time.perf_counter()
    run(trials)
    return (time.perf_counter() - started) / trials


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=10_000, help="of ours; the peers run fewer")
    options = parser.parse_args()
    cases = [
        ("best of N", ours(ll.BestOf(), BEST), block_best, loop_best, 512),
        ("majority vote", ours(ll.MajorityVote(), VOTES), block_votes, loop_votes, 512),
    ]
    for name, mine, block, loop, some in cases:
        means = [mine(2000), block(2000), loop(64)]
        print(f"{name}: largest difference of a mean", *(f"{np.abs(means[0] - m).max():.4f}" for m in means[1:]))
        rounds = [
            (seconds(mine, options.trials), seconds(block, some), seconds(loop, 32)) for _ in range(options.rounds)
        ]
        for peer, times in zip(("limitlaw", "NumPy blocks", "NumPy loop"), zip(*rounds, strict=True), strict=True):
            ratio = statistics.median(r[0] / t for r, t in zip(rounds, times, strict=True))
            print(
                f"{peer:>14} {statistics.median(times) / TASKS * 1e9:>12,.0f} ns per task and trial, x {1 / ratio:,.1f}"
            )
    print("best of N, nine grid points up to N")
    grids = {n: np.unique(np.geomspace(1, n, 9).round().astype(int)).tolist() for n in (16, 1024, 65_536)}
    for n, grid in grids.items():
        cost = statistics.median(seconds(ours(ll.BestOf(), grid), options.trials) for _ in range(options.rounds))
        print(f"{n:>14,} {cost / TASKS / len(grid) * 1e9:>12,.0f} ns per task, trial and grid point")


if __name__ == "__main__":
    main()
