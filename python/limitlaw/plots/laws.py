"""Charts of fitted scaling laws: curves of equal compute, residuals, allocation, and loss against epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import polars as pl

from limitlaw._arguments import as_confidence, as_number, brief, shown
from limitlaw.exhaustion.allocation import loss
from limitlaw.exhaustion.law import Law, MixtureLaw
from limitlaw.fit.scaling_fit import ScalingFit
from limitlaw.plots.chart import INK, STYLES, WIDTH, own_legends, titled
from limitlaw.plots.forms import lines, log_x

if TYPE_CHECKING:
    import numpy.typing as npt

#: Budgets drawn, and the least runs of one.
_BUDGETS, _RUNS = 8, 3
#: Budgets within a factor of 10^(1/4) are one.
_PER_DECADE = 4
#: Numbers as people say them.
_BILLIONS = "replace(format(datum.value, '~s'), 'G', 'B')"
#: Above this share of unique tokens a run has repeats.
_FRESH = 1.01


def isoflops(fit: ScalingFit, *, title: str = "Loss at equal compute") -> alt.VConcatChart:
    """Loss against parameters at each budget of the runs, with the fitted curves and their minima.

    Runs within a factor of 1.8 of each other in compute are drawn at one budget, their losses moved along the law to
    it; runs with repeated tokens are left out.

    Args:
        fit: What ``ll.fit.fit_scaling_law`` returns, not of an envelope.
        title: Title of the chart.

    Raises:
        ValueError: No three runs without repeats share a budget, or the fit is an envelope.
    """
    law = _check_fit(fit).law
    runs = fit.residuals
    if "unique_tokens" in runs.columns:
        runs = runs.filter(pl.col("tokens") <= _FRESH * pl.col("unique_tokens"))
    runs = runs.with_columns(bin=(pl.col("compute").log10() * _PER_DECADE).round())
    bins = runs.group_by("bin").agg(pl.len(), budget=pl.col("compute").log().mean().exp())
    bins = bins.filter(pl.col("len") >= _RUNS).sort("len", descending=True).head(_BUDGETS).sort("budget")
    if bins.is_empty():
        raise ValueError(
            f"fit must have {_RUNS} runs without repeats at some compute, got {runs.height} runs of others"
        )
    names = [f"{brief(float(f'{b:.2g}'))} FLOP" for b in bins["budget"]]
    if len(set(names)) < len(names):
        names = [f"{brief(float(f'{b:.4g}'))} FLOP" for b in bins["budget"]]
    points, curves, minima = [], [], []
    for place, budget, name in zip(bins["bin"], bins["budget"], names, strict=True):
        part = runs.filter(bin=place)
        n = part["parameters"].to_numpy()
        moved = part["loss"].to_numpy() / part["fitted"].to_numpy() * loss(law, n, budget / 6 / n)
        points.append(pl.DataFrame({"parameters": n, "loss": moved, "budget": name}))
        grid = np.geomspace(n.min() / 1.6, n.max() * 1.6, 100)
        values = loss(law, grid, budget / 6 / grid)
        curves.append(pl.DataFrame({"parameters": grid, "loss": values, "budget": name}))
        best = int(values.argmin())
        if 0 < best < len(grid) - 1:
            minima.append({"parameters": grid[best], "loss": values[best]})
    scale = alt.Scale(domain=names, scheme="viridis")
    legend = alt.Legend(title="compute", orient="right", labelLimit=0)
    colour = alt.Color("budget:N", scale=scale, sort=names, legend=legend)
    x = log_x("parameters", "parameters", labelExpr=_BILLIONS, labelOverlap="greedy", labelSeparation=10)
    y = alt.Y("loss:Q", title="loss, nats per token", scale=alt.Scale(zero=False))
    layers: list[Any] = [
        alt.Chart(pl.concat(curves)).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
        alt.Chart(pl.concat(points)).mark_point(filled=True, size=45, opacity=0.9).encode(x=x, y=y, color=colour),
    ]
    if minima:
        cross = alt.Chart(pl.DataFrame(minima)).mark_point(shape="cross", filled=True, size=90, opacity=1, color=INK)
        layers.append(cross.encode(x=x, y=y))
    text = "Line: the law; dot: a run, moved along the law to the budget of its line; cross: the least loss"
    chart = alt.layer(*layers, width=WIDTH - 120, height=380)
    return own_legends(chart, title=titled(title, text + "."))


def residuals(fit: ScalingFit, *, title: str = "What the law does not explain") -> alt.VConcatChart:
    """The residual of each run against its compute, outliers named; a trend says that the form is wrong.

    Args:
        fit: What ``ll.fit.fit_scaling_law`` returns.
        title: Title of the chart.
    """
    _check_fit(fit, envelope=True)
    rows = fit.residuals.with_row_index("run").with_columns(
        kind=pl.when("outlier").then(pl.lit("outlier")).otherwise(pl.lit("run"))
    )
    names = ["run", "outlier"] if rows["outlier"].any() else ["run"]
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=names, range=[STYLES[0][0], STYLES[1][0]][: len(names)]),
        legend=alt.Legend(title=None, orient="top") if len(names) > 1 else None,
    )
    axis = alt.Axis(format=".0e", tickCount=8)
    x = alt.X(
        "compute:Q", title="compute, FLOP (log scale)", scale=alt.Scale(type="log", nice=False, padding=12), axis=axis
    )
    y = alt.Y("residual:Q", title="ln(loss / fitted)", axis=alt.Axis(format="+.1%"))
    rule = alt.Chart(pl.DataFrame({"residual": [0.0]})).mark_rule(color="#777777", strokeDash=[4, 3]).encode(y=y)
    dots = alt.Chart(rows).mark_point(filled=True, size=50, opacity=0.75).encode(x=x, y=y, color=colour)
    label = alt.Chart(rows.filter("outlier")).mark_text(dx=8, align="left", color=INK).encode(x=x, y=y, text="run:Q")
    text, layers = "Dot: a run", [rule, dots]
    if rows["outlier"].any():
        text += "; number: the row of an outlier, beyond five robust standard deviations"
        layers.append(label)
    chart = alt.layer(*layers, width=WIDTH, height=260)
    return own_legends(chart, title=titled(title, text + "."))


def allocation(
    fit: ScalingFit,
    *,
    compute: npt.ArrayLike | None = None,
    unique_tokens: float | None = None,
    confidence: float | None = None,
    title: str = "Parameters and tokens of the best run",
) -> alt.VConcatChart:
    """The compute-optimal parameters and tokens over compute, with the band of the resampled laws.

    Args:
        fit: What ``ll.fit.fit_scaling_law`` returns, not of an envelope.
        compute: FLOP; from the least of the runs to a hundred times the largest unless given.
        unique_tokens: U; unlimited unless given.
        confidence: Of the band; the fit's unless given.
        title: Title of the chart.

    Raises:
        ValueError: The fit is an envelope, or compute is out of range.
    """
    found = _check_fit(fit).runs.compute
    budgets = np.geomspace(found.min(), 100 * found.max(), 60) if compute is None else compute
    best = fit.optimal_allocation(budgets, unique_tokens=unique_tokens, confidence=confidence).sort("compute")
    rows = pl.concat(
        best.select("compute", value=name, low=f"{name}_low", high=f"{name}_high", series=pl.lit(name))
        for name in ("parameters", "tokens")
    )
    level = fit.confidence if confidence is None else confidence
    band = f"; band: {level:.0%} interval" if len(fit.table) else ""
    x = log_x("compute", "compute, FLOP", format=".0e", tickCount=8)
    text = [f"Line: the estimate{band}.", f"The runs end at {found.max():.1e} FLOP; beyond it the law is extrapolated."]
    return lines(
        rows, x=x, title=title, subtitle=text, axis="parameters, tokens (log scale)", log=True, numbers=_BILLIONS
    )


def epochs(
    laws: Mapping[str, Law],
    *,
    parameters: float,
    unique_tokens: float,
    most: float = 100.0,
    confidence: float = 0.95,
    title: str = "What repeated tokens are worth",
) -> alt.VConcatChart:
    """The loss of a model of one size against the epochs over its unique tokens, under several laws.

    Args:
        laws: Law by name; one that is not known for certain (``fit.laws``) has a band.
        parameters: N of the model.
        unique_tokens: U.
        most: The most epochs drawn, above 1 and at most 1e6.
        confidence: Of the bands.
        title: Title of the chart.

    Raises:
        ValueError: A number is out of range, or there are more laws than colours.
        TypeError: ``laws`` is no mapping of names to laws.
    """
    if not isinstance(laws, Mapping) or not laws or not all(isinstance(one, Law) for one in laws.values()):
        raise TypeError(f"laws must map names to laws, got {shown(laws)}")
    most = as_number(most, "most")
    if not 1.0 < most <= 1e6:  # noqa: PLR2004
        raise ValueError(f"most must be above 1 and at most 1e6, got {brief(most)}")
    times = np.geomspace(1.0, most, 120)
    rows = []
    for name, law in laws.items():
        tokens = as_number(unique_tokens, "unique_tokens") * times
        ends: dict[str, Any] = {}
        if isinstance(law, MixtureLaw):
            found = loss(law, parameters, tokens, unique_tokens, confidence=as_confidence(confidence))
            values, ends = found["loss"], {"low": found["low"], "high": found["high"]}
        else:
            values = pl.Series(loss(law, parameters, tokens, unique_tokens))
        rows.append(pl.DataFrame({"epochs": times, "value": values, "series": str(name), **ends}))
    uncertain = any(isinstance(law, MixtureLaw) for law in laws.values())
    band = f"; band: {confidence:.0%} interval of the law" if uncertain else ""
    text = f"{parameters:.3g} parameters, {unique_tokens:.3g} unique tokens. Line: the law{band}."
    every, x = pl.concat(rows, how="diagonal"), log_x("epochs", "epochs")
    return lines(every, x=x, title=title, subtitle=text, axis="loss, nats per token")


def _check_fit(fit: object, *, envelope: bool = False) -> ScalingFit:
    if not isinstance(fit, ScalingFit):
        raise TypeError(f"fit must be what ll.fit.fit_scaling_law returns, got {shown(fit)}")
    if not envelope:
        fit.law  # noqa: B018  (an envelope says that it is none)
    return fit
