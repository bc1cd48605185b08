"""Charts of what forecasts rest on: when data run out, what the answer depends on, scores, and what binds in 2030."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from limitlaw.exhaustion.run import MEANINGS, VARIABLES
from limitlaw.plots.chart import WIDTH, check_columns, check_rows, own_legends, run_words, titled
from limitlaw.plots.forms import bars, forest


def _words(frame: pl.DataFrame) -> str:
    words = run_words(frame).replace("trials", "worlds")
    return f" ({words})." if words else "."


def run_out(frame: pl.DataFrame, *, title: str = "When training data run out") -> alt.VConcatChart:
    """The year of running out by each definition: median, middle half and 90 %.

    Args:
        frame: The frame of that name from ``simulate`` of an exhaustion scenario.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or the median is beyond the horizon by every definition.
    """
    check_columns(frame, ["definition", "q05", "q25", "q50", "q75", "q95", "p_not_by_horizon"])
    check_rows(frame, ["definition"])
    names = pl.col("definition").cast(pl.String).replace(MEANINGS)
    rows = frame.select(
        pl.format("{} ({} % not by the horizon)", names, (100 * pl.col("p_not_by_horizon")).round(0).cast(pl.Int64))
        .alias("label"),
        "q05", "q25", "q50", "q75", "q95",
    )  # fmt: skip
    known = rows.drop_nulls("q05")
    if known.is_empty():
        raise ValueError("frame must have a definition that is reached by the horizon, got none")
    ends = [value for name in ("q05", "q95", "q75", "q50") for value in known[name].drop_nulls()]
    last = max(ends)
    y = alt.Y("label:N", sort=rows["label"].to_list(), title=None, axis=alt.Axis(labelLimit=0, labelFontSize=12))
    scale = alt.Scale(domain=[min(ends) - 1, last + 1], nice=False, zero=False)
    axis = alt.Axis(format="d", tickMinStep=1)
    open_ended = known.with_columns(pl.col("q75", "q95").fill_null(last + 1))
    layers = [
        alt.Chart(open_ended)
        .mark_bar(height=height, color="#12305e", opacity=opacity)
        .encode(y=y, x=alt.X(f"{low}:Q", scale=scale, axis=axis, title="year"), x2=f"{high}:Q")
        for low, high, height, opacity in (("q05", "q95", 8, 0.3), ("q25", "q75", 16, 0.55))
    ]
    median = alt.Chart(known.drop_nulls("q50")).mark_tick(color="#d1661c", thickness=4, size=24)
    layers.append(median.encode(y=y, x=alt.X("q50:Q", scale=scale, axis=axis, title="year")))
    text = "Mark: median; bars: the middle 50 % and 90 % of the worlds, open where they end after the horizon"
    chart = alt.layer(*layers, width=WIDTH - 300, height=48 * rows.height)
    return own_legends(chart, title=titled(title, text + _words(frame)))


def sensitivity(found: Any, *, title: str = "What the answer depends on") -> alt.VConcatChart:
    """Sobol' indices of each group of inputs, largest first.

    Args:
        found: What ``ll.sensitivity`` returns, or its frame ``indices``.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or every index is null.
    """
    frame: pl.DataFrame = getattr(found, "indices", found)
    check_columns(frame, ["total", "total_se", "first_order", "first_order_se"])
    check_rows(frame, ["group"])
    rows = pl.concat(
        frame.select(
            label="group",
            value=name,
            low=pl.col(name) - 2 * pl.col(f"{name}_se"),
            high=pl.col(name) + 2 * pl.col(f"{name}_se"),
            group=pl.lit(words),
        )
        for name, words in (("total", "with others (total)"), ("first_order", "alone (first order)"))
    ).drop_nulls("value")
    if rows.is_empty():
        raise ValueError("indices must have values, got nulls: the event always or never happens")
    event = str(frame["outcome"][0]).replace("_", " ") if "outcome" in frame.columns else "by the year asked for"
    text = f"Share of the variance of running out ({event}); rule: two standard errors" + _words(frame)
    return bars(rows, title=title, subtitle=text, axis="share of the variance", share=True)


def backtest(found: Any, *, title: str = "What the projection said, and what came") -> alt.VConcatChart:
    """Where each observation fell in the projection.

    Args:
        found: What ``ll.backtest`` returns, or its frame ``observations``.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or has more than 60 rows.
    """
    frame: pl.DataFrame = getattr(found, "observations", found)
    check_columns(frame, ["year", "value", "q05", "q50", "q95", "variable", "percentile"])
    name = next((n for n in ("model", "name") if n in frame.columns), None)
    what = pl.col(name).cast(pl.String) if name is not None else pl.col("variable").cast(pl.String)
    rows = frame.select(
        "variable",
        label=pl.format("{} ({})", what, pl.col("year").round(1)),
        value=pl.col("value").cast(pl.Float64),
        low="q05",
        high="q95",
        group=pl.when(pl.col("value").is_between("q05", "q95")).then(pl.lit("inside")).otherwise(pl.lit("outside")),
    )
    text = "Dot: observed; bar: 5 to 95 % of the projection" + _words(frame)
    panels = []
    for variable in rows["variable"].unique(maintain_order=True):
        own = rows.filter(pl.col("variable") == variable)
        groups = [group for group in ("inside", "outside") if group in own["group"].to_list()]
        words = str(variable).replace("_", " ")
        unit = VARIABLES.get(str(variable), "")
        panels.append(
            forest(
                own,
                title=f"{title}: {words}",
                subtitle=text,
                axis=f"{words}, {unit} (log scale)" if unit not in ("", words) else f"{words} (log scale)",
                log=True,
                legend=groups,
                colours=["inside", "outside"],
            )
        )
    return panels[0] if len(panels) == 1 else own_legends(*panels, spacing=30)


def constraints(found: Any, *, title: str = "What a training run may take in 2030") -> alt.VConcatChart:
    """The bands of each constraint in FLOP: median and 5 to 95 %.

    Args:
        found: What ``simulate`` of a constraint scenario returns, or its frame ``bands``.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column.
    """
    frame: pl.DataFrame = getattr(found, "bands", found)
    check_columns(frame, ["quantity", "unit", "q05", "q50", "q95"])
    check_rows(frame, ["quantity"])
    flop = frame.filter(pl.col("unit").cast(pl.String) == "FLOP")
    binding = getattr(found, "binding", None)
    text = "Dot: median; bar: 5 to 95 % of the draws"
    if isinstance(binding, pl.DataFrame):
        shares = ", ".join(f"{row['constraint']} {row['share']:.0%}" for row in binding.iter_rows(named=True))
        text += f". Binds: {shares}"
    rows = flop.select(
        label=pl.col("quantity").cast(pl.String).str.replace_all("_", " "),
        value="q50",
        low="q05",
        high="q95",
        group=pl.lit("constraint"),
    )
    words = _words(frame).replace("worlds", "draws")
    return forest(rows, title=title, subtitle=text + words, axis="FLOP (log scale)", log=True)
