"""Sweeps side by side with vectorised NumPy per point: points per second, threads, memory, a large store."""

import resource
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw.sweeps.plan import Plan, Shard
from limitlaw.sweeps.shard_file import entry_of, write_shards
from limitlaw.sweeps.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "reference"))
import exhaustion_numpy

COLUMNS = ["accuracy", "accepted", "precision", "utility"]


def clock(function):
    """Seconds of a call, and what it returned."""
    seconds, _, result = clocks(function)
    return seconds, result


def clocks(function):
    """Seconds of a call, seconds of the processor (all threads), and what it returned."""
    started = time.perf_counter(), time.process_time()
    result = function()
    return time.perf_counter() - started[0], time.process_time() - started[1], result


def summary(values, digits=0):
    """The median of the rounds, with the lowest and the highest."""
    return f"{np.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


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
    tasks, k = made.tasks, np.asarray(made.max_attempts)
    random = np.random.default_rng(7)
    for point in points:
        if hasattr(tasks, "correct"):
            p = random.beta(tasks.correct + 0.5, tasks.attempts - tasks.correct + 0.5, size=(trials, len(tasks)))
        else:
            p = tasks.success
        a = p + (1 - p) * point.get("verifier.false_positive_rate", 0.0)
        first = random.geometric(np.maximum(a, 1e-300), size=(trials, len(tasks)))
        right = random.random((trials, len(tasks))) * a < p
        accepted = first[:, :, None] <= k
        accuracy = (accepted & right[:, :, None]).mean((0, 1))
        accepted = accepted.mean((0, 1))
        yield accuracy, accepted, accuracy / accepted, accuracy - point["utility.wrong_cost"] * (accepted - accuracy)


def exhaust_in_numpy(points, trials):
    """The seven quantiles of every output, of one vectorised run of the reference model per point."""
    for point in points:
        inputs = exhaustion_numpy.draw(trials, 7, **{name: one.value for name, one in point.items()})
        _, exhausted = exhaustion_numpy.run(inputs, threads=1, solver=exhaustion_numpy.newton)
        yield [exhaustion_numpy.quantile(years, p) for years in exhausted for p in exhaustion_numpy.QUANTILES]


def sweep_rate(swept, threads, **settings):
    """Points per second of a sweep into a fresh store, by the clock and by the processor's."""
    with tempfile.TemporaryDirectory() as folder:
        *seconds, done = clocks(lambda: ll.sweep(swept, store=folder, threads=threads, progress=False, **settings))
    assert done.report().ok
    return [len(swept) / spent for spent in seconds]


def compare(title, swept, rounds, peer=None, sample=0, **settings):
    """Points per second with one thread and two, beside the peer's on a sample of the points, round by round."""
    print(f"\n{title}: {len(swept):,} points")
    chosen = [swept.values(int(i)) for i in np.linspace(0, len(swept) - 1, sample)]
    found, memory = [], [peak()]
    for _ in range(rounds):
        one, spent = sweep_rate(swept, 1, **settings)
        memory.append(peak())
        two, _ = sweep_rate(swept, 2, **settings)
        theirs = [np.nan] * 2
        if peer is not None:
            *seconds, _ = clocks(lambda: list(peer(chosen)))
            theirs = [sample / took for took in seconds]
        found.append([one, two, theirs[0], spent, theirs[1]])
    one, two, theirs, spent, theirs_spent = np.transpose(found)
    print(f"  1 thread   {summary(one)} points/s")
    print(f"  2 threads  {summary(two)} points/s, {summary(two / one, 2)} times one thread")
    if peer is not None:
        print(f"  NumPy      {summary(theirs)} points/s")
        print(f"  ratio      {summary(one / theirs, 2)} with one thread")
        print(f"             {summary(two / theirs, 2)} with two")
        print(
            f"  processor  {summary(1e6 / spent, 1)} us a point with one thread, NumPy {summary(1e6 / theirs_spent, 1)}"
        )
        print(f"             {summary(spent / theirs_spent, 2)} times as fast")
    print(f"  memory     {memory[0]:.0f} MB before, {memory[1]:.0f} MB after one sweep, {peak():.0f} MB after all")


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
        seconds, _ = clock(
            lambda: write_shards(Path(folder) / "again", plan, [(entry_of(Shard(0, plan.size), frame), frame)])
        )
        print(f"  write alone         {seconds * files:6.2f} s")
        seconds, _ = clock(lambda: store.scan().select(pl.col("utility").max()).collect())
        print(f"  scan one column     {seconds:6.2f} s")
        seconds, _ = clock(lambda: store.scan().collect())
        print(f"  scan everything     {seconds:6.2f} s")
        seconds, report = clock(
            lambda: ll.sweep(plan.grid, method="solve", columns=COLUMNS, store=folder, progress=False).report()
        )
        print(f"  resume, all skipped {seconds:6.2f} s  ({report.skipped:,} points)")


