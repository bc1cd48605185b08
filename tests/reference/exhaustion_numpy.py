"""The default yearly exhaustion model in vectorised NumPy, independent of the Rust core: truth oracle and speed peer.

The model is the one of docs/exhaustion.md, written a second time from its equations: inputs drawn for all trials, then
one year after the other, in chunks that stay in the cache, each chunk on a thread (NumPy releases the GIL). Nothing is
shared with the package: no solver, no random stream, no quantile estimate. Losses are evaluated from their definition
(not through the normalised shortage that the core uses), the constrained optimum by bisection.

    inputs = draw(trials=100_000, seed=1)
    trajectories, exhaustion = run(inputs)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

START = 2024
YEARS = np.arange(2024, 2054)
QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
VARIABLES = (
    "compute", "demand", "unique_tokens", "effective_stock", "parameters", "tokens", "epochs", "loss_unconstrained",
    "loss", "excess_loss", "lost_compute", "marginal_value",
)  # fmt: skip
DEFINITIONS = ("effective_stock", "unique_tokens", "half_compute")

#: (low, high, interval) of each lognormal input.
LOGNORMAL = {
    "text_stock": (1.3e14, 2.1e15, 0.95),
    "usable_fraction": (0.1, 0.4, 0.95),
    "access_loss": (0.005, 0.05, 0.80),
    "images": (5e12, 2e13, 0.80),
    "video_seconds": (4.31e12, 1.73e13, 0.80),
    "audio_seconds": (4e11, 1.6e12, 0.80),
    "tokens_per_image_or_second": (2, 290, 0.80),
    "tokens_per_audio_second": (2, 280, 0.80),
    "private_stock": (3e14, 3e15, 0.80),
    "synthetic_multiplier": (1.1, 4, 0.80),
    "compute": (2e25, 8e25, 0.90),
    "compute_growth": (3.7, 5.2, 0.90),
    "power_cap": (2e28, 2e30, 0.80),
    "chip_cap": (1e29, 5e30, 0.80),
    "latency_cap": (3e30, 1e32, 0.80),
    "power_cap_growth": (1.4, 2.2, 0.80),
    "chip_cap_growth": (1.5, 2.6, 0.80),
    "algorithmic_halving_months": (5, 16, 0.90),
    "algorithmic_slowdown_years": (8, 40, 0.80),
    "multi_epoch_multiplier": (2, 5, 0.95),
    "trend_dataset": (3e12, 13e12, 0.90),
}
#: (mean, sd) of the logarithm or the logit.
LOG_MOMENTS = {"stock_growth": (0.07737, 0.02481), "trend_growth": (0.375 * np.log(10), 0.0536 * np.log(10))}
LOGIT_MOMENTS = {"multimodal_transfer": (-0.8, 1.0), "private_share": (-2.5, 1.0), "data_share": (0.0, 0.6)}
CONSTANT = {"latency_cap_growth": 1.3, "overtraining": 1.0, "trend_weight": 0.0}
BOUNDS = {"usable_fraction": (None, 1.0), "synthetic_multiplier": (1.0, None), "multi_epoch_multiplier": (1.0, None)}
#: Spearman correlations; every other pair is independent.
SPEARMAN = {
    ("text_stock", "images"): 0.7,
    ("images", "video_seconds"): 0.7,
    ("video_seconds", "text_stock"): 0.7,
    ("power_cap", "chip_cap"): 0.5,
    ("power_cap_growth", "chip_cap_growth"): 0.5,
}
NORMAL_TAIL = {0.80: 1.2815515655446004, 0.90: 1.6448536269514722, 0.95: 1.959963984540054}

#: Besiroglu et al. 2024, (ln A, ln B, ln E, alpha, beta), and the covariance of 4,000 bootstraps of their fit.
LAW_MEAN = np.array([6.17795598, 7.64273236, 0.59711196, 0.34781303, 0.36585412])
LAW_COVARIANCE = np.array(
    [
        [6.66550519e-02, -2.78210394e-02, 2.13411311e-03, 3.97335852e-03, -1.39355996e-03],
        [-2.78210394e-02, 1.77369610e-01, 3.60295764e-03, -1.72704729e-03, 8.67426428e-03],
        [2.13411311e-03, 3.60295764e-03, 1.98868228e-04, 1.26051481e-04, 1.75517866e-04],
        [3.97335852e-03, -1.72704729e-03, 1.26051481e-04, 2.37177182e-04, -8.65629932e-05],
        [-1.39355996e-03, 8.67426428e-03, 1.75517866e-04, -8.65629932e-05, 4.24488742e-04],
    ]
)
REPETITION_MEAN = np.log([15.387756, 5.309743])
REPETITION_SD, REPETITION_CORRELATION = 0.66, -0.9


def draw(trials: int, seed: int, **overrides: float | np.ndarray) -> dict[str, np.ndarray]:
    """One row of inputs per trial; an override is a number or an array and replaces the drawn input."""
    rng = np.random.default_rng(seed)
    names = [*LOGNORMAL, *LOG_MOMENTS, *LOGIT_MOMENTS]
    pearson = np.eye(len(names))
    for (a, b), rho in SPEARMAN.items():
        i, j = names.index(a), names.index(b)
        pearson[i, j] = pearson[j, i] = 2 * np.sin(np.pi * rho / 6)
    latent = np.linalg.cholesky(pearson) @ rng.standard_normal((len(names), trials))
    inputs = dict(zip(names, latent, strict=True))
    for name, (low, high, interval) in LOGNORMAL.items():
        middle, half = np.log(low * high) / 2, np.log(high / low) / 2
        inputs[name] = np.exp(middle + half / NORMAL_TAIL[interval] * inputs[name])
    for name, (mean, sd) in LOG_MOMENTS.items():
        inputs[name] = np.exp(mean + sd * inputs[name])
    for name, (mean, sd) in LOGIT_MOMENTS.items():
        inputs[name] = 1 / (1 + np.exp(-(mean + sd * inputs[name])))
    for name, (low, high) in BOUNDS.items():
        inputs[name] = np.clip(inputs[name], low, high)
    law = rng.multivariate_normal(LAW_MEAN, LAW_COVARIANCE, size=trials, method="cholesky")
    while (bad := (law[:, 3:] <= 0.05).any(axis=1)).any():
        law[bad] = rng.multivariate_normal(LAW_MEAN, LAW_COVARIANCE, size=int(bad.sum()), method="cholesky")
    inputs |= dict(zip(("log_a", "log_b", "log_e", "alpha", "beta"), law.T.copy(), strict=True))
    z, other = rng.standard_normal((2, trials))
    z2 = REPETITION_CORRELATION * z + np.sqrt(1 - REPETITION_CORRELATION**2) * other
    inputs["repetition_data"] = np.exp(REPETITION_MEAN[0] + REPETITION_SD * z)
    inputs["repetition_params"] = np.exp(REPETITION_MEAN[1] + REPETITION_SD * z2)
    for name, value in (CONSTANT | overrides).items():
        inputs[name] = np.broadcast_to(np.asarray(value, dtype=float), (trials,))
    inputs["follows_trend"] = rng.random(trials) < inputs["trend_weight"]
    return inputs


def _pressure(u: np.ndarray, r: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Minus the logarithm of the marginal return at ln(repeats) = u, relative to no repeats; rises with u."""
    x = np.expm1(u)
    y = x / r
    return y + (1 + exponent) * np.log1p(-r * np.expm1(-y)) - u


