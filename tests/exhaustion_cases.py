"""What several test files of the exhaustion family know: the documented range of every input."""

import dataclasses
import re

import limitlaw as ll


def documented() -> dict[str, str]:
    """The entry of each field in the documentation of the scenario, in its order."""
    assert ll.ExhaustionScenario.__doc__ is not None
    text = ll.ExhaustionScenario.__doc__.partition("Attributes:")[2].partition("Raises:")[0]
    entries = dict(re.findall(r"^ {8}(\w+): (.*?)(?=^ {8}\w|\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(entries) == [field.name for field in dataclasses.fields(ll.ExhaustionScenario)]
    return entries


def input_ranges() -> dict[str, tuple[float, float]]:
    """The range of each input: the last pair in brackets of its entry that ends a clause."""
    entries = documented()
    ranges = {}
    for name in ll.ExhaustionScenario.input_names():
        low, high = re.findall(r"\[([\d.e+-]+), ([\d.e+-]+)\](?=[.;]|\s*$)", entries[name])[-1]
        ranges[name] = (float(low), float(high))
    return ranges
