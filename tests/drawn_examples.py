"""That a strategy draws all it should: one pass sees every kind, where a search for each would begin anew."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import Phase, find, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
#: The first example will do: to find the simplest one takes a minute.
FOUND = settings(phases=[Phase.generate], max_examples=5000)


def all_drawn(strategy: SearchStrategy[T], held: Callable[[T], set[str]], wanted: set[str]) -> None:
    """Draws until the examples together held all that is wanted; fails on anything else, or after 5,000 examples."""
    seen: set[str] = set()

    def complete(example: T) -> bool:
        seen.update(held(example))
        return seen >= wanted

    find(strategy, complete, settings=FOUND)
    assert seen == wanted