def bisect(total: np.ndarray, alpha: np.ndarray, beta: np.ndarray, r_n: np.ndarray, r_d: np.ndarray) -> np.ndarray:
    """The root u of pressure(u; N side) = pressure(total - u; D side) on [0, total]: halved 44 times."""
    low, width = np.zeros_like(total), total.copy()
    for _ in range(44):
        width *= 0.5
        middle = low + width
        low += width * (_pressure(middle, r_n, alpha) < _pressure(total - middle, r_d, beta))
    return low + 0.5 * width


def newton(total: np.ndarray, alpha: np.ndarray, beta: np.ndarray, r_n: np.ndarray, r_d: np.ndarray) -> np.ndarray:
    """The same root by safeguarded Newton steps: what a NumPy user who counts evaluations would write."""
    low, high = np.zeros_like(total), total.copy()
    u = total * (beta + 1 / r_d) / (alpha + beta + 1 / r_n + 1 / r_d)
    for _ in range(60):
        values, slopes = [], []
        for v, r, exponent in ((u, r_n, alpha), (total - u, r_d, beta)):
            x = np.expm1(v)
            lost = np.expm1(-x / r)
            decay, p = 1 + lost, 1 - r * lost
            values.append(x / r + (1 + exponent) * np.log(p) - v)
            slopes.append((1 + x) * (1 / r + (1 + exponent) * decay / p) - 1)
        gap = values[0] - values[1]
        np.copyto(low, u, where=gap < 0)
        np.copyto(high, u, where=gap >= 0)
        step = u - gap / (slopes[0] + slopes[1])
        new = np.where((step >= low) & (step <= high), step, 0.5 * (low + high))
        converged = np.abs(new - u).max(initial=0.0) < 1e-11
        u = new
        if converged:
            break
    return u


