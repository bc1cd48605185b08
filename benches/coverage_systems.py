"""Coverage of comparisons and of gates."""

import numpy as np
import polars as pl
from populations import POPULATIONS, F, population

import limitlaw as ll


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
