"""Can one model reach another: roots against the closed form solved by hand, verdicts against the paper's 17 models."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw.sampling.root import last_reaching


def scenario(success: list[float], verifier: ll.Verifier, **changes: object) -> ll.SamplingScenario:
    return ll.SamplingScenario(
        **{"tasks": ll.Tasks.fixed(success=success), "verifier": verifier, "max_attempts": [1, 5, 10**12]} | changes
    )


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=30, unique=True), st.integers(0, 29), st.floats(1e-12, 1e-2))
@settings(max_examples=200)
def test_the_bracket_of_a_root_holds_on_steps_and_plateaus(ends: list[float], level: int, width: float) -> None:
    """A falling step function, as that of a simulation with few trials: the root is where the step is."""
    ends = sorted(ends)
    calls: list[float] = []

    def excess(rate: float) -> float:
        calls.append(rate)
        return float(sum(rate < end for end in ends) - min(level, len(ends) - 1) - 1)

    want = ends[-1 - min(level, len(ends) - 1)]  # reaches below
    found = last_reaching(excess, 1.0, width)
    assert found is not None
    assert want * (1.0 - 2.0 * width) - 3e-18 <= found <= want
    assert len(calls) <= 250  # thrice the halvings to 1e-18


@given(st.floats(0.01, 0.9), st.floats(0.0, 0.9), st.floats(0.05, 0.99))
@settings(max_examples=15)
def test_the_root_at_the_ceiling_is_the_formula_by_hand(p: float, g: float, target: float) -> None:
    """The precision p(1-g)/(p(1-g) + (1-p)f) solved for f."""
    verifier = ll.Verifier.rates(false_positive_rate=0.3, false_negative_rate=g)
    frame = ll.required_false_positive_rate(scenario([p], verifier), accuracy=target)
    want = min(p * (1 - g) * (1 / target - 1) / (1 - p), 1.0)
    row = frame.row(2, named=True)
    assert row["run"].startswith("exact-")
    assert row["required_false_positive_rate"] == pytest.approx(want, rel=1e-6)
    assert "required_false_positive_rate_low" not in row
    # One attempt: accuracy p(1-g), whatever the false positive rate.
    assert (frame["required_false_positive_rate"][0] is None) == (p * (1 - g) < target)


def test_the_scenario_with_the_required_rate_has_the_accuracy() -> None:
    weak = scenario(
        [0.1, 0.4, 0.9],
        ll.Verifier.rates(false_positive_rate=[0.1, 0.2, 0.3]),
        policies=[ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
        max_attempts=[20],
    )
    frame = ll.required_false_positive_rate(weak, accuracy=0.85)
    assert frame["false_positive_rate"].to_list() == pytest.approx([0.2, 0.2])
    for policy, rate in zip(weak.policies, frame["required_false_positive_rate"], strict=True):
        rates = np.array([0.1, 0.2, 0.3]) * rate / 0.2
        better = weak.replace(policies=[policy], verifier=ll.Verifier.rates(false_positive_rate=rates))
        assert ll.solve(better)["accuracy"][0] == pytest.approx(0.85, abs=1e-12)


def test_simulation_finds_the_same_root_with_an_interval() -> None:
    """At the ceiling the spread rate's mean is known: 2F1. The interval of a seed holds the root.

    Nothing is tied to the success rate of a single task, so its correlation changes nothing but the method.
    """
    spread = scenario(
        [0.1], ll.Verifier.rates(false_positive_rate=0.05, icc=0.3, correlation=0.5), max_attempts=[10**9]
    )
    with pytest.raises(TypeError, match="seed must be given, for this scenario has no closed form"):
        ll.required_false_positive_rate(spread, accuracy=0.9)
    # A normal interval of 1 - 2e-9 fails with that probability.
    row = ll.required_false_positive_rate(spread, accuracy=0.9, seed=3, trials=20_000, confidence=1 - 2e-9).row(
        0, named=True
    )
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        reached = ll.closed_form.spread_ceiling(success=0.1, false_positive_rate=middle, icc=0.3) >= 0.9
        low, high = (middle, high) if reached else (low, middle)
    assert row["required_false_positive_rate_low"] < low < row["required_false_positive_rate_high"]
    assert row["required_false_positive_rate"] == pytest.approx(low, rel=0.2)
    assert (row["trials"], row["run"]) == (20_000, f"3-{spread.fingerprint()[:8]}-v1")


def test_the_papers_models_at_least_twelve_cannot_and_one_is_too_close() -> None:
    models = ll.datasets.humaneval_ceilings()
    assert models.height == 17
    strong = models.row(0, named=True)
    assert (strong["model"], strong["accuracy"]) == ("GPT-4o", 0.855)
    weak = models.slice(1)
    verdicts = ll.can_match(weak["ceiling"], 0.855, standard_error=0.006)
    by_model = dict(zip(weak["model"], verdicts["verdict"], strict=True))
    assert sum(verdict == "cannot" for verdict in by_model.values()) == 12
    assert by_model["Phi-3 Mini"] == by_model["Phi-3 Medium"] == "too close to call"
    assert by_model["Llama 3.1 405B"] == "can"
    slope, intercept = np.polyfit(models["accuracy"], models["ceiling"], 1)
    assert (round(slope, 2), round(intercept, 2)) == (0.22, 0.72)
    correlation = np.corrcoef(models["accuracy"], models["ceiling"])[0, 1]
    assert round(correlation**2, 3) == 0.892


def test_scenarios_are_compared_by_ceiling_and_single_attempt() -> None:
    verifier = ll.Verifier.rates(false_positive_rate=0.05)
    weak, strong = scenario([0.1, 0.0], verifier), scenario([0.3, 0.5], verifier)
    row = ll.can_match(weak, strong).row(0, named=True)
    assert row["ceiling"] == pytest.approx(0.5 * 0.1 / 0.145)
    assert row["single_attempt"] == pytest.approx(0.4)
    assert (row["difference_se"], row["verdict"], row["max_attempts"]) == (0.0, "cannot", None)
    row = ll.can_match(weak, 0.3).row(0, named=True)
    curve = [ll.solve(weak.replace(max_attempts=[k]))["accuracy"][0] for k in range(1, 60)]
    assert row["max_attempts"] == 1 + next(i for i, accuracy in enumerate(curve) if accuracy >= 0.3)
    assert row["verdict"] == "can"
    assert ll.can_match(weak, float(row["ceiling"]))["verdict"].item() == "can"


def test_observed_attempts_leave_an_error() -> None:
    """The standard error of a pool's ceiling, against repeated sampling of its attempts."""
    random = np.random.default_rng(3)
    n, accept, precision = 400, np.array([0.5, 0.3, 0.8]), np.array([0.9, 0.4, 0.7])
    verdicts, found = [], []
    for _ in range(400):
        accepted = random.binomial(n, accept)
        right = random.binomial(accepted, precision)
        pool = ll.SamplingScenario(tasks=ll.Tasks.pool([n] * 3, accepted, right), max_attempts=[1])
        row = ll.can_match(pool, 1.0).row(0, named=True)
        found.append(row["ceiling"])
        verdicts.append(row["difference_se"])
    # A standard deviation of 400 nearly normal means: relative error 1/sqrt(800), 6.5 of them.
    assert abs(np.std(found) / np.mean(verdicts) - 1) < 6.5 / math.sqrt(800)


