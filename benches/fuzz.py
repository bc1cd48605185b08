"""Hostile values for every public callable, as long as one likes: what is neither taken nor refused in one line.

python benches/fuzz.py --seconds 600 --seed 3
"""

import argparse
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from hostile import walk
from limitlaw._arguments import shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made, known = 0, set()
    for name, args, kwargs, wrong in walk(random.Random(options.seed), seconds=options.seconds):
        made += 1
        if wrong and (name, wrong[:40]) not in known:
            known.add((name, wrong[:40]))
            given = ", ".join([*map(shown, args), *(f"{key}={shown(value)}" for key, value in kwargs.items())])
            print(f"{name}({given})\n    {wrong}", flush=True)
    print(f"{made} calls, {len(known)} kinds of problems")


if __name__ == "__main__":
    main()
