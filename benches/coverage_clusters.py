"""Coverage of intervals over clusters, over tasks, and of normal ones with clustered errors: for docs/intervals.md.

python benches/coverage_clusters.py --sets 500    (of counts, which take longest, a fifth of these)
python benches/coverage_clusters.py --sets 100 --only "accuracy of counts" "utility at the best number" --attempts 10
"""

import argparse
import functools
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
FALSE_POSITIVES = 0.05
VERIFIER = ll.Verifier.rates(false_positive_rate=FALSE_POSITIVES)
#: Its interval is one of 90 %: of counts, and of the tasks' own rates, which no attempts leave open.
BEST, KNOWN = "utility at the best number", "utility at the best number, known rates"
COUNTED = ("accuracy of counts", BEST)
NAMES = ("pass@1", "pass@1, normal", "accuracy of a log", "difference", *COUNTED, KNOWN)


def drawn(random: np.random.Generator, shape: str, sizes: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The cluster of each task, and its rate."""
    cluster = np.repeat(np.arange(count), 16 if sizes == "16 each" else random.geometric(0.1, count))
    mean = np.clip(random.beta(*SHAPES[shape], count), 1e-9, 1.0 - 1e-9)[cluster]
    return cluster, random.beta(WITHIN * mean, WITHIN * (1.0 - mean))


@functools.cache
def population(shape: str, sizes: str) -> np.ndarray:
    """The rates of very many tasks."""
    return drawn(np.random.default_rng(2), shape, sizes, 400_000)[1]


def truths(shape: str, sizes: str, attempts: int) -> dict[str, float]:
    p = population(shape, sizes)
    asked = min(attempts, ASKED)
    accepted = p + (1.0 - p) * FALSE_POSITIVES
    accuracy = p / accepted * (1.0 - (1.0 - accepted) ** asked)
    return {
        "pass@1": SHAPES[shape][0] / sum(SHAPES[shape]),
        "accuracy of a log": float((1.0 - (1.0 - p) ** asked).mean()),
        "accuracy of counts": float(accuracy.mean()),
        "difference": float((p**0.7 - p).mean()),
    }


def worth(p: np.ndarray, attempts: float | None) -> float:
    """The utility of first accepted: 1 for a correct answer, -1 for a wrong one; of one in twenty of these tasks."""
    p = p[::20]
    accepted = p + (1.0 - p) * FALSE_POSITIVES
    stopped = 1.0 - (1.0 - accepted) ** (np.inf if attempts is None else attempts)
    return float((stopped * (2.0 * p / accepted - 1.0)).mean())


def intervals(random: np.random.Generator, drawn_from: tuple[str, str, int], attempts: int, names: set[str]):
    """By name: over clusters or over tasks, the interval, and the truth if it depends on the data."""
    cluster, p = drawn(random, *drawn_from)
    tasks, n = len(p), np.full(len(p), attempts)
    correct, other = random.binomial(n, p), random.binomial(n, p**0.7)
    seed = int(random.integers(2**31))
    options = {"bootstrap": 200, "seed": seed}
    for of in (cluster, None):
        if names & {"pass@1", "pass@1, normal"}:
            row = ll.pass_at_k(n, correct, 1, cluster=of, confidence=LEVEL).row(0, named=True)
            yield "pass@1", of is not None, (row["low"], row["high"]), None
            sums = np.bincount(cluster, correct / n - row["pass_at_k"])
            half = NORMAL * np.sqrt((sums**2).sum()) / len(p)
            if of is not None:
                yield "pass@1, normal", True, (row["pass_at_k"] - half, row["pass_at_k"] + half), None
        pool = ll.Tasks.pool(n, correct, correct, correct=correct, cluster=of)
        log = ll.SamplingScenario(tasks=pool, max_attempts=[min(attempts, ASKED)])
        if "accuracy of a log" in names:
            row = ll.solve(log, resample="tasks", confidence=LEVEL, columns=["accuracy"]).row(0, named=True)
            yield "accuracy of a log", of is not None, (row["accuracy_low"], row["accuracy_high"]), None
        counted = log.replace(tasks=ll.Tasks.counts(n, correct, cluster=of), verifier=VERIFIER)
        if "accuracy of counts" in names:
            frame = ll.solve(counted, resample="tasks", confidence=LEVEL, columns=["accuracy"], **options)
            row = frame.row(0, named=True)
            yield "accuracy of counts", of is not None, (row["accuracy_low"], row["accuracy_high"]), None
        for name, known in ((BEST, counted), (KNOWN, counted.replace(tasks=ll.Tasks.fixed(p, cluster=of)))):
            if name in names:
                row = ll.optimal_attempts(known, wrong_cost=1, **options).row(0, named=True)
                truth = worth(population(*drawn_from[:2]), row["optimal_attempts"])
                yield name, of is not None, (row["utility_q05"], row["utility_q95"]), truth
        if "difference" in names:
            frames = {
                name: pl.DataFrame({"task": range(tasks), "n": n, "correct": column, "cluster": cluster})
                for name, column in (("b", other), ("a", correct))
            }
            column = None if of is None else "cluster"
            found = ll.compare_systems(frames, attempts="n", cluster=column, confidence=LEVEL, bootstrap=0)
            yield "difference", of is not None, (found["low"][0], found["high"][0]), None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--clusters", type=int, nargs="+", default=CLUSTERS)
    parser.add_argument("--attempts", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=NAMES)
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
                    asked = options.only or (NAMES[:-1] if at % 5 == 0 else NAMES[:4])
                    some = intervals(random, (shape, sizes, count), options.attempts, set(asked))
                    for name, over, (low, high), own in some:
                        true = truth[name] if own is None else own
                        held.setdefault((name, over), []).append((low <= true <= high, high - low))
                for name in dict.fromkeys(name for name, _ in held):
                    cells = []
                    for over in (True, False):
                        pairs = held.get((name, over))
                        share, width = np.mean(pairs, axis=0) if pairs else (np.nan, np.nan)
                        cells.append(f"{share:.3f} ({width:.3f})" if pairs else "")
                    print(f"| {name} | {shape} | {sizes} | {count} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
