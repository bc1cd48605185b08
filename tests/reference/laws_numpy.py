"""Every law of the loss from its definition in NumPy, and its optima by searches that know nothing but the loss.

A law here is ``loss(log_n, log_d, log_u)`` in natural logarithms of parameters, tokens and unique tokens, one element
per draw. Algorithmic progress makes a parameter count as ``exp(params)`` parameters and a token as ``exp(tokens)``
tokens (`after`). The unconstrained optimum is a zero of the derivative along the budget, taken by a complex step, which
has no difference error; the optimum with few unique tokens is the least loss on shrinking grids, idle compute allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Loss = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
#: ln A, ln B, ln E, alpha, beta, each a number or an array by draw.
Base = Sequence[np.ndarray | float]


def power(base: Base) -> Loss:
    """``E + A N^-alpha + B D^-beta``, repeats in full."""
    log_a, log_b, log_e, alpha, beta = base
    return lambda n, d, _: np.exp(log_e) + np.exp(log_a - alpha * n) + np.exp(log_b - beta * d)


def repetition(base: Base, r_d, r_n) -> Loss:
    """Muennighoff et al. 2023."""
    log_a, log_b, _, alpha, beta = base

    def loss(n, d, u):
        u = np.where(u.real < d.real, u, d)
        log_g = (np.log(alpha / beta) + log_a - log_b) / (alpha + beta)
        u_n = log_g + beta / alpha * (u + log_g)
        u_n = np.where(u_n.real < n.real, u_n, n)

        def worth(unique, count, r):
            return unique + np.log(1 + r * (1 - np.exp(-(np.exp(count - unique) - 1) / r)))

        return power(base)(worth(u_n, n, r_n), worth(u, d, r_d), u)

    return loss


def penalty(base: Base, log_p, delta, kappa) -> Loss:
    """The form of Lovelace et al. 2026."""

    def loss(n, d, u):
        u = np.where(u.real < d.real, u, d)
        repeats = np.exp(d - u) - 1
        return power(base)(n, d, u) + np.exp(log_p + kappa * (n - u)) * repeats**delta

    return loss


def bounded(base: Base, log_c, gamma, delta, ceiling) -> Loss:
    """The form of Practical Scaling Laws."""
    log_a, log_b, log_e, alpha, beta = base

    def loss(n, d, u):
        u = np.where(u.real < d.real, u, d)
        h = np.exp(log_a - alpha * n) + np.exp(log_b - beta * d) + np.exp(log_c + gamma * n - delta * u)
        return np.exp(log_e) + (ceiling - np.exp(log_e)) * h / (1 + h)

    return loss


def after(loss: Loss, params, tokens) -> Loss:
    """The law once parameters and tokens, unique ones too, count as more."""
    return lambda n, d, u: loss(n + params, d + tokens, u + tokens)


def unconstrained(loss: Loss, log_k: np.ndarray) -> np.ndarray:
    """Log of the optimal tokens on ``N D = K``, N and D above 1, with unlimited data: the derivative bisected."""
    low, high = np.zeros_like(log_k), log_k
    step = 1e-30
    for _ in range(200):
        middle = (low + high) / 2
        d = middle + 1j * step
        falls = loss(log_k - d, d, d).imag < 0
        low, high = np.where(falls, middle, low), np.where(falls, high, middle)
    return (low + high) / 2


def least(loss: Loss, log_k: np.ndarray, log_u: np.ndarray, max_epochs: float = np.inf) -> np.ndarray:
    """The least loss over ``N D <= K``, N and D above 1, with so many unique tokens: nested grids that shrink.

    The best N of each D, and the best D on fresh data and with repeats: one valley each. Grids hold their ends, where
    the budget, the unique tokens or the epochs bind; inside, a valley is flat, and 8 grids of 17 points find its value.
    """
    share = np.linspace(0, 1, 17)[:, None]

    def valley(values_at, low, high):
        found = np.full_like(log_k, np.inf)
        for _ in range(8):
            grid = low + share[:, None] * (high - low) if low.ndim > 1 else low + share * (high - low)
            values = values_at(grid)
            at = values.argmin(axis=0)[None]
            found = np.minimum(found, np.take_along_axis(values, at, 0)[0])
            middle, width = np.take_along_axis(grid, at, 0)[0], (high - low) / 16
            low, high = np.maximum(middle - width, low), np.minimum(middle + width, high)
        return found

    def over_params(d):
        log_n_max = np.maximum(log_k - d, 0.0)
        return valley(lambda n: loss(n, np.broadcast_to(d, n.shape), log_u + 0 * n), 0 * d, log_n_max)

    edge, end = np.minimum(log_u, log_k), np.minimum(log_u + np.log(max_epochs), log_k)
    return np.minimum(valley(over_params, 0 * edge, edge), valley(over_params, edge, end))
