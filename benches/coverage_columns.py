"""Coverage of the intervals of a scenario's columns, over tasks and attempts, and of a verifier known by labels."""

import itertools

import numpy as np
import polars as pl
from populations import F, population, precision

import limitlaw as ll

#: Attempts of a policy, at most.
CAP = 5
#: Tokens of a correct and of a wrong attempt in the mean, Gamma distributed with shape 4.
TOKENS = 100.0, 250.0
#: Mean and intra-class correlation of both error rates of a verifier known by labels, and the tasks that it judges.
MEAN, ICC, JUDGED = 0.1, 0.2, 50
RESAMPLES = 200
#: Of an attempt, in rewards of a correct answer.
PRICE = 0.05


def truths(p: np.ndarray, cap: int) -> dict[str, float]:
    """First accepted at most so often, with a verifier that accepts wrong answers at F."""
    a = p + (1 - p) * F
    stopped = 1 - (1 - a) ** cap
    accuracy, accepted = (stopped * precision(p)).mean(), stopped.mean()
    wrong = accepted - accuracy
    return {
        "accuracy": accuracy,
        "precision": accuracy / accepted,
        "attempts_used": (stopped / a).mean(),
        "utility": accuracy - wrong,
    }


def recorded_truths(p: np.ndarray, cap: int) -> dict[str, dict[str, float]]:
    """The same of a log with tokens, and a majority of an odd number of votes between two answers."""
    first = truths(p, cap)
    used = (1 - (1 - p - (1 - p) * F) ** cap) / (p + (1 - p) * F)
    tokens = (used * (p * TOKENS[0] + (1 - p) * TOKENS[1])).mean()
    votes = p if cap == 1 else p**3 * (10 * (1 - p) ** 2 + 5 * p * (1 - p) + p**2)
    more = {"tokens": tokens, "tokens_per_correct": tokens / first["accuracy"]}
    return {"first_accepted": first | more, "majority_vote": {"accuracy": votes.mean()}}


def columns(shape: str, tasks: int, n: int):
    """Columns of a pool under first accepted, over other tasks and over other attempts at these."""
    cap = min(n, CAP)
    others = truths(population(np.random.default_rng(1), shape, 1_000_000), cap)

    def check(random, level, seed):
        p = population(random, shape, tasks)
        accepted = random.binomial(n, p + (1 - p) * F)
        pool = ll.Tasks.pool(np.full(tasks, n), accepted, random.binomial(accepted, precision(p)))
        scenario = ll.SamplingScenario(tasks=pool, max_attempts=[cap], utility=ll.Utility(wrong_cost=1))
        for resample, truth in (("tasks", others), ("attempts", truths(p, cap))):
            options = {"resample": resample, "confidence": level, "seed": seed, "bootstrap": RESAMPLES, "threads": 1}
            row = ll.solve(scenario, columns=list(truth), **options).row(0, named=True)
            for name, value in truth.items():
                if row[f"{name}_low"] is not None:
                    yield f"`solve(resample=)`, {name}, over {resample}", row[f"{name}_low"], row[f"{name}_high"], value

    return check


def counted(shape: str, tasks: int, n: int):
    """Columns of counts as far as they were attempted, and four times as far, over other tasks and other attempts."""
    everyone = population(np.random.default_rng(1), shape, 1_000_000)
    verifier = ll.Verifier.rates(false_positive_rate=F)

    def check(random, level, seed):
        p = population(random, shape, tasks)
        right = random.binomial(n, p)
        names = ("accuracy", "precision", "attempts_used")
        for cap, (resample, rates) in itertools.product((n, 4 * n), (("tasks", everyone), ("attempts", p))):
            truth = truths(rates, cap)
            scenario = ll.SamplingScenario(
                tasks=ll.Tasks.counts([n] * tasks, right), verifier=verifier, max_attempts=[cap]
            )
            options = {"resample": resample, "confidence": level, "bootstrap": RESAMPLES, "threads": 1, "seed": seed}
            row = ll.solve(scenario, columns=names, **options).row(0, named=True)
            for name in names:
                if row[f"{name}_low"] is not None:
                    what = f"`solve(resample=)`, counts, {name}, {'n' if cap == n else '4 n'} attempts, over {resample}"
                    yield what, row[f"{name}_low"], row[f"{name}_high"], truth[name]

    return check


