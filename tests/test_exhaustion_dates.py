"""Levels of any date, years before 2024, one's own corpus: against closed forms and the same world moved in time."""

import datetime as dt
import math
import tomllib

import numpy as np
import pytest

import limitlaw as ll
from exhaustion_cases import FIXED

LAW = {"log_a": 6.17795598, "log_b": 7.64273236, "alpha": 0.34781303, "beta": 0.36585412}
KNOWN = ll.LawParameters.rows([6.17795598, 7.64273236, 0.59711196, 0.34781303, 0.36585412])


def ln_optimal_tokens(compute: float) -> float:
    """D* = K^(alpha / (alpha + beta)) / G of the law, with K = C / 6."""
    alpha, beta = LAW["alpha"], LAW["beta"]
    ln_g = (math.log(alpha / beta) + LAW["log_a"] - LAW["log_b"]) / (alpha + beta)
    return alpha / (alpha + beta) * math.log(compute / 6) - ln_g


@pytest.mark.parametrize("base", ["2026-03", dt.date(2026, 3, 1), 2026 + 59 / 365])
def test_a_corpus_runs_out_where_two_lines_cross(base: object) -> None:
    """Demand and corpus grow by constant factors, so that their logarithms are lines: exact between years too."""
    own = ll.ExhaustionScenario.preset(
        "corpus", text_stock=5e9, stock_growth=1.05, compute=3e18, compute_growth=3, base_year=base,
        law_parameters=KNOWN, multi_epoch_multiplier=4, years=range(2020, 2080),
    )  # fmt: skip
    found = ll.simulate(
        own, trials=1, seed=1, samples=["exhaustion_year", "unique_tokens_2026", "compute_2020"]
    ).samples
    start = 2026 + 59 / 365
    share = LAW["alpha"] / (LAW["alpha"] + LAW["beta"])
    closing = share * math.log(3) - math.log(1.05)
    for definition, multiplier in (("unique_tokens", 1), ("effective_stock", 4)):
        want = start + (math.log(5e9 * multiplier) - ln_optimal_tokens(3e18)) / closing
        assert found[f"exhaustion_year_{definition}"][0] == pytest.approx(want, abs=1e-9)
    assert found["unique_tokens_2026"][0] == pytest.approx(5e9 * 1.05 ** (2026 - start), rel=1e-13)
    assert found["compute_2020"][0] == pytest.approx(3e18 * 3 ** (2020 - start), rel=1e-13)


def test_the_corpus_of_the_tutorial_runs_out_when_a_loop_over_its_inputs_says() -> None:
    """A language of 1.6e9 words, every input drawn by NumPy: where the best run takes four times the text.

    The law is that of the bundled rows on both sides. 40,000 draws each, sd .7 years: a difference of ends of 5 % has a
    standard error of .01 years; .05 are five of them.
    """
    own = ll.ExhaustionScenario.preset(
        "corpus", base_year="2026-03", text_stock=ll.dist.lognormal(1.6e9 * 1.5, 1.6e9 * 3, interval=0.9),
        stock_growth=ll.dist.uniform(1.03, 1.08), compute=ll.dist.quantiles({0.05: 2e18, 0.95: 6e18}),
        compute_growth=ll.dist.triangular(2, 3, 4), multi_epoch_multiplier=4, years=range(2026, 2046),
        law_parameters=ll.LawParameters.bootstrap(),
    )  # fmt: skip
    said = ll.simulate(own, trials=40_000, seed=7).exhaustion.filter(definition="effective_stock")
    random, n = np.random.default_rng(3), 40_000
    rows = ll.LawParameters.bootstrap()
    pick = random.integers(0, len(rows.alpha), n)
    log_a, log_b, alpha, beta = (getattr(rows, name)[pick] for name in ("log_a", "log_b", "alpha", "beta"))

    def lognormal(low: float, high: float) -> np.ndarray:
        sd = math.log(high / low) / 2 / 1.6448536269514722
        return math.log(low * high) / 2 + sd * random.normal(size=n)

    text, compute = lognormal(2.4e9, 4.8e9), lognormal(2e18, 6e18)
    text_grows, compute_grows = np.log(random.uniform(1.03, 1.08, n)), np.log(random.triangular(2, 3, 4, n))
    ln_g = (np.log(alpha / beta) + log_a - log_b) / (alpha + beta)
    share = alpha / (alpha + beta)
    wanted = share * (compute - math.log(6)) - ln_g
    year = 2026 + 59 / 365 + (math.log(4) + text - wanted) / (share * compute_grows - text_grows)
    found = np.quantile(year, [0.05, 0.5, 0.95])
    assert said.select("q05", "q50", "q95").row(0) == pytest.approx(found, abs=0.05)


