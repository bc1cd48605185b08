"""The command line: the verbs of the library over settings in files."""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import polars as pl

import limitlaw as ll
from limitlaw._arguments import as_column, listed
from limitlaw._files import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["main"]

_scenario = click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_trials = click.option(
    "--trials", type=int, default=100_000, show_default=True, help="Runs of the whole benchmark, or worlds drawn."
)
_threads = click.option("--threads", type=int, help="Threads.  [default: every core]")
_out = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every column to this .parquet or .csv file; several frames go to NAME-FRAME beside it.",
)


def _one_line_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Bad input ends a command with its message, not with a traceback."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> None:
        try:
            command(**options)
        except (TypeError, ValueError, NotImplementedError, OSError, ImportError) as error:
            raise click.ClickException(str(error)) from error

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(ll.__version__, prog_name="limitlaw")
def main() -> None:
    """Monte Carlo of two limits of AI progress: imperfect verifiers, and running out of data."""


@main.command()
@_trials
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of every random number.")
@_threads
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default="limitlaw-demo.png",
    show_default=True,
    help="Where the picture goes.",
)
@_one_line_errors
def demo(trials: int, seed: int, threads: int | None, out: Path) -> None:
    """The main job on bundled real data: a table and a picture."""
    _check_folder(out)
    from limitlaw import demo as job  # noqa: PLC0415  (the charts' libraries are slow to import)
    from limitlaw.plots.chart import check_ending  # noqa: PLC0415

    check_ending(out, "--out")
    job.run(trials=trials, seed=seed, threads=threads, out=out)


@main.command()
@_scenario
@_trials
@click.option("--seed", type=int, required=True, help="Seed of every random number.")
@_threads
@_out
@click.option(
    "--samples", multiple=True, metavar="NAME", help="Of an exhaustion scenario, a variable to return by draw."
)
@click.option("--sampler", type=click.Choice(["philox", "sobol"]), default="philox", help="Of an exhaustion scenario.")
@_one_line_errors
def simulate(
    *,
    scenario: Path,
    trials: int,
    seed: int,
    threads: int | None,
    out: Path | None,
    samples: tuple[str, ...],
    sampler: Any,
) -> None:
    """Simulate the SCENARIO of a .toml or .json file: sampling, exhaustion or constraint."""
    _check_ending(out)
    settings: Any = ll.read_scenario(scenario)
    with _progress(trials) as progress:
        found: Any = ll.simulate(
            settings,
            trials=trials,
            seed=seed,
            threads=threads,
            progress=progress,
            samples=samples,
            sampler=sampler,
        )
    if isinstance(found, pl.DataFrame):
        _show(found, out)
    elif isinstance(found, ll.ExhaustionResult):
        named = {"exhaustion": found.exhaustion, "trajectories": found.trajectories, "exhausted_by": found.exhausted_by}
        _show_frames(named | ({"samples": found.samples} if samples else {}), ["exhaustion"], out)
    else:
        _show_frames({"bands": found.bands, "binding": found.binding}, ["bands", "binding"], out)


@main.command()
@_scenario
@_out
@_one_line_errors
def solve(scenario: Path, out: Path | None) -> None:
    """Compute the SCENARIO of a .toml or .json file exactly, where a closed form exists."""
    _check_ending(out)
    settings: Any = ll.read_scenario(scenario)
    _show(ll.solve(settings), out)


@main.command()
@click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--store", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the results.")
@click.option("--executor", help="'processes' or 'dask://host:port'.  [default: this process, on every core]")
@click.option("--shard", metavar="I/N", help="Run part I (from 0) of N, for job arrays.")
@_threads
@_one_line_errors
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
        raise click.ClickException(str(error)) from error
    click.echo(done.report())
    click.echo(f"ll.Store({str(store)!r}).scan() has the rows")
    if not done.report().ok:
        raise SystemExit(1)