def precision(p, f):
    return np.divide(p, p + (1 - p) * f, out=np.zeros_like(p), where=p > 0)


@pytest.mark.parametrize(("f", "n"), [(0.0, 5), (0.05, 5), (0.05, 100)])
def test_the_interval_of_a_finite_sample_holds_the_ceiling(f: float, n: int) -> None:
    """164 tasks from a Beta, 60 data sets, counts and pools: nominal .95.

    At a coverage of .95 fewer than 51 of 60 has probability .0009; measured at .945 to 1.
    """
    random = np.random.default_rng([4, n])
    inside = {"counts": 0, "pool": 0}
    for _ in range(60):
        p = random.beta(0.23, 0.96, 164)
        accepted = random.binomial(n, p + (1 - p) * f)
        tasks = {
            "counts": ll.Tasks.counts(attempts=np.full(164, n), correct=random.binomial(n, p)),
            "pool": ll.Tasks.pool(np.full(164, n), accepted, random.binomial(accepted, precision(p, f))),
        }
        for kind, population in tasks.items():
            verifier = ll.Verifier.rates(false_positive_rate=f) if kind == "counts" else None
            weak = ll.SamplingScenario(tasks=population, verifier=verifier, max_attempts=[1])
            row = ll.can_match(weak, 0.0).row(0, named=True)
            assert row["ceiling_low"] <= row["ceiling_high"]
            truth = precision(p, f).mean()
            inside[kind] += row["difference_low"] - 1e-12 <= truth <= row["difference_high"] + 1e-12
    assert min(inside.values()) >= 51


