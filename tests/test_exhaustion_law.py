"""Scaling laws by themselves: published figures, exact and limit cases, and the optimum under a limit on data."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import limitlaw as ll

C4 = ll.Law.muennighoff_c4()
ALL_LAWS = [ll.Law.hoffmann(), ll.Law.besiroglu(), ll.Law.muennighoff(), C4, ll.Law.penalty(), ll.Law.bounded()]
computes = st.floats(18, 40).map(lambda x: 10**x)
tokens = st.floats(0, 30).map(lambda x: 10**x)
repetition = st.floats(-2.5, 12).map(lambda x: 10**x)


def optimum(compute: float, unique_tokens: float, law: ll.Law) -> dict[str, float]:
    return ll.optimal_allocation(compute, unique_tokens, law).row(0, named=True)


# Published figures


def test_muennighoff_readme_losses() -> None:
    """Muennighoff et al. 2023, README of the published code: two example losses, printed in full."""
    assert float(ll.loss(C4, 6.34e9, 242e9, 25e9)) == pytest.approx(2.2256440889984477, abs=1e-13)
    assert float(ll.loss(C4, 8.67e9, 178e9, 25e9)) == pytest.approx(2.2269634075087867, abs=1e-13)


def test_muennighoff_readme_optimum() -> None:
    """The README's grid prints 7.0224e9 parameters, 237.34e9 tokens, 9.4935 epochs; the exact optimum is beside it."""
    best = optimum(1e22, 25e9, C4)
    assert best["parameters"] == pytest.approx(7.02616e9, rel=1e-6)
    assert best["tokens"] == pytest.approx(237.209e9, rel=1e-6)
    assert best["epochs"] == pytest.approx(9.4884, abs=5e-5)
    assert best["loss"] == pytest.approx(2.22212927, abs=5e-9)
    assert best["parameters"] == pytest.approx(7.0224e9, rel=1e-3)  # the grid's spacing


@pytest.mark.parametrize(
    ("epochs", "worth"), [(2, 1.968), (4, 3.726), (8, 6.624), (16, 10.58), (40, 15.17), (1e9, 16.388)]
)
def test_worth_of_epochs(epochs: float, worth: float) -> None:
    """Muennighoff et al. 2023: D'(K epochs) / U at R_D* = 15.387756, from the loss alone.

    A huge model has the same N' at every D, so differences of the loss are those of the data term B D'^-beta.
    """
    unique, scale, beta = 1e9, math.exp(7.3049974), 0.3526596
    end = float(ll.loss(C4, 1e90, unique * 1e30, unique))
    term = float(ll.loss(C4, 1e90, unique * epochs, unique)) - end + scale * (unique * 16.387756) ** -beta
    # Half a unit of the last printed digit.
    assert (term / scale) ** (-1 / beta) / unique == pytest.approx(worth, abs=0.005 if worth > 10 else 0.0005)


@pytest.mark.parametrize(
    ("compute", "parameters", "data", "ratio"),
    [
        (5.76e23, (72.4e9, 0.05e9), (1.327e12, 0.0005e12), 18.3),
        (3.8e25, (620e9, 0.5e9), (10.2e12, 0.05e12), 16.5),
        (5e28, (24.6e12, 0.05e12), (339e12, 0.5e12), 13.8),
        (2e29, (50.1e12, 0.05e12), (665e12, 0.5e12), 13.3),
    ],
)
def test_besiroglu_allocation(
    compute: float, parameters: tuple[float, float], data: tuple[float, float], ratio: float
) -> None:
    """Compute-optimal runs of Besiroglu et al. 2024, Table 1, to half a unit of the last printed digit."""
    best = optimum(compute, 1e40, ll.Law.besiroglu())
    assert best["parameters"] == pytest.approx(parameters[0], abs=parameters[1])
    assert best["tokens"] == pytest.approx(data[0], abs=data[1])
    assert best["tokens"] / best["parameters"] == pytest.approx(ratio, abs=0.05)


