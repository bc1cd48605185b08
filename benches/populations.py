"""The tasks and verifiers of the coverage benches: populations, and what is known of them exactly."""

import numpy as np

import limitlaw as ll

#: Beta populations of rates: spread, nearly always right, nearly always wrong.
POPULATIONS = {"spread": (0.6, 1.4), "easy": (19.0, 1.0), "hard": (0.3, 9.7)}
#: No Beta: a share of tasks that cannot be solved, and the Beta of the others.
UNSOLVABLE = {"part": (0.3, (1.0, 1.0))}
#: No Beta: two sorts of tasks, as many of each, and their rates.
SORTS = {"sorts": (0.02, 0.7)}
NO_BETA = [*UNSOLVABLE, *SORTS]
#: Of the wrong answers verifiers accept so many.
F = 0.05


def population(random: np.random.Generator, shape: str, tasks: int) -> np.ndarray:
    if shape in POPULATIONS:
        return random.beta(*POPULATIONS[shape], tasks)
    if shape in SORTS:
        return random.choice(SORTS[shape], tasks)
    share, solvable = UNSOLVABLE[shape]
    return np.where(random.random(tasks) < share, 0.0, random.beta(*solvable, tasks))


def population_tasks(shape: str) -> ll.Tasks:
    if shape in SORTS:
        return ll.Tasks.fixed(SORTS[shape])
    share, (alpha, beta) = UNSOLVABLE.get(shape, (0.0, POPULATIONS.get(shape)))
    return ll.Tasks.beta(alpha, beta, count=10, unsolvable=share)


def mean_pass(shape: str, k: int) -> float:
    return ll.closed_form.beta_coverage(alpha=POPULATIONS[shape][0], beta=POPULATIONS[shape][1], k=k).coverage.item()


def mirrored_pass(shape: str, k: int) -> float:
    """E[p^k]: 1 - pass@k of failures."""
    a, b = POPULATIONS[shape]
    return 1 - ll.closed_form.beta_coverage(alpha=b, beta=a, k=k).coverage.item()


def precision(p: np.ndarray) -> np.ndarray:
    return p / (p + (1 - p) * F)
