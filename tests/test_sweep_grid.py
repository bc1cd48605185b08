"""Grids and shards: every point is the scenario it says, and every row is what `solve` and `simulate` give for it."""

import json
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw.sweeps.plan import Plan, Shard, run_shard

COLUMNS = ["accuracy", "accuracy_se", "precision", "coverage", "utility"]


def scenario(**changes):
    made = ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=[0.1, 0.4, 0.7]),
        verifier=ll.Verifier.rates(false_positive_rate=0.05),
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
        max_attempts=[1, 10],
        utility=ll.Utility(wrong_cost=2.0),
    )
    return made.replace(**changes)


def solved(point, _, columns):
    return ll.solve(point, columns=columns)


def expected(grid, *, columns=COLUMNS, run=solved):
    """The same frame, point by point through the public verbs."""
    frames = []
    for i in range(len(grid)):
        keys = [pl.lit(i, dtype=pl.Int64).alias("point"), pl.col("policy").cast(pl.String), "max_attempts"]
        frames.append(run(grid.point(i), i, columns).select(*keys, *columns))
    return pl.concat(frames)


def rows(frame, columns=COLUMNS):
    return frame.select("point", "policy", "max_attempts", *columns)


SEVERAL = {
    "verifier.false_positive_rate": [0, 0.1, 1],
    "utility.wrong_cost": np.array([1.0, 4.0]),
    "policies.0.fallback": ["abstain"],
    "tasks": [ll.Tasks.fixed(success=[0.2, 0.3]), ll.Tasks.counts(attempts=[10, 10, 10], correct=[1, 5, 0])],
    "max_attempts": [[1], [2, 5, 7]],
}


def test_a_solved_sweep_is_solve_at_every_point():
    grid = ll.Grid(scenario(), SEVERAL)
    assert len(grid) == 3 * 2 * 1 * 2 * 2
    frame = ll.sweep(grid, method="solve", columns=COLUMNS, progress=False).frame()
    assert rows(frame).equals(expected(grid))
    assert frame["verifier.false_positive_rate"].dtype == pl.Float64
    assert frame["policies.0.fallback"].unique().to_list() == ["abstain"]
    for i, row in enumerate(frame.unique("point", keep="first", maintain_order=True).iter_rows(named=True)):
        values = grid.values(i)
        for path in ("verifier.false_positive_rate", "utility.wrong_cost"):
            assert row[path] == values[path]
        assert row["tasks"] == str(values["tasks"])


@pytest.mark.parametrize("random", ["common", "independent"])
def test_a_simulated_sweep_is_simulate_at_every_point(random):
    grid = ll.Grid(scenario(), SEVERAL)
    frame = ll.sweep(grid, trials=300, seed=11, replicate=3, random=random, columns=COLUMNS, progress=False).frame()

    def run(point, i, columns):
        replicate = 3 + (i << 24 if random == "independent" else 0)
        return ll.simulate(point, trials=300, seed=11, replicate=replicate, columns=columns)

    assert rows(frame).equals(expected(grid, run=run))
    assert frame["trials"].unique().to_list() == [300]


def test_points_that_share_the_tables_of_drawn_rates_are_simulate_at_every_point():
    tasks = [
        ll.Tasks.counts(attempts=[10, 10, 10], correct=[1, 5, 0], posterior=True, prior="jeffreys"),
        ll.Tasks.beta(0.3, 1.0, count=4),
    ]
    axes = {"utility.wrong_cost": [1.0, 4.0], "tasks": tasks, "verifier.false_positive_rate": [0.0, 0.1]}
    grid = ll.Grid(scenario(), axes)
    frame = ll.sweep(grid, trials=2000, seed=12, columns=COLUMNS, threads=1, progress=False).frame()

    def run(point, _, columns):
        return ll.simulate(point, trials=2000, seed=12, columns=columns)

    assert rows(frame).equals(expected(grid, run=run))


def test_common_random_numbers_are_common_and_independent_ones_are_not():
    grid = ll.Grid(scenario(), {"utility.wrong_cost": [1.0, 2.0, 3.0]})
    kept = {}
    for random in ("common", "independent"):
        frame = ll.sweep(grid, trials=200, seed=1, random=random, columns=["accuracy"], progress=False).frame()
        kept[random] = frame.filter(pl.col("max_attempts") == 10)["accuracy"].n_unique()
    # The cost of a wrong answer changes no draw (and with g = 0 the last rejected answer is never correct).
    assert kept == {"common": 1, "independent": 3}


def test_quantiles_come_on_request():
    columns = ["accuracy_q05", "utility_q95", "wrong_q50"]
    grid = ll.Grid(scenario(), {"verifier.false_positive_rate": [0.0, 0.3]})
    exact = ll.sweep(grid, method="solve", columns=columns, progress=False).frame()
    assert rows(exact, columns).equals(expected(grid, columns=columns))
    assert exact.select(columns).null_count().sum_horizontal().item() == 0
    simulated = ll.sweep(grid, trials=500, seed=2, columns=columns, progress=False).frame()

    def run(point, _, columns):
        return ll.simulate(point, trials=500, seed=2, columns=columns)

    want = expected(grid, columns=columns, run=run)
    assert rows(simulated, columns).equals(want)


