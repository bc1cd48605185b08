"""Verifiers: operating points against enumeration and quadrature, and the three ways in which errors bend the curve."""

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from limitlaw.testing import assert_agrees_with_solution, assert_reproducible, rates, sampling_scenarios, verifiers
from reference.tails import FALSE_ALARM


def point(verifier: ll.Verifier) -> tuple[float, float]:
    """The false and true positive rate where it operates."""
    row = verifier.operating_points().filter(pl.col("source") == "operating point").row(0, named=True)
    return row["false_positive_rate"], row["true_positive_rate"]


def ceiling(verifier: ll.Verifier, success: float = 0.1) -> float:
    tasks = ll.Tasks.fixed(success=[success])
    return ll.ceilings(ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[1]))[
        "ceiling_all_tasks"
    ].item()


def beta_mean(mean: float, icc: float, value: object) -> float:
    """E[value(D)], D ~ Beta with that mean and intra-class correlation, by a sum over logits (exponentially exact)."""
    size = (1 - icc) / icc
    logit = np.linspace(-2000, 2000, 400_001)
    ln_density = -mean * size * np.logaddexp(0, -logit) - (1 - mean) * size * np.logaddexp(0, logit)
    weight = np.exp(ln_density - ln_density.max())
    return float((weight * value(np.exp(-np.logaddexp(0, -logit)))).sum() / weight.sum())


@pytest.mark.parametrize("icc", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("flakiness", [0.0, 0.02])
def test_a_suite_misses_as_quadrature_says(icc: float, flakiness: float) -> None:
    for tests in (1, 2, 17):
        f, t = point(ll.Verifier.tests(tests=tests, detection=0.3, icc=icc, flakiness=flakiness))
        want = beta_mean(0.3, icc, lambda d, m=tests: ((1 - d) * (1 - flakiness)) ** m)
        assert f == pytest.approx(want, rel=1e-9)
        assert t == pytest.approx((1 - flakiness) ** tests, rel=1e-12)


def test_tests_that_agree_add_less() -> None:
    points = [point(ll.Verifier.tests(tests=10, detection=0.3, icc=icc))[0] for icc in (0.0, 0.1, 0.5, 1.0)]
    assert points[0] == pytest.approx(0.7**10)
    assert points == sorted(points)
    assert points[-1] == pytest.approx(0.7)


def test_a_judge_is_two_normals() -> None:
    judge = ll.Verifier.judge(d_prime=1.5, threshold=0.8)
    survival = lambda z: 0.5 * math.erfc(z / math.sqrt(2))  # noqa: E731
    assert point(judge) == pytest.approx((survival(0.8), survival(-0.7)), rel=1e-12)
    # The curve's area is the AUC, by trapezoids of steps of a quarter.
    curve = ll.Verifier.judge(auc=0.8).operating_points()
    assert (curve["source"] == "curve").all()
    x, y = curve["false_positive_rate"].to_numpy(), curve["true_positive_rate"].to_numpy()
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) > 0).all()
    assert ((y[1:] + y[:-1]) * np.diff(x)).sum() / 2 == pytest.approx(0.8, abs=2e-3)
    assert ll.Verifier.judge(auc=0.5).d_prime == 0.0
    assert ll.closed_form.judge_threshold(success=0.1, d_prime=1.5, threshold=0.8).false_positive_rate == pytest.approx(
        point(judge)[0]
    )


def test_fresh_errors_fade_with_votes_and_persistent_ones_stay() -> None:
    at = lambda votes, fresh: ceiling(ll.Verifier.judge(d_prime=1.5, threshold=1.0, votes=votes, fresh=fresh))  # noqa: E731
    assert at(1, 0.0) == at(100, 0.0) == at(1, 0.7)
    fresh = [at(votes, 1.0) for votes in (1, 4, 16, 10**9)]
    assert fresh == sorted(fresh)
    assert fresh[-1] == pytest.approx(1.0)
    # 30 % persistent: no number of votes beats a judge whose whole noise is those 30 %.
    limit = ceiling(ll.Verifier.judge(d_prime=1.5 / math.sqrt(0.3), threshold=1.0 / math.sqrt(0.3)))
    partly = [at(votes, 0.7) for votes in (1, 4, 16, 10**9)]
    assert partly == sorted(partly)
    assert partly[-1] == pytest.approx(limit, rel=1e-8)
    assert partly[2] < limit


