"""Which chart a result is drawn as: by its kind, or by the columns that only frames of its kind have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import altair as alt
import polars as pl

from limitlaw._arguments import listed, shown
from limitlaw.plots import (
    answers,
    comparison,
    decided,
    estimates,
    exhaustion,
    forecasts,
    laws,
    plans,
    populations,
    sampling,
    systems,
    trends,
)
from limitlaw.plots.chart import stack
from limitlaw.plots.sweeps import sweep


def plot(result: Any, **options: Any) -> alt.VConcatChart:
    """As :func:`limitlaw.plot`, which imports this when it is called."""
    charts = _charts(result)
    if options and len(charts) > 1:
        raise ValueError(f"options must be left out where a result has several charts, got {sorted(options)}")
    return stack(*(chart(**options) for chart in charts))


def pick_shown(frame: pl.DataFrame, show: Sequence[str]) -> alt.VConcatChart:
    """The chart of a frame with the metrics or variables that are to be shown."""
    chart = _of_frame(frame)
    if not show:
        return stack(chart(frame))
    if chart is sampling.curves:
        return stack(sampling.curves(frame, metrics=show))
    if chart is _fan:
        return stack(exhaustion.fan(frame, show, log="lost_compute" not in show))
    if chart not in (sampling.policies, sweep, answers.limits):
        raise ValueError(f"--show must be left out for this kind of frame, got {list(show)}")
    if len(show) > 1:
        raise ValueError(f"--show must be given once for this kind of frame, got {list(show)}")
    return stack(chart(frame, metric=show[0]))


def has_chart(result: Any) -> bool:
    """Whether a result, or frame, of a kind that is known has a chart."""
    try:
        _charts(result)
    except (TypeError, ValueError):
        return False
    return True


def _fan(frame: pl.DataFrame, **options: Any) -> alt.VConcatChart:
    return exhaustion.fan(frame, options.pop("variables", ["effective_stock", "demand"]), **options)


#: The columns that tell a frame apart, and its chart; the first that fits.
_FRAMES: list[tuple[set[str], Callable[..., Any]]] = [
    ({"point", "error"}, sweep),
    ({"lever", "q50_change"}, exhaustion.tornado),
    ({"year", "variable", "q50"}, _fan),
    ({"definition", "year", "probability"}, exhaustion.exhausted),
    ({"definition", "q50", "p_not_by_horizon"}, forecasts.run_out),
    ({"group", "first_order", "total"}, forecasts.sensitivity),
    ({"percentile", "crps", "q05"}, forecasts.backtest),
    ({"quantity", "unit", "q50"}, forecasts.constraints),
    ({"ceiling_all_tasks", "ceiling_pooled"}, answers.ceilings),
    ({"verdict", "difference_low"}, answers.can_match),
    ({"policy", "other", "difference", "winner"}, answers.compared),
    ({"system", "other", "difference", "p_holm"}, systems.differences),
    ({"required_false_positive_rate", "max_attempts"}, answers.required_rate),
    ({"k", "pass_at_k"}, estimates.pass_rates),
    ({"k", "pass_hat_k"}, estimates.pass_rates),
    ({"rate", "estimate", "low"}, estimates.error_rates),
    ({"false_positive_rate", "true_positive_rate"}, estimates.operating_points),
    ({"requirement", "verdict", "low"}, decided.checked),
    ({"optimal_attempts", "wrong_cost", "status"}, decided.optima),
    ({"optimal_limit", "wrong_cost", "status"}, decided.optima),
    ({"policy", "attempts_low", "utility_low"}, decided.recommended),
    ({"method", "labelled_tasks", "estimate"}, decided.corrected),
    ({"target", "attempts", "low"}, plans.attempts_for),
    ({"law", "part", "rms"}, plans.held_out),
    ({"compute", "unique_tokens", "compute_efficiency"}, plans.allocations),
    ({"tasks", "attempts", "se"}, plans.planned),
    ({"p_within", "optimal_attempts"}, plans.planned),
    ({"labels", "independent"}, plans.planned),
    ({"quantity", "estimate", "interval"}, populations.population),
    ({"policy", "limit"}, answers.limits),
]


#: By the name of a result object's class, its chart.
_OBJECTS: dict[str, Callable[..., Any]] = {
    "Sweep": lambda result, **given: sweep(result.frame(), **given),
    "ConstraintResult": forecasts.constraints,
    "Backtest": forecasts.backtest,
    "GrowthFit": trends.growth,
    "JudgeFit": estimates.judge,
    "Recommendation": decided.recommended,
    "Sensitivity": forecasts.sensitivity,
}


def _charts(result: Any) -> list[Callable[..., Any]]:
    """The charts of a result, which take its options."""
    if isinstance(result, pl.DataFrame):
        return [partial(_of_frame(result), result)]
    if isinstance(result, Mapping):
        return [partial(comparison.scenarios, result)]
    kind = type(result).__name__
    if kind == "ExhaustionResult":
        years = partial(_fan, result.trajectories, exhaustion=result.exhaustion)
        return [years, partial(exhaustion.exhausted, result.exhausted_by)]
    if kind == "ScalingFit":
        alone = result.form == "envelope" or result.untold
        charts = [laws.residuals] if alone else [laws.isoflops, laws.residuals, laws.allocation]
        return [partial(chart, result) for chart in charts]
    if kind not in _OBJECTS:
        raise TypeError(f"result must be a frame or a result of limitlaw, got {shown(result)}")
    return [partial(_OBJECTS[kind], result)]


def _of_frame(frame: pl.DataFrame) -> Callable[..., Any]:
    """The chart of a frame."""
    columns = set(frame.columns)
    for needed, chart in _FRAMES:
        if needed <= columns:
            return chart
    if {"policy", "max_attempts"} <= columns and "requirement" not in columns:
        return sampling.curves if frame["policy"].n_unique() == 1 and columns >= _SHARES else sampling.policies
    raise ValueError(f"frame must be of a kind that has a chart, got the columns {listed(frame.columns)}")


#: What the curves of one policy show.
_SHARES = {"accuracy", "coverage", "precision"}
