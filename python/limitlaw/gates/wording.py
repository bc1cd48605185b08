"""Verdicts in words: a line for each requirement that does not hold, a table for reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw._show import brief

if TYPE_CHECKING:
    from collections.abc import Mapping

#: From the verdict that decides over others.
VERDICTS = ["fails", "cannot tell", "holds"]
_READ = ("requirement", "verdict", "estimate", "low", "high")


def verdict_of(frame: pl.DataFrame) -> str:
    """The verdict over all requirements: ``fails`` if any does, ``holds`` if all do, else ``cannot tell``.

    Args:
        frame: A frame of ``check``.
    """
    found = set(frame["verdict"].to_list())
    return next(verdict for verdict in VERDICTS if verdict in found)


def reason(row: Mapping[str, Any]) -> str:
    """What a row of ``check`` says, in one line."""
    values = {name: "?" if row[name] is None else f"{row[name]:.4g}" for name in ("estimate", "low", "high")}
    interval = f"{values['estimate']} [{values['low']}, {values['high']}] from {row['evidence']}"
    if row["evidence"] == "exact":
        interval = f"{values['estimate']} exactly"
    tell = f"; what would: {row['would_tell']}" if row["would_tell"] else ""
    return f"{row['requirement']} {row['verdict']}: {interval}{tell}"


def shown(frame: pl.DataFrame) -> str:
    """A frame of ``check`` for reading: requirement, verdict, estimate and limits, and what would tell where asked.

    Args:
        frame: A frame of ``check``.
    """
    named = ["policy"] if frame["policy"].n_unique() > 1 else []
    told = ["would_tell"] if frame["would_tell"].null_count() < frame.height else []
    table = frame.select(*_READ, *named, *told)
    if told:
        table = table.with_columns(pl.col("would_tell").fill_null(""))
    at = next(name for name in ("max_attempts", "limit") if name in frame.columns)
    place = f"{frame[at][0]} attempts" if at == "max_attempts" else f"the limit {frame[at][0]}"
    told_by = frame["evidence"].unique(maintain_order=True).to_list()
    # Tasks alone are said by what says them with their attempts.
    from_ = "; ".join(one for one in told_by if not any(other.startswith(f"{one}, ") for other in told_by))
    return (
        f"{brief(table)}\n{verdict_of(frame)}: at {place}, from {from_}, with an error of at most {frame['error'][0]:g}"
    )


def complaint(frame: pl.DataFrame, scenario: object, *, undecided: str = "fail") -> str | None:
    """What is to be said of a scenario that does not meet what is required: a line each, and its settings.

    Args:
        frame: A frame of ``check``.
        scenario: What was checked.
        undecided: ``"fail"`` complains of what cannot be told too, anything else only of what fails.

    Returns:
        The text; none where there is nothing to complain of.
    """
    bad = ("fails", "cannot tell") if undecided == "fail" else ("fails",)
    if verdict_of(frame) not in bad:
        return None
    lines = [f"{row['policy']}: {reason(row)}" for row in frame.iter_rows(named=True) if row["verdict"] != "holds"]
    sure = f"(either verdict is wrong with a probability of at most {frame['error'][0]:g})"
    return "\n".join(
        [f"the scenario must meet what is required, and {verdict_of(frame)} {sure}", *lines, repr(scenario)]
    )
