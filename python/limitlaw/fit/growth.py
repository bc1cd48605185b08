"""Growth of compute, of a stock or of datasets: a trend with joint draws of its level and its growth for scenarios."""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_frame, as_path, as_whole, is_sequence, listed, shown
from limitlaw._dates import YEARS, as_year, as_year_within, as_years
from limitlaw._elementary import exp, log
from limitlaw._files import read_table
from limitlaw.errors import MisfitWarning
from limitlaw.fit._counts import resampling
from limitlaw.fit.growth_fit import GrowthFit
from limitlaw.fit.run_clusters import clusters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from limitlaw.seed import Seed

#: Residuals in orders of magnitude that are rounding.
_EXACT = 1e-9
#: The most breaks, and the fewest and the most runs.
_BREAKS, _FEW, _RUNS = 2, 3, 1_000_000


def fit_growth(
    frame: pl.DataFrame | str | Path,
    *,
    date: str = "date",
    value: str = "compute",
    records: int | None = None,
    since: float | str | dt.date | None = None,
    until: float | str | dt.date | None = None,
    breaks: int | Sequence[float | str | dt.date] = 0,
    cluster: str | None = None,
    base_year: float | str | dt.date = 2024.0,
    bootstrap: int = 1_000,
    confidence: float = 0.95,
    seed: Seed | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> GrowthFit:
    """Fit a log-linear trend to dated values: how fast they grow, and where the trend stands.

    Least squares of the logarithm on the date. With ``breaks`` the line may turn, without a jump; what a scenario goes
    on with is its last piece. A bootstrap draws runs (or whole clusters) anew and refits, the search for breaks
    included. Each draw's distance from the estimate is multiplied by ``sqrt(n / chi2)``, chi2 a chi-squared number with
    the remaining degrees of freedom: the plain percentile interval of ten runs at 95 % holds the truth in 89 % of data
    sets, this one in 95 % (docs/intervals.md). Level and growth of a draw belong together: a steeper line through the
    same runs is lower at its start.

    Args:
        frame: A table, or the path of a ``.csv``, ``.jsonl`` or ``.parquet`` file.
        date: Its column of dates: dates, text such as ``2026-03``, or years with a fraction.
        value: Its column of values, above 0; rows where it is null are left out.
        records: Only runs that were among so many largest when they came, of all rows, also before ``since``: 1 keeps
            those that set a record. The first runs of a table are all records, so begin ``since`` later. Give all runs:
            a resample draws from all and chooses the largest anew. Of a table that holds records only
            (``ll.datasets.record_runs()``) the interval is too narrow, as a record depends on the runs before it: at
            95 % it holds the truth in 83 % of data sets.
        since: Only runs from this date on.
        until: Only runs before this date.
        breaks: How many breaks of the trend, 0 to 2, at the dates that fit best (on a grid of hundredths of the span, a
            tenth of the span apart); or the dates.
        cluster: A column of names whose runs are drawn together, such as the organization, where runs of one are alike.
        base_year: The date of ``level``.
        bootstrap: Resamples, and rows of ``draws``.
        confidence: Of the intervals, in (0, 1).
        seed: The seed of the bootstrap; required.
        threads: Threads to use; every core unless given.
        progress: Called about every 50 ms with (resamples done, resamples).

    Returns:
        A :class:`GrowthFit`: its ``estimates``, joint ``draws``, ``inputs`` for a scenario, ``predict``.

    Raises:
        ValueError: A value is not above 0, a date is no date, there are too few runs or dates for the trend, or no
            seed.
        TypeError: A column has the wrong type.

    Warns:
        MisfitWarning: Values lie on the trend to the last digits, so that its intervals have no width. Or a run alone
            determines the trend somewhere (the only one of its date, where there are two), or all runs have one of two
            dates and at most three have one of them: intervals are too narrow (docs/intervals.md).

    Source: Epoch AI, *Training compute of frontier AI models grows by 4-5x per year* (2024), whose trends are such
    lines; Bai and Perron, Econometrica 66 (1998), for breaks; Hesterberg, The American Statistician 69 (2015), section
    3.1.2, for the widening.

    Example:
        >>> import limitlaw as ll
        >>> models = ll.datasets.epoch_models().filter(pl.col("compute_rank") <= 10)
        >>> fit = ll.fit.fit_growth(models, since=2018, confidence=0.9, seed=1)
        >>> fit.estimates.filter(quantity="growth").select(pl.col("estimate", "low", "high").round(2)).row(0)
        (4.56, 4.11, 5.01)
        >>> scenario = ll.ExhaustionScenario.preset("default").replace(**fit.inputs("compute"))
    """
    table = (
        read_table(as_path(frame, "frame"), [cluster]) if isinstance(frame, (str, Path)) else as_frame(frame, "frame")
    )
    base = as_year_within(base_year, "base_year")
    runs = _runs(table, date, value, cluster)
    logs, years = log(runs["value"].to_numpy()), runs["year"].to_numpy() - base
    within = np.ones(runs.height, dtype=np.bool_)
    if since is not None:
        within &= runs["year"].to_numpy() >= as_year(since, "since")
    if until is not None:
        within &= runs["year"].to_numpy() < as_year(until, "until")
    largest = 0 if records is None else as_whole(records, "records", 1, _RUNS)
    chosen = within & np.asarray(_core.runs_among_largest(logs, largest), dtype=np.bool_) if largest else within
    used = runs.filter(pl.Series(chosen, dtype=pl.Boolean))
    if used.height < _FEW:
        raise ValueError(f"frame must have at least {_FEW} runs of the dates asked for, got {used.height}")
    places = _places(breaks, used["year"].to_numpy() - base, base)
    if seed is None:
        raise ValueError("seed must be given, got None")
    options, text = resampling(
        as_whole(bootstrap, "bootstrap", 2, 100_000), seed, **_rest(confidence, threads, progress)
    )
    # Of records all runs are resampled: whether one was a record depends on the others.
    given = within if not largest else np.ones_like(within)
    found = _core.fit_growth(
        np.ascontiguousarray(years[given]),
        np.ascontiguousarray(logs[given]),
        runs["cluster"].filter(pl.Series(given)).rank("dense").to_numpy().astype(np.float64) - 1.0,
        within[given],
        largest=largest,
        breaks=0 if is_sequence(breaks) else as_whole(breaks, "breaks", 0, _BREAKS),
        places=places,
        **options,
    )
    columns = len(found["estimate"])
    fit = GrowthFit._of(  # noqa: SLF001  (its only maker)
        runs=used.drop("cluster"),
        fitted=exp(found["fitted"][chosen[given]]),
        estimate=found["estimate"],
        draws=found["draws"].reshape(-1, columns),
        clusters=used["cluster"].n_unique(),
        value=value,
        base_year=base,
        confidence=options["confidence"],
        seed=str(text),
    )
    for doubt in _doubts(fit, searched=isinstance(breaks, int) and breaks > 0):
        warnings.warn(doubt, MisfitWarning, stacklevel=2)
    return fit


def _doubts(fit: GrowthFit, *, searched: bool) -> list[str]:
    """Why the intervals are narrower than they should be."""
    off = np.abs(fit.runs["residual"].to_numpy())
    if float(off.max()) < _EXACT:
        return [f"{fit.value} lies on the trend to the last digits: its intervals have no width"]
    found = []
    # A trend goes through a run that alone determines it somewhere; by chance it does so once in a billion runs.
    # Breaks that are searched move from resample to resample.
    through = fit.runs.filter(pl.Series(off < _EXACT))
    if through.height and not searched:
        at = ", ".join(f"{year:.2f}" for year in through["year"].head(3))
        found.append(
            f"the trend goes through the run of {at} whatever its value, and no other shows how far it may lie off: "
            "intervals are too narrow"
        )
    dates = fit.runs.group_by("year").len().sort("len", "year")
    if dates.height == 2 and dates["len"][0] <= _FEW and not found:  # noqa: PLR2004  (a line takes two dates)
        found.append(
            f"all runs have one of two dates, and {dates['len'][0]} the date {dates['year'][0]:.2f}: so few hardly "
            "show their scatter, and intervals are too narrow"
        )
    return found


def _rest(confidence: float, threads: int | None, progress: Any) -> dict[str, Any]:
    return {"confidence": confidence, "threads": threads, "progress": progress}


def _runs(table: pl.DataFrame, date: str, value: str, cluster: str | None) -> pl.DataFrame:
    """The rows with a value, in order of date: ``year``, ``value``, ``cluster``."""
    for name, column in (("date", date), ("value", value)):
        if not isinstance(column, str) or column not in table.columns:
            raise ValueError(f"{name} must be a column of frame, {listed(table.columns, column)}, got {shown(column)}")
    if not table[value].dtype.is_numeric():
        raise TypeError(f"{value} must be a column of numbers, got {table[value].dtype}")
    table = table.filter(pl.col(value).is_not_null())
    if table.height > _RUNS:
        raise ValueError(f"frame must have at most {_RUNS} rows with a value, got {table.height}")
    values = table[value].cast(pl.Float64).to_numpy()
    bad = ~((values > 0.0) & np.isfinite(values))
    if bad.any():
        raise ValueError(f"{value} must be finite and above 0 in every row, got {shown(float(values[bad][0]))}")
    years = as_years(table[date], date)
    outside = (years < YEARS[0]) | (years > YEARS[1])
    if outside.any():
        raise ValueError(f"{date} must be in {YEARS[0]:.0f} to {YEARS[1]:.0f}, got {shown(float(years[outside][0]))}")
    return pl.DataFrame({"year": years, "value": values, "cluster": clusters_of(table, cluster)}).sort(
        "year", "value", descending=[False, True], maintain_order=True
    )


def _places(breaks: Any, years: npt.NDArray[np.float64], base: float) -> npt.NDArray[np.float64]:
    """Given breaks as years from the base, rising and between the dates."""
    if not is_sequence(breaks):
        return np.empty(0)
    if len(breaks) > _BREAKS:
        raise ValueError(f"breaks must be at most {_BREAKS}, got {len(breaks)}")
    places = np.array([as_year(at, f"breaks[{i}]") - base for i, at in enumerate(breaks)], dtype=np.float64)
    ends = (years.min(), years.max()) if len(years) else (0.0, 0.0)
    if (np.diff(places) <= 0).any() or (len(places) and not ends[0] < places[0] <= places[-1] < ends[1]):
        expected = f"rising and between the first date and the last, {ends[0] + base:.2f} and {ends[1] + base:.2f}"
        raise ValueError(f"breaks must be {expected}, got {shown([float(x + base) for x in places])}")
    return places
