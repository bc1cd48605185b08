"""Stores: resuming, merging replicates, joining parts, and every kind of damage."""

import contextlib
import io
import json
import shutil
import subprocess
import threading

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw import _core
from limitlaw.sweeps import listing
from limitlaw.sweeps.plan import Plan
from limitlaw.sweeps.shard_file import content_digest
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


def test_what_a_correct_answer_takes_adds_up_over_replicates(tmp_path):
    columns = ["tokens_per_correct", "accuracy", "tokens"]
    scenario = ll.SamplingScenario(
        tasks=ll.Tasks.fixed([0.02]), max_attempts=[1], cost=ll.Cost(prompt_tokens=10, output_tokens=5)
    )
    swept = ll.Grid(scenario, {"max_attempts": [[1], [3]]})
    for replicate in range(4):  # as few trials as leave their accuracies apart
        ll.sweep(swept, trials=200, seed=1, columns=columns, replicate=replicate, store=tmp_path, progress=False)
    merged = ll.Store(tmp_path).scan().collect()
    ratio = merged["tokens"] / merged["accuracy"]
    np.testing.assert_allclose(merged["tokens_per_correct"].to_numpy(), ratio.to_numpy(), rtol=1e-13)


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


def damage_bit(path):
    """The first bit after a third of the file that changes a value, and is read without complaint."""
    whole, good = path.read_bytes(), pl.read_parquet(path)
    for at in range(len(whole) // 3, len(whole)):
        data = bytearray(whole)
        data[at] ^= 1
        with contextlib.suppress(pl.exceptions.PolarsError):
            if not pl.read_parquet(io.BytesIO(data)).equals(good):
                path.write_bytes(bytes(data))
                return
    raise AssertionError


DAMAGES = [damage_truncate, damage_empty, damage_flip, damage_swap, damage_foreign, damage_bit]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_named_and_repaired(tmp_path, damage):
    run(tmp_path, 512)
    bad = shards(tmp_path)[2]
    damage(bad)
    store = ll.Store(tmp_path)
    problems = store.verify()
    assert len(problems) == 1
    assert str(bad) in problems[0]
    readers = [
        lambda: run(tmp_path, 512).frame(),
        lambda: store.scan().collect(),
        lambda: store.scan().collect(engine="streaming"),
        lambda: store.collect(store.scan().group_by("policy").agg(pl.all().count())),
        lambda: store.point(int(bad.stem.split("-")[2])),
        lambda: ll.Store(tmp_path / "copy").combine(store),
        store.compact,
    ]
    for read in readers:
        with pytest.raises(ll.StoreError, match=rf"{bad.name} is .*verify\(repair=True\) computes it again") as caught:
            read()
        assert "\n" not in str(caught.value)
    assert "computed again" in store.verify(repair=True)[0]
    assert store.verify() == []
    assert content_digest(store.scan().collect()) == undisturbed(512)


def test_a_folder_in_place_of_a_shard_is_named_by_every_read(tmp_path):
    run(tmp_path, 512)
    bad = shards(tmp_path)[2]
    bad.unlink()
    bad.mkdir()
    store = ll.Store(tmp_path)
    with pytest.raises(ll.StoreError, match="is not readable as a shard"):
        store.scan().collect()
    assert [line.split(":")[0] for line in store.verify(repair=True)] == [str(bad)]
    assert "move it away" in store.verify()[0]
    bad.rmdir()
    assert content_digest(run(tmp_path, 512).frame()) == undisturbed(512)


def test_the_name_of_a_folder_is_no_pattern(tmp_path):
    for name, seed in {"s?": 7, "sx": 8, "s[x]": 7, "s*": 7}.items():
        done = run(tmp_path / name, 256, seed=seed)
        if seed == 7:
            assert content_digest(done.frame()) == undisturbed(256), name
            assert content_digest(ll.Store(tmp_path / name).scan().collect()) == undisturbed(256), name


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "{}", '{"id": 3}', "{" * 100_000, '{"id": "a", "identity": {}, "plan": {}, "made_by": {}}', "\x00"],
)
def test_a_damaged_manifest_is_one_error_and_is_written_anew(tmp_path, text):
    run(tmp_path, 256)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(text, encoding="utf-8")
    for read in (lambda: ll.Store(tmp_path).scan(), lambda: run(tmp_path, 256)):
        with pytest.raises(ll.StoreError, match=r"manifest\.json is not .*: move it away and run the same sweep again"):
            read()
    manifest.unlink()
    done = run(tmp_path, 256)
    assert done.report().skipped == 256
    assert content_digest(done.frame()) == undisturbed(256)


def test_a_manifest_of_a_wrong_plan_and_wrong_trials_are_one_error(tmp_path):
    run(tmp_path, 128)
    manifest = tmp_path / "manifest.json"
    held = json.loads(manifest.read_text(encoding="utf-8"))
    held["plan"]["grid"] = [1]
    manifest.write_text(json.dumps(held), encoding="utf-8")
    with pytest.raises(ll.StoreError, match="has no plan that can be read"):
        ll.Store(tmp_path).scan()
    manifest.unlink()
    (tmp_path / "replicates" / "0.json").write_text('{"trials": "many"}', encoding="utf-8")
    with pytest.raises(ll.StoreError, match="does not hold the trials"):
        run(tmp_path, 128)


