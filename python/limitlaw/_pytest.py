"""pytest's entry point: the marker and the fixture that gate a scenario; limitlaw is imported when one is used.

So a project in whose environment limitlaw happens to be installed pays for neither NumPy nor Polars.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

_MARKER = (
    "limitlaw(scenario=None, *, undecided='fail', min_accuracy=None, min_precision=None, max_cost=None, ...): the "
    "scenario (or the file of one, relative to the test's) must meet what is required, as limitlaw.check judges it; "
    "without a scenario, what the fixture limitlaw_check requires"
)
#: What may come of evidence that cannot tell.
_UNDECIDED = ("fail", "skip", "pass")
_FIXTURE = "limitlaw_check"
#: Whether a test that asked for the fixture has called it.
_CALLED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Check the scenarios that the test's markers name, before the test itself; a marker that checks none is an error.

    So is a fixture that the test asks for and never calls.
    """
    for marker in item.iter_markers("limitlaw"):
        scenario, required = _read(marker)
        if scenario is not None:
            _check_named(item, scenario, required)
        elif _FIXTURE not in getattr(item, "fixturenames", ()):
            _refuse(
                f"must name a scenario, as in limitlaw('system.toml', min_accuracy=0.9), or stand at a test that calls "
                f"the fixture {_FIXTURE}, got {_written(marker)} at a test without it: nothing would be checked"
            )
    yield
    if not item.stash.get(_CALLED, True):
        pytest.fail(
            f"the fixture {_FIXTURE} must be called, as in {_FIXTURE}(scenario, min_accuracy=0.9), got a test that "
            "only asks for it: nothing was checked",
            pytrace=False,
        )


@pytest.fixture
def limitlaw_check(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check a scenario: ``limitlaw_check(scenario, min_accuracy=0.8)``; the marker's requirements stand unless given.

    The test fails if a requirement does, with the failing numbers and settings, or if the evidence cannot tell
    (``undecided="skip"`` skips it then, ``"pass"`` lets it pass), or if this is never called. Returns the frame of
    ``limitlaw.check``.
    """
    item: pytest.Item = request.node
    item.stash[_CALLED] = False
    stated: dict[str, Any] = {}
    for marker in item.iter_markers("limitlaw"):  # from the closest on
        scenario, required = _read(marker)
        stated = stated if scenario is not None else {**required, **stated}

    def checked(scenario: Any, **required: Any) -> Any:
        __tracebackhide__ = True
        item.stash[_CALLED] = True
        return _check(item, scenario, **{**stated, **required})

    return checked


def _read(marker: pytest.Mark) -> tuple[Any, dict[str, Any]]:
    """The scenario that a marker names, by position or by name, and what it requires."""
    required = dict(marker.kwargs)
    named = list(marker.args)
    if "scenario" in required:
        named.append(required.pop("scenario"))
    if len(named) > 1:
        _refuse(f"must name one scenario, and requirements by name, got {len(named)} of them in {_written(marker)}")
    return (named[0] if named else None), required


def _check_named(item: pytest.Item, scenario: Any, required: dict[str, Any]) -> None:
    """Check what a marker names: what is wrong with the marker is said in a line, for no line of the test caused it."""
    try:
        _check(item, scenario, **required)
    except (TypeError, ValueError, NotImplementedError, OSError) as error:
        _refuse(f"cannot be checked: {error}")


def _refuse(reason: str) -> NoReturn:
    pytest.fail(f"pytest.mark.limitlaw {reason}", pytrace=False)


def _written(marker: pytest.Mark) -> str:
    """A marker as it stands in the source, in short."""
    from limitlaw._arguments import shown  # noqa: PLC0415  (slow to import)

    words = [*map(shown, marker.args), *(f"{name}={shown(value)}" for name, value in marker.kwargs.items())]
    return f"limitlaw({', '.join(words)})"


def _check(item: pytest.Item, scenario: Any, *, undecided: str = "fail", **required: Any) -> Any:
    __tracebackhide__ = True
    from limitlaw._arguments import check_choice, check_name  # noqa: PLC0415  (slow to import)
    from limitlaw.gates import check  # noqa: PLC0415
    from limitlaw.gates.wording import complaint, reason, verdict_of  # noqa: PLC0415
    from limitlaw.run import read_scenario  # noqa: PLC0415

    known = [name for name in inspect.signature(check).parameters if name != "scenario"]
    for name in required:
        check_name(name, "requirements and settings", [*known, "undecided"])
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
