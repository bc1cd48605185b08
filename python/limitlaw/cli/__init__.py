"""The command line: the verbs of the library over settings in files. A verb's module is imported when it runs."""

from __future__ import annotations

import importlib
from typing import Any

import click

__all__ = ["main"]

#: By verb, the module that has it, and its line in the list of verbs.
_VERBS = {
    "demo": ("draw", "The main job on bundled real data: a table and a picture."),
    "simulate": ("run", "Simulate the scenario of a file."),
    "solve": ("run", "Compute the scenario of a file exactly, where a closed form exists."),
    "best": ("ask", "The best number of attempts, or the best limit, and how sure it is."),
    "ceilings": ("ask", "The accuracy that attempts without end would reach."),
    "required": ("ask", "The false positive rate with which an accuracy is still reached."),
    "compare": ("ask", "Which policy wins at the same spending."),
    "check": ("gate", "Does the scenario of a file meet what is required? For continuous integration."),
    "compare-systems": ("decide", "Which system is better on the tasks that they share."),
    "recommend": ("decide", "Which policy, how many attempts, and whether the data can tell."),
    "plan": ("planning", "How many tasks, attempts or labels to collect."),
    "levers": ("outlook", "What each change does to the year of running out."),
    "sensitivity": ("outlook", "Which inputs the answer depends on."),
    "backtest": ("outlook", "Score a projection against what came later."),
    "verifier": ("labels", "The error rates of a verifier, from labels of its verdicts."),
    "corrected": ("labels", "The accuracy behind a judge's verdicts, corrected by labels of some."),
    "fit": ("ask", "Estimate pass@k and the population of tasks from counts."),
    "fit-law": ("fits", "Fit a scaling law to training runs."),
    "fit-growth": ("fits", "Fit how fast dated values grow, with joint draws for a scenario."),
    "sweep": ("sweeps", "Run the sweep of a file; the same command resumes."),
    "rows": ("sweeps", "The rows of a store."),
    "report": ("pages", "One offline HTML page that can be sent."),
    "plot": ("draw", "Draw a result that another verb wrote with --out."),
}


class _Verbs(click.Group):
    """A group that lists its verbs without importing them."""

    def invoke(self, ctx: click.Context) -> Any:
        """Ctrl-C ends every verb with 130, as a shell has it; click's 1 is a verdict of ``check``."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort) as interrupt:
            for note in getattr(interrupt, "__notes__", ["interrupted"]):
                click.echo(note, err=True)
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"limitlaw.cli.{_VERBS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _VERBS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        from limitlaw._core import __version__  # noqa: PLC0415  (only where it is asked for)

        click.echo(f"limitlaw, version {__version__}")
        ctx.exit()


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: limitlaw simulate scenario.toml --seed 7 --out result.parquet",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
def main() -> None:
    """Monte Carlo of two limits of AI progress: imperfect verifiers, and running out of data."""
