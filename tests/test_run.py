"""The run engine as users meet it: Ctrl-C, progress, fork, threads, and the same bits for any number of threads."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from polars.testing import assert_frame_equal

import limitlaw as ll

#: Far more trials than anyone waits for; memory must not depend on them.
ENDLESS = 10**12

SCENARIO = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=[0.0, 0.02, 0.3, 0.7, 1.0] * 20),
    verifier=ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.02),
    policies=[ll.FirstAccepted(fallback="abstain")],
    max_attempts=[1, 2, 5, 10, 100, 1000],
)

#: The same scenario for a process of its own.
PRELUDE = """
import limitlaw as ll
scenario = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=[0.0, 0.02, 0.3, 0.7, 1.0] * 20),
    verifier=ll.Verifier.rates(false_positive_rate=0.05, false_negative_rate=0.02),
    policies=[ll.FirstAccepted(fallback="abstain")],
    max_attempts=[1, 2, 5, 10, 100, 1000],
)
"""


class StopHere(Exception):  # noqa: N818  (not an error)
    """Raised by a progress callback."""


@contextmanager
def python(script: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process of its own, ended whatever happens."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PRELUDE + script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_interrupts_a_long_run_and_the_next_run_works(threads: int) -> None:
    script = f"""
import time
before = ll.simulate(scenario, trials=1000, seed=7)
print("running", flush=True)
try:
    ll.simulate(scenario, trials={ENDLESS}, seed=7, threads={threads})
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(ll.simulate(scenario, trials=1000, seed=7).equals(before), flush=True)
"""
    with python(script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        time.sleep(0.3)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert time.monotonic() - sent < 2
        assert process.stdout.readline() == "True\n"
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    "call",
    [
        "ll.closed_form.majority(answers=[0.1, *np.linspace(0.5, 1.3, 50) / 50], votes=np.full(10_000, 512))",
        "ll.closed_form.best_of_judge(success=0.5, d_prime=np.full(2_000_000, 1.0), attempts=1e9)",
        "ll.fit.fit_beta_binomial(np.arange(50, 400_050), np.arange(400_000) // 3, bootstrap=0)",
        "ll.fit.forecast_pass_at_k(np.arange(50, 400_050), np.arange(400_000) // 3, [10**6], seed=1)",
        "ll.optimal_allocation(np.full(1_000_000, 1e28), 1e13, ll.Law.penalty())",
        (
            "n = np.arange(60, 400_060); "
            "ll.fit.fit_error_rates(attempts=n, accepted=n // 3, accepted_correct=n // 4, correct=n // 2, by='task')"
        ),
    ],
)
def test_ctrl_c_interrupts_a_call_without_trials(call: str) -> None:
    script = f"""
