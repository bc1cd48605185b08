"""Epoch AI's constraints on training runs of 2030 in NumPy, independent of the Rust core: its oracle.

Written from the text of the source and from the bundled tables of its inputs; nothing is shared with the package.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[2] / "python" / "limitlaw" / "data"


def metalog(p10: float, p50: float, p90: float, support: str, u: np.ndarray) -> np.ndarray:
    """The quantile u of the three-term metalog through three percentiles, on the support of the table."""
    to, back = {
        "pos": (np.log, np.exp),
        "growth": (lambda x: np.log(x - 1), lambda y: 1 + np.exp(y)),
        "pct": (lambda x: np.log(x / (1 - x)), lambda y: 1 / (1 + np.exp(-y))),
    }[support]
    y10, y50, y90 = (to(p) for p in (p10, p50, p90))
    logit = np.log(u / (1 - u))
    slope, skew = (y90 - y10) / (2 * np.log(9)), (y10 + y90 - 2 * y50) / (0.8 * np.log(9))
    return back(y50 + slope * logit + skew * (u - 0.5) * logit)


def draw(trials: int, seed: int) -> dict[str, np.ndarray]:
    """Every input of the tables, under their names, tied by their rank correlations."""
    with (DATA / "epoch2030_parameters.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    drawn = [name for name, row in rows.items() if row["support"] != "const"]
    pearson = np.eye(len(drawn))
    with (DATA / "epoch2030_copula_spearman.csv").open() as file:
        for row in csv.DictReader(file):
            i, j = drawn.index(row["a"]), drawn.index(row["b"])
            pearson[i, j] = pearson[j, i] = 2 * np.sin(np.pi * float(row["spearman"]) / 6)
    z = np.linalg.cholesky(pearson) @ np.random.default_rng(seed).standard_normal((len(drawn), trials))
    # The ranks of the draws: an empirical distribution function instead of the normal one.
    u = (z.argsort(axis=1).argsort(axis=1) + 0.5) / trials
    inputs = {name: np.full(trials, float(row["p50"])) for name, row in rows.items() if row["support"] == "const"}
    for name, ranks in zip(drawn, u, strict=True):
        row = rows[name]
        inputs[name] = metalog(float(row["p10"]), float(row["p50"]), float(row["p90"]), row["support"], ranks)
    return inputs


def allowed(i: dict[str, np.ndarray], *, limit_bandwidth: bool, t: float = 6.0) -> dict[str, np.ndarray]:
    """What each constraint allows t years after the start of 2024."""
    media = (i["image_stock_count"] + i["video_stock_seconds"]) * i["tokens_per_image_or_video_second"]
    sound = i["audio_stock_seconds"] * i["tokens_per_audio_second"]
    tokens = (i["text_stock_tokens"] + media + sound) * i["data_stock_growth"] ** t
    tokens = tokens * i["data_epochs_multiplier"] * i["data_quality_fraction"]
    run = i["training_run_duration_s"] * i["training_gpu_utilization"] * i["peak_gpu_flops_fp8"]
    total, ai = i["us_total_datacenter_power_W"], i["us_ai_datacenter_power_W"]
    other_growth = np.minimum(i["us_nonai_dc_power_growth"], i["us_dc_power_growth"])
    ai_power = total * i["us_dc_power_growth"] ** t - (total - ai) * other_growth**t
    watts = ai_power * i["fraction_of_resources_largest_run"]
    per_watt = run / i["installed_power_per_gpu_W"] * i["gpu_power_efficiency_growth"] ** t
    # 20 N tokens in batches of B, each with an exchange of 16 N bits and two latencies.
    flow = i["interdc_bandwidth_bps"] * i["interdc_bandwidth_growth"] ** t
    latency = i["network_distance_km"] / i["fiber_speed_km_s"]
    steps = i["achievable_batch_tokens_2024"] * i["training_run_duration_s"] / 20
    n = (-2 * latency + np.sqrt(4 * latency**2 + 64 * steps / flow)) / (32 / flow)
    bandwidth = 120 * n**2
    distributed = watts * per_watt
    campus = i["largest_campus_power_2030_W"] * per_watt
    power = np.maximum(campus, np.minimum(distributed, bandwidth) if limit_bandwidth else distributed)
    rate = np.log(i["gpu_production_growth"] * i["gpu_efficiency_growth"])
    made = i["gpu_production_h100e_per_year_eoy2023"] * np.expm1(t * rate) / rate
    gpus = (i["gpu_stock_h100e_eoy2023"] + made) * i["fraction_of_resources_largest_run"]
    outputs = {
        "data_tokens": tokens,
        "data": 6 * tokens**2 / 20,
        "distributed_watts": watts,
        "distributed": distributed,
        "campus": campus,
        "bandwidth": bandwidth,
        "power": power,
        "gpus": gpus,
        "chips": gpus * run,
    }
    return outputs | {"minimum": np.min([outputs[k] for k in ("data", "power", "chips")], axis=0)}
