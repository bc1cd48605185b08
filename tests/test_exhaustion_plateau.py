"""Compute for a loss where the loss is nearly flat: against 50 digits, as sure as the last digit of the loss allows."""

from typing import Any

import mpmath as mp
import numpy as np
import pytest

import limitlaw as ll

BASE = (6.17795598, 7.64273236, 0.59711196, 0.34781303, 0.36585412)
PLAIN = ll.Law.chinchilla(log_a=BASE[0], log_b=BASE[1], log_e=BASE[2], alpha=BASE[3], beta=BASE[4])
R_D, R_N = 15.387756, 5.309743
PENALTY, BOUNDED = ll.Law.penalty(), ll.Law.bounded()
#: Smaller steps than any double's, for slopes.
STEP = mp.mpf(10) ** -15


def chinchilla(n: Any, d: Any, _u: Any) -> Any:
    log_a, log_b, log_e, alpha, beta = map(mp.mpf, BASE)
    return mp.exp(log_e) + mp.exp(log_a - alpha * n) + mp.exp(log_b - beta * d)


def muennighoff(n: Any, d: Any, u: Any) -> Any:
    log_a, log_b, _, alpha, beta = map(mp.mpf, BASE)
    g = (mp.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    used = min(d, u)
    own = min(n, g + (used + g) * beta / alpha)
    worth = lambda more, r: mp.log(1 + r * (1 - mp.exp((1 - mp.exp(more)) / r)))  # noqa: E731
    return chinchilla(own + worth(n - own, mp.mpf(R_N)), used + worth(d - used, mp.mpf(R_D)), u)


def penalty(n: Any, d: Any, u: Any) -> Any:
    log_a, log_b, log_e, alpha, beta = map(mp.mpf, PENALTY.base)
    log_p, delta, kappa = map(mp.mpf, (PENALTY.log_p, PENALTY.delta, PENALTY.kappa))
    repeats = mp.exp(d - min(d, u)) - 1
    more = mp.exp(log_p + kappa * (n - min(d, u))) * repeats**delta if repeats > 0 else 0
    return mp.exp(log_e) + mp.exp(log_a - alpha * n) + mp.exp(log_b - beta * d) + more


def bounded(n: Any, d: Any, u: Any) -> Any:
    log_a, log_b, log_e, alpha, beta = map(mp.mpf, BOUNDED.base)
    log_c, gamma, delta, top = map(mp.mpf, (BOUNDED.log_c, BOUNDED.gamma, BOUNDED.delta, BOUNDED.log_vocabulary))
    h = mp.exp(log_a - alpha * n) + mp.exp(log_b - beta * d) + mp.exp(log_c - delta * min(d, u) + gamma * n)
    return mp.exp(log_e) + (top - mp.exp(log_e)) * h / (1 + h)


#: Unique tokens, and budgets from a steep loss to one that falls by 1e-9 nats while compute grows e-fold.
CASES = {
    "chinchilla": (PLAIN, chinchilla, 1e12, [1e20, 1e28, 1e34, 1e40, 1e50, 1e60]),
    "muennighoff": (
        ll.Law.muennighoff(repetition_data=R_D, repetition_params=R_N, base=PLAIN),
        muennighoff,
        1e10,
        [3e21, 1e23, 3e23, 1e24],
    ),
    "penalty": (PENALTY, penalty, 1e10, [1e21, 3e21]),
    "bounded": (BOUNDED, bounded, 1e12, [3e25, 1e27, 1e28, 1e29, 1e30, 1e32]),
}


@pytest.mark.parametrize("name", CASES)
def test_compute_is_as_sure_as_the_last_digit_of_the_loss(name: str) -> None:
    law, loss, unique, budgets = CASES[name]
    with mp.workdps(50):
        u = mp.log(mp.mpf(unique))
        for budget in budgets:
            k = mp.log(mp.mpf(budget) / 6)
            run = ll.optimal_allocation(budget, unique, law).row(0, named=True)
            assert 6 * run["parameters"] * run["tokens"] == pytest.approx(budget, rel=1e-9)  # all of it is used
            slope = lambda d, k=k: (loss(k - d - STEP, d + STEP, u) - loss(k - d + STEP, d - STEP, u)) / (2 * STEP)  # noqa: E731
            near = mp.log(mp.mpf(run["tokens"]))
            d = mp.findroot(slope, (near, near + mp.mpf(10) ** -6), solver="secant", tol=1e-30, verify=False)
            best = loss(k - d, d, u)
            # At the optimum the slope along the budget is that of parameters alone.
            falls = (loss(k + STEP - d, d, u) - loss(k - STEP - d, d, u)) / (2 * STEP)
            asked = float(best)
            want = k + (mp.mpf(asked) - best) / falls
            found = ll.exhaustion.compute_for_loss(law, asked, unique)["compute"].item()
            error = abs(mp.log(mp.mpf(found) / 6) - want)
            assert error <= 2 * np.spacing(asked) / abs(falls) + 3e-11, (budget, float(error), float(falls))
