"""How much money should each task get? What three policies earn against a budget per task, wrong answers charged."""

import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw import plots

BUDGETS = np.geomspace(0.001, 0.1, 13)

data = ll.datasets.codegen_humaneval()
scenario = ll.SamplingScenario(
    tasks=ll.Tasks.from_frame(data, attempts="n", correct="correct"),
    verifier=ll.Verifier.judge(auc=0.93, threshold=1.8),
    policies=[ll.FirstAccepted(), ll.FirstWorthwhile(), ll.BestOf(threshold=2.5)],
    cost=ll.Cost(prompt_tokens=400, output_tokens=(300, 0.8), price_in=1.0, price_out=4.0, verifier_price=0.0005),
    # A correct answer earns 10 cents, a wrong one that is returned loses 10.
    utility=ll.Utility(correct_reward=0.1, wrong_cost=0.1),
    limits=[ll.Limit(cost=float(budget)) for budget in BUDGETS],
)
frame = ll.simulate(scenario, trials=400, seed=7).with_columns(
    budget=pl.Series(np.tile(BUDGETS, len(scenario.policies))), policy=pl.col("policy").cast(pl.String)
)
best = frame.sort("utility", descending=True).group_by("policy", maintain_order=True).first()
for row in best.iter_rows(named=True):
    print(
        f"{row['policy']:24} best budget {row['budget']:.4f} a task: worth {row['utility']:.4f} "
        f"(s.e. {row['utility_se']:.4f}), spends {row['cost']:.4f}, accuracy {row['accuracy']:.3f}"
    )

title = "Beyond a small budget more money loses money (CodeGen-16B on HumanEval, a judge of AUC .93)"
chart = plots.limits(frame, metric="utility", title=title)
print("picture:", plots.save(plots.stack(chart), "best_budget.png").name)
