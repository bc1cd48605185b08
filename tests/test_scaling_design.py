"""What the sizes of training runs cannot tell of a law is null, with what rests on it."""

import math
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from click.testing import CliRunner

import limitlaw as ll
from limitlaw.cli import main
from limitlaw.fit import ScalingFit, fit_scaling_law

Array = npt.NDArray[np.float64]
LAW = ll.Law.chinchilla(log_a=math.log(400), log_b=math.log(1500), log_e=math.log(1.7), alpha=0.34, beta=0.37)
SIZES = np.geomspace(1e9, 1e11, 15)
DESIGNS = {
    "two sizes": (np.repeat([1e8, 1e9], 15), np.tile(SIZES, 2)),
    "two sizes, nearly": (np.repeat([1e8, 1e9], 15) * (1 + np.arange(30) / 1e4), np.tile(SIZES, 2)),
    "two token counts": (np.tile(SIZES / 30, 2), np.repeat([1e10, 1e11], 15)),
    "one size": (np.full(30, 1e9), np.geomspace(1e9, 1e11, 30)),
    "one run, copied": (np.full(30, 1e9), np.full(30, 2e10)),
    "one ratio": (np.geomspace(1e7, 1e10, 30), 20 * np.geomspace(1e7, 1e10, 30)),
    "three sizes": (np.repeat([1e8, 3e8, 1e9], 10), np.tile(np.geomspace(1e9, 1e11, 10), 3)),
    "one budget": (np.geomspace(1e8, 3e9, 30), 1e20 / 6 / np.geomspace(1e8, 3e9, 30)),
}
OF_PARAMETERS, OF_TOKENS = ("log_a", "log_e", "alpha"), ("log_b", "log_e", "beta")
TERMS = ("log_a", "log_b", "alpha", "beta")


def runs_of(name: str, noise: float = 0.01, law: ll.Law = LAW) -> pl.DataFrame:
    params, tokens = DESIGNS[name]
    losses = ll.loss(law, params, tokens) * np.exp(noise * np.random.default_rng(0).standard_normal(len(params)))
    return pl.DataFrame({"params": params, "tokens": tokens, "loss": losses})


