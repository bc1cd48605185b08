"""What verbs over a scenario take in its place: a log of attempts or a table of counts, and their options."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

import limitlaw as ll
from limitlaw.cli.options import Whole, stacked

if TYPE_CHECKING:
    import polars as pl

#: Attempts of a log or of counts.
_GRID = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500, 1000]
#: What a log may say of its attempts beside their task and whether they are correct.
_RECORDED = ("accepted", "answer", "score", "tokens", "cost", "seconds")
#: The options that a verb leaves to logs.
_NAMES = (
    *("task", "correct", "attempts", *_RECORDED, "cluster", "short", "missing", "harness", "metric", "filter_key"),
    *("false_positive_rate", "false_negative_rate", "attempt_cost", "wrong_cost", "policies", "grid"),
)
_POLICIES = ("first_accepted", "best_of", "majority_vote", "weighted_vote")
_HARNESSES = ("inspect", "lm_eval", "evalplus", "swe_bench", "tau_bench", "promptfoo", "table")

_COLUMNS = [
    click.option("--task", default="task", show_default=True, help="Of a log: column of tasks."),
    click.option(
        "--correct",
        default="correct",
        show_default=True,
        help="Of a log: column of whether it is; of counts: how many.",
    ),
    click.option("--attempts", default="n", show_default=True, help="Of counts: column of attempts per task."),
    *(
        click.option(f"--{name}", help=f"Of a log: column of {text}.  [default: {name}, where there is one]")
        for name, text in {
            "accepted": "verdicts, without which a perfect verifier is taken",
            "answer": "answers, for votes",
            "score": "scores",
            "tokens": "tokens",
            "cost": "money",
            "seconds": "times",
        }.items()
    ),
    click.option("--cluster", help="Of a log or counts: column of clusters, whose tasks may depend on one another."),
    click.option(
        "--short",
        type=click.Choice(["null", "drop"]),
        default="null",
        show_default=True,
        help="Of a log: tasks with too few attempts make a number unknown, or are left out.",
    ),
    click.option(
        "--missing",
        type=click.Choice(["refuse", "false", "drop"]),
        default="refuse",
        show_default=True,
        help="Of a log: attempts without a value in --correct or --accepted; false: wrong, or rejected.",
    ),
]
_READING = [
    click.option("--harness", type=click.Choice(_HARNESSES), help="Where a log is from.  [default: recognised]"),
    click.option("--metric", help="Of a log of Inspect or lm-eval: the scorer or metric that says what is correct."),
    click.option("--filter-key", help="Of a log of lm-eval: the filter, where there are several."),
]
_SETTINGS = [
    click.option("--false-positive-rate", type=float, default=0.0, show_default=True, help="Of a log or counts."),
    click.option("--false-negative-rate", type=float, default=0.0, show_default=True, help="Of a log or counts."),
    click.option("--attempt-cost", type=float, default=0.0, show_default=True, help="Of a log or counts: of one."),
    click.option(
        "--policy",
        "policies",
        type=click.Choice(_POLICIES),
        multiple=True,
        help="Of a log: only this one; repeat.  [default: those that the log has columns for]",
    ),
]
_WRONG_COST = click.option(
    "--wrong-cost", type=float, default=0.0, show_default=True, help="Of a log or counts: cost of a wrong answer."
)
_GRID_OPTION = click.option(
    "--max-attempts", "grid", type=Whole(), multiple=True, help="Of a log or counts: attempts; repeat."
)


#: How a log is read.
reading_options = stacked(*_READING)


def log_options(*, grid: bool = True, wrong_cost: bool = True) -> Callable[..., Any]:
    """The options of a log or of counts, collected in ``log``: with those of a verb's own left to it."""
    return stacked(
        *_COLUMNS,
        *_READING,
        *_SETTINGS,
        *([_GRID_OPTION] if grid else []),
        *([_WRONG_COST] if wrong_cost else []),
    )


def scenario_of(file: Path, given: dict[str, Any]) -> Any:
    """The scenario of a file: one of settings, or what a log or counts say under the options of ``log_options``.

    Raises:
        ValueError: An option of logs beside a file of settings, or a table that is neither a log nor counts.
    """
    if is_settings(file):
        for name in sorted(given):
            if _is_stated(name):
                option = {"policies": "policy", "grid": "max-attempts"}.get(name, name.replace("_", "-"))
                raise ValueError(f"--{option} is of a log or of counts; settings stand in {file}")
        return ll.read_scenario(file)
    frame = read_log(file, given)
    found = of_table(frame, given)
    if found is None:
        raise ValueError(
            f"{file} must have a row for each attempt with the columns {given['task']!r} and {given['correct']!r} "
            f"(--task, --correct), or for each task with {given['attempts']!r} and {given['correct']!r} (--attempts, "
            f"--correct), got the columns {frame.columns}"
        )
    return found


