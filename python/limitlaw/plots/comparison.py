"""A metric of several scenarios side by side: verifiers, models, what was recorded and what a model of it says."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from limitlaw._arguments import shown
from limitlaw.plots.chart import check_columns, check_rows, run_words
from limitlaw.plots.forms import ATTEMPTS, are_shares, lines, two_errors

#: Colours that can be told apart.
_MOST = 8


def scenarios(
    frames: Mapping[str, pl.DataFrame], *, metric: str = "accuracy", title: str | None = None
) -> alt.VConcatChart:
    """One metric against attempts, a line for each scenario: verifiers, models, recorded against modelled.

    Args:
        frames: By the name of its line, what ``simulate`` or ``solve`` returns for a scenario with one policy, at most
            eight.
        metric: The column to draw.
        title: Title of the chart; the metric unless given.

    Returns:
        A chart; the band of a simulated line goes two standard errors to each side.

    Raises:
        TypeError: ``frames`` is no mapping of names to frames.
        ValueError: A frame lacks a column, or has several policies.
    """
    if not isinstance(frames, Mapping) or not 1 <= len(frames) <= _MOST:
        raise TypeError(f"frames must map 1 to {_MOST} names to frames, got {shown(frames)}")
    rows, said = [], []
    for label, frame in frames.items():
        name = f"frames[{label!r}]"
        check_columns(frame, ["policy", "max_attempts", metric], name)
        check_rows(frame, ["max_attempts"], name)
        rows.append(
            frame.select(
                "max_attempts",
                value=pl.col(metric).cast(pl.Float64),
                series=pl.lit(str(label), pl.String),
                **two_errors(frame, metric),
            )
        )
        said.append(run_words(frame))
    every = pl.concat(rows)
    if every["value"].null_count() == every.height:
        raise ValueError(f"metric must be a column with values, got {metric!r}, in which all are null")
    words = metric.replace("_", " ")
    share = are_shares(every["value"], metric)
    runs = "; ".join(dict.fromkeys(word for word in said if word))
    band = " Band: two standard errors to each side." if every["low"].null_count() < every.height else ""
    heading = title or f"{words[:1].upper()}{words[1:]} side by side"
    text = f"Line: {words}{' (share of tasks)' if share else ''}.{band} {runs[:1].upper()}{runs[1:]}."
    return lines(every, x=ATTEMPTS, title=heading, subtitle=text.replace(" .", ""), axis=words, share=share)
