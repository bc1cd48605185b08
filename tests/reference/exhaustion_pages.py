"""One draw of an exhaustion or constraint scenario by hand, from the text of docs/exhaustion.md and docs/constraint.md.

Written from the pages, section by section, with the options that they name; slow and obvious: every root is halved.
Inputs come as arrays by draw, as `samples` returns them.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

Inputs = dict[str, np.ndarray]


def caps_on(trend: np.ndarray, i: Inputs, year: int, *, smooth: bool) -> np.ndarray:
    """Compute: the trend or path, and the caps."""
    caps = [i[f"{name}_cap"] * i[f"{name}_cap_growth"] ** (year - 2030) for name in ("power", "chip", "latency")]
    terms = np.stack([trend, *caps])
    if not smooth:
        return terms.min(axis=0)
    least = terms.min(axis=0)
    return least * ((terms / least) ** -4.0).sum(axis=0) ** -0.25


def path_of(path, year: float, z: np.ndarray) -> np.ndarray:
    """A path of compute at the normal number of each draw."""
    at = max(year, path.years[0])
    low, median, high = (np.interp(at, path.years, q) for q in (path.low, path.median, path.high))
    orders = median + z * np.where(z < 0, median - low, high - median) / 1.959963984540054
    return 10 ** (orders - path.growth_before * max(path.years[0] - year, 0))


def goodput_of(i: Inputs, compute: np.ndarray, first: np.ndarray, t: int) -> np.ndarray:
    """The logarithm of the goodput at the best interval between saves."""
    nodes = np.maximum(1, i["nodes"] * compute / first / i["node_growth"] ** t)
    failures = nodes * i["failures_per_node_day"] / 86_400
    save = i["checkpoint_seconds"] * failures
    h = halve(lambda h: h + np.expm1(-h) - save, 0 * save, save + 1)
    return -h - i["restart_seconds"] * failures


def unique_of(i: Inputs, year: int, compute: np.ndarray, *, collapse: str, endogenous: bool) -> np.ndarray:
    """Unique tokens."""
    t = year - 2024
    media = (i["images"] + i["video_seconds"]) * i["tokens_per_image_or_second"]
    media = media + i["audio_seconds"] * i["tokens_per_audio_second"]
    public = i["text_stock"] + min(t / 6, 1) * i["multimodal_transfer"] * media
    n = np.maximum(1, np.floor(i["synthetic_generations"] * t)).astype(int)
    kept = {
        "none": np.ones_like(public),
        "replace": 1 / n,
        "accumulate": 1 / np.array([(1 / np.arange(1, k + 1) ** 2.0).sum() for k in n]),
    }[collapse]
    synthetic = 1 + kept * (i["synthetic_multiplier"] - 1) / (1 + np.exp(-(year - 2027.0)))
    q = i["usable_fraction"]
    if endogenous:
        q = 1 - (1 - q) / (1 + (compute / i["quality_compute"]) ** i["quality_power"])
    public = public * q * np.exp(-i["access_loss"] * t) * synthetic
    return np.maximum(i["stock_growth"] ** t * (public + i["private_share"] * i["private_stock"] * q), 1)


def reducible(base, log_n, log_d):
    return np.exp(base[0] - base[3] * log_n) + np.exp(base[1] - base[4] * log_d)


def log_g(base):
    return (np.log(base[3] / base[4]) + base[0] - base[1]) / (base[3] + base[4])


def halve(rises, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where a function turns from negative to positive: from 200 wide to 1e-17."""
    low, high = low.copy(), high.copy()
    for _ in range(64):
        middle = (low + high) / 2
        up = rises(middle) > 0
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    return (low + high) / 2


def demand_of(i: Inputs, base, log_k: np.ndarray, kind: str) -> np.ndarray:
    """The logarithm of the tokens asked for, before overtraining."""
    _, log_b, _, alpha, beta = base
    log_n = log_g(base) + beta / (alpha + beta) * log_k
    log_d = log_k - log_n
    served = i["inference_tokens"]
    if kind == "twenty_per_parameter":
        return np.log(20 * np.exp(log_k)) / 2
    if kind == "inference_at_budget":
        excess = lambda m: (alpha + beta) * m - np.log1p(served / 3 * np.exp(-log_d - m))  # noqa: E731
        return log_d + halve(excess, 0 * log_d, 0 * log_d + 200)
    if kind == "inference_at_loss":
        loss = reducible(base, log_n, log_d)

        def excess(m):
            of_d = np.exp(log_b - beta * (log_d + m))
            tokens = np.exp(log_d + m)
            return np.log(alpha * (loss - of_d) * 3 * tokens / (3 * tokens + served)) - np.log(beta * of_d)

        return log_d + halve(excess, 0 * log_d, 0 * log_d + 200)
    if kind == "profit":
        return sold(i, base, log_k)
    assert kind == "compute_optimal"
    return log_d


