"""Coverage of the intervals of fitted scaling laws: the second table of docs/intervals.md.

python benches/coverage_scaling.py --sets 500 --write
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw.fit import fit_scaling_law

START, END = "<!-- laws -->", "<!-- end of laws -->"
PAGE = Path(__file__).parent.parent / "docs" / "intervals.md"
RESAMPLES = 200
#: Runs of 1e18 to 10^21.5 FLOP around 20 tokens per parameter; of laws with repeats up to 30 epochs.
LAWS = {
    "chinchilla": ll.Law.besiroglu(),
    "muennighoff": ll.Law.muennighoff(base=ll.Law.besiroglu(), repetition_data=15.4, repetition_params=5.3),
    "penalty": ll.Law.penalty(),
    "bounded": ll.Law.bounded(),
}
#: Residuals of ln loss: normal, or with the tails of Student's t with three degrees of freedom.
NOISES = {
    "normal": lambda random, n: 0.005 * random.normal(size=n),
    "t": lambda random, n: 0.004 * random.standard_t(3, n),
}
CELLS = {"chinchilla": (20, 60, 240), "muennighoff": (60, 240), "penalty": (60, 240), "bounded": (60, 240)}
#: A run that no one has made, and a budget ten times the largest.
NEW = pl.DataFrame({"params": [7e9], "tokens": [1.4e11], "unique": [1.4e11]})
BUDGET = 10**22.5


def runs_of(law: ll.Law, noise: str, count: int, random: np.random.Generator) -> pl.DataFrame:
    compute = 10 ** random.uniform(18, 21.5, count)
    params = np.sqrt(compute / 120) * np.exp(random.uniform(-2, 2, count) / 2)
    tokens = compute / 6 / params
    unique = tokens / np.where(random.random(count) < 0.5, 1.0, np.exp(random.uniform(0, math.log(30), count)))
    if isinstance(law, type(LAWS["chinchilla"])):
        unique = tokens
    losses = ll.loss(law, params, tokens, unique) * np.exp(NOISES[noise](random, count))
    return pl.DataFrame({"params": params, "tokens": tokens, "unique": unique, "loss": losses})


def truths(law: ll.Law, names: tuple[str, ...]) -> dict[str, float]:
    base = dict(zip(("log_a", "log_b", "log_e", "alpha", "beta"), law.base, strict=True))
    return {name: base[name] if name in base else getattr(law, name) for name in names}


def checked(name: str, noise: str, count: int, sets: int) -> Iterator[tuple[str, float, bool, float]]:
    law = LAWS[name]
    for at in range(sets):
        random = np.random.default_rng([at, count, len(noise)])
        frame = runs_of(law, noise, count, random)
        unique = {} if name == "chinchilla" else {"unique_tokens": "unique"}
        fit = fit_scaling_law(frame, law=name, bootstrap=RESAMPLES, seed=at, threads=1, **unique)
        new = float(ll.loss(law, *NEW.row(0)))
        one = new * math.exp(NOISES[noise](random, 1)[0])
        best = ll.optimal_allocation(BUDGET, 1e100, law).row(0, named=True)
        for level in (0.9, 0.95):
            tails = [(1 - level) / 2, (1 + level) / 2]
            for (quantity, truth), column in zip(truths(law, fit.names).items(), fit.table.T, strict=True):
                low, high = np.quantile(column, tails)
                yield quantity, level, low <= truth <= high, high - low
            said = fit.predict(NEW, confidence=level).row(0, named=True)
            yield "`predict`, the law", level, said["low"] <= new <= said["high"], said["high"] - said["low"]
            yield (
                "`predict`, a run",
                level,
                said["run_low"] <= one <= said["run_high"],
                said["run_high"] - said["run_low"],
            )
            said = fit.optimal_allocation(BUDGET, confidence=level).row(0, named=True)
            low, high = said["parameters_low"], said["parameters_high"]
            yield "`optimal_allocation`, ln N", level, low <= best["parameters"] <= high, math.log(high / low)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--only", choices=list(LAWS), nargs="+", default=list(LAWS))
    parser.add_argument("--write", action="store_true", help="put the table into docs/intervals.md")
    options = parser.parse_args()
    lines = []
    for name in options.only:
        for noise in NOISES:
            for count in CELLS[name]:
                found: dict[str, dict[float, list[tuple[bool, float]]]] = {}
                for quantity, level, inside, width in checked(name, noise, count, options.sets):
                    found.setdefault(quantity, {}).setdefault(level, []).append((inside, width))
                for quantity, levels in found.items():
                    held = {level: float(np.mean([pair[0] for pair in pairs])) for level, pairs in levels.items()}
                    width = float(np.median([pair[1] for pair in levels[0.95]]))
                    shown = quantity if quantity[0] == "`" else f"`{quantity}`"
                    row = f"| {shown} | {name} | {noise} | {count} | {held[0.9]:.3f} | {held[0.95]:.3f} | {width:.3g} |"
                    lines.append(row)
                    print(row, flush=True)
    if options.write:
        head, _, rest = PAGE.read_text().partition(START)
        old, _, tail = rest.partition(END)
        kept = [
            line for line in old.splitlines() if line.startswith("| `") and line.split(" | ")[1] not in options.only
        ]
        top = [
            "| interval | law | residuals | runs | 90 % | 95 % | median width at 95 % |",
            "|---|---|---|---|---|---|---|",
        ]
        PAGE.write_text(head + START + "\n" + "\n".join(top + kept + lines) + "\n" + END + tail)


if __name__ == "__main__":
    main()
