"""The closed forms from their definitions, in so many digits that at least 50 are left after all cancellation."""

import functools
import itertools
import math

import mpmath as mp
import numpy as np
from scipy.special import log_ndtr

#: Elementary functions of arguments from 1e-300 on: 1 - p keeps 50 digits of p.
ELEMENTARY = 400
#: Gamma functions of arguments up to 1e100, whose ratio may differ from 1 by 1e-400.
GAMMA = 620


def wide(digits):
    """A function that takes floats and computes with so many digits."""

    def decorate(function):
        def computed(*arguments):
            with mp.workdps(digits):
                return function(*(a if isinstance(a, bool) else mp.mpf(float(a)) for a in arguments))

        return computed

    return decorate


def power(base, exponent):
    """base^exponent, also for exponents that are no machine integers."""
    if base == 0:
        return mp.mpf(int(exponent == 0))
    return mp.exp(exponent * mp.log(base))


@wide(ELEMENTARY)
def first_accepted(p, f, g, k, last):
    a = p * (1 - g) + (1 - p) * f
    none = power(1 - a, k)
    accuracy = (1 - none) * p * (1 - g) / a if a else mp.mpf(0)
    if last and k > 0 and a < 1:
        accuracy += none * p * g / (1 - a)
    returned = int(k > 0) if last else 1 - none
    return 1 - none, returned, accuracy, 1 - power(1 - p, k), (1 - none) / a if a else k


@wide(ELEMENTARY)
def ceiling(p, f, g):
    right, wrong = p * (1 - g), (1 - p) * f
    return right / (right + wrong) if right else mp.mpf(0)


@wide(ELEMENTARY)
def batched(p, f, g, batch, rounds):
    a = p * (1 - g) + (1 - p) * f
    none, all_none = power(1 - a, batch), power(1 - a, batch * rounds)
    used = (1 - all_none) / (1 - none) if a else rounds
    accuracy = (1 - all_none) * p * (1 - g) / a if a else mp.mpf(0)
    return 1 - all_none, accuracy, 1 - power(1 - p, batch * rounds), used, batch * used


def ln_none_drawn(n, marked, k):
    """Ln C(n - marked, k)/C(n, k)."""
    if marked == 0 or k == 0:
        return mp.mpf(0)
    if k > n - marked:
        return mp.ninf
    ln_factorial = lambda x: mp.loggamma(x + 1)  # noqa: E731
    return ln_factorial(n - marked) - ln_factorial(n - marked - k) - ln_factorial(n) + ln_factorial(n - k)


@wide(150)
def finite_pool(n, a, t, c, k, last):  # noqa: PLR0917  (the formula's own)
    none = mp.exp(ln_none_drawn(n, a, k))
    accuracy = (1 - none) * t / a if a else mp.mpf(0)
    if last and k > 0 and n > a:
        accuracy += none * (c - t) / (n - a)
    returned = int(k > 0) if last else 1 - none
    used = ((n + 1) - (n - k + 1) * none) / (a + 1)
    return 1 - none, returned, accuracy, 1 - mp.exp(ln_none_drawn(n, c, k)), used


@wide(150)
def pass_at_k(n, c, k):
    return 1 - mp.exp(ln_none_drawn(n, c, k))


@wide(150)
def pass_hat_k(n, c, k):
    return mp.exp(ln_none_drawn(n, n - c, k))


def beta_ratio(a, b, k):
    """B(a, b + k)/B(a, b)."""
    return mp.exp(mp.loggamma(b + k) + mp.loggamma(a + b) - mp.loggamma(b) - mp.loggamma(a + b + k))


@wide(GAMMA)
def posterior_pass_at_k(n, c, k, alpha, beta):
    a, b = alpha + c, beta + n - c
    return 1 - beta_ratio(a, b, k), beta_ratio(b, a, k)


