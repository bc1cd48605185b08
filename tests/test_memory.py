"""Sizes that multiply are refused in one line before anything is allocated; what is taken stays near its estimate."""

import subprocess
import sys

import numpy as np
import pytest

import limitlaw as ll


def scenario(policies, tasks, points):
    return ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=np.linspace(0.01, 0.99, tasks)),
        verifier=ll.Verifier.judge(d_prime=1.0, threshold=0.5),
        policies=policies,
        max_attempts=np.arange(1, points + 1),
    )


@pytest.mark.parametrize(
    ("call", "sizes"),
    [
        (lambda s: ll.simulate(s, trials=10, seed=1), "1000 policies x 1000 rows of each x 20000 tasks x . threads"),
        (lambda s: ll.simulate(s, trials=10, seed=1, by="task"), "1000 policies x 1000 rows of each x 20000 tasks x"),
        (lambda s: ll.solve(s, by="task"), "1000 policies x 1000 rows of each x 20000 tasks x [0-9]+ columns"),
    ],
)
def test_what_no_machine_holds_is_refused_with_its_sizes(call, sizes):
    """3.5 TB of counts: more than any machine has, whatever it has free."""
    large = scenario([ll.FirstAbove(threshold=i / 1000) for i in range(1000)], 20_000, 1000)
    with pytest.raises(ValueError, match=rf"^memory must be at most .* GB, which .*, got .* GB for {sizes}"):
        call(large)


PEAK = """
import resource, sys
import numpy as np
import limitlaw as ll
tasks, points, policy = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
made = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=np.random.default_rng(1).random(tasks)),
    verifier=ll.Verifier.judge(d_prime=1.0, threshold=0.5),
    policies=[getattr(ll, policy)()],
    max_attempts=np.arange(1, points + 1),
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ll.simulate(made, trials=64, seed=1, threads=2, columns=["accuracy"])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / tasks)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in kilobytes on Linux only")
@pytest.mark.parametrize(
    ("tasks", "points", "policy", "most"),
    # Bytes of a task by docs/sampling.md, with 2 threads.
    [
        (100_000, 31, "FirstAccepted", 664 + 40 * 63 + 3 * 8 * 95),
        (100_000, 5, "BestOf", 664 + 40 * 11 + 3 * (8 * 17 + 176 * 5)),
    ],
)
def test_a_run_takes_no_more_than_it_was_estimated_to(tasks, points, policy, most):
    found = subprocess.run(
        [sys.executable, "-c", PEAK, str(tasks), str(points), policy], check=True, capture_output=True, text=True
    )
    # What is fixed, such as buffers of a chunk and the allocator's own, is up to 50 MB.
    assert float(found.stdout) < most + 50e6 / tasks
