"""Every distribution of an input against references of its own: SciPy, mpmath, enumeration; files; joint samples."""

import math

import mpmath as mp
import numpy as np
import polars as pl
import pytest
from scipy import stats

import limitlaw as ll

DEFAULT = ll.ExhaustionScenario.preset("default")
P = np.array([1e-9, 1e-4, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975, 1 - 1e-4, 1 - 1e-9])


def pert(low: float, mode: float, high: float, c: float) -> stats.rv_continuous:
    width = high - low
    return stats.beta(1 + c * (mode - low) / width, 1 + c * (high - mode) / width, loc=low, scale=width)


def triangle(low: float, mode: float, high: float) -> stats.rv_continuous:
    return stats.triang((mode - low) / (high - low), loc=low, scale=high - low)


PAIRS = {
    "triangular": (ll.dist.triangular(1, 2, 9), triangle(1, 2, 9)),
    "falling": (ll.dist.triangular(-1, -1, 2), triangle(-1, -1, 2)),
    "rising": (ll.dist.triangular(-1, 2, 2), triangle(-1, 2, 2)),
    "pert": (ll.dist.pert(1, 2, 9), pert(1, 2, 9, 4)),
    "pert at an end": (ll.dist.pert(0, 0, 5), pert(0, 0, 5, 4)),
    "narrow pert": (ll.dist.pert(-2, 1, 3, concentration=80), pert(-2, 1, 3, 80)),
    "flat pert": (ll.dist.pert(-2, 1, 3, concentration=0), stats.uniform(-2, 5)),
    "beta": (ll.dist.beta(0.4, 3), stats.beta(0.4, 3)),
    "normal": (ll.dist.normal(mean=-3, sd=2), stats.norm(-3, 2)),
    "uniform": (ll.dist.uniform(3, 7), stats.uniform(3, 4)),
    "log_moments": (ll.dist.log_moments(2, 0.5), stats.lognorm(0.5, scale=math.exp(2))),
}


@pytest.mark.parametrize("name", list(PAIRS))
def test_quantiles_and_probabilities_are_scipys(name: str) -> None:
    ours, theirs = PAIRS[name]
    x = theirs.ppf(P)
    np.testing.assert_allclose(ours.quantile(P), x, rtol=1e-9, atol=1e-9)
    # A value is known to its last digit, and the probability at it to the density times that.
    np.testing.assert_array_less(np.abs(ours.cdf(x) - P), 1e-9 * P + 4 * np.spacing(np.abs(x)) * theirs.pdf(x))
    low, high = theirs.support()
    assert ours.cdf(max(low - 1, -1e300)) == 0
    assert ours.cdf(min(high + 1, 1e300)) == 1


def test_two_quantiles_determine_a_law_and_more_are_all_met() -> None:
    low, high = stats.norm.ppf([0.1, 0.75])
    scale = math.log(9 / 2) / (high - low)
    want = stats.lognorm(scale, scale=math.exp(math.log(2) - scale * low)).ppf(P)
    np.testing.assert_allclose(ll.dist.quantiles({0.75: 9, 0.1: 2}).quantile(P), want, rtol=1e-12)
    np.testing.assert_allclose(
        ll.dist.lognormal(2, 8, 0.5).quantile(P), ll.dist.quantiles({0.25: 2, 0.75: 8}).quantile(P)
    )
    pairs = {0.05: 0.1, 0.2: 0.15, 0.5: 0.4, 0.9: 0.41}
    for law, transform in (
        ("lognormal", np.log),
        ("normal", lambda x: x),
        ("logit_normal", lambda x: np.log(x / (1 - x))),
    ):
        one = ll.dist.quantiles(pairs, law=law)
        np.testing.assert_allclose(one.quantile(list(pairs)), list(pairs.values()), rtol=1e-13)
        np.testing.assert_allclose(one.cdf(list(pairs.values())), list(pairs), rtol=1e-12)
        # Half way between two normal scores, half way between the transformed values.
        middle = stats.norm.cdf(np.mean(stats.norm.ppf([0.2, 0.5])))
        assert transform(one.quantile(middle)) == pytest.approx(np.mean(transform(np.array([0.15, 0.4]))))
        beyond = 2 * stats.norm.ppf(0.05) - stats.norm.ppf(0.2)
        want = 2 * transform(np.array(0.1)) - transform(np.array(0.15))
        assert transform(one.quantile(stats.norm.cdf(beyond))) == pytest.approx(want)


def test_a_mixture_is_mpmaths() -> None:
    """The root of the weighted distribution functions at 40 digits, in both tails."""
    ours = ll.dist.mixture(
        [ll.dist.lognormal(2, 50, 0.8), ll.dist.triangular(-1, 3, 20), ll.dist.normal(9, 4)], [2, 1, 5]
    )
    with mp.workdps(40):
        z90 = mp.sqrt(2) * mp.erfinv(mp.mpf("0.8"))
        mean, sd = mp.log(100) / 2, mp.log(25) / 2 / z90

        def below(x: mp.mpf) -> mp.mpf:
            lognormal = mp.ncdf((mp.log(x) - mean) / sd) if x > 0 else 0
            if x <= -1 or x >= 20:
                line = mp.mpf(x >= 20)
            else:
                line = (x + 1) ** 2 / mp.mpf(84) if x < 3 else 1 - (20 - x) ** 2 / mp.mpf(357)
            return (2 * lognormal + line + 5 * mp.ncdf((x - 9) / mp.mpf(4))) / 8

        for p in (1e-6, 0.01, 0.2, 0.5, 0.8, 0.999):
            u = stats.norm.cdf(stats.norm.ppf(p))
            low, high = mp.mpf(-100), mp.mpf(10000)
            for _ in range(150):
                middle = (low + high) / 2
                low, high = (middle, high) if below(middle) < u else (low, middle)
            assert ours.quantile(p) == pytest.approx(float(high), rel=1e-11, abs=1e-12), p
            assert ours.cdf(float(high)) == pytest.approx(u, rel=1e-12)