def sampling_of(file: Path, given: dict[str, Any]) -> ll.SamplingScenario:
    """The same where nothing but repeated sampling will do."""
    found = scenario_of(file, given)
    if not isinstance(found, ll.SamplingScenario):
        raise TypeError(f"scenario must be one of repeated sampling, got {type(found).__name__} in {file}")
    return found


def _is_stated(name: str) -> bool:
    """Whether an option stands on the command line."""
    return click.get_current_context().get_parameter_source(name) == ParameterSource.COMMANDLINE


def taken(given: dict[str, Any]) -> dict[str, Any]:
    """The options of logs, taken out of what a verb was given."""
    return {name: given.pop(name) for name in _NAMES if name in given}


def is_settings(file: Path) -> bool:
    """Whether a file holds settings: ``.toml``, or JSON that says its kind, as no log does."""
    if file.suffix.lower() != ".json":
        return file.suffix.lower() == ".toml"
    from limitlaw._files import reading  # noqa: PLC0415  (with Polars)

    with reading(file) as data:
        return isinstance(data, dict) and "kind" in data


def read_log(file: Path, given: dict[str, Any]) -> pl.DataFrame:
    """The rows of a log or of counts."""
    options = {name: given[name] for name in ("harness", "metric", "filter_key")}
    names = [given[name] for name in ("task", "answer", "cluster") if given[name] is not None]
    return ll.read_attempts(file, names=names, **options)


def of_table(frame: pl.DataFrame, given: dict[str, Any]) -> ll.SamplingScenario | None:
    """The scenario of counts or of a log, with a word where a perfect verifier stands in; none of any other table."""
    found = _of_table(frame, given)
    if found is None:
        return None
    from limitlaw.sampling.verdicts import is_unjudged  # noqa: PLC0415  (with Polars)

    if is_unjudged(found.tasks, found.verifier, found.policies):
        counted = found.tasks.kind == "counts"
        missing = "counts have no verdicts" if counted else "no verdicts were found (--accepted names their column)"
        click.echo(
            f"Note: {missing}: a perfect verifier is taken, which accepts what is correct and nothing else "
            "(--false-positive-rate and --false-negative-rate give another)",
            err=True,
        )
        warnings.filterwarnings("ignore", message=r"\w+: no verdicts were found")  # said; `one_line_errors` ends this
    return found


def _of_table(frame: pl.DataFrame, given: dict[str, Any]) -> ll.SamplingScenario | None:
    from limitlaw._arguments import as_column  # noqa: PLC0415  (with Polars)
    from limitlaw.recommendation.options import policies_of  # noqa: PLC0415
    from limitlaw.sampling.short import held  # noqa: PLC0415

    task, correct, attempts = given["task"], given["correct"], given["attempts"]
    worth = {"wrong_cost": given.get("wrong_cost") or 0.0, "attempt_cost": given["attempt_cost"]}
    rates = {name: given[name] for name in ("false_positive_rate", "false_negative_rate")}
    verifier = ll.Verifier.rates(**rates) if any(map(_is_stated, rates)) else None
    options: dict[str, Any] = {"utility": ll.Utility(**worth)}
    wanted = list(given.get("grid") or ())
    tasks: ll.Tasks
    if attempts in frame.columns and correct in frame.columns:
        n, c = as_column(frame, "--attempts", attempts), as_column(frame, "--correct", correct)
        of = given["cluster"]
        cluster = None if of is None else as_column(frame, "--cluster", of, of="names")
        tasks = ll.Tasks.counts(attempts=n, correct=c, cluster=cluster)
        return ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=sorted({*wanted}) or _GRID, **options)
    if task not in frame.columns or correct not in frame.columns:
        return None
    named: dict[str, Any] = {name: given[name] or name for name in _RECORDED if given[name] or name in frame.columns}
    recorded = ll.Tasks.from_attempts(
        frame,
        task=task,
        correct=correct,
        cluster=given["cluster"],
        short=given["short"],
        missing=given["missing"],
        **named,
    )
    found = policies_of(recorded, None)
    if any(rates.values()) and "accepted" in named:
        raise ValueError(
            f"--false-positive-rate and --false-negative-rate must be left out of a log with verdicts (column "
            f"{named['accepted']!r}), got {rates['false_positive_rate']:g} and {rates['false_negative_rate']:g}"
        )
    if any(rates.values()) and found[0].kind != "first_accepted":
        found = [ll.FirstAccepted(), *found]
    if given["policies"]:
        kinds = {"first_accepted": ll.FirstAccepted(), "best_of": ll.BestOf(), "majority_vote": ll.MajorityVote()}
        kinds |= {"weighted_vote": ll.WeightedVote(weight="score")}
        found = [kinds[kind] for kind in given["policies"]]
    most = held(recorded, None, 10**12)[2]
    return ll.SamplingScenario(
        tasks=recorded,
        verifier=None if "accepted" in named else verifier,
        policies=found,
        max_attempts=sorted({*wanted}) or sorted({*(k for k in _GRID if k < most), most}),
        **options,
    )
