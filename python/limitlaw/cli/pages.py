"""The verb that writes a page: from a scenario, counts, a result or a store."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.options import one_line_errors, seed_option, threads_option, trials_option
from limitlaw.cli.output import check_folder

if TYPE_CHECKING:
    import polars as pl

#: Attempts of the page of counts.
_GRID = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500, 1000]


@click.command(epilog="Example: limitlaw report scenario.toml --out page.html")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .html file to write.")
@click.option("--title", help="Title of the page.  [default: the question]")
@trials_option(10_000)
@seed_option(7)
@threads_option
@click.option("--attempts", default="n", show_default=True, help="Of counts: column of attempts per task.")
@click.option(
    "--correct",
    default="correct",
    show_default=True,
    help="Of counts: column of correct ones among them; of a log: column that says whether the attempt is.",
)
@click.option("--task", default="task", show_default=True, help="Of a log of attempts: column of tasks.")
@click.option(
    "--false-positive-rate", type=float, default=0.0, show_default=True, help="Of counts or a log: the verifier's."
)
@click.option(
    "--false-negative-rate", type=float, default=0.0, show_default=True, help="Of counts or a log: the verifier's."
)
@click.option(
    "--wrong-cost", type=float, default=0.0, show_default=True, help="Of counts or a log: cost of a wrong answer."
)
@one_line_errors
def report(
    *,
    file: Path,
    out: Path,
    title: str | None,
    trials: int,
    seed: int,
    threads: int | None,
    attempts: str,
    correct: str,
    task: str,
    false_positive_rate: float,
    false_negative_rate: float,
    wrong_cost: float,
) -> None:
    """Write one offline HTML page about FILE: a scenario, counts, a log of attempts, a result of a verb, or a store.

    Counts are a table with a row for each task, a log one with a row for each attempt, which may also have the columns
    accepted, answer, score, tokens, cost and seconds.

    The page has the answer with its interval, charts with sliders, tables, assumptions, caveats and this command.
    """
    from limitlaw._arguments import as_column  # noqa: PLC0415  (with Polars)
    from limitlaw._files import read_table  # noqa: PLC0415

    check_folder(out)
    subject: Any
    if file.is_dir():
        subject = ll.Store(file).collect()
    elif file.suffix.lower() in (".toml", ".json"):
        subject = ll.read_scenario(file)
    else:
        subject = read_table(file)
        verifier = {"false_positive_rate": false_positive_rate, "false_negative_rate": false_negative_rate}
        if attempts in subject.columns and correct in subject.columns:
            n, c = as_column(subject, "--attempts", attempts), as_column(subject, "--correct", correct)
            subject = ll.SamplingScenario(
                tasks=ll.Tasks.counts(attempts=n, correct=c),
                verifier=ll.Verifier.rates(**verifier),
                max_attempts=_GRID,
                utility=ll.Utility(wrong_cost=wrong_cost),
            )
        elif task in subject.columns and correct in subject.columns:
            subject = _recorded(subject, task, correct, ll.Verifier.rates(**verifier), wrong_cost)
    command = f"limitlaw {shlex.join(sys.argv[1:])}"
    made = ll.report(subject, out, title=title, trials=trials, seed=seed, threads=threads, command=command)
    click.echo(f"page: {made}")


def _recorded(
    log: pl.DataFrame, task: str, correct: str, verifier: ll.Verifier, wrong_cost: float
) -> ll.SamplingScenario:
    """The scenario of a log: its verdicts, or a verifier in their place, and every policy that finds what it reads."""
    named: dict[str, Any] = {name: name for name in _RECORDED if name in log.columns}
    tasks = ll.Tasks.from_attempts(log, task=task, correct=correct, **named)
    most = int(tasks.attempts.min())
    policies: list[ll.Policy] = [ll.FirstAccepted()]
    policies += [ll.BestOf()] if "score" in named else []
    policies += [ll.MajorityVote()] if "answer" in named else []
    return ll.SamplingScenario(
        tasks=tasks,
        verifier=None if "accepted" in named else verifier,
        policies=policies,
        max_attempts=sorted({*(k for k in _GRID if k < most), most}),
        utility=ll.Utility(wrong_cost=wrong_cost),
    )


#: What a log may say of its attempts beside their task and whether they are correct.
_RECORDED = ("accepted", "answer", "score", "tokens", "cost", "seconds")