@pytest.mark.parametrize("path", ["", "s3://bucket/x", "gs://bucket", "file:///tmp/x", "https://host/x"])
def test_what_is_no_folder_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^store must be a folder, got"):
        ll.sweep(grid(64), store=path, progress=False, **SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_the_frame_of_a_part_is_the_part(tmp_path):
    part = grid(512).shard(1, of=3)
    alone = ll.sweep(part, progress=False, **SETTINGS).frame()
    run(tmp_path, 512)
    stored = ll.sweep(part, store=tmp_path, progress=False, **SETTINGS)
    assert stored.frame().equals(alone)
    assert ll.Store(tmp_path).scan(part).collect().equals(alone)
    assert alone.height < stored.store.scan().collect().height


def test_a_frame_waits_for_files_that_are_seen_late(tmp_path, monkeypatch):
    """On a network file system a listing shows new files late; and a name that was asked for before, too."""
    done = run(tmp_path, 512)
    late = shards(tmp_path)[3]
    hidden = late.with_name("hidden")
    late.rename(hidden)
    threading.Timer(0.5, hidden.rename, (late,)).start()
    assert content_digest(done.frame()) == undisturbed(512)
    late.unlink()
    monkeypatch.setattr(listing, "LATE", 0.3)
    with pytest.raises(ll.StoreError, match=rf"got 1 of 8 missing after .*{late.name}"):
        done.frame()


def test_a_frame_needs_no_listing(tmp_path, monkeypatch):
    done = run(tmp_path, 512)
    monkeypatch.setattr(listing, "listed", lambda *_: iter(()))
    assert content_digest(done.frame()) == undisturbed(512)
    assert run(tmp_path, 512).report().skipped == 512


def test_files_are_joined_and_every_read_goes_on(tmp_path):
    run(tmp_path)
    store = ll.Store(tmp_path)
    one = store.point(1234)
    lost = shards(tmp_path)[5]
    lost.unlink()
    assert store.compact(rows=512) == 7 * 3  # 4 shards a file, 8 of them; the one with the gap stays as it is
    assert len(store.missing()) == 1
    assert run(tmp_path).report().done == 64
    assert store.compact() == 10
    assert len(shards(tmp_path)) == 1
    assert store.compact() == 0
    assert store.verify() == store.missing() == []
    assert store.point(1234).equals(one)
    assert content_digest(run(tmp_path).frame()) == undisturbed()
    assert content_digest(store.scan(grid().shard(1, of=3)).collect()) == content_digest(
        ll.sweep(grid().shard(1, of=3), progress=False, **SETTINGS).frame()
    )
    whole = ll.Store(tmp_path / "whole")
    assert whole.combine(store) == 32
    damage_flip(shards(tmp_path)[0])
    assert "computed again" in store.verify(repair=True)[0]
    assert content_digest(store.scan().collect()) == undisturbed()


def test_a_point_comes_from_its_file_alone(tmp_path):
    for replicate in (0, 1):
        run(tmp_path, 512, replicate=replicate)
    store = ll.Store(tmp_path)
    want = store.scan().filter(pl.col("point") == 300).collect()
    for path in shards(tmp_path):
        if "000000000256-000000000320" not in path.name:
            path.write_bytes(b"")
    assert store.point(300).equals(want)
    with pytest.raises(ValueError, match=r"point must be in \[0, 511\], got 512"):
        store.point(512)
    next(path for path in shards(tmp_path) if "-0-000000000000" in path.name).unlink()
    next(path for path in shards(tmp_path) if "-1-000000000000" in path.name).unlink()
    with pytest.raises(ValueError, match="point must be one that is computed, got 3"):
        store.point(3)


def test_queries_on_the_lazy_frame_are_those_on_the_frame(tmp_path):
    frame = run(tmp_path, 512).frame()
    rows = ll.Store(tmp_path).scan()
    assert rows.select(pl.len()).collect().item() == frame.height
    for engine in ("in-memory", "streaming"):
        for query in (
            lambda f: f.filter(pl.col("accuracy") > 0.5, pl.col("max_attempts") == 10).select("point", "precision"),
            lambda f: f.select("accuracy").sum(),
            lambda f: f.head(70).select("point"),
            lambda f: f.filter(pl.col("point") > 100).head(7),
            lambda f: f.slice(100, 50).select(pl.col("returned") * 2),
            lambda f: f.tail(3),
        ):
            assert query(rows).collect(engine=engine).equals(query(frame.lazy()).collect()), engine


def test_replicates_are_merged_file_by_file(tmp_path):
    for replicate in (0, 1):
        run(tmp_path, 512, replicate=replicate)
    rows = ll.Store(tmp_path).scan()
    for path in shards(tmp_path)[2:]:
        path.write_bytes(b"")
    assert rows.head(3).collect().height == 3


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
    entry = footer["shards"][0]
    assert (entry["first"], entry["last"], entry["rows"]) == (0, 64, 128)
    assert entry["made_by"] == {"limitlaw": ll.__version__, "stream": _core.STREAM_VERSION, "core": _core.CORE_DIGEST}


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