def test_printed_hoffmann_coefficients_break_the_law() -> None:
    """Hoffmann et al. 2022, coefficients as printed: 93 tokens per parameter at 5.76e23 FLOP."""
    printed = ll.Law.chinchilla(
        log_a=math.log(406.4), log_b=math.log(410.7), log_e=math.log(1.69), alpha=0.34, beta=0.28
    )
    best = optimum(5.76e23, 1e40, printed)
    assert best["tokens"] / best["parameters"] == pytest.approx(93, abs=0.5)


def test_epoch_toy_plateau() -> None:
    """Villalobos et al. 2024, appendix G: the compute equivalent of the plateau at 300T tokens is 3.0e30."""
    a, b, alpha, beta = 514, 2115.2, 0.35, 0.37
    toy = ll.Law.chinchilla(log_a=math.log(a), log_b=math.log(b), log_e=0.0, alpha=alpha, beta=beta)
    plateau = b * 300e12**-beta
    low, high = 24.0, 40.0
    for _ in range(100):
        middle = (low + high) / 2
        reducible = optimum(10**middle, 1e60, toy)["loss_unconstrained"] - 1
        low, high = (middle, high) if reducible > plateau else (low, middle)
    assert 10**low == pytest.approx(2.99924e30, rel=1e-5)


def test_plateau_of_infinite_compute() -> None:
    """C4, U = 25e9, unlimited compute: the reducible loss is A (U_N (1 + R_N))^-alpha + B (U (1 + R_D))^-beta."""
    best = optimum(1e60, 25e9, C4)
    assert best["loss"] - math.exp(0.6254804) == pytest.approx(0.28675855868057765, abs=1e-14)


# Exact and limit cases

exponents = st.floats(0.1, 0.9)


