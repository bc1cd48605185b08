"""Chart of a fitted trend: runs, the line with its interval, where it turns, and what a further run may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import polars as pl

from limitlaw._arguments import shown
from limitlaw._dates import as_year
from limitlaw.plots.chart import INK, STYLES, WIDTH, check_columns, titled

if TYPE_CHECKING:
    import datetime as dt

    from limitlaw.fit.growth_fit import GrowthFit

_UNITS = {"compute": "FLOP", "tokens": "tokens", "parameters": "parameters"}
#: Dates at which the band is drawn.
_POINTS = 80


def growth(fit: GrowthFit, *, until: float | str | dt.date | None = None, title: str | None = None) -> alt.VConcatChart:
    """The runs and the trend through them, on a logarithmic axis.

    Args:
        fit: What ``ll.fit.fit_growth`` returns.
        until: The date to which the trend is drawn; that of the last run unless given.
        title: Title of the chart; the growth with its interval unless given.

    Raises:
        TypeError: It is no fitted trend.
    """
    runs = getattr(fit, "runs", None)
    if not hasattr(fit, "predict") or not isinstance(runs, pl.DataFrame):
        raise TypeError(f"fit must be a GrowthFit, got {shown(fit)}")
    check_columns(runs, ["year", "value"])
    first, last = float(runs["year"].min()), float(runs["year"].max())  # type: ignore[arg-type]  # numbers
    last = max(last, first if until is None else as_year(until, "until"))
    band = fit.predict(np.linspace(first, last, _POINTS).tolist())
    band = band.with_columns(pl.selectors.float().clip(1e-300, 1e300))
    (best, low, high) = fit.estimates.filter(quantity="growth").select("estimate", "low", "high").row(0)
    grows = "grows by" if best >= 1.0 else "falls to"
    heading = title or f"{fit.value} {grows} {_short(best)}x a year [{_short(low)}, {_short(high)}]"
    text = (
        f"Line: trend, {fit.confidence:.0%} interval shaded; outer band: {fit.confidence:.0%} of further runs. "
        f"{runs.height} runs, {fit.draws.height:,} resamples, seed {fit.seed}."
    )
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=(first, last), zero=False),
        axis=alt.Axis(format="d", tickMinStep=1),
    )
    scale = alt.Scale(type="log", nice=False)
    axis = alt.Axis(format=".0e", tickCount=8)
    unit = _UNITS.get(fit.value)
    name = f"{fit.value}, {unit} (log scale)" if unit not in (None, fit.value) else f"{fit.value} (log scale)"

    def y(column: str) -> alt.Y:
        return alt.Y(f"{column}:Q", title=name, scale=scale, axis=axis)

    colour = STYLES[0][0]
    outer = alt.Chart(band).mark_area(color=colour, opacity=0.1).encode(x=x, y=y("run_low"), y2="run_high:Q")
    inner = alt.Chart(band).mark_area(color=colour, opacity=0.3).encode(x=x, y=y("low"), y2="high:Q")
    line = alt.Chart(band).mark_line(color=colour).encode(x=x, y=y("estimate"))
    dots = (
        alt.Chart(runs.select("year", "value")).mark_circle(color=INK, opacity=0.5, size=30).encode(x=x, y=y("value"))
    )
    layers = [outer, inner, dots, line]
    breaks = fit.estimates.filter(pl.col("quantity").str.starts_with("break_"))
    if breaks.height:
        layers.append(alt.Chart(breaks.select(year="estimate")).mark_rule(color=INK, strokeDash=[4, 4]).encode(x=x))
    chart = alt.layer(*layers, width=WIDTH, height=320, title=titled(heading, text))
    return alt.vconcat(chart)


def _short(factor: float) -> str:
    return f"{factor:.2f}" if 0.1 <= factor < 1000.0 else f"{factor:.3g}"  # noqa: PLR2004  (digits to read)