def sold(i: Inputs, base, log_k: np.ndarray) -> np.ndarray:
    """Selling: the most profitable budget on a grid that is made finer around the best, the split by its share.

    Minus infinity where every budget loses money.
    """
    log_a, log_b, _, alpha, beta = base
    r, h, c = i["profit_loss_elasticity"], i["profit_price_elasticity"], 1e-18
    ratio = (h - 1) / r
    share = np.minimum((beta + ratio) / (alpha + beta), 1 - 1e-12)

    def split(log_b_d):
        log_n = (log_a - log_b - np.log(share / (1 - share)) + beta * log_b_d) / (alpha + beta)
        log_n = np.clip(np.where(ratio < alpha, log_n, 0), 0, log_b_d)
        return log_n, log_b_d - log_n

    def profit(log_b_d, *, slope=False):
        log_n, log_d = split(log_b_d)
        loss = reducible(base, log_n, log_d)
        n, interest = np.exp(log_n), i["profit_income"] * (loss / 0.1) ** -r
        most = 1000 * 6 * np.exp(log_k) / (2 * n)
        price, limit = h / (h - 1) * 2 * n * c, 1e-6 * (interest / most) ** (1 / h)
        q, training = interest * (np.maximum(price, limit) / 1e-6) ** -h, 6 * np.exp(log_b_d) * c
        if slope:  # in ln D at a given model and the best price
            rate = r * beta * np.exp(log_b - beta * log_d) / loss
            return rate * np.where(limit > price, q * limit / h, q * (price - 2 * n * c)) - training
        return q * (np.maximum(price, limit) - 2 * n * c) - training

    low, high = 0 * log_k, log_k
    for _ in range(4):  # to a millionth: what follows looks a tenth around
        grid = low + np.linspace(0, 1, 401)[:, None] * (high - low)
        best = np.take_along_axis(grid, profit(grid).argmax(axis=0)[None], 0)[0]
        width = (high - low) / 200
        low, high = np.maximum(best - width, 0), np.minimum(best + width, log_k)
    # The top is flat: its place is better known by the slope.
    near = halve(lambda at: -profit(at, slope=True), np.maximum(best - 0.1, 0), np.minimum(best + 0.1, log_k))
    return np.where(profit(near) > 0, split(near)[1], -np.inf)


def run_of(i: Inputs, base, log_k: np.ndarray, log_u: np.ndarray, law) -> dict[str, np.ndarray]:
    """The run under a data limit, where repeats lose value or count in full."""
    max_epochs = getattr(law, "max_epochs", None) or np.inf
    _, _, _, alpha, beta = base
    r_n, r_d = i["repetition_params"], i["repetition_data"]
    log_n = log_g(base) + beta / (alpha + beta) * log_k
    log_d = log_k - log_n
    short = (log_d > log_u) & (law.kind == "muennighoff")
    log_u_n = log_g(base) + (log_u + log_g(base)) * beta / alpha

    def worth(u, r):
        y = np.expm1(u) / r
        p = 1 - r * np.expm1(-y)
        return np.log(p), np.exp(u - y) / p

    def terms(log_d):
        ln_n, s_n = worth(log_k - log_d - log_u_n, r_n)
        ln_d, s_d = worth(log_d - log_u, r_d)
        of_n = np.exp(base[0] - alpha * (log_u_n + ln_n))
        return of_n, np.exp(base[1] - beta * (log_u + ln_d)), s_n, s_d

    def pressure(u, r, c):
        return np.expm1(u) / r + (1 + c) * worth(u, r)[0] - u

    def falls(log_d):  # the page's p of tokens less that of parameters, so that nothing underflows
        return pressure(log_k - log_d - log_u_n, r_n, alpha) - pressure(log_d - log_u, r_d, beta)

    with np.errstate(over="ignore", invalid="ignore"):
        best = halve(lambda x: -falls(x), log_u, np.maximum(log_k - log_u_n, log_u))
    capped = best > log_u + np.log(max_epochs)
    best = np.where(capped, log_u + np.log(max_epochs), best)
    with np.errstate(over="ignore", invalid="ignore"):
        of_n, of_d, s_n, s_d = terms(best)
    free = reducible(base, log_n, log_d)
    envelope = beta * (of_d * (1 - s_d) + of_n * (1 - s_n))
    along = beta * of_d + of_n * (beta - s_n * (alpha + beta))
    loss = np.where(short, of_n + of_d, free)
    tokens = np.where(short, best, log_d)
    floor = np.exp(base[2])
    return {
        "parameters": np.exp(log_k - tokens),
        "tokens": np.exp(tokens),
        "epochs": np.maximum(1, np.exp(tokens - log_u)),
        "loss_unconstrained": floor + free,
        "loss": floor + loss,
        "excess_loss": loss - free,
        "lost_compute": (alpha + beta) / (alpha * beta) * np.log(loss / free) / np.log(10),
        "marginal_value": np.where(short, np.where(capped, along, envelope), 0),
    }


