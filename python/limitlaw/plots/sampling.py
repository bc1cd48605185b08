"""Charts of repeated sampling: shares against attempts, policies side by side, what the attempts are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from limitlaw._arguments import brief
from limitlaw.plots.chart import (
    INK,
    STYLES,
    WIDTH,
    check_columns,
    check_count,
    check_rows,
    check_tasks,
    own_legends,
    part_words,
    run_words,
    titled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the legend says beside a metric's name.
_MEANINGS = {
    "accuracy": "answered correctly",
    "accepted": "an answer passed the verifier",
    "coverage": "some attempt was correct",
    "precision": "correct among the answered",
}
#: Standard errors that a simulated row may be off by: by chance less than once in 1e9 rows.
_SIGMAS = 6.0
#: How far beyond its range a sum of floats may come.
_ROUNDING = 1e-9
#: The ends of an interval, and of the middle range of single runs.
_INTERVAL, _RUNS = ("low", "high"), ("q05", "q95")
#: Where a log axis shows zero attempts.
_ZERO = 0.4


def curves(
    frame: pl.DataFrame,
    *,
    metrics: Sequence[str] = ("accuracy", "coverage", "precision"),
    tasks: int | None = None,
    title: str = "What more attempts buy",
) -> alt.VConcatChart:
    """Shares of tasks against attempts, on a log axis.

    Args:
        frame: What ``simulate`` or ``solve`` returns for one policy: one row per ``max_attempts``.
        metrics: Columns to draw, at most four, each a share in [0, 1]; the first is drawn boldest.
        tasks: Number of tasks, for the caption.
        title: Title of the chart.

    Returns:
        A chart. A band around a metric is its interval (``<metric>_low`` to ``_high``) where the frame has one, else it
        goes from the 5 % to the 95 % quantile over single runs of the whole benchmark, where the frame has them.

    Raises:
        ValueError: The frame has several policies, or lacks a column.
    """
    check_count(metrics, "metrics")
    check_tasks(tasks)
    _check(frame, metrics)
    for metric in metrics:
        known = frame[metric].drop_nulls()
        if not known.is_between(-_ROUNDING, 1.0 + _ROUNDING).all():
            most = max(known.to_list())
            raise ValueError(f"metrics must be shares in [0, 1], got {metric!r} up to {brief(most)}")
    colours = alt.Scale(domain=list(metrics), range=[c for c, _ in STYLES[: len(metrics)]])
    dashes = alt.Scale(domain=list(metrics), range=[d for _, d in STYLES[: len(metrics)]])
    meanings = ", ".join(f"{m!r}: {_label(m)!r}" for m in metrics)
    legend = alt.Legend(
        title=None,
        orient="top",
        symbolSize=900,
        symbolStrokeWidth=2.5,
        labelFontSize=13,
        labelLimit=0,
        columnPadding=24,
        labelExpr=f"({{{meanings}}})[datum.label]",
    )
    lines = frame.unpivot(metrics, index="max_attempts", variable_name="metric", value_name="share").drop_nulls()
    x = alt.X("max_attempts:Q", title="attempts allowed per task (log scale)", scale=_log(frame), axis=_ticks())
    of = "probability" if "task" in frame.columns else "share of tasks"
    y = alt.Y("share:Q", title=of, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    line = (
        alt.Chart(lines)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color("metric:N", scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("metric:N", scale=dashes, legend=legend),
        )
    )
    layers: list[Any] = []
    banded: dict[tuple[str, str], list[str]] = {}
    for metric in metrics:
        ends = _ends(frame, metric)
        if ends is None:
            continue
        banded.setdefault(ends, []).append(metric)
        low, high = (f"{metric}_{end}" for end in ends)
        layers.append(
            alt.Chart(frame.select("max_attempts", low=low, high=high))
            .mark_area(color=STYLES[list(metrics).index(metric)][0], opacity=0.18)
            .encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
        )
    size = f"{tasks} tasks" if tasks else "the whole benchmark"
    means = {_INTERVAL: "the interval of the estimate", _RUNS: f"5 to 95 % of single runs of {size}"}
    notes = [f"Band: {means[ends]} ({' and '.join(of)})." for ends, of in banded.items()]
    subtitle = " ".join([*notes, _provenance(frame, tasks)])
    chart = alt.layer(*layers, line, width=WIDTH, height=300)
    return own_legends(chart, title=titled(title, subtitle))


def _ends(frame: pl.DataFrame, metric: str) -> tuple[str, str] | None:
    """The ends of a metric's band: its interval where the frame has one, else single runs; none of either."""
    known = {name for name in frame.columns if not frame[name].is_null().all()}
    return next((ends for ends in (_INTERVAL, _RUNS) if {f"{metric}_{end}" for end in ends} <= known), None)


