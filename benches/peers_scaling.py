"""Refits of a scaling law to resampled runs, side by side with SciPy's BFGS and the package `chinchilla`.

240 runs, five coefficients; ours refits 1,000 resamples on two threads, the peers a few of them on one. They
minimise the same objective: BFGS on (ln A, ln B, ln E, alpha, beta) with the gradient written out, as the notebook of
Besiroglu et al. does with autograd (41 fits a second as published), from the estimate of all runs; the package
`chinchilla` (if it is installed) with its own BFGS in long doubles, differences for gradients, from one start.
Needs SciPy: pip install 'limitlaw[bench]'.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy import optimize

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

RUNS, RESAMPLES, FEW = 240, 1_000, 12
LAW = ll.Law.besiroglu()
DELTA = 1e-3


def runs() -> pl.DataFrame:
    random = np.random.default_rng(1)
    compute = 10 ** random.uniform(18, 21.5, RUNS)
    params = np.sqrt(compute / 120) * np.exp(random.uniform(-2, 2, RUNS) / 2)
    tokens = compute / 6 / params
    noise = np.exp(0.005 * random.normal(size=RUNS))
    return pl.DataFrame({"params": params, "tokens": tokens, "loss": ll.loss(LAW, params, tokens) * noise})


def objective(x: Array, n: Array, d: Array, y: Array) -> tuple[float, Array]:
    """The sum of Huber's losses of ln L, with its gradient; n, d, y are logarithms."""
    a, b, e = np.exp(x[0] - x[3] * n), np.exp(x[1] - x[4] * d), np.exp(x[2])
    residual = np.log(a + b + e) - y
    pull = np.clip(residual, -DELTA, DELTA)
    weight = pull / (a + b + e)
    slope = np.array([(weight * part).sum() for part in (a, b, np.full_like(a, e), -a * n, -b * d)])
    return float((pull * (residual - pull / 2)).sum()), slope


def timed(run: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    frame = runs()
    fit = ll.fit.fit_scaling_law(frame, bootstrap=0)
    wall, cpu = timed(lambda: ll.fit.fit_scaling_law(frame, bootstrap=RESAMPLES, seed=1, threads=2))
    print(f"ours: {RESAMPLES:,} refits and the search of all runs, two threads: {wall:.2f} s ({cpu:.2f} s of CPU)")
    n, d, y = (np.log(frame[name].to_numpy()) for name in ("params", "tokens", "loss"))
    random = np.random.default_rng(2)
    rows = [random.integers(0, RUNS, RUNS) for _ in range(FEW)]
    ours = [ll.fit.fit_scaling_law(frame[at.tolist()], bootstrap=0) for at in rows]
    alphas = [float(one.coefficients[3]) for one in ours]
    print(f"standard deviation of alpha over {FEW} resamples, ours: {np.std(alphas):.4f}")
    for name, exact in (("the gradient written out", True), ("differences for gradients", False)):
        found: list[Array] = []

        def bfgs(exact: bool = exact, found: list[Array] = found) -> None:
            for at in rows:
                of = objective if exact else lambda *given: objective(*given)[0]
                run = optimize.minimize(of, fit.coefficients, (n[at], d[at], y[at]), method="BFGS", jac=exact)
                found.append(run.x)

        _, cpu = timed(bfgs)
        gaps = [
            objective(x, n[at], d[at], y[at])[0] / one.objective - 1.0
            for at, x, one in zip(rows, found, ours, strict=True)
        ]
        rate = FEW / cpu
        print(f"SciPy's BFGS, {name}: {rate:.1f} fits a second of CPU ({RESAMPLES:,} take {RESAMPLES / rate:.0f} s)")
        print(f"  objective above ours: median {np.median(gaps):.1e}, most {max(gaps):.1e}")
        print(f"  standard deviation of alpha: {np.std([x[3] for x in found]):.4f}")
    package(n, d, y, fit)


def package(n: Array, d: Array, y: Array, fit: ll.fit.ScalingFit) -> None:
    """The package `chinchilla`, one search from the published coefficients."""
    try:
        from chinchilla import Chinchilla  # noqa: PLC0415  (not everyone's)
    except ImportError as error:
        print(f"the package chinchilla is not there ({error})")
        return

    def log_huber(y_true: Array, y_pred: Array) -> Array:
        residual = np.log(y_true) - np.log(y_pred)
        pull = np.clip(residual, -DELTA, DELTA)
        return np.asarray(pull * (residual - pull / 2))

    one = Chinchilla.__new__(Chinchilla)
    one.loss_fn, one.weight_fn = log_huber, None
    one._const = {  # noqa: SLF001  (what its fit makes of its database)
        "log_N": n.astype(np.longdouble),
        "log_D": d.astype(np.longdouble),
        "y_true": np.exp(y).astype(np.longdouble),
        "weights": None,
    }
    one._autoscale_range = np.ones(5)  # noqa: SLF001
    vars(one)["_Chinchilla__param_grid_keys"] = ("e", "a", "b", "alpha", "beta")
    start = np.array([0.6, 6.2, 7.6, 0.35, 0.37])
    begin = time.process_time()
    found = optimize.minimize(one._evaluate_params, start, method="BFGS")  # noqa: SLF001
    seconds = time.process_time() - begin
    e, a, b, alpha, beta = found.x
    value = objective(np.array([a, b, e, alpha, beta], dtype=np.float64), n, d, y)[0]
    above = value / fit.objective - 1.0
    print(f"the package chinchilla: {seconds:.3f} s of CPU a fit from one start, objective {above:.1e} above ours")


if __name__ == "__main__":
    main()
