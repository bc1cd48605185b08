"""Charts of plans: how many tasks, what power, how often the best number is found, what attempts a target takes."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from limitlaw._arguments import as_frame
from limitlaw.plots.chart import check_columns, check_rows
from limitlaw.plots.forms import bars, lines, log_x, two_errors

#: The axis of a number of things.
_COUNTED: dict[str, Any] = {"format": ",", "tickCount": 6}


def planned(frame: pl.DataFrame, *, title: str | None = None) -> alt.VConcatChart:
    """What ``ll.plan`` returns: tasks by attempts, power by tasks, how often the best is found, a split, labels.

    Args:
        frame: Of ``ll.plan.tasks``, ``power``, ``best_attempts``, ``attempts`` or ``labels``.
        title: Title of the chart.

    Raises:
        ValueError: The frame is of none of them, or has several rows for a place of the chart.
    """
    columns = set(as_frame(frame, "frame").columns)
    if "p_within" in columns:
        return _by_tasks(frame, "p_within", title or "Is the best number of attempts found?", "share of data sets")
    if "power" in columns and "tasks" in columns and "attempts" in columns:
        return _by_tasks(frame, "power", title or "Will the two be told apart?", "P(told apart)")
    if {"cost_of_one", "cost"} <= columns:
        return _split(frame, title)
    if {"labels", "independent"} <= columns:
        check_rows(frame, ["labels"])
        words = {"labels": "labels", "independent": "labels, were they independent", "tasks": "tasks"}
        numbers = {text: float(frame[name][0]) for name, text in words.items() if name in columns}
        rows = pl.DataFrame({"label": [*numbers], "value": [*numbers.values()], "group": "number"})
        return bars(rows, title=title or "Labels to collect", subtitle="Bar: how many.", axis="number")
    check_columns(frame, ["attempts", "tasks", "tasks_low", "tasks_high"])
    check_rows(frame, ["attempts"])
    rows = frame.select(
        "attempts", value=pl.col("tasks").cast(pl.Float64), low="tasks_low", high="tasks_high", series=pl.lit("tasks")
    )
    band = "; band: the middle 90% over resamples of the pilot" if rows["low"].null_count() < rows.height else ""
    return lines(
        rows,
        x=log_x("attempts", "attempts at each task", **_COUNTED),
        title=title or "Tasks to collect",
        subtitle=f"Line: tasks that are needed{band}.",
        axis="tasks (log scale)",
        log=True,
        points=True,
    )


def attempts_for(frame: pl.DataFrame, *, title: str = "Attempts that a target takes") -> alt.VConcatChart:
    """The fewest attempts for each target of mean pass@k.

    Args:
        frame: What ``ll.fit.attempts_for`` returns.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or no target is reached.
    """
    check_columns(frame, ["target", "attempts", "low", "high"])
    check_rows(frame, ["target"])
    if frame["attempts"].null_count() == frame.height:
        raise ValueError("frame must have a target that is reached, got none")
    # An interval without an upper end: no number is enough in some resamples.
    open_ = frame.filter(pl.col("low").is_not_null() & pl.col("high").is_null()).height
    rows = frame.select(
        "target", "low", "high", value=pl.col("attempts").cast(pl.Float64), series=pl.lit("attempts")
    ).with_columns(pl.col("value", "low", "high").clip(1.0))
    confidence = f"{frame['confidence'][0]:.0%} " if "confidence" in frame.columns else ""
    text = f"Line: the fewest attempts; band: {confidence}interval."
    if open_:
        text += f" Of {open_} of {frame.height} targets the interval is open above."
    x = alt.X("target:Q", title="mean pass@k to reach", scale=alt.Scale(zero=False), axis=alt.Axis(format="%"))
    return lines(rows, x=x, title=title, subtitle=text, axis="attempts (log scale)", log=True, points=True)


def allocations(frame: pl.DataFrame, *, title: str = "How compute is best spent") -> alt.VConcatChart:
    """Parameters and tokens of the best training run for each compute.

    Args:
        frame: What ``ll.optimal_allocation`` returns, of one stock of unique tokens.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or has several rows for one compute.
    """
    check_columns(frame, ["compute", "parameters", "tokens", "unique_tokens"])
    check_rows(frame, ["compute"])
    rows = frame.unpivot(["parameters", "tokens", "unique_tokens"], index="compute", variable_name="series").select(
        "compute",
        "value",
        series=pl.col("series").str.replace("_", " "),
    )
    x = log_x("compute", "compute, FLOP", format=".0e", tickCount=6)
    text = "Lines: parameters and tokens (repeats counted) of the run with the least loss."
    return lines(
        rows, x=x, title=title, subtitle=text, axis="number (log scale)", log=True, numbers="format(datum.value, '.0e')"
    )


def held_out(frame: pl.DataFrame, *, title: str = "Which law foretells larger runs") -> alt.VConcatChart:
    """The error of each law on the runs that it was not fitted to.

    Args:
        frame: What ``ll.fit.compare_scaling_laws`` returns.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or no law could be fitted.
    """
    check_columns(frame, ["part", "rms"])
    check_rows(frame, ["law", "part"])
    if frame["rms"].null_count() == frame.height:
        raise ValueError("frame must have a law that was fitted, got none")
    rows = frame.drop_nulls("rms").select(
        label=pl.format("part {}", "part"),
        value=100 * pl.col("rms"),
        group="law",
    )
    text = "Bar: root mean square of ln(loss / predicted) over the runs of a part, predicted without them."
    return bars(rows, title=title, subtitle=text, axis="error of the loss, %")


def _by_tasks(frame: pl.DataFrame, column: str, title: str, axis: str) -> alt.VConcatChart:
    check_columns(frame, ["tasks", "attempts", column])
    check_rows(frame, ["tasks", "attempts"])
    plural = pl.when(pl.col("attempts") > 1).then(pl.lit("s")).otherwise(pl.lit(""))
    series = pl.format("{} attempt{} at each task", "attempts", plural)
    rows = frame.select("tasks", value=column, series=series, **two_errors(frame, column))
    text = "Line: within the factor, of simulated data sets; band: two standard errors to each side."
    if column == "power":
        difference = frame["difference"][0] if "difference" in frame.columns else None
        text = "Line: by the formula" + ("." if difference is None else f", for a difference of {abs(difference):.3g}.")
    x = log_x("tasks", "tasks", **_COUNTED)
    return lines(rows, x=x, title=title, subtitle=text, axis=axis, share=True, points=True)


def _split(frame: pl.DataFrame, title: str | None) -> alt.VConcatChart:
    check_rows(frame, ["attempts"])
    row = frame.row(0, named=True)
    rows = pl.DataFrame(
        {
            "label": [f"{row['attempts']:,} attempts at each of {row['tasks']:,} tasks", "one attempt at each task"],
            "value": [row["cost"], row["cost_of_one"]],
            "group": "cost",
        }
    )
    text = f"Bar: what it costs to get a standard error of {row['se']:.3g}."
    return bars(rows, title=title or "Tasks or attempts", subtitle=text, axis="cost")
