"""The exhaustion scenario: every input of the yearly model with its default, unit, range and source."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Collection
from typing import Any, ClassVar, Literal, Self

from limitlaw import _core
from limitlaw._arguments import check_choice, listed, shown
from limitlaw._declared import Year
from limitlaw._elementary import asin, log, log10
from limitlaw._spec import Spec
from limitlaw._unused import is_quiet, quietly, warn_at_user
from limitlaw.errors import UnitsWarning
from limitlaw.exhaustion.dist import log_moments, logit_normal, lognormal
from limitlaw.exhaustion.families import Constant, Dist
from limitlaw.exhaustion.law import ChinchillaLaw, Law, MuennighoffLaw
from limitlaw.exhaustion.prior import ComputePath, Correlation, LawParameters, NormalLawParameters, as_correlations

#: Pearson's -0.9 between the logarithms of the repetition constants, as a rank correlation.
_REPETITION_SPEARMAN = -6 / math.pi * asin(0.45)

_CORRELATIONS = (
    Correlation(first="text_stock", second="images", spearman=0.7),
    Correlation(first="images", second="video_seconds", spearman=0.7),
    Correlation(first="video_seconds", second="text_stock", spearman=0.7),
    Correlation(first="power_cap", second="chip_cap", spearman=0.5),
    Correlation(first="power_cap_growth", second="chip_cap_growth", spearman=0.5),
    Correlation(first="repetition_data", second="repetition_params", spearman=_REPETITION_SPEARMAN),
)
#: The years a projection may cover.
FIRST_YEAR, LAST_YEAR = 1990, 2224
#: The share of draws from which on a cap that no one chose, below a path that someone did, is worth a word.
_OFTEN = 0.01
#: Medians below which an input looks like another unit, and what it should be.
_FACTOR = (0.5, "a factor per year, 1.05 for 5 %")
_LEAST = {
    "text_stock": (1e5, "tokens, a count and not billions or trillions"),
    "private_stock": (1e5, "tokens, a count and not billions or trillions"),
    "trend_dataset": (1e5, "tokens, a count and not billions or trillions"),
    "compute": (1e10, "FLOP"),
    "stock_growth": _FACTOR,
    "compute_growth": _FACTOR,
    "trend_growth": _FACTOR,
}
#: A cap that never binds.
_NO_CAP = Constant(value=1e90)


class ExhaustionScenario(Spec):
    """Stock, demand, law and shortage of training data, year by year.

    Every input takes a distribution of ``ll.dist`` or a plain number. Draws outside an input's range are moved to its
    ends. "LN 95 % [a, b]" is the lognormal with that central interval. Sources: V24 is Villalobos et al. 2024 (arXiv
    2211.04325v2), E30 Epoch AI's *Can AI scaling continue through 2030?* (2024), B24 Besiroglu et al. 2024, M23
    Muennighoff et al. 2023; "ours" is our own prior.

    Attributes:
        text_stock: Raw public text at the base year [tokens]; LN 95 % [1.3e14, 2.1e15] (V24, indexed web), or
            ``ll.dist.structural_stock()`` for its parts; [0, 1e30].
        stock_growth: Growth of the stock [factor per year]; exp N(0.07737, 0.02481) (V24); [0.01, 100].
        usable_fraction: Share of public and private data of usable quality; LN 95 % [0.1, 0.4] (V24); [0, 1].
        access_loss: Rate at which access to public data closes [per year]; LN 80 % [0.005, 0.05] (ours, after
            Longpre et al. 2024); [0, 10].
        images: Images on the web [images]; LN 80 % [5e12, 2e13] (E30); [0, 1e30].
        video_seconds: Video [seconds]; LN 80 % [4.31e12, 1.73e13] (E30); [0, 1e30].
        audio_seconds: Audio [seconds]; LN 80 % [4e11, 1.6e12] (E30); [0, 1e30].
        tokens_per_image_or_second: Tokens per image and per second of video [tokens per image or second]; LN 80 % [2,
            290] (E30); [0, 1e9].
        tokens_per_audio_second: Tokens per second of audio [tokens per second]; LN 80 % [2, 280] (E30); [0, 1e9].
        multimodal_transfer: Worth of a multimodal token in text tokens; logit N(-0.8, 1) (ours); [0, 1000]. Grows
            in from 2024 to 2030.
        private_stock: Private data at the base year [tokens]; LN 80 % [3e14, 3e15] (V24, Table 2); [0, 1e30].
        private_share: Share of it that becomes usable; logit N(-2.5, 1) (ours); [0, 1].
        synthetic_multiplier: What synthetic data multiply public data by, in the end (half way in 2027); LN 80 %
            [1.1, 4] (ours, after the multipliers of rephrasing); [1, 1e12].
        synthetic_generations: Generations of synthetic data since the base year [generations per year]; 1; [0, 1e6].
            Used by ``collapse``.
        repetition_data: R_D*, epochs' worth scale of repeated tokens [epochs]; lognormal around 15.387756, sd of the
            logarithm 0.66 (M23 and our bootstraps); [0.001, 1e15].
        repetition_params: R_N*, the same of excess parameters; around 5.309743, sd 0.66; [0.001, 1e15].
        compute: Largest training run at the base year [FLOP]; LN 90 % [2e25, 8e25] (Epoch AI 2024); [1, 1e60].
        compute_growth: Growth of ``compute`` [factor per year]; LN 90 % [3.7, 5.2] (Epoch AI 2024); [0.01, 1000].
        power_cap: What power allows at 2030.0 [FLOP]; LN 80 % [2e28, 2e30] (E30); [1, 1e90].
        chip_cap: What chips allow at 2030.0 [FLOP]; LN 80 % [1e29, 5e30] (E30); [1, 1e90].
        latency_cap: What latency allows at 2030.0 [FLOP]; LN 80 % [3e30, 1e32] (E30); [1, 1e90].
        power_cap_growth: Growth of ``power_cap`` [factor per year]; LN 80 % [1.4, 2.2] (ours, from E30); [0.01, 1000].
        chip_cap_growth: Growth of ``chip_cap`` [factor per year]; LN 80 % [1.5, 2.6] (ours, from E30); [0.01, 1000].
        latency_cap_growth: Growth of ``latency_cap`` [factor per year]; 1.3 (ours); [0.01, 1000].
        nodes: Nodes of 8 accelerators of the largest run at the base year [nodes]; 2048 (Llama 3); [1, 1e12]. With
            ``goodput``.
        node_growth: Growth of compute per node [factor per year]; 1.35 (ours); [0.01, 1000]. With ``goodput``.
        failures_per_node_day: Failures [per node and day]; 3.8e-3 (Llama 3: 419 in 54 days on 16,384 GPUs);
            [0, 1000]. With ``goodput``.
        checkpoint_seconds: Time of a checkpoint [seconds]; 60; [0.001, 1e7]. With ``goodput``.
        restart_seconds: Time of a restart [seconds]; 600; [0, 1e7]. With ``goodput``.
        algorithmic_halving_months: Time in which the compute for a given loss halves [months]; LN 90 % [5, 16] (Ho et
            al. 2024); [0.1, 1e12].
        algorithmic_slowdown_years: e-folding time of that progress [years]; LN 80 % [8, 40] (ours); [0.1, 1e12].
        data_share: Share of algorithmic progress that saves data rather than parameters; logit N(0, 0.6) (ours);
            [0, 1]. The input that matters most.
        overtraining: Tokens per parameter over the optimum; 1; [0.001, 1e6]. Enters demand, not the loss.
        multi_epoch_multiplier: What repeating multiplies the stock by in the first definition of running out; LN 95
            % [2, 5] (V24); [1, 1e6].
        trend_dataset: Largest data set by the historical trend at the base year [tokens]; LN 90 % [3e12, 1.3e13]
            (V24); [1, 1e30].
        trend_growth: Growth of ``trend_dataset`` [factor per year]; 10^N(0.375, 0.0536) (V24); [0.01, 1000].
        trend_weight: Probability that demand follows the historical trend; 0; [0, 1].
        quality_compute: Compute at which half of the rejected data become usable [FLOP]; 1e30; [1, 1e90]. With
            ``endogenous_quality``.
        quality_power: How sharply they become so; 1; [0, 10].
        inference_tokens: Tokens served over a model's life, for ``demand="inference_at_loss"`` and
            ``"inference_at_budget"`` [tokens]; 1e14; [1, 1e30].
        profit_income: I_0 of ``demand="profit"``, tokens sold at a reducible loss of 0.1 and 1e-6 dollars per token
            [tokens]; 1e15 (V24, appendix F); [1, 1e30]. Demand is 0 where training costs more than it earns at every
            budget.
        profit_loss_elasticity: r, by which lower loss sells more tokens; 7; [0.01, 100].
        profit_price_elasticity: h, by which a higher price sells fewer; 2; [1.01, 100].
        base_year: The date at which levels are given (``text_stock``, ``private_stock``, ``compute``,
            ``trend_dataset``, ``nodes``) and from which algorithms progress, a year with its fraction or text such as
            ``"2026-03"`` [year]; 2024; [1990, 2224]. Caps, other media and the rise of synthetic data keep the calendar
            years that they are stated for.
        years: Years of the projection that are reported, rising, from 1990 at the earliest to at most 2224 [year]; the
            model goes through all from the first to the last. Those before ``base_year`` are what growth leads back to.
        correlations: Rank correlations: a mapping ``{(input, input): spearman}`` or ``Correlation`` values.
        law: The law of the loss; a ``Law.mixture`` is chosen from once per draw.
        law_parameters: Joint prior of the base of ``Law.muennighoff()``; B24 with the covariance of 4,000 bootstraps.
        collapse: What generations of synthetic data do: ``"none"``, ``"accumulate"`` (the gain shrinks by the sum of
            1/i^2, Gerstgrasser et al. 2024) or ``"replace"`` (by their number).
        demand: ``"compute_optimal"`` under the law in use, ``"twenty_per_parameter"`` (V24), ``"inference_at_loss"``
            (least cost of training and serving at the frontier's loss, Sardana and Frankle 2024),
            ``"inference_at_budget"`` (the same condition with the training budget spent) or ``"profit"`` (V24, appendix
            F); the last three not under a bounded law.
        compute_path: A path through published quantiles in place of ``compute`` and ``compute_growth``; the three caps
            still hold it (1e90 takes one away; a default one that does so in 1 % of draws is warned of).
        goodput: Whether failures cost training time, with saves at the best interval (Daly 2006); those of 2024 are in
            ``compute`` already.
        smooth_caps: A smooth minimum of trend and caps: their power sum of order -4.
        monotone_compute: Whether compute never falls.
        endogenous_quality: Whether the quality filter loosens as compute grows.
        overtraining_from: The year from which ``overtraining`` holds [year]; a number, or a date as text.
        lost_threshold: Orders of magnitude of lost compute that count as running out in the third definition
            [orders of magnitude].

    Raises:
        ValueError: A value is out of range, correlations are impossible together, or a growth overflows; the message
            names the field.

    Warns:
        UnusedSettingWarning: A field that was given has no effect beside the others.
        UnitsWarning: A stock, compute or growth that was given looks like another unit: 15 for 15 trillion tokens, 0.05
            for 5 % a year.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.ExhaustionScenario.preset("default").replace(data_share=0.5, years=range(2024, 2041))
        >>> scenario.data_share, scenario.years[-1]
        (Constant(value=0.5), 2040)
    """

    family: ClassVar[str] = "exhaustion"
    kind: ClassVar[str] = "exhaustion"

    text_stock: Dist = lognormal(1.3e14, 2.1e15)
    stock_growth: Dist = log_moments(0.07737, 0.02481)
    usable_fraction: Dist = lognormal(0.1, 0.4)
    access_loss: Dist = lognormal(0.005, 0.05, 0.80)
    images: Dist = lognormal(5e12, 2e13, 0.80)
    video_seconds: Dist = lognormal(4.31e12, 1.73e13, 0.80)
    audio_seconds: Dist = lognormal(4e11, 1.6e12, 0.80)
    tokens_per_image_or_second: Dist = lognormal(2, 290, 0.80)
    tokens_per_audio_second: Dist = lognormal(2, 280, 0.80)
    multimodal_transfer: Dist = logit_normal(-0.8, 1.0)
    private_stock: Dist = lognormal(3e14, 3e15, 0.80)
    private_share: Dist = logit_normal(-2.5, 1.0)
    synthetic_multiplier: Dist = lognormal(1.1, 4, 0.80)
    synthetic_generations: Dist = Constant(value=1.0)
    repetition_data: Dist = log_moments(log(15.387756), 0.66)
    repetition_params: Dist = log_moments(log(5.309743), 0.66)
    compute: Dist = lognormal(2e25, 8e25, 0.90)
    compute_growth: Dist = lognormal(3.7, 5.2, 0.90)
    power_cap: Dist = lognormal(2e28, 2e30, 0.80)
    chip_cap: Dist = lognormal(1e29, 5e30, 0.80)
    latency_cap: Dist = lognormal(3e30, 1e32, 0.80)
    power_cap_growth: Dist = lognormal(1.4, 2.2, 0.80)
    chip_cap_growth: Dist = lognormal(1.5, 2.6, 0.80)
    latency_cap_growth: Dist = Constant(value=1.3)
    nodes: Dist = Constant(value=2048.0)
    node_growth: Dist = Constant(value=1.35)
    failures_per_node_day: Dist = Constant(value=3.8e-3)
    checkpoint_seconds: Dist = Constant(value=60.0)
    restart_seconds: Dist = Constant(value=600.0)
    algorithmic_halving_months: Dist = lognormal(5, 16, 0.90)
    algorithmic_slowdown_years: Dist = lognormal(8, 40, 0.80)
    data_share: Dist = logit_normal(0.0, 0.6)
    overtraining: Dist = Constant(value=1.0)
    multi_epoch_multiplier: Dist = lognormal(2, 5)
    trend_dataset: Dist = lognormal(3e12, 1.3e13, 0.90)
    trend_growth: Dist = log_moments(0.375 * log(10), 0.0536 * log(10))
    trend_weight: Dist = Constant(value=0.0)
    quality_compute: Dist = Constant(value=1e30)
    quality_power: Dist = Constant(value=1.0)
    inference_tokens: Dist = Constant(value=1e14)
    profit_income: Dist = Constant(value=1e15)
    profit_loss_elasticity: Dist = Constant(value=7.0)
    profit_price_elasticity: Dist = Constant(value=2.0)
    base_year: Year = 2024.0
    years: tuple[int, ...] = tuple(range(2024, 2054))
    correlations: tuple[Correlation, ...] = _CORRELATIONS
    law: Law = MuennighoffLaw()
    law_parameters: LawParameters = NormalLawParameters()
    collapse: Literal["none", "accumulate", "replace"] = "none"
    demand: Literal["compute_optimal", "twenty_per_parameter", "inference_at_loss", "inference_at_budget", "profit"] = (
        "compute_optimal"
    )
    compute_path: ComputePath | None = None
    goodput: bool = False
    smooth_caps: bool = False
    monotone_compute: bool = False
    endogenous_quality: bool = False
    overtraining_from: Year = 2024.0
    lost_threshold: float = log10(2)

    def __post_init__(self) -> None:
        object.__setattr__(self, "correlations", as_correlations(self.correlations))
        super().__post_init__()

    def _check(self) -> None:
        first, last = min(self.years, default=FIRST_YEAR), max(self.years, default=FIRST_YEAR)
        if not FIRST_YEAR <= first <= last <= LAST_YEAR:
            expected = f"rising, from {FIRST_YEAR} at the earliest to at most {LAST_YEAR}"
            raise ValueError(f"years must be {expected}, got {shown(first)} to {shown(last)}")
        super()._check()
        if isinstance(self.law, ChinchillaLaw):
            name = "law as one of a shortage, under which repeats count in full and half_compute is never reached,"
            self._idle[name] = "law=Law.muennighoff(base=law) or law_parameters=LawParameters.rows(law.base)"
        caps = {
            name: type(self).__dataclass_fields__[name].default for name in ("power_cap", "chip_cap", "latency_cap")
        }
        if self.compute_path is not None and any(getattr(self, name) == cap for name, cap in caps.items()):
            for (name, cap), share in zip(caps.items(), _core.capped_path(*self.wire()), strict=True):
                if getattr(self, name) == cap and share >= _OFTEN:
                    self._idle[f"compute_path above the default {name} ({100 * share:.0f} % of draws)"] = f"{name}=1e90"

    def unused(self, names: Collection[str]) -> dict[str, str]:
        """As of every setting; who says how much runs are overtrained may say from when, though it is not at all."""
        found = super().unused(names)
        return {
            name: user for name, user in found.items() if name != "overtraining_from" or "overtraining" not in names
        }

    def warn_unused(self, names: Collection[str]) -> None:
        """Warn of the named fields that have no effect, and of those whose numbers look like another unit."""
        super().warn_unused(names)
        for name in () if is_quiet() else [name for name in _LEAST if name in names]:
            least, unit = _LEAST[name]
            median = float(getattr(self, name).quantile(0.5))
            if 0.0 < median < least:
                warn_at_user(f"{name} should be {unit}: its median is {median:g}", UnitsWarning)

    @classmethod
    def input_names(cls) -> list[str]:
        """The names of the inputs that take a distribution, in their order."""
        return [field.name for field in dataclasses.fields(cls) if field.type == "Dist"]

    @classmethod
    def _presets(cls) -> dict[str, Callable[..., Self]]:
        return {name: functools.partial(cls.preset, name) for name in _PRESETS}

    @classmethod
    def preset(cls, name: str = "default", **changes: Any) -> Self:
        """A named scenario, perhaps with some fields changed.

        ``"default"``: all levers on. ``"corpus"``: one's own corpus and budget and nothing else: give ``text_stock``
        (usable tokens) and ``compute`` (FLOP of the largest run) at ``base_year``, and how they grow (``stock_growth``,
        ``compute_growth``; 1 unless given). No other data, no loss of access, no algorithmic progress, no cap; demand
        is compute-optimal under the default law. ``"epoch2024"``: the projection of Villalobos et al. 2024: public text
        only, no private, multimodal or synthetic data, no loss of access, no algorithmic progress, and a demand that
        follows the historical trend or, with the same probability, 20 tokens per parameter of the projected compute.
        The file of that projection is not public; a lognormal through its published quantiles stands in. Equal weights
        are the paper's text; its code weights the routes by how many draws it has of each, and ``trend_weight=10 / 11``
        gives the printed interval (docs/published.md).

        Raises:
            ValueError: No preset has that name; ``"corpus"`` lacks ``text_stock`` or ``compute``.

        Example:
            >>> import limitlaw as ll
            >>> ll.ExhaustionScenario.preset("epoch2024", trend_weight=1).trend_weight
            Constant(value=1.0)
            >>> own = ll.ExhaustionScenario.preset(
            ...     "corpus", text_stock=5e9, stock_growth=1.05, compute=1e20, compute_growth=3, base_year="2026-03"
            ... )
        """
        check_choice(name, "name", tuple(_PRESETS))
        for needed in _NEEDED.get(name, ()):
            if needed not in changes:
                raise ValueError(f"{needed} must be given with preset {name!r}, got {listed(list(changes))}")
        with quietly():
            start = cls(**_PRESETS[name])
        return start.replace(**changes)


#: What of other data and progress is off where only public text counts.
_TEXT_ALONE: dict[str, Any] = {
    "access_loss": 0,
    "multimodal_transfer": 0,
    "private_share": 0,
    "synthetic_multiplier": 1,
    "algorithmic_halving_months": 1e12,
    "power_cap": _NO_CAP,
    "chip_cap": _NO_CAP,
    "latency_cap": _NO_CAP,
    "power_cap_growth": 1,
    "chip_cap_growth": 1,
    "latency_cap_growth": 1,
    "correlations": {("repetition_data", "repetition_params"): _REPETITION_SPEARMAN},
}
_EPOCH_2024: dict[str, Any] = _TEXT_ALONE | {
    "trend_weight": 0.5,
    "demand": "twenty_per_parameter",
    "compute_path": ComputePath.besiroglu2022(),
}
_CORPUS: dict[str, Any] = _TEXT_ALONE | {"usable_fraction": 1, "stock_growth": 1, "compute_growth": 1}

_PRESETS: dict[str, dict[str, Any]] = {"default": {}, "epoch2024": _EPOCH_2024, "corpus": _CORPUS}
#: What a preset leaves to whoever uses it.
_NEEDED = {"corpus": ("text_stock", "compute")}
