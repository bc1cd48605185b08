"""A population of tasks as it was fitted, against the shares that were observed."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw.fit._counts import counts
from limitlaw.plots.chart import check_columns, check_rows
from limitlaw.plots.forms import forest, lines

Floats = npt.NDArray[np.float64]
#: Places at which distributions are drawn.
_POINTS = 201


def population(
    frame: pl.DataFrame,
    *,
    attempts: npt.ArrayLike | None = None,
    correct: npt.ArrayLike | None = None,
    title: str = "Does the population fit?",
) -> alt.VConcatChart:
    """The share of tasks whose observed success rate is at most x: as it was, and as the fitted population says.

    The fitted line is the mean over the tasks of P(c/n <= x) with each task's own n, so that both lines are of the same
    thing; the band is where the observed line lies at a single x with probability 95 %, were the population right.

    Args:
        frame: What ``ll.fit.fit_beta_binomial`` returns.
        attempts: n, attempts of each task, as it was fitted to; without counts the quantities are drawn with their
            intervals.
        correct: c, correct ones among them.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or counts are out of range.
    """
    check_columns(frame, ["estimate", "low", "high"])
    check_rows(frame, ["quantity"])
    if attempts is None or correct is None:
        rows = frame.filter(pl.col("quantity").is_in(["mean", "icc"])).select(
            "low",
            "high",
            value="estimate",
            label=pl.col("quantity").replace("icc", "intra-class correlation"),
            group="quantity",
        )
        text = "Dot: estimate; bar: interval. With attempts= and correct= the fit is drawn against them."
        return forest(rows, title="How tasks differ", subtitle=text, axis="value", share=False, colours=["mean", "icc"])
    n, c = counts(attempts, correct)
    mean, icc = (float(frame.filter(quantity=name)["estimate"][0]) for name in ("mean", "icc"))
    at = np.linspace(0.0, 1.0, _POINTS)
    fitted = np.zeros(_POINTS)
    spread = np.zeros(_POINTS)
    for size, tasks in zip(*np.unique(n, return_counts=True), strict=True):
        below = _below(int(size), mean, icc)[np.floor(at * size + 1e-9).astype(np.int64)]
        fitted += tasks * below
        spread += tasks * below * (1.0 - below)
    observed = np.searchsorted(np.sort(c / n), at + 1e-9, side="right") / len(n)
    fitted, half = fitted / len(n), 1.96 * np.sqrt(spread) / len(n)
    band = {"low": fitted - half, "high": fitted + half}
    parts: list[dict[str, Any]] = [
        {"value": observed, "series": "observed"},
        {"value": fitted, "series": "fitted population", **band},
    ]
    rows = pl.concat([pl.DataFrame({"at": at, **part}) for part in parts], how="diagonal")
    x = alt.X("at:Q", title="success rate of a task, c/n", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    text = (
        f"{len(n):,} tasks; mean {mean:.3g}, intra-class correlation {icc:.3g}. Band: 95% of such data, at each rate."
    )
    return lines(rows, x=x, title=title, subtitle=text, axis="share of tasks at or below", share=True)


def _below(n: int, mean: float, icc: float) -> Floats:
    """P(C <= c) for c = 0..n of a beta-binomial count, with its limits: one rate for all, and rates of 0 and 1 only."""
    c = np.arange(n)
    if mean in (0.0, 1.0) or icc >= 1.0:
        return np.append(np.full(n, 1.0 - mean), 1.0)
    if icc <= 0.0:
        steps: Any = np.log((n - c) / (c + 1.0)) + np.log(mean / (1.0 - mean))
    else:
        a, b = mean * (1.0 / icc - 1.0), (1.0 - mean) * (1.0 / icc - 1.0)
        steps = np.log((n - c) / (c + 1.0)) + np.log((a + c) / (b + n - c - 1.0))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(logs - logs.max())
    return np.asarray(np.minimum(np.cumsum(weights) / weights.sum(), 1.0), dtype=np.float64)