def test_what_a_corpus_leaves_out_is_off() -> None:
    own = ll.ExhaustionScenario.preset("corpus", text_stock=5e9, compute=3e18)
    drawn = ll.simulate(
        own, trials=100, seed=1, samples=["unique_tokens_2024", "unique_tokens_2053", "compute_2053"]
    ).samples
    assert drawn.unique().rows() == [(5e9, 5e9, pytest.approx(3e18))]
    file = """kind = "exhaustion"
preset = "corpus"
text_stock = 5e9
compute = 3e18
base_year = 2026-03-01
"""
    read = ll.ExhaustionScenario.from_data(tomllib.loads(file))
    assert read == own.replace(base_year="2026-03")
    with pytest.raises(ValueError, match="text_stock must be given with preset 'corpus'"):
        ll.ExhaustionScenario.from_data({"kind": "exhaustion", "preset": "corpus"})


@pytest.mark.parametrize("moved", [-7, 3])
def test_a_world_without_a_calendar_moves_with_its_base_year(moved: int) -> None:
    """Without caps, other media and synthetic data, whose years are the calendar's, only the distance counts."""
    plain = FIXED | {
        "power_cap": 1e90, "chip_cap": 1e90, "latency_cap": 1e90, "multimodal_transfer": 0, "synthetic_multiplier": 1,
        "compute": ll.dist.lognormal(2e25, 8e25), "goodput": True, "failures_per_node_day": 1e-7, "trend_weight": 0.3,
    }  # fmt: skip
    names = ["exhaustion_year"]
    here, there = (
        ll.simulate(
            ll.ExhaustionScenario(**plain, base_year=2024 + by, years=range(2020 + by, 2050 + by)),
            trials=500, seed=4, samples=[*names, f"loss_{2035 + by}", f"compute_{2021 + by}"],
        ).samples
        for by in (0, moved)
    )  # fmt: skip
    for one, other in zip(here.columns, there.columns, strict=True):
        by = moved if one.startswith("exhaustion_year") else 0
        np.testing.assert_allclose(there[other] - by, here[one], rtol=1e-12)


def test_half_a_year_is_the_root_of_a_year() -> None:
    """From half a year before: growth, access, algorithms and trend have each passed for half a year more."""
    at = ll.ExhaustionScenario(**FIXED | {"multimodal_transfer": 0}, years=[2030])
    early = at.replace(base_year=2023.5)
    names = ["compute_2030", "unique_tokens_2030", "loss_unconstrained_2030"]
    (one,), (other,) = (
        ll.simulate(
            s.replace(power_cap=1e90, chip_cap=1e90, latency_cap=1e90), trials=1, seed=1, samples=names
        ).samples.rows()
        for s in (at, early)
    )
    assert other[0] / one[0] == pytest.approx(math.sqrt(FIXED["compute_growth"]), rel=1e-12)
    gain = 1 / (1 + math.exp(2027 - 2030))
    public, private = FIXED["text_stock"] * (1 + gain), FIXED["private_stock"] * FIXED["private_share"]
    for t, found in ((6, one[1]), (6.5, other[1])):
        want = FIXED["usable_fraction"] * (public * math.exp(-0.02 * t) + private) * FIXED["stock_growth"] ** t
        assert found == pytest.approx(want, rel=1e-12)
    rate = LAW["alpha"] * LAW["beta"] / (LAW["alpha"] + LAW["beta"])

    def ln_progress(t: float) -> float:
        return 12 * math.log(2) / 9 * 18 * -math.expm1(-t / 18)

    more = 0.5 * math.log(FIXED["compute_growth"]) + ln_progress(6.5) - ln_progress(6)
    floor = math.exp(0.59711196)
    assert (other[2] - floor) / (one[2] - floor) == pytest.approx(math.exp(-rate * more), rel=1e-11)


def test_a_projection_of_2022_is_scored_against_what_followed() -> None:
    """The years a past projection is about: dates as text, levels of its own date."""
    past = ll.ExhaustionScenario(
        base_year="2020-06", years=range(2020, 2027), compute=ll.dist.lognormal(1e23, 9e23, 0.9), compute_growth=4.5
    )
    found = ll.backtest(past, ll.datasets.record_runs(), as_of="2020-06", trials=2000, seed=1)
    assert found.observations["date"].min() > dt.date(2020, 6, 1)
    assert set(found.scores["variable"]) == {"compute", "demand"}
