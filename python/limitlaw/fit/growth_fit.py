"""A fitted trend: its estimates with their intervals, joint draws, inputs of a scenario, and what it predicts."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import polars as pl

from limitlaw import _core
from limitlaw._arguments import check_choice, is_sequence
from limitlaw._dates import as_year_within
from limitlaw._elementary import exp, exp10, log, log10, power
from limitlaw._frames import Alike
from limitlaw._inputs import html_of
from limitlaw._show import brief
from limitlaw.exhaustion.dist import from_samples
from limitlaw.fit.one_run import scatter

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from limitlaw.exhaustion.families import Empirical

    Floats = npt.NDArray[np.float64]

#: The input of a scenario that a trend's level is.
_LEVELS = {"compute": "compute", "stock": "text_stock", "trend": "trend_dataset"}
#: ln of the most that a draw may be.
_LN_MOST = 690.0
#: Residuals and draws that stand for all of them in the interval of a run, and dates of one prediction.
_SCATTER, _THINNED, _DATES = 201, 1000, 10_000


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GrowthFit(Alike):
    """A log-linear trend; made by :func:`fit_growth`.

    Attributes:
        estimates: A row per ``quantity`` with ``estimate``, ``low``, ``high``: ``level`` (of the last piece at
            ``base_year``), ``growth`` (factor per year, of the last piece), ``orders_per_year`` (its log10),
            ``doubling_years`` (infinite where it does not grow), with breaks ``growth_1`` and on (of earlier pieces)
            and ``break_1`` and on (years); ``scatter``, the standard deviation of runs around the trend in orders of
            magnitude (no interval). Then ``runs``, ``clusters``, ``confidence``, ``bootstrap``, ``seed``.
        draws: A row per resample: ``level``, ``growth``, and with breaks the other quantities; a row is joint.
        runs: The runs that were fitted: ``year``, ``value``, ``fitted``, ``residual`` (orders of magnitude).
        value: What was fitted.
        base_year: The date of ``level``.
        confidence: Of the intervals.
        seed: The seed, as text.
    """

    estimates: pl.DataFrame
    draws: pl.DataFrame
    runs: pl.DataFrame
    value: str
    base_year: float
    confidence: float
    seed: str

    @classmethod
    def _of(
        cls,
        *,
        runs: pl.DataFrame,
        fitted: Floats,
        estimate: Floats,
        draws: Floats,
        clusters: int,
        value: str,
        base_year: float,
        confidence: float,
        seed: str,
    ) -> Self:
        """From what the core found: a row of ln level, slopes and breaks, and resampled rows of them."""
        pieces = len(estimate) // 2
        names = ["level", *(f"growth_{i + 1}" for i in range(pieces - 1)), "growth"]
        names += [f"break_{i + 1}" for i in range(pieces - 1)]

        def scaled(rows: Floats) -> dict[str, Floats]:
            # Where runs hardly determine a piece a draw may leave the doubles: it is moved to their end.
            scales = exp(np.clip(rows[:, : pieces + 1], -_LN_MOST, _LN_MOST))
            columns = [*scales.T, *(rows[:, pieces + 1 :] + base_year).T]
            found = dict(zip(names, columns, strict=True))
            order = ["level", "growth", *(name for name in names if name not in ("level", "growth"))]
            return {name: found[name] for name in order}

        joint = scaled(draws)
        logs = log10(runs["value"].to_numpy() / fitted)
        scatter = float(np.sqrt((logs**2).sum() / max(runs.height - len(estimate), 1)))
        shares = (0.5 - confidence / 2, 0.5 + confidence / 2)
        rows: list[tuple[str, float, float | None, float | None]] = []
        for name, best in scaled(estimate[None]).items():
            low, high = np.quantile(joint[name], shares)
            rows.append((name, float(best[0]), float(low), float(high)))
            if name == "growth":
                rows.append(("orders_per_year", float(log10(best[0])), float(log10(low)), float(log10(high))))
                rows.append(("doubling_years", _doubling(best[0]), _doubling(high), _doubling(low)))
        rows.append(("scatter", scatter, None, None))
        estimates = pl.DataFrame(rows, schema=["quantity", "estimate", "low", "high"], orient="row").with_columns(
            runs=pl.lit(runs.height),
            clusters=pl.lit(clusters),
            confidence=pl.lit(confidence),
            bootstrap=pl.lit(len(draws)),
            seed=pl.lit(seed),
        )
        return cls(
            estimates=estimates,
            draws=pl.DataFrame(joint),
            runs=runs.with_columns(fitted=pl.Series(fitted), residual=pl.Series(logs)),
            value=value,
            base_year=base_year,
            confidence=confidence,
            seed=seed,
        )

    def inputs(
        self, quantity: Literal["compute", "stock", "trend"], *, base_year: float | str | dt.date | None = None
    ) -> dict[str, Empirical]:
        """Level and growth as two inputs that take the same row of ``draws`` in a draw of a scenario.

        Args:
            quantity: ``"compute"``: ``compute`` and ``compute_growth``; ``"stock"``: ``text_stock`` and
                ``stock_growth``; ``"trend"``: ``trend_dataset`` and ``trend_growth`` (used by draws with the
                probability ``trend_weight``).
            base_year: That of the scenario, to which each draw's level is moved by its own growth; that of the fit
                unless given.

        Raises:
            ValueError: The trend is beyond the range of the input at that year: it is another quantity, or unit.

        Example:
            >>> from limitlaw import fit
            >>> dates = ["2020-01", "2021-05", "2023-02", "2024-09"]
            >>> runs = pl.DataFrame({"date": dates, "tokens": [3e11, 1e12, 2e12, 1e13]})
            >>> trend = fit.fit_growth(runs, value="tokens", seed=1).inputs("trend")
            >>> list(trend), len(trend["trend_growth"].values)
            (['trend_dataset', 'trend_growth'], 1000)
        """
        check_choice(quantity, "quantity", tuple(_LEVELS))
        later = 0.0 if base_year is None else as_year_within(base_year, "base_year") - self.base_year
        growth, level = self.draws["growth"].to_numpy(), self.draws["level"].to_numpy()
        with np.errstate(over="ignore"):
            columns = {_LEVELS[quantity]: level * power(growth, later), f"{quantity}_growth": growth}
        best = dict(self.estimates.select("quantity", "estimate").rows())
        with np.errstate(over="ignore"):
            level_there = float(best["level"] * power(best["growth"], later))
        for name, estimate in ((_LEVELS[quantity], level_there), (f"{quantity}_growth", best["growth"])):
            least, most = _core.EXHAUSTION_RANGES[name]
            if not least <= estimate <= most:
                there = f" in {self.base_year + later:g}" * (name == _LEVELS[quantity])
                raise ValueError(f"{name} must be in [{least:g}, {most:g}], got an estimate of {estimate:.4g}{there}")
        # As with every input, draws beyond its range are moved to its ends: few runs have draws that are far out.
        moved = {name: np.clip(values, *_core.EXHAUSTION_RANGES[name]) for name, values in columns.items()}
        return from_samples(moved, rows=f"growth of {quantity}")

    def predict(self, dates: float | str | dt.date | Sequence[float | str | dt.date]) -> pl.DataFrame:
        """The trend at dates, before the data or after them, and a run on it.

        Returns:
            One row per date: ``year``, ``estimate`` of the trend (the median of runs where scatter is symmetric),
            ``low`` and ``high``, its interval, ``run_low`` and ``run_high``, that of one further run: the trend's draws
            with the residuals, which are enlarged by ``sqrt(n / (n - coefficients))``, beyond the outermost of them
            Student's t.
        """
        given: Any = dates if is_sequence(dates) else [dates]
        if not 0 < len(given) <= _DATES:
            raise ValueError(f"dates must be 1 to {_DATES}, got {len(given)}")
        years = np.array([as_year_within(at, f"dates[{i}]") for i, at in enumerate(given)])
        best = {name: np.array([x]) for name, x in self.estimates.select("quantity", "estimate").rows()}
        residuals = self.runs["residual"].to_numpy()
        lost = 2 * sum(name == "growth" or name.startswith("growth_") for name in best)
        further = scatter(residuals, coefficients=lost, independent=self.estimates["clusters"][0], points=_SCATTER)
        draws = {name: self.draws[name].to_numpy() for name in self.draws.columns}
        shares = (0.5 - self.confidence / 2, 0.5 + self.confidence / 2)
        rows = []
        for year in years:
            trend = _orders(draws, year, self.base_year)
            ends = np.quantile(trend, shares)
            thinned = np.quantile(trend, (np.arange(_THINNED) + 0.5) / _THINNED)
            run = np.quantile((thinned[:, None] + further).ravel(), shares)
            with np.errstate(over="ignore"):
                row = exp10(np.array([_orders(best, year, self.base_year)[0], *ends, *run]))
            rows.append((float(year), *row.tolist()))
        return pl.DataFrame(rows, schema=["year", "estimate", "low", "high", "run_low", "run_high"], orient="row")

    def __repr__(self) -> str:
        head = f"GrowthFit({self.value}, {self.runs.height} runs, level at {self.base_year:g}, seed={self.seed})"
        return f"{head}\n{brief(self.estimates)}"

    def _repr_html_(self) -> str:
        head = f"GrowthFit: {self.value} of {self.runs.height} runs, level at {self.base_year:g}"
        return html_of(head, self.estimates)


def _doubling(growth: float) -> float:
    return float(log(2) / log(growth)) if growth > 1.0 else np.inf


def _orders(of: dict[str, Floats], year: float, base_year: float) -> Floats:
    """log10 of trends at a date: the last piece, which turns back at each break after the date."""
    y = log10(of["level"]) + (year - base_year) * log10(of["growth"])
    breaks = sum(name.startswith("break_") for name in of)
    slopes = [log10(of[f"growth_{i + 1}"]) for i in range(breaks)] + [log10(of["growth"])]
    for i in range(breaks):
        y = y + (slopes[i + 1] - slopes[i]) * np.maximum(of[f"break_{i + 1}"] - year, 0.0)
    return y
