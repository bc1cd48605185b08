"""Sweeps of exhaustion and constraint scenarios: every row is what `simulate` gives at its point, on any machine."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import polars as pl
import pytest

import limitlaw as ll
from limitlaw import _core
from limitlaw.sweeps.plan import Plan, Shard, run_shard
from limitlaw.sweeps.shard_file import content_digest

TRIALS = 100
FRAMES = {"exhaustion": ["definition"], "exhausted_by": ["definition", "year"], "trajectories": ["year", "variable"]}
#: Paths of every depth: a whole input by number and by distribution, a parameter of one, a law, one of its fields, an
#: item of a tuple within another setting, an option, the years themselves.
AXES = {
    "data_share": [0.2, ll.dist.uniform(0.1, 0.9)],
    "text_stock.low": [5e13, 1.3e14],
    "law": [ll.Law.muennighoff(max_epochs=4), ll.Law.mixture({"penalty": 0.5, "bounded": 0.5})],
    "law_parameters.mean.3": [0.34781303, 0.36],
    "correlations.0.spearman": [0.7, 0.5],
    "demand": ["twenty_per_parameter", "compute_optimal"],
    "years": [range(2024, 2034), range(2024, 2041)],
    "overtraining": [1, 3.5],
    "goodput": [True, False],
}


def scenario(**changes):
    return ll.ExhaustionScenario.preset("default").replace(years=range(2024, 2036), **changes)


def grid():
    paths = list(AXES)
    return ll.Grid(scenario(), AXES, zip=[paths[1:5], paths[5:]])


def expected(grid, frame, run):
    """The frame, point by point through `simulate`."""
    frames = []
    for i in range(len(grid)):
        found = getattr(run(grid.point(i), i), frame)
        provenance = [name for name in ("trials", "run") if name in found.columns]
        frames.append(found.drop(provenance).select(pl.lit(i, dtype=pl.Int64).alias("point"), pl.all()))
    return pl.concat(frames)


def results(frame, grid):
    """The frame of a sweep without its axes, trials and errors."""
    return frame.drop(*grid.axes, "trials", "error")


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("random", ["common", "independent"])
def test_a_sweep_is_simulate_at_every_point(frame, random):
    swept = grid()
    assert len(swept) == 8
    settings = {"trials": TRIALS, "seed": 11, "replicate": 0, "random": random, "frame": frame}
    found = ll.sweep(swept, progress=False, **settings).frame()

    def run(point, i):
        return ll.simulate(point, trials=TRIALS, seed=11, replicate=i << 24 if random == "independent" else 0)

    want = expected(swept, frame, run)
    assert results(found, swept).equals(want)
    assert found["trials"].unique().to_list() == [TRIALS]
    assert want["point"].n_unique() == 8
    first = found.group_by("point", maintain_order=True).first()
    assert first["data_share"].to_list() == ["0.2"] * 4 + ["Uniform(low=0.1, high=0.9)"] * 4
    assert first["text_stock.low"].to_list() == [5e13, 5e13, 1.3e14, 1.3e14] * 2
    assert first["overtraining"].to_list() == [1.0, 3.5] * 4


def test_sobol_points_too():
    swept = ll.Grid(scenario(), {"data_share": [0.2, 0.8]})
    found = ll.sweep(swept, trials=1024, seed=3, sampler="sobol", progress=False).frame()
    want = expected(swept, "exhaustion", lambda point, _: ll.simulate(point, trials=1024, seed=3, sampler="sobol"))
    assert results(found, swept).equals(want)


@pytest.mark.parametrize("frame", ["bands", "binding"])
def test_a_constraint_sweep_is_simulate_at_every_point(frame):
    axes = {"campus_watts": [1e10, ll.dist.lognormal(1e9, 1e10)], "year": [2028, 2030], "text_stock.p50": [4e14, 6e14]}
    swept = ll.Grid(ll.ConstraintScenario.epoch2030(), axes)
    found = ll.sweep(swept, trials=500, seed=2, frame=frame, progress=False).frame()
    want = expected(swept, frame, lambda point, _: ll.simulate(point, trials=500, seed=2))
    assert results(found, swept).equals(want)


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("frame", FRAMES)
def test_threads_change_no_bit(threads, frame):
    swept = ll.Grid(scenario(), {"data_share": [0.1 * i for i in range(1, 10)]})
    plan = Plan(swept, trials=5000, seed=5, frame=frame)
    for shard in (Shard(0, 9), Shard(3, 4)):  # across points, inside a point
        assert run_shard(plan, shard, threads=threads).equals(run_shard(plan, shard, threads=3))


def test_stores_parts_and_processes_give_the_same_bits(tmp_path):
    swept = ll.Grid(scenario(), {"data_share": [0.01 * i for i in range(200)], "overtraining": [1, 2]})
    settings = {"trials": 64, "seed": 7, "progress": False}
    serial = ll.sweep(swept, **settings)
    digest = content_digest(serial.frame())
    assert sum(1 for _ in serial.plan.shards()) >= 4
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert content_digest(ll.sweep(swept, executor=pool, store=tmp_path / "s", **settings).frame()) == digest
    store = ll.Store(tmp_path / "s")
    assert store.verify() == store.missing() == []
    held = sorted((tmp_path / "s" / "shards").rglob("*.parquet"))
    held[1].unlink()
    held[2].write_bytes(held[2].read_bytes()[:-100])
    assert "computed again" in store.verify(repair=True)[0]
    assert ll.sweep(swept, store=store, **settings).report().done > 0
    assert content_digest(store.scan().collect()) == digest
    for i in range(2):
        ll.sweep(swept.shard(i, of=2), store=tmp_path / f"{i}", **settings)
    whole = ll.Store(tmp_path / "whole")
    assert min(whole.combine(tmp_path / f"{i}") for i in range(2)) > 0
    assert content_digest(whole.scan().collect()) == digest


def test_replicates_of_probabilities_add_up(tmp_path):
    swept = ll.Grid(scenario(), {"data_share": [0.2, 0.8]})
    columns = ["p_by_2030", "p_by_2030_se"]
    for replicate, trials in enumerate([2000, 3000]):
        ll.sweep(swept, trials=trials, seed=7, replicate=replicate, columns=columns, store=tmp_path, progress=False)
    merged = ll.Store(tmp_path).scan().collect()
    assert merged["trials"].unique().to_list() == [5000]
    parts = [
        ll.simulate(swept.point(0), trials=trials, seed=7, replicate=replicate).exhaustion["p_by_2030"]
        for replicate, trials in enumerate([2000, 3000])
    ]
    want = (2000 * parts[0] + 3000 * parts[1]) / 5000
    assert merged.filter(pl.col("point") == 0)["p_by_2030"].to_list() == pytest.approx(want.to_list(), rel=1e-13)


def test_probabilities_reach_the_precision_asked_for():
    swept = ll.Grid(scenario(), {"data_share": [0.2, 0.8]})
    settings = {"trials": 64, "seed": 3, "target_se": {"p_by_2030": 0.01}, "progress": False}
    found = ll.sweep(swept, columns=["p_by_2030", "p_by_2030_se"], **settings).frame()
    assert found["reached"].all()
    assert (found["p_by_2030_se"] <= 0.01).all()
    for point in range(2):
        rows = found.filter(pl.col("point") == point)
        total = rows["trials"].unique().item()
        stages, done = [64], 64
        while done < total:
            stages.append(done)
            done *= 2
        assert done == total
        shares = [
            ll.simulate(swept.point(point), trials=n, seed=3, replicate=stage << 16).exhaustion["p_by_2030"] * n
            for stage, n in enumerate(stages)
        ]
        assert rows["p_by_2030"].to_list() == (sum(shares) / total).to_list()
        for row in rows.iter_rows(named=True):
            low, high = _core.sequence_interval(row["p_by_2030"] * total, float(total), 0.95)
            assert (row["p_by_2030_low"], row["p_by_2030_high"]) == (low, high)
    capped = ll.sweep(swept, columns=["p_by_2030"], **settings | {"max_trials": 100}).frame()
    assert not capped["reached"].any()
    assert capped["trials"].unique().to_list() == [100]


def test_a_bad_point_is_a_row_with_its_error_and_the_rest_goes_on():
    axes = {"data_share": [0.5, 1.5], "correlations.0.spearman": [0.7, -0.7]}
    done = ll.sweep(ll.Grid(scenario(), axes), trials=TRIALS, seed=1, progress=False)
    frame = done.frame()
    bad = frame.filter(pl.col("error").is_not_null())
    assert bad["point"].to_list() == [1, 2, 3]
    assert bad["definition"].null_count() == bad["q50"].null_count() == 3
    assert "data_share must be in [0, 1], got 1.5" in bad["error"][1]
    assert "correlations must be possible together" in bad["error"][0]
    assert frame.filter(pl.col("point") == 0).height == 3
    assert done.report().failed == 3


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        ({"data_share": ["x"]}, TypeError, r"data_share\[0\] must be a Dist"),
        ({"data_shares": [0.1]}, ValueError, "must lead to a setting: ExhaustionScenario has"),
        ({"data_share.low": [0.1]}, ValueError, r"LogitNormal has \['mean', 'sd'\], got 'low'"),
        ({"overtraining.low": [0.1]}, ValueError, r"Constant has \['value'\]"),
        ({"demand": ["supply"]}, ValueError, r"demand\[0\] must be one of"),
        ({"compute_path.growth_before": [0.1]}, ValueError, "got compute_path, which is None"),
        ({"text_stock": [1e14], "text_stock.low": [1e13]}, ValueError, "axes must not overlap"),
        ({"law.laws.0": [ll.Law.penalty()]}, ValueError, "MuennighoffLaw has"),
    ],
)
def test_a_grid_names_what_is_wrong(axes, error, message):
    with pytest.raises(error, match=message):
        ll.Grid(scenario(), axes)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "solve"}, "method must be 'simulate' for exhaustion scenarios"),
        ({"trials": 10}, "trials and seed must be given"),
        ({"trials": 2**33, "seed": 1}, r"trials must be in \[1, 4294967295\]"),
        (
            {"trials": 10, "seed": 1, "frame": "policy"},
            "frame must be 'exhaustion', 'exhausted_by' or 'trajectories', got 'policy'",
        ),
        ({"trials": 10, "seed": 1, "columns": ["accuracy"]}, "columns must name some of"),
        ({"trials": 10, "seed": 1, "frame": "trajectories", "target_se": 0.1}, "has no bounded means"),
        ({"trials": 10, "seed": 1, "target_se": {"q50": 0.1}}, "target_se must name some of"),
        ({"trials": 1000, "seed": 1, "sampler": "sobol"}, "trials must be a power of two"),
        ({"trials": 1024, "seed": 1, "sampler": "sobol", "target_se": 0.1}, "draws are not independent"),
        ({"trials": 10, "seed": 1, "replicate": 1}, r"do not merge \(columns=\['p_already', 'p_already_se'"),
    ],
)
def test_a_plan_names_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        ll.sweep(ll.Grid(scenario(), {"data_share": [0.1]}), progress=False, **settings)


def test_a_sampling_sweep_has_no_such_settings():
    made = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1]), max_attempts=[1])
    swept = ll.Grid(made, {"verifier.false_positive_rate": [0.1]})
    with pytest.raises(ValueError, match="sampler must be 'philox', got"):
        ll.sweep(swept, trials=1024, seed=1, sampler="sobol", progress=False)
    with pytest.raises(ValueError, match="frame must be 'policy', got"):
        ll.sweep(swept, trials=10, seed=1, frame="trajectories", progress=False)


def test_a_file_sweeps_an_exhaustion_scenario(tmp_path):
    spec = {
        "trials": 100,
        "seed": 1,
        "frame": "exhausted_by",
        "scenario": json.loads(scenario().to_json()),
        "axes": {"data_share": [0.2, {"kind": "uniform", "low": 0.1, "high": 0.5}], "law.max_epochs": [4.0]},
    }
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    swept, settings = ll.read_sweep(path)
    assert ll.sweep(swept, progress=False, **settings).frame().height == 2 * 3 * 12
    assert ll.Grid.from_data(swept.to_data()).point(1) == swept.point(1)
