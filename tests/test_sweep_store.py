"""Stores: resuming, merging replicates, joining parts, and every kind of damage."""

import json
import shutil
import subprocess

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw.sweep.plan import Plan
from limitlaw.sweep.shard_file import content_digest
from sweep_cases import SETTINGS, grid, run_here, undisturbed


def shards(folder):
    return sorted((folder / "shards").rglob("*.parquet"))


def run(folder, points=2048, **changes):
    return ll.sweep(grid(points, bad=changes.pop("bad", False)), store=folder, progress=False, **SETTINGS | changes)


def test_a_store_holds_the_frame_and_resuming_skips_it(tmp_path):
    first = run(tmp_path / "s")
    assert content_digest(first.frame()) == undisturbed()
    assert len(shards(tmp_path / "s")) == 32
    times = {path: path.stat().st_mtime_ns for path in shards(tmp_path / "s")}
    again = run(tmp_path / "s")
    assert (again.report().done, again.report().skipped) == (0, 2048)
    assert {path: path.stat().st_mtime_ns for path in shards(tmp_path / "s")} == times
    for path in shards(tmp_path / "s")[::3]:
        path.unlink()
    store = ll.Store(tmp_path / "s")
    assert len(store.missing()) == 11
    assert len(store.missing(grid().shard(0, of=2))) + len(store.missing(grid().shard(1, of=2))) == 11
    third = run(tmp_path / "s")
    assert (third.report().done, third.report().skipped) == (11 * 64, 21 * 64)
    assert content_digest(third.frame()) == undisturbed()
    assert store.verify() == []


def test_a_resumed_sweep_still_reports_what_failed(tmp_path):
    run(tmp_path, 256, bad=True)
    report = run(tmp_path, 256, bad=True).report()
    assert (report.skipped, report.failed, report.ok) == (256, 128, False)
    assert "got 1.5" in report.errors[0][1]


@pytest.mark.parametrize(
    ("changes", "differing"),
    [({"seed": 8}, "seed, key"), ({"columns": ["accuracy"]}, "columns"), ({"random": "independent"}, "random")],
)
def test_another_sweep_is_refused(tmp_path, changes, differing):
    run(tmp_path, 128)
    with pytest.raises(ValueError, match=f"store must hold the sweep .* differ in {differing};"):
        run(tmp_path, 128, **changes)
    with pytest.raises(ValueError, match="differ in axes"):
        run(tmp_path, 130)


def test_another_stream_version_is_refused(tmp_path, monkeypatch):
    run(tmp_path, 128)
    monkeypatch.setattr("limitlaw._core.STREAM_VERSION", "another")
    with pytest.raises(ValueError, match="differ in stream"):
        run(tmp_path, 128)


def test_a_folder_that_is_no_store_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"store must be a store .* without manifest\.json"):
        ll.Store(tmp_path).scan()


def test_replicates_add_up(tmp_path):
    for replicate, trials in enumerate([2000, 1000, 3000]):
        run(tmp_path, 256, replicate=replicate, trials=trials)
    store = ll.Store(tmp_path)
    merged = store.scan().collect()
    assert merged["trials"].unique().to_list() == [6000]
    plan = Plan(grid(256), **SETTINGS)
    for point in (0, 131, 255):
        tallies = [
            ll.simulate(plan.grid.point(point), trials=trials, seed=7, replicate=r, tallies=True)
            for r, trials in enumerate([2000, 1000, 3000])
        ]
        want = ll.merge(tallies)
        got = merged.filter(pl.col("point") == point)
        for name in ("accuracy", "precision", "returned"):
            np.testing.assert_allclose(got[name].to_numpy(), want[name].to_numpy(), rtol=1e-13)
        # The errors add variances that each replicate estimated, instead of estimating them once from all trials.
        for name in ("accuracy_se", "precision_se"):
            np.testing.assert_allclose(got[name].to_numpy(), want[name].to_numpy(), rtol=0.02)
    with pytest.raises(ValueError, match=r"trials must be 1000 as in the store's replicate 1, got 500"):
        run(tmp_path, 256, replicate=1, trials=500)
    shards(tmp_path)[0].unlink()
    with pytest.raises(ValueError, match="replicates must cover the same shards"):
        store.scan()


def test_parts_combine_to_the_whole(tmp_path):
    for i in range(3):
        ll.sweep(grid().shard(i, of=3), store=tmp_path / str(i), progress=False, **SETTINGS)
    whole = ll.Store(tmp_path / "whole")
    came = [whole.combine(tmp_path / str(i)) for i in range(3)]
    assert sum(came) == 32
    assert min(came) >= 10
    assert whole.combine(tmp_path / "1") == 0
    assert whole.missing() == []
    assert content_digest(whole.scan().collect()) == undisturbed()
    run(tmp_path / "other", 128)
    with pytest.raises(ValueError, match="other must hold the sweep"):
        whole.combine(tmp_path / "other")


