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
