"""The page of any result: its chart and its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw._frames import runs_of
from limitlaw.exhaustion.constraint import ConstraintResult
from limitlaw.pages.page import Page
from limitlaw.plots.pick import has_chart, plot

if TYPE_CHECKING:
    from limitlaw._spec import Spec

#: The most rows of a table of the page.
_MOST = 200


def result_page(result: Any, *, scenario: Spec | None = None) -> Page:
    """The page of a result or a frame."""
    charts = {"result": plot(result).to_dict()} if has_chart(result) else {}
    frames = _frames(result)
    tables = {}
    for name, frame in frames.items():
        cut = f", the first {_MOST} of {frame.height:,} rows" if frame.height > _MOST else ""
        nested = [column for column in frame.columns if frame[column].dtype.is_nested()]
        tables[f"{name.replace('_', ' ').capitalize()}{cut}"] = frame.head(_MOST).drop(nested)
    runs = [run for frame in frames.values() for run in runs_of(frame)]
    words = ", ".join(dict.fromkeys(str(run) for run in runs))
    seed = getattr(result, "seed", None)
    how = f"Run (seed-settings-stream): {words}." if words else "The result does not say how it was made."
    return Page(
        title="What was found",
        kind="static",
        answer=_answer(result),
        charts=charts,
        captions={"result": "The chart of the result; its title says what its marks are."},
        tables=tables,
        assumptions=None if scenario is None else scenario.inputs(),
        settings=None if scenario is None else scenario.to_json(indent=2),
        run=f"Resampled with seed {seed}." if seed and not words else how,
    )


def _answer(result: Any) -> list[str]:
    if isinstance(result, ConstraintResult):
        least = result.bands.row(by_predicate=pl.col("quantity") == "minimum", named=True)
        first = result.binding.sort("share", descending=True).row(0, named=True)
        middle, low, high = (f"{least[name]:.1e}" for name in ("q50", "q05", "q95"))
        return [
            f"What data, power and chips allow the largest training run: median {middle} FLOP, 90 % {low} to {high}.",
            f"{first['constraint'].capitalize()} binds most often, in {first['share']:.0%} of the draws.",
        ]
    return [str(getattr(result, "text", "The numbers of one result; nothing here was computed anew."))]


def _frames(result: Any) -> dict[str, pl.DataFrame]:
    if isinstance(result, pl.DataFrame):
        return {"rows": result}
    if callable(getattr(result, "frame", None)):  # a sweep
        return {"points": result.frame()}
    names = (
        *("exhaustion", "exhausted_by", "bands", "binding", "scores", "observations", "indices", "correlations"),
        *("policies", "evidence", "estimates"),
    )
    return {name: getattr(result, name) for name in names if isinstance(getattr(result, name, None), pl.DataFrame)}
