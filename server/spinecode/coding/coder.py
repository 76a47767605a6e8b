"""Coding of tables: the same answers as ``selection.select``, for millions of rows.

What the cells of a row say is brought to numbers (``columns``), and these to one number for the row, by which its
answer is looked up (``seen``). A row that was not seen yet is answered like the others that no rule tells from it
(``classes``), once, by the library (``answers``): the answers are the same by construction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pyarrow as pa

from spinecode.coding.answers import CONTRADICTORY, LISTS, REJECTED, Answer, Answers, Interned, Verdict
from spinecode.coding.classes import Classes
from spinecode.coding.columns import FactColumn, Numbers
from spinecode.coding.domains import FAULTY, AxisDomain, CodeDomain, DateDomain
from spinecode.coding.reasons import Reasons
from spinecode.coding.seen import SeenRows
from spinecode.description import CODE, DATE
from spinecode.errors import InputError
from spinecode.index import RuleIndex, fold
from spinecode.knowledge import load
from spinecode.rules import Rules

#: The columns that are added to a table, and those that ``check`` adds.
ANSWER_FIELDS: Final = Answer._fields
CHECK_FIELDS: Final = Verdict._fields
#: Rows that are coded at a time: what fits in a processor's cache.
ROWS_AT_A_TIME: Final = 1 << 16
#: How many different rows are remembered, before all is forgotten: some hundred megabytes.
KEYS_KEPT: Final = 400_000


@dataclass(frozen=True)
class Options:
    """How a table is coded.

    ``columns`` names the axis (or ``date``, or ``code``) of columns that have another name. ``check`` asks whether the
    reported codes are right. ``lists`` gives several values as lists, else as one text with | between them. ``today``
    (ISO 8601) is the day of rows without a date; ``prefix`` stands before the names of the columns that are added.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    check: bool = False
    lists: bool = False
    today: str | None = None
    prefix: str = ""

    @property
    def added(self) -> tuple[str, ...]:
        """The names of the columns that are added."""
        return tuple(self.prefix + name for name in (*ANSWER_FIELDS, *(CHECK_FIELDS if self.check else ())))


class Coder:
    """Codes the batches of one table. It can be pickled, and sent to workers; it is not for several threads at once.

    ``rules`` are those of ``Knowledge.index``.
    """

    def __init__(self, rules: Rules, options: Options | None = None) -> None:
        self.rules = rules
        self.options = options or Options()
        self.index = RuleIndex(rules)
        self.today = self.options.today or date.today().isoformat()
        classes = Classes(self.index)
        self._dates = DateDomain(self.index, self.today)
        if (told := self._dates.read(self.today)).kind:
            raise InputError.of(told.reason, axis=DATE, value=self.today)
        self._codes = CodeDomain(self.index)
        self._facts = [FactColumn(AxisDomain(self.index, classes, axis.name)) for axis in self.index.asked_axes]
        self._facts.append(FactColumn(self._dates))
        self._columns = [*self._facts, *([FactColumn(self._codes)] if self.options.check else [])]
        self._seen = SeenRows()
        self._answers = Answers(self.index)
        self._reasons = Reasons(self.index)
        self._rows = Interned((*ANSWER_FIELDS, *CHECK_FIELDS))
        self._matched: tuple[pa.Schema, dict[str, list[str]]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Coder, (self.rules, self.options)

    # ------------------------------------------------------------------ columns

    def matched(self, schema: pa.Schema) -> dict[str, list[str]]:
        """The columns of a table by the axis that they tell of.

        Raises InputError where none does, a named column is not there, two columns stand for an axis that takes one,
        or a column has a name that the answer needs.
        """
        if self._matched is None or not self._matched[0].equals(schema):
            self._matched = (schema, match_columns(self.index, schema.names, self.options))
        return self._matched[1]

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema of a coded table."""
        self.matched(schema)
        text = pa.dictionary(pa.int32(), pa.string())
        added = []
        for name in (*ANSWER_FIELDS, *(CHECK_FIELDS if self.options.check else ())):
            kind = pa.list_(LISTS[name]) if self.options.lists and name in LISTS else text
            added.append(pa.field(self.options.prefix + name, kind))
        return pa.schema([*schema, *added], metadata=schema.metadata)

    # ------------------------------------------------------------------ coding

    def code_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The same rows with the columns of the answer.

        A row that cannot be understood has the status ``rejected``, one that contradicts itself ``contradictory``; the
        reason stands in the column ``reason``. Raises InputError as ``matched`` does.
        """
        schema = self.schema(batch.schema)
        self._bound()
        named = self.matched(batch.schema)
        numbers = [self._numbers(batch, column, named) for column in self._columns]
        found = self._seen.look_up(numbers, [len(column.cells) for column in self._columns], self._row)
        fields = (*ANSWER_FIELDS, *(CHECK_FIELDS if self.options.check else ()))
        lists = self.options.lists
        columns = [self._rows.column(name, found, lists=lists) for name in fields]
        return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)

    def _numbers(self, batch: pa.RecordBatch, column: FactColumn, named: Mapping[str, list[str]]) -> Numbers | None:
        found: Numbers | None = None
        for name in named.get(column.domain.name, ()):
            read = column.numbers(batch.column(name), name)
            found = read if found is None else column.together(found, read)
        return found

    def _row(self, numbers: Sequence[int]) -> int:
        """Work out the answer to a row, given by the numbers of its cells."""
        cells = [column.cells[number] for column, number in zip(self._columns, numbers, strict=True)]
        kinds = {cell.kind for cell in cells}
        if kinds != {""}:
            status = REJECTED if FAULTY in kinds else CONTRADICTORY
            return self._rows.number_of((*Answer(status, reason=Reasons.of_cells(cells)), *Verdict()))
        facts = {c.domain.name: cell.members for c, cell in zip(self._facts, cells, strict=False) if cell.members}
        spans = facts.pop(DATE, ())
        told = self._reasons.of_facts(facts)
        if told:
            return self._rows.number_of((*Answer(CONTRADICTORY, reason=told), *Verdict()))
        day = self._dates.day_in(spans[0]) if spans else self.today
        key = tuple([c.class_list[number] for c, number in zip(self._facts, numbers, strict=False)])
        answer = self._answers.answer(key, facts, day)
        verdict = Verdict()
        if self.options.check and cells[-1].members:
            codes = tuple([self._codes.codes[n] for n in cells[-1].members])
            verdict = self._answers.verdict(key, facts, day, codes)
        return self._rows.number_of((*answer, *verdict))

    def _bound(self) -> None:
        """Forget what was seen when it is more than should be remembered."""
        if len(self._seen) + len(self._answers) > KEYS_KEPT or any(column.crowded for column in self._columns):
            self._seen.clear()
            self._answers.clear()
            self._reasons.clear()
            self._rows = Interned((*ANSWER_FIELDS, *CHECK_FIELDS))
            for column in self._columns:
                column.clear()


