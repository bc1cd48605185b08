"""What does the shortage of data cost? Orders of magnitude of compute that it wastes, year by year."""

import polars as pl

import limitlaw as ll
from limitlaw import plots

scenario = ll.ExhaustionScenario.preset("default")
result = ll.simulate(scenario, trials=200_000, seed=7)
fan = plots.fan(
    result.trajectories,
    {"lost_compute": "orders of magnitude of compute that the shortage of data wastes"},
    log=False,
    exhaustion=result.exhaustion,
    definition="half_compute",
    title="Compute that the shortage of data wastes",
)
lost = result.trajectories.filter(variable="lost_compute").filter(pl.col("year").is_in([2028, 2032, 2036, 2040, 2050]))
print(lost.select("year", "q05", "q25", "q50", "q75", "q95"))
print(plots.save(plots.stack(fan, plots.exhausted(result.exhausted_by)), "what_does_the_shortage_cost.png"))
