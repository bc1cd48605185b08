"""Joint priors: the base of a fitted law, bootstrap rows, correlations, and a published path of compute."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from limitlaw._arguments import as_floats, shown
from limitlaw._declared import FloatArray
from limitlaw._elementary import exp, log
from limitlaw._spec import Spec
from limitlaw.exhaustion.dist import empirical
from limitlaw.exhaustion.families import Empirical
from limitlaw.exhaustion.fitted import fitted_draws
from limitlaw.exhaustion.law import BESIROGLU, BoundedLaw, ChinchillaLaw, Law, MixtureLaw

if TYPE_CHECKING:
    import numpy.typing as npt

#: Covariance of (ln A, ln B, ln E, alpha, beta) over 4,000 bootstraps of the fit of Besiroglu et al. 2024.
BESIROGLU_COVARIANCE = (
    (6.66550519e-02, -2.78210394e-02, 2.13411311e-03, 3.97335852e-03, -1.39355996e-03),
    (-2.78210394e-02, 1.77369610e-01, 3.60295764e-03, -1.72704729e-03, 8.67426428e-03),
    (2.13411311e-03, 3.60295764e-03, 1.98868228e-04, 1.26051481e-04, 1.75517866e-04),
    (3.97335852e-03, -1.72704729e-03, 1.26051481e-04, 2.37177182e-04, -8.65629932e-05),
    (-1.39355996e-03, 8.67426428e-03, 1.75517866e-04, -8.65629932e-05, 4.24488742e-04),
)

#: The coefficients of a base, in the order of an array of them.
_COEFFICIENTS = ("log_a", "log_b", "log_e", "alpha", "beta")


class LawParameters(Spec):
    """The joint prior of a law's base (ln A, ln B, ln E, alpha, beta): made by ``normal``, ``rows`` or ``bootstrap``.

    Fitted coefficients lie on ridges (the correlation of ln A and alpha is 0.9993), so they are never drawn one by one.
    """

    family: ClassVar[str] = "law_parameters"

    @classmethod
    def _adapt(cls, value: Any) -> Any:
        if type(value).__name__ == "ScalingFit":
            raise TypeError("a ScalingFit is no prior: take its parameters")
        if getattr(value, "family", None) == "law":
            raise TypeError("a Law is no prior: write LawParameters.rows(law.base)")
        return value

    @staticmethod
    def normal(
        mean: Sequence[float] = BESIROGLU, covariance: Sequence[Sequence[float]] = BESIROGLU_COVARIANCE
    ) -> NormalLawParameters:
        """A multivariate normal; a draw with an exponent at or below 0.05 is drawn again.

        Args:
            mean: Means of (ln A, ln B, ln E, alpha, beta); Besiroglu et al. 2024, Table 1, unless given.
            covariance: Their 5 x 5 covariance, positive definite; that of 4,000 bootstraps of that fit unless given.

        Raises:
            ValueError: A mean is out of range, or the covariance is not positive definite.
        """
        means, table = as_floats(mean, "mean"), as_floats(covariance, "covariance")
        if means.shape != (len(BESIROGLU),):
            raise ValueError(f"mean must have the shape (5,), got {means.shape}")
        if table.shape != (len(BESIROGLU), len(BESIROGLU)):
            raise ValueError(f"covariance must have the shape (5, 5), got {table.shape}")
        return NormalLawParameters(mean=tuple(means.tolist()), covariance=tuple(map(tuple, table.tolist())))

    @staticmethod
    def rows(rows: npt.ArrayLike) -> RowsLawParameters:
        """One of the given rows, each as likely; one row fixes the law.

        Args:
            rows: A table with names (a Polars or pandas frame, a mapping of columns), read by them, in any order:
                ``alpha``, ``beta``, and for each of A, B, E either the coefficient (``A``) or its natural logarithm
                (``log_a``; ``logA``, ``ln A`` and so on). Or an array of the shape ``(n, 5)`` or ``(5,)``: ln A, ln B,
                ln E, alpha, beta.

        Raises:
            ValueError: A name is unknown, missing or given twice, a coefficient is out of range, or the shape is wrong.
            TypeError: ``rows`` is no table and no array.

        Example:
            >>> import limitlaw as ll
            >>> ll.LawParameters.rows([6.178, 7.643, 0.597, 0.3478, 0.3659]).alpha
            array([0.3478])
            >>> ll.LawParameters.rows({"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3659}).log_a
            array([6.17796486])
        """
        named = _columns(rows)
        if named is not None:
            return RowsLawParameters(**_coefficients(named))
        table = np.atleast_2d(as_floats(rows, "rows"))
        if table.ndim != 2 or table.shape[1] != len(BESIROGLU):  # noqa: PLR2004
            raise ValueError(f"rows must have the shape (n, 5), got {table.shape}")
        return RowsLawParameters(**dict(zip(_COEFFICIENTS, table.T, strict=True)))

    @staticmethod
    def bootstrap() -> RowsLawParameters:
        """The 4,000 bootstrap fits behind the covariance of ``normal``.

        Our rerun of the notebook of Besiroglu et al. 2024; reproduces its standard errors to all printed digits. Its
        medians of the exhaustion year lie half a year to a year after those of the normal prior.
        """
        return LawParameters.rows(fitted_draws("chinchilla_bootstrap_4000.csv"))


def _columns(table: Any) -> dict[str, Any] | None:
    """The columns of a table by their names; ``None`` for what has no names."""
    if isinstance(table, pl.LazyFrame):
        raise TypeError("rows must be a table in memory, got a polars.LazyFrame: collect() it first")
    names = table if isinstance(table, Mapping) else getattr(table, "columns", None)
    return None if names is None else {str(name): table[name] for name in names}


def _coefficients(columns: Mapping[str, Any]) -> dict[str, npt.NDArray[np.float64]]:
    """Coefficients by the names of their columns; those of A, B and E may hold the number or its logarithm."""
    found: dict[str, npt.NDArray[np.float64]] = {}
    for name, values in columns.items():
        logarithm = re.fullmatch(r"(?:log|ln)[ _]?([abe])", name, re.IGNORECASE)
        raw = name in ("A", "B", "E")
        coefficient = f"log_{logarithm[1] if logarithm else name}".lower() if logarithm or raw else name
        if coefficient not in _COEFFICIENTS:
            raise ValueError(f"rows must have columns alpha, beta, and A or log_a (so too B, E), got {name!r}")
        if coefficient in found:
            raise ValueError(f"rows must have each coefficient once, got {name!r} beside another of {coefficient}")
        of_name = f"rows[{name!r}]"
        column = np.atleast_1d(as_floats(values, of_name, 0.0, above=True) if raw else as_floats(values, of_name))
        if column.ndim != 1:
            raise ValueError(f"{of_name} must have one dimension, got the shape {column.shape}")
        found[coefficient] = log(column) if raw else column
    missing = [name for name in _COEFFICIENTS if name not in found]
    if missing:
        raise ValueError(f"rows must have a column for each of {', '.join(_COEFFICIENTS)}, got none for {missing[0]}")
    return found


class NormalLawParameters(LawParameters):
    """A multivariate normal; made by ``LawParameters.normal``."""

    kind: ClassVar[str] = "normal"
    mean: tuple[float, ...] = BESIROGLU
    covariance: tuple[tuple[float, ...], ...] = BESIROGLU_COVARIANCE


class RowsLawParameters(LawParameters):
    """Given rows; made by ``LawParameters.rows`` or ``LawParameters.bootstrap``.

    Attributes:
        log_a: ln A of each row.
        log_b: ln B.
        log_e: ln E, E in nats per token.
        alpha: Exponent of parameters.
        beta: Exponent of tokens.
    """

    kind: ClassVar[str] = "rows"
    log_a: FloatArray
    log_b: FloatArray
    log_e: FloatArray
    alpha: FloatArray
    beta: FloatArray

    def laws(self, law: Law | None = None) -> MixtureLaw:
        """The rows as laws, each as likely: a law with its uncertainty.

        Args:
            law: What each row is the base of: ``Law.muennighoff()``, ``Law.penalty()`` and so on with their further
                coefficients; without it repeats count in full (``Law.chinchilla``).

        Raises:
            ValueError: A row is out of the range of a law.
            TypeError: ``law`` is not a law with a base of this form.

        Example:
            >>> import limitlaw as ll
            >>> laws = ll.LawParameters.bootstrap().laws(ll.Law.muennighoff())
            >>> best = ll.optimal_allocation(1e25, 1e12, laws, confidence=0.9)
            >>> best.select(pl.col("^epochs.*$").round(2)).row(0, named=True)
            {'epochs': 6.56, 'epochs_low': 4.05, 'epochs_high': 9.76}
        """
        if law is not None and (not isinstance(law, Law) or isinstance(law, (MixtureLaw, BoundedLaw))):
            expected = "a law of A, B, E, alpha and beta, such as Law.muennighoff()"
            raise TypeError(f"law must be {expected}, got {shown(law)}")
        form = ChinchillaLaw(base=BESIROGLU) if law is None else law
        rows = zip(*(getattr(self, name).tolist() for name in _COEFFICIENTS), strict=True)
        laws = tuple(form.replace(base=row) for row in rows)
        return MixtureLaw(laws=laws, weights=(1.0,) * len(laws))


class Correlation(Spec):
    """A rank correlation between two inputs, applied through a Gaussian copula.

    Attributes:
        first: Name of an input.
        second: Name of another.
        spearman: Spearman's rho, in (-1, 1).
    """

    family: ClassVar[str] = "correlation"
    kind: ClassVar[str] = "correlation"
    first: str
    second: str
    spearman: float

    def _check(self) -> None:
        """Nothing: what is possible depends on the other correlations, and the scenario checks them together."""


def as_correlations(given: Any) -> Any:
    """A mapping of pairs of inputs to rank correlations as settings; anything else as it is (its type is checked)."""
    if not isinstance(given, Mapping):
        return given
    correlations = []
    for pair, spearman in given.items():
        if not isinstance(pair, tuple) or len(pair) != 2:  # noqa: PLR2004
            raise TypeError(f"correlations must map pairs of inputs to rank correlations, got the key {shown(pair)}")
        correlations.append(Correlation(first=pair[0], second=pair[1], spearman=spearman))
    return tuple(correlations)


class ComputePath(Spec):
    """A path of compute through published quantiles; a draw keeps its place in the band over the years.

    Each half of the band is a half of a lognormal; years between are interpolated in log10 FLOP. A scenario asks for
    the years of its projection, and with ``goodput`` for 2024: a path that does not reach them has to say how compute
    grows there.

    Attributes:
        years: Years of the quantiles, rising [year].
        low: 2.5th percentiles [log10 FLOP].
        median: Medians [log10 FLOP].
        high: 97.5th percentiles [log10 FLOP].
        growth_before: Growth before the first year, in [-3, 3] [orders of magnitude per year]; ``None``: the
            path begins there.
        growth_after: Growth after the last year, in [-3, 3] [orders of magnitude per year]; ``None``: the path
            ends there.

    Raises:
        ValueError: Years do not rise, a percentile is outside [0, 60] or above the next, or a growth is out of range.

    Example:
        >>> import limitlaw as ll
        >>> path = ll.ComputePath(years=[2024, 2030], low=[25, 27], median=[25.5, 28], high=[26, 29], growth_after=0.2)
        >>> free = {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90}
        >>> scenario = ll.ExhaustionScenario(compute_path=path, **free)
        >>> result = ll.simulate(scenario, trials=1000, seed=1).trajectories
        >>> round(np.log10(result.filter(variable="compute", year=2040)["q50"][0]))
        30
    """

    family: ClassVar[str] = "compute_path"
    kind: ClassVar[str] = "compute_path"
    years: Sequence[float]
    low: Sequence[float]
    median: Sequence[float]
    high: Sequence[float]
    growth_before: float | None = None
    growth_after: float | None = None

    @classmethod
    def besiroglu2022(cls) -> ComputePath:
        """Table 1 of Besiroglu, Heim and Sevilla 2022 (Epoch AI, CC BY 4.0), 2025 to 2080; before, 0.6 orders a year.

        Villalobos et al. 2024 used the simulated paths behind it, whose file is not public.
        """
        return cls(
            years=(2025, 2030, 2040, 2050, 2060, 2070, 2080),
            low=(25.33, 26.71, 29.27, 31.78, 34.35, 36.83, 39.04),
            median=(25.9, 28.67, 32.42, 35.26, 38.1, 40.79, 43.32),
            high=(26.14, 29.47, 34.71, 38.86, 42.49, 45.49, 48.18),
            growth_before=0.6,
        )


def repetition_bootstrap() -> tuple[Empirical, Empirical]:
    """The 1,000 bootstraps of (R_D*, R_N*) as joint inputs ``repetition_data`` and ``repetition_params``.

    Our refits of the law of Muennighoff et al. 2023 on its 182 runs with the C4 base fixed. 72 % have R_D* below 100,
    in a mode around the published values (R_D* 15.2, 90 % [4.8, 58]; R_N* 5.5 [1.8, 20]); 28 % run off beyond, with
    R_N* below 2.1. Values are cut at 1e15.

    Example:
        >>> import limitlaw as ll
        >>> data, params = ll.repetition_bootstrap()
        >>> scenario = ll.ExhaustionScenario(repetition_data=data, repetition_params=params, correlations={})
    """
    values = exp(np.clip(fitted_draws("muennighoff_rstar_bootstrap_1000.csv"), log(1.001e-3), log(0.999e15)))
    data, params = values.T
    return empirical(data, rows="repetition"), empirical(params, rows="repetition")
