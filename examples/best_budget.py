"""How much money should each task get? What three policies earn against a budget per task, wrong answers charged."""

import altair as alt
import numpy as np
import polars as pl

import limitlaw as ll

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

shown = frame.with_columns(
    low=pl.col("utility") - 2 * pl.col("utility_se"), high=pl.col("utility") + 2 * pl.col("utility_se")
)
marks = alt.Axis(values=[0.001, 0.003, 0.01, 0.03, 0.1], format="$.3~f")
x = alt.X("budget:Q", scale=alt.Scale(type="log", nice=False), title="money allowed per task (log scale)", axis=marks)
y = alt.Axis(format="$.2f")
colour = alt.Color("policy:N", sort=None, legend=None)
labelled = colour.legend(title=None, orient="top", labelLimit=0, symbolOpacity=1)
curve = alt.Y("utility:Q", title="earned per task, costs paid", axis=y)
lines = (
    alt.Chart(shown)
    .mark_line(strokeWidth=2.5)
    .encode(x=x, y=curve, color=labelled, strokeDash=alt.StrokeDash("policy:N", sort=None, legend=None))
)
bands = alt.Chart(shown).mark_area(opacity=0.2).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=labelled)
dots = alt.Chart(best).mark_point(filled=True, size=110, opacity=1).encode(x=x, y="utility:Q", color=colour)
chart = (lines + bands + dots).properties(
    width=640,
    height=340,
    title=alt.Title(
        "Beyond a small budget more money loses money",
        subtitle="CodeGen-16B on HumanEval, a judge of AUC .93; dots: best budget; bands: two standard errors",
    ),
)
chart.save("best_budget.png", scale_factor=2)
print("picture: best_budget.png")
