"""How good must the checker be? Accuracy against attempts for one model and four false positive rates."""

import numpy as np

import limitlaw as ll
from limitlaw import plots

RATES = [0.0, 0.01, 0.05, 0.2]

data = ll.datasets.codegen_humaneval()
tasks = ll.Tasks.from_frame(data, attempts="n", correct="correct")
attempts = np.unique(np.geomspace(1, 10_000, 40).astype(int))
frames = {}
for rate in RATES:
    scenario = ll.SamplingScenario(
        tasks=tasks, verifier=ll.Verifier.rates(false_positive_rate=rate), max_attempts=attempts
    )
    frames[f"accepts {rate:.0%} of wrong answers"] = ll.solve(scenario)
    ceiling = ll.ceilings(scenario)["ceiling_all_tasks"][0]
    print(f"accepts {rate:4.0%} of wrong answers: accuracy ends at {ceiling:.3f}")

chart = ll.plot(frames, title=f"A checker that errs caps the accuracy: CodeGen-16B on HumanEval, {len(tasks)} tasks")
print("picture:", plots.save(chart, "verifier_quality.png").name)
