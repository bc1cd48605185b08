"""What a projection said, scored against what came later."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_floats, as_frame, as_whole, brief, check_name, listed, shown
from limitlaw._dates import as_date, year_of
from limitlaw._elementary import exp10, log10
from limitlaw._frames import first
from limitlaw._show import Frames
from limitlaw.exhaustion.draws import check_scenario, provenance, sample
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.seed import Seed

Floats = npt.NDArray[np.float64]

#: What an observation may be of.
_VARIABLES = [*(name for name, _ in _core.EXHAUSTION_VARIABLES), *_core.EXHAUSTION_DERIVED]
#: Central intervals whose coverage is counted.
INTERVALS = (0.5, 0.8, 0.9)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Backtest(Frames):
    """Scores of a projection.

    Attributes:
        observations: One row per observation: what was given, ``year`` (as a number), the projected ``q05``, ``q50``
            and ``q95``, the ``percentile`` of the value in the projection (0 to 100) and its ``crps`` in orders of
            magnitude, both with their Monte Carlo standard error ``_se``, and ``inside_50``, ``inside_80``,
            ``inside_90``.
        scores: One row per variable: ``observations``, mean ``crps``, and ``coverage_50``, ``coverage_80``,
            ``coverage_90``: shares of the observations inside.

    Both frames end in ``trials`` and ``run``.
    """

    observations: pl.DataFrame
    scores: pl.DataFrame


def crps(draws: npt.ArrayLike, value: float) -> float:
    """Continuous ranked probability score of a sample of a projection, in the unit of the sample; smaller is better.

    ``E|X - y| - E|X - X'|/2``, the second mean over pairs of different draws (the unbiased form). For a projection
    without spread it is the absolute error.

    Args:
        draws: At least two draws X of the projection.
        value: What was observed, y.

    Returns:
        The score; its expectation is at least 0.

    Raises:
        ValueError: There are fewer than two draws.

    Source: Gneiting & Raftery 2007, *Strictly proper scoring rules*; Ferro 2014 for the unbiased form.

    Example:
        >>> round(crps([0.0, 1.0, 2.0], 1.0), 4)
        0.0
    """
    with np.errstate(over="ignore"):  # in the squares of the error, which is dropped
        return crps_and_error(
            as_floats(draws, "draws", -1e150, 1e150).ravel(), float(as_floats(value, "value", -1e150, 1e150))
        )[0]


def crps_and_error(draws: npt.ArrayLike, value: float) -> tuple[float, float]:
    """``crps`` and its Monte Carlo standard error.

    To first order a draw x moves the score by ``|x - y| - E|x - X|``, the Hajek projection of the pairs.

    Example:
        >>> draws = np.random.default_rng(1).normal(size=10_000)
        >>> score, error = crps_and_error(draws, 0.0)
        >>> round(score, 2), round(error, 3)
        (0.23, 0.002)
    """
    x = np.sort(np.asarray(draws, dtype=np.float64))
    n = len(x)
    if n < 2:  # noqa: PLR2004  (a pair)
        raise ValueError(f"draws must be at least 2, got {n}")
    spread = (x * (2 * np.arange(1, n + 1) - n - 1)).sum() / (n * (n - 1) / 2)
    from_value = np.abs(x - value)
    # The mean distance of each draw from all others, from running sums of the sorted draws.
    below, rank = x.cumsum(), np.arange(1, n + 1)
    from_others = (x * (2 * rank - n) - 2 * below + below[-1]) / (n - 1)
    error = np.std(from_value - from_others) / np.sqrt(n)
    return float(from_value.mean() - spread / 2), float(error)


def score(log_draws: Floats, value: float) -> dict[str, float | bool]:
    """Percentile, CRPS and coverage of one observation; ``log_draws`` and the CRPS are in orders of magnitude."""
    x = np.sort(log_draws)
    y = log10(value)
    below = np.searchsorted(x, y, side="left") + np.searchsorted(x, y, side="right")
    q05, q50, q95 = exp10(np.quantile(x, [0.05, 0.5, 0.95]))
    row: dict[str, float | bool] = {"q05": float(q05), "q50": float(q50), "q95": float(q95)}
    share = float(below) / 2 / len(x)
    of_score, its_error = crps_and_error(x, y)
    error = _core.share_errors(np.array([share]), np.array([float(len(x))]))
    row |= {"percentile": 100 * share, "percentile_se": 100 * float(error[0])}
    row |= {"crps": of_score, "crps_se": its_error}
    for interval in INTERVALS:
        low, high = np.quantile(x, [0.5 - interval / 2, 0.5 + interval / 2])
        row[f"inside_{interval * 100:.0f}"] = bool(low <= y <= high)
    return row


def backtest(
    scenario: ExhaustionScenario,
    observations: pl.DataFrame,
    *,
    as_of: dt.date | str,
    trials: int = 100_000,
    seed: Seed,
    threads: int | None = None,
) -> Backtest:
    """Score what a scenario projects against what was observed after the projection was made.

    An observation between two years is compared, draw by draw, with the projection interpolated in the logarithm.
    Observations of one world are not independent (who is above the median once tends to stay there), so coverages over
    few of them say little.

    Args:
        scenario: The projection; its years must cover the observations.
        observations: Columns ``date`` (dates, or text such as ``2024-07``), ``variable`` (a yearly variable of the
            scenario such as ``"compute"`` or ``"demand"``) and ``value`` (in its unit, > 0); more columns are kept.
            ``ll.datasets.record_runs()`` is one.
        as_of: When the projection was made, a date or text such as ``"2024-06"``: only later observations count.
        trials: Draws of the projection, at least 2.
        seed: A whole number that is not negative, or a ``numpy.random.SeedSequence``.
        threads: Threads to use; every core unless given.

    Returns:
        Scores by observation and by variable.

    Raises:
        ValueError: A column is missing, no observation is later than ``as_of``, one is beyond the scenario's years, or
            a value is not positive.
        TypeError: An argument or a column has the wrong type.

    Source: Gneiting & Raftery 2007 on scoring.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.ExhaustionScenario.preset("epoch2024", trend_weight=1)
        >>> result = ll.backtest(scenario, ll.datasets.record_runs(), as_of=dt.date(2024, 6, 6), seed=1)
        >>> result.observations.filter(model="Llama 3.1-405B")["percentile"].round(0).to_list()
        [83.0]
    """
    check_scenario(scenario)
    trials = as_whole(trials, "trials", 2, _core.MAX_TRIALS[scenario.kind])  # one draw is no projection
    later = _later(observations, as_of)
    known = [int(year) for year in scenario.years]
    years = [year_of(date) for date in later["date"]]
    if not known[0] <= min(years) <= max(years) <= known[-1]:
        raise ValueError(
            f"observations['date'] must be in the scenario's years {known[0]} to {known[-1]}, "
            f"got {min(years):.2f} to {max(years):.2f}"
        )
    places = []
    for variable, year in zip(later["variable"], years, strict=True):
        at = int(np.searchsorted(known, year, side="right")) - 1
        before, after = known[at], known[min(at + 1, len(known) - 1)]
        places.append((f"{variable}_{before}", f"{variable}_{after}", (year - before) / max(after - before, 1)))
    names = dict.fromkeys(name for low, high, _ in places for name in (low, high))
    draws = sample(scenario, list(names), trials=trials, seed=seed, threads=threads)
    for name, projected in draws.items():
        if not projected.min() > 0.0:
            raise ValueError(
                f"scenario must project {name} above 0 in every draw, for scores are of orders of magnitude, "
                f"got {brief(projected.min())}"
            )
    logs = {name: log10(draws[name]) for name in names}
    rows = [
        {"year": year} | score((1 - weight) * logs[low] + weight * logs[high], value)
        for year, (low, high, weight), value in zip(years, places, later["value"].cast(pl.Float64), strict=True)
    ]
    scored = pl.concat([later, pl.DataFrame(rows)], how="horizontal")
    coverage = [pl.col(f"inside_{i * 100:.0f}").mean().alias(f"coverage_{i * 100:.0f}") for i in INTERVALS]
    by_variable = scored.group_by("variable", maintain_order=True)
    scores = by_variable.agg(pl.len().alias("observations"), pl.mean("crps"), *coverage)
    ends = [pl.lit(x).alias(name) for name, x in provenance(scenario, trials=trials, seed=seed).items()]
    observed = first(scored.with_columns(ends), [], ["percentile", "inside_90"])
    return Backtest(observations=observed, scores=scores.with_columns(ends))


def _later(observations: object, as_of: object) -> pl.DataFrame:
    """The observations after the projection was made, checked."""
    observations = as_frame(observations, "observations")
    kinds = {
        "date": ("dates, or text such as '2024-07'", (pl.Date, pl.Datetime, pl.String)),
        "variable": ("String", (pl.String,)),
        "value": ("a number", None),
    }
    for name, (expected, known) in kinds.items():
        if name not in observations.columns:
            raise ValueError(f"observations must have a column {name!r}, got {listed(observations.columns)}")
        found = observations.schema[name]
        if found not in known if known is not None else not found.is_numeric():
            raise TypeError(f"observations[{name!r}] must be {expected}, got {found}")
    if observations["date"].null_count():
        at = observations["date"].is_null().arg_max()
        raise ValueError(f"observations['date'] must be a date in every row, got null in row {at} (from 0)")
    if observations.schema["date"] != pl.Date:
        dates = [as_date(value, f"observations['date'][{i}]") for i, value in enumerate(observations["date"])]
        observations = observations.with_columns(date=pl.Series(dates, dtype=pl.Date))
    made = as_date(as_of, "as_of")
    later = observations.filter(pl.col("date") > made)
    if later.is_empty():
        raise ValueError(f"observations must contain a date after {made}, got none")
    for value in later["value"].cast(pl.Float64):
        if value is None or not 0.0 < value < np.inf:
            raise ValueError(f"observations['value'] must be finite and above 0, got {shown(value)}")
    for variable in later["variable"].unique(maintain_order=True):
        check_name(variable, "observations['variable']", _VARIABLES)
    return later
