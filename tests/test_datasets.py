"""The bundled data are what their docstrings say."""

import polars as pl

import limitlaw as ll


def test_codegen_humaneval_has_the_published_counts() -> None:
    tasks = ll.datasets.codegen_humaneval()
    assert tasks.schema == dict.fromkeys(["task_id", "n", "accepted", "accepted_correct", "correct"], pl.Int64)
    assert tasks["task_id"].to_list() == list(range(164))
    assert (tasks["n"] == 100).all()
    assert tasks["correct"].equals(tasks["accepted_correct"])
    assert ((tasks["accepted_correct"] >= 0) & (tasks["accepted_correct"] <= tasks["accepted"])).all()
    assert (tasks["accepted"] <= tasks["n"]).all()
    assert round(tasks["accepted"].sum() / tasks["n"].sum(), 4) == 0.2221
    assert round(tasks["correct"].sum() / tasks["n"].sum(), 4) == 0.1930
    solved = tasks.select((pl.col("accepted") > 0).mean(), (pl.col("correct") > 0).mean()).row(0)
    assert [round(share, 4) for share in solved] == [0.7378, 0.6951]


def test_model_tests_have_the_published_rates() -> None:
    totals = ll.datasets.codegen_model_tests().group_by("strictness", maintain_order=True).sum()
    wrong_accepted = pl.col("accepted") - pl.col("accepted_correct")
    rates = totals.select(
        (pl.col("accepted_correct") / pl.col("correct")).round(3),
        (wrong_accepted / (pl.col("n") - pl.col("correct"))).round(3).alias("false_positive_rate"),
        (pl.col("accepted_correct") / pl.col("accepted")).round(3).alias("precision"),
    )
    assert rates.rows() == [(0.613, 0.272, 0.351), (0.355, 0.069, 0.541), (0.183, 0.032, 0.567), (0.044, 0.009, 0.498)]
    truth = ll.datasets.codegen_humaneval().select("task_id", truth="correct")
    assert (
        ll.datasets.codegen_model_tests()
        .join(truth, on="task_id")
        .filter(pl.col("truth") != pl.col("correct"))
        .is_empty()
    )


def test_evalperf_has_every_task_of_every_run() -> None:
    runs = ll.datasets.evalperf()
    assert runs.group_by("model").len()["len"].to_list() == [118] * 34
    assert ((runs["correct"] >= 0) & (runs["correct"] <= runs["n"]) & runs["n"].is_in([50, 100])).all()


def test_taubench_and_ceilings_have_the_published_means() -> None:
    trials = ll.datasets.taubench_airline()
    assert (trials["n"] == 4).all()
    assert trials["correct"].sum() / trials["n"].sum() == 0.42
    ceilings = ll.datasets.humaneval_ceilings()
    assert ceilings["model"].n_unique() == 17
    assert ceilings.select(pl.col("accuracy", "ceiling").is_between(0, 1).all()).row(0) == (True, True)
