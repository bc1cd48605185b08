"""Sweeps side by side with vectorised NumPy per point: points per second, threads, memory, a large store."""

import resource
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw.sweep.plan import Plan, Shard
from limitlaw.sweep.shard_file import write_shard
from limitlaw.sweep.store import Store

COLUMNS = ["accuracy", "accepted", "precision", "utility"]


def clock(function):
    """Seconds of a call, and what it returned."""
    started = time.perf_counter()
    result = function()
    return time.perf_counter() - started, result


def peak():
    """The most memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def scenario(tasks, attempts):
    success = np.random.default_rng(1).beta(0.3, 1.0, tasks)
    return ll.SamplingScenario(
        tasks=ll.Tasks.fixed(success=success), verifier=ll.Verifier.rates(), max_attempts=attempts, utility=ll.Utility()
    )


def grid(made, points):
    side = int(np.sqrt(points))
    costs, rates = np.linspace(0, 4, side), np.linspace(0, 0.3, points // side)
    return ll.Grid(made, {"utility.wrong_cost": costs, "verifier.false_positive_rate": rates})


def solve_in_numpy(made, points):
    """The same columns with one vectorised pass over tasks and attempts per point."""
    p, k = made.tasks.success[:, None], np.asarray(made.max_attempts, dtype=float)
    for point in points:
        f, cost = point["verifier.false_positive_rate"], point["utility.wrong_cost"]
        a = p + (1 - p) * f
        accepted = -np.expm1(k * np.log1p(-a))
        accuracy = np.divide(p, a, out=np.zeros_like(a), where=a > 0) * accepted
        means = accuracy.mean(0), accepted.mean(0)
        yield means[0], means[1], means[0] / means[1], (accuracy - cost * (accepted - accuracy)).mean(0)


def simulate_in_numpy(made, points, trials):
    """The same estimates with one vectorised draw of all trials, tasks and waiting times per point."""
    p, k = made.tasks.success, np.asarray(made.max_attempts)
    random = np.random.default_rng(7)
    for point in points:
        a = p + (1 - p) * point["verifier.false_positive_rate"]
        first = random.geometric(np.maximum(a, 1e-300), size=(trials, len(p)))
        right = random.random((trials, len(p))) * a < p
        accepted = first[:, :, None] <= k
        accuracy = (accepted & right[:, :, None]).mean((0, 1))
        accepted = accepted.mean((0, 1))
        yield accuracy, accepted, accuracy / accepted, accuracy - point["utility.wrong_cost"] * (accepted - accuracy)


def compare(title, made, points, sample, peer, **settings):
    """Points per second with one thread and two, beside the peer's on a sample of the points."""
    print(f"\n{title}")
    swept = grid(made, points)
    for threads in (1, 2):
        before = peak()
        with tempfile.TemporaryDirectory() as folder:
            seconds, done = clock(
                lambda t=threads, f=folder: ll.sweep(
                    swept, store=f, threads=t, progress=False, columns=COLUMNS, **settings
                ).report()
            )
        assert done.ok
        rate = done.done / seconds
        print(f"  {threads} threads  {rate:>12,.0f} points/s  {seconds:6.1f} s  memory {before:.0f} -> {peak():.0f} MB")
    chosen = [swept.values(int(i)) for i in np.linspace(0, len(swept) - 1, sample)]
    seconds, _ = clock(lambda: list(peer(chosen)))
    print(f"  NumPy      {sample / seconds:>12,.0f} points/s  (ratio {rate * seconds / sample:.1f})")


def large_store(rows):
    """Writing, scanning and resuming a store of many rows."""
    print(f"\nA store of {rows:,} rows")
    made = scenario(3, list(range(1, 11)))
    plan = Plan(grid(made, rows // 10), method="solve", columns=COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        seconds, _ = clock(lambda: ll.sweep(plan.grid, method="solve", columns=COLUMNS, store=folder, progress=False))
        files = len(store.done())
        print(f"  compute and write   {seconds:6.2f} s  ({files} shards)")
        frame = pl.read_parquet(next(Path(folder).rglob("*.parquet")))
        seconds, _ = clock(lambda: write_shard(Path(folder) / "again", plan, Shard(0, plan.size), frame))
        print(f"  write alone         {seconds * files:6.2f} s")
        seconds, _ = clock(lambda: store.scan().select(pl.col("utility").max()).collect())
        print(f"  scan one column     {seconds:6.2f} s")
        seconds, _ = clock(lambda: store.scan().collect())
        print(f"  scan everything     {seconds:6.2f} s")
        seconds, report = clock(
            lambda: ll.sweep(plan.grid, method="solve", columns=COLUMNS, store=folder, progress=False).report()
        )
        print(f"  resume, all skipped {seconds:6.2f} s  ({report.skipped:,} points)")


@click.command()
@click.option("--scale", type=float, default=1.0, show_default=True, help="Share of the points to run.")
def main(scale):
    """Print the comparison; nothing is asserted about time."""
    small = scenario(3, [10])
    three = COLUMNS[:3]
    swept = grid(small, int(1e6 * scale))
    seconds, _ = clock(lambda: ll.sweep(swept, method="solve", columns=three, threads=1, progress=False))
    print(f"Overhead: {seconds / len(swept) * 1e6:.2f} us per solved point of 3 tasks, three columns, one thread")
    made = scenario(164, [1, 3, 10, 30, 100])
    compare(
        "164 tasks, 5 attempts, 4 columns, solved",
        made,
        int(1e6 * scale),
        2000,
        lambda p: solve_in_numpy(made, p),
        method="solve",
    )
    few = scenario(10, [1, 3, 10, 30, 100])
    compare(
        "10 tasks, 1,000 trials, simulated",
        few,
        int(1e5 * scale),
        500,
        lambda p: simulate_in_numpy(few, p, 1000),
        trials=1000,
        seed=7,
    )
    large_store(int(1e7 * scale))


if __name__ == "__main__":
    main()
