"""How good must a verifier be before more attempts pay? A sweep over its error rate and the cost of a wrong answer."""

import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw import plots

RATES = np.geomspace(1e-4, 1, 61)[:-4].tolist()
COSTS = np.linspace(0, 8, 61).tolist()

data = ll.datasets.codegen_humaneval()
scenario = ll.SamplingScenario(
    tasks=ll.Tasks.from_frame(data, attempts="n", correct="correct"),
    verifier=ll.Verifier.rates(),
    max_attempts=[1, 2, 3, 5, 8, 13, 21, 34, 55, 100, 1000],
    utility=ll.Utility(),
)
grid = ll.Grid(
    scenario,
    {
        "verifier.false_positive_rate": RATES,
        "utility.wrong_cost": COSTS,
    },
)
sweep = ll.sweep(grid, method="solve", columns=["utility", "accuracy"])
print(sweep.report())

# Of the attempts tried, the best at each point; none where answering costs more than it brings.
best = (
    sweep.frame()
    .sort("utility", descending=True)
    .group_by("point", maintain_order=True)
    .first()
    .with_columns(attempts=pl.when(pl.col("utility") > 0).then("max_attempts").otherwise(0))
    .drop("max_attempts")
)
print(best.group_by("attempts").len().sort("attempts"))

title = "CodeGen-16B on HumanEval: the best number of attempts"
print("picture:", plots.save(plots.stack(plots.sweep(best, metric="attempts", title=title)), "sweep_verifier.png").name)
