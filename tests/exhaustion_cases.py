"""What several test files of the exhaustion family share: certain scenarios and their paths, documented ranges."""

import dataclasses
import math
import re

import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw.exhaustion.run import VARIABLES

DEFAULT = ll.ExhaustionScenario.preset("default")
#: Two-sided tests at 6.2 standard errors raise a false alarm with probability below 1e-9.
SIGMAS = 6.2
#: Every input at one value, short of data from about 2030.
FIXED = {
    "text_stock": 5e14, "stock_growth": 1.08, "usable_fraction": 0.2, "access_loss": 0.02, "images": 1e13,
    "video_seconds": 8e12, "audio_seconds": 8e11, "tokens_per_image_or_second": 20, "tokens_per_audio_second": 20,
    "multimodal_transfer": 0.3, "private_stock": 1e15, "private_share": 0.08, "synthetic_multiplier": 2,
    "repetition_data": 15.387756, "repetition_params": 5.309743, "compute": 4e25, "compute_growth": 4.5,
    "power_cap": 2e29, "chip_cap": 9e29, "latency_cap": 3e31, "power_cap_growth": 1.8, "chip_cap_growth": 2,
    "algorithmic_halving_months": 9, "algorithmic_slowdown_years": 18, "data_share": 0.5, "multi_epoch_multiplier": 3,
    "trend_dataset": 6e12, "trend_growth": 2.4, "correlations": {},
    "law_parameters": ll.LawParameters.rows([6.17795598, 7.64273236, 0.59711196, 0.34781303, 0.36585412]),
}  # fmt: skip


def path(scenario: ll.ExhaustionScenario) -> dict[str, np.ndarray]:
    """The yearly variables of a scenario without uncertainty."""
    frame = ll.simulate(scenario, trials=1, seed=1).trajectories
    return {name: frame.filter(pl.col("variable") == name)["mean"].to_numpy() for name in VARIABLES}


def years_out(scenario: ll.ExhaustionScenario, **changes: object) -> np.ndarray:
    """Years of running out by the three definitions of one certain draw; infinity for never."""
    changed = scenario.replace(**changes)
    samples = ll.simulate(changed, trials=1, seed=1, samples=["exhaustion_year"]).samples
    return samples.fill_null(math.inf).to_numpy()[0]


def documented() -> dict[str, str]:
    """The entry of each field in the documentation of the scenario, in its order."""
    assert ll.ExhaustionScenario.__doc__ is not None
    text = ll.ExhaustionScenario.__doc__.partition("Attributes:")[2].partition("Raises:")[0]
    entries = dict(re.findall(r"^ {8}(\w+): (.*?)(?=^ {8}\w|\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(entries) == [field.name for field in dataclasses.fields(ll.ExhaustionScenario)]
    return entries


def input_ranges() -> dict[str, tuple[float, float]]:
    """The range of each input: the last pair in brackets of its entry that ends a clause."""
    entries = documented()
    ranges = {}
    for name in ll.ExhaustionScenario.input_names():
        low, high = re.findall(r"\[([\d.e+-]+), ([\d.e+-]+)\](?=[.;]|\s*$)", entries[name])[-1]
        ranges[name] = (float(low), float(high))
    return ranges
