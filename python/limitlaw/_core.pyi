"""The whole foreign interface on one page."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

_Floats: TypeAlias = npt.NDArray[np.float64]
_Columns: TypeAlias = dict[str, _Floats]
_Progress: TypeAlias = Callable[[int, int], object]

__version__: str
STREAM_VERSION: str
CORE_DIGEST: str
DEBUG_BUILD: bool
MAX_TRIALS: dict[str, int]
SAMPLING_COLUMNS: list[str]
SAMPLING_METRICS: dict[str, set[str]]
SAMPLING_RATIOS: dict[str, str]
SAMPLING_TARGETS: list[str]
EXHAUSTION_RANGES: dict[str, tuple[float, float]]
EXHAUSTION_VARIABLES: list[tuple[str, str]]
EXHAUSTION_DERIVED: list[str]
EXHAUSTION_DEFINITIONS: list[str]
EXHAUSTION_FRAMES: list[tuple[str, list[str]]]
CONSTRAINT_QUANTITIES: list[tuple[str, str]]
CONSTRAINTS: list[str]
CONSTRAINT_FRAMES: list[tuple[str, list[str]]]

class NoClosedFormError(NotImplementedError): ...

def check(family: str, spec: str, arrays: Sequence[_Floats]) -> list[tuple[str, str]]: ...
def capped_path(spec: str, arrays: Sequence[_Floats]) -> list[float]: ...
def stream_words(
    key: Sequence[int], replicate: int, stream: int, chunk: int, first_block: int, blocks: int
) -> npt.NDArray[np.uint64]: ...
def variates(law: str, count: int, parameters: Sequence[_Floats], key: Sequence[int], number: int) -> _Floats: ...
def simulate_sampling(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    trials: int,
    key: Sequence[int],
    replicate: int,
    threads: int | None,
    by_task: bool,
    columns: Sequence[str],
    over_tasks: float | None,
    resampled: tuple[int, int, float] | None,
    progress: _Progress | None,
) -> _Floats: ...
def compare_sampling(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    score: str,
    trials: int,
    key: Sequence[int],
    replicate: int,
    threads: int | None,
    progress: _Progress | None,
) -> _Columns: ...
def tally_sampling(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    trials: int,
    key: Sequence[int],
    replicate: int,
    threads: int | None,
    progress: _Progress | None,
) -> list[dict[str, npt.NDArray[Any]]]: ...
def estimate_sampling(
    rows: Sequence[dict[str, npt.NDArray[Any]]],
    *,
    trials: int,
    weights: Sequence[float] | None,
    columns: Sequence[str],
) -> _Floats: ...
def solve_sampling(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    by_task: bool,
    columns: Sequence[str],
    over_tasks: bool,
    confidence: float | None,
) -> _Floats: ...
def resampled_ends(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    columns: Sequence[str],
    over_tasks: bool,
    resamples: int,
    confidence: float | None,
    key: Sequence[int],
    threads: int | None,
    progress: _Progress | None,
) -> _Floats: ...
def drawn_rates(spec: str, arrays: Sequence[_Floats], *, resamples: int, key: Sequence[int]) -> _Floats: ...
def drawn_utilities(spec: str, arrays: Sequence[_Floats], *, resamples: int, key: Sequence[int]) -> _Floats: ...
def resampled_means(
    values: _Floats,
    weight: _Floats | None,
    cluster: _Floats | None,
    *,
    resamples: int,
    confidence: float | None,
    key: Sequence[int],
) -> _Floats: ...
def resampled_utilities(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    anew: str,
    resamples: int,
    trials: int | None,
    key: Sequence[int],
    progress: _Progress | None,
) -> _Floats: ...
def sample_copies(weight: _Floats) -> _Floats: ...
def sample_sizes(tasks: int, weight: _Floats | None, cluster: _Floats | None) -> tuple[int, float]: ...
def accuracies_sampling(spec: str, arrays: Sequence[_Floats]) -> _Floats: ...
def never_wrong(spec: str, arrays: Sequence[_Floats]) -> bool: ...
def short_tasks(spec: str, arrays: Sequence[_Floats]) -> list[int]: ...
def ceiling_ends(spec: str, arrays: Sequence[_Floats], confidence: float) -> tuple[float, float, float, float]: ...
def ceilings_sampling(spec: str, arrays: Sequence[_Floats]) -> list[tuple[float, float, float, float]]: ...
def operating_points(spec: str, arrays: Sequence[_Floats], tasks: int) -> _Columns: ...
def optima_sampling(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    wrong_cost: Sequence[float],
    resamples: int,
    resample: str,
    key: Sequence[int],
    threads: int | None,
    progress: _Progress | None,
) -> _Columns: ...
def closed_form(
    name: str, columns: list[npt.NDArray[np.float64]], shared: list[npt.NDArray[np.float64]]
) -> list[npt.NDArray[np.float64]]: ...
def elementary(name: str, columns: Sequence[_Floats]) -> _Floats: ...
def products(table: _Floats, other: _Floats) -> _Floats: ...
def singular_values(table: _Floats) -> list[_Floats]: ...
def simulate_exhaustion(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    trials: int,
    key: Sequence[int],
    replicate: int,
    threads: int | None,
    sampler: str,
    samples: Sequence[str],
    progress: _Progress | None,
    redrawn: Sequence[str] = ...,
    exact_quantiles: bool = ...,
    samples_only: bool = ...,
) -> tuple[dict[str, _Columns], _Columns]: ...
def simulate_constraint(
    spec: str,
    arrays: Sequence[_Floats],
    *,
    trials: int,
    key: Sequence[int],
    replicate: int,
    threads: int | None,
    progress: _Progress | None,
) -> dict[str, _Columns]: ...
def priors_in_use(spec: str, arrays: Sequence[_Floats]) -> list[str]: ...
def dist_quantiles(spec: str, arrays: Sequence[_Floats], p: _Floats) -> _Floats: ...
def dist_probabilities(spec: str, arrays: Sequence[_Floats], x: _Floats) -> _Floats: ...
def quantile_rank(p: float, n: int) -> int: ...
def share_errors(shares: _Floats, counts: _Floats) -> _Floats: ...
def law_optima(law: str, compute: _Floats, unique_tokens: _Floats, confidence: float | None = ...) -> _Columns: ...
def law_inverse(
    question: str, law: str, other: str | None, columns: Sequence[_Floats], confidence: float
) -> _Columns: ...
def law_losses(
    law: str,
    parameters: _Floats,
    tokens: _Floats,
    unique_tokens: _Floats,
    confidence: float | None = ...,
    residuals: Sequence[float] | None = ...,
) -> _Columns: ...
def scaling_coefficients(law: str) -> list[str]: ...
def fit_scaling_law(
    law: str,
    *,
    parameters: _Floats,
    tokens: _Floats,
    unique_tokens: _Floats,
    loss: _Floats,
    weights: _Floats,
    cluster: _Floats,
    fixed: Sequence[float | None],
    ceiling: float,
    resamples: int,
    key: Sequence[int],
    threads: int | None,
    progress: _Progress | None,
) -> dict[str, Any]: ...
def scaling_gradients(
    law: str,
    coefficients: Sequence[float],
    *,
    parameters: _Floats,
    tokens: _Floats,
    unique_tokens: _Floats,
    ceiling: float,
) -> npt.NDArray[np.float64]: ...
def force_vector_width(width: str | None) -> None: ...
def pass_rates(
    rate: str,
    attempts: _Floats,
    correct: _Floats,
    k: _Floats,
    *,
    resample: str,
    cluster: _Floats | None,
    confidence: float,
    progress: _Progress | None,
) -> _Columns: ...
def task_pass_rates(rate: str, attempts: _Floats, correct: _Floats, k: _Floats) -> npt.NDArray[np.float64]: ...
def paired_differences(
    values: _Floats,
    tried: npt.NDArray[np.bool_],
    *,
    tasks: int,
    points: int,
    cluster: _Floats | None,
    confidence: float,
    resamples: int,
    key: tuple[int, int],
    threads: int | None,
    progress: _Progress | None,
) -> _Columns: ...
def fit_growth(
    years: _Floats,
    logs: _Floats,
    cluster: _Floats,
    within: npt.NDArray[np.bool_],
    *,
    largest: int,
    breaks: int,
    places: _Floats,
    confidence: float,
    resamples: int,
    key: Sequence[int],
    threads: int | None,
    progress: _Progress | None,
) -> _Columns: ...
def runs_among_largest(logs: _Floats, largest: int) -> list[bool]: ...
def fit_beta_binomial(
    attempts: _Floats,
    correct: _Floats,
    *,
    stopped_at: float | None,
    unsolvable: bool,
    confidence: float,
    resamples: int,
    key: tuple[int, int],
    threads: int | None,
    progress: _Progress | None,
) -> dict[str, Any]: ...
def mean_limit(values: _Floats, copies: _Floats, tail: float, *, upper: bool) -> float: ...
def task_rates(attempts: _Floats, errors: _Floats, confidence: float) -> dict[str, Any]: ...
def error_rate_draws(
    wrong: _Floats, accepted: _Floats, correct: _Floats, rejected: _Floats, draws: int
) -> _Columns: ...
def beta_binomial_likelihood(
    attempts: _Floats,
    correct: _Floats,
    stopped_at: float | None,
    population: tuple[float, float, float],
) -> float: ...
def forecast(
    question: str,
    attempts: _Floats,
    correct: _Floats,
    values: _Floats,
    *,
    stopped_at: float | None,
    unsolvable: bool | None,
    resample: str,
    confidence: float,
    resamples: int,
    key: tuple[int, int],
    threads: int | None,
    progress: _Progress | None,
) -> dict[str, Any]: ...
def sweep_points(
    kind: str,
    spec: str,
    arrays: Sequence[_Floats],
    *,
    axes: str,
    options: str,
    first: int,
    last: int,
    threads: int | None,
    progress: _Progress | None,
) -> tuple[npt.NDArray[np.uint64], list[npt.NDArray[np.int64]], list[_Floats], list[tuple[int, str]]]: ...
def sequence_interval(total: float, count: float, confidence: float) -> tuple[float, float]: ...
