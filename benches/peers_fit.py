"""pass@k with intervals side by side with a vectorised NumPy bootstrap: 128 tasks, 100 values of k, 1,000 resamples.

Process CPU time as well as wall time, each a median over rounds in which both run.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

TASKS, ATTEMPTS, RESAMPLES = 128, 200, 1000
K = np.arange(1, 101)
CORRECT = np.random.default_rng(1).integers(0, ATTEMPTS + 1, TASKS)


def ours(resample: str) -> npt.NDArray[np.float64]:
    frame = ll.pass_at_k(ATTEMPTS, CORRECT, K, resample=resample)
    return frame.select("pass_at_k", "low", "high").to_numpy().T


def numpy_peer(resample: str) -> npt.NDArray[np.float64]:
    """A table of the estimator by number of correct answers; resampled tasks are counts times its rows."""
    random = np.random.default_rng(1)
    wrong = ATTEMPTS - np.arange(ATTEMPTS + 1)
    factors = 1.0 - K[:, None] / np.arange(1, ATTEMPTS + 1)  # product form: one factor per n - c < j <= n
    suffix = np.cumprod(np.where(factors > 0, factors, 1.0)[:, ::-1], axis=1)[:, ::-1]
    survival = np.concatenate([suffix, np.ones((len(K), 1))], axis=1)[:, wrong]
    table = 1.0 - np.where(wrong < K[:, None], 0.0, survival)
    if resample == "tasks":
        counts = random.multinomial(TASKS, np.full(TASKS, 1 / TASKS), RESAMPLES)
        means = counts @ table[:, CORRECT].T / TASKS
    else:
        again = random.binomial(ATTEMPTS, CORRECT / ATTEMPTS, (RESAMPLES, TASKS))
        means = np.stack([row[again].mean(axis=1) for row in table], axis=1)
    estimate = table[:, CORRECT].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975], axis=0) + estimate - means.mean(axis=0)
    return np.stack([estimate, low, high])


def timed(run: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    print(f"pass@k: {TASKS} tasks, {len(K)} values of k, {RESAMPLES:,} resamples (ours: none)")
    for resample in ("tasks", "attempts"):
        mine, theirs = ours(resample), numpy_peer(resample)
        print(
            f"{resample}: largest difference of an estimate {np.abs(mine[0] - theirs[0]).max():.1e}, "
            f"of an end of an interval {np.abs(mine[1:] - theirs[1:]).max():.4f}"
        )
        rounds = [(timed(lambda: ours(resample)), timed(lambda: numpy_peer(resample))) for _ in range(9)]  # noqa: B023
        for name, side in (("limitlaw", 0), ("NumPy", 1)):
            wall, cpu = (statistics.median(round_[side][part] for round_ in rounds) for part in (0, 1))
            print(f"  {name:9} {1e3 * wall:8.1f} ms wall, {1e3 * cpu:8.1f} ms of CPU")
        print(f"  ratio of CPU time {statistics.median(b[1] / a[1] for a, b in rounds):.1f}")


if __name__ == "__main__":
    main()