def damage_truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def damage_empty(path):
    path.write_bytes(b"")


def damage_flip(path):
    data = bytearray(path.read_bytes())
    frame = pl.read_parquet(path)
    metadata = pl.read_parquet_metadata(path)
    frame[5, "accuracy"] = 0.123
    frame.write_parquet(path, metadata={"limitlaw": metadata["limitlaw"]})
    assert bytes(data) != path.read_bytes()


def damage_swap(path):
    shutil.copy(shards(path.parents[2])[-1], path)


def damage_foreign(path):
    pl.DataFrame({"x": [1]}).write_parquet(path)


@pytest.mark.parametrize("damage", [damage_truncate, damage_empty, damage_flip, damage_swap, damage_foreign])
def test_damage_is_found_named_and_repaired(tmp_path, damage):
    run(tmp_path, 512)
    bad = shards(tmp_path)[2]
    damage(bad)
    store = ll.Store(tmp_path)
    problems = store.verify()
    assert len(problems) == 1
    assert str(bad) in problems[0]
    if damage in (damage_truncate, damage_empty):
        with pytest.raises(
            ll.StoreError, match=r"store has 1 damaged shards: .*verify\(repair=True\) computes them again"
        ):
            run(tmp_path, 512)
    assert "computed again" in store.verify(repair=True)[0]
    assert store.verify() == []
    assert content_digest(store.scan().collect()) == undisturbed(512)


def test_a_foreign_file_is_named_and_left_alone(tmp_path):
    run(tmp_path, 512)
    foreign = [tmp_path / "shards" / "00" / "notes.txt", tmp_path / "shards" / "00" / "x.parquet"]
    for path in foreign:
        path.write_text("mine", encoding="utf-8")
    store = ll.Store(tmp_path)
    assert [line.split(":")[0] for line in store.verify(repair=True)] == sorted(map(str, foreign))
    assert all(path.read_text(encoding="utf-8") == "mine" for path in foreign)
    assert content_digest(store.scan().collect()) == undisturbed(512)


def test_the_footer_says_what_a_shard_is(tmp_path):
    run(tmp_path, 128)
    footer = json.loads(pl.read_parquet_metadata(shards(tmp_path)[0])["limitlaw"])
    assert footer["id"] == Plan(grid(128), **SETTINGS).id
    assert (footer["first"], footer["last"], footer["rows"]) == (0, 64, 128)


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
try:
    ll.sweep(case.grid(), store=sys.argv[1], progress=False, executor=eval(sys.argv[2]), **case.SETTINGS)
except ll.StoreError as error:
    print('refused:', error)
"""


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.mark.parametrize("executor", ["None", "'processes'"])
def test_a_limit_on_file_sizes_is_one_clear_error(tmp_path, executor):
    out = finish(run_here(LIMITED, tmp_path / "s", executor, folder=tmp_path))
    assert out.startswith("refused: store cannot be written: File too large")
    assert out.count("\n") == 1
    assert [p for p in (tmp_path / "s").rglob("*") if p.is_file() and p.name.startswith(".")] == []
    done = run(tmp_path / "s")
    assert content_digest(done.frame()) == undisturbed()


FULL = """
import subprocess
folder = sys.argv[1]
os.makedirs(folder)
subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=120k', 'tmpfs', folder], check=True)
try:
    ll.sweep(case.grid(), store=folder, progress=False, **case.SETTINGS)
except ll.StoreError as error:
    print('full:', error)
print(any(name.startswith('.') for _, _, names in os.walk(folder) for name in names), len(ll.Store(folder).done()))
subprocess.run(['mount', '-o', 'remount,ro', folder], check=True)
try:
    ll.sweep(case.grid(), store=folder, progress=False, **case.SETTINGS)
except ll.StoreError as error:
    print('read-only:', error)
subprocess.run(['mount', '-o', 'remount,rw,size=20m', folder], check=True)
done = ll.sweep(case.grid(), store=folder, progress=False, **case.SETTINGS)
print(done.report().skipped // 64, case.content_digest(done.frame()))
"""


MOUNT = ("unshare", "--map-root-user", "--mount")


@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run([*MOUNT, "true"], check=False, capture_output=True).returncode != 0,
    reason="this machine lets nobody mount a file system of their own; a limit on file sizes is tested above",
)
def test_a_full_disk_and_a_read_only_mount_are_one_clear_error_and_leave_no_half_file(tmp_path):
    out = finish(run_here(FULL, tmp_path / "s", prefix=MOUNT, folder=tmp_path))
    full, rest, read_only, resumed = out.splitlines()
    assert full.startswith("full: store cannot be written: No space left on device")
    half, kept = rest.split()
    assert half == "False"
    assert int(kept) > 0
    assert read_only.startswith("read-only: store cannot be written: Read-only file system")
    assert resumed.split() == [kept, undisturbed()]
