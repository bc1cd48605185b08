"""Executors and faults: whatever dies, the final frame has the bits of the undisturbed serial run."""

import concurrent.futures
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import distributed
import pytest

import limitlaw as ll
from limitlaw.sweeps import engine
from limitlaw.sweeps.report import Report
from limitlaw.sweeps.shard_file import content_digest
from sweep_cases import SETTINGS, grid, run, run_here, undisturbed
from sweep_failures import fail_at

pytestmark = [
    # Dask's own sockets and loops, closed late when a worker is killed under it.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def spawn():
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as made:
        yield made


@pytest.fixture
def client(cluster):
    with cluster.get_client() as made:
        yield made


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_in_process_change_no_bit(threads):
    assert content_digest(ll.sweep(grid(), threads=threads, progress=False, **SETTINGS).frame()) == undisturbed()


def test_a_thread_pool_and_a_spawned_pool_give_the_same_bits(tmp_path):
    with ThreadPoolExecutor(3) as threads, spawn() as pool:
        assert content_digest(run(threads).frame()) == undisturbed()
        assert content_digest(run(pool).frame()) == undisturbed()
        assert content_digest(run(pool, tmp_path).frame()) == undisturbed()
        # The caller's executors are still open.
        assert threads.submit(int, "1").result() == pool.submit(int, "1").result() == 1


def test_dask_gives_the_same_bits(client, tmp_path):
    assert content_digest(run(client).frame()) == undisturbed()
    assert content_digest(run(client, tmp_path).frame()) == undisturbed()


def test_dask_by_its_address(cluster):
    address = cluster.scheduler_address.removeprefix("tcp://")
    assert content_digest(run(f"dask://{address}").frame()) == undisturbed()


def test_a_forked_pool_is_refused_with_the_reason():
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool,
        pytest.raises(ValueError, match="executor must not fork: Polars hangs"),
    ):
        run(pool)


