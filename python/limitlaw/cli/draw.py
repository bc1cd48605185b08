"""Verbs that draw: the demo, and the picture of any result."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import click

from limitlaw.cli.options import file_argument, one_line_errors, seed_option, threads_option, trials_option
from limitlaw.cli.output import written_option


@click.command(epilog="Example: limitlaw demo --trials 1e5 --out picture.png")
@trials_option()
@seed_option(7)
@threads_option
@written_option("--out", default="limitlaw-demo.png", show_default=True, help="Where the picture goes.")
@one_line_errors
def demo(trials: int, seed: int, threads: int | None, out: Path) -> None:
    """The main job on bundled real data: a table and, where Altair is installed, a picture."""
    drawn = importlib.util.find_spec("altair") is not None and importlib.util.find_spec("vl_convert") is not None
    if drawn:
        from limitlaw.plots.chart import check_ending  # noqa: PLC0415  (slow to import)

        check_ending(out, "--out")
    from limitlaw import demo as job  # noqa: PLC0415  (with Polars)

    job.run(trials=trials, seed=seed, threads=threads, out=out if drawn else None)


@click.command(epilog="Example: limitlaw plot result.parquet --out picture.png --show accuracy --show precision")
@file_argument("result")
@written_option("--out", required=True, help="The picture to write: .png, .svg or .json.")
@click.option("--show", multiple=True, metavar="NAME", help="A metric, or a variable by year, to draw; repeat.")
@click.option("--dark", is_flag=True, help="On a dark ground, in lighter colours.")
@one_line_errors
def plot(result: Path, out: Path, show: tuple[str, ...], dark: bool) -> None:
    """Draw the RESULT that another verb wrote with --out, as the kind of frame it is."""
    from limitlaw import plots  # noqa: PLC0415  (slow to import)
    from limitlaw._files import read_table  # noqa: PLC0415
    from limitlaw.plots.pick import pick_shown  # noqa: PLC0415

    plots.chart.check_ending(out, "--out")
    chart: Any = pick_shown(read_table(result), list(show))
    click.echo(f"picture: {plots.save(plots.dark(chart) if dark else chart, out)}")