def other_law(law, log_k: float, log_u: float) -> tuple[float, float]:
    """The least loss of `penalty` or `bounded` over all 6 N D <= C, with so many unique tokens and with unlimited data.

    Grids of D on either side of D = U, and of N for every D, that are made finer around the best.
    """
    floor = np.exp(law.base[2])

    def loss(log_n, log_d, log_u):
        repeats, unique = np.maximum(np.expm1(log_d - log_u), 0), np.minimum(log_u, log_d)
        if law.kind == "penalty":
            penalty = np.exp(law.log_p + law.kappa * (log_n - unique)) * repeats**law.delta
            return floor + reducible(law.base, log_n, log_d) + penalty
        h = reducible(law.base, log_n, log_d) + np.exp(law.log_c + law.gamma * log_n - law.delta * unique)
        return floor + (law.log_vocabulary - floor) * h / (1 + h)

    def finer(values_at, low, high):
        """The least value over points between two ends, each an array of places."""
        best = np.inf
        for _ in range(10):  # to 1e-7, where the least value is flat to 1e-14
            grid = low + np.linspace(0, 1, 33)[:, None] * (high - low)
            values = values_at(grid)
            best = np.minimum(best, values.min(axis=0))
            middle, width = np.take_along_axis(grid, values.argmin(axis=0)[None], 0)[0], (high - low) / 16
            low, high = np.maximum(middle - width, low), np.minimum(middle + width, high)
        return best

    def least(log_u, low, high):
        def at(log_d):
            flat = log_d.ravel()
            return finer(lambda log_n: loss(log_n, flat, log_u), 0 * flat, log_k - flat).reshape(log_d.shape)

        return finer(at, np.array([low]), np.array([high]))[0]

    edge = min(log_u, log_k)
    return min(least(log_u, 0.0, edge), least(log_u, edge, log_k)), least(np.inf, 0.0, log_k)


