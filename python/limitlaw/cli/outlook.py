"""Verbs of data exhaustion beyond its projection: levers, sensitivity, a backtest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

import limitlaw as ll
from limitlaw.cli.options import Whole, file_argument, one_line_errors, seed_option, threads_option, trials_option
from limitlaw.cli.output import emit, output_options

_definition = click.option(
    "--definition",
    type=click.Choice(["effective_stock", "unique_tokens", "half_compute"]),
    default="effective_stock",
    show_default=True,
    help="Of running out.",
)


@click.command(epilog="Example: limitlaw levers world.toml --seed 7")
@file_argument("scenario")
@_definition
@trials_option()
@seed_option()
@threads_option
@output_options
@one_line_errors
def levers(
    *, scenario: Path, definition: str, trials: int, seed: int, threads: int | None, out: Path | None, form: str
) -> None:
    """What each of the built-in changes of the SCENARIO of a file does to the year of running out."""
    settings: Any = ll.read_scenario(scenario)
    found = ll.levers(settings, trials=trials, seed=seed, threads=threads)
    emit(found.filter(definition=definition), form=form, out=None)
    emit(found, form=form, out=out, printed=False)


@click.command(epilog="Example: limitlaw sensitivity world.toml --year 2035 --seed 7")
@file_argument("scenario")
@click.option("--year", type=Whole(), default=2035, show_default=True, help="Of having run out by then.")
@_definition
@trials_option()
@seed_option()
@threads_option
@output_options
@one_line_errors
def sensitivity(
    *,
    scenario: Path,
    year: int,
    definition: str,
    trials: int,
    seed: int,
    threads: int | None,
    out: Path | None,
    form: str,
) -> None:
    """Which inputs of the SCENARIO of a file the probability of having run out by a year depends on."""
    settings: Any = ll.read_scenario(scenario)
    found = ll.sensitivity(
        settings,
        year=year,
        definition=definition,
        trials=trials,
        seed=seed,
        threads=threads,
    )
    emit({"indices": found.indices.drop("inputs"), "correlations": found.correlations}, form=form, out=out)


@click.command(epilog="Example: limitlaw backtest world.toml --as-of 2024-06-06 --seed 7")
@file_argument("scenario")
@click.option(
    "--observations",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table of date, variable and value.  [default: the record runs of the library]",
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d", "%Y-%m"]), required=True, help="When the projection was made."
)
@trials_option()
@seed_option()
@threads_option
@output_options
@one_line_errors
def backtest(
    *,
    scenario: Path,
    observations: Path | None,
    as_of: dt.datetime,
    trials: int,
    seed: int,
    threads: int | None,
    out: Path | None,
    form: str,
) -> None:
    """Score what the SCENARIO of a file projects against what was observed after it was made."""
    from limitlaw._files import read_table  # noqa: PLC0415  (only where a table is read)

    settings: Any = ll.read_scenario(scenario)
    seen = ll.datasets.record_runs() if observations is None else read_table(observations)
    found = ll.backtest(settings, seen, as_of=as_of.date(), trials=trials, seed=seed, threads=threads)
    emit({"observations": found.observations, "scores": found.scores}, form=form, out=out)
