"""What buys time before data run out? A tornado of levers on the same random numbers."""

import limitlaw as ll
from limitlaw import plots

frame = ll.levers(ll.ExhaustionScenario.preset("default"), trials=50_000, seed=7)
print(
    frame.filter(definition="effective_stock").select("lever", "q50", "q50_change", "q50_change_se", "p_by_2035_change")
)
print(plots.save(plots.stack(plots.tornado(frame)), "what_buys_time.png"))
