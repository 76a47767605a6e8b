"""The answers to the distinct rows of a table: each is worked out once, by ``selection.select``, and then looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spinecode.description import describe
from spinecode.explanation import explain_code
from spinecode.index import Facts, RuleIndex
from spinecode.questions import Asking, Proposal, Question, best
from spinecode.selection import Selection, select
from spinecode.services import outcomes_of

Numbers = npt.NDArray[np.int32]

#: Beside the three of the contract: the row says two things that cannot both be true; the row cannot be understood.
CONTRADICTORY: Final = "contradictory"
REJECTED: Final = "rejected"

RIGHT: Final = "correct"
WRONG: Final = "wrong"
UNDECIDED: Final = "undecided"


class Answer(NamedTuple):
    """What is told of a row, a field a column."""

    status: str
    codes: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    modifiers: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    ask: str = ""
    question: str = ""
    reason: str = ""


class Verdict(NamedTuple):
    """Whether the reported codes are right, and why not."""

    verdict: str = ""
    why: str = ""


LISTS: Final = {"codes": pa.string(), "units": pa.int32(), "modifiers": pa.string(), "candidates": pa.string()}


def answer_of(index: RuleIndex, selection: Selection) -> Answer:
    """A selection as an answer."""
    return _asking(_without_question(index, selection), selection.question)


def _without_question(index: RuleIndex, selection: Selection) -> Answer:
    return Answer(
        selection.status,
        tuple(line.code for line in selection.lines),
        tuple(line.units for line in selection.lines),
        tuple(" ".join(line.modifiers) for line in selection.lines),
        selection.candidates,
        reason=_remark(index, selection),
    )


def _asking(answer: Answer, question: Question | None) -> Answer:
    return answer._replace(ask=question.axis, question=question.text or question.label) if question else answer


def _remark(index: RuleIndex, selection: Selection) -> str:
    if selection.uncoded_levels and selection.status == "determined":
        return f"No code fits at {len(selection.uncoded_levels)} of {len(selection.outcomes)} levels."
    if selection.status == "no-code":
        found = (gap for o in selection.outcomes for gap in index.gaps(o.service.facts, selection.date))
        return " ".join(dict.fromkeys(f"{gap.label}: {gap.note}" for gap in found))
    return ""


def verdict_of(index: RuleIndex, selection: Selection, reported: Sequence[str]) -> Verdict:
    """Whether the codes reported for a description are right: none refuted, none missing, nothing open."""
    answer = answer_of(index, selection)
    refuted = _refuted(answer, selection.certain, reported)
    return _judged(answer, selection.certain, reported, [_refutation(index, selection, code) for code in refuted])


def _refuted(answer: Answer, certain: Sequence[str], reported: Sequence[str]) -> list[str]:
    fitting = {*answer.codes, *answer.candidates, *certain}
    return [code for code in reported if code not in fitting]


def _judged(answer: Answer, certain: Sequence[str], reported: Sequence[str], refuted: Sequence[str]) -> Verdict:
    """The verdict on reported codes; ``refuted`` tells of each that does not fit why."""
    if not reported:
        return Verdict()
    why = list(refuted)
    missing = sorted({*answer.codes, *certain}.difference(reported))
    if missing:
        why.append(f"{' and '.join(missing)} {'was' if len(missing) == 1 else 'were'} not reported.")
    if why:
        return Verdict(WRONG, " ".join(why))
    return Verdict(UNDECIDED, answer.question) if answer.status == "undetermined" else Verdict(RIGHT)


def _refutation(index: RuleIndex, selection: Selection, code: str) -> str:
    failing = [row for row in explain_code(index, selection, code).rows if row.holds is False]
    required = "; ".join(f"{row.label}: {row.requires}" for row in failing)
    return f"{code} does not fit, it requires {required}." if required else f"{code} does not fit."


#: Tells what a row states, as value ids by axis that do not contradict each other, and its day.
Example = Callable[[], tuple[Facts, str]]


class Answers:
    """The answers so far, put together of their parts, and the verdicts; each part is found once by the library."""

    def __init__(self, index: RuleIndex, open_axes: Sequence[str]) -> None:
        self.index = index
        #: The axes that can be asked about, in order.
        self._axes = [index.axes[name] for name in open_axes]
        self.clear()

    def __len__(self) -> int:
        return len(self._answers) + len(self._verdicts) + len(self._refuted)

    def clear(self) -> None:
        """Forget all answers."""
        self._answers: dict[tuple[int, ...], Answer] = {}
        self._codes: dict[int, tuple[Answer, tuple[str, ...]]] = {}
        self._proposals: list[dict[int, Proposal | None]] = [{} for _ in self._axes]
        self._verdicts: dict[tuple[tuple[int, ...], tuple[str, ...]], Verdict] = {}
        self._refuted: dict[tuple[tuple[int, ...], tuple[str, ...]], Verdict] = {}

    def answer(self, parts: tuple[int, ...], example: Example) -> Answer:
        """The answer to rows of one kind, by the numbers of its parts (``alike.Kinds``); ``example`` tells of one."""
        found = self._answers.get(parts)
        if found is None:
            found = self._answers[parts] = self._put_together(parts, example)
        return found

    def _put_together(self, parts: tuple[int, ...], example: Example) -> Answer:
        codes, *asked = parts
        if codes not in self._codes:
            facts, day = example()
            selection = select(self.index, describe(self.index, facts, day))
            self._codes[codes] = _without_question(self.index, selection), selection.certain
        found, _ = self._codes[codes]
        if found.status != "undetermined":
            return found
        proposals = []
        asking: Asking | None = None
        for axis, known, part in zip(self._axes, self._proposals, asked, strict=True):
            if part not in known:
                if asking is None:
                    facts, day = example()
                    description, valid = describe(self.index, facts, day), self.index.valid_on(day)
                    outcomes, _ = outcomes_of(self.index, description, valid)
                    asking = Asking(self.index, description, valid, outcomes)
                known[part] = asking.on(axis)
            proposals.append(known[part])
        return _asking(found, best(proposals))

    def verdict(
        self, parts: tuple[int, ...], reported: tuple[str, ...], row: tuple[int, ...], example: Example
    ) -> Verdict:
        """The verdict on the codes reported in a row of one kind, whose answer is known.

        Why a code does not fit follows from more than what decides the answer: from all that a row says, as ``row``
        tells it apart from others.
        """
        found = self._verdicts.get((parts, reported)) or self._refuted.get((row, reported))
        if found is None:
            answer = self._answers[parts]
            _, certain = self._codes[parts[0]]
            if refuted := _refuted(answer, certain, reported):
                facts, day = example()
                selection = select(self.index, describe(self.index, facts, day))
                why = [_refutation(self.index, selection, code) for code in refuted]
                found = self._refuted[row, reported] = _judged(answer, certain, reported, why)
            else:
                found = self._verdicts[parts, reported] = _judged(answer, certain, reported, [])
        return found


class Interned:
    """Rows of several fields, each different row and each different value of a field kept once and numbered."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self.rows: list[tuple[object, ...]] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._values: list[dict[object, int]] = [{} for _ in fields]
        self._places: list[list[int]] = [[] for _ in fields]
        # of each field, how many rows there were, the place of each row's value, and the values as texts
        self._columns: list[tuple[int, Numbers, pa.Array]] = [(0, np.zeros(0, np.int32), pa.array([])) for _ in fields]

    def number_of(self, row: tuple[object, ...]) -> int:
        """The number of a row."""
        number = self._numbers.get(row)
        if number is None:
            number = self._numbers[row] = len(self.rows)
            self.rows.append(row)
            for value, values, places in zip(row, self._values, self._places, strict=True):
                places.append(values.setdefault(value, len(values)) if value not in ("", ()) else -1)
        return number

    def column(self, field: str, numbers: Numbers, *, lists: bool) -> pa.Array:
        """A field of numbered rows as a column; several values as a list, or as one text with | between them."""
        place = self.fields.index(field)
        count, of_row, kept = self._columns[place]
        if count < len(self.rows):
            of_row = np.array(self._places[place], np.int32)
            kept = pa.array([joined(value) for value in self._values[place]], pa.string())
            self._columns[place] = (len(self.rows), of_row, kept)
        indices = of_row.take(numbers)
        if field in LISTS and lists:
            values = list(self._values[place])
            several = pa.array([*values, ()], pa.list_(LISTS[field]))
            return several.take(pa.array(np.where(indices < 0, len(values), indices)))
        present = pa.py_buffer(np.packbits(indices >= 0, bitorder="little"))
        found = pa.Array.from_buffers(pa.int32(), len(indices), [present, pa.py_buffer(indices)])
        return pa.DictionaryArray.from_arrays(found, kept, safe=False)


def joined(value: object) -> str:
    """A text as it is; several values with | between them."""
    return "|".join(str(item) for item in value) if isinstance(value, tuple) else str(value)
