"""Best of N and votes, with and without a stop, side by side with NumPy: block algorithms, and attempt by attempt.

Every round runs all of them, one after the other; the medians of the ratios within a round are printed, with the lowest
and the highest, in seconds of the processor, of all threads: what other programs take of a busy machine does not count.
Nothing is asserted: a machine has moods, a test has none. `peers.py` runs these too.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable

TASKS = 164
THREADS = 2
D_PRIME = 1.2
WRONG = 10
BEST = [1, 4, 16, 32, 64, 128, 256, 512, 1024]
VOTES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
SHARE, LEAST, WINDOW = 0.8, 5, 5

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


def block_best(trials: int, isf: Callable[[Floats], Floats] | None = None, block: int = 256) -> Floats:
    """Binomial counts and running maxima by upper tails, per step of the grid; ``isf`` is as accurate as ours."""
    isf = isf or (lambda tail: -ndtri(tail))
    p, rng = success(), np.random.default_rng(7)
    total = np.zeros(len(BEST))
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        right = wrong = np.full(shape, -np.inf)
        for g, (low, high) in enumerate(zip([0, *BEST], BEST, strict=False)):
            count = rng.binomial(high - low, p, shape)
            with np.errstate(divide="ignore"):
                right = np.maximum(right, D_PRIME + isf(-np.expm1(np.log(rng.random(shape)) / count)))
                wrong = np.maximum(wrong, isf(-np.expm1(np.log(rng.random(shape)) / (high - low - count))))
            total[g] += (right > wrong).sum()
    return total / (trials * TASKS)


def rough_block_best(trials: int) -> Floats:
    """The same with a cheaper inverse."""
    return block_best(trials, rough_isf)


def rough_isf(tail: Floats) -> Floats:
    """Abramowitz and Stegun 26.2.23, of three digits: all that NumPy alone needs."""
    t = np.sqrt(-2 * np.log(np.clip(np.minimum(tail, 1 - tail), 1e-300, None)))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return np.where(tail >= 1, -np.inf, np.where(tail > 0.5, -z, z))


def block_votes(trials: int, block: int = 256) -> Floats:
    """Multinomial counts per step of the grid, ties by one priority per answer."""
    p, rng = success(), np.random.default_rng(7)
    answers = answers_of(p)
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


def block_weights(trials: int, block: int = 256) -> Floats:
    """Multinomial counts per step of the grid, and the sum of an answer's scores as one normal number."""
    p, rng = success(), np.random.default_rng(7)
    answers = answers_of(p)
    mean = np.array([D_PRIME**2 / 2, *[-(D_PRIME**2) / 2] * WRONG])
    total = np.zeros(len(VOTES))
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        weights, votes = np.zeros((*shape, WRONG + 1)), np.zeros((*shape, WRONG + 1), dtype=np.int64)
        for g, (low, high) in enumerate(zip([0, *VOTES], VOTES, strict=False)):
            more = rng.multinomial(high - low, answers, shape)
            votes += more
            weights += more * mean + D_PRIME * np.sqrt(more) * rng.standard_normal(more.shape)
            total[g] += (np.where(votes > 0, weights, -np.inf).argmax(axis=2) == 0).sum()
    return total / (trials * TASKS)


def loop_weights(trials: int, block: int = 16) -> Floats:
    """Every answer and score is drawn."""
    p, rng = success(), np.random.default_rng(7)
    total = np.zeros(len(VOTES))
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        weights = np.full((*shape, WRONG + 1), -np.inf)
        rows, columns = np.indices(shape)
        for attempt in range(1, VOTES[-1] + 1):
            correct = rng.random(shape) < p
            at = rows, columns, np.where(correct, 0, rng.integers(1, WRONG + 1, shape))
            score = rng.standard_normal(shape) + D_PRIME * correct
            weights[at] = np.maximum(weights[at], -1e300) * (weights[at] > -np.inf) + D_PRIME * (score - D_PRIME / 2)
            if attempt in VOTES:
                total[VOTES.index(attempt)] += (weights.argmax(axis=2) == 0).sum()
    return total / (trials * TASKS)


def block_share(trials: int, block: int = 128) -> Floats:
    """The votes before the first look as multinomial counts; then vote by vote where the share is not reached."""
    rng, total = np.random.default_rng(7), np.zeros(len(VOTES))
    for start in range(0, trials, block):
        p = np.tile(success(), min(block, trials - start))
        votes, rank = np.zeros((p.size, WRONG + 1)), rng.random((p.size, WRONG + 1))
        stopped = drawn = 0
        for number in sorted({*(k for k in VOTES if k < LEAST), *range(LEAST, VOTES[-1] + 1)}):
            if number - drawn > 1 or number <= LEAST:
                votes += rng.multinomial(number - drawn, answers_of(p))
                leader = votes.argmax(axis=1)
            else:
                leader = np.where(rng.random(p.size) < p, 0, rng.integers(1, WRONG + 1, p.size))
                votes[np.arange(p.size), leader] += 1
            drawn = number
            if number >= LEAST:
                rows = np.arange(p.size)
                most = votes[rows, leader]
                votes[rows, leader] = -1
                enough = (most > votes.max(axis=1)) & (most >= SHARE * number)
                votes[rows, leader] = most
                stopped += (leader[enough] == 0).sum()
                p, votes, rank = p[~enough], votes[~enough], rank[~enough]
            if number in VOTES:
                total[VOTES.index(number)] += stopped + ((votes + rank).argmax(axis=1) == 0).sum()
    return total / (trials * TASKS)


