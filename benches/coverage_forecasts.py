"""Coverage of forecasts of pass@k on real tasks, which are no Beta: the table of docs/intervals.md."""

import warnings

import numpy as np

import limitlaw as ll
from limitlaw import fit

DRAWS = 200
CASES = (("deepscaler_base", 8), ("deepscaler_base", 16), ("deepscaler_base", 32), ("codegen_humaneval", 10))


def main() -> None:
    warnings.simplefilter("ignore", ll.MisfitWarning)
    for name, n in CASES:
        data = getattr(ll.datasets, name)()
        attempts, correct = int(data["n"][0]), data["correct"].to_numpy()
        truth = (correct > 0).mean()
        for unsolvable, resample in ((None, "tasks"), (None, "attempts"), (False, "tasks"), (True, "tasks")):
            held, width = [], []
            for draw in range(DRAWS):
                random = np.random.default_rng([31, n, draw])
                seen = random.hypergeometric(correct, attempts - correct, n)
                options = {"unsolvable": unsolvable, "resample": resample, "bootstrap": 200, "seed": draw}
                row = fit.forecast_pass_at_k(n, seen, attempts, **options).row(0, named=True)
                held.append(row["low"] <= truth <= row["high"])
                width.append(row["high"] - row["low"])
            shape = {None: "both shapes", False: "a Beta", True: "a Beta with unsolvable tasks"}[unsolvable]
            print(
                f"{name} {n} -> {attempts}, {shape}, over {resample}: {np.mean(held):.3f} ({np.mean(width):.3f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
