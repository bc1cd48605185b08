"""The verb that fits a scaling law to a table of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import limitlaw as ll
from limitlaw.cli.options import Whole, file_argument, one_line_errors, progress_bar, seed_option, threads_option
from limitlaw.cli.output import check_out, emit, output_options

if TYPE_CHECKING:
    from pathlib import Path

#: What is said of a budget, each with its interval.
_PLANNED = ("parameters", "tokens", "loss")


@click.command(epilog="Example: limitlaw fit-law runs.csv --parameters params --tokens tokens --loss loss")
@file_argument("runs")
@click.option("--parameters", default="params", show_default=True, help="Column of parameters.")
@click.option("--tokens", default="tokens", show_default=True, help="Column of training tokens, repeats counted.")
@click.option("--loss", default="loss", show_default=True, help="Column of the loss, nats per token.")
@click.option("--unique-tokens", help="Column of unique tokens, for laws of repeats.")
@click.option("--compute", help="Column of FLOP, for an envelope.  [default: 6 N D]")
@click.option("--weight", help="Column of weights.  [default: equal]")
@click.option(
    "--law",
    type=click.Choice(["chinchilla", "muennighoff", "penalty", "bounded", "envelope"]),
    default="chinchilla",
    show_default=True,
    help="The form of the law.",
)
@click.option("--plan", type=float, multiple=True, help="FLOP to share between parameters and tokens; repeat.")
@click.option("--bootstrap", type=Whole(), default=1000, show_default=True, help="Resamples for intervals; 0: none.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals.")
@seed_option(7)
@threads_option
@output_options
@one_line_errors
def fit_law(
    *,
    runs: Path,
    parameters: str,
    tokens: str,
    loss: str,
    unique_tokens: str | None,
    compute: str | None,
    weight: str | None,
    law: Any,
    plan: tuple[float, ...],
    bootstrap: int,
    confidence: float,
    seed: int,
    threads: int | None,
    out: Path | None,
    form: str,
) -> None:
    """Fit a scaling law to the RUNS of a .csv, .jsonl or .parquet file, and say how well they know it."""
    from limitlaw._files import read_table  # noqa: PLC0415  (with Polars)

    check_out(out)
    frame = read_table(runs)
    with progress_bar(bootstrap) as progress:
        fit = ll.fit.fit_scaling_law(
            frame,
            parameters=parameters,
            tokens=tokens,
            loss=loss,
            unique_tokens=unique_tokens,
            compute=compute,
            weight=weight,
            law=law,
            bootstrap=bootstrap,
            confidence=confidence,
            seed=seed,
            threads=threads,
            progress=progress,
        )
    found = {"estimates": fit.estimates, "conditioning": fit.conditioning, "modes": fit.modes}
    found |= {"draws": fit.draws, "residuals": fit.residuals}
    shown = ["estimates"] + (["modes"] if fit.modes["run_off"].n_unique() > 1 else [])
    if plan:
        best = fit.optimal_allocation(list(plan))
        found["plan"] = best.select(
            "compute", *(n for n in best.columns if n.removesuffix("_low").removesuffix("_high") in _PLANNED)
        )
        shown.append("plan")
    emit(found, form=form, out=out, shown=shown)
