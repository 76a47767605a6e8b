"""Columns of a table as small numbers: a row's cell on an axis becomes the number of what it says.

Each distinct text, list and set is looked at once, whatever the number of rows; what is left a row is array look-ups.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spinecode.coding.domains import EMPTY, Cell, Domain
from spinecode.description import DATE
from spinecode.errors import InputError

Numbers = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
_BITS: Final = 64
_ALL: Final = (1 << _BITS) - 1
#: How many distinct texts of one column are remembered; a column of free text may have a new one in each row.
TEXTS_KEPT: Final = 200_000
_DAY_ZERO: Final = np.datetime64("1970-01-01", "D")


def distinct(keys: npt.NDArray[Any]) -> tuple[Numbers, npt.NDArray[Any]]:
    """For each key the place of its value among the distinct values, in order of appearance."""
    encoded = pa.array(keys).dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_numpy()


class Arrays(NamedTuple):
    """For each cell its class, whether it is wrong, and the values it states and rules out as bits, word by word."""

    classes: Numbers
    wrong: npt.NDArray[np.bool_]
    stated: list[Words]
    against: list[Words]


class FactColumn:
    """What has been seen on one axis (or as date, or as reported code), each with a number; 0 is nothing."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self._member_places = {member: place for place, member in enumerate(domain.members)}
        self._member_words = -(-len(domain.members) // _BITS)
        self._dictionary: tuple[pa.Array, Numbers] | None = None
        self.clear()

    def clear(self) -> None:
        """Forget what was seen."""
        self.cells: list[Cell] = []
        self._numbers: dict[Cell, int] = {}
        self._texts: dict[str | None, int] = {None: 0}
        self._masks: dict[tuple[int, ...], int] = {}
        #: For cells the numbers of the lists that have nothing else, where they are known.
        self._alone = np.zeros(0, np.int32)
        self._of_class: dict[Any, int] = {}
        #: For each cell the class on which the answer depends.
        self.class_list: list[int] = []
        self._wrong: list[bool] = []
        self._bits: list[tuple[int, int]] = []
        self._arrays: Arrays | None = None
        self._dictionary = None
        self.number_of(EMPTY)

    @property
    def crowded(self) -> bool:
        """Whether more was seen than should be remembered."""
        return len(self.cells) > TEXTS_KEPT or len(self._texts) > TEXTS_KEPT or len(self._masks) > TEXTS_KEPT

    def number_of(self, cell: Cell) -> int:
        """The number of what a cell says."""
        number = self._numbers.get(cell)
        if number is None:
            number = self._numbers[cell] = len(self.cells)
            self.cells.append(cell)
            kind = self.domain.class_of(cell)
            self.class_list.append(self._of_class.setdefault(kind, len(self._of_class)))
            self._wrong.append(bool(cell.kind))
            self._bits.append(self.domain.bits_of(cell))
        return number

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self._of_class)

    def arrays(self, words: int) -> Arrays:
        """What is known of each cell, as arrays; sets of values as so many words."""
        if self._arrays is None or len(self._arrays.classes) < len(self.cells):
            bits = [
                [np.array([pair[side] >> n * _BITS & _ALL for pair in self._bits], np.uint64) for n in range(words)]
                for side in (0, 1)
            ]
            self._arrays = Arrays(np.array(self.class_list, np.int32), np.array(self._wrong), *bits)
        return self._arrays

    # ------------------------------------------------------------------ reading

    def numbers(self, array: pa.Array, name: str) -> Numbers:
        """The numbers of the cells of a column called ``name``. Raises InputError where its type is no text."""
        kind = array.type
        if pa.types.is_null(kind):
            return np.zeros(len(array), np.int32)
        if pa.types.is_dictionary(kind):
            return self._of_dictionary(array, name)
        if is_text(kind):
            return self._of_dictionary(array.dictionary_encode(), name)
        if self.domain.name == DATE and (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
            return self._of_days(array)
        if pa.types.is_decimal(kind):
            array = _whole(array, name)
        if pa.types.is_integer(array.type):
            return self._of_dictionary(array.cast(pa.string()).dictionary_encode(), name)
        if pa.types.is_floating(kind):
            # what pandas makes of whole numbers beside missing ones
            whole = _whole(pc.if_else(pc.is_nan(array), pa.scalar(None, kind), array), name)
            return self._of_dictionary(whole.cast(pa.string()).dictionary_encode(), name)
        if pa.types.is_fixed_size_list(kind) or pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
            array = array.cast(pa.list_(kind.value_type))
            kind = array.type
        if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and self.domain.name != DATE:
            return self._of_lists(array, name)
        raise _wrong_type(name, kind, day=self.domain.name == DATE)

    def _of_text(self, text: str | None) -> int:
        number = self._texts.get(text)
        if number is None:
            assert text is not None
            number = self._texts[text] = self.number_of(self.domain.read(text) if text.strip() else EMPTY)
        return number

    def _of_dictionary(self, array: pa.DictionaryArray, name: str) -> Numbers:
        if not is_text(array.dictionary.type):
            if not pa.types.is_integer(array.dictionary.type) and not pa.types.is_null(array.dictionary.type):
                raise _wrong_type(name, array.type)
            array = pa.DictionaryArray.from_arrays(array.indices, array.dictionary.cast(pa.string()))
        known = self._dictionary
        if known is not None and known[0].buffers() and _same(known[0], array.dictionary):
            numbers = known[1]
        else:
            texts = array.dictionary.to_pylist()
            found = [self._texts.get(text) for text in texts]
            if None in found:
                found = [self._of_text(text) for text in texts]
            # the last one is for what is missing
            numbers = np.array([*found, 0], np.int32)
            self._dictionary = (array.dictionary, numbers)
        indices = array.indices
        if indices.null_count:
            last = len(numbers) - 1
            if last > np.iinfo(indices.type.to_pandas_dtype()).max:
                indices = indices.cast(pa.int32())
            indices = indices.fill_null(last)
        places: npt.NDArray[Any] = indices.to_numpy()
        taken: Numbers = numbers.take(places, mode="clip")
        return taken

    def _of_days(self, array: pa.Array) -> Numbers:
        if pa.types.is_timestamp(array.type) and array.type.tz is not None:
            array = pc.local_timestamp(array)
        days = array.cast(pa.date32(), safe=False)
        found, days = distinct(days.cast(pa.int32()).fill_null(np.iinfo(np.int32).min).to_numpy(zero_copy_only=False))
        texts = [None if day == np.iinfo(np.int32).min else str(_DAY_ZERO + np.int64(day)) for day in days]
        return np.array([self._of_text(text) for text in texts], np.int32).take(found)

    def _of_lists(self, array: pa.Array, name: str) -> Numbers:
        offsets = array.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
        first, last = int(offsets[0]), int(offsets[-1])
        items = self.numbers(array.values.slice(first, last - first), name)
        lengths = np.diff(offsets)
        if array.null_count:
            lengths = np.where(array.is_valid().to_numpy(zero_copy_only=False), lengths, 0)
        starts = offsets[:-1] - first
        # few lists have several items
        found = np.zeros(len(lengths), np.int32)
        single = np.flatnonzero(lengths == 1)
        found[single] = self._of_single(items if len(single) == len(items) else items.take(starts[single]))
        several = np.flatnonzero(lengths > 1)
        if len(several):
            counts = lengths[several]
            begins = np.cumsum(counts) - counts
            own = items.take(np.repeat(starts[several] - begins, counts) + np.arange(int(counts.sum())))
            found[several] = self._of_several(own, begins)
        return found

    def _of_single(self, items: Numbers) -> Numbers:
        """The numbers of lists that have one item each."""
        if (lacking := len(self.cells) - len(self._alone)) > 0:
            self._alone = np.concatenate([self._alone, np.full(lacking, -1, np.int32)])
        found = self._alone.take(items)
        if (fresh := found < 0).any():
            for number in np.unique(items[fresh]).tolist():
                self._alone[number] = self._of_bits(self._key_of(number))
            found = self._alone.take(items)
        return found

    def _of_several(self, items: Numbers, starts: npt.NDArray[np.int64]) -> Numbers:
        """The numbers of lists of the numbers of their items, one after the other."""
        # of each number seen, the set as bits; one more word says what is wrong with it
        seen, local = np.unique(items, return_inverse=True)
        bits = np.array([self._key_of(number) for number in seen.tolist()], np.uint64)
        spread = bits.take(local, axis=0)
        joined = [np.bitwise_or.reduceat(word, starts) for word in spread.T[:-1]]
        rows, keys = distinct_rows([*joined, np.maximum.reduceat(spread[:, -1], starts)])
        return np.array([self._of_bits(key) for key in keys], np.int32).take(rows)

    def _key_of(self, number: int) -> tuple[int, ...]:
        """The members of a cell as words of bits; one more word tells the cell where something is wrong with it."""
        cell = self.cells[number]
        told = sum(1 << self._member_places[member] for member in cell.members)
        words = [told >> _BITS * word & _ALL for word in range(self._member_words)]
        return (*words, number if cell.kind else 0)

    def _of_bits(self, key: tuple[int, ...]) -> int:
        number = self._masks.get(key)
        if number is None:
            members = self.domain.members
            found = [m for n, m in enumerate(members) if key[n // _BITS] >> (n % _BITS) & 1]
            cell = self.cells[key[-1]] if key[-1] else self.domain.joined(found) if found else EMPTY
            number = self._masks[key] = self.number_of(cell)
        return number

    # ------------------------------------------------------------------ several columns

    def together(self, one: Numbers, other: Numbers) -> Numbers:
        """What two columns of the same axis say together."""
        rows, keys = distinct(one.astype(np.int64) << 32 | other.astype(np.int64))
        found = []
        for key in keys.tolist():
            first, second = self.cells[key >> 32], self.cells[key & 0xFFFFFFFF]
            wrong = next((cell for cell in (first, second) if cell.kind), None)
            members = (*first.members, *second.members)
            found.append(self.number_of(wrong or (self.domain.joined(members) if members else EMPTY)))
        return np.array(found, np.int32).take(rows)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a dictionary, or of the items of a list; any other type as it is."""
    if pa.types.is_list(kind) and pa.types.is_dictionary(kind.value_type):
        return pa.list_(kind.value_field.with_type(kind.value_type.value_type))
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """A schema without dictionaries, which are how tables are held here, not what they are."""
    return pa.schema([field.with_type(plain_type(field.type)) for field in schema], metadata=schema.metadata)


def _same(one: pa.Array, other: pa.Array) -> bool:
    """Whether two arrays lie in the same memory; the first is held, so that its memory is not used for another."""
    if len(one) != len(other) or one.offset != other.offset:
        return False
    return [b and b.address for b in one.buffers()] == [b and b.address for b in other.buffers()]


def distinct_rows(columns: list[Words]) -> tuple[Numbers, list[tuple[int, ...]]]:
    """The distinct rows of some columns of words, and for each row which of them it is."""
    rows, values = distinct(columns[0])
    keys: list[tuple[int, ...]] = [(int(value),) for value in values]
    for column in columns[1:]:
        found, values = distinct(column)
        rows, pairs = distinct(rows.astype(np.int64) << 32 | found.astype(np.int64))
        keys = [(*keys[pair >> 32], int(values[pair & 0xFFFFFFFF])) for pair in pairs.tolist()]
    return rows, keys


def _whole(array: pa.Array, name: str) -> pa.Array:
    """Numbers as whole ones. Raises InputError where one is not."""
    try:
        return array.cast(pa.int64())
    except pa.ArrowInvalid:
        raise _wrong_type(name, array.type) from None


def _wrong_type(name: str, kind: pa.DataType, *, day: bool = False) -> InputError:
    taken = "texts or dates" if day else "texts, whole numbers, or lists of texts"
    told = f"The column {name!r} has the type {kind}; it takes {taken}."
    return InputError.of(told, axis=name, value=str(kind))
