"""Coverage of every interval that the library returns, over the sizes people have: the table of docs/intervals.md.

python benches/coverage.py --sets 500 --only pass_at_k --write
"""

import argparse
import math
import statistics
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from coverage_columns import columns, labelled
from populations import POPULATIONS, F, mean_pass, mirrored_pass, population, precision

import limitlaw as ll
from limitlaw import fit

START, END = "<!-- table -->", "<!-- end of table -->"
PAGE = Path(__file__).parent.parent / "docs" / "intervals.md"
LEVELS = (0.9, 0.95)
RESAMPLES = 200
#: Of fits and forecasts, which refit to each resample.
FEW_RESAMPLES = 100

Check = Callable[[np.random.Generator, float, int], Iterator[tuple[str, float, float, float]]]


def pass_rates(shape: str, tasks: int, n: int):
    """Mean pass@k and pass^k: of other tasks, and of these tasks."""
    k = min(n, 5)

    def check(random, level, seed):
        del seed
        p = population(random, shape, tasks)
        correct = random.binomial(n, p)
        _a, _b = POPULATIONS[shape]
        truths = {
            ("pass_at_k", "tasks"): mean_pass(shape, k),
            ("pass_hat_k", "tasks"): mirrored_pass(shape, k),
            ("pass_at_k", "attempts"): (1 - (1 - p) ** k).mean(),
            ("pass_hat_k", "attempts"): (p**k).mean(),
        }
        for (name, resample), truth in truths.items():
            row = getattr(ll, name)(n, correct, k, resample=resample, confidence=level).row(0, named=True)
            yield f"`{name}`, over {resample}", row["low"], row["high"], truth

    return check


def populations(shape: str, tasks: int, n: int):
    """Mean and intra-class correlation of a Beta."""

    def check(random, level, seed):
        correct = random.binomial(n, population(random, shape, tasks))
        a, b = POPULATIONS[shape]
        if not 0 < correct.sum() < n * tasks:
            return
        for interval in ("profile", "bootstrap"):
            extra = {"seed": seed, "bootstrap": FEW_RESAMPLES} if interval == "bootstrap" else {}
            frame = fit.fit_beta_binomial(n, correct, interval=interval, confidence=level, **extra)
            rows = {row["quantity"]: row for row in frame.iter_rows(named=True)}
            for quantity, truth in (("mean", a / (a + b)), ("icc", 1 / (a + b + 1))):
                if rows[quantity]["low"] is not None:
                    ends = rows[quantity]["low"], rows[quantity]["high"]
                    yield f"`fit_beta_binomial`, {quantity}, {interval}", *ends, truth

    return check


def error_rates(shape: str, tasks: int, n: int):
    """Error rates: of each task, their mean, and the exact bound of one rate."""

    def check(random, level, seed):
        del seed
        truth = population(random, shape, tasks)
        errors, zeros = random.binomial(n, truth), np.zeros(tasks)
        given = {"attempts": n, "accepted": errors, "accepted_correct": zeros, "correct": zeros, "confidence": level}
        frame = fit.fit_error_rates(**given, by="task").filter(rate="false_positive_rate")
        for low, high, rate in zip(frame["low"], frame["high"], truth, strict=True):
            yield '`fit_error_rates(by="task")`', low, high, rate
        frame = fit.fit_error_rates(**given).filter(rate="false_positive_rate", quantity="mean")
        a, b = POPULATIONS[shape]
        # One task says nothing of others: the interval is that of its own rate.
        mean = truth[0] if tasks == 1 else a / (a + b)
        yield "`fit_error_rates`, mean", frame["low"].item(), frame["high"].item(), mean
        one = random.binomial(tasks * n, truth[0])
        yield "`upper_bound`", 0.0, fit.upper_bound(one, tasks * n, confidence=level), truth[0]

    return check


def forecasts(shape: str, tasks: int, n: int):
    """Pass@k and pass^k of these tasks at ten times the attempts, and the attempts for what 5 n give."""
    k = 10 * n

    def check(random, level, seed):
        p = population(random, shape, tasks)
        correct = random.binomial(n, p)
        if not 0 < correct.sum() < n * tasks:
            return
        options = {"confidence": level, "seed": seed, "bootstrap": FEW_RESAMPLES}
        truths = {"pass_at_k": (1 - (1 - p) ** k).mean(), "pass_hat_k": (p**k).mean()}
        target = (1 - (1 - p) ** (5 * n)).mean()
        for resample in ("tasks", "attempts"):
            for name, truth in truths.items():
                row = getattr(fit, f"forecast_{name}")(n, correct, k, resample=resample, **options).row(0, named=True)
                yield f"`forecast_{name}`, over {resample}", row["low"], row["high"], truth
            if target < 1 - 1e-9:  # numbers near 1 are hardly told from one another
                row = fit.attempts_for(n, correct, target=target, resample=resample, **options).row(0, named=True)
                low, high = (np.inf if end is None else end for end in (row["low"], row["high"]))
                yield f"`attempts_for`, over {resample}", low, high, 5 * n

    return check


