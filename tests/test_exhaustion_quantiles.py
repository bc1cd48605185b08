"""Quantiles of the exhaustion simulator: the error of the histograms is bounded, exact ones are order statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

import limitlaw as ll
from limitlaw import _core

DEFAULT = ll.ExhaustionScenario.preset("default")
PROBABILITIES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
COLUMNS = [f"q{round(100 * p):02}" for p in PROBABILITIES]
VARIABLES = [name for name, _ in _core.EXHAUSTION_VARIABLES]


def order_statistics(values: np.ndarray) -> np.ndarray:
    return np.sort(values)[[math.ceil(len(values) * p) - 1 for p in PROBABILITIES]]


def quantiles(result: ll.ExhaustionResult, variable: str, year: int) -> np.ndarray:
    rows = result.trajectories.filter((pl.col("variable") == variable) & (pl.col("year") == year))
    return rows.select(COLUMNS).to_numpy()[0]


def run(scenario: ll.ExhaustionScenario, years: Sequence[int], **more: object) -> ll.ExhaustionResult:
    names = [f"{variable}_{year}" for variable in VARIABLES for year in years]
    return ll.simulate(scenario, seed=9, samples=["exhaustion_year", *names], **{"trials": 20_001, **more})  # type: ignore[arg-type,no-any-return]


@pytest.mark.parametrize(("sampler", "trials"), [("philox", 20_001), ("sobol", 2**14)])
def test_exact_quantiles_are_order_statistics(sampler: str, trials: int) -> None:
    years = (2024, 2031, 2045)
    result = run(DEFAULT, years, trials=trials, sampler=sampler, exact_quantiles=True)
    for variable in VARIABLES:
        for year in years:
            want = order_statistics(result.samples[f"{variable}_{year}"].to_numpy())
            np.testing.assert_array_equal(quantiles(result, variable, year), want, err_msg=f"{variable} {year}")
    for row in result.exhaustion.iter_rows(named=True):
        want = order_statistics(result.samples[f"exhaustion_year_{row['definition']}"].fill_null(math.inf).to_numpy())
        assert [math.inf if row[q] is None else row[q] for q in COLUMNS] == list(want)


def test_other_quantiles_are_within_a_bin_of_the_exact_ones() -> None:
    """A bin is 2**-8 of the value wide (losses 2**-14; epochs beyond the first), of calendar years 2**-10 year."""
    near, exact = (run(DEFAULT, (2024,), exact_quantiles=flag) for flag in (False, True))
    assert near.trajectories.drop(COLUMNS).equals(exact.trajectories.drop(COLUMNS))
    assert near.exhausted_by.equals(exact.exhausted_by)
    for variable in VARIABLES:
        width = 2.0 ** (-14 if variable in ("loss", "loss_unconstrained") else -8)
        rows = [r.trajectories.filter(pl.col("variable") == variable).select(COLUMNS).to_numpy() for r in (near, exact)]
        scale = rows[1] - 1 if variable == "epochs" else rows[1]
        # Besides the bin, taking 1 off epochs and adding it again may round.
        assert (np.abs(rows[0] - rows[1]) <= width * scale + 4e-16 * rows[1]).all(), variable
        assert variable == "compute" or (rows[0] != rows[1]).any()
    years = [r.exhaustion.select(COLUMNS).fill_null(3000.0).to_numpy() for r in (near, exact)]
    assert (np.abs(years[0] - years[1]) <= 2.0**-10).all()


def test_exact_quantiles_of_numbers_that_repeat() -> None:
    """A variable that is the same in every draw, or takes few values, is counted in constant memory."""
    values = np.array([1e13, 2e13, 2.001e13, 5e13])
    scenario = DEFAULT.replace(
        multi_epoch_multiplier=3.0, trend_dataset=ll.dist.empirical(values), trend_weight=1.0, trend_growth=1.0
    )
    result = run(scenario, (2024, 2030), exact_quantiles=True)
    for year in (2024, 2030):
        demand = result.samples[f"demand_{year}"].to_numpy()
        assert len(np.unique(demand)) == len(values)
        np.testing.assert_array_equal(quantiles(result, "demand", year), order_statistics(demand))


def test_exact_quantiles_do_not_depend_on_threads_and_count_three_passes() -> None:
    calls = []
    one = ll.simulate(
        DEFAULT, trials=9_000, seed=2, threads=1, exact_quantiles=True, progress=lambda *seen: calls.append(seen)
    )
    three = ll.simulate(DEFAULT, trials=9_000, seed=2, threads=3, exact_quantiles=True)
    assert one.trajectories.equals(three.trajectories)
    assert one.exhaustion.equals(three.exhaustion)
    assert calls[-1] == (27_000, 27_000)


def test_exact_quantiles_are_for_exhaustion_scenarios() -> None:
    with pytest.raises(TypeError, match="exact_quantiles must be"):
        ll.simulate(DEFAULT, trials=10, seed=1, exact_quantiles=1)  # type: ignore[call-overload]
    tasks = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.5]), max_attempts=[1])
    with pytest.raises(ValueError, match="exact_quantiles must be left out for scenarios of the kind sampling"):
        ll.simulate(tasks, trials=10, seed=1, exact_quantiles=True)  # type: ignore[call-overload]