def overhead(points, rounds):
    """What a point costs besides its formulas: three tasks, three columns, solved by one thread."""
    swept = grid(scenario(3, [10]), points)
    wall, cpu = [], []
    for _ in range(rounds):
        started = time.process_time()
        seconds, _ = clock(lambda: ll.sweep(swept, method="solve", columns=COLUMNS[:3], threads=1, progress=False))
        wall.append(seconds / len(swept) * 1e6)
        cpu.append((time.process_time() - started) / len(swept) * 1e6)
    print(f"Overhead per solved point, {len(swept):,} points of 3 tasks and 3 columns, one thread (target: under 5 us)")
    print(f"  wall       {summary(wall, 2)} us")
    print(f"  CPU        {summary(cpu, 2)} us")


@click.command()
@click.option("--scale", type=float, default=1.0, show_default=True, help="Share of the points to run.")
@click.option("--rounds", type=int, default=3, show_default=True, help="Rounds of each comparison.")
def main(scale, rounds):
    """Print the comparison, medians with lowest and highest; nothing is asserted about time."""
    overhead(int(1e6 * scale), rounds)
    made = scenario(164, [1, 3, 10, 30, 100])
    compare(
        "164 tasks, 5 attempts, 4 columns, solved",
        grid(made, int(1e6 * scale)),
        rounds,
        lambda points: solve_in_numpy(made, points),
        2000,
        method="solve",
        columns=COLUMNS,
    )
    few = scenario(10, [1, 3, 10, 30, 100])
    compare(
        "10 tasks, 5 attempts, 4 columns, 1,000 trials, simulated",
        grid(few, int(1e5 * scale)),
        rounds,
        lambda points: simulate_in_numpy(few, points, 1000),
        500,
        trials=1000,
        seed=7,
        columns=COLUMNS,
    )
    attempts = np.full(164, 20)
    observed = made.replace(
        tasks=ll.Tasks.counts(
            attempts=attempts,
            correct=np.random.default_rng(2).binomial(attempts, made.tasks.success),
            posterior=True,
            prior="jeffreys",
        )
    )
    compare(
        "164 posterior tasks, 5 attempts, 4 columns, 2,000 trials, simulated over costs of an error",
        ll.Grid(observed, {"utility.wrong_cost": np.linspace(0, 4, int(2000 * scale) + 1)}),
        rounds,
        lambda points: simulate_in_numpy(observed, points, 2000),
        20,
        trials=2000,
        seed=7,
        columns=COLUMNS,
    )
    axes = {"data_share": np.linspace(0.1, 0.9, int(2000 * scale) + 1), "overtraining": [1.0, 3.0]}
    compare(
        "Exhaustion, 30 years, 1,000 trials",
        ll.Grid(ll.ExhaustionScenario.preset("default"), axes),
        rounds,
        lambda points: exhaust_in_numpy(points, 1000),
        50,
        trials=1000,
        seed=7,
    )
    large_store(int(1e7 * scale))


if __name__ == "__main__":
    main()
