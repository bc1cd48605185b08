"""Scaling laws with fixed coefficients: the minimum is where an independent search finds it."""

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy.optimize import minimize

from limitlaw.fit import ScalingFit, fit_scaling_law

NAMES = ("log_a", "log_b", "log_e", "alpha", "beta")
#: Starts of the independent search: ln of both terms at the means, ln E, alpha, beta.
STARTS = [
    (-1.0, -1.0, 0.5, 0.2, 0.2),
    (-1.0, -1.0, 0.2, 0.4, 0.9),
    (-2.0, -0.5, 0.4, 1.2, 0.3),
]


def runs_at_random() -> pl.DataFrame:
    random = np.random.default_rng(5)
    params = np.geomspace(3e7, 5e9, 40)
    tokens = params * np.exp(random.uniform(1, 5, 40))
    loss = (1.7 + 400 * params**-0.34 + 1500 * tokens**-0.37) * np.exp(0.01 * random.standard_normal(40))
    return pl.DataFrame({"params": params, "tokens": tokens, "loss": loss})


FRAME = runs_at_random()
LN_N, LN_D, LN_L = (np.log(FRAME[name].to_numpy()) for name in FRAME.columns)


def objective(coefficients: npt.ArrayLike) -> float:
    """Huber's loss of ln L, written from the definition."""
    log_a, log_b, log_e, alpha, beta = np.asarray(coefficients)
    terms = np.logaddexp(np.logaddexp(log_a - alpha * LN_N, log_b - beta * LN_D), log_e)
    far = np.abs(terms - LN_L)
    return float(np.where(far <= 1e-3, far**2 / 2, 1e-3 * (far - 5e-4)).sum())


def searched(fixed: dict[str, float]) -> float:
    """The least objective that Nelder and Mead's simplex finds, in units near the means of the runs."""
    free = [i for i, name in enumerate(NAMES) if name not in fixed]

    def natural(x: npt.NDArray[np.float64], start: tuple[float, ...]) -> npt.NDArray[np.float64]:
        at = np.array(start)
        at[free] = x
        for i, name in enumerate(NAMES[3:], start=3):
            at[i] = fixed.get(name, min(max(at[i], 0.05), 5.0))
        at[0] = fixed.get("log_a", at[0] + at[3] * LN_N.mean())
        at[1] = fixed.get("log_b", at[1] + at[4] * LN_D.mean())
        at[2] = fixed.get("log_e", at[2])
        return at

    least = np.inf
    options = {"maxiter": 2000, "maxfev": 2000, "xatol": 1e-8, "fatol": 1e-13}
    for start in STARTS:
        x = np.array(start)[free]
        for _ in range(2):  # once more from where the first simplex ended
            found = minimize(lambda x: objective(natural(x, start)), x, method="Nelder-Mead", options=options)  # noqa: B023
            x = found.x
        least = min(least, found.fun)
    return float(least)


def fitted(fixed: dict[str, float]) -> ScalingFit:
    return fit_scaling_law(FRAME, fixed=fixed, bootstrap=0)


@pytest.mark.parametrize(
    "fixed",
    [{name: value} for name in ("alpha", "beta") for value in (0.2, 1.0, 1.4, 2.0, 4.0)]
    + [{"log_e": value} for value in (-1.0, 0.4, 0.9)]
    + [{"log_a": 3.0}, {"log_a": 20.0}, {"log_b": 4.0}, {"log_b": 30.0}]
    + [
        {"alpha": 1.5, "beta": 0.9},
        {"alpha": 2.5, "log_e": 0.3},
        {"log_a": 12.0, "beta": 1.2},
        {"log_a": 30.0, "alpha": 1.6},
    ],
    ids=str,
)
def test_no_search_finds_less(fixed: dict[str, float]) -> None:
    fit = fitted(fixed)
    assert objective(fit.coefficients) == pytest.approx(fit.objective, rel=1e-9)
    assert {name: fit.coefficients[NAMES.index(name)] for name in fixed} == pytest.approx(fixed, rel=1e-12)
    assert fit.objective <= searched(fixed) * (1 + 1e-6)


def test_a_scale_stays_in_the_range_of_a_law_where_its_exponent_is_steep() -> None:
    fit = fitted({"beta": 5.0})
    assert fit.coefficients[1] <= 100.0
    assert objective(fit.coefficients) == pytest.approx(fit.objective, rel=1e-9)
