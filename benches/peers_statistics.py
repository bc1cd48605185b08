"""Statistics beside scorio, truescore, evalstats, SABER and passk-inference: the tables of docs/comparison.md.

python benches/peers_statistics.py [--sets 300]
python benches/peers_statistics.py --records    # recorded attempts alone, beside a bootstrap in NumPy

The peers are installed from the package index into an environment of their own, which is deleted afterwards; one that
cannot be installed is left out and named. Data sets are drawn here, written to a file, and read by both sides.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import polars as pl

import limitlaw as ll

PEERS = {"scorio": "scorio", "truescore": "truescore", "evalstats": "evalstats", "saber": "saber-risk"}
PEERS |= {"passk_inference": "passk-inference"}
#: Rates of the tasks, and those of a second system.
SPREAD, EASY = (0.6, 1.4), (19.0, 1.0)
Rows = dict[str, list[tuple[float, float]]]

#: What the peers do with a data set: run in their environment, by `child`.
CHILD = """
import importlib, json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
data = dict(np.load(sys.argv[1]))
have = sys.argv[2].split(",")
found = {}

def add(table, name, low, high):
    found.setdefault(table, {}).setdefault(name, []).append([float(low), float(high)])

for table in ("one30x1", "one30x10", "easy30x1"):
    for correct in data[table]:
        if "scorio" in have:
            from scorio import eval as scored
            add(table, "scorio bayes_ci", *scored.bayes_ci(correct)[2:])
        if "evalstats" in have:
            import evalstats
            ci = evalstats.mean_ci(correct.mean(axis=1), n_bootstrap=1000, rng=0)
            add(table, "evalstats mean_ci", ci.ci_low, ci.ci_high)
        if "truescore" in have and correct.shape[1] == 1:
            import truescore
            ci = truescore.wilson_interval(int(correct.sum()), correct.size)
            add(table, "truescore wilson_interval", *(ci if isinstance(ci, tuple) else (ci.low, ci.high)))
for table in ("pair30x1", "pair100x5"):
    for a, b in data[table]:
        if "evalstats" in have:
            import evalstats
            scores = np.stack([a.mean(axis=1), b.mean(axis=1)])
            ci = evalstats.pairwise_differences(scores, 0, 1, n_bootstrap=1000, rng=np.random.default_rng(0))
            add(table, "evalstats pairwise_differences", ci.ci_low, ci.ci_high)
        if "truescore" in have:
            import truescore
            ci = truescore.paired_bootstrap(a.mean(axis=1), b.mean(axis=1), n_bootstrap=1000)
            add(table, "truescore paired_bootstrap", ci.low, ci.high)
        if "passk_inference" in have:
            import passk_inference
            n = a.shape[1]
            ci = passk_inference.compare(b.sum(axis=1), n, a.sum(axis=1), n, ks=[1], bootstrap=1000)
            add(table, "passk-inference compare", ci["lower"][0], ci["upper"][0])
for judge, correct, labelled, task in data["labels"]:
    index = np.flatnonzero(labelled)
    if "truescore" in have:
        import truescore
        # With clusters= it refuses tasks of which some attempts are labelled and some are not.
        for name in ("ppi_estimate", "rogan_gladen_estimate"):
            ci = getattr(truescore, name)(judge, correct[index], index)
            add("labels", f"truescore {name}", ci.low, ci.high)
    if "evalstats" in have:
        import evalstats
        human = np.where(labelled, correct, np.nan)
        ci = evalstats.judge_debias_mean_ci(judge.astype(float), human.astype(float), n_bootstrap=200, rng=0)
        add("labels", "evalstats judge_debias_mean_ci", ci.ci_low, ci.ci_high)
for correct in data["forecast"]:
    if "saber" in have:
        from saber import SABER
        for method in ("anchored", "plugin"):
            one = SABER(method=method).fit(correct, 16).predict(N=128, confidence=0.95)
            none = one.ci_lower is None  # an estimate without an interval: both ends are it
            ends = (one.asr, one.asr) if none else (one.ci_lower, one.ci_upper)
            add("forecast", f"SABER {method}" + " (no interval)" * none, *ends)