def utility(
    frame: pl.DataFrame,
    best: pl.DataFrame,
    *,
    tasks: int | None = None,
    title: str = "How many attempts are worth it",
) -> alt.VConcatChart:
    """Utility per task against attempts, one panel for each cost of a wrong answer, the optimum marked.

    Args:
        frame: What ``simulate`` or ``solve`` returns for one policy.
        best: What ``optimal_attempts`` returns for it: one row per ``wrong_cost``.
        tasks: Number of tasks, for the caption.
        title: Title of the chart.

    Returns:
        Panels in a row. The reward and the cost of an attempt are those of ``best``. The shaded span is the 5 to 95 %
        bootstrap interval of the optimum, where there is one.

    Raises:
        ValueError: A frame has several policies or lacks a column, or ``best`` is not the optimum of ``frame``.
    """
    check_tasks(tasks)
    _check(frame, ["accuracy", "wrong", "attempts_used"])
    check_columns(
        best,
        ["wrong_cost", "correct_reward", "attempt_cost", "optimal_attempts", "status", "utility"],
        "best",
    )
    check_rows(best, ["wrong_cost"], "best")
    if best["utility"].null_count():
        raise ValueError(f"best['utility'] must have a value in every row, got {best['utility'].null_count()} nulls")
    curves = [_curve(frame, row) for row in best.iter_rows(named=True)]
    for curve, row in zip(curves, best.iter_rows(named=True), strict=True):
        _check_optimum(curve, row)
    panels = [
        _panel(curve, row, width=(WIDTH + 18) / best.height - 54, first=i == 0)
        for i, (curve, row) in enumerate(zip(curves, best.iter_rows(named=True), strict=True))
    ]
    rewards = " or ".join(f"{reward:g}" for reward in best["correct_reward"].unique(maintain_order=True))
    subtitle = f"Reward {rewards} for a correct answer, 0 for none. Dot: best number of attempts"
    if any(_sampled(row) for row in best.iter_rows(named=True)):
        subtitle += f"; shaded: its 5 to 95 % bootstrap interval{f' over {tasks} tasks' if tasks else ''}"
    heading = titled(title, f"{subtitle}. {part_words(frame)}".strip())
    return alt.vconcat(alt.hconcat(*panels, spacing=18), title=heading)


