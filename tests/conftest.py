"""Settings for all tests: Hypothesis draws the same examples in every run and knows no deadline; Ctrl-C works."""

import gc
import os
import signal

import pytest

# Before NumPy is loaded: threads of BLAS that wait keep their cores busy, and the other workers' tests have these.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Before Dask is: its workers are forked from a process that has imported it, and nothing of ours.
os.environ.setdefault("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "forkserver")

from hypothesis import settings

import limitlaw.testing

assert limitlaw.testing  # importing it registers the profiles
settings.load_profile("limitlaw-ci")
# A shell ignores it for what runs in the background; a test of an interrupt would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected stays to the end: no collection of garbage looks at it again."""
    del session
    gc.collect()
    gc.freeze()
