"""Speed of the exhaustion simulator beside vectorised NumPy of the same model: one run, two threads, paired medians.

    python benches/peers_exhaustion.py [--trials 1000000] [--pairs 3]

Both do the default scenario, 30 years, every output with seven quantiles and the exhaustion years. NumPy is
tests/reference/exhaustion_numpy.py: chunked, two threads, exact quantiles, the constrained optimum by bisection and,
a second peer, by Newton's method. Each measurement is a process of its own, so that peak memory is its own; at the end
one run of four times the draws shows that memory does not grow with them. `peers.py` runs these too.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "tests" / "reference"
THREADS = 2


def limitlaw(trials: int, seed: int) -> None:
    import limitlaw as ll  # noqa: PLC0415  (not in the peers' memory)

    scenario = ll.ExhaustionScenario.preset("default")
    ll.simulate(scenario, trials=trials, seed=seed, threads=THREADS)


def numpy(trials: int, seed: int, solver: str) -> None:
    sys.path.insert(0, str(REFERENCE))
    import exhaustion_numpy as model  # noqa: PLC0415  (not in our memory)

    _, exhausted = model.run(model.draw(trials, seed), threads=THREADS, solver=getattr(model, solver))
    for years in exhausted:
        [model.quantile(years, p) for p in model.QUANTILES]


SUBJECTS = {
    "limitlaw": limitlaw,
    "NumPy, bisection": lambda trials, seed: numpy(trials, seed, "bisect"),
    "NumPy, Newton": lambda trials, seed: numpy(trials, seed, "newton"),
}


def measure(subject: str, trials: int, seed: int) -> dict[str, float]:
    """Seconds by the clock and the processor after a warm-up (imports, threads), and the peak memory in MiB."""
    SUBJECTS[subject](4096, 0)
    start = time.perf_counter(), time.process_time()
    SUBJECTS[subject](trials, seed)
    seconds, spent = time.perf_counter() - start[0], time.process_time() - start[1]
    return {"seconds": seconds, "spent": spent, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def run_once(subject: str, trials: int, seed: int) -> dict[str, float]:
    """Measures in a process of its own."""
    command = [sys.executable, __file__, "--trials", str(trials), "--measure", subject, str(seed)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(found)  # type: ignore[no-any-return]


def report(trials: int, pairs: int) -> None:
    """Prints all comparisons."""
    runs: dict[str, list[dict[str, float]]] = {subject: [] for subject in SUBJECTS}
    for pair in range(pairs):
        for subject, done in runs.items():
            done.append(run_once(subject, trials, pair + 1))
    print(f"default scenario, 30 years, {trials:,} draws, {THREADS} threads, medians of {pairs} pairs")
    for subject, done in runs.items():
        seconds = [run["seconds"] for run in done]
        rate, memory = trials / statistics.median(seconds), max(run["memory"] for run in done)
        print(f"{subject:18} {rate:12,.0f} draws/s  peak {memory:6,.0f} MiB", end="")
        print(f"  {1e6 * statistics.median(run['spent'] for run in done) / trials:.1f} us of the processor", end="")
        if subject != "limitlaw":
            print("  limitlaw is", end="")
            for clock, name in (("seconds", "by the clock"), ("spent", "by the processor")):
                ratios = sorted(run[clock] / own[clock] for run, own in zip(done, runs["limitlaw"], strict=True))
                print(
                    f" {statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f}) times as fast {name}",
                    end="",
                )
        print()
    more = run_once("limitlaw", 4 * trials, 0)
    print(f"{'limitlaw':18} {4 * trials:,} draws: peak {more['memory']:,.0f} MiB, {more['seconds']:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--measure", nargs=2, metavar=("SUBJECT", "SEED"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        subject, seed = options.measure
        print(json.dumps(measure(subject, options.trials, int(seed))))
    else:
        report(options.trials, options.pairs)


if __name__ == "__main__":
    main()
