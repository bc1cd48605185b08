"""Coverage of every interval that the library returns, over the sizes people have: the table of docs/intervals.md.

python benches/coverage.py --sets 500 --only pass_at_k --write
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from coverage_columns import columns, counted, labelled, paid, records
from coverage_decisions import matches, optima, precisions, recommended, required_rates
from coverage_judges import corrections, judges
from coverage_rates import error_rates, forecasts, pass_rates, populations
from coverage_systems import gates, systems
from populations import NO_BETA, POPULATIONS

import limitlaw as ll

START, END = "<!-- table -->", "<!-- end of table -->"
PAGE = Path(__file__).parent.parent / "docs" / "intervals.md"
LEVELS = (0.9, 0.95)
Check = Callable[[np.random.Generator, float, int], Iterator[tuple[str, float, float, float]]]


#: Few tasks, some, and the many of a small benchmark, with one attempt, five and a hundred.
SIZES = tuple((tasks, n) for tasks in (5, 20, 164) for n in (1, 5, 100))
REPEATED = tuple((tasks, n) for tasks, n in SIZES if n > 1)
#: What is measured of populations that are no Beta too.
SHAPES = [*POPULATIONS, *NO_BETA]
OF_ANY_SHAPE = {"columns", "counted", "optima", "recommended"}
KINDS = {
    "pass_rates": (pass_rates, SIZES),
    "populations": (populations, SIZES),
    "error_rates": (error_rates, (*SIZES, (1, 20), (5, 20), (20, 20))),
    "optima": (optima, SIZES),
    "matches": (matches, SIZES),
    # One attempt is as accurate with any false positive rate.
    "required_rates": (required_rates, REPEATED),
    "corrections": (corrections, ((5, 20), (10, 20), (20, 1), (20, 20), (20, 100), (164, 1), (164, 5), (164, 100))),
    "judges": (judges, (*SIZES, (5, 20))),
    "systems": (systems, ((5, 1), (20, 1), (164, 1), (5, 10), (20, 10), (164, 10))),
    "gates": (gates, ((5, 5), (20, 1), (20, 5), (164, 1), (164, 5))),
    "columns": (columns, SIZES),
    "counted": (counted, SIZES),
    "paid": (paid, SIZES),
    "recommended": (recommended, SIZES),
    "records": (records, SIZES),
    "labelled": (labelled, ((20, 10), (50, 4))),
    "precisions": (precisions, SIZES),
    # One attempt identifies no population, and a forecast from it is refused.
    "forecasts": (forecasts, REPEATED),
}


def measured(make: Callable[[str, int, int], Check], shape: str, cell: tuple[int, int], level: float, sets: int):
    """Per interval: the share that held the truth, the mean width (nothing where infinite), and how many there were."""
    check = make(shape, *cell)
    found: dict[str, list[tuple[bool, float]]] = {}
    for at in range(sets):
        random = np.random.default_rng([at, *cell, int(100 * level)])
        for name, low, high, truth in check(random, level, at):
            inside = low - 1e-12 <= truth <= high + 1e-12
            found.setdefault(name, []).append((inside, high - low if np.isfinite(high) else np.nan))
    for name, pairs in found.items():
        held, width = zip(*pairs, strict=True)
        yield name, float(np.mean(held)), float(np.mean(width)), len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--cells", nargs="+", help="tasks x attempts, such as 20x5: all of a kind unless given")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=SHAPES)
    parser.add_argument("--levels", type=float, nargs="+", default=LEVELS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/intervals.md")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ll.MisfitWarning)
    found: dict[tuple[str, str, tuple[int, int]], dict[float, tuple[float, float]]] = {}
    for kind, (make, cells) in KINDS.items():
        if options.only not in {None, kind}:
            continue
        for shape in options.shapes:
            if shape in NO_BETA and kind not in OF_ANY_SHAPE:
                continue
            for cell in cells:
                if options.cells is not None and f"{cell[0]}x{cell[1]}" not in options.cells:
                    continue
                for level in options.levels:
                    for name, held, width, sets in measured(make, shape, cell, level, options.sets):
                        found.setdefault((name, shape, cell), {})[level] = held, width
                        print(f"{name:45} {shape:7} {cell!s:10} {level} {held:.3f} {width:.3f} ({sets})", flush=True)
    if options.write:
        head, _, rest = PAGE.read_text().partition(START)
        old, _, tail = rest.partition(END)
        PAGE.write_text(head + START + "\n" + table(old, found) + END + tail)


def table(old: str, found: dict) -> str:
    """The rows of a table, what was measured again in the place of the old."""
    lines = ["| interval | rates | tasks x attempts | 90 % | 95 % | width at 95 % |", "|---|---|---|---|---|---|"]
    rows = {tuple(line.split(" | ")[:3]): line for line in old.splitlines() if line.startswith("| `")}
    for (name, shape, (tasks, n)), levels in found.items():
        key = f"| {name}", shape, f"{tasks} x {n}"
        columns = [cell.strip() for cell in rows.get(key, "|" * 7).split("|")[4:7]]
        for at, level in enumerate(LEVELS):
            if level in levels:
                columns[at] = f"{levels[level][0]:.3f}"
        if LEVELS[1] in levels:
            columns[2] = f"{levels[LEVELS[1]][1]:.3f}".replace("nan", "some infinite")
        rows[key] = " | ".join([*key, *columns]) + " |"
    return "\n".join(lines + sorted(rows.values(), key=lambda line: line.split(" | ")[0])) + "\n"


if __name__ == "__main__":
    main()
