"""Charts of data exhaustion: fans of trajectories over the years, and what moves the answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from limitlaw.plots.chart import INK, STYLES, WIDTH, check_columns, own_legends, titled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BANDS = (("q05", "q95", 0.15), ("q25", "q75", 0.25))


def fan(
    trajectories: pl.DataFrame,
    variables: Sequence[str] | Mapping[str, str],
    *,
    log: bool = True,
    years: tuple[int, int] | None = None,
    title: str | None = None,
) -> alt.VConcatChart:
    """Variables over the years: the median as a line, the middle 50 % and 90 % of the worlds as bands.

    Args:
        trajectories: The frame of that name from ``simulate`` of an exhaustion scenario.
        variables: At most four variables of one unit, or a mapping from them to what the legend says.
        log: Whether the vertical axis is logarithmic.
        years: The first and the last year to show; all of them unless given.
        title: Title of the chart; the variables unless given.

    Returns:
        A chart.

    Raises:
        ValueError: The frame lacks a column or a variable, the variables differ in unit, or they are none or too many.
    """
    check_columns(trajectories, ["year", "variable", "unit", "q05", "q25", "q50", "q75", "q95"], "trajectories")
    labels = dict(variables) if hasattr(variables, "keys") else {name: name.replace("_", " ") for name in variables}
    known = trajectories["variable"].cast(pl.String).unique(maintain_order=True).to_list()
    for name in labels:
        if name not in known:
            raise ValueError(f"variables must name some of {known}, got {name!r}")
    if not 1 <= len(labels) <= len(STYLES):
        raise ValueError(f"variables must be 1 to {len(STYLES)}, got {len(labels)}")
    shown = trajectories.with_columns(pl.col("variable").cast(pl.String)).filter(pl.col("variable").is_in(labels))
    units = shown["unit"].cast(pl.String).unique(maintain_order=True).to_list()
    if len(units) != 1:
        raise ValueError(f"variables must have one unit, got {units}")
    if years is not None:
        shown = shown.filter(pl.col("year").is_between(*years))
    if log:
        shown = shown.with_columns(pl.when(pl.col("^q..$") > 0.0).then(pl.col("^q..$")))
    shown = shown.with_columns(series=pl.col("variable").replace(labels))
    names = list(labels.values())
    legend = alt.Legend(title=None, orient="top", labelLimit=0, labelFontSize=13, symbolOpacity=1)
    scale = alt.Scale(domain=names, range=[colour for colour, _ in STYLES[: len(names)]])
    colour = alt.Color("series:N", scale=scale, legend=legend)
    x = alt.X("year:Q", title=None, scale=alt.Scale(nice=False, zero=False), axis=alt.Axis(format="d"))
    kind = alt.Scale(type="log", nice=False) if log else alt.Scale(zero=False)
    axis = alt.Axis(format="~e", values=[10.0**k for k in range(-30, 61)]) if log else alt.Axis()
    heading = f"{units[0]} (log scale)" if log else units[0]
    y = alt.Y("q50:Q", title=heading, scale=kind, axis=axis)
    bands = [
        alt.Chart(shown.drop_nulls([low, high]))
        .mark_area(opacity=opacity)
        .encode(x=x, y=alt.Y(f"{low}:Q", scale=kind, axis=axis, title=heading), y2=f"{high}:Q", color=colour)
        for low, high, opacity in _BANDS
    ]
    medians = alt.Chart(shown.drop_nulls("q50")).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
    chart = alt.layer(*bands, medians).properties(width=WIDTH, height=400)
    subtitle = "Line: median; bands: the middle 50 % and 90 % of the worlds."
    return own_legends(alt.vconcat(chart)).properties(title=titled(title or ", ".join(names).capitalize(), subtitle))


def tornado(
    levers: pl.DataFrame,
    *,
    definition: str = "effective_stock",
    title: str = "What buys time",
) -> alt.VConcatChart:
    """How far each lever moves the median year of running out, the largest effects on top.

    Args:
        levers: What ``levers`` returns.
        definition: The definition of running out.
        title: Title of the chart.

    Returns:
        A chart. Where half of the worlds never run out by the horizon the bar ends in an arrow.

    Raises:
        ValueError: The frame lacks a column or the definition, or half of the worlds never run out by default.
    """
    check_columns(levers, ["lever", "definition", "q50", "q50_change"], "levers")
    known = levers["definition"].cast(pl.String).unique(maintain_order=True).to_list()
    if definition not in known:
        raise ValueError(f"definition must be one of {known}, got {definition!r}")
    frame = levers.with_columns(pl.col("definition").cast(pl.String)).filter(definition=definition)
    median = frame.filter(pl.col("lever").is_null())["q50"].item()
    if median is None:
        raise ValueError(f"levers must have a median year of {definition} by default, got none by the horizon")
    frame = frame.drop_nulls("lever")
    end = max([median, *frame["q50"].drop_nulls().to_list()]) + 3.0
    bars = frame.select(
        "lever",
        year=pl.col("q50").fill_null(end),
        start=pl.lit(median),
        label=pl.when(pl.col("q50").is_null())
        .then(pl.lit("half never run out \N{RIGHTWARDS ARROW}"))
        .otherwise(pl.format("{} y", pl.col("q50_change").round(1))),
        later=pl.col("q50").fill_null(end) >= median,
        moved=(pl.col("q50") - median).abs().fill_null(math.inf),
    )
    order = bars.sort("moved", descending=True)["lever"].to_list()
    y = alt.Y("lever:N", sort=order, title=None, axis=alt.Axis(labelLimit=0, labelFontSize=12))
    first = float(min(bars["year"].to_list())) - 3.0
    scale = alt.Scale(domain=[first, end + 3.0], nice=False, zero=False)
    x = alt.X("start:Q", title="median year of running out", scale=scale, axis=alt.Axis(format="d"))
    colour = alt.Color(
        "later:N", legend=None, scale=alt.Scale(domain=[True, False], range=[STYLES[2][0], STYLES[1][0]])
    )
    layers: list[Any] = [alt.Chart(bars).mark_bar(height=12).encode(y=y, x=x, x2="year:Q", color=colour)]
    for later, shift in ((True, 4), (False, -4)):
        side = alt.Chart(bars.filter(later=later)).mark_text(align="left" if later else "right", dx=shift, color=INK)
        layers.append(side.encode(y=y, x=alt.X("year:Q", scale=scale), text="label"))
    layers.append(alt.Chart(pl.DataFrame({"start": [median]})).mark_rule(color=INK).encode(x=x))
    subtitle = f"Against the default's {median:.1f}, on the same random numbers ({definition.replace('_', ' ')})."
    chart = alt.layer(*layers).properties(width=WIDTH - 260, height=22 * bars.height)
    return own_legends(alt.vconcat(chart)).properties(title=titled(title, subtitle))
