"""The page itself: text, charts, sliders and tables put into one HTML file that asks nothing of a network."""

from __future__ import annotations

import dataclasses
import functools
import html
import json
import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from limitlaw import _core
from limitlaw._extras import command_for

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Control", "Page", "told_apart", "written"]

#: Characters of a cell that stay on one line.
_SHORT = 22
#: What may run and load: the page's own script and style, and nothing from anywhere.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


@dataclasses.dataclass
class Control:
    """One slider.

    Args:
        name: What the script knows it by.
        label: What people read.
        values: Its positions as numbers.
        texts: Its positions as people read them, with units.
        start: The position to begin with.
    """

    name: str
    label: str
    values: list[float]
    texts: list[str]
    start: int


@dataclasses.dataclass
class Page:
    """What a page says.

    Args:
        title: The question.
        kind: What the script draws: ``sampling``, ``exhaustion`` or ``static``.
        answer: The recommendation with its interval, in sentences.
        charts: Vega-Lite specifications by the name of their place.
        captions: By the same names, what the marks are.
        controls: The sliders.
        data: What the script reads.
        tables: Frames by heading.
        assumptions: As of ``inputs`` of a setting.
        caveats: Sentences.
        settings: The settings as JSON, where there are any.
        run: Seed, trials and the like, in words.
        command: The command that makes the page again.
    """

    title: str
    kind: str
    answer: list[str]
    charts: dict[str, dict[str, Any]]
    captions: dict[str, str]
    controls: list[Control] = dataclasses.field(default_factory=list)
    data: dict[str, Any] = dataclasses.field(default_factory=dict)
    tables: dict[str, pl.DataFrame] = dataclasses.field(default_factory=dict)
    assumptions: pl.DataFrame | None = None
    caveats: list[str] = dataclasses.field(default_factory=list)
    settings: str | None = None
    run: str = ""
    command: str | None = None


def told_apart(names: Sequence[str], **legend: Any) -> dict[str, Any]:
    """The encodings that tell the series of a chart apart: their colours, which survive greyscale, and their dashes."""
    kind = {"field": "series", "type": "nominal"}
    colours, dashes = ["#12305e", "#d1661c", "#4fa79a"][: len(names)], [[1, 0], [7, 3], [2, 2]][: len(names)]
    shown = {"title": None, "orient": "top", "symbolType": "stroke", **legend}
    return {
        "color": kind | {"legend": shown, "scale": {"domain": names, "range": colours}},
        "strokeDash": kind | {"scale": {"domain": names, "range": dashes}},
    }


def written(page: Page, path: Path) -> Path:
    """Write the page whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(_html(page), encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _html(page: Page) -> str:
    parts = [
        f"<h1>{html.escape(page.title)}</h1>",
        _section("answer", "Answer", "".join(f"<p>{html.escape(text)}</p>" for text in page.answer)),
        _explore(page) if page.charts or page.controls else "",
        *(_section("", heading, _table(frame)) for heading, frame in page.tables.items()),
    ]
    if page.assumptions is not None:
        parts.append(_section("assumptions", "What this assumes", _table(page.assumptions)))
    if page.caveats:
        items = "".join(f"<li>{html.escape(text)}</li>" for text in page.caveats)
        parts.append(_section("caveats", "What it does not say", f"<ul>{items}</ul>"))
    again = f"<p>{html.escape(page.run)} limitlaw {html.escape(_core.__version__)}.</p>"
    if page.command:
        again += f"<pre><code>{html.escape(page.command)}</code></pre>"
    if page.settings:
        again += f"<details><summary>The settings</summary><pre>{html.escape(page.settings)}</pre></details>"
    parts.append(_section("again", "To make it again", again))
    body = "\n".join(parts)
    style, script = _asset("report.css"), _asset("report.js")
    data = {
        "kind": page.kind,
        "charts": page.charts,
        "controls": [dataclasses.asdict(control) for control in page.controls],
        "data": page.data,
    }
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{html.escape(page.title)}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
<script type="application/json" id="report-data">{script_json(data)}</script>
<script type="module">{_bundle()}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def script_json(data: Any) -> str:
    """JSON that ends no script element, whatever the names in it are."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@functools.cache
def _bundle() -> str:
    """The script that draws charts: the same for every page, and seconds of work."""
    try:
        import vl_convert  # noqa: PLC0415  (an extra, and large)
    except ImportError as error:  # pragma: no cover  (the tests install the extra)
        raise ImportError(f"a report needs Altair and vl-convert: {command_for('plots')}") from error
    # A module of its own: what it declares is seen by nobody else. No tag may end the element.
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _asset(name: str) -> str:
    return resources.files("limitlaw.pages").joinpath(name).read_text(encoding="utf-8")


def _section(name: str, heading: str, inner: str) -> str:
    identity = f' id="{name}"' if name else ""
    return f"<section{identity}><h2>{html.escape(heading)}</h2>{inner}</section>"


def _explore(page: Page) -> str:
    sliders = "".join(
        f'<div class="control"><label for="{c.name}">{html.escape(c.label)}</label>'
        f'<input type="range" id="{c.name}" min="0" max="{len(c.values) - 1}" step="1" value="{c.start}" '
        f'aria-valuetext="{html.escape(c.texts[c.start])}">'
        f'<output for="{c.name}" id="{c.name}-text">{html.escape(c.texts[c.start])}</output></div>'
        for c in page.controls
    )
    status = '<p id="status" role="status" aria-live="polite"></p>' if page.controls else ""
    charts = "".join(
        f'<figure><div class="chart" id="chart-{name}" role="img"'
        f' aria-label="{html.escape(page.captions[name])}"></div>'
        f"<figcaption>{html.escape(page.captions[name])}</figcaption></figure>"
        for name in page.charts
    )
    controls = f'<div class="controls">{sliders}</div>' if sliders else ""
    return _section("explore", "Explore" if sliders else "Picture", f"{controls}{status}{charts}")


def _table(frame: pl.DataFrame) -> str:
    head = "".join(f"<th scope=col>{html.escape(name.replace('_', ' '))}</th>" for name in frame.columns)
    rows = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in frame.iter_rows())
    return f'<div class="table" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cell(value: Any) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        text = str(value)
        return f"<td{' class=short' if len(text) <= _SHORT else ''}>{html.escape(text)}</td>"
    return f'<td class="number">{number(value)}</td>'


def number(value: float) -> str:
    """A number for reading."""
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)  # noqa: PLR2004  (no year has a comma)
    size = abs(value)
    if size >= 1e5 or 0.0 < size < 1e-3:  # noqa: PLR2004
        return f"{value:.3g}"
    return f"{value:.1f}" if size >= 100.0 else f"{value:.4f}"  # noqa: PLR2004
