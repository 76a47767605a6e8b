"""Frames of Polars and pandas with the columns of the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from spinecode.coding.coder import Coder, Options, code_table, match_columns
from spinecode.coding.columns import plain_schema
from spinecode.errors import InputError
from spinecode.knowledge import load


def code_frame(frame: Any, **options: Any) -> Any:
    """A Polars or pandas frame (or an Arrow table) with the columns of the answer, as the same kind of frame.

    The keyword arguments are the fields of ``Options``: ``columns``, ``check``, ``lists``, ``today``, ``prefix``.
    Raises InputError for what is no such frame, and as ``Coder.matched`` does.

    >>> import polars
    >>> frame = code_frame(polars.DataFrame({"region": ["nowhere"]}))
    >>> frame["status"].to_list()
    ['rejected']
    """
    if isinstance(options.get("today"), date):
        options["today"] = options["today"].isoformat()
    chosen = Options(**options)
    if isinstance(frame, pa.Table):
        return code_table(frame, chosen)
    kind = type(frame).__module__.partition(".")[0]
    if kind == "polars":
        import polars

        eager = frame.collect() if isinstance(frame, polars.LazyFrame) else frame
        added = polars.DataFrame(
            polars.from_arrow(_added(eager.columns, chosen, lambda names: eager[names].to_arrow()))
        )
        return eager.hstack(added.get_columns())
    if kind == "pandas":
        names = [str(name) for name in frame.columns]

        def taken(wanted: list[str]) -> pa.Table:
            part = frame.iloc[:, [names.index(name) for name in wanted]]
            return pa.Table.from_pandas(part.set_axis(wanted, axis=1), preserve_index=False)

        added = _added(names, chosen, taken).to_pandas()
        return frame.assign(**{name: added[name].set_axis(frame.index) for name in added.columns})
    raise InputError.of(f"This is no frame of Polars or pandas, but {type(frame).__qualname__}.")


def _added(names: Sequence[str], options: Options, taken: Callable[[list[str]], pa.Table]) -> pa.Table:
    """The columns of the answer as plain texts; of the others only those that tell of an axis are ``taken``."""
    coder = Coder(load().index.rules, options)
    wanted = [name for found in match_columns(coder.index, names, options).values() for name in found]
    try:
        table = taken(wanted)
    except (pa.ArrowException, TypeError) as error:
        raise InputError.of(f"The columns {', '.join(wanted)} cannot be read: {error}") from None
    added = code_table(table, None, coder).select(list(options.added))
    return added.cast(plain_schema(added.schema))
