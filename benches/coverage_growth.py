"""Coverage of the intervals of `fit_growth`, over the sizes people have: a table of docs/intervals.md."""

import numpy as np
import polars as pl

import limitlaw as ll

SETS = 500
LEVELS = (0.9, 0.95)
#: A factor of e^1.5 = 4.5 a year, and ln of the level in 2024.
SLOPE, LEVEL = 1.5, 57.0


def series(random: np.random.Generator, kind: str, n: int) -> pl.DataFrame:
    """Runs of 2016 to 2024 around a line, in natural logarithms: scatter of .5 orders of magnitude."""
    years = np.sort(random.uniform(2016, 2024, n))
    if kind == "more of late":
        years = np.sort(2016 + 8 * random.beta(3, 1, n))
    noise = random.standard_normal(n)
    if kind == "growing scatter":
        noise *= 0.4 + 1.2 * (years - 2016) / 8
    if kind == "heavy tails":
        noise = random.standard_t(3, n) / np.sqrt(3)
    lab = np.arange(n)
    if kind in ("laboratories", "laboratories, not told"):
        lab = random.integers(0, max(4, n // 5), n)
        noise = 0.7 * noise + 0.7 * random.standard_normal(n)[lab]
    slope = SLOPE * (years - 2024)
    if kind == "a break":
        slope += 1.5 * np.maximum(2020 - years, 0)
    return pl.DataFrame({"date": years, "compute": np.exp(LEVEL + slope + 0.5 * np.log(10) * noise), "lab": lab})


def fitted(frame: pl.DataFrame, kind: str, seed: int) -> ll.fit.GrowthFit:
    if kind.startswith("records"):
        return ll.fit.fit_growth(frame, records=int(kind.rsplit(maxsplit=1)[-1]), since=2018, bootstrap=400, seed=seed)
    cluster = "lab" if kind == "laboratories" else None
    return ll.fit.fit_growth(frame, breaks=int(kind == "a break"), cluster=cluster, bootstrap=400, seed=seed)


CELLS = [
    *(
        (kind, n)
        for kind in ("even scatter", "growing scatter", "heavy tails", "more of late")
        for n in (6, 10, 20, 50, 200)
    ),
    *(("laboratories", n) for n in (50, 200)),
    ("laboratories, not told", 200),
    *(("a break", n) for n in (20, 50, 200)),
    *(("records 1", n) for n in (60, 200, 1000)),
    *(("records 10", n) for n in (200, 1000)),
]


def main() -> None:
    print("| runs | number | growth, 90 % | 95 % | level, 90 % | 95 % | width of growth at 95 % |")
    print("|---|---|---|---|---|---|---|")
    for kind, n in CELLS:
        held = np.zeros((2, 2))
        widths, used = [], []
        for at in range(SETS):
            fit = fitted(series(np.random.default_rng([at, n]), kind, n), kind, at)
            used.append(fit.runs.height)
            for i, (column, truth) in enumerate((("growth", np.exp(SLOPE)), ("level", np.exp(LEVEL)))):
                for j, level in enumerate(LEVELS):
                    low, high = np.quantile(fit.draws[column], [0.5 - level / 2, 0.5 + level / 2])
                    held[i, j] += low <= truth <= high
                    if (i, j) == (0, 1):
                        widths.append(high - low)
        shares = " | ".join(f"{x:.3f}" for x in (held / SETS).ravel())
        if kind.startswith("records"):  # their line is that of the frontier, above the one of all runs
            shares = " | ".join([*(f"{x:.3f}" for x in held[0] / SETS), "", ""])
            kind = f"the {kind.split()[1]} largest of {n} at their time" if kind[-1] == "0" else f"records of {n}"  # noqa: PLW2901
        print(f"| {kind} | {np.mean(used):.0f} | {shares} | {np.median(widths):.2f} |", flush=True)


if __name__ == "__main__":
    main()
