"""The built-in levers of a scenario: what each changes of it, and which do not apply to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limitlaw._unused import quietly
from limitlaw.exhaustion.draws import check_scenario
from limitlaw.exhaustion.scaled import scaled_input
from limitlaw.exhaustion.scenario import ExhaustionScenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The inputs whose defaults are amounts of the whole world: data, runs and services of the frontier.
_WORLD = (
    "text_stock",
    "images",
    "video_seconds",
    "audio_seconds",
    "private_stock",
    "compute",
    "nodes",
    "trend_dataset",
    "quality_compute",
    "inference_tokens",
    "profit_income",
)
#: What a cap, and the time in which progress slows down or comes at all, are where there is none.
_NO_CAP, _NEVER = 1e90, 1e12


def _times(name: str, factor: float) -> Callable[[ExhaustionScenario], Any]:
    return lambda scenario: scaled_input(getattr(scenario, name), factor, name)


#: Name to the fields that change, each with its value or what makes it of the scenario.
_LEVERS: dict[str, dict[str, Any]] = {
    # Stock.
    "no synthetic data": {"synthetic_multiplier": 1},
    "synthetic data worth 4 times": {"synthetic_multiplier": 4},
    "synthetic data collapse (accumulate)": {"collapse": "accumulate"},
    "synthetic data collapse (replace)": {"collapse": "replace"},
    "no private data": {"private_share": 0},
    "half of private data": {"private_share": 0.5},
    "no more opt-outs": {"access_loss": 0},
    "opt-outs of 10 % a year": {"access_loss": 0.1},
    "text only": {"multimodal_transfer": 0},
    "other media as good as text": {"multimodal_transfer": 1},
    "twice the usable share, at most all": {"usable_fraction": _times("usable_fraction", 2)},
    "filter loosens as compute grows": {"endogenous_quality": True},
    # Demand.
    "5 times the tokens per parameter": {"overtraining": _times("overtraining", 5)},
    "trained to be served": {"demand": "inference_at_loss"},
    "trained for profit": {"demand": "profit"},
    "historical trend of datasets": {"trend_weight": 1},
    # Algorithms.
    "algorithms save only data": {"data_share": 1},
    "algorithms save only parameters": {"data_share": 0},
    "no algorithmic progress": {"algorithmic_halving_months": _NEVER},
    "algorithms do not slow down": {"algorithmic_slowdown_years": _NEVER},
    # Compute.
    "no power cap": {"power_cap": _NO_CAP},
    "no chip cap": {"chip_cap": _NO_CAP},
    "no latency cap": {"latency_cap": _NO_CAP},
    "no caps": {"power_cap": _NO_CAP, "chip_cap": _NO_CAP, "latency_cap": _NO_CAP},
    "failures cost time": {"goodput": True},
    "failures a tenth, saves and restarts 60 times faster": {
        "goodput": True,
        "failures_per_node_day": _times("failures_per_node_day", 1 / 10),
        "checkpoint_seconds": _times("checkpoint_seconds", 1 / 60),
        "restart_seconds": _times("restart_seconds", 1 / 60),
    },
    # Repetition.
    "no repetition": {"multi_epoch_multiplier": 1},
    "repetition worth 15 times": {"multi_epoch_multiplier": 15},
}
#: The inputs that a lever brings into a scenario that did without them.
_BRINGS: dict[str, tuple[str, ...]] = {
    "half of private data": ("private_stock",),
    "other media as good as text": ("images", "video_seconds", "audio_seconds"),
    "filter loosens as compute grows": ("quality_compute",),
    "trained to be served": ("inference_tokens",),
    "trained for profit": ("profit_income",),
    "historical trend of datasets": ("trend_dataset",),
    "failures cost time": ("nodes",),
    "failures a tenth, saves and restarts 60 times faster": ("nodes",),
}


def default_levers(scenario: ExhaustionScenario) -> dict[str, Mapping[str, Any]]:
    """The built-in levers of a scenario: name to the fields to change, as ``levers`` takes them.

    "Twice" and "5 times" are of what the scenario has, draw by draw. A lever is left out where it does not apply: it
    would change nothing (synthetic data that collapse where there are none), the scenario's law refuses it, or it would
    bring in an amount of the whole world that the scenario did without (all private data, tokens served by a frontier
    model). Such an amount is brought in where it was given, or where the scenario uses another one as it stands by
    default: it is about the world then.

    Args:
        scenario: Whose levers.

    Raises:
        TypeError: ``scenario`` is none.

    Example:
        >>> import limitlaw as ll
        >>> own = ll.ExhaustionScenario.preset("corpus", text_stock=1e12, compute=1e22, compute_growth=4)
        >>> list(ll.exhaustion.default_levers(own))[1:4]
        ['opt-outs of 10 % a year', '5 times the tokens per parameter', 'no repetition']
        >>> ll.exhaustion.default_levers(own.replace(usable_fraction=0.3))["twice the usable share, at most all"]
        {'usable_fraction': Constant(value=0.6)}
    """
    check_scenario(scenario)
    found: dict[str, Mapping[str, Any]] = {}
    for name, made in _LEVERS.items():
        changes = {field: of(scenario) if callable(of) else of for field, of in made.items()}
        if _applies(scenario, changes, _BRINGS.get(name, ())):
            found[name] = changes
    return found


def _applies(scenario: ExhaustionScenario, changes: dict[str, Any], brings: tuple[str, ...]) -> bool:
    try:
        with quietly():
            changed = scenario.replace(**changes)
    except ValueError:  # such as training to be served under a bounded law
        return False
    if changed == scenario or len(changed.unused(changes)) == len(changes):
        return False
    brought = [name for name in brings if scenario.unused([name])]
    strange = bool(brought) and all(_is_default(scenario, name) for name in brought)
    return not strange or any(_is_default(scenario, name) and not scenario.unused([name]) for name in _WORLD)


def _is_default(scenario: ExhaustionScenario, name: str) -> bool:
    return bool(getattr(scenario, name) == type(scenario).__dataclass_fields__[name].default)
