"""The same bits on every machine: results are made of exact operations and of the core's elementary functions.

NumPy's `exp` and `@` take other ways on other processors, and the C library's functions on other platforms.
"""

import ast
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

import limitlaw as ll
from kernel_cases import KERNELS, SEED, digest, digests

PACKAGE = Path(__file__).parent.parent / "python" / "limitlaw"
#: What draws pictures and pages, and what tests are made of, makes no results.
APART = {"plots", "pages", "testing"}
#: Of NumPy and of `math`: everything that is neither exact nor one fixed order of exact operations.
WORDS = """
    acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cbrt cos cosh erf erfc
    exp exp2 expm1 float_power gamma hypot lgamma log log10 log1p log2 logaddexp logaddexp2 pow power sin sinh tan tanh
    convolve corrcoef correlate cov dist dot einsum fft geomspace inner interp linalg logspace matmul polyfit polynomial
    sumprod tensordot vander vdot default_rng
"""
INEXACT = set(WORDS.split())
#: Of columns of Polars.
INEXACT_METHODS = INEXACT - {"default_rng", "dist", "gamma", "inner", "interp"}
#: Decimals are rounded correctly.
EXACT = {("sweeps/spaced.py", "exp")}


def inexact(source: str) -> list[tuple[int, str]]:
    """The lines on which a file computes what other machines compute otherwise, and what that is."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr | ast.stmt)]
    return [(node.lineno, what) for node in nodes if (what := _inexact(node)) is not None]


def _inexact(node: ast.AST) -> str | None:
    found = None
    match node:
        case ast.Attribute(ast.Name("np" | "math"), name) | ast.Attribute(ast.Attribute(attr="random"), name):
            found = name if name in INEXACT else None
        case ast.Attribute(ast.Name("statistics"), name) | ast.ImportFrom("math" | "statistics" | "numpy" as name):
            found = name
        case ast.Call(ast.Attribute(attr="argsort")):  # the order of equal numbers is the processor's
            found = None if "stable" in ast.unparse(node) else "argsort"
        case ast.Call(ast.Attribute(ast.Name("np" | "math"))):
            pass  # seen above
        case ast.Call(ast.Attribute(attr=name)) if name in INEXACT_METHODS:
            found = name
        case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
            found = "@"
        case ast.BinOp(op=ast.Pow()) if not _is_exact(node):
            found = "**"
    return found


def _is_exact(power: ast.BinOp) -> bool:
    """Whether a power is a square, one of two, or of whole numbers."""
    base, exponent = (side.value if isinstance(side, ast.Constant) else None for side in (power.left, power.right))
    return exponent == 2 or base in (2, 2.0) or (isinstance(base, int) and isinstance(exponent, int))


def test_no_result_hangs_on_the_processor() -> None:
    found = [
        f"{name}:{line}: {what}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if (name := path.relative_to(PACKAGE).as_posix()).partition("/")[0] not in APART
        for line, what in inexact(path.read_text())
        if (name, what) not in EXACT
    ]
    assert not found, "take these from limitlaw._elementary, or from the core: " + ", ".join(found)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("np.exp(x)", ["exp"]),
        ("np.argsort(x)[0] + np.argsort(x, kind='stable')[0]", ["argsort"]),
        ("math.log(2)", ["log"]),
        ("a @ b", ["@"]),
        ("a @= b", ["@"]),
        ("x ** -r + 10**-0.2", ["**", "**"]),
        ("np.random.default_rng(1)", ["default_rng"]),
        ("np.random.SeedSequence(1)", []),
        ("x ** 2 + 2.0**-53 + 10**3 + np.sqrt(x) + x.sum()", []),
        ("pl.col('x').log10()", ["log10"]),
        ("np.linalg.norm(x)", ["linalg"]),
        ("from math import exp", ["math"]),
        ("statistics.NormalDist()", ["NormalDist"]),
    ],
)
def test_what_hangs_on_the_processor_is_seen(source: str, what: list[str]) -> None:
    assert [name for _, name in inexact(source)] == what


JUDGED = {"score": np.linspace(-1.0, 2.0, 40), "correct": [0, 0, 1, 0, 1] * 4 + [1, 0, 1, 1, 1] * 4}
FAILURES = {"checkpoint_seconds": 60, "failure_seconds": 11_000, "restart_seconds": 600}
LAW = ll.Law.besiroglu()
COUNTS = {"attempts": [20, 20, 10, 12, 9] * 4, "correct": [2, 0, 10, 7, 3] * 4}
TASKS = ll.Tasks.counts(**COUNTS, weight=range(1, 21), cluster=list("abcdefghij") * 2)
SYSTEM = pl.DataFrame({"task": range(20), **COUNTS})
OTHER = SYSTEM.with_columns(correct=pl.col("attempts") - pl.col("correct"))
CHECK = ll.Verifier.rates(false_positive_rate=0.1, false_negative_rate=0.2)
ASKED = ll.SamplingScenario(tasks=ll.Tasks.beta(0.6, 1.9, 50), verifier=CHECK, max_attempts=[1, 9])
DATES = ["2019-03", "2020-01", "2021-05", "2023-02", "2024-09"]
VERDICTS = {"attempts": [9, 9, 9], "accepted": [4, 2, 7], "accepted_correct": [3, 1, 5], "correct": [4, 2, 6]}
SEEN = pl.DataFrame({"date": ["2025-06-30", "2026-01-31"], "variable": "tokens", "value": [2e13, 4e13]})
TREND = pl.DataFrame({"date": DATES, "tokens": [4e10, 3e11, 1e12, 2e12, 1e13]})
RUNS = pl.DataFrame(
    {
        "params": [1e8, 2e8, 4e8, 8e8] * 3,
        "tokens": [2e9] * 4 + [8e9] * 4 + [3e10] * 4,
        "loss": [3.61, 3.42, 3.31, 3.25, 3.31, 3.10, 2.96, 2.87, 3.15, 2.92, 2.76, 2.65],
    }
)
PILOT = ll.plan.Pilot(between=0.09, within=(0.04, 0.07))
WORTH = ASKED.replace(utility=ll.Utility(wrong_cost=2), max_attempts=[1])
POOL = ll.Tasks.pool(**VERDICTS)
STOCK = ll.ExhaustionScenario.preset("epoch2024")
#: What Python has a part in, and no pin holds.
CALLS: dict[str, Callable[[], pl.DataFrame]] = {
    "compare_systems": lambda: ll.compare_systems({"a": SYSTEM, "b": OTHER}, attempts="attempts", k=[1, 5], seed=SEED),
    "check": lambda: ll.check(ASKED.replace(tasks=TASKS), min_accuracy=0.5, seed=SEED),
    "can_match": lambda: ll.can_match(ASKED.replace(tasks=TASKS), 0.9),
    "required": lambda: ll.required_false_positive_rate(ASKED, accuracy=0.5, seed=SEED, trials=500),
    "pilot": lambda: ll.plan.tasks(ll.plan.pilot({"a": SYSTEM, "b": OTHER}, attempts="attempts"), difference=0.1),
    "power": lambda: ll.plan.power(PILOT, tasks=[20, 90], attempts=[1, 7], difference=0.1, sets=500),
    "best_attempts": lambda: ll.plan.best_attempts(WORTH, tasks=[5, 20], attempts=[4, 9], sets=20),
    "labels": lambda: ll.plan.labels(rate=0.02, bound=0.05),
    "recommend": lambda: ll.recommend(TASKS, CHECK, utility=WORTH.utility, max_attempts=30).policies,
    "recommend pool": lambda: ll.recommend(POOL, utility=WORTH.utility).evidence,
    "fit_judge": lambda: ll.fit.fit_judge(**JUDGED).estimates,
    "fit_error_rates": lambda: ll.fit.fit_error_rates(**VERDICTS),
    "fit_growth": lambda: ll.fit.fit_growth(TREND, value="tokens", seed=SEED, bootstrap=50).predict([2027.0, 2030.0]),
    "conditioning": lambda: ll.fit.fit_scaling_law(RUNS, bootstrap=5, seed=SEED).conditioning,
    "backtest": lambda: ll.backtest(STOCK, SEEN, as_of="2024-06-06", trials=2000, seed=SEED).observations,
    "repetition_bootstrap": lambda: column(ll.repetition_bootstrap()[0].values),
    "structural_stock": lambda: column(ll.dist.structural_stock().values),
    "whole_web_stock": lambda: column(ll.exhaustion.whole_web_stock(500, seed=1)),
    "profit_overtraining": lambda: column(ll.exhaustion.profit_overtraining(np.linspace(0, 0.3, 50), LAW)),
    "inference_at_budget": lambda: ll.exhaustion.inference_at_budget([1e22 * k for k in range(1, 40)], 1e13, LAW),
    "goodput": lambda: column(ll.exhaustion.goodput(interval=np.linspace(600, 9000, 50), **FAILURES)),
}


def column(values: npt.NDArray[np.float64]) -> pl.DataFrame:
    return pl.DataFrame({"value": values})


def numbers() -> dict[str, dict[str, str]]:
    return {name: digests(name) for name in KERNELS} | {name: digest(call()) for name, call in CALLS.items()}


def test_an_older_processor_gives_the_same_bits() -> None:
    """With the ways of NumPy, of its linear algebra and of the C library for the oldest processors of a kind."""
    features = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])  # type: ignore[index,call-overload]
    older = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(features),
        "OPENBLAS_CORETYPE": "Nehalem",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F",
    }
    quiet = "import json, warnings; warnings.simplefilter('ignore')"
    code = f"{quiet}; import test_portable as here; print(json.dumps(here.numbers()))"
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | older, cwd=here, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert json.loads(done.stdout) == numbers()
