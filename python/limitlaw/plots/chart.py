"""What every chart shares: colours, titles, charts below each other, files."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl
from altair.utils.mimebundle import spec_to_mimebundle

from limitlaw._arguments import as_frame, as_number, as_path, as_whole, brief, is_sequence, listed, shown
from limitlaw._frames import PROVENANCE, runs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Colours whose lightness differs, so that they survive greyscale, each with its own dashes.
STYLES = [("#12305e", [1, 0]), ("#d1661c", [7, 3]), ("#4fa79a", [2, 2]), ("#8e3b74", [9, 3, 2, 3])]
WIDTH = 860
#: The most pixels of a PNG for each pixel of the chart.
MAX_SCALE = 20
INK = "#222222"
#: Charts keep their colours apart from those of their neighbours.
_APART = alt.Resolve(
    scale=alt.ScaleResolveMap(color="independent", strokeDash="independent"),
    legend=alt.LegendResolveMap(color="independent", strokeDash="independent"),
)
#: Pixels of a notebook's picture for each pixel of the chart: sharp on most screens.
_NOTEBOOK_SCALE = 1.5


class Chart(alt.VConcatChart):
    """A chart that notebooks show without a network, as a picture; Altair's page would load its program from one.

    Another renderer that was chosen by ``alt.renderers.enable`` is used as it is.
    """

    # What Vega-Lite's schema calls it: a subclass would else be looked up by its own name.
    _schema = alt.VConcatChart._schema  # noqa: SLF001

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
        if alt.renderers.active != "default":
            return super()._repr_mimebundle_(*args, **options)
        bundle: Any = spec_to_mimebundle(self.to_dict(), format="png", mode="vega-lite", scale_factor=_NOTEBOOK_SCALE)
        pictures, sizes = bundle
        return pictures, {kind: {side: x / _NOTEBOOK_SCALE for side, x in size.items()} for kind, size in sizes.items()}


def stack(*charts: Any) -> alt.VConcatChart:
    """Charts below each other, ready to save, and to be shown by a notebook without a network."""
    look = alt.Config(font="Liberation Sans", padding=18)
    return Chart(vconcat=[*charts], spacing=34, resolve=_APART, config=look)


def save(chart: Any, path: str | Path, *, scale: float = 2.0) -> Path:
    """Write a chart as PNG, SVG or JSON by the ending of ``path``, without a browser and without a network.

    Args:
        chart: Any Altair chart.
        path: The file to write.
        scale: Pixels of a PNG for each pixel of the chart, at most 20.

    Returns:
        The absolute path of the file.
    """
    path = as_path(path, "path").resolve()
    check_ending(path, "path")
    if not isinstance(chart, alt.TopLevelMixin):
        raise TypeError(f"chart must be an Altair chart, got {shown(chart)}")
    scale = as_number(scale, "scale")
    if not 0.0 < scale <= MAX_SCALE:
        raise ValueError(f"scale must be above 0 and at most {MAX_SCALE}, got {brief(scale)}")
    chart.save(str(path), scale_factor=scale)
    return path


def own_legends(*charts: Any, **properties: Any) -> alt.VConcatChart:
    """Charts below each other, each with its own colours and its legend below its title.

    All is said at once: whatever Altair adds to a chart later copies all of its parts.
    """
    found: alt.VConcatChart = alt.vconcat(*charts, resolve=_APART, **properties)
    return found


def top_legend(**options: Any) -> alt.Legend:
    """A legend above a chart, with its labels in full."""
    return alt.Legend(title=None, orient="top", labelLimit=0, labelFontSize=13, **options)


def titled(title: str, subtitle: str | list[str]) -> alt.TitleParams:
    """A title with what the reader must know below it."""
    if not isinstance(title, str):
        raise TypeError(f"title must be text, got {shown(title)}")
    return alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=17, subtitleFontSize=12, subtitleColor="#555555", offset=10
    )


def check_columns(frame: pl.DataFrame, columns: Sequence[str], name: str = "frame") -> None:
    """Refuse a frame without rows or without one of the columns, and words where numbers belong."""
    frame = as_frame(frame, name)
    for column in columns:
        if not isinstance(column, str) or column not in frame.columns:
            raise ValueError(f"{name} must have a column {shown(column)}, got {listed(frame.columns, column)}")
        found = frame[column]
        if column not in _WORDS and not found.dtype.is_numeric() and found.null_count() < frame.height:
            raise TypeError(f"{name}[{column!r}] must be numbers, got {found.dtype}")
        if found.dtype.is_float() and found.is_nan().any():
            raise ValueError(f"{name}[{column!r}] must be numbers, got nan")
        if column in _PLACES and found.null_count():
            raise ValueError(f"{name}[{column!r}] must have a value in every row, got {found.null_count()} nulls")
    if frame.is_empty():
        raise ValueError(f"{name} must have at least one row, got none")


#: Columns that hold words.
_WORDS = (
    *("policy", "other", "limit", "variable", "unit", "definition", "lever", "status", "verdict", "quantity", "group"),
    *("rate", "source", "task", "system"),
)
#: Columns that say where a row stands on an axis.
_PLACES = ("policy", "max_attempts", "year", "wrong_cost", "status", "p_not_by_horizon")


def check_rows(frame: pl.DataFrame, key: Sequence[str], name: str = "frame") -> None:
    """Refuse a frame in which a place of the chart has several rows, or rows of several runs: it would be misread.

    Args:
        frame: What is to be drawn.
        key: The columns that name a place of the chart.
        name: Of the argument.
    """
    axes = [axis for axis in axes_of(frame) if frame[axis].n_unique() > 1]
    if axes or frame.select(key).is_duplicated().any():
        raise ValueError(f"{name} must have one row for each {' and '.join(key)}, got {_several(frame, axes)}")
    series = [column for column in key if column in _SERIES]
    for column in PROVENANCE:
        if column not in frame.columns:
            continue
        runs = frame.group_by(series).agg(pl.col(column).n_unique()) if series else frame.select(pl.n_unique(column))
        if runs[column].max() != 1:
            raise ValueError(f"{name} must come from one run, got rows that differ in {column}: filter it first")


def _several(frame: pl.DataFrame, axes: Sequence[str]) -> str:
    """What a frame is that has several rows for one place, and how to keep one of them."""
    if "point" in frame.columns:
        over = f" over {', '.join(axes)}" if axes else ""
        points = frame["point"].n_unique()
        return f"{points} points of a sweep{over}: draw it with plots.sweep, or keep one with filter(point=0)"
    if "task" in frame.columns:
        return f"{frame['task'].n_unique()} tasks (by='task'): keep one with filter(task=...), or leave by='task' out"
    return "several: keep the rows of one scenario"


def axes_of(frame: pl.DataFrame) -> list[str]:
    """The axes of a sweep's frame: they stand between the point and the columns that name a row of its result."""
    if "point" not in frame.columns:
        return []
    after = frame.columns[frame.columns.index("point") + 1 :]
    return list(itertools.takewhile(lambda name: name not in _ROW_NAMES, after))


