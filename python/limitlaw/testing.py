"""Property-based tests of what builds on limitlaw: Hypothesis strategies, profiles, and statistical assertions.

Importing this module registers the strategies, so that ``st.from_type(ll.Verifier)`` works (Hypothesis' entry point
does it too), and two profiles without a deadline: ``limitlaw``, and ``limitlaw-ci``, which draws the same examples in
every run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from limitlaw._arguments import as_share, as_whole
from limitlaw._core import NoClosedFormError
from limitlaw.run import simulate, solve
from limitlaw.sampling import FirstAccepted, Policy, SamplingScenario, Tasks, Utility, Verifier
from limitlaw.sampling.scenario import row_key
from limitlaw.sampling.tasks import Redraw

if TYPE_CHECKING:
    import numpy.typing as npt

    from limitlaw.seed import Seed

try:
    import hypothesis
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover  (the message is what matters)
    raise ImportError('limitlaw.testing needs Hypothesis: pip install "limitlaw[testing]"') from error

__all__ = [
    "assert_accuracy_at_least",
    "assert_agrees_with_solution",
    "assert_reproducible",
    "policies",
    "rates",
    "sampling_scenarios",
    "seeds",
    "tasks",
    "verifiers",
]

_REDRAW: st.SearchStrategy[Redraw] = st.sampled_from(["trial", "run"])
#: Where formulas break first.
_EDGES = [0.0, 1.0, 1e-12, 1.0 - 1e-12]


def rates(*, low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[float]:
    """Probabilities in [low, high], about every second one among 0, 1, 1e-12 and 1 - 1e-12 (those in the range).

    Example:
        >>> from hypothesis import find
        >>> find(rates(), lambda rate: 0 < rate < 1e-6)
        1e-12
    """
    edges = [edge for edge in _EDGES if low <= edge <= high]
    anywhere = st.floats(low, high)
    return st.one_of(st.sampled_from(edges), anywhere) if edges else anywhere


def seeds() -> st.SearchStrategy[int]:
    """Seeds: small ones, and beyond 64 bits."""
    return st.one_of(st.integers(0, 100), st.integers(0, 2**128))


@st.composite
def tasks(draw: st.DrawFn, *, max_count: int = 6) -> Tasks:
    """Tasks of every kind, at most ``max_count`` of them."""
    count = draw(st.integers(1, max_count))
    kind = draw(st.sampled_from(["fixed", "counts", "pool", "beta", "mixture"]))
    if kind == "beta":
        shape = st.floats(0.01, 100.0)
        redraw = draw(_REDRAW)
        return Tasks.beta(draw(shape), draw(shape), count, unsolvable=draw(rates()), redraw=redraw)
    if kind == "mixture":
        types = draw(st.integers(1, 3))
        shares = draw(st.lists(st.floats(0.01, 10.0), min_size=types, max_size=types))
        success = draw(st.lists(rates(), min_size=types, max_size=types))
        redraw = draw(_REDRAW)
        return Tasks.mixture(weight=shares, success=success, count=count, redraw=redraw)
    weight: Any = draw(st.none() | st.lists(st.floats(0.01, 10.0), min_size=count, max_size=count))
    if kind == "fixed":
        return Tasks.fixed(success=draw(st.lists(rates(), min_size=count, max_size=count)), weight=weight)
    attempts = draw(st.lists(st.integers(1, 50), min_size=count, max_size=count))
    correct = [draw(st.integers(0, n)) for n in attempts]
    if kind == "counts":
        prior: Any = draw(st.none() | st.just("jeffreys") | st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)))
        return Tasks.counts(attempts=attempts, correct=correct, posterior=prior is not None, prior=prior, weight=weight)
    accepted_correct = [draw(st.integers(0, c)) for c in correct]
    accepted = [t + draw(st.integers(0, n - c)) for n, c, t in zip(attempts, correct, accepted_correct, strict=True)]
    known = draw(st.booleans())
    return Tasks.pool(attempts, accepted, accepted_correct, correct=correct if known else None, weight=weight)


@st.composite
def verifiers(draw: st.DrawFn, *, verdicts: bool = True, max_members: int = 3) -> Verifier:
    """Verifiers of every kind, the same for all tasks.

    Args:
        draw: Given by Hypothesis.
        verdicts: Only those that accept and reject; else also judges without a threshold.
        max_members: The most members of an ensemble; 0 for none.
    """
    kinds = ["perfect", "rates", "spread", "tests", "judge", *(["ensemble"] if max_members else [])]
    kind = draw(st.sampled_from(kinds))
    if kind == "perfect":
        return Verifier.perfect()
    if kind == "rates":
        return Verifier.rates(false_positive_rate=draw(rates()), false_negative_rate=draw(rates()))
    if kind == "spread":
        return Verifier.rates(
            false_positive_rate=draw(rates()),
            false_negative_rate=draw(rates()),
            icc=draw(st.floats(0.001, 1.0)),
            correlation=draw(st.sampled_from([0.0, -1.0, 1.0]) | st.floats(-1.0, 1.0)),
        )
    if kind == "tests":
        many = draw(st.integers(1, 100))
        return Verifier.tests(tests=many, detection=draw(rates()), icc=draw(rates()), flakiness=draw(rates()))
    if kind == "judge":
        threshold = draw(st.floats(-5.0, 5.0) | st.none() if not verdicts else st.floats(-5.0, 5.0))
        return Verifier.judge(
            d_prime=draw(st.floats(0.0, 5.0)), threshold=threshold, votes=draw(st.integers(1, 9)), fresh=draw(rates())
        )
    members = draw(st.lists(verifiers(max_members=0), min_size=1, max_size=max_members))
    rule: Any = draw(st.sampled_from(["all", "any"]) | st.integers(1, len(members)))
    return Verifier.ensemble(members, rule=rule, shared=draw(rates()))


def policies() -> st.SearchStrategy[Policy]:
    """Policies that fit every scenario with verdicts."""
    return st.builds(FirstAccepted, fallback=st.just("abstain"))


def utilities() -> st.SearchStrategy[Utility]:
    """What answers are worth."""
    price = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 100.0)
    return st.builds(Utility, correct_reward=price, wrong_cost=price, attempt_cost=price)


@st.composite
def sampling_scenarios(draw: st.DrawFn, *, max_work: int = 60, max_attempts: int = 10**6) -> SamplingScenario:
    """Scenarios of every kind of tasks, verifier and policy that fit together.

    Args:
        draw: Given by Hypothesis.
        max_work: The most tasks times grid points: what a trial costs.
        max_attempts: The largest number of attempts on a grid.
    """
    population = draw(tasks(max_count=max(1, min(6, max_work))))
    pool = population.kind == "pool"
    points = max(1, min(5, max_work // len(population)))
    most = int(population.attempts.min()) if pool else max_attempts  # type: ignore[attr-defined]
    few = st.integers(1, min(most, 30))
    grid = draw(st.sets(few | st.integers(1, most), min_size=1, max_size=points))
    knows_last = not pool or population.correct is not None  # type: ignore[attr-defined]
    fallbacks: Any = draw(
        st.sampled_from([["abstain"], ["last"], ["abstain", "last"]] if knows_last else [["abstain"]])
    )
    return SamplingScenario(
        tasks=population,
        verifier=None if pool else draw(verifiers()),
        policies=[FirstAccepted(fallback=fallback) for fallback in fallbacks],
        max_attempts=sorted(grid),
        utility=draw(st.none() | utilities()),
    )


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
    names = [name for name in _SHARES if exact[name].null_count() == 0]
    allowed = math.log(2.0 * len(names) * exact.height / false_alarm)
    for name in names:
        probability = exact[name].to_numpy().clip(0.0, 1.0)
        share = counted[name].to_numpy()
        surprise = trials * _divergence(share, probability)
        worst = int(surprise.argmax())
        if surprise[worst] > allowed:
            at = {key: exact[key][worst] for key in ("policy", row_key(scenario)[0], "task")}
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
    for policy, reached in frame.select("policy", "accuracy").iter_rows():
        if frame["exact"][0]:
            failed = reached < accuracy - 1e-12
        else:
            surprise = draws * _divergence(np.array([reached]), np.array([accuracy]))[0]
            failed = reached < accuracy and surprise > allowed
        if failed:
            how = "exactly" if frame["exact"][0] else f"in {trials} trials"
            raise AssertionError(
                f"{policy} must reach accuracy {accuracy} {where}, got {reached:.6g} {how}: {scenario!r}"
            )


def _divergence(share: npt.NDArray[np.float64], probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """KL(share || probability) of two coins: P(a mean of n coins this far off, on one side) <= exp(-n KL)."""

    def part(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        ratio = np.divide(a, b, out=np.full_like(a, np.inf), where=b > 0.0)
        return np.where(a > 0.0, a * np.log(np.where(a > 0.0, ratio, 1.0)), 0.0)

    return part(share, probability) + part(1.0 - share, 1.0 - probability)


def _register() -> None:
    """Tell Hypothesis how to draw limitlaw's types. Its entry point imports this module, whole or half imported."""
    st.register_type_strategy(Tasks, tasks())
    st.register_type_strategy(Verifier, verifiers())
    st.register_type_strategy(Policy, policies())
    st.register_type_strategy(Utility, utilities())
    st.register_type_strategy(SamplingScenario, sampling_scenarios())
    hypothesis.settings.register_profile("limitlaw", deadline=None)
    hypothesis.settings.register_profile("limitlaw-ci", deadline=None, derandomize=True, print_blob=True)


_register()