@wide(GAMMA)
def beta_coverage(alpha, beta, k):
    failure = beta_ratio(alpha, beta, k)
    law = mp.exp(mp.loggamma(alpha + beta) - mp.loggamma(beta) - alpha * mp.log(k))
    return 1 - failure, failure, law, -alpha * (alpha + 2 * beta - 1) / (2 * k)


@wide(60)
def judge_threshold(p, d, tau):
    survival = lambda z: mp.erfc(z / mp.sqrt(2)) / 2  # noqa: E731
    f, t = survival(tau), survival(tau - d)
    right, wrong = p * t, (1 - p) * f
    return f, survival(d - tau), t, right / (right + wrong), wrong / (right + wrong), 1 / (right + wrong)


#: The rule of the trapezium for a judge's integrals, fine enough for 50 digits: their densities are entire functions.
STEP = mp.mpf(1) / 32


@functools.cache
def normal_point(i):
    """The abscissa with the normal density there and the distribution up to it, to 50 digits."""
    with mp.workdps(50):
        x = i * STEP
        return x, mp.npdf(x), mp.erfc(-x / mp.sqrt(2)) / 2


@wide(50)
def best_of_judge(p, d, n):
    """Of the abscissas from -40 to 40 those where the integrand, by floats, is 1e-80 of its most or more."""
    if p in {0, 1}:
        return p
    place = np.arange(-40 * 32, 40 * 32)
    x, wrong, right = place / 32, math.log1p(-float(p)), math.log(p)
    ln_below = np.logaddexp(wrong + log_ndtr(x + float(d)), right + log_ndtr(x))
    above = np.exp(wrong + log_ndtr(-x - float(d))) + np.exp(right + log_ndtr(-x))
    ln = -(x**2) / 2 + float(n - 1) * np.where(above < 0.5, np.log1p(-np.minimum(above, 0.5)), ln_below)
    survival = lambda z: mp.erfc(z / mp.sqrt(2)) / 2  # noqa: E731
    return STEP * mp.fsum(
        n * p * density * power((1 - p) * survival(-x - d) + p * up_to, n - 1)
        for x, density, up_to in map(normal_point, place[ln > ln.max() - 80 * math.log(10)].tolist())
    )


@wide(ELEMENTARY)
def best_of_kl(n):
    return mp.log(n) - (n - 1) / n


def best_of_roc(p, n, f, t):
    with mp.workdps(ELEMENTARY):
        p, n, f, t = mp.mpf(p), mp.mpf(n), [mp.mpf(x) for x in f], [mp.mpf(x) for x in t]
        total = mp.mpf(0)
        for i in range(len(f) - 1):
            low, high = ((1 - p) * (1 - f[j]) + p * (1 - t[j]) for j in (i + 1, i))
            if high > low:
                total += p * (t[i + 1] - t[i]) * (power(high, n) - power(low, n)) / (high - low)
        return total


def best_of_scored(scores, values, n):
    """The value of the best of n drawn without replacement: the ways to draw are whole numbers."""
    with mp.workdps(100):
        total, below = mp.mpf(0), 0
        for level in sorted(set(scores)):
            tied = [mp.mpf(v) for s, v in zip(scores, values, strict=True) if s == level]
            ways = math.comb(below + len(tied), n) - math.comb(below, n)
            total += ways * mp.fsum(tied) / len(tied)
            below += len(tied)
        return total / math.comb(len(scores), n)


@wide(90)
def binary_majority(p, k, abstain):
    """The sum over the votes; where they are many, the tail of the beta density in panels of its width from p on."""
    half = mp.floor(k / 2)
    a, b = (half + 1, half) if abstain and k == 2 * half else (half + k % 2, half + k % 2)
    if p in {0, 1}:
        return p
    if k <= 1000:
        n = int(a + b - 1)
        return mp.fsum(mp.binomial(n, j) * p**j * (1 - p) ** (n - j) for j in range(int(a), n + 1))
    front = mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    density = lambda x: mp.exp(front + (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x)) if 0 < x < 1 else mp.mpf(0)  # noqa: E731
    lower = p <= a / (a + b)
    slope = abs((a - 1) / p - (b - 1) / (1 - p))
    width = min(1 / slope if slope else mp.inf, mp.sqrt(a * b / (a + b)) / (a + b))
    edges = [p + (-1 if lower else 1) * j * width * 4 for j in range(60)]
    edges = [min(max(x, mp.mpf(0)), mp.mpf(1)) for x in edges]
    edges = [edges[0], *(y for x, y in itertools.pairwise(edges) if x != y)]
    tail = abs(mp.quad(density, edges, method="gauss-legendre"))
    return tail if lower else 1 - tail


