"""Coverage of the intervals of `corrected_accuracy` where tasks are drawn anew: the table of docs/evidence.md."""

import numpy as np
import polars as pl

import limitlaw as ll

REPETITIONS = 2_000


def attempts() -> tuple[np.ndarray, np.ndarray]:
    """Verdicts of HumanEval's tests and truth by HumanEval+, of 164 tasks x 100 attempts of CodeGen-16B."""
    counts = ll.datasets.codegen_humaneval()
    kinds = [[1, 1], [1, 0], [0, 1], [0, 0]]
    rows = [
        np.repeat(kinds, [t, a - t, c - t, n - a - (c - t)], axis=0)
        for n, a, t, c in counts.select("n", "accepted", "accepted_correct", "correct").iter_rows()
    ]
    verdicts, truth = np.moveaxis(np.array(rows), 2, 0)
    return verdicts, truth


def main() -> None:
    verdicts, truth = attempts()
    for tasks, many in ((164, 200), (30, 100), (164, 50)):
        random = np.random.default_rng(5)
        found: dict[tuple[str, str | None], list[tuple[bool, float]]] = {}
        for _ in range(REPETITIONS):
            drawn = random.integers(0, 164, tasks)
            labelled = np.zeros(tasks * 100, dtype=bool)
            labelled[random.choice(tasks * 100, many, replace=False)] = True
            columns = {"accepted": verdicts[drawn].ravel(), "correct": truth[drawn].ravel()}
            frame = pl.DataFrame(columns | {"task": np.repeat(np.arange(tasks), 100)})
            labels, others = frame.filter(labelled), frame.filter(~labelled)
            for task in ("task", None):
                for method in ("labels", "rogan_gladen", "ppi"):
                    row = ll.corrected_accuracy(labels, others, task=task, method=method).row(0, named=True)
                    inside = row["low"] <= truth.mean() <= row["high"]
                    found.setdefault((method, task), []).append((inside, row["high"] - row["low"]))
        for (method, task), pairs in found.items():
            covered, width = np.mean(pairs, axis=0)
            print(f"{many} labels, {tasks} tasks, by {task or 'attempt'}: {method:12} {covered:.3f} ({width:.3f})")


if __name__ == "__main__":
    main()
