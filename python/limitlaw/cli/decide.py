"""Verbs that decide from files: which system is better, what to do with a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.logs import log_options, reading_options, sampling_of, taken
from limitlaw.cli.options import Whole, file_argument, one_line_errors, progress_bar, seed_option, threads_option
from limitlaw.cli.output import emit, output_options

if TYPE_CHECKING:
    import polars as pl


@click.command(
    name="compare-systems", epilog="Example: limitlaw compare-systems a=a.csv b=b.csv --attempts n --k 1 --k 10"
)
@click.argument("systems", nargs=-1, required=True, metavar="NAME=FILE...")
@click.option("--task", default="task", show_default=True, help="Column of tasks.")
@click.option("--attempts", help="Column of attempts per task.  [default: a row per attempt]")
@click.option("--correct", default="correct", show_default=True, help="Column of correct ones, or of whether it is.")
@click.option("--cluster", help="Column of clusters, whose tasks may depend on one another.  [default: none]")
@click.option("--k", "ks", type=Whole(), multiple=True, default=(1,), show_default=True, help="Attempts; repeat.")
@click.option("--all-k", type=Whole(), help="Every k from 1 to this one.")
@click.option(
    "--statistic", type=click.Choice(["pass_at_k", "pass_hat_k"]), default="pass_at_k", show_default=True, help="Which."
)
@reading_options
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of intervals and bands.")
@click.option("--bootstrap", type=Whole(), default=4000, show_default=True, help="Draws behind a band; 0: none.")
@seed_option(0)
@threads_option
@output_options
@one_line_errors
def compare_systems(
    *,
    systems: tuple[str, ...],
    task: str,
    ks: tuple[int, ...],
    all_k: int | None,
    out: Path | None,
    form: str,
    **given: Any,
) -> None:
    """Which of several systems is better on the tasks that they share.

    Each FILE holds one system's attempts, in any form that read_attempts knows, or with --attempts a row of counts for
    each task (.csv, .jsonl, .parquet). NAME= may be left out: the file's name serves.
    """
    grid = sorted(set(ks)) if all_k is None else range(1, all_k + 1)
    reading = {name: given.pop(name) for name in ("harness", "metric", "filter_key")}
    reading["names"] = [name for name in (task, given["cluster"]) if name is not None]
    frames = read_systems(systems, counts=given["attempts"] is not None, **reading)
    with progress_bar(len(frames) * (len(frames) - 1) // 2) as progress:
        found = ll.compare_systems(frames, task=task, k=list(grid), progress=progress, **given)
    emit(found, form=form, out=out)


@click.command(epilog="Example: limitlaw recommend log.csv --wrong-cost 4")
@file_argument("scenario")
@log_options(grid=False)
@click.option("--max-attempts", type=Whole(), default=1000, show_default=True, help="The most attempts to look at.")
@click.option("--tolerance", type=float, default=0.01, show_default=True, help="A loss that does not matter.")
@click.option("--confidence", type=float, default=0.9, show_default=True, help="Of the intervals.")
@seed_option(0)
@output_options
@one_line_errors
def recommend(*, scenario: Path, out: Path | None, form: str, **given: Any) -> None:
    """Which policy, how many attempts, and whether the data can tell: of a log, of counts, or of a SCENARIO's file.

    A log has a row for each attempt, in any form that read_attempts knows. Of a scenario its tasks, verifier, utility,
    cost and policies count, not its grid of attempts.
    """
    asked = sampling_of(scenario, taken(given))
    options: dict[str, Any] = {"utility": asked.utility, "cost": asked.cost, "policies": list(asked.policies)}
    with progress_bar(100, "recommend") as progress:
        found = ll.recommend(asked.tasks, asked.verifier, **options, progress=progress, **given)
    if form == "table":
        click.echo(f"{found}\n")
    emit({"recommendation": found.policies, "evidence": found.evidence}, form=form, out=out)


def read_systems(
    systems: tuple[str, ...], *, counts: bool, names: Sequence[str], **reading: Any
) -> dict[str, pl.DataFrame]:
    """The frames of files, by the name before the equals sign or that of the file."""
    from limitlaw._files import read_table  # noqa: PLC0415  (with Polars)

    frames: dict[str, pl.DataFrame] = {}
    for text in systems:
        name, _, place = text.rpartition("=")
        path = Path(place)
        name = name or path.stem
        if name in frames:
            raise click.ClickException(f"systems must have names of their own, got {name!r} twice")
        if not path.is_file():
            raise click.ClickException(f"systems must be files (NAME=FILE), got {place!r}, which is none")
        frames[name] = read_table(path, names) if counts else ll.read_attempts(path, names=names, **reading)
    return frames
