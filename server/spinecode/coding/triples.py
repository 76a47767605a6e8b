"""Lines of N-Triples and N-Quads as arrays: whom each statement is about, and what it says, as numbers.

A line is cut at its first space. What stands before it, the subject, comes again in the lines that follow; the rest,
the tail, comes again from row to row. So each distinct text is looked at once; a line is a few array look-ups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spinecode import vocabulary as v
from spinecode.coding.columns import Numbers

#: Parts of a statement in its usual form: no escapes, no comment.
_NODE: Final = r"(?P<s><[^<>\\ ]*>|_:[^ \t<>]+)"
_RELATION: Final = r"<(?P<p>[^<>\\ ]*)>"
_END: Final = (
    r"(?:<(?P<i>[^<>\\ ]*)>|\"(?P<l>[^\"\\]*)\"(?:@[A-Za-z0-9-]+|\^\^<[^<>\\ ]*>)?|(?P<b>_:[^ \t<>]+))"
    r"[ \t]*(?:<[^<>\\ ]*>|_:[^ \t<>]+)?[ \t]*\.[ \t\r]*\n$"
)
_TAIL: Final = rf"^ {_RELATION} {_END}"
_LINE: Final = rf"^{_NODE}[ \t]+{_RELATION}[ \t]+{_END}"
_SPACE, _NEWLINE, _BACKSLASH, _ASCII = 0x20, 0x0A, 0x5C, 0x7F
#: Bytes that are searched for spaces at a time: what fits in a processor's cache.
_SEARCHED: Final = 1 << 18
#: How many tails, and how many values of a column, are remembered.
_KEPT: Final = 1 << 16
#: The place of a statement that says nothing of interest, and of a tail that is not in its usual form.
NOTHING, ODD = -1, -2
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


class Statements(NamedTuple):
    """Statements by the numbers of their subjects among ``nodes``, and what they say as ``Ends`` has it."""

    nodes: pa.Array
    subjects: Numbers
    columns: Numbers
    values: Numbers


class Ends:
    """What statements say apart from whom they are about: the place of a column, and the number of a value in it.

    One place more is that of types; the one after it is that of properties of ours that are no axis, whose number is
    that of the property in ``unknown``. A value that is no IRI or text has the number -1.
    """

    def __init__(self, axes: Sequence[str], axis_of: Mapping[str, str]) -> None:
        self._places = {iri: axes.index(axis) for iri, axis in axis_of.items()}
        self.types = len(axes)
        self._count = len(axes) + 2
        self.clear()

    def clear(self) -> None:
        """Forget all tails and values."""
        self._texts: list[dict[str, int]] = [{} for _ in range(self._count)]
        #: For the values of each column, then for no value, the places in its dictionary, in the order of the table.
        self._places_in = [np.full(1, -1, np.int32)] * self.types
        self._listed: list[list[str]] = [[] for _ in range(self.types)]
        self._dictionaries = [pa.array([], pa.string())] * self.types
        self._tails = pa.array([], pa.string())
        self._of_tail = np.zeros((2, 0), np.int32)

    @property
    def crowded(self) -> bool:
        """Whether more was seen than should be remembered."""
        return max(len(self._tails), *map(len, self._texts)) > _KEPT

    @property
    def unknown(self) -> list[str]:
        """The properties of ours that are no axis."""
        return list(self._texts[-1])

    def number(self, place: int, text: str) -> int:
        """The number of a value of a column."""
        texts = self._texts[place]
        return texts.setdefault(text, len(texts)) if text else -1

    def texts(self, place: int, values: Sequence[int]) -> list[str]:
        """The texts of values of a column."""
        known = list(self._texts[place])
        return [known[value] for value in values]

    def column(self, place: int, values: Numbers) -> pa.DictionaryArray:
        """Values of a column, in the order of the table, by the same dictionary as long as there is no new one."""
        places, listed = self._places_in[place], self._listed[place]
        if len(places) <= len(self._texts[place]):
            places = np.full(len(self._texts[place]) + 1, -1, np.int32)
            places[: len(self._places_in[place]) - 1] = self._places_in[place][:-1]
            self._places_in[place] = places
        present = values >= 0
        indices = places.take(values)
        if (fresh := (indices < 0) & present).any():
            numbers = list(dict.fromkeys(values[fresh].tolist()))
            places[numbers] = np.arange(len(listed), len(listed) + len(numbers))
            listed += self.texts(place, numbers)
            self._dictionaries[place] = pa.array(listed, pa.string())
            indices = places.take(values)
        mask = None if present.all() else ~present
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=mask), self._dictionaries[place], safe=False)

    def of_tails(self, tails: pa.Array) -> tuple[Numbers, Numbers]:
        """The places and the values of distinct tails, each with the space before it and the end of its line."""
        known = pc.index_in(tails, self._tails)
        numbers = known.fill_null(0).to_numpy()
        fresh = np.flatnonzero(known.is_null().to_numpy(zero_copy_only=False))
        if not len(fresh):
            return self._of_tail[0].take(numbers), self._of_tail[1].take(numbers)
        columns, values = np.full((2, len(tails)), ODD, np.int32)
        if len(self._tails):
            columns, values = (of_tail.take(numbers) for of_tail in self._of_tail)
        new = tails.take(pa.array(fresh))
        taken = pc.extract_regex(new, _TAIL)
        usual = taken.is_valid()
        said = np.full((2, len(fresh)), ODD, np.int32)
        said[:, usual.to_numpy(zero_copy_only=False)] = self.of_terms(*_terms(taken.filter(usual)))
        columns[fresh], values[fresh] = said
        # others would only take room: they may be different in each row
        lasting = np.flatnonzero(said[0] >= 0)
        self._tails = pa.concat_arrays([self._tails, new.take(pa.array(lasting))])
        self._of_tail = np.concatenate([self._of_tail, said[:, lasting]], axis=1)
        return columns, values

    def of_terms(self, predicates: pa.Array, objects: pa.Array) -> npt.NDArray[np.int32]:
        """The places and the values of statements by their predicates and the texts of their objects."""
        relations = predicates.dictionary_encode()
        named = relations.dictionary.to_pylist()
        place_of = np.array([self._place(name) for name in named], np.int32)
        places = place_of.take(relations.indices.to_numpy()) if named else np.zeros(0, np.int32)
        values = np.full(len(places), -1, np.int32)
        if (typed := places == self.types).any():
            # of what is typed otherwise nothing is known
            injections = pc.equal(objects, v.INJECTION.value).to_numpy(zero_copy_only=False)
            places[typed & ~injections] = NOTHING
        for place in set(place_of.tolist()) - {NOTHING, self.types}:
            mine = np.flatnonzero(places == place)
            texts = (predicates if place > self.types else objects).take(pa.array(mine)).dictionary_encode()
            numbers = [self.number(place, text) for text in texts.dictionary.to_pylist()]
            values[mine] = np.array(numbers, np.int32).take(texts.indices.to_numpy())
        return np.stack([places, values])

    def _place(self, predicate: str) -> int:
        if (place := self._places.get(predicate)) is not None:
            return place
        if predicate == v.TYPE.value:
            return self.types
        return self.types + 1 if predicate.startswith(v.SPINE) and predicate not in v.CONCLUDED else NOTHING


def of_lines(block: Bytes, cuts: Numbers, ends: Ends) -> tuple[Statements, list[int], Callable[[int], str]]:
    """The statements of lines of UTF-8 that end with a newline each, and are cut as ``cuts_of`` has it.

    Those whose parts are set apart by one space each come first, then those that are written otherwise. Also the
    numbers from 0 of the lines that are left, which are blank, of another form or no statements, and what gives such
    a line by its number.
    """
    buffer = pa.py_buffer(block)
    encoded = _texts(cuts, buffer).dictionary_encode()
    # a tail begins with a space or is only the end of a line, so that no text is both
    of_text, texts = encoded.indices.to_numpy(), encoded.dictionary
    subjects, tails = of_text[::2], of_text[1::2]
    of_tail = np.zeros(len(texts), bool)
    of_tail[tails] = True
    places = [np.flatnonzero(~of_tail), np.flatnonzero(of_tail)]
    nodes, said = (texts.take(pa.array(place)) for place in places)
    rank = np.empty(len(texts), np.int32)
    for place in places:
        rank[place] = np.arange(len(place))
    columns, values = (found.take(rank.take(tails)) for found in ends.of_tails(said))
    subjects = rank.take(subjects)
    usual = columns != ODD
    if not are_iris(nodes):
        usual &= pc.match_substring_regex(nodes, f"^{_NODE}$").to_numpy(zero_copy_only=False).take(subjects)
    if usual.all():
        return Statements(nodes, subjects, columns, values), [], str
    odd = np.flatnonzero(~usual)
    statements = Statements(nodes, subjects[usual], columns[usual], values[usual])
    lines = _texts(cuts[::2].copy(), buffer)
    taken = pc.extract_regex(lines.take(pa.array(odd)), _LINE)
    found = taken.is_valid()
    terms = taken.filter(found)
    statements = joined(statements, terms.field("s"), ends.of_terms(*_terms(terms)))
    rest = odd[~found.to_numpy(zero_copy_only=False)]
    return statements, rest.tolist(), lambda number: str(lines[number])[:-1]


def joined(one: Statements, subjects: pa.Array, said: npt.NDArray[np.int32]) -> Statements:
    """The same and further statements."""
    if not len(subjects):
        return one
    nodes = pa.concat_arrays([one.nodes, subjects]).dictionary_encode()
    numbers = nodes.indices.to_numpy()
    own, further = numbers[: len(one.nodes)].take(one.subjects), numbers[len(one.nodes) :]
    columns, values = (np.concatenate(pair) for pair in zip(one[2:], said, strict=True))
    return Statements(nodes.dictionary, np.concatenate([own, further]), columns, values)


def are_iris(nodes: pa.Array) -> bool:
    """Whether all subjects are IRIs in their usual form."""
    offsets, content = bytes_of(nodes)
    marks = np.flatnonzero((content == ord("<")) | (content == ord(">")) | (content == _BACKSLASH))
    if len(marks) != 2 * len(nodes) or (np.diff(offsets) < 2).any():
        return False
    return (
        (marks[::2] == offsets[:-1]).all()
        and (marks[1::2] == offsets[1:] - 1).all()
        and bool((content.take(marks) != _BACKSLASH).all())
        and bool((content.take(marks[::2]) == ord("<")).all())
        and bool((content.take(marks[1::2]) == ord(">")).all())
    )


def bytes_of(texts: pa.Array) -> tuple[Numbers, Bytes]:
    """Where each text begins and ends in the bytes of all."""
    _, offsets, content = texts.buffers()
    if not len(texts):
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    own = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return own - own[0], np.frombuffer(content or b"", np.uint8)[own[0] : own[-1]]


def _terms(taken: pa.StructArray) -> tuple[pa.Array, pa.Array]:
    """The predicates, and the objects: IRIs or the texts of literals, nothing for blank nodes."""
    iris, literals = taken.field("i"), taken.field("l")
    return taken.field("p"), pc.if_else(pc.equal(iris, ""), literals, iris)


def _texts(cuts: Numbers, buffer: pa.Buffer) -> pa.Array:
    return pa.Array.from_buffers(pa.string(), len(cuts) - 1, [None, pa.py_buffer(cuts), buffer])


def cuts_of(block: Bytes) -> tuple[Numbers, bool]:
    """Where each line begins and where its first space is (its end where it has none), then the end of all.

    Also whether all is ASCII, which is seen while the bytes are at hand.
    """
    firsts, ends = [], []
    ascii_only = True
    scratch = np.empty(_SEARCHED, bool)
    begins = True
    for start in range(0, len(block), _SEARCHED):
        piece = block[start : start + _SEARCHED]
        ascii_only = ascii_only and bool(piece.max() <= _ASCII)
        marks = np.flatnonzero(np.less_equal(piece, _SPACE, out=scratch[: len(piece)]))
        kinds = piece.take(marks)
        newline = kinds == _NEWLINE
        if not (wanted := newline | (kinds == _SPACE)).all():
            marks, newline = marks[wanted], newline[wanted]
        if not len(marks):
            continue
        last = np.flatnonzero(newline)
        # the first mark of a line follows the last one of the line before, which may lie in the piece before
        first = np.concatenate([np.zeros(int(begins), np.int64), last + 1])
        begins = bool(newline[-1])
        ends.append(marks.take(last) + start)
        firsts.append(marks.take(first[: len(first) - int(begins)]) + start)
    cuts = np.zeros(2 * sum(map(len, ends)) + 1, np.int32)
    cuts[2::2] = np.concatenate([*ends, np.zeros(0, np.int64)]) + 1
    cuts[1::2] = np.concatenate([*firsts, np.zeros(0, np.int64)])
    return cuts, ascii_only
