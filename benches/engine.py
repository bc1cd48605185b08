"""The run engine: how fast Ctrl-C answers, and that memory does not grow with the number of trials."""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import time

PRELUDE = """
import resource, sys, time
import numpy as np
import limitlaw as ll
rng = np.random.default_rng(20260)
scenario = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=rng.beta(0.35, 0.45, 164)),
    verifier=ll.Verifier.rates(false_positive_rate=rng.beta(0.5, 8, 164)),
    policies=[ll.FirstAccepted(fallback="abstain")],
    max_attempts=[1, 10, 100, 1000],
    utility=ll.Utility(correct_reward=1.0, wrong_cost=4.0, attempt_cost=0.001),
)
ll.simulate(scenario, trials=1000, seed=7)
"""

ENDLESS = """
print(flush=True)
try:
    ll.simulate(scenario, trials=10**12, seed=7)
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""

MEMORY = """
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ll.simulate(scenario, trials={trials}, seed=7)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, before / 1024)
"""


def interrupt_ms() -> float:
    """Milliseconds from the signal to the handler of KeyboardInterrupt, in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", PRELUDE + ENDLESS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.2)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        return (float(process.stdout.readline()) - sent) * 1000


def memory_mb(trials: int) -> tuple[float, float]:
    """How much a run adds to the peak memory of its process, and the peak before."""
    run = [sys.executable, "-c", PRELUDE + MEMORY.format(trials=trials)]
    added, before = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    return float(added), float(before)


def main() -> None:
    latencies = [interrupt_ms() for _ in range(11)]
    print(
        f"Ctrl-C answers within {statistics.median(latencies):.0f} ms (median; at most {max(latencies):.0f} ms of 11)"
    )
    for trials in (10_000, 100_000, 1_000_000, 10_000_000):
        added, before = memory_mb(trials)
        print(f"{trials:>12,} trials add {added:>6.1f} MB to a peak of {before:.0f} MB")


if __name__ == "__main__":
    main()
