"""Coverage of what is fitted to counts: pass rates, populations, error rates and forecasts."""

import numpy as np
from populations import POPULATIONS, mean_pass, mirrored_pass, population

import limitlaw as ll
from limitlaw import fit

#: Of fits and forecasts, which refit to each resample.
FEW_RESAMPLES = 100


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
