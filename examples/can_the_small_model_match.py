"""Can a small model with unlimited attempts match one attempt of the best one? The ceilings of 17 published models."""

import limitlaw as ll
from limitlaw import plots

# How well 100 attempts a task determine such a ceiling: measured where all attempts are bundled.
data = ll.datasets.codegen_humaneval()
tasks = ll.Tasks.from_frame(data, attempts="n", accepted="accepted", accepted_correct="accepted_correct")
measured = ll.can_match(ll.SamplingScenario(tasks=tasks, max_attempts=[1]), 0.855)
error = measured["difference_se"].item()
print(f"standard error of CodeGen's ceiling over other attempts at its tasks: {error:.4f}")

# The published ceilings are over accepted tasks. How many tasks had none is not known: here it is a twentieth.
UNACCEPTED = 0.05
models = ll.datasets.humaneval_ceilings()
best, others = models.row(0, named=True), models[1:]
points = (others["ceiling"] < best["accuracy"]).sum()
print(f"{points} of {len(others)} ceilings lie below one attempt of {best['model']} ({best['accuracy']})")
verdicts = ll.can_match(others["ceiling"], best["accuracy"], unaccepted=UNACCEPTED, standard_error=error).with_columns(
    others["model"]
)
print(verdicts["verdict"].value_counts().sort("verdict"))

shown = verdicts.sort("difference", descending=True)
chart = plots.can_match(
    shown.drop("model"),
    models=shown["model"].to_list(),
    title=f"Unlimited attempts against one attempt of {best['model']}",
)
print("picture:", plots.save(plots.stack(chart), "can_the_small_model_match.png").name)
