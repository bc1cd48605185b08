"""How often `check` is wrong at the worst bounds, at one look and at five: the table of docs/gate.md."""

import numpy as np
from populations import POPULATIONS, F, population

import limitlaw as ll
from limitlaw.gates.evidence import observed
from limitlaw.gates.limits import Ratio

SETS = 500
ERROR = 0.05
#: Looks, while tasks are added: the first has a fifth of them.
LOOKS = 5


def scenario(tasks: ll.Tasks, n: int) -> ll.SamplingScenario:
    verifier = ll.Verifier.rates(false_positive_rate=F)
    return ll.SamplingScenario(tasks=tasks, verifier=verifier, max_attempts=[min(n, 5)])


def refuted(n: int, correct: np.ndarray, metric: str, truth: float, *, anytime: bool = False) -> tuple[bool, bool]:
    """Whether a bound a hair above the truth is said to hold, and one a hair below it is said to fail."""
    values = observed(scenario(ll.Tasks.counts([n] * len(correct), correct), n), ["accuracy", "returned"], 0).values
    below = values["returned"] if metric == "precision" else None
    return Ratio(values["accuracy"], below, None, 0.0, 1.0, anytime=anytime).refuted(truth, ERROR)


def measured(shape: str, tasks: int, n: int) -> list[float]:
    """Shares of data sets with a wrong verdict: accuracy holds, fails; precision; holds within five looks."""
    a, b = POPULATIONS[shape]
    row = ll.solve(scenario(ll.Tasks.beta(alpha=a, beta=b, count=10), n)).row(0, named=True)
    wrong = np.zeros(6)
    for at in range(SETS):
        random = np.random.default_rng([at, tasks, n])
        correct = random.binomial(n, population(random, shape, tasks))
        wrong[:2] += refuted(n, correct, "accuracy", row["accuracy"])
        wrong[2:4] += refuted(n, correct, "precision", row["accuracy"] / row["returned"])
        looks = [correct[: tasks * look // LOOKS] for look in range(1, LOOKS + 1)]
        for place, anytime in ((4, False), (5, True)):
            wrong[place] += any(refuted(n, seen, "accuracy", row["accuracy"], anytime=anytime)[0] for seen in looks)
    return list(wrong / SETS)


def main() -> None:
    print("| rates | tasks x attempts | accuracy: holds | fails | precision: holds | fails | 5 looks | `anytime` |")
    print("|---|---|---|---|---|---|---|---|")
    for shape in POPULATIONS:
        for tasks, n in ((20, 1), (20, 10), (164, 10)):
            print(
                f"| {shape} | {tasks} x {n} |", " | ".join(f"{share:.3f}" for share in measured(shape, tasks, n)), "|"
            )


if __name__ == "__main__":
    main()