def test_a_judge_against_a_loop_over_calls() -> None:
    """Scores drawn call by call: accepted shares of right and wrong answers."""
    random = np.random.default_rng(8)
    answers, votes, fresh, d_prime, threshold = 400_000, 3, 0.6, 1.2, 0.7
    for correct in (0, 1):
        own = random.standard_normal((answers, 1)) * math.sqrt(1 - fresh)
        calls = random.standard_normal((answers, votes)) * math.sqrt(fresh)
        share = ((correct * d_prime + own + calls).mean(axis=1) > threshold).mean()
        judge = ll.Verifier.judge(d_prime=d_prime, threshold=threshold, votes=votes, fresh=fresh)
        assert abs(share - point(judge)[correct]) < math.sqrt(math.log(4 / FALSE_ALARM) / (2 * answers))


@pytest.mark.parametrize("shared", [0.0, 0.35, 1.0])
def test_an_ensemble_is_the_enumeration_of_verdicts(shared: float) -> None:
    members = [(0.1, 0.9), (0.3, 0.7), (0.25, 0.99)]
    made = [ll.Verifier.rates(false_positive_rate=f, false_negative_rate=1 - t) for f, t in members]
    for needed, rule in ((3, "all"), (1, "any"), (2, 2), (1, 1)):
        want = []
        for side in (0, 1):
            chance = [m[side] for m in members]
            alone = sum(
                math.prod(c if v else 1 - c for c, v in zip(chance, verdicts, strict=True))
                for verdicts in itertools.product([0, 1], repeat=3)
                if sum(verdicts) >= needed
            )
            want.append(shared * sorted(chance)[-needed] + (1 - shared) * alone)
        assert point(ll.Verifier.ensemble(made, rule=rule, shared=shared)) == pytest.approx(want, rel=1e-12)


def test_the_ceiling_of_an_ensemble_ends_where_errors_are_shared() -> None:
    one = ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.1)
    at = lambda members, shared: ceiling(ll.Verifier.ensemble([one] * members, rule="all", shared=shared))  # noqa: E731
    assert at(1, 0.0) == at(5, 1.0) == ceiling(one)
    assert at(5, 0.0) > 0.99
    assert [at(m, 0.5) for m in (1, 2, 5)] == sorted(at(m, 0.5) for m in (1, 2, 5))
    # The shared half of the errors stays: f >= 0.5 * 0.2, g <= 0.55.
    assert at(100, 0.5) < 0.1 / (0.1 + 0.9 * 0.1)
    # Unanimity of many drives acceptance of correct answers to (1-g)^m.
    assert point(ll.Verifier.ensemble([one] * 30))[1] == pytest.approx(0.9**30)


@pytest.mark.parametrize(("icc", "want"), [(0, 0.690), (0.1, 0.773), (0.3, 0.849), (0.6, 0.907)])
def test_persistent_errors_raise_the_mean_ceiling(icc: float, want: float) -> None:
    assert round(ceiling(ll.Verifier.rates(false_positive_rate=0.05, icc=icc)), 3) == want


def test_a_member_with_spread_errors_is_drawn_too() -> None:
    """All of one spread member is that member, whose accuracy is known exactly; the others bound it.

    Within 6 standard errors: false alarms below 4e-9.
    """
    spread = ll.Verifier.rates(false_positive_rate=0.3, icc=0.5)
    never = ll.Verifier.rates(false_positive_rate=0.0)
    scenario = lambda verifier: ll.SamplingScenario(  # noqa: E731
        tasks=ll.Tasks.fixed(success=[0.2, 0.05]), verifier=verifier, max_attempts=[1, 100]
    )
    run = lambda verifier: ll.simulate(scenario(verifier), trials=3000, seed=1)  # noqa: E731
    drawn, known = run(ll.Verifier.ensemble([spread])), ll.solve(scenario(spread))
    assert ((drawn["accuracy"] - known["accuracy"]).abs() < 6 * drawn["accuracy_se"]).all()
    assert run(ll.Verifier.ensemble([spread, never]))["precision"].to_list() == [1.0, 1.0]


@given(verifiers())
@settings(max_examples=150)
def test_every_verifier_round_trips_and_has_rates(verifier: ll.Verifier) -> None:
    assert ll.Verifier.from_json(verifier.to_json()) == verifier
    points = verifier.operating_points()
    for name in ("false_positive_rate", "true_positive_rate"):
        assert points[name].is_between(0.0, 1.0).all()
    assert (points["source"] == "operating point").sum() == 1


