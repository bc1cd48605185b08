"""Why do two verifiers with the same error rates end at different accuracies? Persistent, fresh and shared errors."""

import numpy as np

import limitlaw as ll
from limitlaw import plots

ATTEMPTS = np.unique(np.geomspace(1, 1000, 25).astype(int))
ONE = ll.Verifier.rates(false_positive_rate=0.2, false_negative_rate=0.1)

kinds = {
    "Persistent: spread over tasks (icc)": {
        f"icc {icc}": ll.Verifier.rates(false_positive_rate=0.05, icc=icc) for icc in (0.0, 0.1, 0.3, 0.6)
    },
    "Fresh: averaged over 4 votes": {
        f"fresh {fresh}": ll.Verifier.judge(d_prime=1.5, threshold=1.0, votes=4, fresh=fresh)
        for fresh in (0.0, 0.5, 0.8, 1.0)
    },
    "Shared: three must accept": {
        f"shared {shared}": ll.Verifier.ensemble([ONE] * 3, rule="all", shared=shared)
        for shared in (1.0, 0.5, 0.2, 0.0)
    },
}
panels = []
for title, verifiers in kinds.items():
    frames = {}
    for label, verifier in verifiers.items():
        scenario = ll.SamplingScenario(
            tasks=ll.Tasks.fixed(success=[0.1] * 100), verifier=verifier, max_attempts=ATTEMPTS
        )
        frames[label] = ll.simulate(scenario, trials=500, seed=7)
        last = frames[label].row(-1, named=True)
        print(f"{title}, {label}: accuracy ends at {last['accuracy']:.3f} (s.e. {last['accuracy_se']:.3f})")
    panels.append(plots.scenarios(frames, title=title))
print("picture:", plots.save(plots.stack(*panels), "three_kinds_of_error.png").name)
