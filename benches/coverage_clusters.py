"""Coverage of intervals over clusters, over tasks, and of normal ones with clustered errors: for docs/intervals.md.

python benches/coverage_clusters.py --sets 500    (of counts, which take longest, a fifth of these)
"""

import argparse
import warnings

import numpy as np
import polars as pl

import limitlaw as ll

#: The rates of clusters; tasks within one vary about its rate as Beta laws of four more attempts do.
SHAPES = {"even": (3.0, 2.0), "spread": (0.6, 1.4), "easy": (19.0, 1.0), "hard": (0.3, 9.7)}
WITHIN = 4.0
#: Tasks of a cluster: as many everywhere, or as repositories have bugs.
SIZES = ("16 each", "geometric")
CLUSTERS = (5, 12, 30, 100)
LEVEL, NORMAL = 0.95, 1.959964
#: The most attempts of first accepted.
ASKED = 5
VERIFIER = ll.Verifier.rates(false_positive_rate=0.05)


def drawn(random: np.random.Generator, shape: str, sizes: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The cluster of each task, and its rate."""
    cluster = np.repeat(np.arange(count), 16 if sizes == "16 each" else random.geometric(0.1, count))
    mean = np.clip(random.beta(*SHAPES[shape], count), 1e-9, 1.0 - 1e-9)[cluster]
    return cluster, random.beta(WITHIN * mean, WITHIN * (1.0 - mean))


def truths(shape: str, sizes: str, attempts: int) -> dict[str, float]:
    _, p = drawn(np.random.default_rng(2), shape, sizes, 400_000)
    asked = min(attempts, ASKED)
    accepted = p + (1.0 - p) * 0.05
    accuracy = p / accepted * (1.0 - (1.0 - accepted) ** asked)
    return {
        "pass@1": SHAPES[shape][0] / sum(SHAPES[shape]),
        "accuracy of a log": float((1.0 - (1.0 - p) ** asked).mean()),
        "accuracy of counts": float(accuracy.mean()),
        "difference": float((p**0.7 - p).mean()),
    }


def intervals(random: np.random.Generator, drawn_from: tuple[str, str, int], attempts: int, *, counts: bool):
    """By name: the interval over clusters, and that over tasks; of pass@1 the normal one with clustered errors too."""
    cluster, p = drawn(random, *drawn_from)
    tasks, n = len(p), np.full(len(p), attempts)
    correct, other = random.binomial(n, p), random.binomial(n, p**0.7)
    for of in (cluster, None):
        row = ll.pass_at_k(n, correct, 1, cluster=of, confidence=LEVEL).row(0, named=True)
        yield "pass@1", of is not None, (row["low"], row["high"])
        if of is not None:
            sums = np.bincount(cluster, correct / n - row["pass_at_k"])
            half = NORMAL * np.sqrt((sums**2).sum()) / len(p)
            yield "pass@1, normal", True, (row["pass_at_k"] - half, row["pass_at_k"] + half)
        pool = ll.Tasks.pool(n, correct, correct, correct=correct, cluster=of)
        log = ll.SamplingScenario(tasks=pool, max_attempts=[min(attempts, ASKED)])
        row = ll.solve(log, resample="tasks", confidence=LEVEL, columns=["accuracy"]).row(0, named=True)
        yield "accuracy of a log", of is not None, (row["accuracy_low"], row["accuracy_high"])
        if counts:
            counted = log.replace(tasks=ll.Tasks.counts(n, correct, cluster=of), verifier=VERIFIER)
            options = {"columns": ["accuracy"], "bootstrap": 200, "seed": int(random.integers(2**31))}
            row = ll.solve(counted, resample="tasks", confidence=LEVEL, **options).row(0, named=True)
            yield "accuracy of counts", of is not None, (row["accuracy_low"], row["accuracy_high"])
        frames = {
            name: pl.DataFrame({"task": range(tasks), "n": n, "correct": column, "cluster": cluster})
            for name, column in (("b", other), ("a", correct))
        }
        column = None if of is None else "cluster"
        found = ll.compare_systems(frames, attempts="n", cluster=column, confidence=LEVEL, bootstrap=0)
        yield "difference", of is not None, (found["low"][0], found["high"][0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--clusters", type=int, nargs="+", default=CLUSTERS)
    parser.add_argument("--attempts", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ll.MisfitWarning)
    print("| interval | rates of clusters | tasks | clusters | over clusters (width) | over tasks (width) |")
    print("|---|---|---|---|---|---|")
    for shape in options.shapes:
        for sizes in SIZES:
            truth = truths(shape, sizes, options.attempts)
            truth["pass@1, normal"] = truth["pass@1"]
            for count in options.clusters:
                held: dict[tuple[str, bool], list[tuple[bool, float]]] = {}
                for at in range(options.sets):
                    random = np.random.default_rng([at, count])
                    some = intervals(random, (shape, sizes, count), options.attempts, counts=at % 5 == 0)
                    for name, over, (low, high) in some:
                        held.setdefault((name, over), []).append((low <= truth[name] <= high, high - low))
                for name in truth:
                    cells = []
                    for over in (True, False):
                        pairs = held.get((name, over))
                        share, width = np.mean(pairs, axis=0) if pairs else (np.nan, np.nan)
                        cells.append(f"{share:.3f} ({width:.3f})" if pairs else "")
                    print(f"| {name} | {shape} | {sizes} | {count} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
