"""Questions asked backwards: against mpmath, against searches over a law written out here, and one another."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import optimize

import limitlaw as ll
from limitlaw import exhaustion as ex

LOG_A, LOG_B, LOG_E, ALPHA, BETA = 6.17795598, 7.64273236, 0.59711196, 0.34781303, 0.36585412
BASE = {"log_a": LOG_A, "log_b": LOG_B, "log_e": LOG_E, "alpha": ALPHA, "beta": BETA}
R_D, R_N = 15.387756, 5.309743
PLAIN = ll.Law.chinchilla(**BASE)
REPEATS = ll.Law.muennighoff(repetition_data=R_D, repetition_params=R_N, base=PLAIN)


def worth(copies: np.ndarray, r: float) -> np.ndarray:
    return 1 + r * -np.expm1(-(copies - 1) / r)


def own_loss(log_n: np.ndarray, log_d: np.ndarray, unique: float) -> np.ndarray:
    """The law of Muennighoff et al. 2023, written out."""
    ln_g = (math.log(ALPHA / BETA) + LOG_A - LOG_B) / (ALPHA + BETA)
    used = np.minimum(log_d, math.log(unique))
    log_un = np.minimum(log_n, ln_g + (used + ln_g) * BETA / ALPHA)
    n = log_un + np.log(worth(np.exp(log_n - log_un), R_N))
    d = used + np.log(worth(np.exp(log_d - used), R_D))
    return math.exp(LOG_E) + np.exp(LOG_A - ALPHA * n) + np.exp(LOG_B - BETA * d)


def own_best(compute: float, unique: float) -> float:
    """Its least loss over all splits of the budget: a grid, and a search around its best."""
    log_k = math.log(compute / 6)
    grid = np.linspace(0.2 * log_k, 0.8 * log_k, 4001)
    values = own_loss(grid, log_k - grid, unique)
    at, step = grid[values.argmin()], grid[1] - grid[0]
    return float(
        optimize.minimize_scalar(
            lambda n: own_loss(np.array(n), np.array(log_k - n), unique),
            bounds=(at - step, at + step),
            method="bounded",
            options={"xatol": 1e-12},
        ).fun
    )


@pytest.mark.parametrize("loss", [3.0, 2.2, 1.9])
def test_without_scarcity_compute_is_the_closed_form(loss: float) -> None:
    with mp.workdps(30):
        a, b, e = mp.exp(LOG_A), mp.exp(LOG_B), mp.exp(LOG_E)
        alpha, beta = mp.mpf(ALPHA), mp.mpf(BETA)
        g = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
        k0 = a * g**-alpha + b * g**beta
        want = float(6 * ((loss - e) / k0) ** (-(alpha + beta) / (alpha * beta)))
    for law, unique in ((PLAIN, 1e6), (REPEATS, 1e40)):
        assert ex.compute_for_loss(law, loss, unique)["compute"].item() == pytest.approx(want, rel=1e-8)


@pytest.mark.parametrize(("loss", "unique"), [(2.4, 2e10), (2.2, 1e11), (2.05, 3e11)])
def test_compute_and_text_for_a_loss_are_roots_of_a_law_written_out(loss: float, unique: float) -> None:
    want = math.exp(optimize.brentq(lambda c: own_best(math.exp(c), unique) - loss, math.log(1e20), math.log(1e28)))
    found = ex.compute_for_loss(REPEATS, loss, unique)["compute"].item()
    assert found == pytest.approx(want, rel=1e-6)
    text = ex.unique_tokens_for_loss(REPEATS, loss, found)["unique_tokens"].item()
    # Where repeats begin the loss hardly depends on text: the answer is as sure as the loss.
    assert own_best(found, text) == pytest.approx(loss, abs=1e-9)
    assert text == pytest.approx(unique, rel=1e-3)


def test_what_no_compute_reaches_is_infinite() -> None:
    u = math.log(1e10)
    ln_g = (math.log(ALPHA / BETA) + LOG_A - LOG_B) / (ALPHA + BETA)
    n = ln_g + (u + ln_g) * BETA / ALPHA + math.log1p(R_N)
    want = math.exp(LOG_E) + math.exp(LOG_A - ALPHA * n) + math.exp(LOG_B - BETA * (u + math.log1p(R_D)))
    found = ex.compute_for_loss(REPEATS, [want - 1e-6, want + 1e-3, math.exp(LOG_E)], 1e10)["compute"]
    assert np.isinf(found.to_numpy()).tolist() == [True, False, True]
    assert ex.unique_tokens_for_loss(REPEATS, 1.9, 1e22)["unique_tokens"].item() == math.inf


@pytest.mark.parametrize("law", [ll.Law.penalty(), ll.Law.bounded(), ll.Law.muennighoff()])
@pytest.mark.parametrize("compute", [1e22, 1e23, 1e25])
def test_a_loss_that_a_budget_reaches_is_reached(law: ll.Law, compute: float) -> None:
    """On a plateau the same loss comes out an ulp higher for more compute: that is rounding, not out of reach."""
    best = float(ll.optimal_allocation(compute, 1e9, law)["loss"].item())
    needed = float(ll.exhaustion.compute_for_loss(law, best, 1e9)["compute"].item())
    assert math.isfinite(needed)
    assert float(ll.optimal_allocation(needed, 1e9, law)["loss"].item()) == pytest.approx(best, rel=1e-11)


def test_fewest_epochs_are_those_of_a_loop() -> None:
    """The first of 200,000 numbers of epochs whose run is good enough."""
    compute, unique = 1e22, 2e10
    log_k = math.log(compute / 6)
    epochs = np.geomspace(1, 30, 200_001)
    losses = own_loss(log_k - np.log(epochs * unique), np.log(epochs * unique), unique)
    for within in (1e-4, 0.003, 0.02, 0.5):
        row = ex.fewest_epochs(REPEATS, compute, unique, within=within).row(0, named=True)
        want = epochs[np.argmax(losses <= losses.min() + within)]
        assert row["epochs"] == pytest.approx(want, rel=3e-5)
        assert row["loss"] <= losses.min() + within + 1e-9
        assert 6 * row["parameters"] * row["tokens"] == pytest.approx(compute, rel=1e-9)
    plenty = ex.fewest_epochs(REPEATS, compute, 1e15).row(0, named=True)
    assert plenty["epochs"] == 1


@pytest.mark.parametrize("law", [ll.Law.penalty(), ll.Law.bounded()], ids=["penalty", "bounded"])
def test_laws_that_need_a_search_agree_with_a_grid(law: ll.Law) -> None:
    """Fewest epochs over a grid of epochs and parameters; compute and text by the optimum there and near it."""
    compute, unique = 3e21, 2e10
    best = ll.optimal_allocation(compute, unique, law)["loss"].item()
    epochs = np.geomspace(1, 60, 1501)
    share = np.geomspace(0.01, 1, 600)
    tokens = epochs * unique
    n = compute / 6 / tokens[:, None] * share
    losses = ll.loss(law, n, np.broadcast_to(tokens[:, None], n.shape), unique).min(axis=1)
    for within in (0.005, 0.05):
        found = ex.fewest_epochs(law, compute, unique, within=within)["epochs"].item()
        assert found == pytest.approx(epochs[np.argmax(losses <= best + within)], rel=0.01)
    target = best + 0.02
    needed = ex.compute_for_loss(law, target, unique)["compute"].item()
    around = ll.optimal_allocation([needed * (1 - 1e-6), needed * (1 + 1e-6)], unique, law)["loss"]
    assert around[1] <= target + 1e-9 <= around[0] + 2e-9
    text = ex.unique_tokens_for_loss(law, target, compute)["unique_tokens"].item()
    around = ll.optimal_allocation(compute, [text * (1 - 1e-6), text * (1 + 1e-6)], law)["loss"]
    assert around[1] <= target + 1e-9 <= around[0] + 2e-9


def test_a_dataset_is_worth_the_compute_that_would_do_as_well() -> None:
    compute, unique, added = 1e23, 5e10, 3e10
    row = ex.dataset_value(REPEATS, compute, unique, added).row(0, named=True)
    assert row["loss"] == pytest.approx(own_best(compute, unique), abs=1e-10)
    assert row["loss_with"] == pytest.approx(own_best(compute, unique + added), abs=1e-10)
    assert row["gain"] == pytest.approx(row["loss"] - row["loss_with"], abs=1e-15)
    assert own_best(compute * row["compute_factor"], unique) == pytest.approx(row["loss_with"], abs=1e-9)
    # Of a small dataset, the derivative that the envelope theorem gives.
    small = ex.dataset_value(REPEATS, compute, unique, 1e-4 * unique)["gain"].item()
    slope = ll.optimal_allocation(compute, unique, REPEATS)["marginal_value"].item()
    assert small == pytest.approx(1e-4 * slope, rel=1e-3)
    assert ex.dataset_value(PLAIN, compute, unique, added).select("gain", "compute_factor").row(0) == (0, 1)


def test_a_recipe_is_faster_by_the_compute_it_saves() -> None:
    faster = ll.Law.chinchilla(**BASE | {"log_a": LOG_A - 0.1, "log_b": LOG_B - 0.1})
    # Both terms are e^-0.1 as large: ln C falls by 0.1 (alpha + beta)/(alpha beta).
    want = math.exp(0.1 * (ALPHA + BETA) / (ALPHA * BETA))
    row = ex.speed_up(faster, PLAIN, 1e23, 1e12).row(0, named=True)
    assert row["speed_up"] == pytest.approx(want, rel=1e-8)
    assert row["needed"] == pytest.approx(1e23 / want, rel=1e-8)
    assert ex.speed_up(PLAIN, PLAIN, 1e23, 1e12)["speed_up"].item() == pytest.approx(1, rel=1e-8)
    never = ex.speed_up(REPEATS, PLAIN, 1e27, 1e9).row(0, named=True)
    assert (never["needed"], never["speed_up"]) == (math.inf, 0)


def test_an_uncertain_law_has_an_interval() -> None:
    """Law by law, and the ceil(n p)-th of the answers; two mixtures of as many laws are paired."""
    rows = ll.LawParameters.bootstrap()
    laws = [
        ll.Law.chinchilla(log_a=a, log_b=b, log_e=e, alpha=x, beta=y)
        for a, b, e, x, y in zip(
            *(getattr(rows, n)[:40] for n in ("log_a", "log_b", "log_e", "alpha", "beta")), strict=True
        )
    ]
    mixed = ll.Law.mixture(dict.fromkeys(laws, 1.0))
    found = ex.compute_for_loss(mixed, 2.1, 1e12, confidence=0.9).row(0, named=True)
    alone = sorted(ex.compute_for_loss(law, 2.1, 1e12)["compute"].item() for law in laws)
    assert [found[n] for n in ("compute_low", "compute", "compute_high")] == [alone[1], alone[19], alone[37]]
    parameters = ll.LawParameters.rows(np.array([law.base for law in laws]))
    assert ex.compute_for_loss(parameters, 2.1, 1e12, confidence=0.9).row(0, named=True) == found
    paired = ex.speed_up(mixed, mixed, 1e23, 1e12).row(0, named=True)
    assert [paired[f"speed_up{end}"] for end in ("_low", "", "_high")] == pytest.approx([1, 1, 1], rel=1e-8)
    few = ll.Law.mixture(dict.fromkeys(laws[:3], 1.0))
    every = sorted(ex.speed_up(a, b, 1e23, 1e12)["speed_up"].item() for a in laws[:3] for b in laws)
    crossed = ex.speed_up(few, mixed, 1e23, 1e12, confidence=0.9).row(0, named=True)
    # Of 120 pairs: the 6th, 60th and 114th.
    assert [crossed[f"speed_up{end}"] for end in ("_low", "", "_high")] == [every[5], every[59], every[113]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ex.compute_for_loss("chinchilla", 2, 1e12), "law must be a Law, got 'chinchilla'"),
        (lambda: ex.compute_for_loss(PLAIN, 0, 1e12), r"loss must be in \[1e-06, 1000000.0\], got 0|loss must be in"),
        (lambda: ex.compute_for_loss(PLAIN, 2, 0), "unique_tokens must be in"),
        (lambda: ex.unique_tokens_for_loss(PLAIN, 2, 1), "compute must be in"),
        (lambda: ex.fewest_epochs(PLAIN, 1e22, 1e9, within=-1), "within must be in"),
        (lambda: ex.fewest_epochs(PLAIN, [1e22, 1e23], [1, 2, 3]), "shapes must broadcast"),
        (lambda: ex.dataset_value(PLAIN, 1e22, 1e9, 0), "added_tokens must be in"),
        (lambda: ex.speed_up(PLAIN, None, 1e22, 1e9), "law must be a Law, got None"),
        (lambda: ex.speed_up(PLAIN, PLAIN, 1e22, 1e9, confidence=1), "confidence must be in"),
    ],
)
def test_bad_input_is_one_clear_error(call, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("law", [PLAIN, ll.LawParameters.bootstrap()])
def test_it_is_said_where_unique_tokens_are_no_limit(law) -> None:
    said = "unique_tokens has no effect; law=Law.muennighoff"
    for ask in (
        lambda: ex.compute_for_loss(law, 2.0, 1e9),
        lambda: ex.unique_tokens_for_loss(law, 2.0, 1e24),
        lambda: ex.fewest_epochs(law, 1e24, 1e9),
    ):
        with pytest.warns(ll.UnusedSettingWarning, match=said):
            ask()
    # Where no run takes more than there is, nothing is left out; nor where no compute reaches the loss.
    ex.compute_for_loss(law, [2.0, 0.5], 1e15)
    ex.fewest_epochs(law, 1e24, 1e15)
