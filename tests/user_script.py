"""A script as users write it, for type checkers: make lint checks it by mypy --strict, and test_typing.py runs it."""

import numpy as np
import polars as pl

import limitlaw as ll

counts = pl.DataFrame({"task": ["a", "b", "c"], "n": [10, 10, 5], "c": [3, 0, 5]})
tasks = ll.Tasks.from_frame(counts, attempts="n", correct="c", task="task")
scenario = ll.SamplingScenario(
    tasks=tasks,
    verifier=ll.Verifier.rates(false_positive_rate=0.05),
    policies=[ll.FirstAccepted(), ll.AnyOf()],
    max_attempts=np.array([1, 2, 4]),
    utility=ll.Utility(wrong_cost=2.0),
)
cheaper = scenario.replace(utility=ll.Utility(wrong_cost=0.5), max_attempts=range(1, 4))
frame: pl.DataFrame = ll.solve(cheaper)
accuracy: list[float] = frame["accuracy"].to_list()
simulated: pl.DataFrame = ll.simulate(scenario, trials=100, seed=np.random.SeedSequence(7), columns=["accuracy"])
text: str = ll.brief(simulated)

grid = ll.Grid(
    scenario,
    {
        "verifier.false_positive_rate": np.linspace(0.0, 0.1, 3),
        "utility.wrong_cost": [0.5, 1, 4],
        "policies.0": [ll.FirstAccepted(), ll.FirstAccepted(fallback="last")],
    },
)
sweep = ll.sweep(grid, method="solve", columns=["accuracy", "utility"], progress=False)
points: int = len(grid)
best: pl.DataFrame = sweep.frame().group_by("max_attempts").agg(pl.col("utility").max())

world = ll.ExhaustionScenario.preset("default").replace(
    years=range(2024, 2031), data_share=0.5, overtraining=ll.dist.lognormal(1, 10, interval=0.9)
)
result: ll.ExhaustionResult = ll.simulate(world, trials=100, seed=7)
years: pl.DataFrame = result.exhaustion

rates = ll.fit.fit_error_rates(accepted=[3, 4], correct=[2, 4], accepted_correct=[2, 3], attempts=[5, 5])
curve: pl.DataFrame = ll.pass_at_k(counts["n"], counts["c"], [1, 2, 4])
reached: np.ndarray = np.asarray(ll.closed_form.pass_at_k(attempts=10, correct=3, k=np.array([1, 2])))

print(points, len(accuracy), best.height, years.height, curve.height, rates.height, reached.shape, bool(text))  # noqa: T201
