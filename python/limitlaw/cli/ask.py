"""Verbs that answer questions of a benchmark: the best number of attempts, ceilings, who wins, what counts say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.logs import log_options, scenario_of, taken
from limitlaw.cli.options import (
    Whole,
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


@click.command(epilog="Example: limitlaw best log.csv --wrong-cost 1 --wrong-cost 4 --seed 7")
@file_argument("scenario")
@click.option("--wrong-cost", type=float, multiple=True, help="Cost of a wrong answer; repeat.  [default: the file's]")
@click.option("--bootstrap", type=Whole(), default=1000, show_default=True, help="Resamples for the interval; 0: none.")
@click.option(
    "--resample", type=click.Choice(["tasks", "attempts"]), default="tasks", show_default=True, help="Of what."
)
@seed_option(0)
@threads_option
@log_options(wrong_cost=False)
@output_options
@one_line_errors
def best(
    *,
    scenario: Path,
    wrong_cost: tuple[float, ...],
    bootstrap: int,
    resample: Any,
    seed: int,
    threads: int | None,
    out: Path | None,
    form: str,
    **given: Any,
) -> None:
    """The best number of attempts, or the best limit, of the SCENARIO of a file, and how well the data say so.

    A log or a table of counts may stand in its place: the best number is then that of first accepted, the only policy
    of which it is known exactly (recommend looks at the others too).
    """
    given["policies"] = given["policies"] or ("first_accepted",)
    settings = scenario_of(scenario, taken(given))
    with progress_bar(bootstrap) as progress:
        found = ll.optimal_attempts(
            settings,
            wrong_cost=list(wrong_cost) or None,
            bootstrap=bootstrap,
            resample=resample,
            seed=seed,
            threads=threads,
            progress=progress,
        )
    emit(found, form=form, out=out)


@click.command(epilog="Example: limitlaw ceilings scenario.toml")
@file_argument("scenario")
@output_options
@one_line_errors
def ceilings(scenario: Path, out: Path | None, form: str) -> None:
    """The accuracy that attempts without end would reach in the SCENARIO of a file, counted in three ways."""
    settings: Any = ll.read_scenario(scenario)
    emit(ll.ceilings(settings), form=form, out=out)


@click.command(epilog="Example: limitlaw required scenario.toml --accuracy 0.8")
@file_argument("scenario")
@click.option("--accuracy", type=float, required=True, help="The accuracy to reach.")
@trials_option(10_000)
@seed_option(0)
@threads_option
@output_options
@one_line_errors
def required(
    *, scenario: Path, accuracy: float, trials: int, seed: int, threads: int | None, out: Path | None, form: str
) -> None:
    """The largest false positive rate with which the SCENARIO of a file still reaches an accuracy."""
    settings: Any = ll.read_scenario(scenario)
    found = ll.required_false_positive_rate(settings, accuracy=accuracy, trials=trials, seed=seed, threads=threads)
    emit(found, form=form, out=out)


@click.command(epilog="Example: limitlaw compare scenario.toml --seed 7 --metric utility")
@file_argument("scenario")
@click.option(
    "--metric",
    type=click.Choice(["accuracy", "utility"]),
    default="accuracy",
    show_default=True,
    help="What is compared.",
)
@trials_option(10_000)
@seed_option()
@threads_option
@output_options
@one_line_errors
def compare(
    *, scenario: Path, metric: Any, trials: int, seed: int, threads: int | None, out: Path | None, form: str
) -> None:
    """Which policy of the SCENARIO of a file wins at the same spending, pair by pair on the same attempts."""
    settings: Any = ll.read_scenario(scenario)
    with progress_bar(trials) as progress:
        found = ll.compare_policies(
            settings, trials=trials, seed=seed, metric=metric, threads=threads, progress=progress
        )
    emit(found, form=form, out=out)


@click.command(epilog="Example: limitlaw fit counts.csv --attempts n --correct c --k 1 --k 10")
@file_argument("counts")
@click.option("--attempts", default="n", show_default=True, help="Column of attempts per task.")
@click.option("--correct", default="correct", show_default=True, help="Column of correct ones among them.")
@click.option(
    "--k",
    "ks",
    type=Whole(),
    multiple=True,
    help="Of pass@k; repeat.  [default: 1, 10 and 100, as far as every task was tried]",
)
@click.option("--cluster", help="Column of clusters, for the intervals of pass@k.  [default: each task alone]")
@click.option("--unsolvable", is_flag=True, help="Fit a share of tasks that no attempt solves as well.")
@click.option("--seed", type=Whole(), hidden=True, help="Of no effect: no number is drawn.")
@output_options
@one_line_errors
def fit(
    *,
    counts: Path,
    attempts: str,
    correct: str,
    ks: tuple[int, ...],
    cluster: str | None,
    unsolvable: bool,
    seed: int | None,  # noqa: ARG001  (what once seeded a bootstrap)
    out: Path | None,
    form: str,
) -> None:
    """Estimate pass@k and the Beta population of tasks from the COUNTS of a .csv, .jsonl or .parquet file."""
    from limitlaw._arguments import as_column  # noqa: PLC0415  (with Polars)
    from limitlaw._files import read_table  # noqa: PLC0415

    frame = read_table(counts, [cluster])
    n, c = as_column(frame, "--attempts", attempts), as_column(frame, "--correct", correct)
    of = None if cluster is None else as_column(frame, "--cluster", cluster, of="names")
    ks = ks or tuple(k for k in (1, 10, 100) if k <= max(min(n, default=0), 1))
    found = {
        "pass_at_k": ll.pass_at_k(n, c, list(ks), cluster=of),
        "population": ll.fit.fit_beta_binomial(n, c, unsolvable=unsolvable),
    }
    emit(found, form=form, out=out)
