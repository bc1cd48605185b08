"""How many pseudo-random draws a Sobol' draw of the exhaustion simulator is worth, output by output.

    python benches/sobol_gain.py [--trials 65536] [--replicates 16]

For equal standard errors pseudo-random numbers need ``(se / se_sobol)**2`` times the draws, because their variance
falls with the number of draws. ``se_sobol**2`` is averaged over replicates of 16 scramblings each (15 degrees of
freedom per replicate: 240 in all leave 9 % of error in the gain); ``se`` comes from one larger run. Means whose tail is
so heavy that a few draws make the variance (tokens, demand, parameters, epochs) have no stable gain.
"""

from __future__ import annotations

import argparse

import numpy as np
import polars as pl

import limitlaw as ll

YEAR = 2035
QUANTILES = ("q05", "q25", "q50")


def squares(result: ll.exhaustion.ExhaustionResult) -> dict[str, float]:
    """The squared standard error of each output of a run."""
    means = result.trajectories.filter(pl.col("year") == YEAR)
    found = {f"mean {row['variable']} {YEAR}": row["se"] for row in means.iter_rows(named=True)}
    for row in result.exhausted_by.filter(pl.col("year").is_in([2030, YEAR, 2045])).iter_rows(named=True):
        found[f"P({row['definition']} by {row['year']})"] = row["se"]
    for row in result.exhaustion.iter_rows(named=True):
        found |= {f"{q} year {row['definition']}": row[f"{q}_se"] for q in QUANTILES if row[q] is not None}
    return {name: se**2 for name, se in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2**16)
    parser.add_argument("--replicates", type=int, default=16)
    options = parser.parse_args()
    scenario = ll.ExhaustionScenario.preset("default")
    runs = [
        squares(ll.simulate(scenario, trials=options.trials, seed=1, replicate=r, sampler="sobol"))
        for r in range(options.replicates)
    ]
    plain = 16 * options.trials
    reference = squares(ll.simulate(scenario, trials=plain, seed=1))
    print(f"default scenario, {options.trials:,} draws, {options.replicates} replicates of 16 scramblings")
    print(f"{'output':36} {'se':>10} {'se Sobol':>10} {'gain in draws':>14}")
    for name, square in reference.items():
        at = square * plain / options.trials
        sobol = float(np.mean([run[name] for run in runs]))
        gain = at / sobol if sobol > 0 else float("nan")
        print(f"{name:36} {at**0.5:10.3g} {sobol**0.5:10.3g} {gain:14.1f}")


if __name__ == "__main__":
    main()
