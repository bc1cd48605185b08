"""The page of an exhaustion scenario: when training data run out, and what that rests on."""

from __future__ import annotations

from typing import Any

import polars as pl

from limitlaw._unused import quietly
from limitlaw.exhaustion.families import Constant
from limitlaw.exhaustion.run import MEANINGS, ExhaustionResult
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.pages.page import Control, Page, told_apart
from limitlaw.run import simulate

_SHARES = [0.1, 0.3, 0.5, 0.7, 0.9]
_GROWTHS = [2.0, 3.0, 4.0, 5.0, 6.0]


def exhaustion_page(scenario: ExhaustionScenario, *, trials: int, seed: int, threads: int | None) -> Page:
    """The page of a scenario."""
    options: dict[str, Any] = {"trials": trials, "seed": seed, "threads": threads}
    own = simulate(scenario, **options)
    idle = scenario.unused(["data_share", "compute_growth"])  # nothing to slide
    shares: list[Any] = ["as assumed", *([] if "data_share" in idle else _SHARES)]
    growths: list[Any] = ["as assumed", *([] if "compute_growth" in idle else _GROWTHS)]
    points = []
    for share in shares:
        row = []
        for growth in growths:
            changes: dict[str, Any] = {} if isinstance(share, str) else {"data_share": share}
            changes |= {} if isinstance(growth, str) else {"compute_growth": growth}
            row.append(_point(own if not changes else simulate(_replaced(scenario, changes), **options)))
        points.append(row)
    controls = [
        Control(
            name="share",
            label="Share of algorithmic progress that saves data",
            values=list(range(len(shares))),
            texts=[share if isinstance(share, str) else f"{share:.0%}" for share in shares],
            start=0,
        ),
        Control(
            name="growth",
            label="Growth of the largest run's compute per year",
            values=list(range(len(growths))),
            texts=[growth if isinstance(growth, str) else f"{growth:g} times" for growth in growths],
            start=0,
        ),
    ]
    first = [{"year": year, "value": 0.0, "series": name} for name in MEANINGS.values() for year in scenario.years[:2]]
    frame = own.exhaustion
    columns = ["definition", "q05", "q25", "q50", "q75", "q95", "p_by_2030", "p_by_2035", "p_not_by_horizon"]
    return Page(
        title="When do training data run out?",
        kind="exhaustion",
        answer=_answer(frame, scenario.years[-1]),
        charts={"years": _spec(first)},
        captions={"years": "Share of the worlds that have run out by each year, by three definitions."},
        controls=[control for control in controls if len(control.values) > 1],
        data={"points": points, "years": list(scenario.years), "names": MEANINGS},
        tables={"The year of running out": frame.select([name for name in columns if name in frame.columns])},
        assumptions=scenario.inputs(),
        caveats=[
            "Every input is uncertain; the bands hold that uncertainty, not that of the model itself.",
            f"A quantile that is null is beyond the horizon, {scenario.years[-1]}, the last year of the projection.",
            f"{trials:,} worlds were drawn for each position of the sliders, with the same random numbers.",
            "Many inputs are our own guesses: the table says which.",
        ],
        settings=scenario.to_json(indent=2),
        run=f"Seed {seed}, {trials:,} worlds a point, settings {scenario.fingerprint()[:8]},",
    )


def _replaced(scenario: ExhaustionScenario, changes: dict[str, Any]) -> ExhaustionScenario:
    """The scenario with constants in place of inputs, whose correlations then say nothing."""
    kept = [c for c in scenario.correlations if not {c.first, c.second} & set(changes)]
    with quietly():  # a position of a slider is no setting that anyone gave
        return scenario.replace(**{name: Constant(value=value) for name, value in changes.items()}, correlations=kept)


def _point(result: ExhaustionResult) -> dict[str, Any]:
    by = {
        str(name[0]): [round(p, 4) for p in part["probability"]]
        for name, part in result.exhausted_by.group_by("definition", maintain_order=True)
    }
    row = result.exhaustion.filter(pl.col("definition") == "effective_stock").row(0, named=True)
    return {"by": by, "median": row["q50"], "never": row["p_not_by_horizon"]}


def _answer(frame: pl.DataFrame, horizon: int) -> list[str]:
    texts = []
    for row in frame.iter_rows(named=True):
        years = [None if row[q] is None else f"{row[q]:.0f}" for q in ("q05", "q50", "q95")]
        low, middle, high = (year or f"after {horizon}" for year in years)
        texts.append(
            f"{MEANINGS[row['definition']].capitalize()}: median {middle}, 90 % between {low} and {high}; "
            f"not by {horizon} in {row['p_not_by_horizon']:.0%} of the worlds."
        )
    return texts


def _spec(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "width": "container",
        "height": 300,
        "data": {"name": "years", "values": rows},
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {
            "x": {"field": "year", "type": "quantitative", "title": None, "axis": {"format": "d", "tickMinStep": 1},
                  "scale": {"zero": False, "nice": False}},
            "y": {"field": "value", "type": "quantitative", "title": "share of the worlds", "axis": {"format": "%"},
                  "scale": {"domain": [0, 1]}},
            **told_apart(list(MEANINGS.values()), labelLimit=0, columns=1),
        },
        "config": {"background": "#ffffff"},
    }  # fmt: skip
