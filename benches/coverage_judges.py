"""Coverage of what labels tell of a judge: the accuracy behind its verdicts, and how good it is."""

import math
import statistics

import numpy as np
import polars as pl
from populations import POPULATIONS, F, population

import limitlaw as ll
from limitlaw import fit


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
        for row in judge.estimates.iter_rows(named=True):
            if row["quantity"] in truths and row["estimate"] is not None:
                low = -np.inf if row["low"] is None else row["low"]
                high = np.inf if row["high"] is None else row["high"]
                yield f"`fit_judge`, {row['quantity']}", low, high, truths[row["quantity"]]

    return check
