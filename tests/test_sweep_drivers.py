"""Drivers that die, stop or work side by side: the store keeps what is finished, and the same call resumes."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import limitlaw as ll
from limitlaw.sweeps.report import Report
from limitlaw.sweeps.shard_file import content_digest
from sweep_cases import SETTINGS, grid, run, run_here, undisturbed

DRIVE = """
settings = case.SETTINGS | {'trials': 40_000}
ll.sweep(case.grid(), store=sys.argv[1], executor=eval(sys.argv[2]), progress=False, **settings)
"""


def wait_for_shards(folder, count, process):
    deadline = time.monotonic() + 60
    while len(list(folder.rglob("*.parquet"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no shard was finished in a minute"
        time.sleep(0.01)


@pytest.mark.parametrize("executor", ["None", "'processes'"])
def test_a_killed_driver_resumes(tmp_path, executor):
    process = run_here(DRIVE, tmp_path / "s", executor, folder=tmp_path, start_new_session=True)
    wait_for_shards(tmp_path / "s", 3, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    kept = len(ll.Store(tmp_path / "s").done())
    assert 3 <= kept < 32
    rest = run(None, tmp_path / "s", trials=40_000)
    assert rest.report().skipped == kept * 64
    assert content_digest(rest.frame()) == undisturbed(trials=40_000)
    # A file that was being written is left over beside its place, named and ignored.
    assert all("/." in line and line.endswith("(ignored)") for line in ll.Store(tmp_path / "s").verify())


TOGETHER = """
open(sys.argv[1] + '.' + sys.argv[2], 'w').close()
while not os.path.exists(sys.argv[1] + '.go'):
    time.sleep(0.001)
settings = case.SETTINGS | {'trials': 40_000}
report = ll.sweep(case.grid(), store=sys.argv[1], progress=False, **settings).report()
print(report.done, report.skipped, report.ok)
"""


def test_two_drivers_on_one_store_give_one_sweep(tmp_path):
    store = tmp_path / "s"
    drivers = [run_here(TOGETHER, store, name, folder=tmp_path) for name in "ab"]
    deadline = time.monotonic() + 60
    while not all(store.with_name(f"s.{name}").exists() for name in "ab"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    store.with_name("s.go").touch()
    outputs = [process.communicate(timeout=120) for process in drivers]
    assert [process.returncode for process in drivers] == [0, 0], outputs
    done, skipped = zip(*[map(int, out.split()[:2]) for out, _ in outputs], strict=True)
    assert min(done) > 0
    assert [a + b for a, b in zip(done, skipped, strict=True)] == [2048, 2048]
    assert ll.Store(store).verify() == []
    assert content_digest(ll.Store(store).scan().collect()) == undisturbed(trials=40_000)


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor])
def test_what_another_driver_finishes_in_the_meantime_is_skipped(tmp_path, executor):
    pool = executor and executor(1)
    report = Report()
    parts = ll.iter_sweep(grid(), store=tmp_path, executor=pool, report=report, **SETTINGS)
    next(parts)
    run(None, tmp_path)
    # What was out already comes too, and no more.
    assert sum(1 for _ in parts) <= (4 if executor else 0)
    assert report.done + report.skipped == report.points == 2048
    assert content_digest(ll.Store(tmp_path).scan().collect()) == undisturbed()


class Interrupting(ThreadPoolExecutor):
    """An executor of which the first future that is locked by its caller is where Ctrl-C comes."""

    def __init__(self):
        super().__init__(2)
        self.futures, self.came = [], threading.Event()

    def submit(self, *args):
        future = super().submit(*args)
        self.futures.append(future)
        take = future._condition.acquire

        def acquire(*args, **kwargs):
            taken = take(*args, **kwargs)
            if threading.current_thread() is threading.main_thread() and not self.came.is_set():
                self.came.set()
                signal.raise_signal(signal.SIGINT)
            return taken

        future._condition.acquire = acquire
        return future


def is_free(future):
    free = future._condition.acquire(timeout=5)
    if free:
        future._condition.release()
    return free


def test_an_interrupt_leaves_no_future_locked(tmp_path):
    with Interrupting() as executor:
        with pytest.raises(KeyboardInterrupt):
            list(ll.iter_sweep(grid(), store=tmp_path, executor=executor, **SETTINGS))
        assert executor.came.is_set()
        with ThreadPoolExecutor(1) as other:
            free = [other.submit(is_free, future).result() for future in executor.futures]
        for future, unlocked in zip(executor.futures, free, strict=True):
            if not unlocked:
                future._condition.release()  # or its thread waits for it, and we for that
        assert len(free) >= 8
        assert all(free)


@pytest.mark.parametrize(
    "executor", ["None", "'processes'", "__import__('concurrent.futures').futures.ThreadPoolExecutor(2)"]
)
def test_an_interrupt_stops_soon_and_says_how_to_go_on(tmp_path, executor):
    process = run_here(DRIVE, tmp_path / "s", executor, folder=tmp_path)
    wait_for_shards(tmp_path / "s", 2, process)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    # The promise is a second; a loaded machine gets more.
    assert time.monotonic() - started < 3
    assert process.returncode != 0
    assert "KeyboardInterrupt" in err
    assert "of 2048 points were finished; what is finished is kept: run the same call with store=" in err
    kept = len(ll.Store(tmp_path / "s").done())
    assert run(None, tmp_path / "s", trials=40_000).report().skipped == kept * 64
