"""What a change of the scenario buys: the years of running out before and after, on the same random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from limitlaw._arguments import as_share, as_whole, is_sequence, naming, shown
from limitlaw._unused import quietly
from limitlaw.exhaustion.built_in_levers import default_levers
from limitlaw.exhaustion.draws import check_scenario, provenance, sample_years
from limitlaw.exhaustion.paired import probability_change, quantile, quantile_change
from limitlaw.exhaustion.run import DEFINITIONS
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.seed import Seed


def levers(
    scenario: ExhaustionScenario,
    levers: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    trials: int = 100_000,
    seed: Seed,
    quantiles: Sequence[float] = (0.25, 0.5, 0.75),
    years: Sequence[int] | None = None,
    threads: int | None = None,
) -> pl.DataFrame:
    """What each change of a scenario does to the year of running out.

    Every run uses the same random numbers (inputs that do not change keep their values draw by draw), so differences
    are known far better than the levels. Differences are those of quantiles and of probabilities: per draw they would
    be infinity minus infinity where data never run out.

    Args:
        scenario: Where to start.
        levers: Name to the fields to change, as for ``scenario.replace``; ``ll.exhaustion.default_levers(scenario)``
            unless given: a built-in set without those that do not apply.
        trials: Draws of each run.
        seed: A whole number that is not negative, or a ``numpy.random.SeedSequence``.
        quantiles: Of the year of running out, each in (0, 1).
        years: For each y, within the scenario's years, the probability to have run out by y; 2030 and 2035 unless
            given.
        threads: Threads to use; every core unless given.

    Returns:
        One row per lever and definition, the scenario itself first (``lever`` null): the ``q50`` (and so on) after the
        change, ``q50_change`` in years and its standard error ``q50_change_se`` (null where one of the two is not by
        the horizon), ``p_by_2030``, its change and standard error, and the same for ``p_not_by_horizon``; ``trials``,
        and ``run`` of the changed scenario.

    Raises:
        ValueError: A lever names an unknown field or an illegal value; the message names the lever. Or another argument
            is out of range.
        TypeError: An argument has the wrong type.

    Source: common random numbers, as in Glasserman & Yao 1992; standard errors as in ``exhaustion/paired.py``.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.ExhaustionScenario.preset("default")
        >>> frame = ll.levers(scenario, {"private": {"private_share": 1}}, trials=20_000, seed=1)
        >>> frame.filter(definition="effective_stock", lever="private")["q50_change"][0] > 0
        True
    """
    check_scenario(scenario)
    chosen = default_levers(scenario) if levers is None else levers
    if not isinstance(chosen, Mapping) or not all(isinstance(changes, Mapping) for changes in chosen.values()):
        raise TypeError(f"levers must map names to the fields that change, got {shown(chosen)}")
    if years is None:
        years = [year for year in (2030, 2035) if scenario.years[0] <= year <= scenario.years[-1]]
    if not is_sequence(quantiles) or not is_sequence(years):
        raise TypeError(f"quantiles and years must be sequences, got {shown(quantiles)} and {shown(years)}")
    quantiles = [as_share(p, "quantiles", inside=True) for p in quantiles]
    years = [as_whole(year, "years", scenario.years[0], scenario.years[-1]) for year in years]
    changed = {name: _replaced(scenario, name, changes) for name, changes in chosen.items()}
    base = sample_years(scenario, trials=trials, seed=seed, threads=threads)
    rows = []
    for name, one in ({None: scenario} | changed).items():
        after = base if name is None else sample_years(one, trials=trials, seed=seed, threads=threads)
        for definition in DEFINITIONS:
            row: dict[str, Any] = {"lever": name, "definition": definition}
            before, now = base[definition], after[definition]
            for p in quantiles:
                change, error = quantile_change(before, now, p)
                label = f"q{p * 100:02.0f}"
                row |= {label: quantile(now, p), f"{label}_change": change, f"{label}_change_se": error}
            horizon = {f"p_by_{year}": (before <= year, now <= year) for year in years}
            for label, (was, is_now) in (horizon | {"p_not_by_horizon": (np.isinf(before), np.isinf(now))}).items():
                change, error = probability_change(was, is_now)
                row |= {label: is_now.mean(), f"{label}_change": change, f"{label}_change_se": error}
            rows.append(row | provenance(one, trials=trials, seed=seed))
    frame = pl.DataFrame(rows, schema_overrides={"lever": pl.String, "definition": pl.Enum(DEFINITIONS)})
    finite = pl.when(pl.selectors.float().is_finite()).then(pl.selectors.float())
    return frame.with_columns(finite)


def _replaced(scenario: ExhaustionScenario, name: str, changes: Mapping[str, Any]) -> ExhaustionScenario:
    with naming(f"levers[{name!r}]"), quietly():  # what one lever makes of other settings is no news
        changed = scenario.replace(**changes)
    changed.warn_unused(changes)
    return changed
