"""Two forms that most charts are: values with intervals below each other, and lines with bands over an axis."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from limitlaw.plots.chart import INK, STYLES, WIDTH, own_legends, titled, top_legend

#: Where four colours are not enough: Okabe and Ito's, told apart by people who see no red or no green.
_MORE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"]
#: Rows of a forest that are still told apart.
MAX_ROWS = 60
#: Metrics that are no shares, whatever their values.
_AMOUNTS = ("cost", "utility")


def log_x(column: str, title: str, **axis: Any) -> alt.X:
    """A logarithmic axis across."""
    form: Any = {"axis": alt.Axis(**axis)} if axis else {}
    return alt.X(f"{column}:Q", title=f"{title} (log scale)", scale=alt.Scale(type="log", nice=False), **form)


#: Where most charts have attempts.
ATTEMPTS = log_x("max_attempts", "attempts allowed per task", format=",", tickCount=6, gridOpacity=0.4)


def two_errors(frame: pl.DataFrame, metric: str, error: str | None = None) -> dict[str, pl.Expr]:
    """``low`` and ``high`` two standard errors to each side, where the frame has any."""
    error = error or f"{metric}_se"
    spread = 2 * pl.col(error) if error in frame.columns else pl.lit(None, pl.Float64)
    return {"low": pl.col(metric) - spread, "high": pl.col(metric) + spread}


def are_shares(values: pl.Series, metric: str) -> bool:
    """Whether values of a metric are drawn as percentages."""
    return values.dtype.is_float() and bool(values.is_between(0.0, 1.0).all()) and metric not in _AMOUNTS


def forest(
    rows: pl.DataFrame,
    *,
    title: str,
    subtitle: str | list[str],
    axis: str,
    share: bool = False,
    mark: float | None = None,
    log: bool = False,
    symlog: bool = False,
    legend: list[str] | None = None,
    colours: list[str] | None = None,
    ticks: str | None = None,
) -> alt.VConcatChart:
    """A dot and an interval for each row, in the order of the frame.

    Args:
        rows: Columns ``label``, ``value``, ``group`` (colours), and ``low`` and ``high`` where there are intervals.
        title: Title of the chart.
        subtitle: What the dots and bars are.
        axis: Title of the axis of values.
        share: Whether values are shares.
        mark: Where a rule stands to compare with.
        log: Whether the axis is logarithmic.
        symlog: Whether the axis is logarithmic from 1 on, with a place for 0.
        legend: The groups in their order, where there are several; an empty list shows no legend.
        colours: All groups that there may be, so that one has its colour in every chart.
        ticks: The column of a value to compare each row with.
    """
    if rows.height > MAX_ROWS:
        raise ValueError(f"frame must have at most {MAX_ROWS} rows to be drawn, got {rows.height}: filter it first")
    rows = _with_ends(rows)
    order = list(dict.fromkeys(rows["label"]))
    groups = legend or rows["group"].unique(maintain_order=True).to_list()
    every = colours or groups
    palette = alt.Scale(domain=every, range=_colours(len(every)))
    hidden = len(every) == 1 or legend == []
    shown = None if hidden else top_legend()
    colour = alt.Color("group:N", scale=palette, legend=shown)
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=0, labelFontSize=12, grid=True))
    # Rows of one label, of several groups, stand below each other.
    places = {"yOffset": alt.YOffset("group:N", sort=every)} if rows["label"].is_duplicated().any() else {}
    step = 24 if not places else 14 * len(groups) + 6
    kind: Any = "symlog" if symlog else "log"
    scale = alt.Scale(type=kind, nice=False, padding=12) if log or symlog else alt.Scale(zero=share)
    form = alt.Axis(format="%") if share else alt.Axis()
    if symlog:
        form = alt.Axis(values=[0, *(a * 10**b for b in range(9) for a in (1, 3))], format=",", labelOverlap=True)
    x = alt.X("value:Q", title=axis, scale=scale, axis=form)
    layers: list[Any] = []
    if mark is not None:
        layers.append(
            alt.Chart(pl.DataFrame({"value": [mark]})).mark_rule(color="#777777", strokeDash=[4, 3]).encode(x=x)
        )
    spans = rows.drop_nulls(["low", "high"])
    if spans.height:
        low = alt.X("low:Q", title=axis, scale=scale, axis=form)
        layers.append(
            alt.Chart(spans)
            .mark_rule(strokeWidth=3, opacity=0.55)
            .encode(y=y, x=low, x2="high:Q", color=colour, **places)
        )
    dots = alt.Chart(rows.drop_nulls("value")).mark_point(filled=True, size=70, opacity=1)
    layers.append(dots.encode(y=y, x=x, color=colour, **places))
    if ticks is not None:
        wanted = alt.Chart(rows).mark_tick(color=INK, thickness=3, size=18)
        layers.append(wanted.encode(y=y, x=alt.X(f"{ticks}:Q", title=axis, scale=scale, axis=form)))
    chart = alt.layer(*layers, width=WIDTH - 220, height=max(60, step * len(order)))
    return own_legends(chart, title=titled(title, subtitle))


def _with_ends(rows: pl.DataFrame) -> pl.DataFrame:
    """With ends that are null, where there are no intervals."""
    return rows.with_columns(pl.lit(None, pl.Float64).alias(end) for end in ("low", "high") if end not in rows.columns)


def _colours(count: int) -> list[str]:
    """A colour for each of some series; more than there are is an error of the caller."""
    if count > len(_MORE):
        raise ValueError(f"frame must have at most {len(_MORE)} series to be told apart, got {count}: filter it first")
    return [colour for colour, _ in STYLES[:count]] if count <= len(STYLES) else _MORE[:count]


def lines(
    rows: pl.DataFrame,
    *,
    x: alt.X,
    title: str,
    subtitle: str | list[str],
    axis: str,
    share: bool = False,
    log: bool = False,
    points: bool = False,
    numbers: str | None = None,
    height: int = 320,
) -> alt.VConcatChart:
    """A line for each series, with a band where a row has ``low`` and ``high``.

    Args:
        rows: The column of ``x``, ``value``, ``series``, and ``low`` and ``high`` where there are bands.
        x: The axis across.
        title: Title of the chart.
        subtitle: What lines and bands are.
        axis: Title of the axis of values.
        share: Whether values are shares.
        log: Whether the axis of values is logarithmic.
        points: Whether each row is marked.
        numbers: How values are written on their axis, as a Vega expression.
        height: Of the chart, in pixels.
    """
    rows = _with_ends(rows)
    names = rows["series"].unique(maintain_order=True).to_list()
    if share:
        rows = rows.with_columns(pl.col("low", "high").clip(0.0, 1.0))
    colours = alt.Scale(domain=names, range=_colours(len(names)))
    dashes = alt.Scale(domain=names, range=[STYLES[i % len(STYLES)][1] for i in range(len(names))])
    stroke = {"symbolType": "stroke", "symbolSize": 700, "symbolStrokeWidth": 2.5, "symbolOpacity": 1}
    shown = top_legend(**stroke, columns=5) if len(names) > 1 else None
    colour = alt.Color("series:N", scale=colours, legend=shown)
    dash = alt.StrokeDash("series:N", scale=dashes, legend=shown)
    scale = alt.Scale(type="log", nice=False) if log else alt.Scale(zero=share)
    form = alt.Axis(format="%") if share else alt.Axis() if numbers is None else alt.Axis(labelExpr=numbers)
    y = alt.Y("value:Q", title=axis, scale=scale, axis=form)
    layers: list[Any] = []
    banded = rows.drop_nulls(["low", "high"])
    if banded.height:
        low = alt.Y("low:Q", title=axis, scale=scale, axis=form)
        layers.append(alt.Chart(banded).mark_area(opacity=0.18).encode(x=x, y=low, y2="high:Q", color=colour))
    known = rows.drop_nulls("value")
    layers.append(alt.Chart(known).mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, strokeDash=dash))
    if points:
        layers.append(alt.Chart(known).mark_point(filled=True, size=45, opacity=1).encode(x=x, y=y, color=colour))
    chart = alt.layer(*layers, width=WIDTH, height=height)
    return own_legends(chart, title=titled(title, subtitle))


def bars(
    rows: pl.DataFrame,
    *,
    title: str,
    subtitle: str | list[str],
    axis: str,
    share: bool = False,
) -> alt.VConcatChart:
    """A bar for each label, side by side where there are several groups, with its interval.

    Args:
        rows: Columns ``label``, ``value``, ``group``, and ``low`` and ``high`` where there are intervals.
        title: Title of the chart.
        subtitle: What bars and rules are.
        axis: Title of the axis of values.
        share: Whether values are shares.
    """
    rows = _with_ends(rows)
    groups = rows["group"].unique(maintain_order=True).to_list()
    order = rows["label"].unique(maintain_order=True).to_list()
    colours = alt.Scale(domain=groups, range=_colours(len(groups)))
    shown = top_legend() if len(groups) > 1 else None
    form = alt.Axis(format="%") if share else alt.Axis()
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=0, labelFontSize=12))
    place = alt.YOffset("group:N", sort=groups)
    x = alt.X("value:Q", title=axis, axis=form)
    bar = (
        alt.Chart(rows)
        .mark_bar()
        .encode(y=y, yOffset=place, x=x, color=alt.Color("group:N", scale=colours, legend=shown))
    )
    rule = alt.Chart(rows.drop_nulls(["low", "high"])).mark_rule(color=INK, strokeWidth=1.5)
    ends = rule.encode(y=y, yOffset=place, x=alt.X("low:Q", title=axis, axis=form), x2="high:Q")
    chart = alt.layer(bar, ends, width=WIDTH - 260, height=max(60, 18 * len(order) * len(groups)))
    return own_legends(chart, title=titled(title, subtitle))
