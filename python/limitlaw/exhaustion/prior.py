"""Joint priors: the base of a fitted law, bootstrap rows, correlations, and a published path of compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from limitlaw._arguments import as_floats, shown
from limitlaw._spec import FloatArray, Spec
from limitlaw.exhaustion.dist import Empirical, empirical
from limitlaw.exhaustion.fitted import fitted_draws
from limitlaw.exhaustion.law import BESIROGLU

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: Covariance of (ln A, ln B, ln E, alpha, beta) over 4,000 bootstraps of the fit of Besiroglu et al. 2024.
BESIROGLU_COVARIANCE = (
    (6.66550519e-02, -2.78210394e-02, 2.13411311e-03, 3.97335852e-03, -1.39355996e-03),
    (-2.78210394e-02, 1.77369610e-01, 3.60295764e-03, -1.72704729e-03, 8.67426428e-03),
    (2.13411311e-03, 3.60295764e-03, 1.98868228e-04, 1.26051481e-04, 1.75517866e-04),
    (3.97335852e-03, -1.72704729e-03, 1.26051481e-04, 2.37177182e-04, -8.65629932e-05),
    (-1.39355996e-03, 8.67426428e-03, 1.75517866e-04, -8.65629932e-05, 4.24488742e-04),
)


class LawParameters(Spec):
    """The joint prior of a law's base (ln A, ln B, ln E, alpha, beta): made by ``normal``, ``rows`` or ``bootstrap``.

    Fitted coefficients lie on ridges (the correlation of ln A and alpha is 0.9993), so they are never drawn one by one.
    """

    family: ClassVar[str] = "law_parameters"

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
        """One of the given rows (ln A, ln B, ln E, alpha, beta), each as likely; one row fixes the law.

        Args:
            rows: Shape ``(n, 5)`` or ``(5,)``.

        Example:
            >>> import limitlaw as ll
            >>> ll.LawParameters.rows([6.178, 7.643, 0.597, 0.3478, 0.3659]).alpha
            array([0.3478])
        """
        table = np.atleast_2d(as_floats(rows, "rows"))
        if table.ndim != 2 or table.shape[1] != len(BESIROGLU):  # noqa: PLR2004
            raise ValueError(f"rows must have the shape (n, 5), got {table.shape}")
        log_a, log_b, log_e, alpha, beta = table.T
        return RowsLawParameters(log_a=log_a, log_b=log_b, log_e=log_e, alpha=alpha, beta=beta)

    @staticmethod
    def bootstrap() -> RowsLawParameters:
        """The 4,000 bootstrap fits behind the covariance of ``normal``.

        Our rerun of the notebook of Besiroglu et al. 2024; reproduces its standard errors to all printed digits. Its
        medians of the exhaustion year lie half a year to a year after those of the normal prior.
        """
        return LawParameters.rows(fitted_draws("chinchilla_bootstrap_4000.csv"))


class NormalLawParameters(LawParameters):
    """A multivariate normal; made by ``LawParameters.normal``."""

    kind: ClassVar[str] = "normal"
    mean: tuple[float, ...] = BESIROGLU
    covariance: tuple[tuple[float, ...], ...] = BESIROGLU_COVARIANCE


class RowsLawParameters(LawParameters):
    """Given rows; made by ``LawParameters.rows`` or ``LawParameters.bootstrap``."""

    kind: ClassVar[str] = "rows"
    log_a: FloatArray
    log_b: FloatArray
    log_e: FloatArray
    alpha: FloatArray
    beta: FloatArray


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

    Each half of the band is a half of a lognormal; years between are interpolated in log10 FLOP.

    Attributes:
        years: Years of the quantiles, rising.
        low: 2.5th percentiles, log10 FLOP.
        median: Medians, log10 FLOP.
        high: 97.5th percentiles, log10 FLOP.
        growth_before: Orders of magnitude per year before the first year.
    """

    family: ClassVar[str] = "compute_path"
    kind: ClassVar[str] = "compute_path"
    years: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]
    growth_before: float = 0.6

    @classmethod
    def besiroglu2022(cls) -> ComputePath:
        """Table 1 of Besiroglu, Heim and Sevilla 2022 (Epoch AI, CC BY 4.0), from 2025 on.

        Villalobos et al. 2024 used the simulated paths behind it, whose file is not public.
        """
        return cls(
            years=(2025, 2030, 2040, 2050, 2060, 2070, 2080),
            low=(25.33, 26.71, 29.27, 31.78, 34.35, 36.83, 39.04),
            median=(25.9, 28.67, 32.42, 35.26, 38.1, 40.79, 43.32),
            high=(26.14, 29.47, 34.71, 38.86, 42.49, 45.49, 48.18),
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
    values = np.exp(np.clip(fitted_draws("muennighoff_rstar_bootstrap_1000.csv"), np.log(1.001e-3), np.log(0.999e15)))
    data, params = values.T
    return empirical(data, rows="repetition"), empirical(params, rows="repetition")