@settings(max_examples=30)
@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    zipped=st.booleans(),
    first=st.integers(0, 10),
    size=st.integers(1, 7),
)
def test_shards_and_windows_cut_the_same_frame(lengths, zipped, first, size):
    paths = [
        "verifier.false_positive_rate",
        "verifier.false_negative_rate",
        "utility.wrong_cost",
        "utility.attempt_cost",
    ]
    axes = {path: [0.1 * i for i in range(n)] for path, n in zip(paths, lengths, strict=False)}
    groups = []
    if zipped and len(lengths) > 1:
        axes[paths[len(lengths) - 1]] = [0.2 * i for i in range(lengths[0])]
        groups = [(paths[0], paths[len(lengths) - 1])]
    grid = ll.Grid(scenario(), axes, zip=groups)
    plan = Plan(grid, method="solve", columns=["accuracy", "utility"])
    whole = run_shard(plan, Shard(0, len(grid)))
    assert rows(whole, ["accuracy", "utility"]).equals(expected(grid, columns=["accuracy", "utility"]))
    shard = Shard(first % len(grid), min(first % len(grid) + size, len(grid)))
    part = run_shard(plan.window(shard), shard)
    assert part.equals(whole.filter(pl.col("point").is_between(shard.first, shard.last - 1)))


def test_a_window_of_a_window_of_independent_points_draws_the_same():
    grid = ll.Grid(scenario(), {"verifier.false_positive_rate": [0.1] * 20, "utility.wrong_cost": [1.0, 2.0]})
    plan = Plan(grid, trials=100, seed=4, random="independent", columns=["accuracy"])
    whole = run_shard(plan, Shard(0, 40))
    small = plan.window(Shard(11, 31)).window(Shard(15, 18))
    assert len(small.grid) == 4
    assert run_shard(small, Shard(15, 18)).equals(whole.filter(pl.col("point").is_between(15, 17)))


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_change_no_bit(threads):
    grid = ll.Grid(scenario(), {"verifier.false_positive_rate": np.linspace(0, 1, 61)})
    plan = Plan(grid, trials=700, seed=5, columns=COLUMNS)
    for shard in (Shard(0, 61), Shard(3, 6)):  # across points, inside points
        assert run_shard(plan, shard, threads=threads).equals(run_shard(plan, shard, threads=3))


def test_a_bad_point_is_a_row_with_its_error_and_the_rest_goes_on():
    axes = {"verifier.false_positive_rate": [0.0, 1.5, 0.2], "tasks.success": [[0.1, 0.2], [0.5]]}
    made = scenario(
        verifier=ll.Verifier.rates(false_negative_rate=[0.1, 0.2]), tasks=ll.Tasks.fixed(success=[0.1, 0.2])
    )
    grid = ll.Grid(made, axes)
    done = ll.sweep(grid, method="solve", columns=["accuracy"], progress=False)
    frame, report = done.frame(), done.report()
    bad = frame.filter(pl.col("error").is_not_null())
    # One rate is out of range; where there is one task, two rates do not fit.
    assert bad["point"].to_list() == [1, 2, 3, 5]
    assert bad["accuracy"].null_count() == bad["policy"].null_count() == 4
    assert "false_positive_rate must be in [0, 1], got 1.5" in bad["error"][1]
    assert "false_negative_rate must be as long as tasks (1)" in bad["error"][0]
    assert (report.failed, report.done, report.ok) == (4, 6, False)
    assert "point 2: false_positive_rate must be in [0, 1], got 1.5" in str(report)
    assert frame.filter(pl.col("error").is_null())["accuracy"].null_count() == 0
    with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
        grid.point(2)


def test_a_point_without_a_closed_form_says_so():
    tasks = ll.Tasks.counts(attempts=[10, 10], correct=[1, 2], posterior=True, prior="jeffreys")
    spread = ll.Verifier.rates(false_positive_rate=0.1, icc=0.1)
    grid = ll.Grid(scenario(tasks=tasks, verifier=spread), {"verifier.correlation": [0.0, 0.5]})
    frame = ll.sweep(grid, method="solve", columns=["accuracy"], progress=False).frame()
    assert frame.filter(pl.col("error").is_not_null())["point"].to_list() == [1]
    assert "no closed form" in frame["error"].drop_nulls()[0]


def test_swept_policies_and_verifiers_are_named_in_the_rows():
    policies = [[ll.FirstAccepted()], [ll.FirstAccepted(fallback="last"), ll.FirstAccepted()]]
    grid = ll.Grid(scenario(), {"policies": policies, "verifier": [ll.Verifier.perfect(), ll.Verifier.rates()]})
    frame = ll.sweep(grid, method="solve", columns=["accuracy"], progress=False).frame()
    assert rows(frame, ["accuracy"]).equals(expected(grid, columns=["accuracy"]))
    # Equal texts would hide that two values were given.
    assert frame["verifier"].n_unique() == 2


