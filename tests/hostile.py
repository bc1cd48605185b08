"""Hostile values, and a walk that gives them to every public callable: taken, or refused in one line of ours."""

import datetime as dt
import decimal
import fractions
import inspect
import math
import re
import signal
import time
import warnings
from types import ModuleType

import numpy as np
import polars as pl

import limitlaw as ll
from limitlaw import plots, testing

TASKS = ll.Tasks.counts(attempts=[10, 10, 5], correct=[3, 0, 5])
POOL = ll.Tasks.pool(attempts=[6, 5], accepted=[2, 3], accepted_correct=[1, 3], correct=[2, 4])
SCENARIO = ll.SamplingScenario(
    tasks=TASKS, verifier=ll.Verifier.rates(false_positive_rate=0.05), max_attempts=[1, 4], utility=ll.Utility()
)
WORLD = ll.ExhaustionScenario.preset("default").replace(years=range(2024, 2031))
LOG = pl.DataFrame({"task": ["a", "a", "b"], "correct": [True, False, True], "score": [0.5, None, 1.0]})
COUNTS = pl.DataFrame({"n": [10, 10, 5], "c": [3, 0, 5], "task": ["a", "b", "c"]})
SIMULATED = ll.simulate(SCENARIO, trials=20, seed=1)
RESULT = ll.simulate(WORLD, trials=20, seed=1)


class Hostile:
    """An object of which every question fails."""

    def __repr__(self):
        raise RuntimeError("no repr")

    def __array__(self, *_, **__):
        raise RuntimeError("no array")

    def __len__(self):
        raise RuntimeError("no length")

    def __index__(self):
        raise RuntimeError("no index")


#: Nothing that a call should be given; all of it has been.
HOSTILE = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    3,
    2**31,
    2**53,
    2**63,
    2**64,
    -(2**63),
    10**400,
    0.5,
    -0.0,
    1.5,
    1e-310,
    1e-320,
    1e-30,
    1e30,
    1e300,
    -1e300,
    math.nan,
    math.inf,
    -math.inf,
    1 - 1e-16,
    1j,
    "",
    "x",
    "x" * 100_000,
    "\0",
    "\ud800",
    b"x",
    [],
    [0.5],
    [1, 2],
    [0.5, math.nan],
    [[1, 2], [3, 4]],
    ["a"],
    [None],
    (),
    {},
    {"a": 1},
    {1, 2},
    ...,
    int,
    object(),
    Hostile(),
    range(3),
    range(10**9),
    iter([1]),
    len,
    np.zeros(0),
    np.zeros((2, 2)),
    np.array(0.5),
    np.array(["a"]),
    np.array([None]),
    np.array([1j]),
    np.float32(0.3),
    np.longdouble(0.3),
    np.bool_(True),
    np.datetime64("2020"),
    np.timedelta64(3, "s"),
    np.ma.array([0.5, 0.5], mask=[True, False]),
    dt.timedelta(3),
    dt.date(2024, 1, 1),
    fractions.Fraction(1, 3),
    decimal.Decimal("sNaN"),
    decimal.Decimal("0.1"),
    pl.Series([0.5, None]),
    pl.Series(["a"]),
    pl.Series([dt.timedelta(3)]),
    pl.DataFrame(),
    COUNTS,
    COUNTS.lazy(),
    LOG,
    SIMULATED,
    RESULT,
    TASKS,
    POOL,
    SCENARIO,
    WORLD,
    ll.FirstAccepted(),
    ll.Verifier.perfect(),
    ll.Utility(),
    ll.Cost(),
    ll.Limit(cost=1.0),
    ll.dist.uniform(0, 1),
    ll.Law.hoffmann(),
    pl.col("n"),
    ModuleType("m"),
    NotImplemented,
]

#: What an argument of that name usually is: the calls get past their first check.
USUAL = {
    "accepted": [2, 3],
    "accepted_correct": [1, 3],
    "alpha": 0.5,
    "answers": 4,
    "attempts": [10, 5],
    "axes": {"utility.wrong_cost": [1.0]},
    "beta": 0.7,
    "bootstrap": 10,
    "chart": None,
    "column": "n",
    "compute": 1e24,
    "confidence": 0.9,
    "correct": [3, 5],
    "count": 3,
    "false_positive_rate": 0.1,
    "frame": COUNTS,
    "grid": None,
    "k": [1, 2],
    "law": ll.Law.hoffmann(),
    "max_attempts": [1, 2],
    "metric": "accuracy",
    "name": "x",
    "path": "/nowhere/at.all",
    "pilot": ll.plan.Pilot(between=0.1, within=(0.1, 0.2), difference=0.1),
    "policies": [ll.FirstAccepted()],
    "policy": ll.FirstAccepted(),
    "quantiles": [0.5],
    "result": RESULT,
    "sampler": "philox",
    "scenario": SCENARIO,
    "seed": 1,
    "success": [0.1, 0.5],
    "systems": {"a": LOG, "b": LOG},
    "tasks": TASKS,
    "threads": 1,
    "trials": 10,
    "unique_tokens": 1e13,
    "utility": ll.Utility(),
    "verifier": ll.Verifier.perfect(),
    "votes": 5,
    "weight": None,
    "wrong_cost": 1.0,
    "years": [2024, 2030],
}
#: Sizes that only make a run long: a large one is a legal wish.
SIZES = {"trials", "bootstrap", "sets", "max_trials", "count", "reference_trials", "outer", "inner"}
_LONG = 1000

