"""Charts of systems compared: the difference over attempts with its band, or pair by pair."""

from __future__ import annotations

import altair as alt
import polars as pl

from limitlaw.plots.chart import check_columns, check_rows
from limitlaw.plots.estimates import RATES
from limitlaw.plots.forms import forest, lines, log_x

#: From so many k on the difference is a line.
_LINE = 4


def differences(frame: pl.DataFrame, *, title: str = "Which system is better") -> alt.VConcatChart:
    """The paired difference of every two systems: over k with its simultaneous band, or a row for each pair and k.

    Args:
        frame: What ``ll.compare_systems`` returns.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, has no difference, or too many rows or pairs to be drawn.
    """
    check_columns(frame, ["system", "other", "k", "difference", "low", "high"])
    check_rows(frame, ["system", "other", "k"])
    known = frame.drop_nulls("difference")
    if known.is_empty():
        raise ValueError("frame must have a difference, got nulls: k is beyond the attempts of a task")
    statistic = frame["statistic"][0] if "statistic" in frame.columns else "pass_at_k"
    axis = f"difference of {RATES.get(statistic, f'accuracy: {statistic}')}"
    confidence = f"{frame['confidence'][0]:.0%} " if "confidence" in frame.columns else ""
    pair = pl.format("{} less {}", pl.col("system").cast(pl.String), pl.col("other").cast(pl.String))
    if known["k"].n_unique() >= _LINE:
        banded = "band_low" in frame.columns
        ends = ("band_low", "band_high") if banded else ("low", "high")
        rows = known.select("k", value="difference", low=ends[0], high=ends[1], series=pair)
        what = "band that holds at all k together" if banded else "interval at each k"
        pairs = rows["series"].unique(maintain_order=True)
        heading = title if len(pairs) > 1 else f"{title}: {pairs[0]}"
        text = f"Line: mean over shared tasks; {confidence}{what}; 0: no difference."
        return lines(rows, x=log_x("k", "k", tickCount=6), title=heading, subtitle=text, axis=axis)
    several = known["k"].n_unique() > 1
    label = pl.format("{} at k = {}", pair, "k") if several else pair
    rows = known.select(
        value="difference",
        low="low",
        high="high",
        label=label,
        group=pl.when(pl.col("winner").is_null()).then(pl.lit("not told apart")).otherwise(pl.lit("told apart")),
    )
    legend = ["told apart", "not told apart"]
    text = f"Dot: mean over shared tasks; bar: {confidence}interval of that pair; told apart: Holm over all pairs."
    return forest(rows, title=title, subtitle=text, axis=axis, mark=0.0, legend=legend, colours=legend)