def follow(scenario, i: Inputs, z: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Every variable of every year, and the years of running out: by the names of `samples`."""
    out: dict[str, np.ndarray] = {}
    exhausted, gap_before, before = np.full((3, len(i["text_stock"])), np.inf), None, None
    highest = np.zeros(len(i["text_stock"]))

    def held(year):
        path = scenario.compute_path
        trend = i["compute"] * i["compute_growth"] ** (year - 2024) if path is None else path_of(path, year, z)
        return caps_on(trend, i, year, smooth=scenario.smooth_caps)

    for year in range(scenario.years[0], scenario.years[-1] + 1):
        t = year - 2024
        compute = held(year)
        if scenario.goodput:
            first = held(2024)
            compute = compute * np.exp(goodput_of(i, compute, first, t) - goodput_of(i, first, first, 0))
        if scenario.monotone_compute:
            compute = highest = np.maximum(highest, compute)
        compute = np.clip(compute, 1, np.exp(230))
        unique = unique_of(i, year, compute, collapse=scenario.collapse, endogenous=scenario.endogenous_quality)
        tau, share = i["algorithmic_slowdown_years"], i["data_share"]
        progress = np.minimum(12 * np.log(2) / i["algorithmic_halving_months"] * tau * -np.expm1(-t / tau), 300)
        alpha, beta = i["alpha"], i["beta"]
        log_a, log_b = i["log_a"] - alpha * (1 - share) * progress, i["log_b"] - beta * share * progress
        base = (log_a, log_b, i["log_e"], alpha, beta)
        log_k, log_u = np.log(compute / 6), np.log(unique)
        asked = demand_of(i, base, log_k, scenario.demand)
        trend = np.log(i["trend_dataset"]) + t * np.log(i["trend_growth"])
        asked = np.where(i["trend_weight"] == 1, trend, asked)
        asked = asked + (np.log(i["overtraining"]) / 2 if year >= scenario.overtraining_from else 0)
        asked, made = np.maximum(asked, -345), np.isfinite(asked)
        m = i["multi_epoch_multiplier"]
        values = {
            "compute": compute,
            "demand": np.where(made, np.exp(np.minimum(asked, 345)), 0),
            "unique_tokens": unique,
            "effective_stock": m * unique,
            **run_of(i, base, log_k, log_u, scenario.law),
        }
        out |= {f"{name}_{year}": value for name, value in values.items() if year in scenario.years}
        gap = np.stack([asked - np.log(m * unique), asked - log_u, values["lost_compute"] - scenario.lost_threshold])
        now = (gap >= 0) & np.isinf(exhausted)
        if before is None:
            crossed = np.full_like(gap, year)
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                crossed = before + (year - before) * gap_before / (gap_before - gap)
        exhausted = np.where(now, crossed, exhausted)
        gap_before, before = gap, year
    names = ("effective_stock", "unique_tokens", "half_compute")
    return out | {f"exhaustion_year_{name}": years for name, years in zip(names, exhausted, strict=True)}


def allowed(i: dict[str, float], t: float, *, limit_bandwidth: bool) -> dict[str, float]:
    """The model of docs/constraint.md."""
    media = (i["images"] + i["video_seconds"]) * i["tokens_per_image_or_second"]
    media += i["audio_seconds"] * i["tokens_per_audio_second"]
    tokens = (i["text_stock"] + media) * i["stock_growth"] ** t * i["epochs"] * i["usable_fraction"]
    other = min(i["datacenter_growth"], i["other_growth"])
    ai = i["datacenter_watts"] * i["datacenter_growth"] ** t - (i["datacenter_watts"] - i["ai_watts"]) * other**t
    watts = i["run_share"] * ai
    per_gpu = i["peak_flops"] * i["utilization"] * i["run_seconds"]
    per_watt = per_gpu * i["power_efficiency_growth"] ** t / i["gpu_watts"]
    # 20 N / b (16 N / F + 2 l / v) = T: the positive root.
    square = 320 / i["batch_tokens"] / (i["bandwidth"] * i["bandwidth_growth"] ** t)
    linear = 40 / i["batch_tokens"] * i["network_kilometers"] / i["fiber_speed"]
    n = 2 * i["run_seconds"] / (linear + np.sqrt(linear**2 + 4 * square * i["run_seconds"]))
    distributed, campus, bandwidth = watts * per_watt, i["campus_watts"] * per_watt, 120 * n**2
    rate = np.log(i["production_growth"] * i["gpu_efficiency_growth"])
    made = i["gpu_production"] * (np.expm1(rate * t) / rate if rate else t)
    gpus = i["run_share"] * (i["gpu_stock"] + made)
    limits = {
        "data": 6 * tokens**2 / 20,
        "power": max(campus, min(distributed, bandwidth) if limit_bandwidth else distributed),
        "chips": gpus * per_gpu,
    }
    parts = {"distributed_watts": watts, "distributed": distributed, "campus": campus, "bandwidth": bandwidth}
    return parts | limits | {"data_tokens": tokens, "gpus": gpus, "minimum": min(limits.values())}


def metalog(z: float, percentiles: tuple[float, float, float], lower: float | None, upper: float | None) -> float:
    """How inputs are drawn: a metalog at a standard normal number."""
    if lower is None and upper is None:
        to, back = lambda x: x, lambda y: y
    elif lower is None:
        to, back = lambda x: -np.log(upper - x), lambda y: upper - np.exp(-y)
    elif upper is None:
        to, back = lambda x: np.log(x - lower), lambda y: lower + np.exp(y)
    else:
        to = lambda x: np.log((x - lower) / (upper - x))  # noqa: E731
        back = lambda y: lower + (upper - lower) / (1 + np.exp(-y))  # noqa: E731
    u, (y10, y50, y90) = NormalDist().cdf(z), (to(p) for p in percentiles)
    logit = np.log(u / (1 - u))
    skew = (y10 + y90 - 2 * y50) / (0.8 * np.log(9))
    return float(back(y50 + (y90 - y10) / (2 * np.log(9)) * logit + skew * (u - 0.5) * logit))