def block_windows(trials: int, block: int = 128) -> Floats:
    """Multinomial counts of a window where none has agreed; what is left of a grid point's attempts only votes."""
    rng, total = np.random.default_rng(7), np.zeros(len(VOTES))
    for start in range(0, trials, block):
        p = np.tile(success(), min(block, trials - start))
        votes, stopped = rng.random((p.size, WRONG + 1)), 0
        for drawn in range(0, VOTES[-1] + 1, WINDOW):
            for g, most in enumerate(VOTES):
                if drawn <= most < drawn + WINDOW:
                    rest = rng.multinomial(most - drawn, answers_of(p)) if most > drawn else 0
                    total[g] += stopped + ((votes + rest).argmax(axis=1) == 0).sum()
            window = rng.multinomial(WINDOW, answers_of(p))
            votes += window
            agrees = window.max(axis=1) == WINDOW
            stopped += (window[agrees, 0] == WINDOW).sum()
            p, votes = p[~agrees], votes[~agrees]
    return total / (trials * TASKS)


def answers_of(p: Floats) -> Floats:
    """The chance of each answer, the correct one first."""
    return np.column_stack([p, np.repeat((1 - p)[:, None] / WRONG, WRONG, axis=1)])


def seconds(run: Callable[[int], Floats], trials: int) -> float:
    """Seconds of the processor that one trial takes."""
    started = time.process_time()
    run(trials)
    return (time.process_time() - started) / trials


def spread(values: list[float], digits: int) -> str:
    """The median, the lowest and the highest."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def report(rounds: int, trials: int) -> None:
    """Prints all comparisons; ``trials`` of ours, the peers run fewer."""
    best = {
        "NumPy blocks": (block_best, 512),
        "with rough scores": (rough_block_best, 512),
        "NumPy loop": (loop_best, 32),
    }
    votes = {"NumPy blocks": (block_votes, 512), "NumPy loop": (loop_votes, 32)}
    weights = {"NumPy blocks": (block_weights, 256), "NumPy loop": (loop_weights, 32)}
    few = max(trials // 10, 1)
    cases = [
        ("best of N", ours(ll.BestOf(), BEST), best, trials),
        ("majority vote", ours(ll.MajorityVote(), VOTES), votes, trials),
        ("weighted vote", ours(ll.WeightedVote(), VOTES), weights, few),
        ("share vote", ours(ll.ShareVote(SHARE, min_votes=LEAST), VOTES), {"NumPy blocks": (block_share, 256)}, few),
        ("window stop", ours(ll.WindowStop(WINDOW), VOTES), {"NumPy blocks": (block_windows, 256)}, few),
    ]
    for name, mine, peers, some in cases:
        grid = BEST if name == "best of N" else VOTES
        print(f"\n{name}: {TASKS} tasks, {len(grid)} grid points to {grid[-1]} attempts, {THREADS} threads")
        means = mine(8000)
        differences = (np.abs(means - run(8 * some)).max() for run, some in peers.values())
        print("largest difference of a mean:", *(f"{difference:.4f}" for difference in differences))
        runs = {"limitlaw": (mine, some), **peers}
        times = [[seconds(run, some) / TASKS * 1e9 for run, some in runs.values()] for _ in range(rounds)]
        for i, peer in enumerate(runs):
            print(f"{peer:>18} {spread([t[i] for t in times], 0):>32} ns per task and trial")
        for i, peer in list(enumerate(runs))[1:]:
            print(f"{'ratio to ' + peer:>27} {spread([t[i] / t[0] for t in times], 1)}")
    print("\nbest of N: the cost of a task, trial and grid point against N (nine grid points)")
    grids = {n: np.unique(np.geomspace(1, n, 9).round().astype(int)).tolist() for n in (16, 256, 4096, 65_536)}
    costs = [
        [seconds(ours(ll.BestOf(), grid), trials) / TASKS / len(grid) * 1e9 for grid in grids.values()]
        for _ in range(rounds)
    ]
    for i, n in enumerate(grids):
        ratio = statistics.median(c[i] / c[0] for c in costs)
        print(f"{n:>14,} {spread([c[i] for c in costs], 1):>32} ns, {ratio:.2f} of that at 16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--trials", type=int, default=100_000, help="of ours; the peers run fewer")
    options = parser.parse_args()
    report(options.rounds, options.trials)


if __name__ == "__main__":
    main()
