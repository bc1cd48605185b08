"""Charts of data exhaustion: fans of trajectories over the years, and what moves the answer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from limitlaw._arguments import as_whole, check_flag, check_name, is_sequence
from limitlaw._arguments import shown as describe
from limitlaw._frames import PROVENANCE
from limitlaw.exhaustion.run import MEANINGS
from limitlaw.plots.chart import (
    INK,
    STYLES,
    WIDTH,
    check_columns,
    check_count,
    check_rows,
    own_legends,
    part_words,
    run_words,
    titled,
    top_legend,
)
from limitlaw.plots.forms import lines

if TYPE_CHECKING:
    from collections.abc import Sequence

_RAISED = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
_UNITS = {"OOM": "orders of magnitude", "nats/token": "nats per token"}
#: The quantiles that are drawn.
_DRAWN = ["q05", "q25", "q50", "q75", "q95"]
_BANDS = (("q05", "q95", 0.15), ("q25", "q75", 0.25))


def fan(
    trajectories: pl.DataFrame,
    variables: Sequence[str] | Mapping[str, str],
    *,
    log: bool = True,
    years: tuple[int, int] | None = None,
    exhaustion: pl.DataFrame | None = None,
    definition: str = "effective_stock",
    title: str | None = None,
) -> alt.VConcatChart:
    """Variables over the years: the median as a line, the middle 50 % and 90 % of the worlds as bands.

    Args:
        trajectories: The frame of that name from ``simulate`` of an exhaustion scenario.
        variables: At most four variables of one unit, or a mapping from them to what the legend says.
        log: Whether the vertical axis is logarithmic.
        years: The first and the last year to show; all of them unless given.
        exhaustion: The frame of that name: its middle half of the years of running out is shaded, its median dashed.
        definition: The definition of running out that is shaded.
        title: Title of the chart; the variables unless given.

    Returns:
        A chart.

    Raises:
        ValueError: The frame lacks a column or a variable, the variables differ in unit, or they are none or too many.
    """
    check_flag(log, "log")
    check_columns(trajectories, ["year", "variable", "unit", *_DRAWN], "trajectories")
    check_rows(trajectories, ["year", "variable"], "trajectories")
    check_count(list(variables) if isinstance(variables, Mapping) else variables, "variables")
    known = trajectories["variable"].cast(pl.String).unique(maintain_order=True).to_list()
    for name in variables:
        check_name(name, "variables", known)
    labels = dict(variables) if isinstance(variables, Mapping) else {name: name.replace("_", " ") for name in variables}
    shown = trajectories.with_columns(pl.col("variable").cast(pl.String)).filter(pl.col("variable").is_in(labels))
    units = shown["unit"].cast(pl.String).unique(maintain_order=True).to_list()
    if len(units) != 1:
        raise ValueError(f"variables must have one unit, got {units}")
    if years is not None:
        if not is_sequence(years) or len(years) != 2:  # noqa: PLR2004  (first and last)
            raise TypeError(f"years must be a first and a last year, got {describe(years)}")
        first, last = (as_whole(year, "years", 0, 9999) for year in years)
        shown = shown.filter(pl.col("year").is_between(first, last))
        if shown.is_empty():
            raise ValueError(f"years must overlap those of trajectories, got {describe(years)}")
    if log:
        shown = shown.with_columns(pl.when(pl.col(_DRAWN) > 0.0).then(pl.col(_DRAWN)))
    shown = shown.with_columns(series=pl.col("variable").replace(labels))
    names = list(labels.values())
    legend = top_legend(symbolOpacity=1)
    scale = alt.Scale(domain=names, range=[colour for colour, _ in STYLES[: len(names)]])
    colour = alt.Color("series:N", scale=scale, legend=legend)
    ends = (int(shown["year"].min()), int(shown["year"].max()))  # type: ignore[arg-type]  # whole years
    x = _years(ends)
    kind = alt.Scale(type="log", nice=False) if log else alt.Scale(zero=False)
    axis = _powers(shown) if log else alt.Axis()
    unit = _UNITS.get(units[0], units[0])
    heading = f"{unit} (log scale)" if log else unit
    y = alt.Y("q50:Q", title=heading, scale=kind, axis=axis)
    bands = [
        alt.Chart(shown.drop_nulls([low, high]))
        .mark_area(opacity=opacity)
        .encode(x=x, y=alt.Y(f"{low}:Q", scale=kind, axis=axis, title=heading), y2=f"{high}:Q", color=colour)
        for low, high, opacity in _BANDS
    ]
    medians = alt.Chart(shown.drop_nulls("q50")).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour)
    subtitle = ["Line: median; bands: the middle 50 % and 90 % of the worlds" + _provenance(trajectories)]
    shade: list[Any] = []
    if exhaustion is not None:
        _check_same_run(trajectories, exhaustion)
        shade, text = _shade(exhaustion, definition, ends)
        subtitle.append(text)
    chart = alt.layer(*shade, *bands, medians, width=WIDTH, height=400)
    return own_legends(chart, title=titled(title or ", ".join(names).capitalize(), subtitle))


def exhausted(exhausted_by: pl.DataFrame, *, title: str = "Run out by then") -> alt.VConcatChart:
    """The probability of having run out by each year, by every definition.

    Args:
        exhausted_by: The frame of that name from ``simulate`` of an exhaustion scenario.
        title: Title of the chart.

    Returns:
        A chart.

    Raises:
        ValueError: The frame lacks a column.
    """
    check_columns(exhausted_by, ["definition", "year", "probability"], "exhausted_by")
    check_rows(exhausted_by, ["definition", "year"], "exhausted_by")
    frame = exhausted_by.with_columns(series=pl.col("definition").cast(pl.String).replace(MEANINGS))
    years = frame["year"].to_list()
    x = _years((min(years), max(years)))
    subtitle = "By three definitions; later relief does not count" + _provenance(exhausted_by)
    rows = frame.select("year", "series", value="probability")
    return lines(rows, x=x, title=title, subtitle=subtitle, axis="share of the worlds", share=True, height=240)


def _years(ends: tuple[int, int]) -> alt.X:
    """The axis of years."""
    axis = alt.Axis(format="d", tickMinStep=1, labelFlush=False)
    return alt.X("year:Q", title=None, scale=_span(ends), axis=axis)


def _span(ends: tuple[int, int]) -> alt.Scale:
    return alt.Scale(domain=ends, nice=False, zero=False)


def _powers(shown: pl.DataFrame) -> alt.Axis:
    """An axis with a tick at every power of ten that the bands reach."""
    least, most = shown["q05", "q25"].min_horizontal().min(), shown["q95"].max()
    if least is None or most is None:
        return alt.Axis()
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))  # type: ignore[arg-type]  # floats
    step = 1 + (last - first) // 15
    ticks = range(first, last + 1, step)
    labels = ["10" + str(k).translate(_RAISED) for k in ticks]
    expression = f"{json.dumps(labels)}[round((log(datum.value) / LN10 - {first}) / {step})]"
    return alt.Axis(values=[10.0**k for k in ticks], labelExpr=expression)


def _shade(exhaustion: pl.DataFrame, definition: str, ends: tuple[int, int]) -> tuple[list[Any], str]:
    """The middle half of the years of running out as a band, their median as a rule, and both in words."""
    check_columns(exhaustion, ["definition", "q25", "q50", "q75", "p_not_by_horizon"], "exhaustion")
    check_rows(exhaustion, ["definition"], "exhaustion")
    known = exhaustion["definition"].cast(pl.String).to_list()
    check_name(definition, "definition", known)
    row = exhaustion.row(known.index(definition), named=True)
    words = f"{row['p_not_by_horizon']:.0%} not by the horizon."
    if row["q25"] is None:
        return [], f"Of the years of running out ({definition.replace('_', ' ')}), {words}"
    until = "on" if row["q75"] is None else f"to {row['q75']:.0f}"
    half = "" if row["q50"] is None else f", half by {row['q50']:.0f} (dashed)"
    text = f"Grey: the middle half of the years of running out ({definition.replace('_', ' ')}), "
    text += f"from {row['q25']:.0f} {until}{half}; {words}"
    place = pl.DataFrame({"from": [max(row["q25"], ends[0])], "to": [min(row["q75"] or ends[1], ends[1])]})
    layers: list[Any] = []
    if row["q25"] < ends[1]:
        band = alt.Chart(place).mark_rect(color="#888888", opacity=0.17)
        layers.append(band.encode(x=alt.X("from:Q", scale=_span(ends)), x2="to:Q"))
    if row["q50"] is not None and row["q50"] < ends[1]:
        rule = alt.Chart(pl.DataFrame({"median": [row["q50"]]})).mark_rule(color=INK, strokeDash=[5, 3])
        layers.append(rule.encode(x=alt.X("median:Q", scale=_span(ends))))
    return layers, text


def _check_same_run(trajectories: pl.DataFrame, exhaustion: pl.DataFrame) -> None:
    """The years that are shaded are those of the worlds that are drawn."""
    for column in PROVENANCE:
        if column in trajectories.columns and column in exhaustion.columns:
            ours, theirs = trajectories[column][0], exhaustion[column][0]
            if ours != theirs:
                expected = f"of the run of trajectories ({column} {ours})"
                raise ValueError(f"exhaustion must be {expected}, got {column} {theirs}")


def _provenance(frame: pl.DataFrame) -> str:
    words = run_words(frame).replace("trials", "worlds")
    return (f" ({words})." if words else ".") + (f" {part}" if (part := part_words(frame)) else "")


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
    check_rows(levers, ["lever", "definition"], "levers")
    known = levers["definition"].cast(pl.String).unique(maintain_order=True).to_list()
    check_name(definition, "definition", known)
    frame = levers.with_columns(pl.col("definition").cast(pl.String)).filter(definition=definition)
    base = frame.filter(pl.col("lever").is_null())
    if base.height != 1:
        raise ValueError(f"levers must have one row without a lever for {definition}, got {base.height}")
    median = base["q50"].item()
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
        .otherwise(pl.format("{} y", pl.col("q50_change").cast(pl.Float64).round(1))),
        later=pl.col("q50").fill_null(end) >= median,
        moved=(pl.col("q50") - median).abs().fill_null(math.inf),
    )
    order = bars.sort("moved", descending=True)["lever"].to_list()
    y = alt.Y("lever:N", sort=order, title=None, axis=alt.Axis(labelLimit=0, labelFontSize=12))
    first = float(min(bars["year"].to_list())) - 3.0
    scale = alt.Scale(domain=[first, end + 5.0], nice=False, zero=False)
    x = alt.X("start:Q", title="median year of running out", scale=scale, axis=alt.Axis(format="d"))
    colour = alt.Color(
        "later:N", legend=None, scale=alt.Scale(domain=[True, False], range=[STYLES[2][0], STYLES[1][0]])
    )
    layers: list[Any] = [alt.Chart(bars).mark_bar(height=12).encode(y=y, x=x, x2="year:Q", color=colour)]
    for later, shift in ((True, 4), (False, -4)):
        side = alt.Chart(bars.filter(later=later)).mark_text(align="left" if later else "right", dx=shift, color=INK)
        layers.append(side.encode(y=y, x=alt.X("year:Q", scale=scale), text="label"))
    layers.append(alt.Chart(pl.DataFrame({"start": [median]})).mark_rule(color=INK).encode(x=x))
    subtitle = [
        f"Change of the median year of running out ({definition.replace('_', ' ')}), {median:.1f} by default.",
        "Every lever sees the same random numbers" + _provenance(levers),
    ]
    chart = alt.layer(*layers, width=WIDTH - 260, height=22 * bars.height)
    return own_legends(chart, title=titled(title, subtitle))