def year_of(inputs: dict[str, np.ndarray], year: int, solver=bisect) -> dict[str, np.ndarray]:
    """Every output of one year, by the equations of docs/exhaustion.md in their order."""
    i, t = inputs, float(year - START)
    # 1. Compute: the trend, held by the caps.
    compute = i["compute"] * i["compute_growth"] ** t
    for cap in ("power_cap", "chip_cap", "latency_cap"):
        compute = np.minimum(compute, i[cap] * i[f"{cap}_growth"] ** (year - 2030.0))
    # 2. Algorithms, folded into the law.
    tau = i["algorithmic_slowdown_years"]
    progress = 12 * np.log(2) / i["algorithmic_halving_months"] * tau * -np.expm1(-t / tau)
    alpha, beta, floor = i["alpha"], i["beta"], np.exp(i["log_e"])
    log_a = i["log_a"] - alpha * (1 - i["data_share"]) * progress
    log_b = i["log_b"] - beta * i["data_share"] * progress
    # 3. Unique usable tokens.
    media = (i["images"] + i["video_seconds"]) * i["tokens_per_image_or_second"]
    media = media + i["audio_seconds"] * i["tokens_per_audio_second"]
    public = i["text_stock"] + min(max(t / 6, 0.0), 1.0) * i["multimodal_transfer"] * media
    synthetic = 1 + (i["synthetic_multiplier"] - 1) / (1 + np.exp(-(year - 2027.0)))
    public = public * np.exp(-i["access_loss"] * t) * synthetic
    private = i["private_share"] * i["private_stock"]
    unique = i["stock_growth"] ** t * i["usable_fraction"] * (public + private)
    log_u = np.log(unique)
    # 4, 5. The unconstrained optimum and the demand.
    log_k = np.log(compute / 6)
    log_g = (np.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    a = beta / (alpha + beta)
    log_n_free, log_d_free = a * log_k + log_g, (1 - a) * log_k - log_g
    reducible_free = np.exp(log_a - alpha * log_n_free) + np.exp(log_b - beta * log_d_free)
    demand = np.sqrt(i["overtraining"]) * np.exp(log_d_free)
    trend = i["follows_trend"]
    if trend.any():
        demand = np.where(trend, i["trend_dataset"] * i["trend_growth"] ** t, demand)
    # 6. The constrained optimum where the free one needs more tokens than there are.
    log_n, log_d, reducible = log_n_free, log_d_free, reducible_free
    marginal, lost = np.zeros_like(compute), np.zeros_like(compute)
    short = np.flatnonzero(log_d_free > log_u)
    if len(short):
        al, be, r_n, r_d = (i[k][short] for k in ("alpha", "beta", "repetition_params", "repetition_data"))
        lu, lk, la, lb, lg = (v[short] for v in (log_u, log_k, log_a, log_b, log_g))
        log_u_n = lg + (lu + lg) * be / al
        u = solver(lk - lu - log_u_n, al, be, r_n, r_d)
        v = lk - lu - log_u_n - u
        returns = []
        for w, r in ((u, r_n), (v, r_d)):
            y = np.expm1(w) / r
            decay, p = np.exp(-y), 1 - r * np.expm1(-y)
            returns.append((np.log(p), np.exp(w) * decay / p))
        (ln_p_n, s_n), (ln_p_d, s_d) = returns
        of_n = np.exp(la - al * (log_u_n + ln_p_n))
        of_d = np.exp(lb - be * (lu + ln_p_d))
        log_n, log_d, reducible = log_n.copy(), log_d.copy(), reducible.copy()
        log_n[short], log_d[short], reducible[short] = log_u_n + u, lu + v, of_n + of_d
        marginal[short] = be * (of_d * (1 - s_d) + of_n * (1 - s_n))
        # 7. The compute that would reach the same loss with all the data one wants.
        log_k0 = np.logaddexp(la - al * lg, lb + be * lg)
        log_equivalent = -(al + be) / (al * be) * (np.log(of_n + of_d) - log_k0)
        lost[short] = np.maximum((lk - log_equivalent) / np.log(10), 0.0)
    return {
        "compute": compute,
        "demand": demand,
        "unique_tokens": unique,
        "effective_stock": unique * i["multi_epoch_multiplier"],
        "parameters": np.exp(log_n),
        "tokens": np.exp(log_d),
        "epochs": np.maximum(np.exp(log_d - log_u), 1.0),
        "loss_unconstrained": floor + reducible_free,
        "loss": floor + reducible,
        "excess_loss": reducible - reducible_free,
        "lost_compute": lost,
        "marginal_value": marginal,
    }


def gaps(outputs: dict[str, np.ndarray]) -> np.ndarray:
    """How far each definition of running out is exceeded (>= 0: it has run out), one row per definition."""
    demand = np.log(outputs["demand"])
    return np.stack(
        [
            demand - np.log(outputs["effective_stock"]),
            demand - np.log(outputs["unique_tokens"]),
            outputs["lost_compute"] - np.log10(2),
        ]
    )


def quantile(values: np.ndarray, p: float) -> np.ndarray:
    """The ceil(n p)-th order statistic along the last axis."""
    at = int(np.ceil(values.shape[-1] * p)) - 1
    return np.partition(values, at, axis=-1)[..., at]


@dataclass
class Trajectories:
    """Per variable and year: ``mean`` and ``se`` as (variable, year), ``quantiles`` as (variable, year, 7)."""

    mean: np.ndarray = field(default_factory=lambda: np.zeros((len(VARIABLES), len(YEARS))))
    se: np.ndarray = field(default_factory=lambda: np.zeros((len(VARIABLES), len(YEARS))))
    quantiles: np.ndarray = field(default_factory=lambda: np.zeros((len(VARIABLES), len(YEARS), len(QUANTILES))))


def run(
    inputs: dict[str, np.ndarray], years: np.ndarray = YEARS, *, threads: int = 1, chunk: int = 8192, solver=bisect
) -> tuple[Trajectories, np.ndarray]:
    """Trajectories, and the year of each definition by trial (3, trials): infinity where not by the horizon."""
    trials = len(inputs["compute"])
    count = len(years)
    result = Trajectories(*(np.zeros((len(VARIABLES), count, *s)) for s in ((), (), (len(QUANTILES),))))
    exhausted = np.full((3, trials), np.inf)
    before = np.zeros((3, trials))
    values = np.empty((len(VARIABLES), trials))
    indices = [int(np.ceil(trials * p)) - 1 for p in QUANTILES]

    def one_chunk(begin: int, year: int) -> None:
        part = slice(begin, begin + chunk)
        outputs = year_of({name: value[part] for name, value in inputs.items()}, year, solver)
        for row, name in zip(values, VARIABLES, strict=True):
            row[part] = outputs[name]
        now, past = gaps(outputs), before[:, part]
        crossing = (now >= 0) & np.isinf(exhausted[:, part])
        with np.errstate(divide="ignore", invalid="ignore"):
            when = year if year == years[0] else year - now / (now - past)
        exhausted[:, part] = np.where(crossing, when, exhausted[:, part])
        before[:, part] = now

    def one_variable(row: int, at: int) -> None:
        result.mean[row, at] = values[row].mean()
        result.se[row, at] = values[row].std(ddof=1) / np.sqrt(trials) if trials > 1 else np.nan
        values[row].partition(indices)
        result.quantiles[row, at] = values[row][indices]

    with ThreadPoolExecutor(threads) as pool:
        for at, year in enumerate(years):
            list(pool.map(one_chunk, range(0, trials, chunk), [int(year)] * len(range(0, trials, chunk))))
            list(pool.map(one_variable, range(len(VARIABLES)), [at] * len(VARIABLES)))
    return result, exhausted
