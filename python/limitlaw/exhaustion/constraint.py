"""What data, power and chips allow the largest training run to spend, and which of them binds."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from importlib import resources
from typing import Any, ClassVar, Self

import polars as pl

from limitlaw import _core
from limitlaw._frames import closing, first, run_of
from limitlaw._show import Frames
from limitlaw._spec import Spec
from limitlaw._unused import quietly
from limitlaw.exhaustion import dist
from limitlaw.exhaustion.families import Dist
from limitlaw.exhaustion.prior import Correlation, as_correlations

#: Our names of the inputs, and Epoch AI's in the bundled table.
_EPOCH_NAMES = {
    "text_stock": "text_stock_tokens",
    "images": "image_stock_count",
    "video_seconds": "video_stock_seconds",
    "audio_seconds": "audio_stock_seconds",
    "tokens_per_image_or_second": "tokens_per_image_or_video_second",
    "tokens_per_audio_second": "tokens_per_audio_second",
    "stock_growth": "data_stock_growth",
    "epochs": "data_epochs_multiplier",
    "usable_fraction": "data_quality_fraction",
    "run_seconds": "training_run_duration_s",
    "run_share": "fraction_of_resources_largest_run",
    "peak_flops": "peak_gpu_flops_fp8",
    "utilization": "training_gpu_utilization",
    "gpu_watts": "installed_power_per_gpu_W",
    "power_efficiency_growth": "gpu_power_efficiency_growth",
    "datacenter_watts": "us_total_datacenter_power_W",
    "ai_watts": "us_ai_datacenter_power_W",
    "datacenter_growth": "us_dc_power_growth",
    "other_growth": "us_nonai_dc_power_growth",
    "campus_watts": "largest_campus_power_2030_W",
    "network_kilometers": "network_distance_km",
    "fiber_speed": "fiber_speed_km_s",
    "batch_tokens": "achievable_batch_tokens_2024",
    "bandwidth": "interdc_bandwidth_bps",
    "bandwidth_growth": "interdc_bandwidth_growth",
    "gpu_stock": "gpu_stock_h100e_eoy2023",
    "gpu_production": "gpu_production_h100e_per_year_eoy2023",
    "production_growth": "gpu_production_growth",
    "gpu_efficiency_growth": "gpu_efficiency_growth",
}
#: Bounds of the metalog for each support of the table.
_BOUNDS = {"pos": (0.0, None), "growth": (1.0, None), "pct": (0.0, 1.0)}


class ConstraintScenario(Spec):
    """What data, power and chips allow one training run in a year to spend; stock and compute are swappable inputs.

    Levels are those of the start of 2024 unless noted and grow by yearly factors. Every input takes any distribution of
    ``ll.dist`` or a number. :meth:`epoch2030` gives Epoch AI's inputs.

    Args:
        text_stock: Public text [tokens].
        images: Images [images].
        video_seconds: Video [seconds].
        audio_seconds: Audio [seconds].
        tokens_per_image_or_second: Tokens per image and per second of video [tokens per image or second].
        tokens_per_audio_second: Tokens per second of audio [tokens per second].
        stock_growth: Growth of all data [factor per year].
        epochs: What repeating multiplies the data by.
        usable_fraction: Share of the data that is good enough, in [0, 1].
        run_seconds: Duration of the run [seconds].
        run_share: Share of all AI power and chips that the largest run gets, in [0, 1].
        peak_flops: Peak 8-bit FLOP per second of a GPU of 2024 [FLOP per second].
        utilization: Share of the peak that training reaches, in [0, 1].
        gpu_watts: Installed power per GPU of 2024 [watts].
        power_efficiency_growth: Growth of FLOP per joule [factor per year].
        datacenter_watts: Data center power of the country [watts].
        ai_watts: The part of it that AI uses [watts].
        datacenter_growth: Growth of data center power [factor per year].
        other_growth: Growth of what all else uses [factor per year].
        campus_watts: The largest campus in the scenario's year [watts].
        network_kilometers: Distance between the farthest sites [km].
        fiber_speed: Speed of light in fiber [km per second].
        batch_tokens: Largest batch that trains well [tokens].
        bandwidth: Between sites [bits per second].
        bandwidth_growth: Growth of that bandwidth [factor per year].
        gpu_stock: GPUs installed [H100 equivalents].
        gpu_production: GPUs made per year [H100 equivalents per year].
        production_growth: Growth of production [factor per year].
        gpu_efficiency_growth: Growth of FLOP per second of each GPU [factor per year].
        year: Of the run, in [2024, 2100] [year].
        limit_bandwidth: Whether exchange between sites limits a run that is spread over them.
        correlations: Rank correlations between inputs (Gaussian copula): a mapping ``{(input, input): spearman}`` or
            ``Correlation`` values.

    Levels are in [1e-12, 1e30] (tokens per image or second to 1e9, epochs to 1e6, seconds of the run to 1e12, watts to
    1e20), shares in [1e-12, 1], growths in [0.1, 10]; draws beyond are moved to the ends.

    Raises:
        ValueError: A value is out of range, or the correlations cannot be; the message names the field.

    Source: Sevilla et al., *Can AI scaling continue through 2030?* (Epoch AI, August 2024), appendices A to D.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.ConstraintScenario.epoch2030().replace(campus_watts=1e10)
        >>> result = ll.simulate(scenario, trials=20_000, seed=1)
        >>> result.binding["constraint"].to_list()
        ['data', 'power', 'chips']
    """

    family: ClassVar[str] = "constraint"
    kind: ClassVar[str] = "constraint"
    text_stock: Dist
    images: Dist
    video_seconds: Dist
    audio_seconds: Dist
    tokens_per_image_or_second: Dist
    tokens_per_audio_second: Dist
    stock_growth: Dist
    epochs: Dist
    usable_fraction: Dist
    run_seconds: Dist
    run_share: Dist
    peak_flops: Dist
    utilization: Dist
    gpu_watts: Dist
    power_efficiency_growth: Dist
    datacenter_watts: Dist
    ai_watts: Dist
    datacenter_growth: Dist
    other_growth: Dist
    campus_watts: Dist
    network_kilometers: Dist
    fiber_speed: Dist
    batch_tokens: Dist
    bandwidth: Dist
    bandwidth_growth: Dist
    gpu_stock: Dist
    gpu_production: Dist
    production_growth: Dist
    gpu_efficiency_growth: Dist
    year: float = 2030.0
    limit_bandwidth: bool = True
    correlations: tuple[Correlation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "correlations", as_correlations(self.correlations))
        super().__post_init__()

    @classmethod
    def _presets(cls) -> dict[str, Callable[..., Self]]:
        return {"epoch2030": lambda **changes: cls.epoch2030().replace(**changes)}

    @classmethod
    def epoch2030(cls) -> Self:
        """Epoch AI's analysis: every printed 10th, 50th and 90th percentile as a metalog, every printed correlation.

        Its band for latency, 3e30 to 1e32 FLOP (median 3e31), is not computed: it needs inputs that are not printed.

        Source: Sevilla et al. 2024, text and appendices; Epoch AI content is CC BY 4.0 (epoch.ai).

        Example:
            >>> import limitlaw as ll
            >>> result = ll.simulate(ll.ConstraintScenario.epoch2030(), trials=100_000, seed=1)
            >>> power = result.bands.row(by_predicate=pl.col("quantity") == "power", named=True)
            >>> f"{power['q50']:.1e} FLOP"
            '2.2e+29 FLOP'
        """
        table = {row["name"]: row for row in _read("epoch2030_parameters.csv")}
        ours = {theirs: name for name, theirs in _EPOCH_NAMES.items()}
        inputs: dict[str, Any] = {name: _distribution(table[theirs]) for name, theirs in _EPOCH_NAMES.items()}
        correlations = tuple(
            Correlation(first=ours[row["a"]], second=ours[row["b"]], spearman=float(row["spearman"]))
            for row in _read("epoch2030_copula_spearman.csv")
        )
        with quietly():
            return cls(**inputs, correlations=correlations)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConstraintResult(Frames):
    """What a run found.

    Attributes:
        bands: One row per quantity: ``quantity``, ``unit``, ``mean_log10`` with its standard error (null for one draw),
            quantiles ``q05`` to ``q95`` (exact order statistics). ``data``, ``power`` and ``chips`` are the constraints
            in FLOP, ``minimum`` the least of them; ``data_tokens``, ``distributed_watts``, ``distributed``, ``campus``,
            ``bandwidth`` and ``gpus`` are what they are made of.
        binding: One row per constraint: ``constraint``, the ``share`` of draws it binds, and its standard error (as of
            probabilities in :class:`ExhaustionResult`).
    """

    bands: pl.DataFrame
    binding: pl.DataFrame


def simulate_constraint(
    scenario: ConstraintScenario,
    *,
    trials: int,
    key: tuple[int, int],
    seed: str,
    replicate: int,
    threads: int | None,
    progress: Callable[[int, int], object] | None,
) -> ConstraintResult:
    """Simulate a constraint scenario: the frames of the result."""
    spec, arrays = scenario.wire()
    frames = _core.simulate_constraint(
        spec, arrays, trials=trials, key=key, replicate=replicate, threads=threads, progress=progress
    )
    names, units = zip(*_core.CONSTRAINT_QUANTITIES, strict=True)
    run = run_of(scenario, seed=seed)
    finite = pl.selectors.ends_with("_se").fill_nan(None)
    bands = pl.DataFrame({"quantity": pl.Series(names, dtype=pl.Enum(names)), "unit": units, **frames["bands"]})
    binding = pl.DataFrame(
        {"constraint": pl.Series(_core.CONSTRAINTS, dtype=pl.Enum(_core.CONSTRAINTS)), **frames["binding"]}
    )
    bands, binding = (
        frame.with_columns(finite).with_columns(**closing(frame.height, run, trials)) for frame in (bands, binding)
    )
    return ConstraintResult(bands=first(bands, ["quantity", "unit", "q50", "q05"], ["q95"]), binding=binding)


def _distribution(row: dict[str, str]) -> Dist:
    p50 = float(row["p50"])
    if row["support"] == "const":
        return dist.constant(p50)
    lower, upper = _BOUNDS[row["support"]]
    return dist.metalog(float(row["p10"]), p50, float(row["p90"]), lower=lower, upper=upper)


def _read(name: str) -> list[dict[str, str]]:
    text = resources.files("limitlaw").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
