"""When does training data run out? Stock against demand as fans, and the years in which they cross."""

import limitlaw as ll
from limitlaw import plots

result = ll.simulate(ll.ExhaustionScenario.preset("default"), trials=200_000, seed=7)
chart = plots.fan(
    result.trajectories,
    {"effective_stock": "stock, repeated as often as is harmless", "demand": "demand of the largest run"},
    exhaustion=result.exhaustion,
    title="Training data: stock against demand",
)
print(result.exhaustion.select("definition", "q25", "q50", "p_by_2030", "p_by_2035", "p_not_by_horizon"))
print(plots.save(plots.stack(chart), "when_does_data_run_out.png"))