def optima(shape: str, tasks: int, n: int):
    """The utility at the best number of attempts, at other tasks and at these tasks' rates: 90 % intervals only."""
    verifier = ll.Verifier.rates(false_positive_rate=F)

    def curve(p: np.ndarray, k: float) -> float:
        stopped = 1 - ((1 - p) * (1 - F)) ** k
        return float((stopped * (2 * precision(p) - 1)).mean())

    def check(random, level, seed):
        if level != LEVELS[0]:
            return
        p = population(random, shape, tasks)
        other = population(np.random.default_rng(1), shape, 100_000)
        for resample, rates in (("tasks", other), ("attempts", p)):
            # Rates known for the tasks; counts for the attempts.
            known = ll.Tasks.fixed(success=p)
            counts = ll.Tasks.counts(attempts=np.full(tasks, n), correct=random.binomial(n, p))
            scenario = ll.SamplingScenario(
                tasks=known if resample == "tasks" else counts, verifier=verifier, max_attempts=[1]
            )
            frame = ll.optimal_attempts(scenario, wrong_cost=1, bootstrap=RESAMPLES, seed=seed, resample=resample)
            row = frame.row(0, named=True)
            best = np.inf if row["optimal_attempts"] is None else row["optimal_attempts"]
            yield (
                f"`optimal_attempts`, utility, over {resample}",
                row["utility_q05"],
                row["utility_q95"],
                curve(rates, best),
            )

    return check


def matches(shape: str, tasks: int, n: int):
    """The ceiling of these tasks, from counts and from a pool."""

    def check(random, level, seed):
        del seed
        p = population(random, shape, tasks)
        truth = precision(p).mean()
        accepted = random.binomial(n, p + (1 - p) * F)
        kinds = {
            "counts": ll.Tasks.counts(attempts=np.full(tasks, n), correct=random.binomial(n, p)),
            "a pool": ll.Tasks.pool(np.full(tasks, n), accepted, random.binomial(accepted, precision(p))),
        }
        for kind, found in kinds.items():
            verifier = ll.Verifier.rates(false_positive_rate=F) if kind == "counts" else None
            scenario = ll.SamplingScenario(tasks=found, verifier=verifier, max_attempts=[1])
            row = ll.can_match(scenario, 0.0, confidence=level).row(0, named=True)
            yield f"`can_match`, {kind}", row["difference_low"], row["difference_high"], truth

    return check


def required_rates(shape: str, tasks: int, n: int):
    """The root on simulations of a verifier without a closed form: against that of two hundred times the trials."""
    p = population(np.random.default_rng(1), shape, tasks)
    verifier = ll.Verifier.rates(false_positive_rate=F, correlation=0.5, icc=0.2)
    scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=p), verifier=verifier, max_attempts=[n])
    reached = (1 - ((1 - p) * (1 - F)) ** n) * precision(p)
    options = {"accuracy": float(0.98 * reached.mean()), "threads": 1}
    name = "required_false_positive_rate"
    truth = ll.required_false_positive_rate(scenario, **options, trials=20_000, seed=1)[name].item()

    def check(random, level, seed):
        del random
        found = ll.required_false_positive_rate(scenario, **options, trials=100, seed=2 + seed, confidence=level)
        # No lower end: perhaps not even 0 is enough.
        yield f"`{name}`, simulated", found[f"{name}_low"].item() or 0.0, found[f"{name}_high"].item(), truth

    return check


def systems(shape: str, tasks: int, n: int):
    """The difference at one attempt and at n, and the band over all k.

    Of a better system, and of one that is another at a tenth of the tasks.
    """

    def other(random, p):
        kept = random.random(len(p)) < 0.9
        return np.where(kept, p, random.beta(1.0, 1.0, len(p)))

    ks = np.arange(1, n + 1)
    many = np.random.default_rng(2)
    p = population(many, shape, 500_000)
    truths = {
        name: np.array([((1 - q) ** k - (1 - p) ** k).mean() for k in ks])
        for name, q in (("a better one", p**0.7), ("nearly the same", other(many, p)))
    }

    def check(random, level, seed):
        p = population(random, shape, tasks)
        for name, q in (("a better one", p**0.7), ("nearly the same", other(random, p))):
            frames = {
                system: pl.DataFrame({"task": range(tasks), "n": n, "correct": random.binomial(n, rates)})
                for system, rates in (("a", p), ("b", q))
            }
            options = {"confidence": level, "bootstrap": 1_000, "seed": seed, "threads": 1}
            found = ll.compare_systems(frames, attempts="n", k=ks, **options)
            truth, label = truths[name], f"`compare_systems`, {name}"
            yield f"{label}, at 1", found["low"][0], found["high"][0], truth[0]
            if n > 1:
                yield f"{label}, at n", found["low"][-1], found["high"][-1], truth[-1]
                # The band holds where its worst distance does.
                middle = (found["band_high"] + found["band_low"]).to_numpy() / 2
                half = (found["band_high"] - found["band_low"]).to_numpy() / 2
                worst = np.argmax(np.abs(middle - truth) / half)
                yield f"{label}, band", middle[worst] - half[worst], middle[worst] + half[worst], truth[worst]

    return check