def match_columns(index: RuleIndex, names: Sequence[str], options: Options) -> dict[str, list[str]]:
    """The columns by the axis they tell of: those that are named so, and those that ``options.columns`` names.

    Raises InputError; see ``Coder.matched``.
    """
    axes = [axis.name for axis in index.asked_axes] + [DATE, CODE]
    by_name = {fold(name): name for name in axes}
    found: dict[str, list[str]] = {}
    for column, axis in options.columns.items():
        if column not in names:
            message = f"There is no column {column!r}, which --columns names. The columns are {', '.join(names)}."
            raise InputError.of(message, axis=axis, value=column)
        if fold(axis) not in by_name:
            message = f"There is no axis {axis!r} for the column {column!r}. The axes are {', '.join(axes)}."
            raise InputError.of(message, axis=axis)
        found.setdefault(by_name[fold(axis)], []).append(column)
    for name in names:
        known = by_name.get(fold(name))
        if known is not None and known not in found and name not in options.columns:
            found[known] = [name]
        elif known is not None and name not in options.columns and known not in options.columns.values():
            found[known].append(name)
    if not any(axis not in (DATE, CODE) for axis in found):
        message = f"No column tells of an axis. The columns are {', '.join(names)}; the axes are {', '.join(axes)}."
        raise InputError.of(f"{message} Name them with --columns.")
    repeatable = {axis.name for axis in index.asked_axes if axis.repeatable} | {CODE}
    for axis, columns in found.items():
        if len(columns) > 1 and axis not in repeatable:
            message = f"The columns {' and '.join(columns)} both stand for {axis}, which takes one."
            raise InputError.of(message, axis=axis)
    if options.check and CODE not in found:
        message = f"No column has the reported codes to check. Name one with --columns, or call it {CODE!r}."
        raise InputError.of(message, axis=CODE)
    taken = [name for name in options.added if name in names]
    if taken:
        message = f"The table has a column {taken[0]!r} already, which the answer needs. Give a --prefix."
        raise InputError.of(message, value=taken[0])
    twice = [name for name in names if list(names).count(name) > 1]
    if twice:
        raise InputError.of(f"Two columns have the name {twice[0]!r}.", value=twice[0])
    return found


def code_table(table: pa.Table, options: Options | None = None, coder: Coder | None = None) -> pa.Table:
    """An Arrow table with the columns of the answer. Raises InputError; see ``Coder.matched``."""
    coder = coder or Coder(load().index.rules, options)
    schema = coder.schema(table.schema)
    batches = [coder.code_batch(batch) for batch in table.to_batches(max_chunksize=ROWS_AT_A_TIME)]
    return pa.Table.from_batches(batches, schema)


def code_frame(frame: Any, **options: Any) -> Any:
    """A Polars or pandas frame (or an Arrow table) with the columns of the answer, as the same kind of frame.

    The keyword arguments are the fields of ``Options``: ``columns``, ``check``, ``lists``, ``today``, ``prefix``.
    Raises InputError for what is no such frame, and as ``Coder.matched`` does.

    >>> import polars
    >>> frame = code_frame(polars.DataFrame({"region": ["nowhere"]}))
    >>> frame["status"].to_list()
    ['rejected']
    """
    chosen = Options(**options)
    if isinstance(frame, pa.Table):
        return code_table(frame, chosen)
    kind = type(frame).__module__.partition(".")[0]
    if kind == "polars":
        import polars

        eager = frame.collect() if isinstance(frame, polars.LazyFrame) else frame
        added = _added(code_table(eager.to_arrow(), chosen), chosen)
        return eager.hstack(polars.DataFrame(polars.from_arrow(added)).get_columns())
    if kind == "pandas":
        added = _added(code_table(pa.Table.from_pandas(frame, preserve_index=False), chosen), chosen).to_pandas()
        return frame.assign(**{name: added[name].set_axis(frame.index) for name in added.columns})
    raise InputError.of(f"This is no frame of Polars or pandas, but {type(frame).__qualname__}.")


def _added(table: pa.Table, options: Options) -> pa.Table:
    return table.select(list(options.added))