import numpy as np
print("running", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with python(script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        time.sleep(0.3)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert time.monotonic() - sent < 2


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_from_progress_propagates_and_cancels(threads: int) -> None:
    def stop(done: int, total: int) -> None:
        raise StopHere(done, total)

    started = time.monotonic()
    with pytest.raises(StopHere) as raised:
        ll.simulate(SCENARIO, trials=ENDLESS, seed=7, threads=threads, progress=stop)
    assert time.monotonic() - started < 2
    done, total = raised.value.args
    assert 0 <= done < total == ENDLESS


def test_progress_never_goes_back_and_ends_at_the_total() -> None:
    seen: list[tuple[int, int]] = []
    frame = ll.simulate(SCENARIO, trials=20_000, seed=7, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (20_000, 20_000)
    assert_frame_equal(frame, ll.simulate(SCENARIO, trials=20_000, seed=7))


def test_progress_is_called_by_the_calling_thread_only() -> None:
    callers = set()
    ll.simulate(SCENARIO, trials=200_000, seed=7, threads=2, progress=lambda *_: callers.add(threading.get_ident()))
    assert callers == {threading.get_ident()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_short_run_reports_once_and_is_the_same_run() -> None:
    """Short runs need no thread of their own; what they say and draw is the same, and an exception propagates."""
    short = SCENARIO.replace(max_attempts=[1, 10])
    seen: list[tuple[int, int]] = []
    frame = ll.simulate(short, trials=50, seed=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(50, 50)]
    assert_frame_equal(frame, ll.simulate(short, trials=50, seed=1, threads=3))
    with pytest.raises(RuntimeError, match="stop"):
        ll.simulate(short, trials=50, seed=1, progress=stop)


def stop(*_: int) -> None:
    raise RuntimeError("stop")


def test_a_forked_child_simulates_after_its_parent_did() -> None:
    script = """
import os
expected = ll.simulate(scenario, trials=5000, seed=7, threads=2).rows()
for threads in (1, 2):
    child = os.fork()
    if child == 0:
        frame = ll.simulate(scenario, trials=5000, seed=7, threads=threads)
        os._exit(0 if frame.rows() == expected else 3)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
    with python(script) as process:
        out, _ = process.communicate(timeout=60)
    assert out == "0\n0\n"


def test_other_python_threads_keep_running_meanwhile() -> None:
    ticks = 0
    over = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not over.wait(0.001):
            ticks += 1

    def stop_after_half_a_second(done: int, total: int) -> None:
        del done, total
        if time.monotonic() - started > 0.5:
            raise StopHere

    other = threading.Thread(target=count)
    other.start()
    started = time.monotonic()
    try:
        with pytest.raises(StopHere):
            ll.simulate(SCENARIO, trials=ENDLESS, seed=7, threads=2, progress=stop_after_half_a_second)
        during = ticks
    finally:
        over.set()
        other.join()
    assert during > 20, "half a second holds hundreds of ticks of a thread that is free to run"


def test_runs_at_the_same_time_do_not_touch_each_other() -> None:
    alone = [ll.simulate(SCENARIO, trials=20_000, seed=seed, threads=2) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: ll.simulate(SCENARIO, trials=20_000, seed=seed, threads=2), range(4)))
    for one, other in zip(alone, together, strict=True):
        assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("trials", [1, 1000, 12_345])
@pytest.mark.parametrize("by", ["policy", "task"])
def test_the_same_bits_for_any_number_of_threads(trials: int, by: str) -> None:
    frames = [ll.simulate(SCENARIO, trials=trials, seed=7, by=by, threads=threads) for threads in (1, 2, 3, 7, None)]
    for frame in frames[1:]:
        assert_frame_equal(frame, frames[0], check_exact=True)


@pytest.mark.parametrize("threads", [0, -1, 1025, 1.5, "2"])
def test_an_impossible_number_of_threads_is_refused(threads: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^threads must be "):
        ll.simulate(SCENARIO, trials=10, seed=7, threads=threads)


#: A judge whose every attempt is looked at, a million of them per task and trial.
WALKS = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=[0.01]),
    verifier=ll.Verifier.judge(d_prime=1, threshold=1),
    answers=ll.Answers.uniform(3),
    policies=[ll.WeightedVote()],
    max_attempts=[10**6],
    cost=ll.Cost(),
)


#: A million tasks, each with tables of its own.
MANY = ll.SamplingScenario(
    tasks=ll.Tasks.fixed(success=np.linspace(0.001, 0.999, 10**6)),
    verifier=ll.Verifier.rates(false_positive_rate=0.05),
    max_attempts=[1, 10],
)


@pytest.mark.parametrize(
    "scenario", [WALKS, WALKS.replace(limits=[ll.Limit(tokens=10**6)]), MANY], ids=["walks", "limits", "many tasks"]
)
def test_a_run_stops_within_long_walks_and_long_preparations(scenario: ll.SamplingScenario) -> None:
    raised: list[float] = []

    def stop(_done: int, _trials: int) -> None:
        raised.append(time.monotonic())
        raise StopHere

    with pytest.raises(StopHere):
        ll.simulate(scenario, trials=ENDLESS, seed=7, threads=1, progress=stop)
    assert time.monotonic() - raised[0] < 2.0  # a chunk of walks takes minutes, the tables several seconds
