"""The bundled real data, each with its source and licence."""

from __future__ import annotations

from importlib import resources

import polars as pl

__all__ = [
    "codegen_humaneval",
    "codegen_model_tests",
    "deepscaler_base",
    "epoch_models",
    "evalperf",
    "humaneval_ceilings",
    "record_runs",
    "repetition_runs",
    "taubench_airline",
]


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


def codegen_model_tests() -> pl.DataFrame:
    """The attempts of ``codegen_humaneval`` judged by tests that a model wrote, at four strictnesses.

    CodeGen-16B wrote asserts for each task; its 20 most frequent ones were run on every attempt. At strictness m an
    attempt is accepted if it passes all of the m most frequent asserts; a task with fewer asserts has no row. These
    tests are wrong themselves at times, so there are false negatives as well as false positives.

    Returns:
        One row per strictness and task: ``strictness`` (1, 3, 5, 10), ``task_id``, ``asserts`` (how many the task has,
        at most 20), ``n``, ``accepted``, ``accepted_correct``, ``correct`` (by HumanEval+).

    Source:
        As ``codegen_humaneval``; the asserts are those of microsoft/CodeT at 35f54d6 (MIT licence). The counts were
        computed for this project.

    Example:
        >>> import limitlaw as ll
        >>> ll.datasets.codegen_model_tests().group_by("strictness", maintain_order=True).len().rows()
        [(1, 155), (3, 152), (5, 151), (10, 137)]
    """
    return _read("codegen16b_model_tests.csv").select("strictness", pl.exclude("strictness"))


def deepscaler_base() -> pl.DataFrame:
    """Correct attempts of one reasoning model at 1,060 competition problems, 128 attempts each (32k tokens).

    Returns:
        1,060 rows: ``task``, ``source`` (its benchmark), ``n`` (128), ``correct``.

    Source:
        passk-inference 0.3.1 (MIT licence, (c) 2026 passk-inference contributors), examples/deepscaler32k/base.jsonl.

    Example:
        >>> import limitlaw as ll
        >>> tasks = ll.datasets.deepscaler_base()
        >>> (tasks["correct"] == 0).sum(), (tasks["correct"] == 128).sum()
        (116, 182)
    """
    return _read("deepscaler_base.csv")


def evalperf() -> pl.DataFrame:
    """Correct attempts of 33 models (34 runs) at 118 programming tasks, by HumanEval+ and MBPP+ tests.

    Returns:
        4,012 rows, one per run and task: ``model``, ``task``, ``n`` (attempts: 100 or 50, temperature 1), ``correct``.

    Source:
        evalplus/evalplus.github.io at 8741845, results/evalperf (Apache-2.0 licence); counts from its shares. Liu et
        al. 2024, arXiv 2408.06450.

    Example:
        >>> import limitlaw as ll
        >>> runs = ll.datasets.evalperf()
        >>> runs["model"].n_unique(), runs["task"].n_unique()
        (34, 118)
    """
    return _read("evalperf.csv")


def humaneval_ceilings() -> pl.DataFrame:
    """Single-attempt accuracy and ceiling of 17 models on HumanEval, as printed in a paper's notebook.

    Returns:
        17 rows: ``model``, ``accuracy`` (share of attempts that pass HumanEval+, over all tasks), ``ceiling`` (share of
        correct ones among the attempts that pass HumanEval, a mean over the tasks that have any).

    Source:
        benediktstroebl/inference-scaling-limits at 11a8f6e, evalplus/visualizations.ipynb, cell 12 (MIT licence);
        Stroebl, Kapoor, Narayanan, arXiv 2411.17501.

    Example:
        >>> import limitlaw as ll
        >>> ll.datasets.humaneval_ceilings().head(1).rows()
        [('GPT-4o', 0.855, 0.9288279561535917)]
    """
    return _read("humaneval_ceilings.csv")