def precisions(shape: str, tasks: int, n: int):
    """`target_se`: the interval at the precision that was asked for."""
    a, b = POPULATIONS[shape]

    def check(random, level, seed):
        del random
        scenario = ll.SamplingScenario(tasks=ll.Tasks.beta(alpha=a, beta=b, count=tasks), max_attempts=[n])
        grid = ll.Grid(scenario, {"tasks.alpha": [a]})
        options = {"trials": 100, "seed": seed, "target_se": 0.01, "columns": ["accuracy"], "confidence": level}
        row = ll.sweep(grid, **options, progress=False, threads=1).frame().row(0, named=True)
        yield "`sweep(target_se=)`", row["accuracy_low"], row["accuracy_high"], mean_pass(shape, n)

    return check


def corrections(shape: str, tasks: int, n: int):
    """The mean accuracy of tasks of this kind, from verdicts on all attempts and labels of a fourth of them."""
    a, b = POPULATIONS[shape]

    def check(random, level, seed):
        del seed
        p = np.repeat(population(random, shape, tasks), n)
        correct = random.random(len(p)) < p
        accepted = random.random(len(p)) < np.where(correct, 0.9, F)
        frame = pl.DataFrame({"accepted": accepted, "correct": correct, "task": np.arange(len(p)) // n})
        labelled = np.isin(np.arange(len(p)), random.choice(len(p), len(p) // 4, replace=False))
        for method in ("labels", "rogan_gladen", "ppi"):
            try:
                found = ll.corrected_accuracy(
                    frame.filter(labelled), frame.filter(~labelled), method=method, confidence=level
                )
            except ValueError:  # too few labels of a kind, and it says so
                continue
            yield f"`corrected_accuracy`, {method}", found["low"].item(), found["high"].item(), a / (a + b)

    return check


def judges(shape: str, tasks: int, n: int):
    """Scores of d' = 1.5 within a task, whose tasks differ by a standard deviation of .5; accepted above 1."""
    a, b = POPULATIONS[shape]
    right, d, spread, threshold = a / (a + b), 1.5, 0.5, 1.0
    cdf = statistics.NormalDist().cdf
    f, g = cdf(-threshold / math.hypot(1, spread)), cdf((threshold - d) / math.hypot(1, spread))
    agree, chance = right * (1 - g) + (1 - right) * (1 - f), right * (1 - g) + (1 - right) * f
    chance = right * chance + (1 - right) * (1 - chance)
    truths = {
        "auc": cdf(d / math.sqrt(2 + 2 * spread**2)),
        "auc_within": cdf(d / math.sqrt(2)),
        "d_prime_within": d,
        "false_positive_rate": f,
        "false_negative_rate": g,
        "kappa": (agree - chance) / (1 - chance),
    }

    def check(random, level, seed):
        del seed
        p = np.repeat(population(random, shape, tasks), n)
        correct, task = random.random(len(p)) < p, np.arange(len(p)) // n
        if not 0 < correct.sum() < len(p):
            return
        score = d * correct + spread * random.standard_normal(tasks)[task] + random.standard_normal(len(p))
        judge = fit.fit_judge(score=score, correct=correct, task=task, threshold=threshold, confidence=level)
        for row in judge.quantities.iter_rows(named=True):
            if row["quantity"] in truths and row["estimate"] is not None:
                low = -np.inf if row["low"] is None else row["low"]
                high = np.inf if row["high"] is None else row["high"]
                yield f"`fit_judge`, {row['quantity']}", low, high, truths[row["quantity"]]

    return check


def gates(shape: str, tasks: int, n: int):
    """`check`: accuracy and precision of five attempts (fewer where there are fewer), at other tasks of that kind."""
    verifier = ll.Verifier.rates(false_positive_rate=F)
    a, b = POPULATIONS[shape]
    like = {"verifier": verifier, "max_attempts": [min(n, 5)]}
    known = ll.SamplingScenario(tasks=ll.Tasks.beta(alpha=a, beta=b, count=10), **like)
    truth = ll.solve(known, columns=["accuracy", "returned"]).row(0, named=True)
    truths = [truth["accuracy"], truth["accuracy"] / truth["returned"]]

    def check(random, level, seed):
        del seed
        counts = ll.Tasks.counts([n] * tasks, random.binomial(n, population(random, shape, tasks)))
        scenario = ll.SamplingScenario(tasks=counts, **like)
        # Two requirements share the error, and each limit is one-sided.
        frame = ll.check(scenario, min_accuracy=0.5, min_precision=0.5, error=1 - level)
        ends = zip(("accuracy", "precision"), frame["low"], frame["high"], truths, strict=True)
        for metric, low, high, value in ends:
            if low is not None:
                yield f"`check`, {metric}", low, high, value

    return check


KINDS = {
    "pass_rates": (pass_rates, ((5, 1), (5, 5), (20, 1), (20, 5), (20, 100), (164, 1), (164, 5), (164, 100))),
    "populations": (populations, ((5, 5), (20, 5), (20, 100), (164, 5), (164, 100))),
    "error_rates": (error_rates, ((1, 20), (5, 20), (20, 20), (20, 100), (164, 5), (164, 100))),
    "optima": (optima, ((5, 100), (20, 5), (20, 100), (164, 5), (164, 100))),
    "matches": (matches, ((5, 5), (20, 5), (20, 100), (164, 1), (164, 5), (164, 100))),
    "required_rates": (required_rates, ((5, 10),)),
    "corrections": (corrections, ((5, 20), (10, 20), (20, 20), (20, 100), (164, 5), (164, 100))),
    "judges": (judges, ((5, 20), (20, 5), (20, 100), (164, 5), (164, 100))),
    "systems": (systems, ((5, 1), (20, 1), (164, 1), (5, 10), (20, 10), (164, 10))),
    "gates": (gates, ((5, 5), (20, 1), (20, 5), (164, 1), (164, 5))),
    "columns": (columns, ((5, 5), (20, 5), (164, 5), (20, 100))),
    "labelled": (labelled, ((20, 10), (50, 4))),
    "precisions": (precisions, ((20, 5), (164, 5))),
    "forecasts": (forecasts, ((5, 5), (20, 5), (20, 100), (164, 5))),
}


def measured(make: Callable[[str, int, int], Check], shape: str, cell: tuple[int, int], level: float, sets: int):
    """Per interval: the share that held the truth, the mean width (nothing where infinite), and how many there were."""
    check = make(shape, *cell)
    found: dict[str, list[tuple[bool, float]]] = {}
    for at in range(sets):
        random = np.random.default_rng([at, *cell, int(100 * level)])
        for name, low, high, truth in check(random, level, at):
            inside = low - 1e-12 <= truth <= high + 1e-12
            found.setdefault(name, []).append((inside, high - low if np.isfinite(high) else np.nan))
    for name, pairs in found.items():
        held, width = zip(*pairs, strict=True)
        yield name, float(np.mean(held)), float(np.mean(width)), len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--shapes", nargs="+", choices=list(POPULATIONS), default=list(POPULATIONS))
    parser.add_argument("--levels", type=float, nargs="+", default=LEVELS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/intervals.md")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ll.MisfitWarning)
    found: dict[tuple[str, str, tuple[int, int]], dict[float, tuple[float, float]]] = {}
    for kind, (make, cells) in KINDS.items():
        if options.only not in {None, kind}:
            continue
        for shape in options.shapes:
            for cell in cells:
                for level in options.levels:
                    for name, held, width, sets in measured(make, shape, cell, level, options.sets):
                        found.setdefault((name, shape, cell), {})[level] = held, width
                        print(f"{name:45} {shape:7} {cell!s:10} {level} {held:.3f} {width:.3f} ({sets})", flush=True)
    if options.write:
        head, _, rest = PAGE.read_text().partition(START)
        old, _, tail = rest.partition(END)
        PAGE.write_text(head + START + "\n" + table(old, found) + END + tail)


def table(old: str, found: dict) -> str:
    """The rows of a table, what was measured again in the place of the old."""
    lines = ["| interval | rates | tasks x attempts | 90 % | 95 % | width at 95 % |", "|---|---|---|---|---|---|"]
    rows = {tuple(line.split(" | ")[:3]): line for line in old.splitlines() if line.startswith("| `")}
    for (name, shape, (tasks, n)), levels in found.items():
        key = f"| {name}", shape, f"{tasks} x {n}"
        columns = [cell.strip() for cell in rows.get(key, "|" * 7).split("|")[4:7]]
        for at, level in enumerate(LEVELS):
            if level in levels:
                columns[at] = f"{levels[level][0]:.3f}"
        if LEVELS[1] in levels:
            columns[2] = f"{levels[LEVELS[1]][1]:.3f}".replace("nan", "some infinite")
        rows[key] = " | ".join([*key, *columns]) + " |"
    return "\n".join(lines + sorted(rows.values(), key=lambda line: line.split(" | ")[0])) + "\n"


if __name__ == "__main__":
    main()
