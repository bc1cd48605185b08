"""Which inputs the year of running out depends on."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
import polars as pl

from limitlaw._arguments import as_whole, check_choice
from limitlaw._show import Frames
from limitlaw.exhaustion.draws import Floats, check_scenario, priors_in_use, provenance, sample, sample_years
from limitlaw.exhaustion.families import Constant, Dist, Empirical
from limitlaw.exhaustion.indices import first_order, rank_correlation, total
from limitlaw.exhaustion.law import MixtureLaw
from limitlaw.exhaustion.run import DEFINITIONS
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.seed import Seed

#: The coefficients that ``law_parameters`` are drawn for.
_LAW = ("log_a", "log_b", "log_e", "alpha", "beta")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Sensitivity(Frames):
    """What the outcome depends on: of the priors, those that some draw uses.

    Attributes:
        correlations: One row per input and coefficient of the law, over the draws that use it: ``input``, ``spearman``
            (rank correlation with the year of running out, "not by the horizon" being the latest) and ``spearman_se``;
            the strongest first.
        indices: One row per group of inputs that are drawn together or correlated: ``group``, ``inputs``,
            ``first_order`` (the share of the variance that the group explains by itself) and ``total`` (the share that
            goes once all else is known), each with ``_se``; the largest total first. First-order indices sum to 1 at
            most, totals to 1 at least; what lies between is interaction.

    Both frames end in ``outcome`` (what is explained: the year of running out, or the event), ``trials`` and ``run``.
    """

    correlations: pl.DataFrame
    indices: pl.DataFrame


def sensitivity(
    scenario: ExhaustionScenario,
    *,
    output: Literal["p_exhausted_by"] = "p_exhausted_by",
    year: int = 2035,
    definition: str = "effective_stock",
    trials: int = 50_000,
    seed: Seed,
    threads: int | None = None,
) -> Sensitivity:
    """Rank correlations of the inputs with the year of running out, and Sobol' indices of having run out by a year.

    The year itself has no variance to split where some draws never run out, so the indices explain the event "run out
    by ``year``". They come from runs in which one group of inputs, or all others, get new random numbers
    (pick-freeze): two runs per group beside the first.

    Args:
        scenario: The scenario.
        output: What the indices explain; only ``"p_exhausted_by"``.
        year: The year of the event, within the scenario's years.
        definition: ``"effective_stock"``, ``"unique_tokens"`` or ``"half_compute"``.
        trials: Draws of each run.
        seed: A whole number that is not negative, or a ``numpy.random.SeedSequence``.
        threads: Threads to use; every core unless given.

    Returns:
        Rank correlations per input, indices per group. Indices are null where the event always or never happens.

    Raises:
        ValueError: An argument is out of range.

    Source: Sobol' 1993; Saltelli et al. 2010 for pick-freeze; the estimators are in ``exhaustion/indices.py``.

    Example:
        >>> import limitlaw as ll
        >>> found = ll.sensitivity(ll.ExhaustionScenario.preset("default"), trials=20_000, seed=1)
        >>> found.correlations["input"][0]
        'data_share'
    """
    check_scenario(scenario)
    check_choice(output, "output", ("p_exhausted_by",))
    check_choice(definition, "definition", tuple(DEFINITIONS))
    year = as_whole(year, "year", scenario.years[0], scenario.years[-1])
    used = priors_in_use(scenario)
    grouped = groups(scenario)
    latent = [name for names in grouped.values() for name in names]
    drawn = [
        name for name in latent if isinstance(one := getattr(scenario, name), Dist) and not isinstance(one, Constant)
    ]
    drawn = [name for name in drawn if name in used] + (list(_LAW) if "law_parameters" in latent else [])
    year_column = f"exhaustion_year_{definition}"
    base = sample(scenario, [year_column, *drawn], trials=trials, seed=seed, threads=threads)
    years = base[year_column]
    correlations = [(name, *_correlation(base[name], years)) for name in drawn]
    event = years <= year
    rows = []
    for group, names in grouped.items():
        others = [name for name in latent if name not in names]
        row: dict[str, object] = {"group": group, "inputs": names}
        for column, estimate, redrawn in (("first_order", first_order, others), ("total", total, names)):
            again = sample_years(scenario, trials=trials, seed=seed, threads=threads, redrawn=redrawn)
            row[column], row[f"{column}_se"] = estimate(event, again[definition] <= year)
        rows.append(row)
    order = np.argsort([-abs(rho) for _, rho, _ in correlations], kind="stable")
    columns = {"input": pl.String, "spearman": pl.Float64, "spearman_se": pl.Float64}
    of_year = pl.lit(f"year of {definition}").alias("outcome")
    of_event = pl.lit(f"{definition} by {year}").alias("outcome")
    ends = [pl.lit(x).alias(name) for name, x in provenance(scenario, trials=trials, seed=seed).items()]
    ranked = pl.DataFrame([correlations[i] for i in order], schema=columns, orient="row")
    return Sensitivity(
        correlations=_no_nan(ranked).with_columns(of_year, *ends),
        indices=_no_nan(pl.DataFrame(rows))
        .sort("total", descending=True, nulls_last=True, maintain_order=True)
        .with_columns(of_event, *ends),
    )


def groups(scenario: ExhaustionScenario) -> dict[str, list[str]]:
    """The inputs that vary, in groups that are independent of each other.

    Correlated inputs are one group, and so are inputs drawn by the same rows; the prior of the law is a group of its
    own (``law_parameters``), as is the choice among laws (``law``). A group is named after its inputs. What no draw
    uses is left out.

    Example:
        >>> import limitlaw as ll
        >>> groups(ll.ExhaustionScenario.preset("default"))["power_cap + chip_cap"]
        ['power_cap', 'chip_cap']
    """
    inputs = scenario.input_names()
    dists = {name: getattr(scenario, name) for name in inputs}
    used = priors_in_use(scenario)
    varying = [name for name in inputs if name in used and not isinstance(dists[name], Constant)]
    found = [[name] for name in inputs]
    tied = [(c.first, c.second) for c in scenario.correlations]
    rows = {name: one.rows for name in inputs if isinstance(one := dists[name], Empirical) and one.rows is not None}
    tied += [(a, b) for a in rows for b in rows if rows[a] == rows[b]]
    for a, b in tied:
        with_a = next((group for group in found if a in group), None)
        with_b = next((group for group in found if b in group), None)
        if with_a is not None and with_b is not None and with_a is not with_b:
            with_a += with_b
            found.remove(with_b)
    # A constant or unused input still carries the random number that others are correlated with.
    found = [group for group in found if any(name in varying for name in group)]
    found += [["law_parameters"]] if "law_parameters" in used else []
    if isinstance(scenario.law, MixtureLaw):
        found.append(["law"])
    return {" + ".join(name for name in names if name in varying or name not in inputs): names for names in found}


def _correlation(values: Floats, years: Floats) -> tuple[float, float]:
    """Over the draws that use the input."""
    used = ~np.isnan(values)
    return rank_correlation(values[used], years[used])


def _no_nan(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.selectors.float().fill_nan(None))
