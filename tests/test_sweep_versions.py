"""Numbers of two versions never meet unawares: in a store that is opened, resumed, read or joined, and on workers."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

import limitlaw as ll
from limitlaw.sweeps import versions
from limitlaw.sweeps.shard_file import content_digest
from sweep_cases import SETTINGS, grid, run_here, undisturbed

HERE = versions.versions()


def run(store, **changes):
    return ll.sweep(grid(256), store=store, progress=False, **SETTINGS | changes)


@pytest.fixture
def another(monkeypatch):
    """From the call on, this process is a later version with another core."""

    def become(**changes):
        for name, value in {"__version__": "9.9.9", **changes}.items():
            monkeypatch.setattr(versions._core, name, value)

    return become


@pytest.mark.parametrize("change", [{}, {"CORE_DIGEST": "0123456789abcdef"}])
def test_a_store_of_another_version_is_refused_with_both_named(tmp_path, another, change):
    run(tmp_path / "s")
    another(**change)
    with pytest.raises(ll.VersionError) as caught:
        run(tmp_path / "s")
    assert f"limitlaw {HERE['limitlaw']}" in str(caught.value)
    assert "limitlaw 9.9.9" in str(caught.value)
    assert HERE["core"] in str(caught.value)


def test_on_request_another_version_goes_on_and_every_shard_says_which_computed_it(tmp_path, another):
    first = ll.iter_sweep(grid(256), store=tmp_path / "s", **SETTINGS)
    next(first)
    first.close()
    another()
    store = ll.Store(tmp_path / "s", accept_versions=[HERE["limitlaw"], "9.9.9"])
    done = run(store)
    assert (done.report().skipped, done.report().done) == (64, 192)
    assert content_digest(done.frame()) == undisturbed(256)
    made_by = {
        pl.read_parquet_metadata(path)["limitlaw"].count('"limitlaw":"9.9.9"')
        for path in (tmp_path / "s" / "shards").rglob("*.parquet")
    }
    assert made_by == {0, 1}
    # Who does not accept it is told by every read.
    with pytest.raises(ll.VersionError, match=r"must be of limitlaw .*, got limitlaw 9\.9\.9"):
        ll.Store(tmp_path / "s").scan().collect()
    assert sum("limitlaw 9.9.9" in line for line in ll.Store(tmp_path / "s").verify()) == 3
    assert store.verify() == []


def test_stores_of_two_versions_are_not_joined(tmp_path, another):
    run(tmp_path / "old")
    another()
    run(tmp_path / "new")
    with pytest.raises(ll.VersionError, match=r"the sweep in .*old must be of limitlaw 9"):
        ll.Store(tmp_path / "new").combine(tmp_path / "old")
    both = ll.Store(tmp_path / "new", accept_versions=[HERE["limitlaw"]])
    next((tmp_path / "new" / "shards").rglob("*.parquet")).unlink()
    assert both.combine(tmp_path / "old") == 1
    assert content_digest(both.scan().collect()) == undisturbed(256)


ALTERED = """
from limitlaw import _core
from concurrent.futures import ThreadPoolExecutor
class Elsewhere(ThreadPoolExecutor):
    # A worker whose core was built from other sources.
    def submit(self, task, *arguments):
        def there():
            _core.CORE_DIGEST = '0123456789abcdef'
            return task(*arguments)
        return super().submit(there)
with Elsewhere(1) as pool:
    try:
        ll.sweep(case.grid(256), store=eval(sys.argv[1]), executor=pool, progress=False, **case.SETTINGS)
    except ll.VersionError as error:
        print('refused:', error)
"""


@pytest.mark.parametrize("stored", [False, True])
def test_a_worker_with_another_core_is_refused_and_nothing_of_it_is_kept(tmp_path, stored):
    store = repr(str(tmp_path / "s")) if stored else "None"
    out, err = run_here(ALTERED, store, folder=tmp_path).communicate(timeout=120)
    assert out.startswith("refused: the worker "), err
    assert out.count("\n") == 1
    assert f"core {HERE['core']}" in out
    assert "core 0123456789abcdef" in out
    assert list(tmp_path.rglob("*.parquet")) == []


def test_what_is_no_list_of_versions_is_refused(tmp_path):
    for wrong in ("0.1.0", 3, [1]):
        with pytest.raises(TypeError, match="accept_versions must be a sequence of versions as text"):
            ll.Store(tmp_path, accept_versions=wrong)


def test_a_worker_of_this_version_is_taken(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        assert content_digest(run(tmp_path / "s", executor=pool).frame()) == undisturbed(256)
