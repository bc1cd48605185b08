"""Coverage of the intervals of fitted scaling laws: the second table of docs/intervals.md.

python benches/coverage_scaling.py --sets 500 --write
"""

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw import exhaustion as ex
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
CELLS = {
    "chinchilla": (20, 60, 240),
    "muennighoff": (60, 240),
    "penalty": (60, 240),
    "bounded": (60, 240),
    "envelope": (10, 30),
}
#: The best runs of budgets, as an envelope takes them.
ENVELOPE = {"log_a": math.log(1060.0), "log_e": math.log(1.7), "alpha": 0.155}
#: A run that no one has made, and a budget ten times the largest.
NEW = pl.DataFrame({"params": [7e9], "tokens": [1.4e11], "unique": [1.4e11]})
BUDGET = 10**22.5
#: Unique tokens that such a budget repeats some five times, more of them, and what a better recipe has less of ln B.
UNIQUE, ADDED, BETTER = 5e10, 2.5e10, 0.1
Answer = tuple[str, float, bool, float]

#: What is asked of a law, of that of a better recipe and of a loss: its name, its column, the question. The first three
#: are asked where no law knows repeats, too.
QUESTIONS: tuple[tuple[str, str, Callable[..., pl.DataFrame]], ...] = (
    ("optimal_allocation, ln N", "parameters", lambda x, _, __, **k: ll.optimal_allocation(BUDGET, 1e100, x, **k)),
    ("compute_for_loss, ln C", "compute", lambda x, _, loss, **k: ex.compute_for_loss(x, loss, UNIQUE, **k)),
    ("speed_up, ln", "speed_up", lambda x, y, _, **k: ex.speed_up(y, x, BUDGET, UNIQUE, **k)),
    ("optimal_allocation, ln epochs", "epochs", lambda x, _, __, **k: ll.optimal_allocation(BUDGET, UNIQUE, x, **k)),
    (
        "optimal_allocation, loss of repeats",
        "loss",
        lambda x, _, __, **k: ll.optimal_allocation(BUDGET, UNIQUE, x, **k),
    ),
    (
        "unique_tokens_for_loss, ln U",
        "unique_tokens",
        lambda x, _, loss, **k: ex.unique_tokens_for_loss(x, loss, BUDGET, **k),
    ),
    ("fewest_epochs, ln", "epochs", lambda x, _, __, **k: ex.fewest_epochs(x, BUDGET, UNIQUE, **k)),
    ("dataset_value, gain", "gain", lambda x, _, __, **k: ex.dataset_value(x, BUDGET, UNIQUE, ADDED, **k)),
)


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


def coefficients(fit: ll.fit.ScalingFit, truth: dict[str, float], level: float) -> Iterator[Answer]:
    ends = np.quantile(fit.table, [(1 - level) / 2, (1 + level) / 2], axis=0)
    for (quantity, value), low, high in zip(truth.items(), *ends, strict=True):
        yield quantity, level, low <= value <= high, high - low


def predictions(fit: ll.fit.ScalingFit, frame: pl.DataFrame, law: float, run: float, level: float) -> Iterator[Answer]:
    said = fit.predict(frame, confidence=level).row(0, named=True)
    for quantity, value, name in (("the law", law, ""), ("a run", run, "run_")):
        low, high = said[f"{name}low"], said[f"{name}high"]
        yield f"`predict`, {quantity}", level, low <= value <= high, high - low


def checked(name: str, noise: str, count: int, sets: int) -> Iterator[Answer]:
    """Each interval of a fit to each data set: what of, its level, whether it holds the truth, and its width."""
    law = LAWS[name]
    kind: dict[str, Any] = {"law": name, "bootstrap": RESAMPLES, "threads": 1}
    kind |= {} if name == "chinchilla" else {"unique_tokens": "unique"}
    base = dict(zip(("log_a", "log_b", "log_e", "alpha", "beta"), law.base, strict=True))
    better = law.replace(base=tuple((base | {"log_b": base["log_b"] - BETTER}).values()))
    new = float(ll.loss(law, *NEW.row(0)))
    target = float(ll.optimal_allocation(BUDGET, UNIQUE, law)["loss"].item())
    for at in range(sets):
        random = np.random.default_rng([at, count, len(noise)])
        fit = fit_scaling_law(runs_of(law, noise, count, random), seed=at, **kind)
        one = new * math.exp(NOISES[noise](random, 1)[0])
        other = fit_scaling_law(runs_of(better, noise, count, random), seed=at + sets, **kind)
        for level in (0.9, 0.95):
            yield from coefficients(fit, truths(law, fit.names), level)
            yield from predictions(fit, NEW, new, one, level)

            for quantity, column, ask in QUESTIONS[: 3 if name == "chinchilla" else None]:
                truth = ask(law, better, target).row(0, named=True)[column]
                said = ask(fit.laws, other.laws, target, confidence=level).row(0, named=True)
                low, high = said[f"{column}_low"], said[f"{column}_high"]
                width = high - low
                if ", ln" in quantity:
                    width = math.log(high / low) if low > 0 else math.inf
                # The answers are roots, as good as their search.
                yield f"`{quantity.replace(',', '`,', 1)}", level, low * (1 - 1e-7) <= truth <= high * (1 + 1e-7), width


def envelope(noise: str, count: int, sets: int) -> Iterator[Answer]:
    """The same of L(C) = E + A C^-alpha."""
    log_a, log_e, alpha = ENVELOPE.values()

    def losses(compute: np.ndarray) -> np.ndarray:
        return np.asarray(math.exp(log_e) + np.exp(log_a - alpha * np.log(compute)))

    for at in range(sets):
        random = np.random.default_rng([at, count, len(noise)])
        compute = np.geomspace(1e18, 10**21.5, count)
        frame = pl.DataFrame({"compute": compute, "loss": losses(compute) * np.exp(NOISES[noise](random, count))})
        fit = fit_scaling_law(frame, law="envelope", compute="compute", bootstrap=RESAMPLES, seed=at, threads=1)
        new = float(losses(np.array(BUDGET)))
        one = new * math.exp(NOISES[noise](random, 1)[0])
        for level in (0.9, 0.95):
            yield from coefficients(fit, ENVELOPE, level)
            yield from predictions(fit, pl.DataFrame({"compute": [BUDGET]}), new, one, level)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--only", choices=list(CELLS), nargs="+", default=list(CELLS))
    parser.add_argument("--noise", choices=list(NOISES), nargs="+", default=list(NOISES))
    parser.add_argument("--runs", type=int, nargs="+", help="numbers of runs in place of those of the table")
    parser.add_argument("--write", action="store_true", help="put the table into docs/intervals.md")
    options = parser.parse_args()
    lines = []
    for name in options.only:
        for noise in options.noise:
            for count in options.runs or CELLS[name]:
                of = (
                    envelope(noise, count, options.sets)
                    if name == "envelope"
                    else checked(name, noise, count, options.sets)
                )
                found: dict[str, dict[float, list[tuple[bool, float]]]] = {}
                for quantity, level, inside, width in of:
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
        measured = {tuple(line.split(" | ")[1:4]) for line in lines}
        kept = [
            line for line in old.splitlines() if line[:3] == "| `" and tuple(line.split(" | ")[1:4]) not in measured
        ]
        top = [
            "| interval | law | residuals | runs | 90 % | 95 % | median width at 95 % |",
            "|---|---|---|---|---|---|---|",
        ]
        PAGE.write_text(head + START + "\n" + "\n".join(top + kept + lines) + "\n" + END + tail)


if __name__ == "__main__":
    main()
