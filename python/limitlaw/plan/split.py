"""The best whole number of attempts for money: of the least cost, or the most precise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from limitlaw._elementary import exp, log
from limitlaw.plan.intervals import MAX_TASKS, fewest

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: Numbers of attempts, or of tasks, that are tried one by one around the best of a grid.
_MAX_TRIED = 20_000


def cheapest(
    tasks: Callable[[Floats], Floats],
    enough: Callable[[Floats, Floats], Flags],
    costs: tuple[float, float],
    most: int,
) -> tuple[int, int]:
    """Attempts and tasks of the least cost: ``tasks`` says how many so many attempts take, falling in these.

    Between two neighbours of a grid of attempts no plan costs less than the attempts of the first with the tasks of
    the second; where that is less than the best so far, every number of attempts between them is tried, or for every
    number of tasks the fewest attempts, whichever are fewer.
    """
    grid = _grid(1, most)
    n = tasks(grid)
    price = costs[0] + costs[1] * grid
    cost = n * price
    best = int(np.argmin(cost))
    found, least = (int(grid[best]), int(n[best])), float(cost[best])
    order = np.argsort(n[1:] * price[:-1], kind="stable")
    for at in order:
        first, last = grid[at], grid[at + 1]
        if n[at + 1] * price[at] >= least:
            break
        if last - first <= n[at] - n[at + 1]:
            ks = _thinned(first, last)
            ns = tasks(ks)
        else:
            ns = _thinned(n[at + 1], n[at])
            ks = fewest(lambda k, ns=ns: enough(ns, k), np.full(len(ns), first), last)  # type: ignore[misc]
        each = ns * (costs[0] + costs[1] * ks)
        here = int(np.argmin(each))
        if each[here] < least:
            found, least = (int(ks[here]), int(ns[here])), float(each[here])
    return found


def most_precise(
    variance: Callable[[Floats], Floats], budget: float, costs: tuple[float, float], most: int
) -> tuple[int, int]:
    """Attempts and tasks with the least variance of the mean for that money: two tasks or more if it buys them.

    So many tasks leave each the most attempts that the rest of the money buys. Tried as in :func:`cheapest`: between
    two neighbours nothing is more precise than the attempts of the first with the tasks of the second.
    """
    at_one = budget / (costs[0] + costs[1])
    if at_one > MAX_TASKS:
        raise ValueError(f"tasks must be at most {MAX_TASKS}, got a plan of {at_one:.3g}: ask for less")
    last = math.floor(at_one * (1.0 + 1e-12))

    def attempts(n: Floats) -> Floats:
        return np.clip(np.floor((budget / n - costs[0]) / costs[1] * (1.0 + 1e-12)), 1.0, float(most))

    def spread(n: Floats) -> Floats:
        return np.asarray(variance(attempts(n)) / n)

    grid = _grid(min(2, last), last)
    each = spread(grid)
    best, least = float(grid[np.argmin(each)]), float(each.min())
    bounds = variance(attempts(grid[:-1])) / grid[1:]
    for at in np.argsort(bounds, kind="stable"):
        if bounds[at] >= least:
            break
        ns = _thinned(grid[at], grid[at + 1])
        each = spread(ns)
        if each.min() < least:
            best, least = float(ns[np.argmin(each)]), float(each.min())
    return int(attempts(np.array([best]))[0]), int(best)


def _grid(first: int, last: int) -> Floats:
    """Some 16 numbers to each doubling."""
    start, end = log(float(first)), log(float(last))
    count = 2 + math.ceil(16.0 * max(end - start, 0.0) / log(2.0))
    between = np.floor(exp(np.linspace(start, end, count)[1:-1]))
    return np.unique(np.concatenate([[float(first)], between, [float(last)]]))


def _thinned(first: float, last: float) -> Floats:
    """All whole numbers between two, or so many of them."""
    if last - first <= _MAX_TRIED:
        return np.arange(first, last + 1.0)
    return np.unique(np.floor(np.linspace(first, last, _MAX_TRIED)))
