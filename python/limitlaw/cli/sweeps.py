"""Verbs of sweeps: run one, read its rows."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

import limitlaw as ll
from limitlaw.cli.options import Whole, file_argument, one_line_errors, threads_option
from limitlaw.cli.output import emit, output_options


@click.command(epilog="Example: limitlaw sweep sweep.toml --store runs/verifier --shard 0/8")
@file_argument("spec")
@click.option("--store", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the results.")
@click.option("--executor", help="'processes' or 'dask://host:port'.  [default: this process, on every core]")
@click.option("--shard", metavar="I/N", help="Run part I (from 0) of N, for job arrays.")
@threads_option
@one_line_errors
def sweep(spec: Path, store: Path, executor: str | None, shard: str | None, threads: int | None) -> None:
    """Run the sweep of a .toml or .json file; what STORE has already is skipped, so the same command resumes."""
    grid, settings = ll.read_sweep(spec)
    if shard is not None:
        grid = _part(grid, shard)
    try:
        done = ll.sweep(grid, store=store, executor=executor, threads=threads, **settings)
    except KeyboardInterrupt as interrupt:
        for note in getattr(interrupt, "__notes__", ["interrupted"]):
            click.echo(note, err=True)
        click.echo(f"To go on: limitlaw {shlex.join(sys.argv[1:])}", err=True)
        raise SystemExit(130) from None
    except RuntimeError as error:  # the executor is gone; the message says how to go on
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(1) from error
    click.echo(done.report())
    click.echo(f"limitlaw rows {shlex.quote(str(store))} shows the rows; ll.Store({str(store)!r}).scan() has them")
    if not done.report().ok:
        raise SystemExit(1)


@click.command(epilog="Example: limitlaw rows runs/verifier --limit 20 --format csv")
@click.argument("store", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--point", type=Whole(), help="Only the rows of this point (from 0).")
@click.option(
    "--limit", type=Whole(), default=100, show_default=True, help="Print at most so many rows; --out has all."
)
@output_options
@one_line_errors
def rows(store: Path, point: int | None, limit: int, out: Path | None, form: str) -> None:
    """The rows of a STORE, those of all finished shards, each checked against its digest."""
    if limit < 0:
        raise ValueError(f"--limit must be at least 0, got {limit}")
    held = ll.Store(store)
    if point is not None:
        emit(held.point(point), form=form, out=out)
        return
    if out is None:
        emit(held.scan().head(limit).collect(), form=form, out=None)
        return
    frame = held.collect()
    emit(frame.head(limit), form=form, out=None)
    emit(frame, form="", out=out, printed=False)


def _part(grid: ll.Grid, shard: str) -> ll.Grid:
    """The part that ``I/N`` names."""
    i, slash, of = shard.partition("/")
    if not (slash and shard.isascii() and i.isdecimal() and of.isdecimal() and int(i) < int(of)):
        raise ValueError(f"--shard must be I/N with I from 0 to N - 1, got {shard!r}")
    return grid.shard(int(i), of=int(of))
