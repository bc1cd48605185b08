"""How a sweep is cut into shards and parts, which are too many, and what a reader's panic comes to."""

import time

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.sweeps import Plan

TASKS = ll.Tasks.fixed(success=[0.02, 0.1, 0.4])
SAMPLING = ll.SamplingScenario(tasks=TASKS, max_attempts=[10], utility=ll.Utility())
WORLD = ll.ExhaustionScenario.preset("default", years=range(2024, 2032))
AXES = ("verifier.false_positive_rate", "verifier.false_negative_rate", "utility.wrong_cost")
COLUMNS = {"method": "solve", "columns": ["utility"]}


def cube(n: int) -> ll.Grid:
    return ll.Grid(SAMPLING, {path: np.linspace(0, 0.5, n) for path in AXES})


def test_a_grid_of_too_many_points_is_refused_at_once_with_its_size():
    grid = cube(10_000)
    started = time.perf_counter()
    with pytest.raises(
        ValueError, match=r"^grid must have at most 17,179,869,184 points in one sweep .*got 1,000,000,"
    ):
        ll.sweep(grid, **COLUMNS)
    assert time.perf_counter() - started < 5
    with pytest.raises(ValueError, match=r"some \d+ days of one core: take fewer values, or several grids"):
        Plan(grid, **COLUMNS)


def test_no_plan_has_more_shards_than_can_be_listed():
    for n in (2, 40, 500, 2500):
        plan = Plan(cube(n), **COLUMNS)
        assert plan.size & (plan.size - 1) == 0
        assert -(-len(plan.grid) // plan.size) <= 2**16
    # Where points are dear, shards of more than a second.
    dear = ll.Grid(WORLD, {"data_share": np.linspace(0, 1, 600), "multi_epoch_multiplier": np.linspace(1, 5, 600)})
    plan = Plan(dear, trials=10_000_000, seed=1)
    assert -(-len(dear) // plan.size) <= 2**16


@pytest.mark.parametrize(("points", "parts"), [(4, 4), (4, 2), (10, 4), (64, 32), (5, 5)])
def test_every_part_has_a_shard_where_there_are_as_many_points(points, parts, tmp_path):
    """Of a job array over a few dear points, and of cheap ones too; the parts are the whole, to the bit."""
    grid = ll.Grid(WORLD, {"data_share": np.linspace(0, 1, points)})
    settings = {"trials": 64, "seed": 1, "progress": False}
    done = [ll.sweep(grid.shard(i, of=parts), store=tmp_path, **settings).report().done for i in range(parts)]
    assert sum(done) == points
    assert all(done)
    assert ll.sweep(grid, **settings).frame().equals(ll.Store(tmp_path).collect())


def test_dear_points_are_shards_of_their_own():
    """Four points of a tenth of a second each, for four processes; of cheap points 64 are one shard at least."""
    grid = ll.Grid(ll.ExhaustionScenario.preset("default"), {"data_share": [0, 0.3, 0.6, 1]})
    assert Plan(grid, trials=100_000, seed=1).size == 1
    cheap = ll.Grid(SAMPLING, {AXES[0]: np.linspace(0, 0.5, 64)})
    assert Plan(cheap, **COLUMNS).size == 64


@pytest.mark.parametrize("more", [{}, {"target_se": 0.1}])
def test_a_part_without_points_has_a_frame_without_rows(more, tmp_path):
    grid = ll.Grid(SAMPLING, {AXES[0]: [0.0, 0.1]})
    settings = {"trials": 500, "seed": 1, "progress": False} | more
    for store in (None, tmp_path):
        found = ll.sweep(grid.shard(3, of=4), store=store, **settings)
        assert found.report().done == 0
        assert found.frame().height == 0
        assert found.frame().schema == ll.sweep(grid, **settings).frame().schema


def test_an_unknown_setting_is_named_with_the_known_ones():
    grid = ll.Grid(SAMPLING, {AXES[0]: [0.0, 0.1]})
    known = r"^settings of a sweep must be among \['method', 'trials', 'seed', .*\], got 'trails'$"
    with pytest.raises(TypeError, match=known):
        ll.sweep(grid, trails=5, seed=1)
    with pytest.raises(TypeError, match=known):
        next(ll.iter_sweep(grid, trails=5, seed=1))


def test_a_panic_of_the_reader_is_a_damaged_file(tmp_path, monkeypatch):
    """Some flipped bits make Polars panic, which is no Exception; Ctrl-C stays Ctrl-C."""
    grid = ll.Grid(SAMPLING, {AXES[0]: [0.0, 0.1]})
    ll.sweep(grid, store=tmp_path, progress=False, **COLUMNS)
    store = ll.Store(tmp_path)

    def raising(error):
        def read(*_args, **_more):
            raise error

        monkeypatch.setattr(pl, "read_parquet", read)

    raising(pl.exceptions.PanicException("range end index 9 out of range"))
    with pytest.raises(ll.StoreError, match=r"not readable as a shard \(PanicException\)"):
        store.collect()
    assert [line.rpartition(": ")[2] for line in store.verify()] == ["not readable as a shard (PanicException)"]
    raising(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        store.verify()
