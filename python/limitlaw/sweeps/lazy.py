"""Frames that come one by one as one lazy frame: one is read at a time, and none is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl
from polars.io.plugins import register_io_source

__all__ = ["lazy_frame"]


def lazy_frame(read: Callable[[Sequence[str] | None], Iterator[pl.DataFrame]]) -> pl.LazyFrame:
    """A lazy frame of what ``read`` yields, given the columns that are needed (or ``None``: all of them).

    The first of its frames is read at once, for the names and types of the columns.
    """

    def source(
        wanted: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        needed = wanted
        if wanted is not None and predicate is not None:
            needed = list(dict.fromkeys([*wanted, *predicate.meta.root_names()]))
        for part in read(needed):
            frame = part if rows is None else part.head(rows)
            if rows is not None:
                rows -= frame.height
            if predicate is not None:
                frame = frame.filter(predicate)
            yield frame if wanted is None else frame.select(wanted)
            if rows == 0:
                return

    return register_io_source(source, schema=next(read(None)).schema)
