"""What every chart shares: colours, titles, charts below each other, files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

#: Colours whose lightness differs, so that they survive greyscale, each with its own dashes.
STYLES = [("#12305e", [1, 0]), ("#d1661c", [7, 3]), ("#4fa79a", [2, 2]), ("#8e3b74", [9, 3, 2, 3])]
WIDTH = 860
INK = "#222222"


def stack(*charts: Any) -> alt.VConcatChart:
    """Charts below each other, ready to save."""
    chart: alt.VConcatChart = (
        own_legends(alt.vconcat(*charts, spacing=34))
        .configure_view(stroke="#cccccc")
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", titleColor=INK, gridOpacity=0.6)
        .configure(font="Liberation Sans", padding=18)
    )
    return chart


def save(chart: Any, path: str | Path, *, scale: float = 2.0) -> Path:
    """Write a chart as PNG, SVG or JSON by the ending of ``path``, without a browser and without a network.

    Args:
        chart: Any Altair chart.
        path: The file to write.
        scale: Pixels of a PNG for each pixel of the chart.

    Returns:
        The absolute path of the file.
    """
    path = Path(path).resolve()
    chart.save(str(path), scale_factor=scale)
    return path


def own_legends(chart: alt.VConcatChart) -> alt.VConcatChart:
    """Keep the colours of a chart, and their legend below its title, apart from those of its neighbours."""
    scales = chart.resolve_scale(color="independent", strokeDash="independent")
    own: alt.VConcatChart = scales.resolve_legend(color="independent", strokeDash="independent")
    return own


def titled(title: str, subtitle: str | list[str]) -> alt.TitleParams:
    """A title with what the reader must know below it."""
    return alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=17, subtitleFontSize=12, subtitleColor="#555555", offset=10
    )


def check_columns(frame: pl.DataFrame, columns: Sequence[str], name: str = "frame") -> None:
    """Refuse a frame without one of the columns."""
    for column in columns:
        if column not in frame.columns:
            raise ValueError(f"{name} must have a column {column!r}, got {frame.columns}")
