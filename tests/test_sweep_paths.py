"""Every dotted path of every setting: swept, it gives what `simulate` gives there, or a refusal that says why."""

import dataclasses

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw._spec import Spec

TASKS = ll.Tasks.fixed(success=[0.1, 0.4, 0.7], weight=[1.0, 2.0, 1.0])
JUDGE = ll.Verifier.judge(d_prime=1.5, threshold=1.0, votes=4, fresh=0.5)
SUITE = ll.Verifier.tests(tests=10, detection=0.4, icc=0.2, flakiness=0.001)
SCENARIOS = {
    "rates": ll.SamplingScenario(
        tasks=TASKS,
        verifier=ll.Verifier.rates(false_positive_rate=[0.05, 0.1, 0.2], false_negative_rate=0.1),
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
        max_attempts=[1, 10],
        utility=ll.Utility(wrong_cost=2.0, attempt_cost=0.01),
    ),
    "spread": ll.SamplingScenario(
        tasks=ll.Tasks.beta(0.5, 2.0, 4, unsolvable=0.1, redraw="run"),
        verifier=ll.Verifier.rates(false_positive_rate=0.05, icc=0.2, correlation=0.3),
        max_attempts=[1, 10],
    ),
    "suite": ll.SamplingScenario(
        tasks=ll.Tasks.counts(attempts=[10, 10], correct=[1, 5], posterior=True, prior=(0.5, 0.5)),
        verifier=SUITE,
        max_attempts=[1, 4],
    ),
    "mixture": ll.SamplingScenario(
        tasks=ll.Tasks.mixture(weight=[0.5, 0.5], success=[0.1, 0.6], count=3), verifier=JUDGE, max_attempts=[3]
    ),
    "judge": ll.SamplingScenario(
        tasks=TASKS,
        verifier=JUDGE,
        answers=ll.Answers.zipf(4, 1.5),
        policies=[
            ll.BestOf(threshold=0.5),
            ll.FirstAbove(threshold=1.5),
            ll.WeightedVote(),
            ll.StopWhenAhead(margin=2),
            ll.FirstAccepted(fallback="best"),
        ],
        max_attempts=[1, 6],
        cost=ll.Cost(prompt_tokens=100, output_tokens=(500.0, 0.8), price_in=1.0, price_out=2.0, parallel=2),
        utility=ll.Utility(),
    ),
    "ensemble": ll.SamplingScenario(
        tasks=TASKS,
        verifier=ll.Verifier.ensemble([ll.Verifier.rates(false_positive_rate=0.2), JUDGE, SUITE], rule=2, shared=0.3),
        answers=ll.Answers.dirichlet(0.5, 3),
        policies=[ll.FilteredVote(), ll.MajorityVote()],
        max_attempts=[1, 5],
    ),
    "exhaustion": ll.ExhaustionScenario.preset("epoch2024", years=range(2024, 2031)).replace(
        law=ll.Law.mixture({"muennighoff": 0.5, "penalty": 0.5}),
        stock_growth=ll.dist.empirical([1.0, 1.1, 1.2]),
        data_share=ll.dist.metalog(0.2, 0.5, 0.8, lower=0, upper=1),
        text_stock=ll.dist.mixture([ll.dist.clipped(ll.dist.pert(1e13, 2e13, 9e13), low=2e13), 5e14], weights=[3, 1]),
        trend_dataset=ll.dist.quantiles({0.1: 1e12, 0.75: 9e12}),
    ),
    "constraint": ll.ConstraintScenario.epoch2030(),
}


def paths_of(setting, prefix=""):
    """Every path below a setting with its value, items of sequences too; below the top each field of a class once."""
    known = set()
    for path, value, what in leaves(setting, prefix):
        if "." not in path or what not in known:
            yield path, value
        known.add(what)


def leaves(setting, prefix=""):
    if isinstance(setting, Spec):
        below = {field.name: getattr(setting, field.name) for field in dataclasses.fields(setting)}
    elif isinstance(setting, tuple):
        below = {str(i): value for i, value in enumerate(setting)}
    else:
        return
    for name, value in below.items():
        yield f"{prefix}{name}", value, (type(setting), name)
        yield from leaves(value, f"{prefix}{name}.")


def others(value):
    """Some more values of the same type, which need not be legal."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [value * 0.9, value + 1.0]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return [value * 0.9]
    return []


def simulated(grid, i, trials):
    """The frame of a point from `simulate`, or why there is none."""
    try:
        done = ll.simulate(grid.point(i), trials=trials, seed=3)
    except ValueError as error:
        return str(error)
    return done if isinstance(done, pl.DataFrame) else getattr(done, "exhaustion", getattr(done, "bands", None))


def columns_of(name):
    return {"exhaustion": ["q50", "p_by_2030"], "constraint": ["mean_log10", "q50"]}.get(
        name, ["accuracy", "accuracy_se", "cost", "utility"]
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_path_is_swept_or_refused(name):
    scenario, columns = SCENARIOS[name], columns_of(name)
    trials, legal, bad = 40, 0, 0
    paths = list(paths_of(scenario))
    assert len(paths) > 5
    for path, value in paths:
        grid = ll.Grid(scenario, {path: [value, *others(value)]})
        assert ll.Grid.from_data(grid.to_data()).axes.keys() == {path}  # as from a file or a manifest
        frame = ll.sweep(grid, trials=trials, seed=3, columns=columns, progress=False).frame()
        for i in range(len(grid)):
            rows = frame.filter(pl.col("point") == i)
            want = simulated(grid, i, trials)
            if isinstance(want, str):
                # The row says what the setting says when it is made; one of them may say in which field.
                told = rows["error"].item()
                assert told in want or want in told, path
                bad += 1
                continue
            assert i > 0 or grid.point(i) == scenario
            assert rows["error"].null_count() == rows.height, (path, rows["error"])
            # What a point does not have is null in the sweep, and left out where the point runs alone.
            there = [column for column in columns if column in want.columns]
            assert rows.select(there).equals(want.select(there)), path
            assert all(rows[column].is_null().all() for column in set(columns) - set(there)), path
            legal += 1
    assert legal > len(paths)
    assert bad > 0
