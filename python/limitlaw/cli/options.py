"""What every verb shares: its options, errors of one line, and a bar where someone is looking."""

from __future__ import annotations

import contextlib
import functools
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "BadInputError",
    "Whole",
    "file_argument",
    "one_line_errors",
    "progress_bar",
    "seed_option",
    "stacked",
    "threads_option",
    "trials_option",
]


class Whole(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A whole number, also as 1e5."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or an error that names the option."""
        if isinstance(value, int):
            return value
        try:
            return int(value)
        except ValueError:
            pass
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{value!r} is not a whole number", param, ctx)
        if not number.is_integer():
            self.fail(f"{value!r} is not a whole number", param, ctx)
        return int(number)


def stacked(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one, in their order."""
    return lambda command: functools.reduce(lambda found, option: option(found), reversed(options), command)


def file_argument(name: str) -> Callable[[Any], Any]:
    """A file that exists."""
    return click.argument(name, type=click.Path(exists=True, dir_okay=False, path_type=Path))


def trials_option(default: int = 100_000) -> Callable[[Any], Any]:
    """How many trials."""
    text = "Runs of the whole benchmark, or worlds drawn."
    return click.option("--trials", type=Whole(), default=default, show_default=True, help=text)


def seed_option(default: int | None = None) -> Callable[[Any], Any]:
    """The seed; required without a default."""
    # Where there is none, no default is named: click 8.3 takes None for one, and the option for given.
    options: dict[str, Any] = {"required": True} if default is None else {"default": default, "show_default": True}
    return click.option("--seed", type=Whole(), help="Seed of every random number.", **options)


threads_option = click.option("--threads", type=Whole(), help="Threads.  [default: every core]")


class BadInputError(click.ClickException):
    """What a command cannot answer: it ends with 2, as click's own errors do, for 1 may be an answer."""

    exit_code = 2


def one_line_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Bad input ends a command with its message and 2, not with a traceback; a warning is a line."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> None:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = lambda message, *_, **__: click.echo(f"Warning: {message}", err=True)
                command(**options)
        except click.UsageError:
            raise
        except click.ClickException as error:
            raise BadInputError(error.message) from error
        except (TypeError, ValueError, NotImplementedError, OSError, ImportError) as error:
            raise BadInputError(str(error)) from error

    return wrapped


@contextlib.contextmanager
def progress_bar(trials: int, label: str = "trials") -> Iterator[Callable[[int, int], object] | None]:
    """A bar where someone is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=trials, label=label, file=sys.stderr) as bar:
        yield lambda done, of: bar.update(done * trials // max(of, 1) - bar.pos)