@given(sampling_scenarios())
@settings(max_examples=60)
def test_every_scenario_agrees_with_its_solution_or_says_why_there_is_none(scenario: ll.SamplingScenario) -> None:
    try:
        assert_agrees_with_solution(scenario, trials=200)
    except ll.NoClosedFormError as error:
        why = str(error)
    else:
        why = "use simulate"
    assert "use simulate" in why
    assert_reproducible(scenario, trials=100, threads=(1, 3))


@given(rates(), rates(), st.floats(0.0, 1.0), st.integers(1, 4))
def test_an_ensemble_of_one_kind_lies_between_one_member_and_independence(
    f: float, g: float, shared: float, members: int
) -> None:
    one = ll.Verifier.rates(false_positive_rate=f, false_negative_rate=g)
    got = point(ll.Verifier.ensemble([one] * members, shared=shared))[0]
    assert f**members * (1 - 1e-12) <= got <= f * (1 + 1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (ll.Verifier.judge, "d_prime or auc must be given"),
        (lambda: ll.Verifier.judge(d_prime=1, auc=0.7), "d_prime or auc must be given"),
        (lambda: ll.Verifier.judge(auc=1.0), r"auc must be in \(0, 1\), got 1"),
        (lambda: ll.Verifier.judge(d_prime=1, votes=0), r"votes must be a whole number in \[1, "),
        (lambda: ll.Verifier.judge(d_prime=1, fresh=1.1), r"fresh must be in \[0, 1\], got 1.1"),
        (lambda: ll.Verifier.judge(d_prime=101), r"d_prime must be in \[-100, 100\], got 101"),
        (lambda: ll.Verifier.tests(tests=0, detection=0.5), r"tests must be a whole number in \[1, "),
        (lambda: ll.Verifier.tests(tests=3, detection=1.5), r"detection must be in \[0, 1\], got 1.5"),
        (lambda: ll.Verifier.tests(tests=3, detection=0.5, icc=-1), r"icc must be in \[0, 1\], got -1"),
        (lambda: ll.Verifier.ensemble([]), "verifiers must be 1 to 1000 verifiers, got 0"),
        (
            lambda: ll.Verifier.ensemble([ll.Verifier.perfect()], rule=2),
            "rule must be 'all', 'any' or a whole number of verifiers",
        ),
        (lambda: ll.Verifier.ensemble([ll.Verifier.perfect()], rule="most"), "rule must be one of"),
        (lambda: ll.Verifier.ensemble([ll.Verifier.judge(d_prime=1)]), r"verifiers\[0\].threshold must be a number"),
        (lambda: ll.Verifier.rates(false_positive_rate=0.1, correlation=0.5), "correlation must be 0 where icc is 0"),
        (
            lambda: ll.Verifier.rates(false_negative_rate=[0.1, 0.2], icc=0.5, correlation=0.5),
            "false_negative_rate must be one number where correlation is not 0: the rank of a task would move its mean",
        ),
        (lambda: ll.Verifier.rates(icc=0.5, correlation=1.5), r"correlation must be in \[-1, 1\], got 1.5"),
        (lambda: ll.Tasks.beta(0.0, 1.0, 3), r"alpha must be in \[1e-6, 1e9\], got 0"),
        (lambda: ll.Tasks.beta(1.0, 1.0, 0), r"count must be a whole number in \[1, "),
        (lambda: ll.Tasks.beta(1.0, 1.0, 3, unsolvable=2), r"unsolvable must be in \[0, 1\], got 2"),
        (lambda: ll.Tasks.beta(1.0, 1.0, 3, redraw="never"), "redraw must be one of"),
        (
            lambda: ll.Tasks.mixture(weight=[0.0], success=[0.1], count=1),
            "weight must be positive for at least one type",
        ),
        (lambda: ll.Tasks.mixture(weight=[1, 1], success=[0.1], count=1), r"success must be as long as weight \(2\)"),
        (
            lambda: ll.SamplingScenario(
                tasks=ll.Tasks.fixed(success=[0.1]), verifier=ll.Verifier.judge(d_prime=1), max_attempts=[1]
            ),
            r"verifier.threshold must be a number, for policies\[0\] returns what the verifier accepts, got None",
        ),
        (
            lambda: ll.SamplingScenario(
                tasks=ll.Tasks.fixed(success=[0.1]),
                verifier=ll.Verifier.ensemble([ll.Verifier.tests(tests=2, detection=[0.1, 0.2])]),
                max_attempts=[1],
            ),
            r"verifier.detection must be as long as tasks \(1\), got 2 values",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
