"""Is a verifier known by labels good enough, and how many labels would tell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core
from limitlaw._frames import run_of
from limitlaw._unused import quietly
from limitlaw.sampling.root import last_reaching
from limitlaw.sampling.scenario import SamplingScenario, row_key, rows_alone
from limitlaw.sampling.verifier import LabelledVerifier

#: How far a root may be off, of itself; and the draws at which the spread over tasks alone is looked at.
_WIDTH, _ALIKE = 1e-7, 200
#: More labels than anybody has.
_MOST_LABELS = 1e9
_VERDICTS = ["yes", "no", "cannot tell"]


def required_of_labelled(
    scenario: SamplingScenario, verifier: LabelledVerifier, target: float, confidence: float
) -> pl.DataFrame:
    """A row per policy and number of attempts: does the accuracy reach the target, whatever labels leave open?"""
    labels = [policy.label for policy in scenario.policies]
    name, points = row_key(scenario)
    draws = _accuracies(scenario)
    alike = _accuracies(_with(scenario, _mean_only(verifier)))
    tails = (0.5 - 0.5 * confidence, 0.5 + 0.5 * confidence)
    factors = [_factor(one, verifier, target) for one in rows_alone(scenario)]
    rates = verifier.false_positive_rate
    rows: list[dict[str, Any]] = []
    for at, values in enumerate(draws):
        if np.isnan(values).any():
            low = high = mean = None
            verdict, needed, reached = None, None, None
        else:
            low, high, mean = (
                float(np.quantile(values, tails[0])),
                float(np.quantile(values, tails[1])),
                values.mean(),
            )
            verdict = "yes" if low >= target else "no" if high < target else "cannot tell"
            reached = float((values >= target).mean())
            half = (mean - low) if mean >= target else (high - mean)
            needed = (
                _labels_needed(verifier.labels, mean - target, half, values.var(), alike[at].var())
                if verdict == "cannot tell"
                else None
            )
        factor = factors[at]
        rows.append(
            {
                "policy": labels[at // len(points)],
                name: points[at % len(points)],
                "verdict": verdict,
                "required_false_positive_rate": None
                if factor is None
                else float(np.minimum(rates * factor, 1.0).mean()),
                "false_positive_rate": float(rates.mean()),
                "false_positive_rate_low": float(np.quantile(rates, tails[0])),
                "false_positive_rate_high": float(np.quantile(rates, tails[1])),
                "target": target,
                "accuracy": mean,
                "accuracy_low": low,
                "accuracy_high": high,
                "p_reached": reached,
                "labels": verifier.labels or None,
                "labels_needed": needed,
                "run": str(run_of(scenario)),
            }
        )
    schema: dict[str, Any] = {"policy": pl.String, name: points.dtype, "verdict": pl.Enum(_VERDICTS)}
    floats = [column for column in rows[0] if column not in (*schema, "labels", "labels_needed", "run")]
    schema |= dict.fromkeys(floats, pl.Float64) | {"labels": pl.Int64, "labels_needed": pl.Int64, "run": pl.String}
    return pl.DataFrame(rows, schema=schema)


def _labels_needed(labels: int, gap: float, half: float, spread: float, of_tasks: float) -> int | None:
    """Labels with which the interval would end at the target, were the estimate right; none where no number would.

    What labels leave open shrinks with their number; that nobody knows on which of these tasks the verifier errs stays.
    """
    if labels == 0 or gap == 0.0 or spread <= of_tasks:
        return None
    quantile = half / math.sqrt(spread)
    left = (gap / quantile) ** 2 - of_tasks
    needed = labels * (spread - of_tasks) / left if left > 0.0 else math.inf
    return math.ceil(max(needed, labels)) if needed <= _MOST_LABELS else None


def _accuracies(scenario: SamplingScenario) -> npt.NDArray[np.float64]:
    """A row per policy and number of attempts, a column per verifier."""
    rows = len(scenario.policies) * len(row_key(scenario)[1])
    return _core.accuracies_sampling(*scenario.wire()).reshape(rows, -1)


def _with(scenario: SamplingScenario, verifier: LabelledVerifier) -> SamplingScenario:
    with quietly():
        return scenario.replace(verifier=verifier)


def _mean_only(verifier: LabelledVerifier) -> LabelledVerifier:
    """The same with nothing left open but the tasks on which it errs."""
    fields = ("false_positive_rate", "false_negative_rate", "false_positive_icc", "false_negative_icc")
    means: dict[str, Any] = {name: np.full(_ALIKE, getattr(verifier, name).mean()) for name in fields}
    return LabelledVerifier(**means)


def _factor(row: SamplingScenario, verifier: LabelledVerifier, target: float) -> float | None:
    """The factor of all false positive rates at which the mean accuracy is the target; none where even 0 fails."""
    rates = verifier.false_positive_rate
    most = 1.0 / float(rates.max())

    def excess(factor: float) -> float:
        scaled = verifier.replace(false_positive_rate=np.minimum(rates * factor, 1.0))
        return float(_accuracies(_with(row, scaled)).mean()) - target

    return last_reaching(excess, most, _WIDTH)
