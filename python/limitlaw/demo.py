"""The demo: the main job on real data, from counts to a table and a picture."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click
import polars as pl

import limitlaw as ll
from limitlaw._extras import command_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["run"]

_GRID = [*range(1, 11), 12, 14, 17, 20, 24, 28, 34, 40, 48, 57, 68, 80, 100]
_PRINTED = [1, 2, 3, 5, 10, 20, 40, 100]
_WRONG_COST = 4.0
_WRONG_COSTS = [0.0, 1.0, 2.0, 4.0, 8.0]
_BOOTSTRAP = 1000
_NEXT = """\
What to try next
  your own counts       ll.Tasks.from_frame(df, attempts="n", correct="c")
  another verifier      ll.Verifier.rates(false_positive_rate=0.01, false_negative_rate=0.1)
  costs that are yours  ll.Utility(correct_reward=1, wrong_cost=4, attempt_cost=0.001)
  a scenario in a file  limitlaw simulate scenario.toml --seed 7
The README has an example that puts these together."""


def run(*, trials: int, seed: int, threads: int | None, out: Path | None) -> None:
    """Run the demo.

    Args:
        trials: Simulated runs of the whole benchmark.
        seed: Seed of the simulation and of the bootstrap.
        threads: Threads; ``None`` is every core.
        out: The picture to write; none where charts are not installed.
    """
    started = time.perf_counter()
    data = ll.datasets.codegen_humaneval()
    tasks = ll.Tasks.from_frame(
        data, attempts="n", correct="correct", accepted="accepted", accepted_correct="accepted_correct", task="task_id"
    )
    scenario = ll.SamplingScenario(
        tasks=tasks,
        policies=[ll.FirstAccepted(fallback="abstain")],
        max_attempts=_GRID,
        utility=ll.Utility(correct_reward=1.0, wrong_cost=_WRONG_COST, attempt_cost=0.0),
    )
    (attempts,) = data["n"].unique().to_list()
    click.echo(
        f"limitlaw {ll.__version__}: repeated sampling with an imperfect verifier\n\n"
        f"Data      CodeGen-16B on HumanEval: {data.height} tasks, {attempts} executed attempts each\n"
        "Verifier  HumanEval's own tests accept an attempt; the tests of HumanEval+ say whether it is correct\n"
        "Policy    return the first accepted attempt; give up after the number of attempts allowed\n"
        f"Utility   1 for a correct answer, -{_WRONG_COST:g} for a wrong one, 0 for none; per task"
    )

    exact = ll.solve(scenario)
    clock = time.perf_counter()
    simulated = ll.simulate(scenario, trials=trials, seed=seed, threads=threads)
    simulating = time.perf_counter() - clock
    clock = time.perf_counter()
    best = ll.optimal_attempts(scenario, wrong_cost=_WRONG_COSTS, bootstrap=_BOOTSTRAP, resample="tasks", seed=seed)
    optimising = time.perf_counter() - clock

    click.echo("\nWhere more attempts lead (exact; the range is what single runs of the benchmark score, simulated)")
    click.echo(_where_attempts_lead(exact, simulated))
    first, last = exact.row(0, named=True), exact.row(-1, named=True)
    click.echo(
        f"From {first['max_attempts']} to {last['max_attempts']} attempts, accuracy goes from {first['accuracy']:.3f} "
        f"to {last['accuracy']:.3f}, and of the answers returned {first['false_discovery_rate']:.1%} to "
        f"{last['false_discovery_rate']:.1%} are wrong."
    )
    click.echo("\nCeilings: the accuracy that attempts without end would reach")
    click.echo(_ceilings(ll.ceilings(scenario)))
    click.echo("\nThe best number of attempts, by the cost of a wrong answer; how sure (bootstrap over tasks)")
    click.echo(_best(best))

    missing = f"none: {command_for('plots')}"
    picture = missing if out is None else _draw(out, simulated, exact, best, data.height)
    click.echo(
        f"\nRan {trials:,} trials of {data.height} tasks (seed {seed}) in {simulating:.2f} s, "
        f"{trials / simulating:,.0f} trials/s;\n"
        f"{_BOOTSTRAP:,} bootstrap samples at {len(_WRONG_COSTS)} costs in {optimising:.2f} s; "
        f"all in {time.perf_counter() - started:.1f} s.\n"
        f"{_agreement(exact, simulated)}\n"
        f"Picture: {picture}"
    )
    click.echo(_when_data_run_out(trials=trials, seed=seed, threads=threads))
    click.echo(f"\n{_NEXT}")


def _draw(out: Path, simulated: pl.DataFrame, exact: pl.DataFrame, best: pl.DataFrame, tasks: int) -> Path:
    """The picture of the curves and of what they are worth."""
    from limitlaw import plots  # noqa: PLC0415  (an extra)

    curves = plots.curves(simulated, tasks=tasks, title="CodeGen-16B on HumanEval: what more attempts buy")
    return plots.save(
        plots.stack(curves, plots.utility(exact, best.filter(pl.col("wrong_cost") > 0), tasks=tasks)), out
    )


def _when_data_run_out(*, trials: int, seed: int, threads: int | None) -> str:
    """The second simulator on its default scenario: three definitions of running out."""
    clock = time.perf_counter()
    found = ll.simulate(ll.ExhaustionScenario.preset("default"), trials=trials, seed=seed, threads=threads).exhaustion
    meaning = {
        "effective_stock": "demand reaches the stock, each token used as often as pays",
        "unique_tokens": "demand reaches the unique tokens",
        "half_compute": "the shortage wastes half of the compute",
    }

    def year(value: float | None) -> str:
        return "after" if value is None else f"{value:.1f}"

    rows = [
        [
            year(row["q10"]),
            year(row["q50"]),
            year(row["q90"]),
            f"{row['p_by_2030']:.0%}",
            f"{row['p_not_by_horizon']:.0%}",
            meaning[row["definition"]],
        ]
        for row in found.iter_rows(named=True)
    ]
    header = ["10 %", "median", "90 %", "by 2030", "not by 2053", "training data run out when"]
    return (
        f"\nThe other limit: when human-made training data run out, if a run's data stay optimal for its compute\n"
        f"(default inputs, each uncertain; {trials:,} draws of the years 2024 to 2053)\n"
        f"{_table(header, rows)}\n"
        f"Ran in {time.perf_counter() - clock:.1f} s. examples/when_does_data_run_out.py draws it."
    )


def _where_attempts_lead(exact: pl.DataFrame, simulated: pl.DataFrame) -> str:
    spread = simulated.select("max_attempts", "accuracy_q05", "accuracy_q95")
    rows = exact.drop("accuracy_q05", "accuracy_q95").join(spread, on="max_attempts", maintain_order="left")
    shown = rows.filter(pl.col("max_attempts").is_in(_PRINTED))
    columns = ["accuracy", "accepted", "precision", "coverage", "utility"]
    return _table(
        ["attempts", *columns, "5 to 95 % of runs"],
        [
            [
                str(row["max_attempts"]),
                *(f"{row[column]:.4f}" for column in columns),
                f"{row['accuracy_q05']:.3f} to {row['accuracy_q95']:.3f}",
            ]
            for row in shown.iter_rows(named=True)
        ],
    )


def _ceilings(frame: pl.DataFrame) -> str:
    row = frame.row(0, named=True)
    return (
        f"  {row['ceiling_all_tasks']:.3f}  over all tasks; one without any acceptance counts 0\n"
        f"  {row['ceiling_accepted_tasks']:.3f}  over the tasks with any acceptance\n"
        f"  {row['ceiling_pooled']:.3f}  over all acceptances"
    )


def _best(frame: pl.DataFrame) -> str:
    return _table(
        ["cost", "best", "utility", "5 to 95 %", "at 0", "at the end", "what limits it"],
        [
            [
                f"{row['wrong_cost']:g}",
                f"{row['optimal_attempts']:g}",
                f"{row['utility']:.4f}",
                f"{row['optimal_attempts_q05']:g} to {row['optimal_attempts_q95']:g}",
                f"{row['p_zero']:.0%}",
                f"{row['p_censored']:.0%}",
                {"censored": "the data end here", "zero": "not worth answering"}.get(row["status"], "wrong answers"),
            ]
            for row in frame.iter_rows(named=True)
        ],
    )


def _agreement(exact: pl.DataFrame, simulated: pl.DataFrame) -> str:
    """How far the simulation is from the closed form, in its own standard errors."""
    names = ["accuracy", "accepted", "coverage"]
    errors = [
        abs(ours - truth) / error
        for name in names
        for ours, truth, error in zip(simulated[name], exact[name], simulated[f"{name}_se"], strict=True)
        if error > 0
    ]
    return f"Simulated and exact shares differ by at most {max(errors):.1f} standard errors over {len(errors)} numbers."


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    """Right-aligned columns under their names."""
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    return "\n".join(
        "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table
    )
