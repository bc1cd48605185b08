"""The sweep that the tests of stores, executors and faults run, and the processes they run it in."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import limitlaw as ll
from limitlaw.sweeps.shard_file import content_digest

SETTINGS = {"trials": 2000, "seed": 7, "columns": ["accuracy", "accuracy_se", "precision", "precision_se", "returned"]}


def grid(points=2048, *, bad=False):
    """At least 32 shards for 2,048 points, each of some milliseconds."""
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.1, 0.4, 0.7]),
        verifier=ll.Verifier.rates(false_positive_rate=0.05),
        max_attempts=[1, 10],
        utility=ll.Utility(),
    )
    rates = [0.1, 1.5] if bad else [0.1, 0.2]
    return ll.Grid(scenario, {"utility.wrong_cost": np.arange(points // 2) / 8, "verifier.false_positive_rate": rates})


def run(executor, folder=None, **changes):
    """The sweep on an executor, with or without a store."""
    return ll.sweep(grid(), executor=executor, store=folder, progress=False, **SETTINGS | changes)


@functools.cache
def undisturbed(points=2048, *, bad=False, **changes):
    """The digest of the frame of one serial run in memory."""
    return content_digest(ll.sweep(grid(points, bad=bad), progress=False, **SETTINGS | changes).frame())


def run_here(code, *arguments, prefix=(), **options):
    """A fresh Python that has this file as ``case``; its end is awaited by the caller."""
    head = "import sys, os, signal, time, limitlaw as ll, sweep_cases as case\nif __name__ == '__main__':\n"
    script = head + "".join(f"    {line}\n" for line in code.strip().splitlines())
    path = Path(options.pop("folder")) / f"driver-{os.urandom(4).hex()}.py"
    path.write_text(script, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    return subprocess.Popen(
        [*prefix, sys.executable, str(path), *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