#: Words of Python, NumPy, Polars, serde and the like, which say nothing of an argument of ours.
FOREIGN = re.compile(
    r"unhashable|has no attribute|not supported between|cannot unpack|positional argument|NoneType|has no len"
    r"|real number|could not convert|dtype|unsupported operand|not subscriptable|not iterable|out of bounds"
    r"|invalid type|missing field|unknown variant|called `|panicked|ufunc|setting an array|truth value"
    r"|line 1 column|ambiguous|object is not"
)
_NOT_WALKED = {"main", "sweep", "iter_sweep", "Client"}


class Interrupted(BaseException):
    """Raised by the alarm, as Ctrl-C is by a person."""


def public():
    """Every public callable by its name: of the package, its modules and its classes."""
    found = {}
    modules = [ll, ll.closed_form, ll.fit, ll.plan, ll.exhaustion, ll.dist, ll.datasets, plots, testing]
    for module in modules:
        for name in getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]:
            value = getattr(module, name)
            if (
                not callable(value)
                or name in _NOT_WALKED
                or (inspect.isclass(value) and issubclass(value, BaseException))
            ):
                continue
            found[f"{module.__name__}.{name}"] = value
            if inspect.isclass(value):
                makers = {
                    n: getattr(value, n) for n in dir(value) if n[0] != "_" and inspect.ismethod(getattr(value, n))
                }
                statics = {
                    n: getattr(value, n)
                    for n, made in vars(value).items()
                    if isinstance(made, staticmethod) and n[0] != "_"
                }
                found |= {f"{module.__name__}.{name}.{n}": made for n, made in {**makers, **statics}.items()}
    unique = {}
    for name, value in found.items():
        unique.setdefault(id(getattr(value, "__func__", value)) if "." not in name else name, (name, value))
    return dict(unique.values())


def _arguments(call, random):
    """Some usual and some hostile values for the parameters of a call."""
    given = {}
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is not parameter.empty and random.random() < 0.6:
            continue
        value = USUAL.get(name, 0.5)
        if random.random() < (0.35 if name in USUAL else 0.6):
            value = random.choice(HOSTILE)
        if name in SIZES and type(value) in (int, float) and value > _LONG:
            value = _LONG
        given[name] = (parameter.kind is parameter.POSITIONAL_ONLY, value)
    args = [value for positional, value in given.values() if positional]
    return args, {name: value for name, (positional, value) in given.items() if not positional}


def problem(call, args, kwargs, *, patience):
    """What is wrong with how a call takes its arguments, or None."""

    def interrupt(*_):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, patience)
    started = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(*args, **kwargs)
    except Interrupted:
        late = time.monotonic() - started - patience
        return f"answered an interrupt after {late:.1f} s" if late > 1.0 else None
    except (TypeError, ValueError, OSError, NotImplementedError) as error:
        text = str(error)
        if "\n" in text or not text or len(text) > 1200:
            return (
                f"{type(error).__name__} of {len(text)} characters in {text.count(chr(10)) + 1} lines: {text[:200]!r}"
            )
        foreign = FOREIGN.search(text.partition(", got")[0])
        return f"{type(error).__name__} with foreign words {foreign.group()!r}: {text[:300]}" if foreign else None
    except AssertionError as error:  # what an assertion of limitlaw.testing is for
        return None if " must " in str(error) else f"AssertionError: {str(error)[:300]}"
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {str(error)[:300]!r}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return None


def walk(random, *, calls=None, seconds=math.inf, patience=2.0):
    """Call everything in turn, so many times or so long; yields what was called and what is wrong with it."""
    everything = sorted(public().items())
    until = time.monotonic() + seconds
    made = 0
    while (calls is None or made < calls) and time.monotonic() < until:
        name, call = everything[made % len(everything)]
        args, kwargs = _arguments(call, random)
        yield name, args, kwargs, problem(call, args, kwargs, patience=patience)
        made += 1
