"""Charts of decisions: the best number of attempts, what is recommended, what a gate found, a corrected accuracy."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from limitlaw._arguments import shown
from limitlaw.gates.wording import VERDICTS
from limitlaw.plots.chart import check_columns, check_rows, own_legends
from limitlaw.plots.forms import forest

#: How far right of the largest number "no limit" stands.
_BEYOND = 3.0


def optima(frame: pl.DataFrame, *, title: str | None = None) -> alt.VConcatChart:
    """The best number of attempts, or the best limit, for each policy and cost of a wrong answer.

    Args:
        frame: What ``ll.optimal_attempts`` returns.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or has several rows for one policy and cost.
    """
    check_columns(frame, ["policy", "wrong_cost", "status"])
    check_rows(frame, ["policy", "wrong_cost"])
    best = "optimal_attempts" if "optimal_attempts" in frame.columns else "optimal_limit"
    ends = [f"{best}_q05", f"{best}_q95"]
    sampled = set(ends) <= set(frame.columns)
    known = [x for name in (best, *(ends if sampled else [])) for x in frame[name].drop_nulls().to_list()]
    edge = _BEYOND * max([1, *known])
    several = frame["policy"].n_unique() > 1
    form = "," if best == "optimal_attempts" else ",g"
    rows = []
    for row in frame.iter_rows(named=True):
        told = "no limit" if row[best] is None else "do not ask" if row[best] == 0 else f"{row[best]:{form}}"
        rows.append(
            {
                "label": f"{row['policy'] + ', ' if several else ''}wrong answer costs {row['wrong_cost']:g}: {told}",
                "value": float(edge if row[best] is None else row[best]),
                "low": float(edge if row[ends[0]] is None else row[ends[0]]) if sampled else None,
                "high": float(edge if row[ends[1]] is None else row[ends[1]]) if sampled else None,
                "group": str(row["policy"]),
            }
        )
    drawn = pl.DataFrame(rows, schema_overrides={"low": pl.Float64, "high": pl.Float64})
    text = f"Dot: the best {'number' if best == 'optimal_attempts' else 'limit'}" + (
        "; bar: 5 to 95 % over resamples of the tasks." if sampled else "."
    )
    if len(known) < frame.height * (3 if sampled else 1):
        text += f" At the right edge ({edge:,.0f}): no limit."
    many = best == "optimal_attempts"
    heading = title or ("How many attempts are worth it" if many else "Which limit is worth it")
    # On a logarithmic axis a number of 0 stands left of 1.
    return forest(drawn, title=heading, subtitle=text, axis="attempts" if many else "limit", symlog=True)


def recommended(found: Any, *, title: str | None = None) -> alt.VConcatChart:
    """The utility of each policy at its best number of attempts.

    Args:
        found: What ``ll.recommend`` returns, or its ``policies``.
        title: Title of the chart; the recommendation unless given.

    Raises:
        TypeError: It is neither.
        ValueError: The frame lacks a column.
    """
    frame = found if isinstance(found, pl.DataFrame) else getattr(found, "policies", None)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"found must be what ll.recommend returns, got {shown(found)}")
    check_columns(frame, ["policy", "attempts", "utility", "utility_low", "utility_high", "p_best"])
    check_rows(frame, ["policy"])
    rows = frame.with_row_index("at").select(
        value="utility",
        low="utility_low",
        high="utility_high",
        label=pl.format(
            "{}: {} attempts, best in {}%", "policy", "attempts", (100 * pl.col("p_best")).round(0).cast(pl.Int64)
        ),
        group=pl.when(pl.col("at") == 0).then(pl.lit("recommended")).otherwise(pl.lit("others")),
    )
    top = frame.row(0, named=True)
    verdict = f" ({found.verdict})" if hasattr(found, "verdict") else ""
    heading = title or f"{top['policy']} with {top['attempts']} attempts{verdict}"
    text = "Dot: utility per task at the policy's own best number; bar: interval over tasks; 0: not asking."
    groups = ["recommended", "others"]
    return forest(rows, title=heading, subtitle=text, axis="utility per task", mark=0.0, legend=groups, colours=groups)


def checked(frame: pl.DataFrame, *, title: str = "Does it meet what is required") -> alt.VConcatChart:
    """The limits of each metric that was required, beside the bound, coloured by the verdict.

    Args:
        frame: What ``ll.check`` returns.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column.
    """
    check_columns(frame, ["low", "high", "estimate"])
    rows = frame.with_columns(
        metric=pl.col("requirement").str.split(" ").list.first(),
        bound=pl.col("requirement").str.split(" ").list.last().cast(pl.Float64),
    )
    several = frame["policy"].n_unique() > 1
    label = pl.format("{}: {}", "requirement", pl.col("verdict").cast(pl.String))
    label = pl.format("{}, {}", "policy", label) if several else label
    drawn = rows.select(
        "metric",
        "bound",
        label=label,
        # A side that is not known ends at the bound of what a share can be, or at what is known.
        low=pl.coalesce("low", pl.when(_shares()).then(0.0), "estimate", "bound"),
        high=pl.coalesce("high", pl.when(_shares()).then(1.0), "estimate", "bound"),
        value="estimate",
        group=pl.col("verdict").cast(pl.String),
    )
    panels: list[Any] = []
    text = "Bar: what the evidence leaves open; dot: estimate; tick: what is required."
    for name, part in (
        ("share of tasks", drawn.filter(_shares())),
        *((m, drawn.filter(pl.col("metric") == m)) for m in ("utility", "cost", "tokens", "latency")),
    ):
        if part.is_empty():
            continue
        share = name == "share of tasks"
        panel = forest(
            part,
            title="" if panels else title,
            subtitle="" if panels else text,
            axis=name,
            share=share,
            colours=VERDICTS,
            ticks="bound",
            legend=VERDICTS if not panels else [],
        )
        panels.append(panel)
    return own_legends(*panels, spacing=20)


def corrected(frame: pl.DataFrame, *, title: str = "The accuracy behind the verdicts") -> alt.VConcatChart:
    """The accuracy with its interval, a row for each method.

    Args:
        frame: What ``ll.corrected_accuracy`` returns, or several of them below each other.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or has a method twice.
    """
    check_columns(frame, ["estimate", "low", "high"])
    check_rows(frame, ["method"])
    names = {"ppi": "prediction-powered", "rogan_gladen": "Rogan and Gladen", "labels": "labels alone"}
    rows = frame.select("low", "high", value="estimate", label=pl.col("method").replace(names), group=pl.lit("all"))
    text = f"Dot: estimate; bar: interval. {frame['labels'][0]:,} labels, {frame['verdicts'][0]:,} further verdicts."
    return forest(rows, title=title, subtitle=text, axis="accuracy", share=True)


def _shares() -> pl.Expr:
    return pl.col("metric").is_in(["accuracy", "precision", "coverage", "accepted", "wrong"])