@main.command()
@click.argument("counts", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--attempts", default="n", show_default=True, help="Column of attempts per task.")
@click.option("--correct", default="correct", show_default=True, help="Column of correct ones among them.")
@click.option("--k", "ks", type=int, multiple=True, default=(1, 10, 100), show_default=True, help="Of pass@k; repeat.")
@click.option("--unsolvable", is_flag=True, help="Fit a share of tasks that no attempt solves as well.")
@click.option("--seed", type=int, hidden=True, help="Of no effect: no number is drawn.")
@_out
@_one_line_errors
def fit(
    *,
    counts: Path,
    attempts: str,
    correct: str,
    ks: tuple[int, ...],
    unsolvable: bool,
    seed: int | None,  # noqa: ARG001  (what once seeded a bootstrap)
    out: Path | None,
) -> None:
    """Estimate pass@k and the Beta population of tasks from the COUNTS of a .csv or .parquet file."""
    _check_ending(out)
    frame = read_table(counts)
    n, c = as_column(frame, "--attempts", attempts), as_column(frame, "--correct", correct)
    found = {
        "pass_at_k": ll.pass_at_k(n, c, list(ks)),
        "population": ll.fit.fit_beta_binomial(n, c, unsolvable=unsolvable),
    }
    _show_frames(found, list(found), out)


@main.command()
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The picture to write: .png, .svg or .json.",
)
@click.option("--show", multiple=True, metavar="NAME", help="A metric, or a variable by year, to draw; repeat.")
@_one_line_errors
def plot(result: Path, out: Path, show: tuple[str, ...]) -> None:
    """Draw the RESULT that simulate or solve wrote with --out: curves, policies, a fan, or who has run out by when."""
    from limitlaw import plots  # noqa: PLC0415  (the charts' libraries are slow to import)

    plots.chart.check_ending(out, "--out")
    _check_folder(out)
    frame = read_table(result)
    if {"variable", "year"} <= set(frame.columns):
        chart = plots.fan(frame, list(show or ("effective_stock", "demand")), log="lost_compute" not in show)
    elif {"definition", "probability"} <= set(frame.columns):
        chart = plots.exhausted(frame)
    elif "policy" in frame.columns and frame["policy"].n_unique() == 1:
        chart = plots.curves(frame, metrics=show or ("accuracy", "coverage", "precision"))
    elif "policy" in frame.columns:
        if len(show) > 1:
            raise ValueError(f"--show must be given once for several policies, got {list(show)}")
        chart = plots.policies(frame, metric=show[0] if show else "accuracy")
    else:
        raise ValueError(
            f"{result} must be a result of simulate or solve (trajectories or exhausted_by of an "
            f"exhaustion scenario), got columns {listed(frame.columns)}"
        )
    click.echo(f"picture: {plots.save(plots.stack(chart), out)}")


@contextlib.contextmanager
def _progress(trials: int) -> Iterator[Callable[[int, int], object] | None]:
    """A bar where someone is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=trials, label="trials", file=sys.stderr) as bar:
        yield lambda done, _: bar.update(done - bar.pos)


def _part(grid: ll.Grid, shard: str) -> ll.Grid:
    """The part that ``I/N`` names."""
    i, slash, of = shard.partition("/")
    if not (slash and shard.isascii() and i.isdecimal() and of.isdecimal() and int(i) < int(of)):
        raise ValueError(f"--shard must be I/N with I from 0 to N - 1, got {shard!r}")
    return grid.shard(int(i), of=int(of))


def _check_ending(out: Path | None) -> None:
    """Before the work, not after it."""
    if out is not None and out.suffix not in (".parquet", ".csv"):
        raise ValueError(f"--out must end in .parquet or .csv, got {out.name!r}")
    _check_folder(out)


def _check_folder(out: Path | None) -> None:
    """Before the work, not after it."""
    if out is not None and not out.absolute().parent.is_dir():
        raise ValueError(f"--out must be in a folder that exists, got {str(out)!r}")


def _show(frame: pl.DataFrame, out: Path | None) -> None:
    """The main columns on the terminal; every column in the file."""
    click.echo(ll.brief(frame))
    if out is not None:
        _write(frame, out)


def _show_frames(frames: dict[str, pl.DataFrame], shown: list[str], out: Path | None) -> None:
    """Some frames on the terminal; every frame in a file of its own."""
    for name in shown:
        click.echo(ll.brief(frames[name]))
    if out is not None:
        for name, frame in frames.items():
            _write(frame, out.with_name(f"{out.stem}-{name}{out.suffix}"))


def _write(frame: pl.DataFrame, out: Path) -> None:
    """A reader never sees half a file: write beside it, then rename."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        if out.suffix == ".csv":
            frame.write_csv(beside)
        else:
            frame.write_parquet(beside)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    click.echo(f"{frame.height} rows of {frame.width} columns: {out.resolve()}", err=True)