def majority(answers, k, abstain):
    """Word by word: the other votes are dealt to the wrong answers in turn, with how many are left and tied."""
    with mp.workdps(60):
        p = [mp.mpf(x) for x in answers]
        p = [x / sum(p) for x in p]
        total = mp.mpf(0)
        factorial = [mp.factorial(i) for i in range(k + 1)]
        for m in range(1, k + 1):
            state = {(k - m, 0): mp.mpf(1)}
            for w in p[1:]:
                chances = [w**c / factorial[c] for c in range(m + 1)]
                following = {}
                for (left, tied), value in state.items():
                    for c in range(min(left, m) + 1):
                        key = left - c, tied + (c == m)
                        following[key] = following.get(key, 0) + value * chances[c]
                state = following
            for (left, tied), value in state.items():
                if left == 0:
                    share = int(tied == 0) if abstain else mp.mpf(1) / (tied + 1)
                    total += p[0] ** m / factorial[m] * factorial[k] * value * share
        return total


@wide(ELEMENTARY)
def two_type_parts(r1, r2, share, f, g, reward, cost, *attempts):  # noqa: PLR0917  (the formula's own)
    """Expected reward and expected cost, whose difference is the utility, at each number of attempts."""
    types = []
    for pi, r in ((share, r1), (1 - share, r2)):
        a = r * (1 - g) + (1 - r) * f
        types.append((pi * (1 - g) * r * reward, pi * cost * f * (1 - r), a, mp.log(1 - a) if a < 1 else mp.ninf))
    parts = []
    for k in attempts:
        draws = [(-mp.expm1(k * ln) if k else mp.mpf(0)) / a if a else k for _, _, a, ln in types]
        parts.append(tuple(mp.fsum(t[i] * d for t, d in zip(types, draws, strict=True)) for i in (0, 1)))
    return parts


@wide(50)
def spread_ceiling(p, f, g, icc):
    """Euler's integral over logit f: the rule of the trapezium, in steps fine enough for 50 digits."""
    size = (1 - icc) / icc
    a, b = f * size, (1 - f) * size
    z = (1 - p) / (p * (1 - g))

    def ln_and_odds(u):
        less = mp.exp(-abs(u))
        return -size * mp.log1p(less) - (b if u > 0 else a) * abs(u), less if u > 0 else 1 / less

    peak = mp.log(f / (1 - f))
    top, least = ln_and_odds(peak)[0], -115 - mp.log1p(z)
    step = min(mp.mpf(1) / 8, 2 / (5 * mp.sqrt(f * b)))  # of a normal density the error is exp(-2 (2.5 pi)^2)
    kept = whole = mp.mpf(0)
    for direction, rate, end in ((-1, a, min(peak, 0) - 115 - mp.log1p(z)), (1, b, max(peak, 0) + 115)):
        u = peak if direction > 0 else peak - step
        ln, odds = ln_and_odds(u)
        while ln - top > least and direction * (u - end) < 0:
            weight = mp.exp(ln - top)
            kept += weight / (1 + z / (1 + odds))
            whole += weight
            u += direction * step
            ln, odds = ln_and_odds(u)
        # From here on the weights are geometric, and f is 0 or 1.
        rest = mp.exp(ln - top) / -mp.expm1(-rate * step)
        kept += rest / (1 + z / (1 + odds))
        whole += rest
    return kept / whole