def _curve(frame: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """The utility of each row at one cost of a wrong answer, with what a simulation may be off by."""
    money = [pl.col("cost")] if "cost" in frame.columns and frame["cost"].null_count() == 0 else []
    value = (
        row["correct_reward"] * pl.col("accuracy")
        - row["wrong_cost"] * pl.col("wrong")
        - row["attempt_cost"] * pl.col("attempts_used")
    )
    terms = {"accuracy": row["correct_reward"], "wrong": row["wrong_cost"], "attempts_used": row["attempt_cost"]}
    noise = pl.sum_horizontal(
        [weight * pl.col(f"{name}_se") for name, weight in terms.items() if f"{name}_se" in frame.columns]
        + [pl.col("cost_se")] * ("cost_se" in frame.columns and bool(money))
        + [pl.lit(0.0)]
    )
    return frame.select("max_attempts", utility=pl.sum_horizontal(value, *(-m for m in money)), noise=noise)


def _check_optimum(curve: pl.DataFrame, row: dict[str, Any]) -> None:
    """No row may beat the optimum, and the row with that number of attempts must have its utility."""
    best = float(row["utility"])
    slack = _SIGMAS * curve["noise"] + 1e-6 * (1.0 + abs(best))
    above = curve["utility"] > best + slack
    at_best = curve["max_attempts"] == (row["optimal_attempts"] or -1)
    below = at_best & (curve["utility"] < best - slack)
    if (above | below).any():
        at = curve.filter(above | below).row(0, named=True)
        got = f"{best:g}, where frame has {at['utility']:g} at {at['max_attempts']} attempts"
        raise ValueError(f"best must be the optimum of the scenario of frame, got a utility of {got}")


def policies(
    frame: pl.DataFrame,
    *,
    metric: str = "accuracy",
    tasks: int | None = None,
    title: str = "Policies",
) -> alt.VConcatChart:
    """One metric against attempts, a line for each policy.

    Args:
        frame: What ``simulate`` or ``solve`` returns: one row per policy and ``max_attempts``.
        metric: The column to draw.
        tasks: Number of tasks, for the caption.
        title: Title of the chart.

    Returns:
        A chart. A bar at a point is its interval where the frame has one, else two standard errors to each side.

    Raises:
        ValueError: The frame lacks a column.
    """
    check_tasks(tasks)
    check_columns(frame, ["policy", "max_attempts", metric])
    check_rows(frame, ["policy", "max_attempts"])
    error = pl.lit(0.0) if run_words(frame) == "exact" else 2 * pl.col(f"{metric}_se")
    ends = pl.col(metric) - error, pl.col(metric) + error
    if _ends(frame, metric) == _INTERVAL:
        ends = pl.col(f"{metric}_low"), pl.col(f"{metric}_high")
    elif run_words(frame) != "exact":
        check_columns(frame, [f"{metric}_se"])
    shown = frame.select(
        pl.col("policy").cast(pl.String),
        "max_attempts",
        value=metric,
        low=ends[0],
        high=ends[1],
    ).drop_nulls("value")
    if shown.is_empty():
        raise ValueError(f"metric must be a column with values, got {metric!r}, in which all are null")
    names = shown["policy"].unique(maintain_order=True).to_list()
    legend = alt.Legend(title=None, orient="right", labelFontSize=13, labelLimit=0, symbolSize=600)
    colour = alt.Color("policy:N", sort=names, legend=legend, scale=alt.Scale(domain=names, scheme="tableau10"))
    dashes = [STYLES[i % len(STYLES)][1] for i in range(len(names))]
    dash = alt.StrokeDash("policy:N", sort=names, legend=legend, scale=alt.Scale(domain=names, range=dashes))
    share = metric in (*_MEANINGS, "wrong", "returned", "abstained", "false_discovery_rate")
    axis = alt.Axis(format="%") if share else alt.Axis()
    x = alt.X("max_attempts:Q", title="attempts allowed per task (log scale)", scale=_log(shown), axis=_ticks())
    y = alt.Y("value:Q", title=metric.replace("_", " "), scale=alt.Scale(zero=False), axis=axis)
    line = alt.Chart(shown).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash)
    bars = alt.Chart(shown).mark_rule(strokeWidth=1.5).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour)
    chart = alt.layer(line, bars, width=WIDTH - 160, height=340)
    return own_legends(chart, title=titled(title, _provenance(frame, tasks)))