def quietly_fitted(frame: pl.DataFrame, **options: object) -> ScalingFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ll.MisfitWarning)
        return fit_scaling_law(frame, **({"bootstrap": 50, "seed": 1} | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize(
    ("name", "untold", "reason"),
    [
        ("two sizes", OF_PARAMETERS, "only 2 sizes of parameters where a term takes 3"),
        ("two sizes, nearly", OF_PARAMETERS, "only 2 sizes of parameters where a term takes 3"),
        ("two token counts", OF_TOKENS, "only 2 sizes of tokens where a term takes 3"),
        ("one size", OF_PARAMETERS, "only 1 size of parameters"),
        ("one run, copied", ("log_a", "log_b", "log_e", "alpha", "beta"), "only 1 size of parameters and 1 size of"),
        ("one ratio", TERMS, "tokens follow a power of parameters"),
    ],
)
def test_what_runs_cannot_tell_is_null(name: str, untold: tuple[str, ...], reason: str, noise: float) -> None:
    with pytest.warns(ll.MisfitWarning, match=f"{len(untold)} coefficients are null, from .*{reason}"):
        fit = fit_scaling_law(runs_of(name, noise), bootstrap=50, seed=1)
    assert fit.untold == untold
    rows = {row["quantity"]: row for row in fit.estimates.iter_rows(named=True)}
    null = {*untold, "parameters_exponent"}
    for quantity, row in rows.items():
        assert [row[end] is None for end in ("estimate", "low", "high")] == [quantity in null] * 3
        assert (reason in (row["note"] or "")) == (quantity in null)
    assert set(fit.modes["quantity"]) == set(fit.names) - set(untold)
    assert [fit.draws[name].null_count() for name in untold] == [50] * len(untold)
    assert f"{untold[0]}=null" in repr(fit)
    with pytest.warns(ll.MisfitWarning, match="the allocation is null"):
        best = fit.optimal_allocation([1e22, 1e24])
    assert best.drop("compute").null_count().row(0) == (2,) * (best.width - 1)
    for door in ("law", "laws", "parameters"):
        with pytest.raises(ValueError, match=f"fit must tell all coefficients for a law, got runs that .*{reason}"):
            getattr(fit, door)


@pytest.mark.parametrize(
    ("name", "fixed"),
    [
        ("three sizes", {}),
        ("one budget", {}),
        ("two sizes", {"alpha": 0.34}),
        ("two sizes", {"log_e": 0.5}),
        ("two token counts", {"beta": 0.37}),
        ("one size", {"alpha": 0.34, "log_e": 0.5}),
        ("one ratio", {"alpha": 0.34}),
    ],
)
def test_other_runs_or_fixed_coefficients_tell_the_rest(name: str, fixed: dict[str, float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_scaling_law(runs_of(name), bootstrap=0, fixed=fixed)
        assert fit.untold == ()
        assert fit.optimal_allocation(1e22)["parameters"].null_count() == 0
        assert fit.predict(pl.DataFrame({"params": [3e9], "tokens": [2e10]}))["predicted"].null_count() == 0
    assert fit.law.base[3] > 0  # type: ignore[attr-defined]


def other_laws() -> Iterator[tuple[str, ll.Law]]:
    """Laws that give the runs of a design the same losses, from algebra."""
    a, b, e, alpha, beta = LAW.base  # type: ignore[attr-defined]
    steep = 1.2
    # E + A N^-alpha at two sizes from another exponent.
    at = np.exp(e) + np.exp(a) * np.array([1e8, 1e9]) ** -alpha
    scale = (at[0] - at[1]) / (1e8**-steep - 1e9**-steep)
    rest = at[0] - scale * 1e8**-steep
    yield "two sizes", ll.Law.chinchilla(log_a=math.log(scale), log_b=b, log_e=math.log(rest), alpha=steep, beta=beta)
    # D = 20 N: the terms change places.
    swapped = {"log_a": b - beta * math.log(20), "log_b": a + alpha * math.log(20), "alpha": beta, "beta": alpha}
    yield "one ratio", ll.Law.chinchilla(log_e=e, **swapped)


@pytest.mark.parametrize(("name", "other"), list(other_laws()))
def test_a_loss_is_told_where_all_laws_of_the_same_losses_agree(name: str, other: ll.Law) -> None:
    frame = runs_of(name, 0.0)
    params, tokens = frame["params"].to_numpy(), frame["tokens"].to_numpy()
    assert ll.loss(other, params, tokens) == pytest.approx(ll.loss(LAW, params, tokens), rel=1e-12)
    fit = quietly_fitted(frame)
    asked = pl.DataFrame({"params": [1e8, 1e9, 7e9, 5e8], "tokens": [7e9, 2e10, 1.4e11, 3e9]})
    with pytest.warns(ll.MisfitWarning, match="of 4 losses are null"):
        said = fit.predict(asked)
    truth, elsewhere = (ll.loss(law, asked["params"], asked["tokens"]) for law in (LAW, other))
    agree = np.abs(truth / elsewhere - 1) < 1e-9
    assert (~agree).any()
    assert said["predicted"].is_not_null().to_list() == agree.tolist()
    assert said["predicted"].filter(pl.Series(agree)).to_numpy() == pytest.approx(truth[agree], rel=1e-4)
    assert said["low"].is_not_null().to_list() == said["run_high"].is_not_null().to_list() == agree.tolist()


def test_other_forms_say_what_their_runs_cannot_tell() -> None:
    random = np.random.default_rng(3)
    params = 10 ** random.uniform(7, 10, 60)
    tokens = params * 10 ** random.uniform(0.5, 2.5, 60)
    odd = np.arange(60) % 2 == 1
    for law, form, untold in (
        (ll.Law.penalty(), "penalty", ("log_p", "delta")),  # of four epochs alone the fade is not told
        (ll.Law.bounded(), "bounded", ()),
        (ll.Law.muennighoff(base=LAW, repetition_data=12.0, repetition_params=4.0), "muennighoff", ()),
    ):
        unique = np.where(odd, tokens / 4, tokens)
        losses = ll.loss(law, params, tokens, unique) * np.exp(0.005 * random.standard_normal(60))
        frame = pl.DataFrame({"params": params, "tokens": tokens, "unique": unique, "loss": losses})
        fit = quietly_fitted(frame, law=form, unique_tokens="unique", bootstrap=0)
        assert fit.untold == untold, form
        if form == "penalty":  # without repeats nothing rests on it
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert fit.optimal_allocation(1e22)["parameters"].null_count() == 0
                fresh = pl.DataFrame({"params": [1e9], "tokens": [2e10], "unique": [2e10]})
                assert fit.predict(fresh)["predicted"].null_count() == 0
            with pytest.warns(ll.MisfitWarning):
                assert fit.predict(fresh.with_columns(unique=2e9))["predicted"].null_count() == 1
    frame = pl.DataFrame({"compute": [1e20] * 5 + [1e21] * 5, "loss": np.linspace(3, 2.5, 10)})
    fit = quietly_fitted(frame, law="envelope", compute="compute")
    assert fit.untold == fit.names
    with pytest.warns(ll.MisfitWarning, match="only 2 sizes of compute"):
        assert fit.predict(pl.DataFrame({"compute": [1e20, 1e22]}))["low"].is_null().to_list() == [False, True]


def test_parts_of_runs_that_tell_no_law_say_so() -> None:
    sizes = np.repeat([1e7, 1e8, 1e9, 1e10], 10)
    tokens = np.tile(np.geomspace(1e9, 1e10, 10), 4)
    frame = pl.DataFrame({"params": sizes, "tokens": tokens, "loss": ll.loss(LAW, sizes, tokens)})
    found = ll.fit.compare_scaling_laws(frame, by="parameters", parts=4, bootstrap=0)
    assert found["rms"].is_null().to_list() == [True, True, False]
    assert found["note"].str.contains("fitted to runs that cannot tell").to_list() == [True, True, None]


@pytest.mark.filterwarnings("default::limitlaw.MisfitWarning")
def test_the_command_line_prints_no_number_that_runs_cannot_tell(tmp_path: Path) -> None:
    runs_of("two sizes").write_csv(tmp_path / "runs.csv")
    given = ["fit-law", str(tmp_path / "runs.csv"), "--bootstrap", "20", "--plan", "1e24", "--reach", "2"]
    found = CliRunner().invoke(main, [*given, "--out", str(tmp_path / "fit.parquet")])
    assert found.exit_code == 0, found.output
    assert "Warning: 3 coefficients are null, from runs that cannot tell log_a, log_e, alpha: only 2" in found.output
    for name in ("plan", "reach"):
        frame = pl.read_parquet(tmp_path / f"fit-{name}.parquet")
        assert set(frame[:, 1:].null_count().row(0)) == {1}
    (tmp_path / "none.csv").write_text("params,tokens,loss\n")
    found = CliRunner().invoke(main, ["fit-law", str(tmp_path / "none.csv")])
    assert found.output == "Error: frame must have a row per run, got no rows\n"


def test_one_question_has_one_answer_on_the_command_line(tmp_path: Path) -> None:
    """The compute that a budget's loss needs is the budget: both are the estimate, their intervals over resamples."""
    random = np.random.default_rng(3)
    params = np.geomspace(3e7, 5e9, 40)
    tokens = params * np.exp(random.uniform(1, 5, 40))
    losses = ll.loss(LAW, params, tokens) * np.exp(0.005 * random.standard_normal(40))
    frame = pl.DataFrame({"params": params, "tokens": tokens, "loss": losses}).head(12)
    frame.write_csv(tmp_path / "runs.csv")
    fit = fit_scaling_law(frame, bootstrap=100, seed=7)
    loss = fit.optimal_allocation(1e24)["loss"][0]
    given = ["fit-law", str(tmp_path / "runs.csv"), "--bootstrap", "100", "--plan", "1e24", "--reach", repr(loss)]
    found = CliRunner().invoke(main, [*given, "--out", str(tmp_path / "fit.parquet")])
    assert found.exit_code == 0, found.output
    assert pl.read_parquet(tmp_path / "fit-plan.parquet")["loss"][0] == pytest.approx(loss, rel=1e-12)
    reach = pl.read_parquet(tmp_path / "fit-reach.parquet")
    assert reach.columns == ["loss", "compute", "compute_low", "compute_high"]
    assert reach["compute"][0] == pytest.approx(1e24, rel=1e-6)
    over = ll.exhaustion.compute_for_loss(fit.laws, loss, 1e99)
    assert reach["compute_low"][0] == pytest.approx(over["compute_low"][0], rel=1e-6)


def test_a_run_lies_at_least_as_wide_as_the_law() -> None:
    random = np.random.default_rng(1)
    for seed in range(10):
        params = 10 ** random.uniform(7.5, 9.5, 8)
        tokens = params * np.exp(random.uniform(1, 5, 8))
        losses = ll.loss(LAW, params, tokens) * np.exp(0.005 * random.standard_normal(8))
        fit = fit_scaling_law(
            pl.DataFrame({"params": params, "tokens": tokens, "loss": losses}), bootstrap=50, seed=seed
        )
        said = fit.predict(pl.DataFrame({"params": [7e9, 1e9], "tokens": [1.4e11, 2e10]}))
        assert (said["run_low"] <= said["low"]).all()
        assert (said["run_high"] >= said["high"]).all()


def test_units_of_other_runs_are_looked_at_too() -> None:
    fit = quietly_fitted(runs_of("three sizes"), bootstrap=0)
    with pytest.warns(ll.UnitsWarning, match="parameters should be a count, not thousands, millions or billions"):
        fit.predict(pl.DataFrame({"params": [70.0], "tokens": [1.4e12]}))


def test_a_law_that_counts_repeats_in_full_says_so_where_text_is_short() -> None:
    fit = quietly_fitted(runs_of("three sizes"), bootstrap=20)
    with pytest.warns(ll.UnusedSettingWarning, match="unique_tokens has no effect; a fit with law='muennighoff'"):
        fit.optimal_allocation(1e24, unique_tokens=1e10)
    for law in (fit.law, fit.laws):
        with pytest.warns(ll.UnusedSettingWarning, match="dataset_value: added_tokens has no effect"):
            ll.exhaustion.dataset_value(law, 1e24, 1e10, 1e12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit.optimal_allocation(1e20, unique_tokens=1e15)
        ll.exhaustion.dataset_value(ll.Law.muennighoff(base=fit.law), 1e24, 1e10, 1e12)


def test_one_run_more_than_coefficients_is_called_too_few() -> None:
    random = np.random.default_rng(1)
    params = 10 ** random.uniform(7.5, 9.5, 7)
    tokens = params * np.exp(random.uniform(1, 5, 7))
    losses = ll.loss(LAW, params, tokens) * np.exp(0.005 * random.normal(size=7))
    frame = pl.DataFrame({"params": params, "tokens": tokens, "loss": losses})
    with pytest.warns(ll.MisfitWarning, match="^6 runs for 5 coefficients: intervals over resamples of so few are too"):
        fit_scaling_law(frame.head(6), bootstrap=10, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_scaling_law(frame, bootstrap=10, seed=1)
        fit_scaling_law(frame.head(6), bootstrap=0)
        fit_scaling_law(frame.head(6), bootstrap=10, seed=1, fixed={"alpha": 0.34})


def test_a_fit_that_tells_no_law_is_drawn_by_its_residuals() -> None:
    fit = quietly_fitted(runs_of("two sizes"))
    text = ll.plot(fit).to_json()
    assert "What the law does not explain" in text
    assert "Parameters and tokens of the best run" not in text