def paid(shape: str, tasks: int, n: int):
    """The utility where attempts cost something, of a pool, over other tasks."""
    cap = min(n, CAP)
    worth = ll.Utility(wrong_cost=1, attempt_cost=PRICE)
    other = truths(population(np.random.default_rng(1), shape, 1_000_000), cap)
    truth = other["utility"] - PRICE * other["attempts_used"]

    def check(random, level, seed):
        del seed
        p = population(random, shape, tasks)
        accepted = random.binomial(n, p + (1 - p) * F)
        pool = ll.Tasks.pool(np.full(tasks, n), accepted, random.binomial(accepted, precision(p)))
        scenario = ll.SamplingScenario(tasks=pool, max_attempts=[cap], utility=worth)
        row = ll.solve(scenario, columns=["utility"], resample="tasks", confidence=level).row(0, named=True)
        yield "`solve(resample=)`, utility with a price, over tasks", row["utility_low"], row["utility_high"], truth

    return check


def records(shape: str, tasks: int, n: int):
    """Columns of a log under first accepted and a majority, over other tasks and over other attempts at these."""
    cap = min(n, CAP)
    others = recorded_truths(population(np.random.default_rng(1), shape, 1_000_000), cap)
    policies = [ll.FirstAccepted(), ll.MajorityVote()]

    def check(random, level, seed):
        p = population(random, shape, tasks)
        task = np.repeat(np.arange(tasks), n)
        correct = random.random(len(task)) < p[task]
        frame = {
            "task": task,
            "correct": correct,
            "accepted": correct | (random.random(len(task)) < F),
            "answer": np.where(correct, "right", "wrong"),
            "tokens": random.gamma(4, np.where(correct, *TOKENS) / 4),
        }
        log = ll.Tasks.from_attempts(pl.DataFrame(frame), accepted="accepted", answer="answer", tokens="tokens")
        scenario = ll.SamplingScenario(
            tasks=log, policies=policies, max_attempts=[cap], utility=ll.Utility(wrong_cost=1)
        )
        for resample, truth in (("tasks", others), ("attempts", recorded_truths(p, cap))):
            options = {"resample": resample, "confidence": level, "seed": seed, "bootstrap": RESAMPLES, "threads": 1}
            frame = ll.solve(scenario, columns=list(truth["first_accepted"]), **options)
            for row in frame.iter_rows(named=True):
                for name, value in truth[row["policy"]].items():
                    if row[f"{name}_low"] is not None:
                        label = f"a log's {name}, {row['policy']}, over {resample}"
                        yield f"`solve(resample=)`, {label}", row[f"{name}_low"], row[f"{name}_high"], value

    return check


def labelled(shape: str, tasks: int, n: int):
    """The mean false positive rate, and the accuracy at 20 attempts of other tasks that the verifier judges."""
    shapes = MEAN * (1 / ICC - 1), (1 - MEAN) * (1 / ICC - 1)

    def check(random, level, seed):
        del seed
        task = np.repeat(np.arange(tasks), n)
        rates = random.beta(*shapes, (2, tasks))
        correct = random.random(len(task)) < 0.5
        wrong = random.random(len(task)) < np.where(correct, rates[1][task], rates[0][task])
        if not 0 < correct.sum() < len(task):
            return
        frame = pl.DataFrame({"task": task, "correct": correct, "accepted": correct != wrong})
        verifier = ll.Verifier.from_labels(frame, draws=RESAMPLES)
        tails = [0.5 - level / 2, 0.5 + level / 2]
        yield "`Verifier.from_labels`, mean rate", *np.quantile(verifier.false_positive_rate, tails), MEAN
        p = population(random, shape, JUDGED)
        f, g = random.beta(*shapes, (2, JUDGED))
        scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=p), verifier=verifier, max_attempts=[20])
        row = ll.solve(scenario, columns=["accuracy"], confidence=level).row(0, named=True)
        known = ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g)
        truth = ll.solve(scenario.replace(verifier=known), columns=["accuracy"])["accuracy"].item()
        yield "`Verifier.from_labels`, accuracy", row["accuracy_low"], row["accuracy_high"], truth

    return check
