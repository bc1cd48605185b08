"""The verb that plans: how many tasks, attempts and labels to collect."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.decide import read_systems
from limitlaw.cli.options import Whole, one_line_errors
from limitlaw.cli.output import emit, output_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="Example: limitlaw plan tasks a=a.csv b=b.csv --attempts n --difference 0.03 --k 1 --k 5")
@click.argument("what", type=click.Choice(["tasks", "attempts", "power", "labels"]))
@click.argument("systems", nargs=-1, metavar="[NAME=FILE]...")
@click.option("--task", default="task", show_default=True, help="Column of tasks.")
@click.option("--attempts", help="Column of attempts per task.  [default: a row per attempt]")
@click.option("--correct", default="correct", show_default=True, help="Column of correct ones, or of whether it is.")
@click.option("--difference", type=float, help="The difference of two systems to be told.")
@click.option("--width", type=float, help="The width of an interval.")
@click.option("--budget", type=float, help="What is spent.")
@click.option("--tasks", type=Whole(), multiple=True, help="Tasks; repeat.")
@click.option("--k", type=Whole(), multiple=True, help="Attempts at each task; repeat.")
@click.option("--power", type=float, help="The probability to tell.  [default: 0.8]")
@click.option("--confidence", type=float, help="Of the interval.  [default: 0.95]")
@click.option("--task-cost", type=float, help="What a task costs before its first attempt.")
@click.option("--attempt-cost", type=float, help="What an attempt costs.")
@click.option("--rate", type=float, help="The error rate of a verifier that is expected.")
@click.option("--bound", type=float, help="The bound on it that is wanted.")
@click.option("--accuracy", type=float, help="The accuracy behind a judge that is expected.")
@click.option("--false-positive-rate", type=float, help="The judge's.")
@click.option("--false-negative-rate", type=float, help="The judge's.")
@click.option("--verdicts", type=float, help="Attempts with a verdict and no label.")
@click.option("--verdict-tasks", type=Whole(), help="The tasks that these are of.")
@click.option("--correct-icc", type=float, help="The correlation of correctness at one task.")
@click.option("--per-task", type=float, help="Labels of each task.")
@click.option("--icc", type=float, help="The correlation of errors at one task.")
@click.option("--total", type=Whole(), help="Labels to split between wrong and correct attempts.")
@click.option("--accepted", type=float, help="The share of attempts that the judge accepts.")
@click.option("--pilot", type=Whole(), help="Labels of either kind from which the judge's rates come.")
@click.option("--rule", type=click.Choice(["variance", "lee"]), help="How to split.  [default: variance]")
@output_options
@one_line_errors
def plan(
    *,
    what: str,
    systems: tuple[str, ...],
    task: str,
    attempts: str | None,
    correct: str,
    out: Path | None,
    form: str,
    **given: Any,
) -> None:
    """How many TASKS, ATTEMPTS or LABELS to collect, or the POWER of what there is.

    The pilot is one file of attempts, or two (NAME=FILE, as compare-systems reads them); labels need none.
    """
    call = getattr(ll.plan, what)
    # The attempts at a task are --k here, where --attempts names a column.
    named = [name for name, one in inspect.signature(call).parameters.items() if one.kind is one.KEYWORD_ONLY]
    takes = ["k" if name == "attempts" else name for name in named]
    chosen = {name: value for name, value in given.items() if value not in {None, ()}}
    for name in chosen:
        if name not in takes:
            options = ", ".join(f"--{one.replace('_', '-')}" for one in takes if one in given)
            raise click.ClickException(f"--{name.replace('_', '-')} is no option of plan {what}, which takes {options}")
    if "k" in chosen:
        chosen["attempts"] = list(chosen.pop("k"))
    if "tasks" in chosen:
        chosen["tasks"] = list(chosen["tasks"])
    elif what == "power":
        raise click.ClickException("--tasks must be given for plan power")
    if what == "labels":
        if systems:
            raise click.ClickException(f"plan labels takes no files, got {systems[0]!r}")
        emit(call(**chosen), form=form, out=out)
        return
    frames = read_systems(systems, counts=attempts is not None, names=[task])
    data: Any = frames if len(frames) != 1 else next(iter(frames.values()))
    emit(call(ll.plan.pilot(data, task=task, attempts=attempts, correct=correct), **chosen), form=form, out=out)
