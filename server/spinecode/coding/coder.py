"""Coding of tables: the same answers as ``selection.select``, for millions of rows.

What the cells of a row say is brought to numbers (``columns``), and these to one number for the row, by which its
answer is looked up (``seen``). A row that was not seen yet is answered like the others that no rule tells from it
(``classes``), or whose difference does not matter beside what else they say (``alike``), once, by the library
(``answers``): the answers are the same by construction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spinecode.coding.alike import Alike
from spinecode.coding.answers import CONTRADICTORY, LISTS, REJECTED, Answer, Answers, Interned, Verdict
from spinecode.coding.classes import Classes
from spinecode.coding.columns import FactColumn, Numbers, Words, distinct, is_text
from spinecode.coding.domains import FAULTY, AxisDomain, Cell, CodeDomain, DateDomain
from spinecode.coding.reasons import Reasons
from spinecode.coding.said import Said
from spinecode.coding.seen import SeenRows
from spinecode.description import CODE, DATE
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.knowledge import load
from spinecode.rules import Rules
from spinecode.spelling import fold

#: The columns that are added to a table, and those that ``check`` adds.
ANSWER_FIELDS: Final = Answer._fields
CHECK_FIELDS: Final = Verdict._fields
#: Rows that are coded at a time: what fits in a processor's cache.
ROWS_AT_A_TIME: Final = 1 << 16
#: Rows of a table whose texts are numbered at a time.
ROWS_ENCODED: Final = 1 << 20
Places = npt.NDArray[np.intp]
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
        self._by_class = SeenRows()
        self._alike = Alike(Said(self.index, classes, self._facts, self._dates), check=self.options.check)
        self._answers = Answers(self.index, self._alike.open)
        self._reasons = Reasons(self.index)
        self._words = range(self._reasons.words)
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
        texts = self._encoded(batch, named)
        counts: list[int] = []
        parts = []
        for start in range(0, max(1, len(batch)), ROWS_AT_A_TIME):
            part = texts.slice(start, ROWS_AT_A_TIME)
            numbers = [self._numbers(part, column, named) for column in self._columns]
            counts = [len(column.cells) for column in self._columns]
            parts.append(self._seen.look_up(numbers, counts, partial(self._fresh, numbers)))
        found = np.concatenate(parts)
        fields = (*ANSWER_FIELDS, *(CHECK_FIELDS if self.options.check else ()))
        lists = self.options.lists
        columns = [self._rows.column(name, found, lists=lists) for name in fields]
        return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)

    @staticmethod
    def _encoded(batch: pa.RecordBatch, named: Mapping[str, list[str]]) -> pa.RecordBatch:
        """The columns that tell of an axis, with texts as dictionaries: each text is then read once."""
        names = [name for found in named.values() for name in found]
        columns = [batch.column(name) for name in names]
        # with what is missing in the dictionary too, which is faster than to ask for it in each row
        encoded = [column.dictionary_encode("encode") if is_text(column.type) else column for column in columns]
        return pa.RecordBatch.from_arrays(encoded, names=names)

    def _numbers(self, batch: pa.RecordBatch, column: FactColumn, named: Mapping[str, list[str]]) -> Numbers | None:
        found: Numbers | None = None
        for name in named.get(column.domain.name, ()):
            read = column.numbers(batch.column(name), name)
            found = read if found is None else column.together(found, read)
        return found

    def _fresh(self, numbers: Sequence[Numbers | None], rows: Places) -> Numbers:
        """The numbers of the answers to rows that were not seen yet, given by the numbers of their cells."""
        taken = [np.zeros(len(rows), np.int32) if column is None else column.take(rows) for column in numbers]
        told = [column.arrays(self._reasons.words) for column in self._columns]
        found = np.full(len(rows), -1, np.int32)
        pairs = list(zip(told, taken, strict=True))
        wrong = np.logical_or.reduce([arrays.wrong.take(column) for arrays, column in pairs])
        for row in np.flatnonzero(wrong).tolist():
            found[row] = self._refused([c.cells[n[row]] for c, n in zip(self._columns, taken, strict=True)])
        axes = pairs[: len(self._facts) - 1]
        stated = [np.bitwise_or.reduce([a.stated[word].take(column) for a, column in axes]) for word in self._words]
        against = [np.bitwise_or.reduce([a.against[word].take(column) for a, column in axes]) for word in self._words]
        clashing, which = self._reasons.clashes(stated, against)
        places, different = distinct(which)
        contradictions = [self._contradiction(self._reasons.of_pair(pair)) for pair in different.tolist()]
        told_of = np.array(contradictions, np.int32).take(places) if contradictions else places
        # what cannot be understood comes first
        found[clashing] = np.where(found[clashing] < 0, told_of, found[clashing])
        open_rows = np.flatnonzero(found < 0)
        if self.index.wide_constraints:
            for row in open_rows.tolist():
                reason = self._reasons.of_wide(self._example(taken, row)[0])
                found[row] = self._contradiction(reason) if reason else -1
            open_rows = np.flatnonzero(found < 0)
        if len(open_rows):
            classes = [arrays.classes.take(column.take(open_rows)) for arrays, column in pairs]
            cells = [column.take(open_rows) for column in taken]

            def work_out(places: Places) -> Numbers:
                words = [word.take(open_rows.take(places)) for word in against]
                return self._worked_out([column.take(places) for column in cells], words)

            sizes = [column.classes for column in self._columns]
            found[open_rows] = self._by_class.look_up(classes, sizes, work_out)
        return found

    def _refused(self, cells: Sequence[Cell]) -> int:
        """The answer to a row with a cell that cannot be understood, or that contradicts itself."""
        status = REJECTED if any(cell.kind == FAULTY for cell in cells) else CONTRADICTORY
        return self._rows.number_of((*Answer(status, reason=Reasons.of_cells(cells)), *Verdict()))

    def _contradiction(self, reason: str) -> int:
        return self._rows.number_of((*Answer(CONTRADICTORY, reason=reason), *Verdict()))

    def _facts_of(self, numbers: Sequence[int]) -> tuple[dict[str, tuple[int, ...]], str]:
        """What the cells of a row state, and its day."""
        cells = [(c.domain.name, c.cells[number].members) for c, number in zip(self._facts, numbers, strict=False)]
        facts = {name: members for name, members in cells if members}
        spans = facts.pop(DATE, ())
        return facts, self._dates.day_in(spans[0]) if spans else self.today

    def _worked_out(self, cells: Sequence[Numbers], against: Sequence[Words]) -> Numbers:
        """The numbers of the answers to rows that say nothing wrong, by the numbers of their cells."""
        kinds = self._alike.kinds(cells[: len(self._facts)], against)
        answers = []
        for place, parts in zip(kinds.firsts.tolist(), kinds.parts, strict=True):
            answers.append(self._answers.answer(parts, partial(self._example, cells, place)))
        if not self.options.check:
            numbers = [self._rows.number_of((*answer, *Verdict())) for answer in answers]
            return np.array(numbers, np.int32).take(kinds.of_row)
        found = []
        rows = zip(*[column.tolist() for column in cells], strict=True)
        for row, kind in zip(rows, kinds.of_row.tolist(), strict=True):
            verdict = self._verdict(kinds.parts[kind], row)
            found.append(self._rows.number_of((*answers[kind], *verdict)))
        return np.array(found, np.int32)

    def _example(self, cells: Sequence[Numbers], place: int) -> tuple[dict[str, tuple[int, ...]], str]:
        return self._facts_of([int(column[place]) for column in cells])

    def _verdict(self, parts: tuple[int, ...], numbers: Sequence[int]) -> Verdict:
        """Whether the codes that a row of one kind reports are right."""
        reported = tuple([self._codes.codes[n] for n in self._columns[-1].cells[numbers[-1]].members])
        if not reported:
            return Verdict()
        row = tuple([c.class_list[number] for c, number in zip(self._facts, numbers, strict=False)])
        return self._answers.verdict(parts, reported, row, partial(self._facts_of, numbers))

    def _bound(self) -> None:
        """Forget what was seen when it is more than should be remembered."""
        kept = len(self._alike) + len(self._answers) + len(self._rows.rows)
        if kept > KEYS_KEPT or any(column.crowded for column in self._columns):
            self._seen.clear()
            self._by_class.clear()
            self._alike.clear()
            self._answers.clear()
            self._rows = Interned((*ANSWER_FIELDS, *CHECK_FIELDS))
            for column in self._columns:
                column.clear()


def match_columns(index: RuleIndex, names: Sequence[str], options: Options) -> dict[str, list[str]]:
    """The columns by the axis they tell of: those that are named so, and those that ``options.columns`` names.

    Raises InputError; see ``Coder.matched``.
    """
    twice = [name for name in names if list(names).count(name) > 1]
    if twice:
        raise InputError.of(f"Two columns have the name {twice[0]!r}.", value=twice[0])
    axes = [axis.name for axis in index.asked_axes] + [DATE, CODE]
    by_name = {fold(name): name for name in axes}
    found: dict[str, list[str]] = {}
    for column, axis in options.columns.items():
        if column not in names:
            message = f"There is no column {column!r}, which --columns names. The columns are {', '.join(names)}."
            raise InputError.of(message, axis=axis, value=column)
        if not axis:
            continue  # it is said to tell of none
        if fold(axis) not in by_name:
            message = f"There is no axis {axis!r} for the column {column!r}. The axes are {', '.join(axes)}."
            raise InputError.of(message, axis=axis)
        found.setdefault(by_name[fold(axis)], []).append(column)
    for name in names:
        known = by_name.get(fold(name))
        if known is not None and name not in options.columns:
            found.setdefault(known, []).append(name)
    if not any(axis not in (DATE, CODE) for axis in found):
        message = f"No column tells of an axis. The columns are {', '.join(names)}; the axes are {', '.join(axes)}."
        raise InputError.of(f"{message} Name them with --columns.")
    repeatable = {axis.name for axis in index.asked_axes if axis.repeatable} | {CODE}
    for axis, columns in found.items():
        if len(columns) > 1 and axis not in repeatable:
            message = f"The columns {' and '.join(columns)} both stand for {axis}, which takes one."
            told = f' One that does not is named with --columns: {{"{columns[-1]}": ""}}.'
            raise InputError.of(message + told, axis=axis)
    if options.check and CODE not in found:
        message = f"No column has the reported codes to check. Name one with --columns, or call it {CODE!r}."
        raise InputError.of(message, axis=CODE)
    taken = [name for name in options.added if name in names]
    if taken:
        message = f"The table has a column {taken[0]!r} already, which the answer needs. Give a --prefix."
        raise InputError.of(message, value=taken[0])
    return found


def code_table(table: pa.Table, options: Options | None = None, coder: Coder | None = None) -> pa.Table:
    """An Arrow table with the columns of the answer. Raises InputError; see ``Coder.matched``."""
    coder = coder or Coder(load().index.rules, options)
    schema = coder.schema(table.schema)
    batches = [coder.code_batch(batch) for batch in table.to_batches(max_chunksize=ROWS_ENCODED)]
    return pa.Table.from_batches(batches, schema)
