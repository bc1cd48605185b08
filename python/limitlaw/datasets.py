"""The bundled real data, each with its source and licence."""

from __future__ import annotations

from importlib import resources

import polars as pl

__all__ = ["codegen_humaneval"]


def codegen_humaneval() -> pl.DataFrame:
    """Attempts of CodeGen-16B at the 164 tasks of HumanEval, judged by a weak and by a strong verifier.

    Each of 100 attempts a task was executed against HumanEval's own tests (the *verifier*: an attempt that passes is
    accepted) and against these and the tests that HumanEval+ adds (the *truth*: an attempt that passes is correct).
    Being correct takes the verifier's tests too, so the verifier has no false negatives by construction and
    ``correct`` equals ``accepted_correct`` in every row. HumanEval+ is a better judge than HumanEval, not ground truth.

    Returns:
        164 rows, one per task, integer counts:

        - ``task_id``: number of the task in HumanEval, 0 to 163
        - ``n``: attempts, 100 everywhere
        - ``accepted``: attempts that pass HumanEval's tests
        - ``accepted_correct``: attempts that pass them and HumanEval+'s
        - ``correct``: the same number, see above

    Source:
        Attempts: github.com/microsoft/CodeT at 35f54d6 (temperature 0.8, top-p 0.95; MIT licence). Tests:
        github.com/evalplus/humanevalplus_release at 200defc, v0.1.10 (Apache-2.0), run with evalplus at 26d6d00.
        The counts were computed for this project and are MIT licensed like it. HumanEval is Chen et al. 2021
        (arXiv 2107.03374), HumanEval+ is Liu et al. 2023 (arXiv 2305.01210).

    Example:
        >>> import limitlaw as ll
        >>> tasks = ll.datasets.codegen_humaneval()
        >>> tasks.head(3)
        shape: (3, 5)
        ┌─────────┬─────┬──────────┬──────────────────┬─────────┐
        │ task_id ┆ n   ┆ accepted ┆ accepted_correct ┆ correct │
        │ ---     ┆ --- ┆ ---      ┆ ---              ┆ ---     │
        │ i64     ┆ i64 ┆ i64      ┆ i64              ┆ i64     │
        ╞═════════╪═════╪══════════╪══════════════════╪═════════╡
        │ 0       ┆ 100 ┆ 65       ┆ 54               ┆ 54      │
        │ 1       ┆ 100 ┆ 2        ┆ 2                ┆ 2       │
        │ 2       ┆ 100 ┆ 60       ┆ 55               ┆ 55      │
        └─────────┴─────┴──────────┴──────────────────┴─────────┘
    """
    file = resources.files("limitlaw").joinpath("data/codegen16b_humaneval.csv")
    return pl.read_csv(file.read_bytes()).select(
        "task_id",
        "n",
        pl.col("accepted_base").alias("accepted"),
        pl.col("accepted_plus").alias("accepted_correct"),
        pl.col("accepted_plus").alias("correct"),
    )
