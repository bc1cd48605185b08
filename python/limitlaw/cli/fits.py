"""The verbs that fit to a table of runs: a scaling law, and a trend of growth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.options import (
    Whole,
    file_argument,
    one_line_errors,
    progress_bar,
    seed_option,
    stacked,
    threads_option,
)
from limitlaw.cli.output import emit, output_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl

#: What is said of a budget, each with its interval.
_PLANNED = ("parameters", "tokens", "epochs", "loss")


def _of_runs(seed: int | None, resamples: str) -> Callable[[Any], Any]:
    """The table of runs, and what a bootstrap of them takes."""
    return stacked(
        file_argument("runs"),
        click.option("--bootstrap", type=Whole(), default=1000, show_default=True, help=resamples),
        click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals."),
        seed_option(seed),
        threads_option,
        output_options,
        one_line_errors,
    )


@click.command(epilog="Example: limitlaw fit-law runs.csv --parameters params --tokens tokens --loss loss --plan 1e24")
@click.option("--parameters", default="params", show_default=True, help="Column of parameters.")
@click.option("--tokens", default="tokens", show_default=True, help="Column of training tokens, repeats counted.")
@click.option("--loss", default="loss", show_default=True, help="Column of the loss, nats per token.")
@click.option("--unique-tokens", help="Column of unique tokens, for laws of repeats.")
@click.option("--compute", help="Column of FLOP, for an envelope.  [default: 6 N D]")
@click.option("--weight", help="Column of weights.  [default: equal]")
@click.option("--cluster", help="Column of names whose runs are drawn together, such as checkpoints of one model.")
@click.option(
    "--law",
    type=click.Choice(["chinchilla", "muennighoff", "penalty", "bounded", "envelope"]),
    default="chinchilla",
    show_default=True,
    help="The form of the law.",
)
@click.option("--plan", type=float, multiple=True, help="FLOP to share between parameters and tokens; repeat.")
@click.option("--reach", type=float, multiple=True, help="A loss whose least compute is asked for; repeat.")
@click.option("--stock", type=float, help="Unique tokens for --plan and --reach.  [default: unlimited]")
@_of_runs(7, "Resamples for intervals; 0: none.")
def fit_law(
    *,
    runs: Path,
    plan: tuple[float, ...],
    reach: tuple[float, ...],
    stock: float | None,
    bootstrap: int,
    out: Path | None,
    form: str,
    **given: Any,
) -> None:
    """Fit a scaling law to the RUNS of a .csv, .jsonl or .parquet file, and say how well they know it.

    With --plan also the best run of a budget, and of a --stock the one of fewest epochs within .01 nats of it. Every
    number is the estimate, with the interval over resampled laws in _low and _high; null is what the runs cannot tell.
    """
    from limitlaw._files import read_table  # noqa: PLC0415  (with Polars)

    if stock is not None and not plan and not reach:
        raise click.ClickException("--stock is for --plan or --reach, got neither")
    if stock is not None and given["law"] == "chinchilla":
        raise click.ClickException("--stock says nothing to a law without repeats: fit --law muennighoff")
    frame = read_table(runs)
    with progress_bar(bootstrap) as progress:
        fit = ll.fit.fit_scaling_law(frame, bootstrap=bootstrap, progress=progress, **given)
    found: dict[str, pl.DataFrame] = {"estimates": fit.estimates, "conditioning": fit.conditioning, "modes": fit.modes}
    found |= {"draws": fit.draws, "residuals": fit.residuals}
    asked: dict[str, pl.DataFrame] = {}
    text = 1e99 if stock is None else stock
    if plan:
        best = fit.optimal_allocation(list(plan), unique_tokens=stock)
        asked["plan"] = best.select(
            "compute", *(n for n in best.columns if n.removesuffix("_low").removesuffix("_high") in _PLANNED)
        )
        if stock is not None:
            asked["fewest_epochs"] = _asked(fit, ll.exhaustion.fewest_epochs, plan, text)
    if reach:
        needed = _asked(fit, ll.exhaustion.compute_for_loss, reach, text)
        asked["reach"] = needed if stock is not None else needed.drop("unique_tokens", strict=False)
    shown = ["estimates"] + (["modes"] if fit.modes["run_off"].n_unique() > 1 else [])
    emit(found | asked, form=form, out=out, shown=[*shown, *asked])


def _asked(
    fit: ll.fit.ScalingFit, question: Callable[..., pl.DataFrame], of: tuple[float, ...], text: float
) -> pl.DataFrame:
    """What is asked of the estimate, each answer with its interval over resampled laws beside it, as in a plan."""
    import polars as pl  # noqa: PLC0415  (slow)

    if fit.untold:
        given, answer = ("loss", "compute") if question is ll.exhaustion.compute_for_loss else ("compute", "epochs")
        nulls = {f"{answer}{end}": [None] * len(of) for end in ("", "_low", "_high")}
        return pl.DataFrame({given: list(of), **nulls}, schema_overrides=dict.fromkeys(nulls, pl.Float64))
    said = question(fit.law, list(of), text)
    if not len(fit.table):
        return said
    ends = question(fit.laws, list(of), text, confidence=fit.confidence)
    columns = [n for n in ends.columns if n.endswith(("_low", "_high"))]
    return said.with_columns(ends[columns]).select(ends.columns)


@click.command(epilog="Example: limitlaw fit-growth runs.csv --value compute --records 1 --since 2018 --seed 7")
@click.option("--date", default="date", show_default=True, help="Column of dates, such as 2026-03 or 2026-03-15.")
@click.option("--value", default="compute", show_default=True, help="Column of values, above 0.")
@click.option("--records", type=Whole(), help="Only runs that were among so many largest when they came.")
@click.option("--since", help="Only runs from this date on.")
@click.option("--until", help="Only runs before this date.")
@click.option("--breaks", type=Whole(), default=0, show_default=True, help="Breaks of the trend, 0 to 2.")
@click.option("--cluster", help="Column of names whose runs are drawn together.")
@click.option("--base-year", default="2024", show_default=True, help="The date of the level.")
@click.option("--draws", is_flag=True, help="The joint draws of level and growth in place of the estimates.")
@_of_runs(None, "Resamples.")
def fit_growth(*, runs: Path, draws: bool, out: Path | None, form: str, **given: Any) -> None:
    """Fit how fast the values of the RUNS of a .csv, .jsonl or .parquet file grow, and where their trend stands."""
    with progress_bar(given["bootstrap"]) as progress:
        found = ll.fit.fit_growth(runs, progress=progress, **given)
    emit(found.draws if draws else found.estimates, form=form, out=out)