def taubench_airline() -> pl.DataFrame:
    """Successes of GPT-4o at the 50 airline tasks of tau-bench, four trials each.

    Returns:
        50 rows: ``task_id``, ``n`` (4), ``correct``.

    Source:
        sierra-research/tau-bench at 59a200c, historical trajectories (MIT licence); Yao et al., arXiv 2406.12045.

    Example:
        >>> import limitlaw as ll
        >>> ll.datasets.taubench_airline()["correct"].sum()
        84
    """
    return _read("taubench_gpt4o_airline.csv")


def epoch_models() -> pl.DataFrame:
    """Machine-learning models with known training compute or data, as Epoch AI had them on 2025-05-19.

    Returns:
        1247 rows in order of date: ``model``, ``organization``, ``domain`` (comma-separated where several), ``date``,
        ``parameters``, ``compute`` (training FLOP), ``tokens`` (distinct data points: tokens or words for language,
        images or others elsewhere), ``epochs``, ``confidence`` (in the estimates), ``notable`` (meets one of Epoch AI's
        criteria of notability), ``compute_rank`` (rank by compute when published, of the 20 first); null where unknown.

    Source:
        Epoch AI, "All ML systems", github.com/epoch-research/training-cost-trends at 263c40a, CC BY 4.0. Eleven of 57
        columns, renamed; only rows that have compute or data.

    Example:
        >>> import limitlaw as ll
        >>> ll.datasets.epoch_models().filter(model="Llama 3.1-405B").select("date", "compute", "tokens").row(0)
        (datetime.date(2024, 7, 23), 3.8e+25, 15600000000000.0)
    """
    return _read("epoch_models.csv").with_columns(pl.col("date").str.to_date())


def record_runs() -> pl.DataFrame:
    """Language models that set a record of training compute or of dataset size: what a projection is scored against.

    Returns:
        One row per record in order of date: ``model``, ``date``, ``variable`` (``"compute"`` in FLOP; ``"demand"``, the
        distinct tokens of the run) and ``value``, each above all earlier ones of its variable. Of several on one day
        only the largest counts.

    Source:
        Computed from :func:`epoch_models`, models whose domain includes language.

    Example:
        >>> import limitlaw as ll
        >>> ll.datasets.record_runs().filter(variable="demand")["model"].to_list()[-3:]
        ['Qwen2.5-Max', 'Llama 4 Behemoth (preview)', 'Qwen3-235B-A22B']
    """
    language = epoch_models().filter(pl.col("domain").str.split(",").list.contains("Language"))
    parts = []
    for variable, column in (("compute", "compute"), ("demand", "tokens")):
        runs = language.drop_nulls(column).sort(
            "date", column, "parameters", descending=[False, True, True], maintain_order=True
        )
        before = pl.col(column).cum_max().shift(1, fill_value=0.0)
        runs = runs.filter(pl.col(column) > before)
        parts.append(runs.select("model", "date", pl.lit(variable).alias("variable"), pl.col(column).alias("value")))
    return pl.concat(parts).sort("date", "variable", maintain_order=True)


def repetition_runs() -> pl.DataFrame:
    """Language models trained on repeated data: the runs behind the constants of ``Law.muennighoff()``.

    Returns:
        308 rows: ``name``, ``kind`` (``"main"``, ``"seed"``, ``"opt"`` or ``"dedup"``), ``parameters``, ``tokens``
        (repeats counted), ``unique_tokens``, ``loss`` (on held-out C4, nats per token), ``fitted`` (whether the run is
        one of the 182 that the published constants were fitted to; runs that overfit were left out by hand).

    Source:
        huggingface/datablations at 1370131, utils/parametric_fit.ipynb (Apache-2.0 licence); Muennighoff et al. 2023,
        arXiv 2305.16264.

    Example:
        >>> import limitlaw as ll
        >>> runs = ll.datasets.repetition_runs().filter("fitted")
        >>> law = ll.loss(ll.Law.muennighoff_c4(), runs["parameters"], runs["tokens"], runs["unique_tokens"])
        >>> runs.height, round(float((runs["loss"] - law).abs().mean()), 3)
        (182, 0.327)
    """
    return _read("repetition_runs.csv")


def _read(name: str) -> pl.DataFrame:
    file = resources.files("limitlaw").joinpath(f"data/{name}")
    return pl.read_csv(file.read_bytes(), infer_schema_length=None)
