"""Verbs that run the scenario of a file: simulate it, solve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.logs import log_options, scenario_of, taken
from limitlaw.cli.options import (
    file_argument,
    one_line_errors,
    progress_bar,
    seed_option,
    threads_option,
    trials_option,
)
from limitlaw.cli.output import emit, output_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example: limitlaw simulate scenario.toml --seed 7 --trials 1e5 --out result.parquet")
@file_argument("scenario")
@trials_option()
@seed_option()
@threads_option
@output_options
@click.option(
    "--samples", multiple=True, metavar="NAME", help="Of an exhaustion scenario, a variable to return by draw."
)
@click.option("--sampler", type=click.Choice(["philox", "sobol"]), default="philox", help="Of an exhaustion scenario.")
@one_line_errors
def simulate(
    *,
    scenario: Path,
    trials: int,
    seed: int,
    threads: int | None,
    out: Path | None,
    form: str,
    samples: tuple[str, ...],
    sampler: Any,
) -> None:
    """Simulate the SCENARIO of a .toml or .json file: sampling, exhaustion or constraint."""
    settings: Any = ll.read_scenario(scenario)
    with progress_bar(trials) as progress:
        found: Any = ll.simulate(
            settings,
            trials=trials,
            seed=seed,
            threads=threads,
            progress=progress,
            samples=samples,
            sampler=sampler,
        )
    if hasattr(found, "get_columns"):
        emit(found, form=form, out=out)
    elif isinstance(found, ll.ExhaustionResult):
        named = {"exhaustion": found.exhaustion, "trajectories": found.trajectories, "exhausted_by": found.exhausted_by}
        named |= {"samples": found.samples} if samples else {}
        emit(named, shown=["exhaustion"], form=form, out=out)
    else:
        emit({"bands": found.bands, "binding": found.binding}, form=form, out=out)


@click.command(epilog="Example: limitlaw solve log.csv --max-attempts 3 --resample tasks --format markdown")
@file_argument("scenario")
@click.option(
    "--resample",
    type=click.Choice(["tasks", "attempts"]),
    help="Intervals: would other tasks, or other attempts at these, say the same?",
)
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals.")
@seed_option(0)
@log_options()
@output_options
@one_line_errors
def solve(
    *, scenario: Path, resample: str | None, confidence: float, seed: int, out: Path | None, form: str, **given: Any
) -> None:
    """Compute the SCENARIO of a .toml or .json file, a log or counts exactly, where a closed form exists."""
    settings = scenario_of(scenario, taken(given))
    options: dict[str, Any] = {"resample": resample, "seed": seed} if resample else {}
    emit(ll.solve(settings, confidence=confidence, **options), form=form, out=out)
