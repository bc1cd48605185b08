"""Charts of sweeps: a metric over one axis as lines, over two as a heat map, over three as small multiples."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from limitlaw._arguments import check_name, listed, shown
from limitlaw.plots.chart import WIDTH, axes_of, check_columns, titled
from limitlaw.plots.forms import are_shares, lines, log_x, two_errors

#: The most panels of small multiples, and lines of one panel.
MAX_PANELS, MAX_LINES = 12, 8
#: The columns that may name the rows of one point beside the axes.
_ROWS = ("policy", "max_attempts", "limit", "definition", "year", "variable", "quantity", "constraint")
#: From the third power of ten on an axis is logarithmic.
_LOG_RANGE = 100.0
#: What the legend of colours on a logarithmic scale tells.
_POWERS = [0, 1, 3, *(a * 10**b for b in range(1, 8) for a in (1, 3))]


def sweep(
    frame: pl.DataFrame,
    *,
    metric: str | None = None,
    by: str | None = None,
    title: str | None = None,
) -> alt.VConcatChart:
    """A metric of a sweep over its axes.

    With one axis that varies: lines over it, one for each of what else names a row (a number of attempts, a policy,
    a definition). With two: a heat map, a panel for each of what else names a row. With more: filter some first.

    Args:
        frame: What ``sweep(...).frame()`` or a query on ``Store.scan()`` gives.
        metric: The column to draw; the first result column unless given.
        by: The axis across; the first that varies unless given.
        title: Title of the chart; the metric unless given.

    Returns:
        A chart; of lines with two standard errors to each side as a band, where the frame has them.

    Raises:
        ValueError: The frame is none of a sweep, its rows are not told apart by at most two axes and one other column,
            or there are too many panels or lines.
    """
    check_columns(frame, ["point"])
    axes = axes_of(frame)
    varying = [axis for axis in axes if frame[axis].n_unique() > 1]
    metric = _metric(frame, axes) if metric is None else metric
    check_columns(frame, [metric])
    frame = frame.filter(pl.col(metric).is_not_null())
    if frame.is_empty():
        raise ValueError(f"metric must be a column with values, got {metric!r}, in which all are null")
    if by is not None:
        check_name(by, "by", varying)
        varying = [by, *(axis for axis in varying if axis != by)]
    others = [name for name in _ROWS if name in frame.columns and frame[name].n_unique() > 1]
    fixed = [f"{axis} = {frame[axis][0]}" for axis in axes if axis not in varying]
    if not 1 <= len(varying) <= 2:  # noqa: PLR2004  (lines, or a heat map)
        raise ValueError(f"frame must vary in one or two axes (filter the others), got {listed(varying)}")
    if frame.select(*varying, *others).is_duplicated().any():
        raise ValueError(f"frame must have one row for each {' and '.join([*varying, *others])}, got several")
    text = "; ".join([*fixed, f"{frame['point'].n_unique():,} points"])
    words = metric.replace("_", " ")
    share = are_shares(frame[metric], metric)
    heading = title or words[:1].upper() + words[1:]
    if len(varying) == 1:
        return _lines(frame, metric, varying[0], others, heading=heading, text=text, share=share)
    return _map(frame, metric, varying, others, heading=heading, text=text, share=share)


def _metric(frame: pl.DataFrame, axes: list[str]) -> str:
    """The first result column with values."""
    hidden = {"point", *axes, *_ROWS, "unit", "trials", "error", "reached"}
    for name in frame.columns:
        if name not in hidden and frame[name].dtype.is_numeric() and frame[name].null_count() < frame.height:
            return name
    raise ValueError(f"frame must have a result column, got {listed(frame.columns)}")


def _series(frame: pl.DataFrame, others: list[str]) -> pl.Series:
    """One label for each row of a point: only what differs between them."""
    parts = [
        frame[name].cast(pl.String)
        if name != "max_attempts"
        else pl.Series([f"{k:,} attempt{'' if k == 1 else 's'}" for k in frame[name]], dtype=pl.String)
        for name in others
    ]
    if not parts:
        return pl.Series("series", ["all rows"]).new_from_index(0, frame.height)
    joined = pl.concat_str(pl.all(), separator=", ").str.replace_all("_", " ")
    return pl.DataFrame(parts).select(series=joined)["series"]


def _is_log(values: pl.Series) -> bool:
    low, high = min(known := values.drop_nulls().to_list()), max(known)
    return values.dtype.is_numeric() and low > 0 and high / low >= _LOG_RANGE


def _scale(values: pl.Series) -> str:
    """Of colours: numbers of something that differ by powers of ten are told apart on a logarithmic one."""
    whole = values.dtype.is_integer() and min(known := values.to_list()) >= 0 and max(known) >= _LOG_RANGE
    return "symlog" if whole else "linear"


def _lines(
    frame: pl.DataFrame, metric: str, axis: str, others: list[str], *, heading: str, text: str, share: bool
) -> alt.VConcatChart:
    series = _series(frame, others)
    if series.n_unique() > MAX_LINES:
        raise ValueError(
            f"frame must have at most {MAX_LINES} rows for each point, got {series.n_unique()}: filter {listed(others)}"
        )
    error = next((name for name in (f"{metric}_se", "se") if name in frame.columns), None)
    numbers = frame[axis].dtype.is_numeric()
    rows = frame.select(
        at=pl.col(axis) if numbers else pl.col(axis).cast(pl.String),
        value=metric,
        **two_errors(frame, metric, error),
    ).with_columns(series)
    name = _axis_name(axis)
    if not numbers:
        x = alt.X("at:O", title=name, sort=rows["at"].unique(maintain_order=True).to_list())
    elif _is_log(frame[axis]):
        x = log_x("at", name)
    else:
        x = alt.X("at:Q", title=name, scale=alt.Scale(zero=False, nice=False))
    words = f"{text}; band: two standard errors to each side." if error is not None else f"{text}."
    return lines(rows, x=x, title=heading, subtitle=words, axis=metric.replace("_", " "), share=share, points=True)


def _map(
    frame: pl.DataFrame, metric: str, axes: list[str], others: list[str], *, heading: str, text: str, share: bool
) -> alt.VConcatChart:
    series = _series(frame, others)
    panels = series.unique(maintain_order=True).to_list()
    if len(panels) > MAX_PANELS:
        raise ValueError(
            f"frame must have at most {MAX_PANELS} rows for each point, got {len(panels)}: filter {listed(others)}"
        )
    rows = frame.select(across=axes[0], up=axes[1], value=metric).with_columns(series)
    columns = 1 if len(panels) == 1 else 2 if len(panels) in (2, 4) else 3
    size = WIDTH // columns - (60 if columns > 1 else 120)
    ends = [min(known := rows["value"].to_list()), max(known)]
    kind: Any = _scale(rows["value"])
    colour = alt.Color(
        "value:Q",
        title=metric.replace("_", " "),
        scale=alt.Scale(scheme="viridis", domain=ends, type=kind),
        legend=alt.Legend(format="%")
        if share
        else alt.Legend(values=[x for x in _POWERS if x <= ends[1]])
        if kind == "symlog"
        else alt.Legend(),
    )

    def place(field: str, axis: str, *, reverse: bool) -> dict[str, Any]:
        values = sorted(rows[field].drop_nulls().unique().to_list(), key=_ordered)
        step = max(1, len(values) // 8)
        numbers = rows[field].dtype.is_numeric()
        axis_of = alt.Axis(values=values[::step], labelAngle=0, labelOverlap=True, format=".3~g" if numbers else "")
        return {"title": _axis_name(axis), "sort": values[::-1] if reverse else values, "axis": axis_of}

    drawn = [
        alt.Chart(
            rows.filter(pl.col("series") == panel),
            title=alt.TitleParams(panel if others else "", fontSize=13, anchor="start"),
        )
        .mark_rect()
        .encode(
            x=alt.X("across:O", **place("across", axes[0], reverse=False)),
            y=alt.Y("up:O", **place("up", axes[1], reverse=True)),
            color=colour,
            tooltip=["across", "up", "value"],
        )
        .properties(width=size, height=min(size, 360))
        for panel in panels
    ]
    return alt.vconcat(
        *(alt.hconcat(*drawn[at : at + columns], spacing=24) for at in range(0, len(drawn), columns)),
        spacing=20,
        resolve=alt.Resolve(scale=alt.ScaleResolveMap(color="shared")),
        title=titled(heading, f"Colour: {metric.replace('_', ' ')}; {text}."),
    )


def _axis_name(axis: str) -> str:
    """The setting that is changed, in words, and whose it is."""
    owner, _, name = axis.rpartition(".")
    return f"{name.replace('_', ' ')} ({owner.replace('_', ' ')})" if owner else name.replace("_", " ")


def _ordered(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, (int, float)) else (1, shown(value))
