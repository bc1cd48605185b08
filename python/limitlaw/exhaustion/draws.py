"""Draws of an exhaustion scenario one by one, as arrays: what paired comparisons and scores are computed from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from limitlaw import _core
from limitlaw._arguments import as_threads, as_whole, shown
from limitlaw._frames import run_of
from limitlaw.exhaustion.run import DEFINITIONS
from limitlaw.exhaustion.scenario import ExhaustionScenario
from limitlaw.seed import Seed, key_of

Floats = npt.NDArray[np.float64]


def sample(
    scenario: ExhaustionScenario,
    names: Sequence[str],
    *,
    trials: int,
    seed: Seed,
    threads: int | None = None,
    redrawn: Sequence[str] = (),
) -> dict[str, Floats]:
    """One array per name (as for ``samples`` of ``ll.simulate``), each ``trials`` long.

    ``redrawn`` names inputs (or ``"law_parameters"``, ``"law"``) that get other random numbers than the seed's first
    run while all others keep theirs; correlated inputs go together. Inputs and coefficients are those that a draw
    used, NaN where it used none.
    """
    check_scenario(scenario)
    key, _ = key_of(seed)
    trials, threads = as_whole(trials, "trials", 1, _core.MAX_TRIALS[scenario.kind]), as_threads(threads)
    spec, arrays = scenario.wire()
    *_, columns = _core.simulate_exhaustion(
        spec,
        arrays,
        trials=trials,
        key=key,
        replicate=0,
        threads=threads,
        sampler="philox",
        samples=list(names),
        redrawn=list(redrawn),
        progress=None,
        samples_only=True,
    )
    return columns


def priors_in_use(scenario: ExhaustionScenario) -> list[str]:
    """The inputs that some draw uses, and ``"law_parameters"`` where some draw's law has no base of its own.

    Example:
        >>> import limitlaw as ll
        >>> used = priors_in_use(ll.ExhaustionScenario.preset("default", law=ll.Law.besiroglu()))
        >>> "text_stock" in used, "repetition_data" in used, "nodes" in used, "law_parameters" in used
        (True, False, False, False)
    """
    return _core.priors_in_use(*scenario.wire())


def check_scenario(scenario: object) -> None:
    """Only an exhaustion scenario will do."""
    if not isinstance(scenario, ExhaustionScenario):
        raise TypeError(f"scenario must be an ExhaustionScenario, got {shown(scenario)}")


def provenance(scenario: ExhaustionScenario, *, trials: int, seed: Seed) -> dict[str, int | str]:
    """What every row of a frame computed from draws ends in."""
    return {"trials": trials, "run": str(run_of(scenario, seed=key_of(seed)[1]))}


def sample_years(
    scenario: ExhaustionScenario,
    *,
    trials: int,
    seed: Seed,
    threads: int | None = None,
    redrawn: Sequence[str] = (),
) -> dict[str, Floats]:
    """The year of running out per definition and draw; infinity where not by the horizon."""
    columns = sample(scenario, ["exhaustion_year"], trials=trials, seed=seed, threads=threads, redrawn=redrawn)
    return {definition: columns[f"exhaustion_year_{definition}"] for definition in DEFINITIONS}
