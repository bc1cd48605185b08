"""The verb that fits a trend of growth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import limitlaw as ll
from limitlaw.cli.options import Whole, file_argument, one_line_errors, progress_bar, seed_option, threads_option
from limitlaw.cli.output import check_out, emit, output_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example: limitlaw fit-growth runs.csv --value compute --records 1 --since 2018 --seed 7")
@file_argument("runs")
@click.option("--date", default="date", show_default=True, help="Column of dates, such as 2026-03 or 2026-03-15.")
@click.option("--value", default="compute", show_default=True, help="Column of values, above 0.")
@click.option("--records", type=Whole(), help="Only runs that were among so many largest when they came.")
@click.option("--since", help="Only runs from this date on.")
@click.option("--until", help="Only runs before this date.")
@click.option("--breaks", type=Whole(), default=0, show_default=True, help="Breaks of the trend, 0 to 2.")
@click.option("--cluster", help="Column of names whose runs are drawn together.")
@click.option("--base-year", default="2024", show_default=True, help="The date of the level.")
@click.option("--bootstrap", type=Whole(), default=1000, show_default=True, help="Resamples.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals.")
@click.option("--draws", is_flag=True, help="The joint draws of level and growth in place of the estimates.")
@seed_option()
@threads_option
@output_options
@one_line_errors
def fit_growth(
    *,
    runs: Path,
    date: str,
    value: str,
    records: int | None,
    since: str | None,
    until: str | None,
    breaks: int,
    cluster: str | None,
    base_year: str,
    bootstrap: int,
    confidence: float,
    draws: bool,
    seed: int,
    threads: int | None,
    out: Path | None,
    form: str,
) -> None:
    """Fit how fast the values of the RUNS of a .csv, .jsonl or .parquet file grow, and where their trend stands."""
    check_out(out)
    with progress_bar(bootstrap) as progress:
        found = ll.fit.fit_growth(
            runs,
            date=date,
            value=value,
            records=records,
            since=since,
            until=until,
            breaks=breaks,
            cluster=cluster,
            base_year=base_year,
            bootstrap=bootstrap,
            confidence=confidence,
            seed=seed,
            threads=threads,
            progress=progress,
        )
    emit(found.draws if draws else found.estimates, form=form, out=out)
