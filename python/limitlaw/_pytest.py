"""pytest's entry point: the marker and the fixture that gate a scenario; limitlaw is imported when one is used.

So a project in whose environment limitlaw happens to be installed pays for neither NumPy nor Polars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_MARKER = (
    "limitlaw(scenario=None, *, undecided='fail', min_accuracy=None, min_precision=None, max_cost=None, ...): the "
    "scenario (or the file of one, relative to the test's) must meet what is required, as limitlaw.check judges it; "
    "without a scenario, what the fixture limitlaw_check requires"
)
#: What may come of evidence that cannot tell.
_UNDECIDED = ("fail", "skip", "pass")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Check the scenarios that the test's markers name, before the test itself."""
    for marker in item.iter_markers("limitlaw"):
        if marker.args:
            _check(item, marker.args[0], **marker.kwargs)
    yield


@pytest.fixture
def limitlaw_check(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check a scenario: ``limitlaw_check(scenario, min_accuracy=0.8)``; the marker's requirements stand unless given.

    The test fails if a requirement does, with the failing numbers and settings, or if the evidence cannot tell
    (``undecided="skip"`` skips it then, ``"pass"`` lets it pass). Returns the frame of ``limitlaw.check``.
    """
    item: pytest.Item = request.node
    markers = [marker.kwargs for marker in item.iter_markers("limitlaw") if not marker.args]

    def checked(scenario: Any, **required: Any) -> Any:
        return _check(item, scenario, **{**(markers[0] if markers else {}), **required})

    return checked


def _check(item: pytest.Item, scenario: Any, *, undecided: str = "fail", **required: Any) -> Any:
    __tracebackhide__ = True
    from limitlaw._arguments import check_choice  # noqa: PLC0415  (slow to import)
    from limitlaw.gates import check  # noqa: PLC0415
    from limitlaw.gates.wording import complaint, reason, verdict_of  # noqa: PLC0415
    from limitlaw.run import read_scenario  # noqa: PLC0415

    check_choice(undecided, "undecided", _UNDECIDED)
    if isinstance(scenario, (str, Path)):
        scenario = read_scenario(item.path.parent / scenario)
    frame = check(scenario, **required)
    # Into the report, whatever the verdict: --junitxml has these properties.
    item.user_properties += [("limitlaw", reason(row)) for row in frame.iter_rows(named=True)]
    said = complaint(frame, scenario, undecided=undecided)
    if said is not None:
        pytest.fail(said, pytrace=False)
    if undecided == "skip" and verdict_of(frame) == "cannot tell":
        pytest.skip("; ".join(reason(row) for row in frame.iter_rows(named=True) if row["verdict"] == "cannot tell"))
    return frame
