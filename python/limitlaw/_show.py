"""Frames for reading: the columns that answer, in few digits, as the command line prints them."""

from __future__ import annotations

import polars as pl

from limitlaw._arguments import as_frame
from limitlaw._frames import PROVENANCE
from limitlaw._inputs import html_of

__all__ = ["Frames", "brief"]

#: Of a sampling scenario's frame, the columns that are read first.
_SAMPLING = ("accuracy", "accepted", "precision", "coverage", "attempts_used", "tokens", "cost", "latency", "utility")
#: Those whose intervals are read too, where there are any.
_SURE, _ENDS = ("accuracy", "utility"), ("_low", "_high")
#: The columns that name a row of it.
_KEYS = ("policy", "max_attempts", "limit", "task")
#: What is read of two systems that are compared.
_OF_SYSTEMS = ("system", "other", "k", "difference", "low", "high", "p_holm", "winner", "tasks", "reason")

#: The most rows of a frame in the text of a result object.
_ROWS = 10


class Frames:
    """A result made of frames, which it shows: its attributes, in their order."""

    def __repr__(self) -> str:
        parts = [type(self).__name__]
        for name, frame in self._frames().items():
            more = frame.height - _ROWS
            rest = f", {_ROWS} of {frame.height} rows" if more > 0 else ""
            parts += [f"{name}{rest}:", brief(frame.head(_ROWS))]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return "".join(
            html_of(f"{type(self).__name__}: {name}", frame.select(pl.exclude(PROVENANCE)))
            for name, frame in self._frames().items()
        )

    def _frames(self) -> dict[str, pl.DataFrame]:
        return {name: value for name, value in vars(self).items() if isinstance(value, pl.DataFrame)}


def brief(frame: pl.DataFrame) -> str:
    """A frame as text for reading: the main columns of every row, in few digits.

    Standard errors and what says where rows come from are left out; of a sampling scenario's frame also the quantiles
    of a run, the further shares, intervals but those of accuracy and utility, and columns that are null throughout; of
    a best number of attempts all but itself, its 5 and 95 % quantiles over the resamples, and its worth; of two systems
    all but their difference, its interval, who wins and how surely.

    Args:
        frame: Any frame of this library.

    Returns:
        A table, as the command line prints it.

    Raises:
        TypeError: It is no frame.

    Example:
        >>> import limitlaw as ll
        >>> scenario = ll.SamplingScenario(tasks=ll.Tasks.fixed(success=[0.1, 0.4]), max_attempts=[1, 10])
        >>> print(ll.brief(ll.solve(scenario)))
        ┌────────────────┬──────────────┬──────────┬──────────┬───────────┬──────────┬───────────────┐
        │ policy         ┆ max_attempts ┆ accuracy ┆ accepted ┆ precision ┆ coverage ┆ attempts_used │
        ╞════════════════╪══════════════╪══════════╪══════════╪═══════════╪══════════╪═══════════════╡
        │ first_accepted ┆ 1            ┆ 0.2500   ┆ 0.2500   ┆ 1.0000    ┆ 0.2500   ┆ 1.0000        │
        │ first_accepted ┆ 10           ┆ 0.8226   ┆ 0.8226   ┆ 1.0000    ┆ 0.8226   ┆ 4.4990        │
        └────────────────┴──────────────┴──────────┴──────────┴───────────┴──────────┴───────────────┘
    """
    frame = as_frame(frame, "frame")
    hidden = {name for name in frame.columns if name in PROVENANCE or name == "se" or name.endswith("_se")}
    names = [name for name in frame.columns if name not in hidden] or frame.columns
    if "policy" in names and "returned" in names:  # every result column of a sampling scenario
        before = names[: names.index("policy")]
        main = [f"{name}{end}" for name in _SAMPLING for end in ("", *(_ENDS if name in _SURE else ()))]
        known = [name for name in main if name in names and frame[name].null_count() < frame.height]
        names = [*before, *(name for name in _KEYS if name in names), *known]
    for best in ("optimal_attempts", "optimal_limit"):  # how sure it is, by the outer quantiles of the resamples
        if best in names and f"{best}_q05" in names:
            known = ["policy", "wrong_cost", best, f"{best}_q05", f"{best}_q95", "status", "utility"]
            names = [name for name in known if name in names]
    if {"system", "other", "difference"} <= {*names}:
        told = [name for name in _OF_SYSTEMS if name in names and frame[name].null_count() < frame.height]
        names = [*_OF_SYSTEMS[:3], *told[3:]]
        names += ["short_tasks"] if "short_tasks" in frame.columns and frame["short_tasks"].sum() else []
    return _table(frame.select(names))


def _table(frame: pl.DataFrame) -> str:
    short = [
        pl.Series(column.name, [None if x is None else _short(x) for x in column.to_list()], dtype=pl.String)
        if column.dtype.is_float()
        else column
        for column in frame.get_columns()
    ]
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=200,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        fmt_str_lengths=60,
    ):
        return str(pl.DataFrame(short))


def _short(x: float) -> str:
    """Shares and years in places, tokens and FLOP in digits."""
    size = abs(x)
    if size >= 1e5:  # noqa: PLR2004  (no year is that late)
        return f"{x:.3g}"
    if size >= 10.0:  # noqa: PLR2004
        return f"{x:.2f}"
    return f"{x:.4f}" if size >= 1e-3 or size == 0.0 else f"{x:.2g}"  # noqa: PLR2004
