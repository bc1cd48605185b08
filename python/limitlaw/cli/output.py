"""What a verb prints and writes: tables for reading, or every column as JSON, CSV or Markdown."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limitlaw.cli.options import BadInputError, stacked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

__all__ = ["emit", "output_options", "written_option"]


def written_option(name: str, endings: tuple[str, ...] = (), **options: Any) -> Callable[[Any], Any]:
    """A file to write, checked before the work and not after it."""
    place = click.Path(dir_okay=False, path_type=Path)
    return click.option(name, type=place, callback=functools.partial(_checked, endings), **options)


def _checked(endings: tuple[str, ...], _: click.Context, param: click.Parameter, out: Path | None) -> Path | None:
    name = param.opts[0]
    if out is not None and endings and out.suffix not in endings:
        *others, last = endings
        raise BadInputError(f"{name} must end in {', '.join(others)} or {last}, got {out.name!r}")
    if out is not None and not out.absolute().parent.is_dir():
        raise BadInputError(f"{name} must be in a folder that exists, got {str(out)!r}")
    return out


#: ``--out`` and ``--format``.
output_options = stacked(
    written_option(
        "--out",
        (".parquet", ".csv", ".json", ".md"),
        help="Write every column to this .parquet, .csv, .json or .md file; several frames go to NAME-FRAME beside it.",
    ),
    click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json", "csv", "markdown"]),
        default="table",
        show_default=True,
        help="What is printed: a table of the main columns, or every column.",
    ),
)


def emit(
    frames: pl.DataFrame | Mapping[str, pl.DataFrame],
    *,
    form: str,
    out: Path | None,
    shown: Sequence[str] | None = None,
    printed: bool = True,
) -> None:
    """Print the frame, or those of several that are shown, and write all of them.

    Args:
        frames: One frame, or several by name.
        form: ``table``, ``json``, ``csv`` or ``markdown``.
        out: The file to write; of several frames each goes to a file of its own.
        shown: Which of several are printed; all unless given.
        printed: Whether anything is printed.
    """
    named: dict[str, Any] = {"": frames} if hasattr(frames, "get_columns") else dict(frames)
    if printed:
        click.echo(_text({name: named[name] for name in shown or named}, form))
    if out is not None:
        for name, frame in named.items():
            _write(frame, out.with_name(f"{out.stem}-{name}{out.suffix}") if name else out)


def _text(frames: Mapping[str, pl.DataFrame], form: str) -> str:
    if form == "json":
        if list(frames) == [""]:
            return _json(frames[""])
        return "{" + ",".join(f'"{name}":{_json(frame)}' for name, frame in frames.items()) + "}"
    if form == "csv":
        if len(frames) > 1:
            raise ValueError(
                f"--format csv must be left out where there are several frames ({', '.join(frames)}): --out"
            )
        return next(iter(frames.values())).write_csv().removesuffix("\n")
    from limitlaw._show import brief  # noqa: PLC0415  (with Polars)

    texts = (_markdown(frame) if form == "markdown" else brief(frame) for frame in frames.values())
    return ("\n\n" if form == "markdown" else "\n").join(texts)


def _json(frame: pl.DataFrame) -> str:
    return frame.write_json()


def _markdown(frame: pl.DataFrame) -> str:
    def cell(value: object) -> str:
        text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
        return text.replace("|", "\\|").replace("\n", " ")

    lines = ["| " + " | ".join(map(cell, frame.columns)) + " |", "|" + "---|" * frame.width]
    return "\n".join([*lines, *("| " + " | ".join(map(cell, row)) + " |" for row in frame.iter_rows())])


def _write(frame: pl.DataFrame, out: Path) -> None:
    """A reader never sees half a file: write beside it, then rename."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        if out.suffix == ".csv":
            frame.write_csv(beside)
        elif out.suffix == ".json":
            beside.write_text(_json(frame) + "\n", encoding="utf-8")
        elif out.suffix == ".md":
            beside.write_text(_markdown(frame) + "\n", encoding="utf-8")
        else:
            frame.write_parquet(beside)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    click.echo(f"{frame.height} rows of {frame.width} columns: {out.resolve()}", err=True)