#: Columns of a key that a chart draws as series, each of which may come from a run of its own.
_SERIES = ("policy", "lever")
#: The first column, by kind of result, of those that name a row.
_ROW_NAMES = ("policy", "definition", "year", "quantity", "constraint")


def run_words(frame: pl.DataFrame) -> str:
    """How the numbers of a frame came about, as far as it says: exact, or with how many trials and which seed."""
    runs = runs_of(frame)
    if runs and all(run.exact for run in runs):
        return "exact"
    if "trials" not in frame.columns or not frame.schema["trials"].is_integer() or frame["trials"].null_count():
        return ""
    few, most = min(counts := frame["trials"].to_list()), max(counts)
    trials = f"{few:,} trials" if few == most else f"{few:,} to {most:,} trials"
    seeds = {run.seed for run in runs}
    return f"{trials}, seed {seeds.pop()}" if len(seeds) == 1 else trials


def part_words(frame: pl.DataFrame) -> str:
    """What part of a larger result a frame is, where it is one: one point of a sweep, one task."""
    parts = [axis for axis in axes_of(frame) if frame[axis].null_count() < frame.height]
    words = [f"{axis} = {brief(frame[axis][0])}" for axis in parts]
    if "task" in frame.columns:
        words.append(f"Task {frame['task'][0]} alone")
    return "".join(f"{word}. " for word in words)


def check_tasks(tasks: object) -> None:
    """A number of tasks for a caption, or none."""
    if tasks is not None:
        as_whole(tasks, "tasks", 1, 10**7)


def check_count(names: Sequence[str], name: str) -> None:
    """As many things to draw as there are styles."""
    if not is_sequence(names):
        raise TypeError(f"{name} must be a sequence of names, got {shown(names)}")
    if not 1 <= len(names) <= len(STYLES):
        raise ValueError(f"{name} must be 1 to {len(STYLES)}, got {len(names)}")


def check_ending(path: Path, name: str) -> None:
    """A kind of picture that can be written."""
    if path.suffix not in (".png", ".svg", ".json"):
        raise ValueError(f"{name} must end in .png, .svg or .json, got {path.name!r}")
