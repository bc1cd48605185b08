"""Assertions about random results: each states its false-alarm probability and has one outcome for one seed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from limitlaw._arguments import as_share, as_whole, check_choice, check_name, is_sequence, shown
from limitlaw.gates import check
from limitlaw.gates.wording import complaint
from limitlaw.run import check_solvable, simulate, solve
from limitlaw.sampling import SamplingScenario
from limitlaw.sampling.scenario import row_key

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw.seed import Seed


def assert_reproducible(
    scenario: SamplingScenario, *, trials: int = 300, seed: Seed = 0, threads: Sequence[int] = (1, 2, 7)
) -> None:
    """The same seed gives the same bits for every number of threads. Never fails by chance.

    Args:
        scenario: What to simulate.
        trials: Trials; more than a chunk of at most 2,048 to give every thread work.
        seed: The seed.
        threads: Numbers of threads to compare.

    Raises:
        AssertionError: Two runs differ.

    Example:
        >>> import limitlaw as ll
        >>> assert_reproducible(ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10]))
    """
    check_solvable(scenario)
    if not is_sequence(threads) or len(threads) < 2:  # noqa: PLR2004  (two to compare)
        raise TypeError(f"threads must be a sequence of at least two numbers of threads, got {shown(threads)}")
    first = simulate(scenario, trials=trials, seed=seed, threads=threads[0])
    for count in threads[1:]:
        again = simulate(scenario, trials=trials, seed=seed, threads=count)
        if not again.equals(first):
            changed = [name for name in first.columns if not first[name].equals(again[name])]
            raise AssertionError(f"{count} threads give other numbers than {threads[0]} in {changed}: {scenario!r}")


def assert_agrees_with_solution(
    scenario: SamplingScenario, *, trials: int = 2_000, seed: Seed = 0, false_alarm: float = 1e-9
) -> None:
    """The simulated counts of every task are as the exact solution says.

    Each count is binomial with the solution's probability; it is compared by Chernoff's bound on its tails, shared
    among all counts, so that a correct simulator fails with a probability of at most ``false_alarm`` over all seeds.
    For one scenario and one seed the outcome is always the same.

    Args:
        scenario: What to simulate and solve.
        trials: Trials.
        seed: The seed.
        false_alarm: The largest probability of a failure by chance, in (0, 1).

    Raises:
        AssertionError: A count is too far from its probability; the message says which.
        NoClosedFormError: The scenario has no exact solution.

    Source: Hoeffding 1963, theorem 1 (the bound exp(-n KL)).

    Example:
        >>> import limitlaw as ll
        >>> assert_agrees_with_solution(ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1]), max_attempts=[1, 10]))
    """
    trials = as_whole(trials, "trials", 1, 10**12)
    false_alarm = as_share(false_alarm, "false_alarm", inside=True)
    exact = solve(scenario, by="task", columns=_SHARES)
    counted = simulate(scenario, trials=trials, seed=seed, by="task", columns=_SHARES)
    known = {name: exact[name].is_not_null().to_numpy() for name in _SHARES}
    allowed = math.log(2.0 * max(sum(int(rows.sum()) for rows in known.values()), 1) / false_alarm)
    for name, rows in known.items():
        if not rows.any():
            continue
        probability = exact[name].to_numpy()[rows].clip(0.0, 1.0)
        share = counted[name].to_numpy()[rows]
        surprise = trials * _divergence(share, probability)
        worst = int(surprise.argmax())
        if not surprise[worst] <= allowed:
            row = int(np.flatnonzero(rows)[worst])
            at = {key: exact[key][row] for key in ("policy", row_key(scenario)[0], "task")}
            raise AssertionError(
                f"{name} of {at} must be {probability[worst]:.6g}, got {share[worst]:.6g} in {trials} trials "
                f"(false alarms: {false_alarm:g}): {scenario!r}"
            )


_SHARES = ["accepted", "returned", "accuracy", "coverage"]


def assert_holds(
    scenario: SamplingScenario, *, undecided: Literal["fail", "pass"] = "fail", **required: Any
) -> pl.DataFrame:
    """A scenario meets what is required of it, as :func:`limitlaw.check` judges it.

    A scenario that meets every requirement is said to fail one with a probability of at most ``error``, and one that
    does not is passed with at most ``error``.

    Args:
        scenario: What is checked.
        undecided: Whether evidence that cannot tell is to ``"fail"`` or to ``"pass"``.
        required: Requirements and settings of ``check``, by name: ``min_accuracy=0.8``, ``error=0.01``.

    Returns:
        The frame of ``check``.

    Raises:
        AssertionError: A requirement fails, or cannot be told; the message has estimates, limits and the settings.
        ValueError: Nothing is required, or a value is out of range.

    Example:
        >>> import limitlaw as ll
        >>> verifier = ll.Verifier.rates(false_positive_rate=0.05)
        >>> tasks = ll.Tasks.fixed(success=[0.3])
        >>> scenario = ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[50])
        >>> assert_holds(scenario, min_accuracy=0.85)["verdict"].to_list()
        ['holds']
    """
    check_choice(undecided, "undecided", ("fail", "pass"))
    for name in required:
        check_name(name, "required", _REQUIRED)
    frame = check(scenario, **required)
    said = complaint(frame, scenario, undecided=undecided)
    if said is not None:
        raise AssertionError(said)
    return frame


_REQUIRED = [name for name in inspect.signature(check).parameters if name != "scenario"]


def _divergence(share: npt.NDArray[np.float64], probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """KL(share || probability) of two coins: P(a mean of n coins this far off, on one side) <= exp(-n KL)."""

    def part(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        ratio = np.divide(a, b, out=np.full_like(a, np.inf), where=b > 0.0)
        return np.where(a > 0.0, a * np.log(np.where(a > 0.0, ratio, 1.0)), 0.0)

    return part(share, probability) + part(1.0 - share, 1.0 - probability)
