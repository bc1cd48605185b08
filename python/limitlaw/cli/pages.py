"""The verb that writes a page: from a scenario, counts, a result or a store."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

import limitlaw as ll
from limitlaw.cli.logs import is_settings, log_options, of_table, read_log, scenario_of
from limitlaw.cli.options import one_line_errors, seed_option, threads_option, trials_option
from limitlaw.cli.output import written_option


@click.command(epilog="Example: limitlaw report scenario.toml --out page.html")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@written_option("--out", required=True, help="The .html file to write.")
@click.option("--title", help="Title of the page.  [default: the question]")
@trials_option(10_000)
@seed_option(0)
@threads_option
@log_options()
@one_line_errors
def report(
    *, file: Path, out: Path, title: str | None, trials: int, seed: int, threads: int | None, **given: Any
) -> None:
    """Write one offline HTML page about FILE: a scenario, counts, a log of attempts, a result of a verb, or a store.

    Counts are a table with a row for each task, a log one with a row for each attempt, in any form that read_attempts
    knows, which may also have the columns accepted, answer, score, tokens, cost and seconds.

    The page has the answer with its interval, charts with sliders, tables, assumptions, caveats and this command.
    """
    subject: Any
    if file.is_dir():
        subject = file
    elif is_settings(file):
        subject = scenario_of(file, given)
    else:
        subject = of_table(read_log(file, given), given)
        if subject is None:  # some result
            from limitlaw._files import read_table  # noqa: PLC0415  (with Polars)

            subject = read_table(file)
    command = f"limitlaw {shlex.join(sys.argv[1:])}"
    made = ll.report(subject, out, title=title, trials=trials, seed=seed, threads=threads, command=command)
    click.echo(f"page: {made}")