@pytest.mark.parametrize(("executor", "error"), [(3, TypeError), ("mpi", ValueError), (lambda: 3, TypeError)])
def test_what_is_no_executor_is_refused_before_a_store_is_made(executor, error, tmp_path):
    with pytest.raises(error, match="executor must be"):
        run(executor, tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changes", [{"threads": 0}, {"threads": 1.5}, {"progress": "bar"}])
def test_a_call_that_is_refused_makes_no_store(changes, tmp_path):
    with pytest.raises((TypeError, ValueError), match=f"^{next(iter(changes))} must be"):
        ll.sweep(grid(), **{"store": tmp_path / "s", "progress": False, **SETTINGS, **changes})
    assert list(tmp_path.iterdir()) == []


class Counting(ThreadPoolExecutor):
    """Remembers how many futures were in flight at once."""

    def __init__(self):
        super().__init__(2)
        self.flying = self.most = 0

    def submit(self, *args):
        self.flying += 1
        self.most = max(self.most, self.flying)
        future = super().submit(*args)
        future.add_done_callback(self.landed)
        return future

    def landed(self, _):
        self.flying -= 1


def test_few_futures_are_in_flight():
    with Counting() as pool:
        run(pool)
        assert 2 <= pool.most <= 8


def test_shards_come_one_by_one_and_the_report_follows(tmp_path):
    report = Report()
    seen = 0
    for part in ll.iter_sweep(grid(), store=tmp_path, report=report, **SETTINGS):
        seen += len(part.shard)
        assert report.done == seen
        assert part.path.exists()
        assert content_digest(part.frame()) == part.digest
        if seen == 640:
            break
    assert len(ll.Store(tmp_path).done()) == 10
    rest = run(None, tmp_path)
    assert rest.report().skipped == 640
    assert content_digest(rest.frame()) == undisturbed()


# --- workers that fail


class Failing(ProcessPoolExecutor):
    """A spawned pool whose worker fails at one shard."""

    def __init__(self, first, how):
        super().__init__(2, mp_context=multiprocessing.get_context("spawn"))
        self.failure = (first, how)

    def submit(self, function, *args):
        return super().submit(fail_at, *self.failure, function, *args)


class Forgetful(ThreadPoolExecutor):
    """Loses the first shard it is given without a word."""

    def __init__(self):
        super().__init__(2)
        self.lost = None

    def submit(self, function, *args):
        if self.lost is None:
            self.lost = concurrent.futures.Future()
            return self.lost
        return super().submit(function, *args)


def test_a_shard_that_is_lost_without_a_word_is_sent_again(monkeypatch):
    monkeypatch.setattr(engine, "_PATIENCE", 0.5)
    with Forgetful() as pool:
        assert content_digest(run(pool).frame()) == undisturbed()
        assert pool.lost.cancelled()


class FailingThreads(ThreadPoolExecutor):
    """A pool of threads in which one shard always raises."""

    def submit(self, function, *args):
        return super().submit(fail_at, 128, "raise", function, *args)


def test_a_shard_that_always_raises_is_given_up_and_the_rest_is_done(tmp_path):
    with FailingThreads(2) as pool:
        report = run(pool, tmp_path).report()
    assert [(shard.first, message) for shard, message in report.given_up] == [(128, "ArithmeticError: cosmic ray")]
    assert (report.done, report.ok) == (2048 - 64, False)
    assert "points 128 to 191 given up after every retry: ArithmeticError: cosmic ray" in str(report)
    again = run(None, tmp_path)
    assert again.report().done == 64
    assert content_digest(again.frame()) == undisturbed()


def test_a_worker_that_dies_once_costs_nothing(tmp_path):
    done = run(lambda: Failing(128, str(tmp_path / "marker")), tmp_path / "s")
    assert done.report().ok
    assert content_digest(done.frame()) == undisturbed()


def test_a_worker_that_dies_every_time_is_given_up_and_the_rest_is_done(tmp_path):
    report = run(lambda: Failing(128, "die"), tmp_path).report()
    assert [shard.first for shard, _ in report.given_up] == [128]
    # A shard that was stored just as the pool broke is found there, and counts as skipped.
    assert report.done + report.skipped == 2048 - 64
    assert content_digest(run(None, tmp_path).frame()) == undisturbed()


def test_a_pool_that_cannot_be_replaced_says_how_to_go_on(tmp_path):
    with Failing(128, "die") as pool, pytest.raises(RuntimeError, match=r"a worker died.*the same call resumes"):
        run(pool, tmp_path)
    assert content_digest(run(None, tmp_path).frame()) == undisturbed()


def test_a_killed_dask_worker_loses_nothing(client, tmp_path):
    workers = list(client.run(os.getpid).values())
    parts = ll.iter_sweep(grid(), store=tmp_path, executor=client, **SETTINGS | {"trials": 20_000})
    next(parts)
    os.kill(workers[0], signal.SIGKILL)
    # At most 8 of 32 shards are out at a time: the worker dies in the middle.
    assert len(ll.Store(tmp_path).done()) < 32
    assert 1 + sum(1 for _ in parts) == 32
    assert content_digest(ll.Store(tmp_path).scan().collect()) == undisturbed(trials=20_000)


def test_a_result_that_cannot_be_fetched_is_computed_again(client, monkeypatch):
    """Dask's own executor never answers then: the error is raised in a callback that nobody hears."""
    fetch, failed = type(client)._gather, []

    async def fail_twice(self, *arguments, **options):
        if len(failed) < 2:
            failed.append(arguments)
            raise OSError("the worker that held the result is gone")
        return await fetch(self, *arguments, **options)

    monkeypatch.setattr(type(client), "_gather", fail_twice)
    assert content_digest(run(client).frame()) == undisturbed()
    assert len(failed) == 2


def test_a_closed_client_is_one_clear_error_and_the_same_call_resumes(cluster, tmp_path):
    client = cluster.get_client()
    parts = ll.iter_sweep(grid(), store=tmp_path, executor=client, **SETTINGS)
    next(parts)
    client.close()
    with pytest.raises(RuntimeError, match=r"executor .*the same call resumes"):
        list(parts)
    assert 0 < run(None, tmp_path).report().skipped < 2048
    assert content_digest(ll.Store(tmp_path).scan().collect()) == undisturbed()


SCHEDULER_DIES = """
import dask, distributed
dask.config.set({'distributed.comm.timeouts.connect': '1s'})
with distributed.LocalCluster(n_workers=1, dashboard_address=":0", silence_logs=50) as cluster:
    client = distributed.Client(cluster.scheduler_address)
    parts = ll.iter_sweep(case.grid(), store=sys.argv[1], executor=client, **case.SETTINGS | {'trials': 40_000})
    next(parts)
    cluster.sync(cluster.scheduler.close)
    started = time.monotonic()
    try:
        list(parts)
    except RuntimeError as error:
        print(time.monotonic() - started < 30, error, flush=True)
    os._exit(0)
"""


def test_a_scheduler_that_dies_is_one_clear_error_and_the_same_call_resumes(tmp_path):
    out, err = run_here(SCHEDULER_DIES, tmp_path / "s", folder=tmp_path).communicate(timeout=120)
    assert out.startswith("True executor"), err
    assert "the same call resumes" in out
    assert content_digest(run(None, tmp_path / "s", trials=40_000).frame()) == undisturbed(trials=40_000)


DASK_DIES = """
import dask, distributed
from sweep_failures import fail_at
from concurrent.futures import Executor
dask.config.set({'distributed.scheduler.allowed-failures': 0})
class Failing(Executor):
    def __init__(self, inner):
        self.inner = inner
    def submit(self, function, *args):
        return self.inner.submit(fail_at, 128, 'die1', function, *args)
with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
    with distributed.Client(cluster) as client:
        pool = Failing(client.get_executor(pure=False))
        report = ll.sweep(case.grid(), executor=pool, store=sys.argv[1], progress=False, **case.SETTINGS).report()
print(report.done, [(shard.first, message.split(':')[0]) for shard, message in report.given_up])
"""


def test_a_dask_worker_that_dies_every_time_is_given_up_and_the_rest_is_done(tmp_path):
    out, err = run_here(DASK_DIES, tmp_path / "s", folder=tmp_path).communicate(timeout=120)
    assert out.split("\n")[0] == "1984 [(128, 'KilledWorker')]", err
    assert content_digest(run(None, tmp_path / "s").frame()) == undisturbed()


def test_workers_that_do_not_see_the_store_send_their_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "is_shared", lambda *_: False)
    with ThreadPoolExecutor(2) as pool:
        done = run(pool, tmp_path)
    assert len(ll.Store(tmp_path).done()) == 32
    assert ll.Store(tmp_path).verify() == []
    assert content_digest(done.frame()) == undisturbed()
