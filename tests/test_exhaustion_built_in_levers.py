"""Built-in levers: twice is twice of what the scenario has, and a lever that does not apply is left out."""

import warnings

import numpy as np
import polars as pl
import polars.testing
import pytest

import limitlaw as ll
from limitlaw.exhaustion.draws import sample
from limitlaw.exhaustion.scaled import scaled

DEFAULT = ll.ExhaustionScenario.preset("default")
CORPUS = ll.ExhaustionScenario.preset("corpus", text_stock=1e13, compute=1e22, compute_growth=4)
TWICE, FIVE = "twice the usable share, at most all", "5 times the tokens per parameter"
#: A tenth of the failures is a tenth of those that the scenario has.
TENTH = "failures a tenth, saves and restarts 60 times faster"
SHARES = [
    0.05,
    0.6,
    ll.dist.lognormal(0.1, 0.4),
    ll.dist.normal(0.4, 0.1),
    ll.dist.logit_normal(-0.8, 1.0),
    ll.dist.uniform(0.0, 1.0),
    ll.dist.beta(2.0, 5.0),
    ll.dist.triangular(0.0, 0.2, 1.0),
    ll.dist.pert(0.0, 0.7, 1.0),
    ll.dist.quantiles({0.1: 0.1, 0.5: 0.3, 0.9: 0.4}),
    ll.dist.quantiles({0.1: 0.1, 0.5: 0.6, 0.9: 0.8}, law="logit_normal"),
    ll.dist.mixture([0.2, ll.dist.uniform(0.5, 1.0)], weights=[1.0, 2.0]),
    ll.dist.clipped(ll.dist.normal(0.3, 0.2), low=0.1, high=0.5),
    ll.dist.metalog(0.1, 0.2, 0.4, lower=0.0, upper=1.0),
    ll.dist.empirical([0.1, 0.3, 0.9]),
]


def changes(scenario: ll.ExhaustionScenario, lever: str) -> dict:
    return dict(ll.exhaustion.default_levers(scenario)[lever])


@pytest.mark.parametrize("share", SHARES, ids=lambda share: str(share)[:20])
def test_twice_the_usable_share_is_twice_in_every_draw(share):
    scenario = DEFAULT.replace(usable_fraction=share)
    before = sample(scenario, ["usable_fraction"], trials=2000, seed=3)["usable_fraction"]
    changed = scenario.replace(**changes(scenario, TWICE))
    after = sample(changed, ["usable_fraction"], trials=2000, seed=3)["usable_fraction"]
    np.testing.assert_allclose(after, np.minimum(2 * np.asarray(before), 1.0), rtol=2e-4)


@pytest.mark.parametrize("share", [0.05, ll.dist.lognormal(0.01, 0.04), ll.dist.empirical([0.1, 0.2, 0.4])])
def test_twice_the_usable_share_buys_what_twice_the_raw_data_do(share):
    """Where no draw comes to all of the data: the share enters text, other media and private data, and nothing else."""
    data = ("text_stock", "images", "video_seconds", "audio_seconds", "private_stock")
    doubled = {f: scaled(getattr(DEFAULT, f), 2.0) for f in data}
    scenario = DEFAULT.replace(usable_fraction=share)
    frame = ll.levers(
        scenario, {"share": changes(scenario, TWICE), "data": doubled}, trials=4000, seed=2, quantiles=[0.25, 0.5]
    )
    share_rows, data_rows = (
        frame.filter(lever=name).select(pl.selectors.starts_with("q", "p_")) for name in ("share", "data")
    )
    polars.testing.assert_frame_equal(share_rows, data_rows, rel_tol=1e-9)


def test_raising_the_share_never_costs_years():
    for share in (0.05, 0.3, 0.6, 0.9):
        scenario = DEFAULT.replace(usable_fraction=share)
        frame = ll.levers(scenario, {TWICE: changes(scenario, TWICE)}, trials=2000, seed=9).filter(lever=TWICE)
        assert (frame["q25_change"] > 0).all()


def test_relative_levers_are_of_what_the_scenario_has():
    assert changes(DEFAULT, FIVE)["overtraining"].value == 5
    assert changes(DEFAULT.replace(overtraining=10), FIVE)["overtraining"].value == 50
    busy = DEFAULT.replace(goodput=True, failures_per_node_day=0.1, restart_seconds=6000)
    tenth = changes(busy, TENTH)
    assert tenth["failures_per_node_day"].value == pytest.approx(0.01)
    assert tenth["restart_seconds"].value == pytest.approx(100)
    assert "failures cost time" not in ll.exhaustion.default_levers(busy)


def test_amounts_of_the_whole_world_stay_out_of_ones_own_corpus():
    world = {"half of private data", "other media as good as text", "historical trend of datasets"} | {
        "trained to be served",
        "trained for profit",
        "failures cost time",
        TENTH,
    }
    assert world <= set(ll.exhaustion.default_levers(DEFAULT))
    own = ll.exhaustion.default_levers(CORPUS)
    assert set(own) == {
        "synthetic data worth 4 times",
        "opt-outs of 10 % a year",
        FIVE,
        "no repetition",
        "repetition worth 15 times",
    }
    # An amount that was given is one's own; and a share that leaves room can be doubled.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ll.UnusedSettingWarning)
        served = CORPUS.replace(inference_tokens=1e13, usable_fraction=0.5)
    assert set(ll.exhaustion.default_levers(served)) - set(own) == {"trained to be served", TWICE}


@pytest.mark.parametrize(
    ("scenario", "absent"),
    [
        (DEFAULT.replace(synthetic_multiplier=1), ["no synthetic data", "synthetic data collapse (replace)"]),
        (DEFAULT.replace(usable_fraction=1), [TWICE, "filter loosens as compute grows"]),
        (DEFAULT.replace(algorithmic_halving_months=1e12), ["algorithms save only data", "no algorithmic progress"]),
        (DEFAULT.replace(power_cap=1e90), ["no power cap"]),
        (DEFAULT.replace(trend_weight=1), ["historical trend of datasets", "trained for profit"]),
        (DEFAULT.replace(law=ll.Law.bounded()), ["trained to be served", "trained for profit"]),
        (DEFAULT.replace(multi_epoch_multiplier=1), ["no repetition"]),
    ],
)
def test_a_lever_without_effect_is_left_out_and_nothing_is_said(scenario, absent):
    assert set(absent) <= set(ll.exhaustion.default_levers(DEFAULT))
    assert not set(absent) & set(ll.exhaustion.default_levers(scenario))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = ll.levers(scenario, trials=8, seed=1)["lever"].drop_nulls().unique()
    assert set(shown) == set(ll.exhaustion.default_levers(scenario))


def test_it_takes_a_scenario():
    with pytest.raises(TypeError, match="scenario must be an ExhaustionScenario, got 5"):
        ll.exhaustion.default_levers(5)