def _panel(curve: pl.DataFrame, row: dict[str, Any], *, width: float, first: bool) -> Any:
    """Utility at one cost of a wrong answer; zero attempts, worth nothing, stand left of the log axis' one."""
    last = float(max(curve["max_attempts"].to_list()))

    def place(attempts: float | None) -> float:
        return last if attempts is None else min(max(float(attempts), _ZERO), last)

    at = place(row["optimal_attempts"])
    scale = alt.Scale(type="log", domain=[_ZERO, last], nice=False)
    axis = alt.Axis(
        values=[_ZERO, *_powers(last)],
        labelExpr=f"datum.value <= {_ZERO} ? '0' : format(datum.value, ',')",
        grid=False,
        title="attempts allowed",
    )
    x = alt.X("max_attempts:Q", scale=scale, axis=axis)
    y = alt.Y("utility:Q", title="utility per task" if first else None, axis=alt.Axis(format=".2f", tickCount=5))
    low, high = (place(row.get(f"optimal_attempts_{q}")) for q in ("q05", "q95"))
    ends = {"low": [low], "high": [high if high > low else low * 1.06]}
    span = pl.DataFrame(ends) if _sampled(row) else pl.DataFrame(ends).clear()
    dot = pl.DataFrame({"max_attempts": [at], "utility": [float(row["utility"])]})
    layers = [
        alt.Chart(span).mark_rect(color=STYLES[1][0], opacity=0.2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q"),
        alt.Chart(pl.DataFrame({"utility": [0.0]})).mark_rule(color="#999999", strokeDash=[3, 3]).encode(y=y),
        alt.Chart(curve).mark_line(color=STYLES[0][0], strokeWidth=2.5).encode(x=x, y=y),
        alt.Chart(dot).mark_rule(color=STYLES[1][0], strokeWidth=1.5).encode(x=x),
        alt.Chart(dot).mark_point(color=INK, fill=STYLES[1][0], size=90, opacity=1).encode(x=x, y=y),
    ]
    heading = alt.TitleParams(
        f"wrong answer costs {row['wrong_cost']:g}",
        subtitle=_verdict(row),
        fontSize=13,
        subtitleFontSize=12,
        anchor="start",
    )
    return alt.layer(*layers, width=width, height=170, title=heading)


def _label(metric: str) -> str:
    return f"{metric}: {_MEANINGS[metric]}" if metric in _MEANINGS else metric


def _count(attempts: float | None) -> str:
    return "no limit" if attempts is None or attempts == float("inf") else f"{attempts:,.0f}"


def _verdict(row: dict[str, Any]) -> list[str]:
    attempts, low, high = (_count(row.get(f"optimal_attempts{which}")) for which in ("", "_q05", "_q95"))
    best = {
        "zero": "best: do not answer",
        "unbounded": "best: no limit",
        "censored": f"best: {attempts}, where the data end",
    }.get(row["status"], f"best: {attempts} attempt{'s' if attempts != '1' else ''}")
    return [best, f"5 to 95 %: {low} to {high}"] if _sampled(row) else [best]


def _sampled(row: dict[str, Any]) -> bool:
    """Whether an optimum has an interval that is known; its null ends are then "no limit"."""
    return "optimal_attempts_q95" in row and row.get("p_unbounded", 1.0) is not None


def _check(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    check_columns(frame, ["policy", "max_attempts", *columns])
    labels = frame["policy"].unique().to_list()
    if len(labels) != 1:
        raise ValueError(f"frame must be of one policy (filter it first), got {sorted(map(str, labels))}")
    check_rows(frame, ["max_attempts"])


def _provenance(frame: pl.DataFrame, tasks: int | None) -> str:
    words = ", ".join(word for word in (f"{tasks} tasks" if tasks else "", run_words(frame)) if word)
    return f"{part_words(frame)}{words[:1].upper()}{words[1:]}{'.' if words else ''}".strip()


def _powers(last: float) -> list[int]:
    return [10**i for i in range(20) if 10**i <= last]


def _log(frame: pl.DataFrame) -> alt.Scale:
    attempts = frame["max_attempts"].to_list()
    return alt.Scale(type="log", domain=[min(attempts), max(attempts)], nice=False)


def _ticks() -> alt.Axis:
    return alt.Axis(format=",", tickCount=6, gridOpacity=0.4)
