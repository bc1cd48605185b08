"""Costs, and policies whose trials draw the rates, side by side with NumPy that does the same work.

Costs: tokens of every attempt, with the distribution over whole runs. Two peers: one draws the gamma sum of every task
at every grid point, as one writes it first; the other one gamma number per run and grid segment, the fastest we found.

Seconds of the processor are compared, of all threads: what other programs take of a busy machine does not count.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import peers_drawn
from peers_drawn import ATTEMPTS, FALSE_NEGATIVE, FALSE_POSITIVE, GRID, QUANTILES, TASKS, THREADS
from scipy.special import betainc, ndtri

import limitlaw as ll

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]

PROMPT, MEAN, PRICES = 300.0, 700.0, (2.0, 8.0)
COSTED = ["accuracy", "accepted", "cost", "cost_q05", "cost_q50", "cost_q95"]
D_PRIME, WRONG, THRESHOLD = 1.2, 10, 1.0
STEPS = [1, 4, 16, 64, 256]


def cost(cv: float) -> ll.Cost:
    return ll.Cost(prompt_tokens=PROMPT, output_tokens=(MEAN, cv), price_in=PRICES[0], price_out=PRICES[1])


def costed(made: ll.SamplingScenario, trials: int) -> Floats:
    """Accuracy and cost by grid point."""
    frame = ll.simulate(made, trials=trials, seed=7, threads=THREADS, columns=COSTED)
    return frame.select("accuracy", "cost").to_numpy().T


def numpy_costs(draw: peers_drawn.Draw, cv: float, each: bool, trials: int, block: int = 1024) -> Floats:
    """Waiting times and bills; ``each``: the tokens of every task by themselves."""
    points, last = len(GRID), GRID[-1]
    cell_of = np.searchsorted(GRID, np.arange(last + 2)).astype(np.int64)
    segments = np.diff([0, *GRID])
    rng = np.random.default_rng(7)
    correct, bills = np.zeros(points), []
    for start in range(0, trials, block):
        size = min(block, trials - start)
        p, f = draw(rng, size)
        right = p * (1 - FALSE_NEGATIVE)
        a = right + (1 - p) * f
        with np.errstate(divide="ignore"):
            waiting = rng.standard_exponential((size, TASKS)) / -np.log1p(-a)
        number = np.minimum(waiting, last).astype(np.int64) + 1
        cell = cell_of[number]
        is_correct = rng.random((size, TASKS), dtype=np.float32) * a < right
        code = cell + np.arange(size)[:, None] * (points + 1)
        width = size * (points + 1)
        fell = np.bincount(code.ravel(), minlength=width).reshape(size, points + 1)
        correct += np.bincount(code[is_correct], minlength=width).reshape(size, points + 1)[:, :points].sum(axis=0)
        if each:
            more = np.clip(number[:, :, None] - np.array([0, *GRID[:-1]]), 0, segments)
            tokens = more if cv == 0 else rng.standard_gamma(more / cv**2) * cv**2
            used, output = more.sum(axis=1), tokens.sum(axis=1)
        else:
            # Attempts of a segment: all of it for tasks that go on, the offset of those that stop in it.
            offset = number - np.array([0, *GRID])[cell]
            stopped = np.bincount(code.ravel(), weights=offset.ravel(), minlength=width).reshape(size, points + 1)
            used = (TASKS - fell.cumsum(axis=1)[:, :points]) * segments + stopped[:, :points]
            output = used if cv == 0 else rng.standard_gamma(used / cv**2) * cv**2
        used, output = used.cumsum(axis=1), MEAN * output.cumsum(axis=1)
        bills.append((used * PROMPT * PRICES[0] + output * PRICES[1]) / 1e6 / TASKS)
    paid = np.concatenate(bills)
    np.quantile(paid, QUANTILES, axis=0)
    return np.array([correct.cumsum() / (trials * TASKS), paid.mean(axis=0)])


def rates(name: str) -> Callable[[np.random.Generator, int], Floats]:
    """Draws success rates."""
    correct = peers_drawn.counts()
    a, b = 0.5 + correct, 0.5 + ATTEMPTS - correct
    if name == "Beta":
        return lambda rng, n: rng.beta(0.35, 0.45, (n, TASKS))
    return lambda rng, n: rng.beta(a, b, (n, TASKS))


def tasks(name: str) -> ll.Tasks:
    if name == "Beta":
        return ll.Tasks.beta(0.35, 0.45, TASKS)
    return ll.Tasks.counts([ATTEMPTS] * TASKS, peers_drawn.counts(), posterior=True, prior="jeffreys")


def policy_runs(made: ll.SamplingScenario, trials: int) -> Floats:
    """Accuracy by grid point."""
    frame = ll.simulate(made, trials=trials, seed=7, threads=THREADS, columns=["accuracy", "accuracy_q50"])
    return frame["accuracy"].to_numpy()


def numpy_policy(
    kind: str, draw: Callable[[np.random.Generator, int], Floats], trials: int, block: int = 128
) -> Floats:
    """Counts, maxima and votes per step of the grid: the block algorithms."""
    rng = np.random.default_rng(7)
    total = np.zeros(len(STEPS))
    true, false = 1 - FALSE_NEGATIVE, FALSE_POSITIVE
    above = [1 - statistics.NormalDist().cdf(THRESHOLD - shift) for shift in (D_PRIME, 0.0)]
    for start in range(0, trials, block):
        shape = (min(block, trials - start), TASKS)
        p = draw(rng, shape[0])
        best = np.full((2, *shape), -np.inf)
        votes = rng.random((*shape, WRONG + 1))
        if kind == "FirstAbove":
            right, bad = p * above[0], (1 - p) * above[1]
            wait = rng.geometric(np.maximum(right + bad, 1e-300))
            is_correct = rng.random(shape) * (right + bad) < right
            total += [((wait <= k) & is_correct).sum() for k in STEPS]
            continue
        for g, (low, high) in enumerate(zip([0, *STEPS], STEPS, strict=False)):
            if kind == "BestOf":
                count = rng.binomial(high - low, p)
                with np.errstate(divide="ignore"):
                    for side, (n, shift) in enumerate(((count, D_PRIME), (high - low - count, 0.0))):
                        score = shift - ndtri(-np.expm1(-rng.standard_exponential(shape) / n))
                        np.maximum(best[side], score, out=best[side])
                total[g] += (best[0] > best[1]).sum()
                continue
            if kind == "FilteredVote":
                chances = [p * true, *[(1 - p) * false / WRONG] * WRONG, p * (1 - true) + (1 - p) * (1 - false)]
            else:
                chances = [p, *[(1 - p) / WRONG] * WRONG]
            drawn = rng.multinomial(high - low, np.stack(chances, axis=2))
            votes += drawn[:, :, : WRONG + 1]
            leads = votes.argmax(axis=2) == 0
            total[g] += (leads & (votes[:, :, 0] >= 1) if kind == "FilteredVote" else leads).sum()
    return total / (trials * TASKS)


def numpy_stopping(
    policy: ll.Policy, draw: Callable[[np.random.Generator, int], Floats], trials: int, block: int = 128
) -> Floats:
    """Attempt by attempt in all trials and tasks of a block that have not stopped."""
    rng = np.random.default_rng(7)
    total = np.zeros(len(STEPS))
    needed = np.array([confident(others, getattr(policy, "confidence", 0.5)) for others in range(STEPS[-1])])
    for start in range(0, trials, block):
        p = draw(rng, min(block, trials - start)).ravel()
        votes, rank = np.zeros((p.size, WRONG + 1), dtype=np.int32), rng.random((p.size, WRONG + 1))
        stopped = 0
        for number in range(1, STEPS[-1] + 1):
            rows = np.arange(p.size)
            given = np.where(rng.random(p.size) < p, 0, rng.integers(1, WRONG + 1, p.size))
            votes[rows, given] += 1
            most = votes[rows, given]
            votes[rows, given] = -1
            others = votes.max(axis=1)
            votes[rows, given] = most
            enough = most >= (others + policy.margin if isinstance(policy, ll.StopWhenAhead) else needed[others])
            stopped += (given[enough] == 0).sum()
            p, votes, rank = p[~enough], votes[~enough], rank[~enough]
            if number in STEPS:
                total[STEPS.index(number)] += stopped + ((votes + rank).argmax(axis=1) == 0).sum()
    return total / (trials * TASKS)


def confident(others: int, confidence: float) -> int:
    """The fewest votes that beat so many others with a confidence, under a uniform prior."""
    votes = others + 1
    while betainc(others + 1, votes + 1, 0.5) <= confidence:
        votes += 1
    return votes


def by_attempts(policy: ll.Policy, rounds: int, trials: int) -> None:
    """Prints the cost of a task, trial and grid point against N, of nine grid points."""
    grids = {n: np.unique(np.geomspace(1, n, 9).round().astype(int)).tolist() for n in (16, 256, 4096, 65_536)}
    made = ll.SamplingScenario(
        tasks=tasks("Beta"),
        verifier=ll.Verifier.judge(d_prime=D_PRIME, threshold=THRESHOLD),
        answers=ll.Answers.uniform(WRONG),
        policies=[policy],
        max_attempts=[1],
    )
    found = []
    for _ in range(rounds):
        runs = [(made.replace(max_attempts=grid), len(grid)) for grid in grids.values()]
        found.append([seconds(lambda m=m: policy_runs(m, trials)) / trials / n / TASKS * 1e9 for m, n in runs])
    text = ", ".join(
        f"{n:,}: {statistics.median(one[i] for one in found):.1f} ns"
        f" ({statistics.median(one[i] / one[0] for one in found):.1f} times)"
        for i, n in enumerate(grids)
    )
    print(f"{policy.label:>26} to {text}")


def seconds(run: Callable[[], object]) -> float:
    """Seconds of the processor."""
    started = time.process_time()
    run()
    return time.process_time() - started


def compare(
    name: str,
    ours: Callable[[int], Floats],
    trials: int,
    peers: dict[str, Callable[[int], Floats]],
    rounds: int,
) -> None:
    """Prints nanoseconds per task and trial, and the ratios within a round."""
    fewer = {peer: max(trials // (400 if "every" in peer else 40), 64) for peer in peers}
    off = [np.abs(ours(trials) - run(fewer[peer])).max() for peer, run in peers.items()]
    found = []
    for _ in range(rounds):
        mine = seconds(lambda: ours(trials)) / trials
        theirs = [seconds(lambda run=run, n=fewer[peer]: run(n)) / fewer[peer] for peer, run in peers.items()]
        found.append([mine, *theirs])
    medians = [1e9 * statistics.median(column) / TASKS for column in zip(*found, strict=True)]
    line = f"{name:>26} {medians[0]:8.1f}"
    for at, peer in enumerate(peers, 1):
        ratios = sorted(one[at] / one[0] for one in found)
        line += f", {peer} {medians[at]:8.1f}: {statistics.median(ratios):5.1f} times"
        line += f" ({ratios[0]:.1f} to {ratios[-1]:.1f}), off by {off[at - 1]:.5f}"
    print(line)


def report(rounds: int, trials: int) -> None:
    """Prints all comparisons."""
    print(f"\na cost: {TASKS} tasks, {len(GRID)} points to {GRID[-1]} attempts, {THREADS} threads")
    print("nanoseconds of the processor per task and trial, tables included; medians (lowest to highest)")
    cases = peers_drawn.cases()
    for name in ("counts", "posterior", "Beta"):
        made, draw = cases[name]
        for kind, cv in (("fixed", 0.0), ("gamma", 0.5)):
            peers = {
                "NumPy, every task": lambda n, d=draw, c=cv: numpy_costs(d, c, True, n, 64),
                "NumPy by run": lambda n, d=draw, c=cv: numpy_costs(d, c, False, n),
            }
            bought = made.replace(cost=cost(cv))
            compare(f"{name}, {kind} tokens", lambda n, m=bought: costed(m, n), trials, peers, rounds)
        both = made, made.replace(cost=ll.Cost(output_tokens=0))
        pairs = [
            [
                seconds(lambda m=m, c=c: peers_drawn.ours(m, trials, c))
                for c in (peers_drawn.COLUMNS, None)
                for m in both
            ]
            for _ in range(rounds)
        ]
        ratios = [statistics.median(one[i + 1] / one[i] for one in pairs) for i in (0, 2)]
        print(f"{name:>26}: a free cost takes {ratios[0]:.2f} times none; of every column {ratios[1]:.2f} times")
    drawn_policies(rounds, trials)


def drawn_policies(rounds: int, trials: int) -> None:
    """Policies whose trials draw the rates, and their cost against the attempts allowed."""
    print(f"\npolicies, rates drawn in every trial: {TASKS} tasks, {len(STEPS)} points to {STEPS[-1]} attempts")
    judge = ll.Verifier.judge(d_prime=D_PRIME, threshold=THRESHOLD)
    errs = ll.Verifier.rates(false_positive_rate=FALSE_POSITIVE, false_negative_rate=FALSE_NEGATIVE)
    for population in ("posterior", "Beta"):
        for policy in (ll.BestOf(), ll.MajorityVote(), ll.FirstAbove(threshold=THRESHOLD), ll.FilteredVote()):
            kind = type(policy).__name__
            made = ll.SamplingScenario(
                tasks=tasks(population),
                verifier=errs if kind == "FilteredVote" else judge,
                answers=ll.Answers.uniform(WRONG),
                policies=[policy],
                max_attempts=STEPS,
            )
            draw = rates(population)
            peers = {"NumPy": lambda n, k=kind, d=draw: numpy_policy(k, d, n)}
            compare(f"{population}, {kind}", lambda n, m=made: policy_runs(m, n), max(trials // 10, 64), peers, rounds)
        for stops in (ll.StopWhenAhead(margin=3), ll.BetaStop(confidence=0.95)):
            one, kind, draw = made.replace(policies=[stops]), type(stops).__name__, rates(population)
            peers = {"NumPy": lambda n, s=stops, d=draw: numpy_stopping(s, d, n)}
            compare(f"{population}, {kind}", lambda n, m=one: policy_runs(m, n), max(trials // 20, 64), peers, rounds)
    print(f"\nBeta, the cost of a task, trial and grid point against N; {THREADS} threads added up")
    for policy in (ll.BestOf(), ll.MajorityVote(), ll.FirstAbove(threshold=THRESHOLD), ll.FilteredVote()):
        by_attempts(policy, rounds, max(trials // 100, 64))
    by_attempts(ll.StopWhenAhead(margin=3), rounds, max(trials // 400, 64))


if __name__ == "__main__":
    report(rounds=5, trials=200_000)
