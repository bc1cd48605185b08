"""The verb that gates a build: whether the scenario of a file meets what is required of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import click

import limitlaw as ll
from limitlaw.cli.logs import log_options, sampling_of, taken
from limitlaw.cli.options import (
    file_argument,
    one_line_errors,
    progress_bar,
    seed_option,
    stacked,
    threads_option,
    trials_option,
)
from limitlaw.cli.output import emit, output_options, written_option

if TYPE_CHECKING:
    import polars as pl

#: What the command ends with, by verdict; 2 is bad input, as of every command of click.
_EXITS = {"holds": 0, "fails": 1, "cannot tell": 3}
_BOUNDS = {
    "min_accuracy": "The least accuracy.",
    "min_precision": "The least precision of what is returned.",
    "min_coverage": "The least coverage.",
    "min_accepted": "The least share of tasks with an acceptance.",
    "min_utility": "The least utility of a task.",
    "max_wrong": "The largest share of tasks of which a wrong answer is returned.",
    "max_cost": "The most money of a task, on average.",
    "max_tokens": "The most tokens of a task, on average.",
    "max_latency": "The most seconds of a task, on average.",
}


#: An option for each requirement.
_bounds = stacked(
    *(click.option(f"--{name.replace('_', '-')}", type=float, help=text) for name, text in _BOUNDS.items())
)


@click.command(
    epilog="Example: limitlaw check log.csv --max-attempts 5 --min-accuracy 0.8 --min-precision 0.95 --max-cost 2 "
    "--junit report.xml"
)
@file_argument("scenario")
@_bounds
@log_options()
@click.option(
    "--error",
    type=float,
    default=0.05,
    show_default=True,
    help="The largest probability of a wrong 'holds', and of a wrong 'fails'.",
)
@click.option("--anytime", is_flag=True, help="Limits for data that are looked at again and again as they grow.")
@trials_option(1_000_000)
@seed_option(0)
@threads_option
@output_options
@written_option("--junit", help="Write the verdicts to this .xml file.")
@one_line_errors
def check(
    *,
    scenario: Path,
    error: float,
    anytime: bool,
    trials: int,
    seed: int,
    threads: int | None,
    out: Path | None,
    form: str,
    junit: Path | None,
    **given: Any,
) -> None:
    """Does the SCENARIO of a .toml or .json file, a log or a table of counts meet what is required of it?

    Exits with 0 if it holds, with 1 if it fails, and with 3 if the evidence cannot tell; with 2 on bad input. Of a log
    without verdicts, or counts, a perfect verifier is taken, which the output says; what is required of wrong answers
    (--min-precision, --max-wrong, --min-utility with a --wrong-cost) is then refused: --accepted names the column of
    verdicts, --false-positive-rate 0 says that the verifier never errs.
    """
    settings = sampling_of(scenario, taken(given))
    if all(bound is None for bound in given.values()):
        named = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ValueError(f"one of {named} must be given, got none")
    options: dict[str, Any] = {"error": error, "anytime": anytime, "trials": trials, "seed": seed, "threads": threads}
    options |= given
    with progress_bar(trials) as progress:
        found = ll.check(settings, progress=progress, **options)
    from limitlaw.gates.wording import shown, verdict_of  # noqa: PLC0415  (with Polars)

    if junit is not None:
        _write_junit(found, settings, scenario, junit)
    if form == "table":
        click.echo(shown(found))
        emit(found, form=form, out=out, printed=False)
    else:
        emit(found, form=form, out=out)
    raise click.exceptions.Exit(_EXITS[verdict_of(found)])


def _write_junit(found: pl.DataFrame, settings: Any, scenario: Path, out: Path) -> None:
    """A test case for each requirement: a failure if it fails, an error if the evidence cannot tell."""
    from limitlaw.gates.wording import reason  # noqa: PLC0415  (with Polars)

    verdicts = found["verdict"].to_list()
    counts = {"failures": verdicts.count("fails"), "errors": verdicts.count("cannot tell")}
    attributes = {"name": "limitlaw", "tests": str(len(verdicts)), "skipped": "0", "time": "0"}
    suite = ET.Element("testsuite", attributes | {name: str(count) for name, count in counts.items()})
    for row in found.iter_rows(named=True):
        name = f"{row['requirement']} ({row['policy']})"
        case = ET.SubElement(suite, "testcase", {"classname": scenario.stem, "name": name, "time": "0"})
        if row["verdict"] != "holds":
            kind = "failure" if row["verdict"] == "fails" else "error"
            ET.SubElement(case, kind, {"message": reason(row), "type": row["verdict"]}).text = repr(settings)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    out.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
