"""Hardware failures: how often to save, and the share of a training run that survives (its goodput).

A run saves its state (``checkpoint_seconds``) after every ``interval`` of work. Failures come as a Poisson process with
mean time ``failure_seconds``; each costs ``restart_seconds`` and the work since the last save.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from limitlaw._arguments import as_floats, check_choice, together
from limitlaw._elementary import exp, expm1

Number = float | npt.ArrayLike
Floats = npt.NDArray[np.float64]

_DAY = 86_400.0


def failure_seconds(*, gpus: Number, failures_per_node_day: Number, gpus_per_node: Number = 8) -> Floats:
    """Mean time between failures of a whole job: a day over (nodes times failures per node and day).

    Args:
        gpus: GPUs in the job, from 1e-30 to 1e30; any shape, broadcast with the other arguments.
        failures_per_node_day: Failures of one node per day, from 1e-30 to 1e30.
        gpus_per_node: GPUs that fail together, from 1e-30 to 1e30.

    Returns:
        Seconds, in the shape of the arguments.

    Raises:
        ValueError: An argument is not positive.

    Source: Kokolis et al. 2024 (arXiv 2410.21680); the Llama 3
    report (arXiv 2407.21783, Table 5) gives 419 failures of 16,384 GPUs in 54 days, 3.79e-3 per node and day.

    Example:
        >>> hours = failure_seconds(gpus=[16_384, 131_072], failures_per_node_day=6.50e-3) / 3600
        >>> hours.round(2).tolist()
        [1.8, 0.23]
    """
    n, per_node, rate = _positive(gpus=gpus, gpus_per_node=gpus_per_node, failures_per_node_day=failures_per_node_day)
    return np.asarray(_DAY / (n / per_node * rate))


def checkpoint_interval(
    *,
    checkpoint_seconds: Number,
    failure_seconds: Number,
    restart_seconds: Number = 0.0,
    rule: Literal["exact", "daly", "young", "availability"] = "exact",
) -> Floats:
    """Seconds of work between two saves, by one of four rules; delta is the save, M the time to failure, R the restart.

    * ``young``: ``sqrt(2 delta M)`` (Young 1974), where the loss per unit time ``delta/tau + tau/(2 M)`` is least.
    * ``daly``: ``sqrt(2 delta M) (1 + sqrt(delta/2M)/3 + (delta/2M)/9) - delta`` (Daly 2006; M beyond delta = 2M).
    * ``availability``: ``sqrt(2 (M + R) delta + delta^2)`` (Saxena et al. 2024, whose T_c is this plus delta): the
      maximum of ``(1 - delta/T_c) / (1 + (R + T_c/2)/M)``.
    * ``exact``: the maximum of :func:`goodput`. Setting its logarithmic derivative to zero gives
      ``tau/M = 1 - exp(-(tau + delta)/M)``, solved here by Newton's method from above (convex, so it cannot overshoot).

    Args:
        checkpoint_seconds: delta, from 1e-30 to 1e30.
        failure_seconds: M, from 1e-30 to 1e30.
        restart_seconds: R, 0 to 1e30; only ``availability`` depends on it.
        rule: One of the four.

    Returns:
        Seconds, in the shape of the arguments.

    Raises:
        ValueError: An argument is out of range, or the rule is unknown.

    Example:
        >>> for rule in ("young", "daly", "exact"):
        ...     tau = checkpoint_interval(checkpoint_seconds=60, failure_seconds=3.09 * 3600, rule=rule)
        ...     print(rule, round(float(tau) / 3600, 4))
        young 0.3209
        daly 0.3099
        exact 0.3099
    """
    check_choice(rule, "rule", ("exact", "daly", "young", "availability"))
    delta, m, restart = _positive(
        ("restart_seconds",),
        checkpoint_seconds=checkpoint_seconds,
        failure_seconds=failure_seconds,
        restart_seconds=restart_seconds,
    )
    young = np.sqrt(2 * delta * m)
    if rule == "young":
        return np.asarray(young)
    if rule == "daly":
        ratio = delta / (2 * m)
        return np.asarray(np.where(ratio < 1, young * (1 + np.sqrt(ratio) / 3 + ratio / 9) - delta, m))
    if rule == "availability":
        return np.asarray(np.sqrt(2 * (m + restart) * delta + delta**2))
    d, x = delta / m, np.ones_like(m)
    for _ in range(64):  # each step halves the distance at worst: delta/M -> 0 makes the root double
        x = x - (x + expm1(-(x + d))) / -expm1(-(x + d))
    return np.asarray(x * m)


def goodput(
    *,
    interval: Number,
    checkpoint_seconds: Number,
    failure_seconds: Number,
    restart_seconds: Number = 0.0,
) -> Floats:
    """Share of wall time that is lasting work: ``tau / (M exp(R/M) (exp((tau + delta)/M) - 1))``, exactly.

    Each segment needs tau + delta without a failure; with exponential failures (also during saves and restarts) its
    expected duration is ``M exp(R/M) (exp((tau + delta)/M) - 1)`` (Daly 2006). Without saves and restarts it
    tends to 1 as tau -> 0.

    Args:
        interval: tau, seconds of work between two saves, from 1e-30 to 1e30.
        checkpoint_seconds: delta, 0 to 1e30.
        failure_seconds: M, from 1e-30 to 1e30.
        restart_seconds: R, 0 to 1e30.

    Returns:
        A share in (0, 1], in the shape of the arguments.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> hour = 3600
        >>> g = goodput(interval=0.3099 * hour, checkpoint_seconds=60, failure_seconds=3.09 * hour, restart_seconds=600)
        >>> round(float(g), 5)
        0.85246
    """
    tau, delta, m, restart = _positive(
        ("checkpoint_seconds", "restart_seconds"),
        interval=interval,
        checkpoint_seconds=checkpoint_seconds,
        failure_seconds=failure_seconds,
        restart_seconds=restart_seconds,
    )
    with np.errstate(over="ignore"):  # a segment that never ends has goodput 0
        return np.asarray(tau / m * exp(-restart / m) / expm1((tau + delta) / m))


def effective_training_time(*, interval: Number, restart_seconds: Number, failure_seconds: Number) -> Floats:
    """Effective training time ratio for small losses: ``1 - (u_0 + tau/2)/M``.

    Kokolis et al. 2024 (arXiv 2410.21680): each failure costs the restart u_0 and half an interval; saves are free. M
    is ``1 / (n_nodes r_f)``. It is :func:`goodput` to first order in (u_0 + tau)/M, and below 0 where that is large.

    Args:
        interval: tau, seconds of work between two saves, from 1e-30 to 1e30.
        restart_seconds: u_0, 0 to 1e30.
        failure_seconds: M, from 1e-30 to 1e30.

    Returns:
        A ratio, at most 1, in the shape of the arguments.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> round(float(effective_training_time(interval=600, restart_seconds=300, failure_seconds=60_000)), 3)
        0.99
    """
    tau, restart, m = _positive(
        ("restart_seconds",), interval=interval, restart_seconds=restart_seconds, failure_seconds=failure_seconds
    )
    return np.asarray(1 - (restart + tau / 2) / m)


def _positive(or_zero: tuple[str, ...] = (), /, **values: Number) -> list[Floats]:
    """Positive numbers, some of them perhaps zero, in their common shape; their ratios stay far from overflow."""
    return together(**{n: as_floats(v, n, 0.0 if n in or_zero else 1e-30, 1e30) for n, v in values.items()})
