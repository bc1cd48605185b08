"""Assertions about random results: each states its false-alarm probability and has one outcome for one seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from limitlaw._arguments import as_share, as_whole, is_sequence, shown
from limitlaw._core import NoClosedFormError
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


def assert_accuracy_at_least(
    scenario: SamplingScenario,
    accuracy: float,
    *,
    trials: int = 10_000,
    seed: Seed = 0,
    false_alarm: float = 1e-6,
) -> None:
    """Every policy reaches an accuracy at its largest number of attempts, or under the last of its limits.

    Decided exactly where the scenario has a solution (nothing is left to chance then, up to a rounding of 1e-12). Else
    by simulation: a scenario that does reach the accuracy fails with a probability of at most ``false_alarm`` over all
    seeds (Chernoff's bound), and always in the same way for one seed. One that misses it by little may pass: it takes
    about ``14 accuracy (1 - accuracy) / shortfall**2 / tasks`` trials to notice.

    Args:
        scenario: What to judge.
        accuracy: The accuracy to reach, in [0, 1].
        trials: Trials of a simulation.
        seed: The seed of a simulation.
        false_alarm: The largest probability of a failure by chance, in (0, 1).

    Raises:
        AssertionError: The accuracy is not reached; the message says by how much.

    Example:
        >>> import limitlaw as ll
        >>> verifier = ll.Verifier.rates(false_positive_rate=0.05)
        >>> tasks = ll.Tasks.fixed(success=[0.3])
        >>> assert_accuracy_at_least(ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[50]), 0.85)
    """
    check_solvable(scenario)
    accuracy = as_share(accuracy, "accuracy")
    false_alarm = as_share(false_alarm, "false_alarm", inside=True)
    _, points = row_key(scenario)
    if scenario.limits is not None:
        last, where = scenario.replace(limits=scenario.limits[-1:]), f"under the limit {points[-1]}"
    else:
        last, where = scenario.replace(max_attempts=points[-1:].to_numpy()), f"at {points[-1]} attempts"
    try:
        frame, allowed, draws = solve(last, columns=["accuracy"]), 0.0, 1
    except NoClosedFormError:
        frame = simulate(last, trials=trials, seed=seed, columns=["accuracy"])
        # Equal weights: a mean of independent coins, one per task and trial. Else: of independent trials in [0, 1].
        draws = trials * (len(scenario.tasks) if scenario.tasks.weight is None else 1)
        allowed = math.log(len(scenario.policies) / false_alarm)
    exact = allowed == 0.0
    for policy, reached in frame.select("policy", "accuracy").iter_rows():
        if exact:
            failed = reached < accuracy - 1e-12
        else:
            surprise = draws * _divergence(np.array([reached]), np.array([accuracy]))[0]
            failed = reached < accuracy and surprise > allowed
        if failed:
            how = "exactly" if exact else f"in {trials} trials"
            raise AssertionError(
                f"{policy} must reach accuracy {accuracy} {where}, got {reached:.6g} {how}: {scenario!r}"
            )


def _divergence(share: npt.NDArray[np.float64], probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """KL(share || probability) of two coins: P(a mean of n coins this far off, on one side) <= exp(-n KL)."""

    def part(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        ratio = np.divide(a, b, out=np.full_like(a, np.inf), where=b > 0.0)
        return np.where(a > 0.0, a * np.log(np.where(a > 0.0, ratio, 1.0)), 0.0)

    return part(share, probability) + part(1.0 - share, 1.0 - probability)