def test_one_attempt_a_task_leaves_the_ceiling_between_mixtures() -> None:
    """Between all-or-none tasks and tasks with one rate, at the exact limits of 40 of 100."""
    counts = ll.Tasks.counts(attempts=np.ones(100), correct=np.repeat([1.0, 0.0], [40, 60]))
    weak = ll.SamplingScenario(tasks=counts, verifier=ll.Verifier.rates(false_positive_rate=0.3), max_attempts=[1])
    row = ll.can_match(weak, 0.6).row(0, named=True)
    high = ll.fit.upper_bound(40, 100, confidence=0.975)
    low = 1 - ll.fit.upper_bound(60, 100, confidence=0.975)
    assert row["difference_low"] == pytest.approx(low - 0.6)
    assert row["difference_high"] == pytest.approx(high / (high + (1 - high) * 0.3) - 0.6)
    assert row["verdict"] == "too close to call"


def test_unaccepted_tasks_may_be_anything() -> None:
    frame = ll.can_match([0.7, 0.7], 0.75, unaccepted=[0.1, 0.2])
    assert frame["ceiling_low"].to_list() == pytest.approx([0.63, 0.56])
    assert frame["ceiling_high"].to_list() == pytest.approx([0.73, 0.76])
    assert frame["verdict"].to_list() == ["cannot", "too close to call"]


def test_a_pool_cannot_need_more_attempts_than_it_has() -> None:
    pool = ll.SamplingScenario(tasks=ll.Tasks.pool([10, 10], [4, 2], [4, 1]), max_attempts=[1])
    row = ll.can_match(pool, 0.75).row(0, named=True)
    # The last acceptance of the second task comes by attempt 9 at the latest.
    assert (row["ceiling"], row["max_attempts"]) == (0.75, 9)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda w: ll.required_false_positive_rate(w, accuracy=1.2), ValueError, r"accuracy must be in \[0, 1\]"),
        (
            lambda _: ll.required_false_positive_rate(None, accuracy=0.5),
            TypeError,
            "scenario must be a SamplingScenario",
        ),
        (
            lambda w: ll.required_false_positive_rate(
                w.replace(verifier=ll.Verifier.judge(d_prime=1, threshold=1)), accuracy=0.5
            ),
            TypeError,
            "scenario.verifier must be made by Verifier.rates",
        ),
        (
            lambda w: ll.can_match(w, 1.5),
            ValueError,
            r"strong must be a SamplingScenario or a number in \[0, 1\], got 1.5",
        ),
        (lambda _: ll.can_match([0.5, math.nan], 0.5), ValueError, r"weak must be .* numbers in \[0, 1\]"),
        (lambda _: ll.can_match("all", 0.5), TypeError, "weak must be a SamplingScenario or numbers"),
        (lambda w: ll.can_match(w, 0.5, standard_error=-1), ValueError, "standard_error must be finite and at least 0"),
        (
            lambda _: ll.can_match([0.5, 0.6], 0.5, unaccepted=[0.1] * 3),
            ValueError,
            r"unaccepted must be one number, or one for each of 2 models, got the shape \(3,\)",
        ),
        (lambda w: ll.can_match(w, 0.5, confidence=1.0), ValueError, r"confidence must be in \[1e-9, 1 - 1e-9\], got"),
    ],
)
def test_bad_arguments_are_named(call: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(scenario([0.1], ll.Verifier.rates(false_positive_rate=0.1)))