def test_mixtures_and_clips_with_jumps_are_what_enumeration_says() -> None:
    """Equally likely numbers, so that a mixture is a list with repeats; clips move its ends."""
    parts = [[1.0, 2.0, 2.0, 5.0], [2.0, 3.0], [7.0]]
    one = ll.dist.mixture([ll.dist.empirical(part) for part in parts[:2]] + [7], weights=[0.5, 0.25, 0.25])
    every = np.sort([*parts[0], *parts[1], 7.0, 7.0])  # shares of an eighth
    p = (np.arange(8) + 0.5) / 8
    assert one.quantile(p).tolist() == every.tolist()
    np.testing.assert_allclose(one.cdf(every), [np.mean(every <= x) for x in every])
    clipped = ll.dist.clipped(one, low=2, high=6)
    assert clipped.quantile(p).tolist() == np.clip(every, 2, 6).tolist()
    np.testing.assert_allclose(clipped.cdf([1.9, 2, 5, 6]), [0, 0.5, 0.75, 1])
    nested = ll.dist.mixture([ll.dist.mixture([1, 2]), ll.dist.mixture([3, ll.dist.mixture([4, 4])])])
    assert nested.quantile([0.2, 0.3, 0.7, 0.8]).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("log", [False, True])
def test_draws_have_the_quantiles_of_the_distribution(log: bool) -> None:
    """An input that the model reads as it is, and one it reads the logarithm of: a share below each quantile of p.

    48 comparisons at 5 standard errors: a false alarm has the probability of 3e-5.
    """
    n, name = 40_000, "compute_growth" if log else "synthetic_multiplier"
    for one in (
        ll.dist.triangular(1.5, 2, 8),
        ll.dist.pert(1.5, 2, 8),
        ll.dist.quantiles({0.1: 2, 0.5: 3, 0.8: 8}),
        ll.dist.mixture([ll.dist.lognormal(2, 3), ll.dist.uniform(3, 6)], [1, 2]),
        ll.dist.clipped(ll.dist.normal(4, 1), 3, 6),
        ll.dist.from_samples(np.random.default_rng(1).gamma(20, 0.2, 3000)),
    ):
        drawn = ll.simulate(
            DEFAULT.replace(**{name: one}, years=[2024, 2025]), trials=n, seed=5, samples=[name]
        ).samples[name]
        for p in (0.2, 0.4, 0.6, 0.8):
            x, error = one.quantile(p), 5 * math.sqrt(p * (1 - p) / n)
            # The logarithm and back moves a value by a few of its last digits.
            assert (drawn < x * (1 - 1e-12)).mean() - error <= p <= (drawn <= x * (1 + 1e-12)).mean() + error


def test_files_hold_them(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        """
kind = "exhaustion"
preset = "default"
text_stock.kind = "mixture"
text_stock.weights = [3, 1]
text_stock.parts = [{ kind = "pert", low = 1e13, mode = 3e13, high = 9e13 }, 5e14]
usable_fraction = { kind = "clipped", of = { kind = "normal", mean = 0.3, sd = 0.1 }, low = 0.1 }
trend_dataset = { kind = "quantiles", levels = [0.1, 0.75], values = [1e12, 9e12] }
trend_weight = 0.5
data_share = { kind = "triangular", low = 0, mode = 0.4, high = 1 }
"""
    )
    found = ll.read_scenario(path)
    assert found.text_stock == ll.dist.mixture([ll.dist.pert(1e13, 3e13, 9e13), 5e14], weights=[3, 1])
    assert found.usable_fraction == ll.dist.clipped(ll.dist.normal(0.3, 0.1), low=0.1)
    assert found.trend_dataset == ll.dist.quantiles({0.1: 1e12, 0.75: 9e12})
    assert found.data_share == ll.dist.triangular(0, 0.4, 1)
    assert ll.ExhaustionScenario.from_json(found.to_json()) == found
    shown = dict(found.inputs().select("name", "value").rows())
    assert shown["data_share"] == "Triangular(low=0, mode=0.4, high=1)"
    assert "pert" in shown["text_stock"].lower()
    assert eval(repr(found.text_stock), vars(ll.dist) | vars(ll.exhaustion.families)) == found.text_stock


def test_columns_of_samples_stay_joint_and_one_column_can_be_correlated() -> None:
    rng = np.random.default_rng(3)
    level = rng.normal(58, 0.5, 400)
    frame = pl.DataFrame({"compute": np.exp(level), "compute_growth": 4.5 - 0.4 * (level - 58)})
    joint = ll.dist.from_samples(frame)
    drawn = ll.simulate(
        DEFAULT.replace(**joint, years=[2024, 2025]), trials=500, seed=1, samples=["compute", "compute_growth"]
    ).samples
    np.testing.assert_allclose(drawn["compute_growth"], 4.5 - 0.4 * (np.log(drawn["compute"]) - 58), rtol=1e-12)
    with pytest.raises(ValueError, match="correlations must be without compute, which is drawn by rows"):
        DEFAULT.replace(**joint, correlations={("compute", "text_stock"): 0.5})
    alone = ll.dist.from_samples(frame["compute"])
    tied = DEFAULT.replace(compute=alone, correlations={("compute", "text_stock"): 0.8})
    ranks = ll.simulate(tied, trials=4000, seed=1, samples=["compute", "text_stock"]).samples.select(pl.all().rank())
    assert abs(ranks.select(pl.corr("compute", "text_stock")).item() - 0.8) < 0.05
