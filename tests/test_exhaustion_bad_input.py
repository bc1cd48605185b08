"""Bad input of the exhaustion family is one clear error that names the argument; extreme legal input is finite."""

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limitlaw as ll
from exhaustion_cases import input_ranges
from limitlaw import exhaustion as ex

#: Ends of ranges and the like are asked for on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::limitlaw.UnitsWarning")

DEFAULT = ll.ExhaustionScenario.preset("default")
EPOCH = ll.ConstraintScenario.epoch2030()
LAW = ll.Law.besiroglu()
RECORDS = ll.datasets.record_runs()
AS_OF = dt.date(2024, 6, 6)
NAN, INF = math.nan, math.inf
UNCAPPED = {"power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90}


class Frozen:
    """As SciPy's frozen distributions are."""

    def ppf(self, q):
        return q


def levers(changes, **more):
    return ll.levers(DEFAULT, changes, trials=10, seed=1, **more)


def score(observations, as_of=AS_OF, scenario=DEFAULT):
    return ll.backtest(scenario, observations, as_of=as_of, trials=10, seed=1)


def path(**changes):
    return ll.ComputePath(**{"years": [2024, 2025], "low": [25, 25], "median": [26, 26], "high": [27, 27]} | changes)


CASES = [
    # Fields of a scenario.
    (lambda: DEFAULT.replace(text_stock=NAN), "text_stock: value must be finite, got nan"),
    (lambda: DEFAULT.replace(text_stock=INF), "text_stock: value must be finite, got inf"),
    (lambda: DEFAULT.replace(text_stock="many"), "text_stock must be a Dist or a number, got 'many'"),
    (lambda: DEFAULT.replace(text_stock=None), "text_stock must be a Dist or a number, got None"),
    (
        lambda: DEFAULT.replace(text_stock=(1e14, 1e15)),
        r"text_stock: must be a Dist or a number, got \(1.*: write ll.dist.lognormal\(1.*, 1.*\) for a 95 %",
    ),
    (
        lambda: DEFAULT.replace(text_stock=[1e14, 2e14, 3e14]),
        r"text_stock: must be .* write ll.dist.from_samples\(values\)",
    ),
    (lambda: DEFAULT.replace(data_share=Frozen()), r"data_share: must be .* write ll.dist.from_samples\(x.rvs"),
    (lambda: DEFAULT.replace(text_stock=1e31), r"text_stock must be in \[0, 1e30\], got 1e31"),
    (lambda: DEFAULT.replace(years=2030), "years must be a sequence, got 2030"),
    (lambda: DEFAULT.replace(years=[2024.5]), r"years\[0\] must be a whole number, got 2024.5"),
    (
        lambda: DEFAULT.replace(years=[2024, 10**30]),
        "years must be rising, from 1990 at the earliest to at most 2224, got 2024 to 1000",
    ),
    (lambda: DEFAULT.replace(years=range(2053, 2023, -1)), "years must be rising, .* got 2052 after 2053"),
    (lambda: DEFAULT.replace(law="muennighoff"), "law must be a Law, got 'muennighoff'"),
    (lambda: DEFAULT.replace(law=ll.Law.muennighoff), "law must be a Law, got <function"),
    (lambda: DEFAULT.replace(goodput=1), "goodput must be True or False, got 1"),
    (lambda: path(growth_after=4), r"growth_after must be in \[-3, 3\], got 4"),
    (lambda: path(growth_before=-4), r"growth_before must be in \[-3, 3\], got -4"),
    (
        lambda: DEFAULT.replace(compute_path=path()),
        "compute_path must be a path to 2053, or with growth_after, got one to 2025",
    ),
    (
        lambda: DEFAULT.replace(compute_path=path(years=[2026, 2060])),
        "compute_path must be a path from 2024 on, or with growth_before, got one from 2026 on",
    ),
    (
        lambda: DEFAULT.replace(compute_path=path(years=[2026, 2060]), goodput=True, years=[2030]),
        "compute_path must be a path from 2024 on, or with growth_before, got one from 2026 on",
    ),
    (
        lambda: DEFAULT.replace(
            compute_path=path(growth_after=1), **UNCAPPED, latency_cap_growth=2, years=[2024, 2107]
        ),
        "compute_path must be below 1e100 FLOP in 2107, or caps that are, got 1e108",
    ),
    (
        lambda: DEFAULT.replace(**UNCAPPED, years=[2024, 2224]),
        "compute_growth must be small enough that compute stays below 1e100 for 200 years, got",
    ),
    (
        lambda: DEFAULT.replace(trend_weight=0.5, trend_growth=10, years=[2024, 2224]),
        "trend_growth must be small enough that trend_dataset stays below 1e100 for 200 years, got 10",
    ),
    (lambda: DEFAULT.replace(compute_path=5), "compute_path must be a ComputePath, got 5"),
    (lambda: path(years=[2025, 2024]), r"years\[1\] must be above years\[0\] \(2025\), got 2024"),
    (lambda: path(high=[27, 1e28]), r"high\[1\] must be log10 FLOP in \[0, 60\], got 1e28"),
    (lambda: path(low=[25, 28]), r"low\[1\] must be at most median\[1\] \(26\), got 28"),
    (lambda: path(median=[25, 29]), r"median\[1\] must be at most high\[1\] \(27\), got 29"),
    (lambda: path(low=[25]), r"low must be as long as years \(2\), got 1 values"),
    (lambda: path(years=[], low=[], median=[], high=[]), "years must be at least one year, got none"),
    (lambda: path(growth_before=4), r"growth_before must be in \[-3, 3\], got 4"),
    (lambda: ll.ExhaustionScenario.preset(None), "name must be 'default', 'epoch2024' or 'corpus', got None"),
    (lambda: DEFAULT.replace(correlations=5), "correlations must be a sequence, got 5"),
    (lambda: DEFAULT.replace(correlations={"a": 1}), "correlations must map pairs of inputs .* got the key 'a'"),
    (lambda: DEFAULT.replace(correlations=[("text_stock", "images", 0.5)]), r"correlations\[0\] must be a Correlation"),
    (lambda: DEFAULT.replace(correlations={("images", "images"): 0.5}), "correlations must be between two inputs"),
    (
        lambda: DEFAULT.replace(correlations={("images", "compute"): 0.5, ("compute", "images"): 0.5}),
        "correlations must be given once per pair, got compute and images twice",
    ),
    (
        lambda: DEFAULT.replace(repetition_data=ll.repetition_bootstrap()[0]),
        "correlations must be without repetition_data, which is drawn by rows",
    ),
    # Distributions.
    (lambda: ll.dist.lognormal(5, 1), "high must be above 5, got 1"),
    (lambda: ll.dist.lognormal(0, 1), "low must be positive, got 0"),
    (lambda: ll.dist.lognormal(1, 2, interval=1), r"interval must be in \(0, 1\), got 1"),
    (lambda: ll.dist.log_moments(1e4, 1), "mean and sd must keep both ends"),
    (lambda: ll.dist.log_moments(0, -1), "sd must be positive, got -1"),
    (lambda: ll.dist.log_moments("a", 1), "mean must be a number, got 'a'"),
    (lambda: ll.dist.normal(0, 0), "sd must be positive, got 0"),
    (lambda: ll.dist.uniform(2, 1), "high must be above 2, got 1"),
    (lambda: ll.dist.beta(0, 1), "a must be positive, got 0"),
    (lambda: ll.dist.metalog(3, 2, 1), "p50 must be above 3, got 2"),
    (lambda: ll.dist.metalog(0, 0.01, 100), "p50 must be nearer the middle of p10 and p90"),
    (lambda: ll.dist.empirical([]), "values must be at least one number, got none"),
    (lambda: ll.dist.empirical([1, NAN]), r"values\[1\] must be finite, got nan"),
    (lambda: ll.dist.triangular(2, 1, 3), r"mode must be in \[2, 3\], got 1"),
    (lambda: ll.dist.triangular(2, 2, 2), "high must be above 2, got 2"),
    (lambda: ll.dist.pert(0, 1, 2, -1), r"concentration must be in \[0, 1e6\], got -1"),
    (lambda: ll.dist.pert(-1e308, 0, 1e308), "high must be above -1e308"),
    (lambda: ll.dist.quantiles({0.5: 1}), r"values must be as many as levels \(1\), at least two, got 1"),
    (lambda: ll.dist.quantiles({0.5: 2, 0.9: 1}), r"values\[1\] must be above values\[0\] \(2\), got 1"),
    (lambda: ll.dist.quantiles({0: 1, 0.9: 2}), r"levels\[0\] must be in \(0, 1\), got 0"),
    (lambda: ll.dist.quantiles({0.1: 0, 0.9: 2}), r"values\[0\] must be positive under law='lognormal', got 0"),
    (lambda: ll.dist.quantiles({0.1: 0.5, 0.9: 2}, law="logit_normal"), r"values\[1\] must be in \(0, 1\) under"),
    (lambda: ll.dist.quantiles([0.1, 0.9]), "pairs must be a mapping of probabilities to values, got"),
    (lambda: ll.dist.quantiles({0.1: 1, 0.9: 2}, law="beta"), "law must be one of"),
    (lambda: ll.dist.mixture([]), r"weights must be one per distribution \(0\), at least one, got 0"),
    (lambda: ll.dist.mixture([1, 2], weights=[1]), r"weights must be one per distribution \(2\), at least one, got 1"),
    (lambda: ll.dist.mixture([1, 2], weights=[0, 0]), "weights must be positive and finite in sum, got 0"),
    (lambda: ll.dist.mixture([1, 2], weights=[1, -1]), r"weights\[1\] must be finite and at least 0, got -1"),
    (lambda: ll.dist.mixture([1, ll.dist.empirical([1], rows="a")]), r"parts\[1\] must be a distribution without rows"),
    (lambda: ll.dist.mixture(5), "parts must be a sequence of distributions or numbers, got 5"),
    (lambda: ll.dist.mixture(["x"]), r"parts\[0\] must be a Dist or a number, got 'x'"),
    (lambda: ll.dist.clipped(1), "low must be given, or high, got neither"),
    (lambda: ll.dist.clipped(1, 3, 2), "high must be above 3, got 2"),
    (lambda: ll.dist.clipped(ll.dist.empirical([1], rows="a"), 0), "of must be a distribution without rows"),
    (lambda: ll.dist.from_samples({"a": [1], "b": [1, 2]}), "samples must have columns of one length, at least one"),
    (lambda: ll.dist.from_samples({"a": ["x"]}), r"samples\['a'\]: values must be"),
    (lambda: ll.dist.from_samples({}), "samples must have columns of one length, at least one"),
    (lambda: ll.dist.from_samples(pl.LazyFrame({"a": [1]})), "samples must be a table in memory"),
    (lambda: ll.dist.uniform(0, 1).quantile(1), r"p must be in \(0, 1\), got 1"),
    (lambda: ll.dist.uniform(0, 1).cdf("x"), "x must be a number or an array of numbers"),
    (
        lambda: DEFAULT.replace(data_share=ll.dist.mixture([0.1, ll.dist.uniform(0, 2)])),
        r"data_share must be in \[0, 1\], got 2",
    ),
    (lambda: DEFAULT.replace(data_share=ll.dist.clipped(0.5, high=2)), r"data_share must be in \[0, 1\], got 2"),
    # Laws and their priors.
    (lambda: ll.Law.mixture({}), "weights must map at least one law to its weight"),
    (lambda: ll.Law.mixture(["penalty"]), "weights must map at least one law to its weight"),
    (lambda: ll.Law.mixture({"penalty": -1, "bounded": 2}), r"weights\[0\] must be finite and at least 0, got -1"),
    (lambda: ll.Law.mixture({ll.Law.mixture({"penalty": 1}): 1}), "laws must be laws, not mixtures"),
    (lambda: ll.Law.chinchilla(log_a=NAN, log_b=6, log_e=0, alpha=0.1, beta=0.3), "log_a must be finite, got nan"),
    (lambda: ll.Law.chinchilla(log_a=6, log_b=6, log_e=0, alpha=-1, beta=0.3), r"alpha must be in \[0.05, 5\], got -1"),
    (lambda: ll.LawParameters.normal(mean=[1, 2]), r"mean must have the shape \(5,\), got \(2,\)"),
    (lambda: ll.LawParameters.normal(mean=None), "mean must be a number or an array of numbers, got None"),
    (lambda: ll.LawParameters.normal(covariance=np.ones((5, 5))), "covariance must be positive definite, .* at row 1"),
    (
        lambda: ll.LawParameters.normal(covariance=np.eye(5) + np.eye(5, k=1)),
        "covariance must be symmetric, got 0 and 1",
    ),
    (lambda: ll.LawParameters.normal(covariance=np.full((5, 5), NAN)), "covariance must be finite, got nan"),
    (lambda: ll.LawParameters.rows("a"), "rows must be a number or an array of numbers, got 'a'"),
    (lambda: ll.LawParameters.rows([[6, 7, 0.5, 0.3, 0.3], [6, 7]]), "rows must be a number or an array of numbers"),
    # Runs.
    (lambda: ll.simulate(DEFAULT, trials=10, seed=1, samples="exhaustion_year"), "samples must be a sequence of names"),
    (lambda: ll.simulate(DEFAULT, trials=10, seed=1, samples=[5]), r"samples must be a sequence of names, got \[5\]"),
    (lambda: ll.simulate(DEFAULT, trials=2**32, seed=1), r"trials must be in \[1, 4294967295\], got 4294967296"),
    (lambda: ll.simulate(ll.ConstraintScenario.epoch2030(), trials=0, seed=1), r"trials must be in \[1, 1e7\], got 0"),
    (lambda: ll.simulate(DEFAULT, trials=10, seed=1, sampler=None), "sampler must be 'philox' or 'sobol', got None"),
    (
        lambda: ll.simulate(DEFAULT, trials=1024, seed=1, sampler="sobol", replicate=2**64 - 1),
        r"replicate must be in \[0, 1152921504606846974\] for Sobol' points",
    ),
    (
        lambda: ll.simulate(DEFAULT, trials=4 * 10**8, seed=1, samples=["exhaustion_year"]),
        "trials times samples must be at most 1000000000, got 1200000000",
    ),
    (lambda: ll.sensitivity(DEFAULT, seed=1, trials=10**9), "trials times samples must be at most 1000000000, got"),
    # Levers, sensitivities, scores.
    (lambda: levers(5), "levers must map names to the fields that change, got 5"),
    (lambda: levers({"a": 5}), "levers must map names to the fields that change"),
    (lambda: levers({}, quantiles=[1.5]), r"quantiles must be in \(0, 1\), got 1.5"),
    (lambda: levers({}, years=[3000]), r"years must be in \[2024, 2053\], got 3000"),
    (lambda: ll.levers(5, trials=10, seed=1), "scenario must be an ExhaustionScenario, got 5"),
    (lambda: ll.sensitivity(5, seed=1), "scenario must be an ExhaustionScenario, got 5"),
    (lambda: ll.sensitivity(DEFAULT, seed=1, year=2035.5), "year must be a whole number, got 2035.5"),
    (lambda: ll.sensitivity(DEFAULT, seed=1, trials=0), "trials must be in"),
    (lambda: score(5), "observations must be a polars.DataFrame, got 5"),
    (
        lambda: score(RECORDS, as_of=2024),
        "as_of must be a datetime.date or a date such as '2026-03' or '2026-03-15', got 2024",
    ),
    (lambda: score(RECORDS, as_of="2024-13"), "as_of must be a date such as '2026-03' or '2026-03-15', got '2024-13'"),
    (lambda: score(RECORDS, as_of="soon"), "as_of must be a date such as .*, got 'soon'"),
    (lambda: DEFAULT.replace(base_year="March"), "base_year must be a date such as .*, got 'March'"),
    (lambda: DEFAULT.replace(base_year=1900), r"base_year must be in \[1990, 2224\], got 1900"),
    (lambda: DEFAULT.replace(base_year=None), "base_year must be a number, got None"),
    (
        lambda: DEFAULT.replace(overtraining_from="2025-00"),
        "overtraining_from must be a date such as .*, got '2025-00'",
    ),
    (
        lambda: DEFAULT.replace(stock_growth=0.01, base_year=2053, years=[1990, 2053]),
        "stock_growth must be large enough that text_stock was below 1e100 63 years before, got 0.01",
    ),
    (
        lambda: ll.ExhaustionScenario.preset("corpus", text_stock=5e9),
        r"compute must be given with preset 'corpus', got \['text_stock'\]",
    ),
    (lambda: ll.ExhaustionScenario.preset("corpus"), "text_stock must be given with preset 'corpus', got \\[\\]"),
    (lambda: score(RECORDS, scenario=5), "scenario must be an ExhaustionScenario, got 5"),
    (lambda: score(RECORDS.with_columns(date=5)), r"observations\['date'\] must be dates, or text .*, got Int32"),
    (
        lambda: score(RECORDS.with_columns(date=pl.lit("a"))),
        r"observations\['date'\]\[0\] must be a date such as .*, got 'a'",
    ),
    (lambda: score(RECORDS.with_columns(value=pl.lit("a"))), r"observations\['value'\] must be a number, got String"),
    (
        lambda: score(RECORDS.with_columns(value=pl.lit(NAN))),
        r"observations\['value'\] must be finite and above 0, got nan",
    ),
    (
        lambda: score(RECORDS.with_columns(value=pl.lit(INF))),
        r"observations\['value'\] must be finite and above 0, got inf",
    ),
    (lambda: score(RECORDS, scenario=DEFAULT.replace(compute=1, years=[2024])), "in the scenario's years 2024 to 2024"),
    (
        lambda: score(RECORDS.with_columns(variable=pl.lit("lost_compute"))),
        "scenario must project lost_compute_20.* above 0 in every draw, .* got 0",
    ),
    (
        lambda: ll.backtest(DEFAULT, RECORDS, as_of=AS_OF, trials=1, seed=1),
        r"trials must be in \[2, 4294967295\], got 1",
    ),
    (lambda: ll.simulate(DEFAULT, trials=10, seed=1, by="task"), "by must be left out for scenarios of the kind"),
    (lambda: DEFAULT.replace(data_share={}), "data_share: expected an object with a kind for dist, got {}"),
    (lambda: DEFAULT.replace(datashare=1), r"has the fields \['data_share', .*\] \(57 names\), got 'datashare'"),
    # Laws by themselves, building blocks.
    (lambda: type(LAW)(base=(1, 2)), r"base must hold 5 values, got \(1, 2\)"),
    (
        lambda: ex.goodput(interval=[1, 2], checkpoint_seconds=1, failure_seconds=[1, 2, 3]),
        "shapes must broadcast, got",
    ),
    (lambda: ll.dist.log_moments(0, 5e-324), "sd must be large enough to tell the ends .* apart, got 5e-324"),
    (
        lambda: ex.profit_maximising_allocation(1e25, LAW, demand_scale=1e300, loss_elasticity=1e3, price_elasticity=2),
        "must give a price and a profit below 1.8e308",
    ),
    (lambda: ll.read_scenario(None), "path must be a path, got None"),
    (lambda: ll.optimal_allocation(None, 1e9, LAW), "compute must be a number or an array of numbers, got None"),
    (lambda: ll.loss(LAW, [1, 2], [1, 2, 3]), r"shapes must broadcast, got parameters \(2,\), tokens \(3,\)"),
    (lambda: ll.loss(LAW, [[1], [2, 3]], 5), "parameters must be a number or an array of numbers"),
    (lambda: ex.plateau(INF, LAW), r"unique_tokens must be in \[1, 1e100\], got inf"),
    (
        lambda: ex.goodput(interval="a", checkpoint_seconds=1, failure_seconds=1),
        "interval must be a number or an array",
    ),
    (lambda: ex.whole_web_stock(0, seed=1), "draws must be in"),
    (lambda: ex.whole_web_stock(10, seed=-1), "seed must not be negative"),
    (
        lambda: ex.crossing_year(
            0.5, log_stock=(1,), log_demand=(1, 1), log_stock_growth=(0, 1), log_demand_growth=(1, 1)
        ),
        r"log_stock must be a mean and a standard deviation, got \(1,\)",
    ),
    # Constraints.
    (lambda: EPOCH.replace(utilization=2), r"utilization must be in \[1e-12, 1\], got 2"),
    (lambda: EPOCH.replace(bandwidth=0), r"bandwidth must be in \[1e-12, 1e30\], got 0"),
    (lambda: EPOCH.replace(datacenter_growth=11), r"datacenter_growth must be in \[0.1, 10\], got 11"),
    (lambda: EPOCH.replace(correlations={("bandwidth", "bandwith"): 0.5}), "correlations must be between inputs"),
]


@pytest.mark.parametrize(("call", "message"), CASES, ids=[message[:60] for _, message in CASES])
def test_bad_input_is_one_clear_error(call, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_levers_without_years_follow_the_scenario() -> None:
    short = DEFAULT.replace(years=[2024, 2030])
    frame = ll.levers(short, {}, trials=10, seed=1)
    assert "p_by_2030" in frame.columns
    assert "p_by_2035" not in frame.columns


ENDS = {
    "share": (1e-12, 1.0),
    "growth": (0.1, 10.0),
    "level": (1e-12, 1e30),
    "watts": (1e-12, 1e20),
    "media": (1e-12, 1e9),
}


def ends_of(name: str) -> tuple[float, float]:
    if name in ("usable_fraction", "run_share", "utilization"):
        return ENDS["share"]
    if name.endswith("_growth"):
        return ENDS["growth"]
    if name in ("datacenter_watts", "ai_watts", "campus_watts"):
        return ENDS["watts"]
    if name.startswith("tokens_per"):
        return ENDS["media"]
    return {"epochs": (1e-12, 1e6), "run_seconds": (1e-12, 1e12)}.get(name, ENDS["level"])


CONSTRAINT_INPUTS = [name for name in vars(EPOCH) if isinstance(getattr(EPOCH, name), ll.dist.Dist)]


@settings(max_examples=60)
@given(st.data())
def test_extreme_but_legal_constraints_are_finite(data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(CONSTRAINT_INPUTS), min_size=1))
    changes = {name: data.draw(st.sampled_from(ends_of(name))) for name in chosen}
    scenario = EPOCH.replace(**changes, year=data.draw(st.sampled_from([2024.0, 2030.0, 2100.0])), correlations={})
    bands = ll.simulate(scenario, trials=16, seed=1).bands.select(pl.selectors.float())
    assert np.isfinite(bands.to_numpy()).all()


RANGES = input_ranges()
LAWS = [
    ll.Law.muennighoff(),
    ll.Law.besiroglu(),
    ll.Law.muennighoff(max_epochs=1),
    ll.Law.penalty(),
    ll.Law.bounded(),
    ll.Law.chinchilla(log_a=100, log_b=-50, log_e=-50, alpha=0.05, beta=0.05),
    ll.Law.chinchilla(log_a=-50, log_b=100, log_e=10, alpha=5, beta=0.05),
]
PRIORS = [
    ll.LawParameters.normal(),
    ll.LawParameters.normal(covariance=100 * np.eye(5)),
    ll.LawParameters.rows([[100, -50, 10, 5, 0.05], [-50, 100, -50, 0.05, 5]]),
]


@settings(max_examples=40)
@given(st.data())
def test_the_end_of_every_range_is_finite(data: st.DataObject) -> None:
    """Compute to 1e40, a stock of one token, R* to 1e12 and beyond: any fields at the ends of their ranges together."""
    chosen = data.draw(st.sets(st.sampled_from(sorted(RANGES)), min_size=1, max_size=12))
    changes: dict[str, object] = {name: data.draw(st.sampled_from(RANGES[name])) for name in chosen}
    changes["law"] = data.draw(st.sampled_from([*LAWS, ll.Law.mixture({"muennighoff": 1, "bounded": 1})]))
    changes["law_parameters"] = data.draw(st.sampled_from(PRIORS))
    changes["demand"] = data.draw(st.sampled_from(["compute_optimal", "inference_at_loss", "profit"]))
    try:
        scenario = ll.ExhaustionScenario(**changes, years=[2024, 2031], correlations={}, goodput=True)
    except ValueError as error:
        # A growth that overflows and a demand without a formula are errors of their own.
        assert "must be small enough" in str(error) or "under a bounded law" in str(error)  # noqa: PT017
        return
    samples = [f"{name}_2031" for name in ("tokens_per_parameter", "equivalent_compute", "marginal_compute")]
    found = ll.simulate(scenario, trials=16, seed=1, samples=samples)
    # Beyond 1e150 squares overflow, and a mean has no standard error.
    told = pl.when(pl.col("mean") > 1e150).then(0.0).otherwise("se")
    assert np.isfinite(found.trajectories.with_columns(se=told).select(pl.selectors.float()).to_numpy()).all()
    assert np.isfinite(found.samples.to_numpy()).all()


@settings(max_examples=60)
@given(
    law=st.sampled_from(LAWS),
    compute=st.sampled_from([6.0, 1e24, 1e100]),
    unique=st.sampled_from([1.0, 1e12, 1e100]),
)
def test_a_law_far_from_any_fitted_one_is_finite(law: ll.Law, compute: float, unique: float) -> None:
    assert np.isfinite(ll.optimal_allocation(compute, unique, law).to_numpy()).all()