@given(compute=computes, alpha=exponents, beta=exponents, log_a=st.floats(2, 10), log_b=st.floats(2, 12))
def test_the_frontier_is_stationary_and_inverts(
    compute: float, alpha: float, beta: float, log_a: float, log_b: float
) -> None:
    """Alpha A N^-alpha is beta B D^-beta, and C is 6 ((L* - E) / k0)^(-(alpha + beta) / (alpha beta)), to 1e-12.

    In logarithms; the loss is read with a relative error of 1e-16, which the exponent multiplies.
    """
    law = ll.Law.chinchilla(log_a=log_a, log_b=log_b, log_e=-50, alpha=alpha, beta=beta)
    best = optimum(compute, 1e100, law)
    n, d = best["parameters_unconstrained"], best["tokens_unconstrained"]
    log_n, log_d = math.log(n), math.log(d)
    slopes = math.log(alpha) + log_a - alpha * log_n, math.log(beta) + log_b - beta * log_d
    assert slopes[0] == pytest.approx(slopes[1], abs=1e-12)
    log_g = (math.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    log_k0 = np.logaddexp(log_a - alpha * log_g, log_b + beta * log_g)
    back = math.log(6) - (alpha + beta) / (alpha * beta) * (
        math.log(best["loss_unconstrained"] - math.exp(-50)) - log_k0
    )
    assert back == pytest.approx(math.log(compute), abs=1e-12 + 1e-15 * (alpha + beta) / (alpha * beta))


@given(
    compute=st.floats(20, 34),
    ratio=st.floats(0.05, 6),
    alpha=exponents,
    beta=exponents,
    r_d=st.floats(-2.5, 6),
    r_n=st.floats(-2.5, 6),
)
def test_the_loss_is_convex_along_the_budget(
    *, compute: float, ratio: float, alpha: float, beta: float, r_d: float, r_n: float
) -> None:
    """In ln N between the parameters that U is optimal for and one epoch, as docs/exhaustion.md proves."""
    base = (6.2, 7.6, -50.0, alpha, beta)
    law = ll.exhaustion.law.MuennighoffLaw(base=base, repetition_data=10**r_d, repetition_params=10**r_n)
    free = optimum(10**compute, 1e100, law)
    unique = free["tokens"] / 10**ratio
    log_g = (math.log(alpha / beta) + base[0] - base[1]) / (alpha + beta)
    first = log_g + beta / alpha * (math.log(unique) + log_g)
    last = math.log(10**compute / 6 / unique)
    assume(first > math.log(1e-6))  # where ``loss`` takes parameters
    log_n = np.linspace(first, last, 41)
    losses = ll.loss(law, np.exp(log_n), 10**compute / 6 / np.exp(log_n), unique)
    assert (np.diff(losses, 2) >= -1e-13 * losses.max()).all()
    best = optimum(10**compute, unique, law)
    assert first - 1e-9 <= math.log(best["parameters"]) <= last + 1e-9
    assert best["loss"] <= losses.min() * (1 + 1e-12)


@given(compute=computes, more=st.floats(1, 1e6))
def test_enough_data_is_no_shortage(compute: float, more: float) -> None:
    free = optimum(compute, 1e90, ll.Law.besiroglu())
    best = optimum(compute, free["tokens"] * more * (1 + 1e-9), ll.Law.muennighoff())
    assert best["lost_compute"] == best["excess_loss"] == best["marginal_value"] == 0.0
    assert best["epochs"] == 1.0
    assert best["loss"] == best["loss_unconstrained"] == free["loss"]
    assert best["parameters"] == free["parameters"]


@given(compute=computes, unique=tokens)
def test_endless_repetition_is_chinchilla(compute: float, unique: float) -> None:
    free = optimum(compute, 1e90, ll.Law.besiroglu())
    best = optimum(compute, unique, ll.Law.muennighoff(repetition_data=1e15, repetition_params=1e15))
    if best["epochs"] < 1e9:
        assert best["loss"] == pytest.approx(free["loss"], rel=1e-5)


@given(compute=computes, unique=st.floats(8, 14).map(lambda x: 10**x))
def test_worthless_repetition_stops_at_the_unique_data(compute: float, unique: float) -> None:
    law = ll.Law.muennighoff(repetition_data=1e-3, repetition_params=1e-3)
    best = optimum(compute, unique, law)
    if best["shortage"] > 1:
        matched = float(ll.loss(law, 1e90, unique * 1e6, unique))
        # D' <= 1.001 U and N' <= 1.001 U_N.
        assert best["loss"] == pytest.approx(matched, rel=1e-3)


@given(compute=computes, unique=tokens, r_d=repetition, r_n=repetition)
def test_the_loss_at_the_optimum_is_the_laws_and_no_neighbour_is_better(
    compute: float, unique: float, r_d: float, r_n: float
) -> None:
    law = ll.Law.muennighoff(repetition_data=r_d, repetition_params=r_n)
    best = optimum(compute, unique, law)
    n, d = best["parameters"], best["tokens"]
    assert 6 * n * d == pytest.approx(compute, rel=1e-11)
    if 1e-6 < n < 1e90 and 1e-6 < d < 1e90:
        around = ll.loss(law, n * np.exp([0, 1e-4, -1e-4, 0.1, -0.1]), d * np.exp([0, -1e-4, 1e-4, -0.1, 0.1]), unique)
        assert best["loss"] == pytest.approx(around[0], rel=1e-12)
        assert (around >= around[0] * (1 - 1e-13)).all()


@given(
    compute=st.floats(20, 32),
    ratio=st.floats(0.1, 4),
    scale=st.floats(-3, 3),
    law=st.sampled_from([C4, ll.Law.muennighoff()]),
)
def test_the_shortage_depends_on_the_ratio_alone(compute: float, ratio: float, scale: float, law: ll.Law) -> None:
    free = optimum(10**compute, 1e90, law)
    first = optimum(10**compute, free["tokens"] / 10**ratio, law)
    other = optimum(10 ** (compute + scale), 1e90, law)
    second = optimum(10 ** (compute + scale), other["tokens"] / 10**ratio, law)
    for name in ("lost_compute", "epochs", "shortage"):
        assert second[name] == pytest.approx(first[name], rel=1e-10, abs=1e-12)


@given(compute=st.floats(20, 34), unique=st.floats(8, 16), r_d=repetition, r_n=repetition)
def test_losses_fall_with_compute_data_and_worth_of_repeats(
    compute: float, unique: float, r_d: float, r_n: float
) -> None:
    def run(c: float = compute, u: float = unique, d: float = r_d, n: float = r_n) -> dict[str, float]:
        return optimum(10**c, 10**u, ll.Law.muennighoff(repetition_data=d, repetition_params=n))

    here = run()
    slack = 1e-12
    assert here["loss"] >= here["loss_unconstrained"]
    assert here["lost_compute"] >= 0
    assert run(c=compute + 0.1)["loss"] <= here["loss"] + slack
    assert run(u=unique + 0.1)["loss"] <= here["loss"] + slack
    assert run(d=min(r_d * 1.2, 1e15))["loss"] <= here["loss"] + slack
    assert run(n=min(r_n * 1.2, 1e15))["loss"] <= here["loss"] + slack
    assert run(c=compute + 0.1)["lost_compute"] >= here["lost_compute"] - slack
    assert run(u=unique + 0.1)["lost_compute"] <= here["lost_compute"] + slack


@pytest.mark.parametrize(
    "law", [ll.Law.muennighoff(), C4, ll.Law.muennighoff(max_epochs=4), ll.Law.penalty(), ll.Law.bounded()]
)
def test_marginal_value_is_the_slope_of_the_loss(law: ll.Law) -> None:
    """The envelope theorem against central finite differences in ln U."""
    h = 1e-3
    for compute in (1e22, 1e25, 1e28):
        for unique in (1e9, 1e11, 1e13):
            low, here, high = (optimum(compute, unique * math.exp(s), law) for s in (-h, 0, h))
            slope = (low["loss"] - high["loss"]) / (2 * h)
            assert here["marginal_value"] == pytest.approx(slope, rel=2e-4, abs=1e-7), (compute, unique)


@pytest.mark.parametrize(
    "law", [ll.Law.muennighoff(), C4, ll.Law.muennighoff(max_epochs=4), ll.Law.penalty(), ll.Law.bounded()]
)
def test_the_worth_of_data_in_compute_is_the_slope_of_the_equivalent_compute(law: ll.Law) -> None:
    """Per token, in nats and in FLOP, against central differences, whose own error is below 10 h^2."""
    h = 1e-3
    for compute in (1e22, 1e25, 1e28):
        for unique in (1e9, 1e11, 1e13):
            low, here, high = (optimum(compute, unique * math.exp(s), law) for s in (-h, 0, h))
            more = high["unique_tokens"] - low["unique_tokens"]
            flop = (high["equivalent_compute"] - low["equivalent_compute"]) / more
            assert here["marginal_compute"] == pytest.approx(flop, rel=10 * h * h, abs=1e-12 * compute / unique)
            nats = (low["loss"] - high["loss"]) / more * 1e12
            assert here["marginal_value_per_trillion_tokens"] == pytest.approx(nats, rel=2e-4, abs=1e-7 * 1e12 / unique)


@given(
    law=st.sampled_from([C4, ll.Law.muennighoff(), ll.Law.besiroglu(), ll.Law.penalty()]),
    compute=computes,
    unique=tokens,
)
def test_quantities_that_follow_from_a_run(law: ll.Law, compute: float, unique: float) -> None:
    best = optimum(compute, unique, law)
    assert best["compute_efficiency"] == pytest.approx(10 ** -best["lost_compute"], rel=1e-12)
    assert best["equivalent_compute"] == pytest.approx(compute * best["compute_efficiency"], rel=1e-11)
    assert best["tokens_per_parameter"] == pytest.approx(best["tokens"] / best["parameters"], rel=1e-11)
    assert (best["marginal_compute"] > 0) == (best["marginal_value"] > 0)


@pytest.mark.parametrize("law", [ll.Law.penalty(), ll.Law.bounded()])
def test_searched_optima_beat_a_grid(law: ll.Law) -> None:
    """Idle compute is allowed, so the optimum must beat every run within the budget."""
    rng = np.random.default_rng(5)
    for compute, unique in ((1e22, 25e9), (1e25, 1e10), (1e27, 1e13), (1e21, 1e13)):
        best = optimum(compute, unique, law)
        budget = compute / 6 * 10 ** -(rng.exponential(0.5, 20_000))
        data = 10 ** rng.uniform(8, 17, 20_000)
        grid = ll.loss(law, np.maximum(budget / data, 1e-6), data, unique)
        assert best["loss"] <= grid.min() + 1e-9
        assert best["loss"] == pytest.approx(grid.min(), abs=5e-3)
        assert 6 * best["parameters"] * best["tokens"] <= compute * (1 + 1e-9)


def test_lost_compute_is_the_compute_that_would_do_with_all_data() -> None:
    for law in (ll.Law.muennighoff(), ll.Law.penalty(), ll.Law.bounded()):
        best = optimum(1e27, 1e12, law)
        equivalent = optimum(1e27 / 10 ** best["lost_compute"], 1e60, law)
        assert equivalent["loss"] == pytest.approx(best["loss"], abs=1e-9)
        assert best["lost_compute"] > 0


# Bad input


@given(law=st.sampled_from(ALL_LAWS), compute=st.floats(1, 100), unique=st.floats(0, 100))
def test_extreme_but_legal_input_is_finite(law: ll.Law, compute: float, unique: float) -> None:
    frame = ll.optimal_allocation(max(10**compute, 6.0), 10**unique, law)
    assert all(math.isfinite(x) for x in frame.row(0))


def test_shapes_broadcast() -> None:
    frame = ll.optimal_allocation(np.array([[1e24], [1e26]]), np.array([1e11, 1e13, 1e15]), C4)
    assert frame["compute"].to_list() == [1e24] * 3 + [1e26] * 3
    assert ll.loss(C4, np.ones((2, 1)) * 1e10, np.ones(3) * 1e12).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ll.Law.chinchilla(log_a=6, log_b=6, log_e=0, alpha=0.0, beta=0.3), ValueError, "alpha must be in"),
        (lambda: ll.Law.muennighoff(repetition_data=-1), ValueError, "repetition_data must be in"),
        (lambda: ll.Law.mixture({"penalty": 0.0}), ValueError, "weights must be positive in sum, got 0"),
        (lambda: ll.Law.mixture({"chinchila": 1.0}), ValueError, "weights must name laws of .*got 'chinchila'"),
        (lambda: ll.optimal_allocation(-1.0, 1e9, C4), ValueError, r"compute must be in \[6, 1e100\], got -1"),
        (lambda: ll.optimal_allocation(1e24, math.nan, C4), ValueError, "unique_tokens must be in .* got nan"),
        (lambda: ll.optimal_allocation(1e24, 1e9, "c4"), TypeError, "law must be a Law"),
        (lambda: ll.optimal_allocation([1e24, 1e25], [1e9] * 3, C4), ValueError, "shapes must broadcast"),
        (lambda: ll.exhaustion.plateau(1e12, ll.Law.mixture({"penalty": 1})), (TypeError, ValueError), "law must be"),
        (lambda: ll.loss(ll.Law.mixture({"penalty": 1}), 1e9, 1e9, confidence=1), ValueError, "confidence must be in"),
    ],
)
def test_bad_input_is_one_clear_error(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
