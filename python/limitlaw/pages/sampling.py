"""The page of a sampling scenario: how many attempts, and what the verifier's errors do to the answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from limitlaw._core import NoClosedFormError
from limitlaw._unused import quietly
from limitlaw.pages.page import Control, Page, told_apart
from limitlaw.pages.places import Places
from limitlaw.recommendation import Recommendation, recommend
from limitlaw.run import simulate, solve
from limitlaw.sampling.cost import Utility
from limitlaw.sampling.optimum import ceilings, optimal_attempts
from limitlaw.sampling.plug_in import is_plug_in
from limitlaw.sampling.scenario import SamplingScenario
from limitlaw.sampling.short import held
from limitlaw.sampling.tasks import PoolTasks, RecordedTasks
from limitlaw.sampling.verifier import RatesVerifier

#: False positive rates of the slider beside the scenario's own.
_RATES = [0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5]
#: Costs of a wrong answer of the slider beside the scenario's own.
_COSTS = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 50.0, 100.0]
#: Digits that the page keeps of a share.
_DIGITS = 5
_BOOTSTRAP = 1000
#: The most attempts that are looked at for a recommendation: what it looks at unless told.
_MOST_ATTEMPTS = 1000


def sampling_page(scenario: SamplingScenario, *, trials: int, seed: int, threads: int | None) -> Page:
    """The page of a scenario; one policy has charts and sliders: that which is recommended, else the first."""
    utility = scenario.utility or Utility()
    advice = _advice(scenario.replace(utility=utility), seed=seed)
    best = advice if isinstance(advice, Recommendation) and advice.attempts else None
    scenario = scenario if best is None else _drawn(scenario, best)
    places = Places.of(scenario)
    drawn = next((one for one in scenario.policies if best and one.label == best.policy), scenario.policies[0])
    with quietly():
        one = scenario.replace(policies=[drawn], utility=utility)
    options: dict[str, Any] = {"trials": trials, "seed": seed, "threads": threads}
    rates, start = _rates(one)
    found = {rate: _frame(_at(one, rate), **options) for rate in dict.fromkeys((rates[0], rates[-1]))}
    asks = scenario.verifier is not None
    if len(rates) > 1 and _columns(found[rates[0]][0]) == _columns(found[rates[-1]][0]):  # the policy asks no verifier
        rates, start, asks = rates[:1], 0, False
    frames = [found[rate] if rate in found else _frame(_at(one, rate), **options) for rate in rates]
    points = [_columns(frame) for frame, _ in frames]
    every = [
        frames[start] if policy is drawn else _frame(scenario.replace(policies=[policy], utility=utility), **options)
        for policy in scenario.policies
    ]
    exact = all(is_exact for _, is_exact in [*frames, *every])
    middle = len(places.amounts) // 2 if best is None else places.amounts.index(best.attempts)
    costs = sorted({*_COSTS, float(utility.wrong_cost)})
    controls = [_rate_control(rates, start)] if len(rates) > 1 else []
    controls += [
        Control(
            name="cost",
            label="Cost of a wrong answer",
            values=costs,
            texts=[f"{cost:g} times a correct one" if utility.correct_reward == 1.0 else f"{cost:g}" for cost in costs],
            start=costs.index(float(utility.wrong_cost)),
        ),
        Control(
            name="attempts",
            label=places.label,
            values=[float(k) for k in places.amounts],
            texts=places.texts,
            start=middle,
        ),
    ]
    if advice is None:
        answer, table = _answer(one, utility, places, seed=seed, threads=threads)
    else:
        answer, table = _recommended(advice)
    label = drawn.label
    how = "exact" if exact else f"{trials:,} trials a point"
    return Page(
        title=places.title,
        kind="sampling",
        answer=answer,
        charts={"shares": _shares_spec(points[start], places, middle), "worth": _worth_spec(places)},
        captions={
            "shares": f"Shares of tasks against {places.axis}, policy {label}; grey rule: what is chosen above.",
            "worth": f"Utility per task against {places.axis}; dot: the best of those tried.",
        },
        controls=controls,
        data={
            "points": points,
            "attempts": places.amounts,
            "tried": places.tried,
            "unit": places.unit,
            "reward": utility.correct_reward,
            "attempt_cost": utility.attempt_cost,
        },
        tables={"The numbers": _numbers([frame for frame, _ in every])} | table,
        assumptions=scenario.inputs(),
        caveats=_caveats(scenario, label, advice, asks=asks, exact=exact, trials=trials),
        settings=scenario.to_json(indent=2) if len(scenario.tasks) <= 2000 else None,  # noqa: PLR2004  (a page)
        run=f"Seed {seed}, {how}, settings {scenario.fingerprint()[:8]},",
    )


def _rates(scenario: SamplingScenario) -> tuple[list[float], int]:
    """The false positive rates of the slider, and where the scenario stands; one where there is nothing to slide."""
    verifier = scenario.verifier
    if not isinstance(verifier, RatesVerifier) or np.ndim(verifier.false_positive_rate) != 0:
        return [float("nan")], 0
    own = float(verifier.false_positive_rate)
    rates = sorted({*_RATES, own})
    return rates, rates.index(own)


def _at(scenario: SamplingScenario, rate: float) -> SamplingScenario:
    if np.isnan(rate):
        return scenario
    assert scenario.verifier is not None
    return scenario.replace(verifier=scenario.verifier.replace(false_positive_rate=rate))


def _rate_control(rates: list[float], start: int) -> Control:
    return Control(
        name="rate",
        label="Wrong answers that the verifier accepts",
        values=rates,
        texts=[f"{100 * rate:g} %" for rate in rates],
        start=start,
    )


def _frame(scenario: SamplingScenario, *, trials: int, seed: int, threads: int | None) -> tuple[pl.DataFrame, bool]:
    """The rows of a scenario, exact where they can be."""
    try:
        return solve(scenario), True
    except NoClosedFormError:
        return simulate(scenario, trials=trials, seed=seed, threads=threads), False


def _columns(frame: pl.DataFrame) -> dict[str, list[float | None]]:
    names = [
        name
        for name in ("accuracy", "coverage", "precision", "wrong", "attempts_used", "cost")
        if name in frame.columns
    ]
    return {name: [None if x is None else round(x, _DIGITS) for x in frame[name]] for name in names}


def _answer(
    scenario: SamplingScenario, utility: Utility, places: Places, *, seed: int, threads: int | None
) -> tuple[list[str], dict[str, pl.DataFrame]]:
    costs = sorted({0.0, 1.0, 2.0, 4.0, 8.0, float(utility.wrong_cost)})
    try:
        frame = optimal_attempts(scenario, wrong_cost=costs, bootstrap=_BOOTSTRAP, seed=seed, threads=threads)
    except (NoClosedFormError, ValueError) as error:
        return [f"What is best has no closed form here ({error}); the curves below show the grid."], {}
    row = frame.filter(pl.col("wrong_cost") == utility.wrong_cost).row(0, named=True)
    best = places.column
    names = ["wrong_cost", best, f"{best}_q05", f"{best}_q95", "status", "utility"]
    texts = [_sentence(row, utility, places)]
    try:
        end = ceilings(scenario)["ceiling_all_tasks"][0]
        known = "As far as the observed shares are the tasks' rates, accuracy does not pass"
        always = "However many attempts are made, accuracy does not pass"
        texts.append(f"{known if is_plug_in(scenario.tasks) else always} {end:.1%} with this verifier.")
    except NoClosedFormError:
        pass
    what = "The best number of attempts" if best == "optimal_attempts" else "The best limit"
    return texts, {f"{what}, by the cost of a wrong answer": frame.select(names)}


def _advice(scenario: SamplingScenario, *, seed: int) -> Recommendation | str | None:
    """Of recorded attempts: the policy and the number of attempts, or why there is none; of other tasks nothing."""
    if not isinstance(scenario.tasks, RecordedTasks) or scenario.limits is not None:
        return None
    settings: dict[str, Any] = {"utility": scenario.utility, "cost": scenario.cost, "seed": seed}
    try:
        return recommend(
            scenario.tasks, scenario.verifier, policies=list(scenario.policies), max_attempts=_MOST_ATTEMPTS, **settings
        )
    except ValueError as error:
        return f"No policy can be recommended ({error}); the curves below show the grid."


def _drawn(scenario: SamplingScenario, best: Recommendation) -> SamplingScenario:
    """The scenario as it was judged: with the best number on its grid, and without tasks that were left out."""
    grid = np.union1d(np.asarray(scenario.max_attempts), [best.attempts])
    tasks, verifier = scenario.tasks, scenario.verifier
    if isinstance(tasks, RecordedTasks) and tasks.short == "drop":
        long, verifier, most, _ = held(tasks, verifier, _MOST_ATTEMPTS)
        tasks, grid = long, grid[grid <= most]
    return scenario.replace(tasks=tasks, verifier=verifier, max_attempts=grid)


def _recommended(advice: Recommendation | str) -> tuple[list[str], dict[str, pl.DataFrame]]:
    if isinstance(advice, str):
        return [advice], {}
    return advice.text.splitlines(), {"What could be done": advice.policies, "What would tell": advice.evidence}


def _sentence(row: dict[str, Any], utility: Utility, places: Places) -> str:
    def count(value: float | None) -> str:
        return "no limit" if value is None else f"{value:,.0f}" if whole else f"{value:,g}"

    best, unit = places.column, places.unit
    whole = best == "optimal_attempts"
    between = f"{count(row[f'{best}_q05'])} to {count(row[f'{best}_q95'])}"
    sure = f" Other tasks of the same kind would say {between} (90 % bootstrap interval over tasks)."
    if row["status"] == "zero":
        return (
            f"Do not answer: with a wrong answer costing {utility.wrong_cost:g}, none of the {places.tried} pays.{sure}"
        )
    if row["status"] == "unbounded":
        return (
            f"Keep trying: with a wrong answer costing {utility.wrong_cost:g}, more attempts are always better.{sure}"
        )
    end = "where the data end" if best == "optimal_attempts" else "the largest that was tried"
    where = f", {end}" if row["status"] == "censored" else ""
    return (
        f"With a wrong answer costing {utility.wrong_cost:g}, allow {count(row[best])} {unit}{where}: "
        f"worth {row['utility']:.3f} per task.{sure}"
    )


def _numbers(frames: list[pl.DataFrame]) -> pl.DataFrame:
    names = (
        "policy",
        "max_attempts",
        "limit",
        "accuracy",
        "accuracy_se",
        "precision",
        "coverage",
        "attempts_used",
        "cost",
        "utility",
    )
    every = pl.concat([frame.cast({"policy": pl.String}) for frame in frames], how="diagonal")
    return every.select([name for name in names if name in every.columns])


def _caveats(
    scenario: SamplingScenario, label: str, advice: Recommendation | str | None, *, asks: bool, exact: bool, trials: int
) -> list[str]:
    texts = ["Attempts at one task are independent given the task: no search, no revision after feedback."]
    if asks:  # else verdicts were observed, or nobody asks for any
        texts.append(
            "A verifier's error rates are those given, at every task and attempt: one benchmark's rates are no law."
        )
    if isinstance(scenario.tasks, (PoolTasks, RecordedTasks)):
        texts.append("The attempts are the observed ones, drawn without replacement: nothing beyond them is known.")
    if not exact:
        texts.append(f"Some numbers are simulated ({trials:,} trials) and have Monte Carlo errors.")
    if len(scenario.policies) > 1:
        which = "which is recommended" if isinstance(advice, Recommendation) and advice.attempts else "the first one"
        what = "Charts and sliders" if advice is not None else "Charts, sliders and the best number"
        texts.append(f"{what} are of the policy {label}, {which}; the numbers below are of all.")
    texts.append(f"The interval is over {len(scenario.tasks):,} tasks; it says nothing of tasks of another kind.")
    return texts


def _x(places: Places) -> dict[str, Any]:
    return {
        "field": "attempts",
        "type": "quantitative",
        "title": places.axis,
        "scale": {"type": "log", "nice": False},
    }


def _shares_spec(point: dict[str, list[float | None]], places: Places, chosen: int) -> dict[str, Any]:
    attempts = places.amounts
    series = [name for name in ("accuracy", "coverage", "precision") if name in point]
    rows = [
        {"attempts": k, "value": point[name][i], "series": name}
        for name in series
        for i, k in enumerate(attempts)
        if point[name][i] is not None
    ]
    y = {
        "field": "value",
        "type": "quantitative",
        "title": "share",
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%"},
    }
    return {
        "width": "container",
        "height": 300,
        "layer": [
            {
                "data": {"name": "mark", "values": [{"attempts": attempts[chosen]}]},
                "mark": {"type": "rule", "color": "#888888", "strokeWidth": 2},
                "encoding": {"x": _x(places)},
            },
            {
                "data": {"name": "shares", "values": rows},
                "mark": {"type": "line", "strokeWidth": 2.5, "point": len(attempts) < 30},  # noqa: PLR2004
                "encoding": {"x": _x(places), "y": y, **told_apart(series)},
            },
        ],
        "config": {"background": "#ffffff"},
    }


def _worth_spec(places: Places) -> dict[str, Any]:
    y = {"field": "value", "type": "quantitative", "title": "utility per task"}
    first = [{"attempts": places.amounts[0], "value": 0}]
    return {
        "width": "container",
        "height": 220,
        "layer": [
            {"data": {"values": [{"value": 0}]}, "mark": {"type": "rule", "color": "#999999", "strokeDash": [3, 3]},
             "encoding": {"y": y}},
            {"data": {"name": "worth", "values": first},
             "mark": {"type": "line", "color": "#12305e", "strokeWidth": 2.5},
             "encoding": {"x": _x(places), "y": y}},
            {"data": {"name": "best", "values": first},
             "mark": {"type": "point", "filled": True, "size": 110, "color": "#d1661c", "opacity": 1},
             "encoding": {"x": _x(places), "y": y}},
        ],
        "config": {"background": "#ffffff"},
    }  # fmt: skip
