"""How good the verifier of a weaker model must be to reach an accuracy."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from limitlaw._arguments import as_confidence, as_share, as_threads, as_whole, shown
from limitlaw._core import NoClosedFormError
from limitlaw._elementary import normal_quantile
from limitlaw._frames import run_of
from limitlaw._unused import quietly
from limitlaw.sampling.enough import required_of_labelled
from limitlaw.sampling.frames import simulate_frame, solve_frame
from limitlaw.sampling.plug_in import is_plug_in, resamples_of, warn_outside
from limitlaw.sampling.root import last_reaching
from limitlaw.sampling.scenario import SamplingScenario, check_scenario, row_key, rows_alone
from limitlaw.sampling.verifier import LabelledVerifier, RatesVerifier, SpreadVerifier
from limitlaw.seed import Seed, key_of

#: How far a root may be off, of itself: where every step is exact, and times the square root of trials where simulated.
_EXACT_WIDTH, _SIMULATED_WIDTH = 4e-16, 0.01
#: Resamples behind the warning that observed shares are no rates.
_RESAMPLES = 400
#: The most trials of each simulation.
MAX_TRIALS = 10**9


def required_false_positive_rate(
    scenario: SamplingScenario,
    *,
    accuracy: float,
    seed: Seed | None = None,
    trials: int = 10_000,
    confidence: float = 0.95,
    threads: int | None = None,
) -> pl.DataFrame:
    """The largest false positive rate with which the scenario still reaches an accuracy.

    How much better must the verifier be for model A to reach model B: give model A's scenario and B's accuracy.
    Accuracy falls with the false positive rate, for each acceptance added is wrong and can only end a search early; the
    root is bracketed on the exact solution. Where there is none (error rates tied by a ``correlation``), it is
    found on simulations that all use the seed's draws, to .01 / sqrt(trials) of itself, with an interval from their
    standard error.

    Args:
        scenario: The scenario; its verifier must be made by ``Verifier.rates`` or ``Verifier.from_labels``. Rates given
            per task, or left open by labels, are scaled together, and their mean is reported.
        accuracy: The accuracy to reach, in [0, 1].
        seed: Of the simulations; required where there is no closed form.
        trials: Trials of each of about 30 simulations per row.
        confidence: Of the interval, in (0, 1).
        threads: Threads of the simulations; every core unless given.

    Returns:
        One row per policy and ``max_attempts`` (or ``limit``): ``required_false_positive_rate`` (null where not even 0
        is enough, were the observed shares of counts the rates), where simulated its interval
        ``required_false_positive_rate_low``, ``_high``; ``false_positive_rate`` of the scenario as it is; ``target``;
        ``accuracy`` as it is; where simulated ``trials``; ``run``.
        With a verifier known by labels: ``verdict`` (``yes``: the interval of the accuracy is above the target, ``no``:
        below it, ``cannot tell``), ``false_positive_rate_low``, ``_high``, ``accuracy_low``, ``_high``, ``p_reached``
        (the share of what labels leave open with which the target is reached), ``labels``, and ``labels_needed`` (with
        which, in as many more tasks, the interval would end at the target if the estimate is right; null where none are
        needed or no number would do, as it is not known on which of these tasks the verifier errs).

    Raises:
        TypeError: The verifier is of another kind, or the seed is missing where it is needed.
        ValueError: A value is out of range.

    Warns:
        MisfitWarning: The accuracy from observed shares of counts lies outside the interval of what their attempts
            leave open: then the required rate is no better.

    Source: root of the closed form of Stroebl, Kapoor, Narayanan, arXiv 2411.17501, section 3.

    Example:
        >>> import limitlaw as ll
        >>> weak = ll.SamplingScenario(
        ...     tasks=ll.Tasks.fixed(success=[0.1]),
        ...     verifier=ll.Verifier.rates(false_positive_rate=0.05),
        ...     max_attempts=[1, 10, 1000],
        ... )
        >>> ll.required_false_positive_rate(weak, accuracy=0.8)["required_false_positive_rate"].round(4).to_list()
        [None, None, 0.0278]
    """
    accuracy = as_share(accuracy, "accuracy")
    trials = as_whole(trials, "trials", 2, MAX_TRIALS)
    threads = as_threads(threads)
    if isinstance(scenario, SamplingScenario) and isinstance(scenario.verifier, LabelledVerifier):
        return required_of_labelled(scenario, scenario.verifier, accuracy, as_confidence(confidence))
    verifier = _scaled_verifier(scenario)
    rates = np.atleast_1d(np.asarray(verifier.false_positive_rate, dtype=np.float64))
    present = float(rates.mean())
    largest = present / float(rates.max()) if present > 0.0 else 1.0
    score = _score(confidence)
    key, text = key_of(seed) if seed is not None else (None, None)
    rows: list[dict[str, Any]] = []
    name, points = row_key(scenario)
    for at, one in enumerate(rows_alone(scenario)):

        def value(rate: float, one: SamplingScenario = one) -> tuple[float, float | None]:
            factor = verifier.false_positive_rate / present if present > 0.0 else np.ones_like(rates)
            spread = np.minimum(np.atleast_1d(factor) * rate, 1.0)
            with quietly():  # no rate spreads where it is 0
                changed = verifier.replace(false_positive_rate=spread if len(spread) > 1 else float(spread[0]))
                asked = one.replace(verifier=changed)
            return _accuracy(asked, key=key, trials=trials, threads=threads)

        value = functools.cache(value)
        now, error = value(present)
        exact = error is None
        width = _EXACT_WIDTH if exact else _SIMULATED_WIDTH / math.sqrt(trials)

        def root(shift: float, width: float = width, value: _Value = value) -> float | None:
            return last_reaching(lambda rate: _shifted(value(rate), shift) - accuracy, largest, width)

        rows.append(
            {
                "policy": one.policies[0].label,
                name: points[at % len(points)],
                "target": float(accuracy),
                "false_positive_rate": present,
                "accuracy": now,
                "required_false_positive_rate": root(0.0),
                "required_false_positive_rate_low": None if exact else root(-score),
                "required_false_positive_rate_high": None if exact else root(score),
                "trials": None if exact else trials,
                "run": str(run_of(scenario, seed=None if exact else text)),
            }
        )
    schema: dict[str, Any] = {"policy": pl.String, name: points.dtype, **_REQUIRED}
    frame = pl.DataFrame(rows, schema=schema)
    if is_plug_in(scenario.tasks) and frame["trials"].is_null().all():
        drawn = {
            "resamples": resamples_of(scenario.tasks, "tasks", _RESAMPLES),
            "key": key_of(0)[0],
            "threads": threads,
            "progress": None,
        }
        options: dict[str, Any] = {"by": "policy", "columns": ["accuracy"], "confidence": as_confidence(confidence)}
        warn_outside(scenario.tasks, solve_frame(scenario, resampled=drawn, **options))
    return frame.drop(_OF_SIMULATIONS) if frame["trials"].is_null().all() else frame


_Value = Callable[[float], tuple[float, float | None]]

_REQUIRED = {
    "required_false_positive_rate": pl.Float64,
    "false_positive_rate": pl.Float64,
    "target": pl.Float64,
    "accuracy": pl.Float64,
    "required_false_positive_rate_low": pl.Float64,
    "required_false_positive_rate_high": pl.Float64,
    "trials": pl.Int64,
    "run": pl.String,
}
#: Columns of which an exact solution has none.
_OF_SIMULATIONS = ["required_false_positive_rate_low", "required_false_positive_rate_high", "trials"]


def _score(confidence: float) -> float:
    """Standard errors on each side of an interval."""
    return normal_quantile(0.5 + 0.5 * as_confidence(confidence))


def _scaled_verifier(scenario: SamplingScenario) -> RatesVerifier | SpreadVerifier:
    check_scenario(scenario)
    if not isinstance(scenario.verifier, (RatesVerifier, SpreadVerifier)):
        raise TypeError(f"scenario.verifier must be made by Verifier.rates, got {shown(scenario.verifier)}")
    return scenario.verifier


def _accuracy(
    scenario: SamplingScenario, *, key: tuple[int, int] | None, trials: int, threads: int | None
) -> tuple[float, float | None]:
    """The accuracy of a scenario with one row, and its standard error (``None`` where exact)."""
    try:
        return float(solve_frame(scenario, by="policy", columns=["accuracy"])["accuracy"][0]), None
    except NoClosedFormError as error:
        if key is None:
            raise TypeError(f"seed must be given, for this scenario has {error}") from None
    row = simulate_frame(
        scenario,
        trials=trials,
        key=key,
        seed="",
        replicate=0,
        by="policy",
        columns=["accuracy", "accuracy_se"],
        threads=threads,
        progress=None,
    ).row(0, named=True)
    return row["accuracy"], row["accuracy_se"]


def _shifted(value: tuple[float, float | None], standard_errors: float) -> float:
    mean, error = value
    return mean + standard_errors * (error or 0.0)
