"""Verbs over labelled verdicts: the error rates of a verifier, and the accuracy behind its verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.options import file_argument, one_line_errors, stacked
from limitlaw.cli.output import emit, output_options

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


#: The columns of verdicts, labels and tasks.
_columns = stacked(
    click.option("--accepted", default="accepted", show_default=True, help="Column of verdicts: true, false, 1, 0."),
    click.option("--correct", default="correct", show_default=True, help="Column of labels: true, false, 1, 0."),
    click.option("--task", default="task", show_default=True, help="Column of tasks."),
    click.option("--independent", is_flag=True, help="Take attempts for independent: there is no column of tasks."),
    click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals."),
)


@click.command(epilog="Example: limitlaw verifier labels.csv --accepted passed --correct label --task question")
@file_argument("labels")
@_columns
@click.option("--score", help="Column of a judge's scores: its AUC, d', kappa and operating curve too.")
@click.option("--threshold", type=float, help="Scores above it are accepted.")
@output_options
@one_line_errors
def verifier(
    *,
    labels: Path,
    accepted: str,
    correct: str,
    task: str,
    independent: bool,
    confidence: float,
    score: str | None,
    threshold: float | None,
    out: Path | None,
    form: str,
) -> None:
    """The error rates of a verifier from LABELS: a .csv, .jsonl or .parquet file with a row for each labelled verdict.

    Rates are means over tasks, whose attempts resemble one another; icc says how far they differ from task to task.
    With --score the file may have no verdicts.
    """
    from limitlaw._files import read_table  # noqa: PLC0415  (with Polars)

    frame = read_table(labels, [task])
    if independent:
        frame = frame.with_row_index(task := "task of its own")
    found: dict[str, pl.DataFrame] = {}
    if score is None or accepted in frame.columns:
        found["rates"] = _rates(frame, {"accepted": accepted, "correct": correct, "task": task}, confidence)
    if score is not None:
        given = {name: _column(frame, name, column) for name, column in (("--score", score), ("--correct", correct))}
        judge = ll.fit.fit_judge(
            score=given["--score"],
            correct=given["--correct"],
            task=None if independent else _column(frame, "--task", task),
            threshold=threshold,
            confidence=confidence,
        )
        found |= {"judge": judge.estimates, "roc": judge.roc}
    shown = [name for name in found if name != "roc"]
    emit(found if score is not None else found["rates"], shown=shown if score is not None else None, form=form, out=out)


def _rates(frame: pl.DataFrame, columns: dict[str, Any], confidence: float) -> pl.DataFrame:
    """A row for each error rate, with what it was counted from."""
    import polars as pl  # noqa: PLC0415  (slow to import)

    seen = ll.Tasks.from_attempts(frame, **columns).counted()
    assert seen.correct is not None  # every attempt is labelled
    names = ("attempts", "accepted", "accepted_correct", "correct")
    counts: dict[str, Any] = {name: getattr(seen, name) for name in names}
    fitted = ll.fit.fit_error_rates(**counts, confidence=confidence)
    attempts, kept, right, both = (int(counts[name].sum()) for name in ("attempts", "accepted", "correct", names[2]))
    errors = {"false_positive_rate": (kept - both, attempts - right), "false_negative_rate": (right - both, right)}
    # Tasks with labels of that kind.
    having = {"false_positive_rate": seen.correct < seen.attempts, "false_negative_rate": seen.correct > 0}
    rows = []
    for rate, (wrong, of) in errors.items():
        mean, icc = (fitted.filter(rate=rate, quantity=q).row(0, named=True) for q in ("mean", "icc"))
        ends = {name: mean[name] for name in ("estimate", "low", "high")}
        spread = {"icc": icc["estimate"], "icc_low": icc["low"], "icc_high": icc["high"]}
        rows.append({"rate": rate, **ends, "errors": wrong, "of": of, "tasks": int(having[rate].sum()), **spread})
    floats = ("estimate", "low", "high", "icc", "icc_low", "icc_high")
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(floats, pl.Float64))


def _column(frame: Any, name: str, column: str) -> Any:
    from limitlaw._arguments import as_column  # noqa: PLC0415  (with Polars)

    kinds: Any = {"--correct": "counts", "--score": "numbers", "--task": "names"}
    return as_column(frame, name, column, of=kinds[name])


@click.command(epilog="Example: limitlaw corrected labels.csv verdicts.csv --method rogan_gladen")
@file_argument("labels")
@file_argument("verdicts")
@_columns
@click.option(
    "--method",
    type=click.Choice(["ppi", "rogan_gladen", "labels"]),
    default="ppi",
    show_default=True,
    help="How verdicts are corrected by labels.",
)
@output_options
@one_line_errors
def corrected(
    *,
    labels: Path,
    verdicts: Path,
    accepted: str,
    correct: str,
    task: str,
    independent: bool,
    confidence: float,
    method: Any,
    out: Path | None,
    form: str,
) -> None:
    """The accuracy behind VERDICTS of an imperfect judge, corrected by LABELS of some of them.

    Both are .csv, .jsonl or .parquet files with a row for each attempt; VERDICTS holds those that are not labelled.
    """
    from limitlaw._files import read_table  # noqa: PLC0415  (with Polars)

    found = ll.corrected_accuracy(
        read_table(labels, [task]),
        read_table(verdicts, [task]),
        accepted=accepted,
        correct=correct,
        task=None if independent else task,
        method=method,
        confidence=confidence,
    )
    emit(found, form=form, out=out)