seconds = {}
if "passk_inference" in have:
    import passk_inference
    base, other = data["band"]
    passk_inference.compare(base[:50], 128, other[:50], 128, bootstrap=10)
    began = time.process_time()
    one = passk_inference.compare(other, 128, base, 128, bootstrap=4000)
    seconds = {"band": time.process_time() - began}
    seconds |= {"critical": one["critical_value"], "set": one["first_loss_interval"]}
versions = {name: importlib.import_module(name).__dict__.get("__version__", "") for name in have}
print(json.dumps({"found": found, "seconds": seconds, "versions": versions}))
"""


def populations(random: np.random.Generator, shape: tuple[float, float], sets: int, tasks: int, n: int) -> np.ndarray:
    rates = random.beta(*shape, (sets, tasks))
    return (random.random((sets, tasks, n)) < rates[:, :, None]).astype(np.int64)


def pairs(random: np.random.Generator, shape: tuple[float, float], sets: int, tasks: int, n: int) -> np.ndarray:
    """A system and one that is better: its rates to the power .7."""
    rates = random.beta(*shape, (sets, tasks))
    both = np.stack([rates**0.7, rates], axis=1)
    return (random.random((sets, 2, tasks, n)) < both[..., None]).astype(np.int64)


def drawn(sets: int) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """The data sets of each table, and the truth."""
    random = np.random.default_rng(1)
    data = {
        "one30x1": populations(random, SPREAD, sets, 30, 1),
        "one30x10": populations(random, SPREAD, sets, 30, 10),
        "easy30x1": populations(random, EASY, sets, 30, 1),
        "pair30x1": pairs(random, EASY, sets, 30, 1),
        "pair100x5": pairs(random, SPREAD, sets, 100, 5),
    }
    truth = {"one30x1": 0.3, "one30x10": 0.3, "easy30x1": 0.95}
    for name, shape in (("pair30x1", EASY), ("pair100x5", SPREAD)):
        p = np.random.default_rng(2).beta(*shape, 4_000_000)
        truth[name] = float((p**0.7 - p).mean())
    counts = ll.datasets.codegen_humaneval()
    kinds = [[1, 1], [1, 0], [0, 0]]
    attempts = np.array(
        [
            np.repeat(kinds, [t, a - t, n - a], axis=0)
            for n, a, t in counts.select("n", "accepted", "accepted_correct").rows()
        ]
    )
    tables = []
    for _ in range(sets):
        one = attempts[random.integers(0, 164, 164)].reshape(-1, 2)
        labelled = np.zeros(len(one), dtype=np.int64)
        labelled[random.choice(len(one), 200, replace=False)] = 1
        tables.append([one[:, 0], one[:, 1], labelled, np.repeat(np.arange(164), 100)])
    data["labels"], truth["labels"] = np.array(tables), float(attempts[:, :, 1].mean())
    base = ll.datasets.deepscaler_base()["correct"].to_numpy()
    data["forecast"] = random.hypergeometric(base, 128 - base, 16, (min(sets, 100), len(base)))
    truth["forecast"] = float((base > 0).mean())
    data["band"] = np.stack([base, random.binomial(128, np.clip(0.03 + 0.9 * base / 128, 0, 1))])
    return data, truth


def ours(data: dict[str, np.ndarray]) -> tuple[dict[str, Rows], dict[str, object]]:
    found: dict[str, Rows] = {}

    def add(table: str, name: str, row: dict[str, float]) -> None:
        found.setdefault(table, {}).setdefault(name, []).append((row["low"], row["high"]))

    for table in ("one30x1", "one30x10", "easy30x1"):
        for correct in data[table]:
            n = correct.shape[1]
            add(table, "limitlaw pass_at_k", ll.pass_at_k(n, correct.sum(axis=1), 1).row(0, named=True))
    for table in ("pair30x1", "pair100x5"):
        for both in data[table]:
            frames = {
                name: pl.DataFrame({"task": range(len(one)), "n": one.shape[1], "correct": one.sum(axis=1)})
                for name, one in zip("ab", both, strict=True)
            }
            add(table, "limitlaw compare_systems", ll.compare_systems(frames, attempts="n").row(0, named=True))
    for judge, correct, labelled, task in data["labels"]:
        frame = pl.DataFrame({"accepted": judge, "correct": correct, "task": task})
        labels, others = frame.filter(labelled == 1), frame.filter(labelled == 0)
        for method in ("ppi", "rogan_gladen"):
            row = ll.corrected_accuracy(labels, others, method=method).row(0, named=True)
            add("labels", f"limitlaw corrected_accuracy, {method}", row)
    for seed, correct in enumerate(data["forecast"]):
        row = ll.fit.forecast_pass_at_k(16, correct, 128, seed=seed, bootstrap=100).row(0, named=True)
        add("forecast", "limitlaw forecast_pass_at_k", row)
    frames = {
        name: pl.DataFrame({"task": range(len(one)), "n": 128, "correct": one})
        for name, one in zip(("base", "other"), data["band"], strict=True)
    }
    ll.compare_systems(frames, attempts="n", k=[1, 2], bootstrap=10)
    began = time.process_time()
    for _ in range(10):
        band = ll.compare_systems(frames, attempts="n", k=range(1, 129), bootstrap=4000)
    seconds = (time.process_time() - began) / 10
    row = band.row(0, named=True)
    critical = (row["band_high"] - row["band_low"]) / (row["high"] - row["low"]) * 1.9622
    return found, {"band": seconds, "critical": critical, "set": [row["sign_change_low"], row["sign_change_high"]]}


#: Of recorded attempts these have an exact solution at every size.
SOLVED = [ll.FirstAccepted(), ll.AnyOf(), ll.AllOf(), ll.BestOf(), ll.MajorityVote(), ll.FilteredVote()]


def attempts(tasks: int, n: int) -> pl.DataFrame:
    """A log with a verdict, an answer, a score and tokens."""
    random = np.random.default_rng(3)
    task = np.repeat(np.arange(tasks), n)
    correct = random.random(tasks * n) < random.beta(*SPREAD, tasks)[task]
    wrong = np.char.add("w", np.minimum(random.zipf(1.6, tasks * n), 6).astype(str))
    return pl.DataFrame(
        {
            "task": task,
            "correct": correct,
            "answer": np.where(correct, "right", wrong),
            "score": random.normal(correct).round(3),
            "accepted": random.random(tasks * n) < np.where(correct, 0.9, 0.1),
            "tokens": random.gamma(4, np.where(correct, 50, 90)).round(),
        }
    )


def recorded(tasks: int, n: int) -> ll.SamplingScenario:
    """Such a log, and every solved policy at powers of two."""
    columns = {name: name for name in ("answer", "score", "accepted", "tokens")}
    grid = [2**i for i in range(n.bit_length())]
    log = ll.Tasks.from_attempts(attempts(tasks, n), **columns)
    return ll.SamplingScenario(tasks=log, policies=SOLVED, max_attempts=grid, utility=ll.Utility(wrong_cost=1))


def numpy_records(tasks: int, n: int, resamples: int) -> pl.DataFrame:
    """The accuracy of first accepted with its 95 % interval over attempts, by a plain bootstrap of the counts."""
    kinds = (
        attempts(tasks, n)
        .group_by("task")
        .agg((pl.col("accepted") & pl.col("correct")).sum().alias("right"), pl.col("accepted").sum())
    )
    right, accepted = kinds["right"].to_numpy(), kinds["accepted"].to_numpy()
    grid = np.array([2**i for i in range(n.bit_length())])
    # P(none of k attempts is accepted), by how many of all n are.
    none = np.array([[math.comb(n - a, int(k)) / math.comb(n, int(k)) for k in grid] for a in range(n + 1)])
    chances = np.stack([right, accepted - right, n - accepted], axis=1) / n
    drawn = np.random.default_rng(7).multinomial(n, np.broadcast_to(chances, (resamples, tasks, 3)))
    some = np.maximum(drawn[..., 0] + drawn[..., 1], 1)
    accuracy = ((1 - none[drawn[..., :2].sum(axis=2)]) * (drawn[..., 0] / some)[..., None]).mean(axis=1)
    low, high = np.quantile(accuracy, [0.025, 0.975], axis=0)
    return pl.DataFrame({"max_attempts": grid, "low": low, "high": high})


def records() -> None:
    """Intervals of every column of a log, and those of one policy beside NumPy: seconds on the clock and of CPU."""
    ll.solve(recorded(5, 4), resample="attempts", bootstrap=10, seed=7)
    print(f"recorded attempts, {len(SOLVED)} policies at powers of two, intervals of every column")
    for tasks, n in ((30, 64), (500, 128)):
        scenario = recorded(tasks, n)
        for resample, options in (("tasks", {}), ("attempts", {"bootstrap": 1_000, "seed": 7})):
            clock, cpu = time.perf_counter(), time.process_time()
            ll.solve(scenario, resample=resample, **options)
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            print(f"  {tasks} x {n:3}, over {resample:8} {clock:6.2f} s on the clock, {cpu:6.2f} s of CPU")
        one = scenario.replace(policies=[ll.FirstAccepted()], utility=None)
        ends = [["accuracy_low", "accuracy_high"], ["low", "high"]]
        spent, frames = [], []
        for run in (
            lambda one=one: ll.solve(one, resample="attempts", bootstrap=1_000, seed=7, columns=["accuracy"]),
            lambda tasks=tasks, n=n: numpy_records(tasks, n, 1_000),
        ):
            cpu = time.process_time()
            frames.append(run())
            spent.append(time.process_time() - cpu)
        width = [(f[high] - f[low]).mean() for f, (low, high) in zip(frames, ends, strict=True)]
        print(
            f"  {tasks} x {n:3}, first accepted alone {spent[0]:.3f} s of CPU, NumPy {spent[1]:.3f}:"
            f" {spent[1] / spent[0]:.1f} times; intervals {width[0]:.4f} and {width[1]:.4f} wide in the mean"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", action="store_true", help="only the seconds for recorded attempts")
    parser.add_argument("--sets", type=int, default=300)
    parser.add_argument("--python", type=Path, help="an environment that has the peers already")
    options = parser.parse_args()
    if options.records:
        records()
        return
    data, truth = drawn(options.sets)
    with tempfile.TemporaryDirectory() as folder:
        python, have = options.python or Path(folder, "peers", "bin", "python"), []
        if options.python is None:
            venv.create(Path(folder, "peers"), with_pip=True)
        for name, package in PEERS.items():
            install = [] if options.python else [[python, "-m", "pip", "install", "-q", package]]
            steps = [*install, [python, "-c", f"import {name}"]]
            if all(subprocess.run(step, check=False, capture_output=True).returncode == 0 for step in steps):
                have.append(name)
            else:
                print(f"{package} cannot be installed here and is left out")
        np.savez(Path(folder, "data.npz"), **data)
        Path(folder, "child.py").write_text(CHILD)
        command = [python, Path(folder, "child.py"), Path(folder, "data.npz"), ",".join(have)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
    theirs = json.loads(done.stdout)
    mine, times = ours(data)
    print("versions:", ", ".join(f"{PEERS[name]} {version}" for name, version in theirs["versions"].items()))
    for table, value in truth.items():
        print(f"\n{table}: truth {value:.4f}, 95 % intervals")
        for name, rows in {**mine.get(table, {}), **theirs["found"].get(table, {})}.items():
            low, high = np.array(rows).T
            held = ((low <= value) & (value <= high)).mean()
            middle = np.mean((high + low) / 2)
            print(f"  {name:40} {held:.3f}  width {np.mean(high - low):.3f}  middle {middle:.3f}  ({len(rows)} sets)")
    print(
        "\nband over 128 k, 1,060 tasks, 4,000 draws (seconds of CPU, critical value, set of the first change of sign)"
    )
    print("  limitlaw", times)
    print("  passk-inference", theirs["seconds"])
    records()


if __name__ == "__main__":
    main()
