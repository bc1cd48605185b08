"""How good must the checker be? Accuracy against attempts for one model and four false positive rates."""

import altair as alt
import numpy as np
import polars as pl

import limitlaw as ll

RATES = [0.0, 0.01, 0.05, 0.2]

data = ll.datasets.codegen_humaneval()
tasks = ll.Tasks.from_frame(data, attempts="n", correct="correct")
attempts = np.unique(np.geomspace(1, 10_000, 40).astype(int))
frames = []
for rate in RATES:
    scenario = ll.SamplingScenario(
        tasks=tasks, verifier=ll.Verifier.rates(false_positive_rate=rate), max_attempts=attempts
    )
    frames.append(ll.solve(scenario).with_columns(checker=pl.lit(f"{rate:.0%} of wrong answers")))
    ceiling = ll.ceilings(scenario)["ceiling_all_tasks"][0]
    print(f"accepts {rate:4.0%} of wrong answers: accuracy ends at {ceiling:.3f}")

chart = (
    alt.Chart(pl.concat(frames).select("max_attempts", "accuracy", "checker"))
    .mark_line(strokeWidth=2.5)
    .encode(
        x=alt.X("max_attempts", scale=alt.Scale(type="log"), title="attempts allowed per task (log scale)"),
        y=alt.Y("accuracy", scale=alt.Scale(domain=[0, 1]), title="accuracy (share of tasks)"),
        color=alt.Color("checker", sort=None, title="checker accepts", scale=alt.Scale(scheme="viridis")),
        strokeDash=alt.StrokeDash("checker", sort=None, title="checker accepts"),
    )
    .properties(
        width=640,
        height=360,
        title=alt.Title(
            "A checker that errs caps the accuracy",
            subtitle=f"CodeGen-16B on HumanEval, {len(tasks)} tasks, observed success rates; exact",
        ),
    )
)
chart.save("verifier_quality.png", scale_factor=2)
print("picture: verifier_quality.png")
