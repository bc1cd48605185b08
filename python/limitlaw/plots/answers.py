"""Charts of the questions a benchmark answers: ceilings, the rate required, can it match, who wins, the best limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import polars as pl

from limitlaw._arguments import as_frame, is_sequence, shown
from limitlaw.plots.chart import check_columns, check_rows, run_words
from limitlaw.plots.forms import ATTEMPTS, are_shares, forest, lines, log_x, two_errors
from limitlaw.sampling.cost import UNITS
from limitlaw.sampling.match import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

_CEILINGS = {
    "ceiling_all_tasks": "all tasks (one without an acceptance counts 0)",
    "ceiling_accepted_tasks": "tasks with an acceptance",
    "ceiling_pooled": "all acceptances pooled",
}


def ceilings(frame: pl.DataFrame, *, title: str = "Where accuracy ends") -> alt.VConcatChart:
    """The three ceilings of ``ll.ceilings``, below each other.

    Args:
        frame: What ``ll.ceilings`` returns.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column.
    """
    check_columns(frame, list(_CEILINGS))
    check_rows(frame, ["tasks"] if "tasks" in frame.columns else [next(iter(_CEILINGS))])
    rows = pl.DataFrame(
        {
            "label": list(_CEILINGS.values()),
            "value": [frame[name][0] for name in _CEILINGS],
            "group": "ceiling",
        }
    )
    return forest(
        rows,
        title=title,
        subtitle="Dot: accuracy that attempts without end would reach, counted over",
        axis="accuracy in the limit",
        share=True,
    )


def can_match(
    frame: pl.DataFrame, *, models: Sequence[str] | None = None, title: str = "Can more attempts match?"
) -> alt.VConcatChart:
    """The difference of ceiling and single attempt for each model, coloured by the verdict.

    Args:
        frame: What ``ll.can_match`` returns, of one or several models.
        models: A name for each row; numbers from 1 unless given.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or ``models`` is of another length.
    """
    check_columns(frame, ["verdict", "difference", "difference_low", "difference_high"])
    names = [f"model {i + 1}" for i in range(frame.height)] if models is None else models
    if not is_sequence(names) or len(names) != frame.height or len(set(map(str, names))) < frame.height:
        raise ValueError(f"models must be {frame.height} different names, got {shown(models)}")
    rows = frame.select(
        label=pl.format("{}: {}", pl.Series([str(name) for name in names], dtype=pl.String), pl.col("verdict")),
        value="difference",
        low="difference_low",
        high="difference_high",
        group=pl.col("verdict").cast(pl.String),
    )
    return forest(
        rows,
        title=title,
        subtitle="Dot: ceiling of the weak model less the strong model's single attempt; bar: interval",
        axis="difference in accuracy",
        mark=0.0,
        colours=VERDICTS,
    )


def compared(frame: pl.DataFrame, *, title: str = "Which policy wins at the same spending") -> alt.VConcatChart:
    """The difference of each pair of policies, with three standard errors to each side.

    Args:
        frame: What ``ll.compare_policies`` returns, at most 60 rows.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column or has too many rows.
    """
    place = "limit" if "limit" in as_frame(frame, "frame").columns else "max_attempts"
    check_columns(frame, ["policy", "other", place, "difference", "difference_se"])
    check_rows(frame, ["policy", "other", place])
    words = pl.format("{} over {} at {}", pl.col("policy").cast(pl.String), pl.col("other").cast(pl.String), place)
    rows = frame.drop_nulls("difference").select(
        label=words,
        value="difference",
        low=pl.col("difference") - 3 * pl.col("difference_se"),
        high=pl.col("difference") + 3 * pl.col("difference_se"),
        group=pl.col("policy").cast(pl.String),
    )
    if rows.is_empty():
        raise ValueError("frame must have a pair that spends the same, got none")
    return forest(
        rows,
        title=title,
        subtitle=f"Dot: difference; bar: three standard errors to each side. {run_words(frame).capitalize()}".strip(),
        axis="difference of the metric per task",
        mark=0.0,
    )


def required_rate(frame: pl.DataFrame, *, title: str = "How good the verifier must be") -> alt.VConcatChart:
    """The largest false positive rate with which each number of attempts still reaches the target.

    Args:
        frame: What ``ll.required_false_positive_rate`` returns, by ``max_attempts``.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or no row reaches the target.
    """
    name = "required_false_positive_rate"
    check_columns(frame, ["policy", "max_attempts", name, "false_positive_rate", "target"])
    check_rows(frame, ["policy", "max_attempts"])
    if frame[name].is_null().all():
        raise ValueError("frame must have a row that reaches its target, got none: not even a rate of 0 is enough")
    ends = {end: f"{name}_{end}" for end in ("low", "high") if f"{name}_{end}" in frame.columns}
    required = frame.select("max_attempts", value=name, series=pl.col("policy").cast(pl.String), **ends)
    present = frame.select("max_attempts", value="false_positive_rate", series=pl.lit("the rate it has"))
    rows = pl.concat([required, present.unique(maintain_order=True)], how="diagonal")
    short = frame[name].null_count()
    target = f"{frame['target'][0]:g}"
    text = f"Line: the largest rate that reaches an accuracy of {target}; band: its interval where simulated."
    if short:
        text += f" {short} of {frame.height} rows cannot reach it at any rate."
    return lines(rows, x=ATTEMPTS, title=title, subtitle=text, axis="false positive rate", points=True)


def limits(frame: pl.DataFrame, *, metric: str = "accuracy", title: str = "What more money buys") -> alt.VConcatChart:
    """One metric against limits of one unit (money, tokens or seconds), a line for each policy.

    Args:
        frame: What ``simulate`` or ``solve`` returns for a scenario with ``limits`` of one unit and crossing.
        metric: The column to draw.
        title: Title of the chart.

    Raises:
        ValueError: The frame lacks a column, or its limits differ in unit or crossing.
    """
    check_columns(frame, ["policy", "limit", metric])
    check_rows(frame, ["policy", "limit"])
    parts = [_parts(label) for label in frame["limit"].cast(pl.String)]
    kinds = {(unit, crossing) for unit, _, crossing in parts}
    if len(kinds) != 1:
        raise ValueError(f"frame must have limits of one unit and crossing, got {sorted(kinds)}")
    rows = frame.select(
        amount=pl.Series([amount for _, amount, _ in parts], dtype=pl.Float64),
        value=metric,
        series=pl.col("policy").cast(pl.String),
        **two_errors(frame, metric),
    ).sort("amount")
    (unit, crossing) = kinds.pop()
    x = log_x("amount", f"{UNITS[unit]} per task")
    words = f"Where a limit is crossed: {crossing}; band: two standard errors. {run_words(frame).capitalize()}".strip()
    share = are_shares(rows["value"], metric)
    return lines(rows, x=x, title=title, subtitle=words, axis=metric.replace("_", " "), share=share, points=True)


def _parts(label: str) -> tuple[str, float, str]:
    """Unit, amount and crossing of a limit, from the label of its rows."""
    amount, _, crossing = label.partition(", ")
    unit, _, number = amount.partition("=")
    if unit not in UNITS:
        raise ValueError(f"frame['limit'] must be limits as of ll.Limit, got {label!r}")
    return unit, float(number), crossing or "cut"