@pytest.mark.parametrize(
    ("axes", "zipped", "error", "message"),
    [
        ({"verifier.fpr": [0.1]}, (), ValueError, r"axes\['verifier.fpr'\] must lead to a setting: RatesVerifier has"),
        ({"verifier.false_positive_rate": []}, (), ValueError, "must have at least one value"),
        ({"verifier.false_positive_rate": 0.1}, (), TypeError, "must be a sequence of values"),
        ({"verifier.false_positive_rate": [0.1, "x"]}, (), TypeError, r"false_positive_rate\[1\] must be"),
        ({"policies.2.fallback": ["last"]}, (), ValueError, "must name one of 2 items"),
        ({"tasks.success.0": [0.1]}, (), TypeError, "must lead to a setting"),
        ({"verifier": [ll.Verifier.perfect()], "verifier.false_positive_rate": [0.1]}, (), ValueError, "overlap"),
        ({"verifier.false_positive_rate": [0.1]}, [("a",)], ValueError, "zip must name axes"),
        (
            {"verifier.false_positive_rate": [0.1], "utility.wrong_cost": [1.0, 2.0]},
            [("verifier.false_positive_rate", "utility.wrong_cost")],
            ValueError,
            "zip must group axes of one length",
        ),
    ],
)
def test_a_grid_names_what_is_wrong(axes, zipped, error, message):
    with pytest.raises(error, match=message):
        ll.Grid(scenario(), axes, zip=zipped)


def test_a_path_through_nothing_says_what_is_missing():
    with pytest.raises(ValueError, match="got utility, which is None"):
        ll.Grid(scenario(utility=None), {"utility.wrong_cost": [1.0]})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "solve", "trials": 10}, "trials must be left out"),
        ({"trials": 10}, "trials and seed must be given"),
        ({"trials": 10, "seed": 1, "columns": ["acuracy"]}, "columns must name some of"),
        ({"trials": 10, "seed": 1, "random": "shared"}, "random must be 'common' or 'independent', got 'shared'"),
        ({"trials": 10, "seed": 1, "target_se": {"precision": 0.1}}, "target_se must name some of"),
        ({"trials": 10, "seed": 1, "target_se": 0.0}, "target_se must be positive for accuracy, got 0.0"),
        ({"trials": 10, "seed": 1, "target_se": 0.1, "max_trials": 5}, r"max_trials must be in \[10"),
        ({"trials": 10, "seed": 1, "replicate": 1, "columns": ["accuracy_q05"]}, "replicate must be 0"),
    ],
)
def test_a_plan_names_what_is_wrong(settings, message):
    grid = ll.Grid(scenario(), {"verifier.false_positive_rate": [0.1]})
    with pytest.raises(ValueError, match=message):
        ll.sweep(grid, progress=False, **settings)


def test_the_identity_is_that_of_the_data_and_its_steps_are_public():
    def plan(values=(0, 0.5), **changes):
        grid = ll.Grid(scenario(), {"verifier.false_positive_rate": values})
        return Plan(grid, **({"trials": 10, "seed": 1, "columns": ["accuracy"]} | changes))

    same = plan()
    assert plan([0.0, 0.5]).id == same.id == plan(trials=20).id == plan(replicate=2).id
    others = [plan([0, 0.4]), plan(seed=2), plan(columns=["wrong"]), plan(random="independent"), plan(target_se=0.1)]
    assert len({p.id for p in others} | {same.id}) == 6
    data = json.loads(json.dumps(same.identity()))
    assert data["axes"] == [["verifier.false_positive_rate", [0.0, 0.5]]]
    assert data["stream"] == "philox4x64-v1"


def test_grids_of_the_same_points_are_equal():
    def made(rates=(0.0, 0.1), misses=(0.0, 0.2), zipped=(), success=0.1):
        scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[success, 0.4]), max_attempts=[1, 10])
        axes = {"verifier.false_positive_rate": rates, "verifier.false_negative_rate": misses}
        return ll.Grid(scenario, axes, zip=zipped)

    grid = made()
    for same in (made(), made(rates=np.array([0, 0.1])), pickle.loads(pickle.dumps(grid))):
        assert same == grid
        assert hash(same) == hash(grid)
    together = ["verifier.false_positive_rate", "verifier.false_negative_rate"]
    others = [made(rates=(0.0, 0.2)), made(misses=(0.0,)), made(zipped=[together]), made(success=0.2)]
    for other in (*others, grid.shard(0, of=2), 5):
        assert other != grid
    assert grid.shard(0, of=2) == made().shard(0, of=2)


def test_parts_of_a_grid_are_the_whole():
    grid = ll.Grid(scenario(), {"utility.wrong_cost": np.arange(1000.0), "verifier.false_positive_rate": [0.1, 0.2]})
    plan = Plan(grid, method="solve")
    whole = list(plan.shards())
    assert len(whole) >= 16
    assert sum(map(len, whole)) == 2000
    parts = [list(Plan(grid.shard(i, of=5), method="solve").shards()) for i in range(5)]
    assert sorted(shard for part in parts for shard in part) == whole
    with pytest.raises(ValueError, match=r"i must be in \[0, 4\], got 5"):
        grid.shard(5, of=5)
