"""Charts of what counts say: pass@k with its forecast, error rates, a verifier's operating points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from limitlaw._arguments import as_frame, shown
from limitlaw.plots.chart import INK, STYLES, check_columns, check_rows, own_legends, titled
from limitlaw.plots.forms import forest, lines, log_x

if TYPE_CHECKING:
    from limitlaw.fit import JudgeFit

#: How pass rates are written, by their column.
RATES = {"pass_at_k": "pass@k", "pass_hat_k": "pass^k"}


def pass_rates(
    frame: pl.DataFrame, *, forecast: pl.DataFrame | None = None, title: str | None = None
) -> alt.VConcatChart:
    """pass@k or pass^k over k with its interval, beside it what is forecast beyond the attempts.

    Args:
        frame: What ``ll.pass_at_k``, ``ll.pass_hat_k`` or a forecast returns.
        forecast: What ``ll.fit.forecast_pass_at_k`` returns for the same counts.
        title: Title of the chart; the rate unless given.

    Raises:
        ValueError: A frame lacks a column, or the two are of different rates.
    """
    name = next((name for name in RATES if name in as_frame(frame, "frame").columns), "pass_at_k")
    parts = [(frame, "observed", "frame")] + ([] if forecast is None else [(forecast, "forecast", "forecast")])
    rows = []
    for part, series, argument in parts:
        check_columns(part, ["k", name], argument)
        check_rows(part, ["k"], argument)
        ends = {end: pl.col(end).cast(pl.Float64) for end in ("low", "high") if end in part.columns}
        rows.append(part.select("k", value=name, series=pl.lit(series), **ends))
    shown = pl.concat(rows, how="diagonal")
    missing = shown["value"].null_count()
    if missing == shown.height:
        raise ValueError(f"frame must have a {RATES[name]} that exists, got nulls: k is beyond the attempts of a task")
    confidence = frame["confidence"][0] if "confidence" in frame.columns else None
    text = "Line: mean over tasks" + ("" if confidence is None else f"; band: {confidence:.0%} interval")
    if missing:
        text += f"; {missing} beyond the attempts left out"
    x = log_x("k", "k", format=",", tickCount=6)
    heading = title or f"{RATES[name]}: {'some' if name == 'pass_at_k' else 'all'} of k attempts correct"
    return lines(shown, x=x, title=heading, subtitle=f"{text}.", axis=RATES[name], share=True, points=True)


def error_rates(frame: pl.DataFrame, *, title: str = "How often the verifier errs") -> alt.VConcatChart:
    """The error rates of a verifier with their intervals: of the population, or task by task.

    Args:
        frame: What ``ll.fit.fit_error_rates`` returns.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or has more than 60 rows.
    """
    check_columns(frame, ["estimate", "low", "high"])
    by_task = "task" in frame.columns
    if by_task:
        rows = frame.with_columns(label=pl.format("task {}", "task"))
    else:
        rows = frame.filter(pl.col("quantity") == "mean").with_columns(label=pl.col("rate").str.replace_all("_", " "))
    shown = rows.drop_nulls("estimate").select(
        "label", "low", "high", value="estimate", group=pl.col("rate").str.replace_all("_", " ")
    )
    if shown.is_empty():
        raise ValueError("frame must have an estimate, got nulls")
    what = "each task's rate, shrunk to the population" if by_task else "mean over tasks"
    return forest(shown, title=title, subtitle=f"Dot: {what}; bar: interval.", axis="error rate", share=True)


def operating_points(frame: pl.DataFrame, *, title: str = "What the verifier lets through") -> alt.VConcatChart:
    """The receiver operating curve of a verifier, with the point where it operates.

    Args:
        frame: What ``Verifier.operating_points()`` returns, or the ``roc`` of a fitted judge.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column.
    """
    check_columns(frame, ["false_positive_rate", "true_positive_rate"])
    if "source" not in frame.columns:
        frame = frame.with_columns(source=pl.lit("curve"))
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("false_positive_rate:Q", title="wrong answers accepted", scale=scale, axis=alt.Axis(format="%"))
    y = alt.Y("true_positive_rate:Q", title="correct answers accepted", scale=scale, axis=alt.Axis(format="%"))
    ends = pl.DataFrame({"false_positive_rate": [0.0, 1.0], "true_positive_rate": [0.0, 1.0]})
    chance = alt.Chart(ends).mark_line(color="#999999", strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)
    curve = frame.filter(pl.col("source") == "curve").sort("false_positive_rate", "true_positive_rate")
    point = frame.filter(pl.col("source") == "operating point")
    line = alt.Chart(curve).mark_line(color=STYLES[0][0], strokeWidth=2.5).encode(x=x, y=y)
    dot = alt.Chart(point).mark_point(filled=True, size=110, opacity=1, color=STYLES[1][0], stroke=INK).encode(x=x, y=y)
    layers: list[Any] = [chance, line, dot]
    text = "Line: all thresholds; dashed: chance"
    if point.height:
        text = "Dot: the verifier as it is; line: other thresholds; dashed: chance"
    if {"false_positive_rate_low", "true_positive_rate_low"} <= set(frame.columns):
        across = alt.X("false_positive_rate_low:Q", title="wrong answers accepted", scale=scale)
        up = alt.Y("true_positive_rate_low:Q", title="correct answers accepted", scale=scale)
        rule = alt.Chart(point).mark_rule(color=STYLES[1][0], strokeWidth=2)
        layers += [
            rule.encode(y=y, x=across, x2="false_positive_rate_high:Q"),
            rule.encode(x=x, y=up, y2="true_positive_rate_high:Q"),
        ]
        text += "; bars: intervals"
    chart = alt.layer(*layers, width=420, height=420)
    return own_legends(chart, title=titled(title, text))


def judge(fit: JudgeFit, *, title: str | None = None) -> alt.VConcatChart:
    """The receiver operating curve of a judge as its labelled scores show it, with the point of its threshold.

    Args:
        fit: What ``ll.fit.fit_judge`` returns.
        title: Title of the chart; the area under the curve with its interval unless given.

    Raises:
        TypeError: It is no fitted judge.
    """
    roc, estimates = getattr(fit, "roc", None), getattr(fit, "estimates", None)
    if not isinstance(roc, pl.DataFrame) or not isinstance(estimates, pl.DataFrame):
        raise TypeError(f"fit must be what ll.fit.fit_judge returns, got {shown(fit)}")
    found = {row["quantity"]: row for row in estimates.iter_rows(named=True)}
    frame = roc.with_columns(source=pl.lit("curve"))
    if "false_positive_rate" in found:
        wrong, right = found["false_positive_rate"], found["false_negative_rate"]
        point = {
            "source": "operating point",
            "false_positive_rate": wrong["estimate"],
            "true_positive_rate": 1.0 - right["estimate"],
            "false_positive_rate_low": wrong["low"],
            "false_positive_rate_high": wrong["high"],
            "true_positive_rate_low": 1.0 - right["high"],
            "true_positive_rate_high": 1.0 - right["low"],
        }
        frame = pl.concat([frame, pl.DataFrame([point])], how="diagonal")
    auc = found["auc"]
    return operating_points(
        frame, title=title or f"AUC {auc['estimate']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}], over all pairs"
    )
