"""Make a table of claims for measuring: as many rows as wanted, the same for the same seed, from the rules themselves.

Rows are drawn from the definitions: most fit one, a third leave something out, a sixth say something else, which may
contradict the rest; one in a thousand has a value that nobody knows. Everything is drawn by columns, so that ten
million rows take seconds: ``python bench/make_claims.py claims.parquet --rows 10000000``. The format follows from
the ending: Parquet, CSV, NDJSON, or N-Triples with the IRIs of the values.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from spinecode import vocabulary as v
from spinecode.description import CODE, DATE
from spinecode.index import RuleIndex
from spinecode.knowledge import load

Numbers = npt.NDArray[np.int64]
#: Rows that are made and written at a time.
AT_A_TIME: Final = 1 << 20
DAYS: Final = 9_000
#: How many different sets of several values a column has.
SETS: Final = 500
BETWEEN: Final = "; "
UNKNOWN: Final = "no such thing"
ROW: Final = "claim"


class Claims:
    """Makes claims for the rules of an index.

    ``distinct`` is how many different rows there are (but for their numbers); 0 draws every row anew. ``odd`` is the
    share of rows with a value that is none; ``names`` the share of cells with a label, an alternative label or an IRI
    instead of the short name.
    """

    #: The share of what no definition asks for that is left out where it contradicts the rest.
    AGREEING: Final = 0.95

    def __init__(
        self, index: RuleIndex, seed: int, *, distinct: int = 0, odd: float = 0.001, names: float = 0.1
    ) -> None:
        self.index = index
        self._chance = np.random.default_rng(seed)
        self._odd, self._other_names = odd, names
        self.columns = [*(axis.name for axis in index.asked_axes), DATE, CODE]
        #: For each column its different cells, as the values (or texts) that they say.
        self.said: dict[str, list[tuple[Any, ...]]] = {}
        #: For each column its different cells, as texts.
        self.texts: dict[str, pa.Array] = {}
        self._named: dict[str, tuple[Numbers, Numbers]] = {}
        self._accepted: dict[str, tuple[npt.NDArray[Any], Numbers]] = {}
        self._clashes: dict[tuple[str, str], npt.NDArray[np.bool_] | None] = {}
        for axis in index.asked_axes:
            self._prepare(axis.name)
        self._prepare_others()
        self._pool = self._drawn(distinct) if distinct else None

    def _prepare(self, name: str) -> None:
        """The cells of an axis: each value by its short name, then by its other names, then sets of several."""
        index, axis = self.index, self.index.axes[name]
        said: list[tuple[Any, ...]] = [(n,) for n in axis.values]
        texts = [index.values[n].name for n in axis.values]
        starts, counts = [], []
        for n in axis.values:
            value = index.values[n]
            found = dict.fromkeys((value.label, *value.alt_labels, *value.other_names, value.iri))
            usable = [t for t in found if index.value_named(name, t) == n and not set(t) & set(";|,")]
            starts.append(len(said))
            counts.append(len(usable))
            said += [(n,)] * len(usable)
            texts += usable
        self._named[name] = (np.array(starts), np.array(counts))
        if axis.repeatable:
            for _ in range(SETS):
                size = min(int(self._chance.integers(2, 4)), len(axis.values))
                chosen = tuple(int(n) for n in self._chance.choice(axis.values, size, replace=False))
                said.append(chosen)
                texts.append(BETWEEN.join(index.values[n].name for n in chosen))
        said.append((UNKNOWN,))
        self.said[name], self.texts[name] = said, pa.array([*texts, UNKNOWN])
        place = {number: n for n, number in enumerate(axis.values)}
        accepted = [
            [place[n] for r in d.requirements if r.axis == name for n in r.accepts][:64] for d in index.definitions
        ]
        table = np.zeros((len(accepted), max(1, *map(len, accepted))), np.int64)
        for row, places in zip(table, accepted, strict=True):
            row[: len(places)] = places
        self._accepted[name] = (table, np.array([len(places) for places in accepted]))

    def _prepare_others(self) -> None:
        first = date.fromisoformat(self.index.rules.covers_from)
        days = [(first + timedelta(days=n)).isoformat() for n in range(DAYS)]
        codes = list(self.index.codes)
        pairs = [(one, other) for one in codes for other in codes if one != other][:SETS]
        for name, said in ((DATE, [(day,) for day in days]), (CODE, [*((code,) for code in codes), *pairs])):
            self.said[name] = [*said, (UNKNOWN,)]
            self.texts[name] = pa.array([BETWEEN.join(texts) for texts in self.said[name]])
        place = {code: n for n, code in enumerate(codes)}
        self._code_of = np.array([place[d.code] for d in self.index.definitions])

    # ------------------------------------------------------------------ drawing

    def cells(self, rows: int) -> dict[str, Numbers]:
        """The cells of so many further rows, column by column, as places in ``texts``; -1 is an empty cell."""
        if self._pool is None:
            return self._drawn(rows)
        chosen = self._chance.integers(0, len(self._pool[DATE]), rows)
        return {name: places.take(chosen) for name, places in self._pool.items()}

    def _drawn(self, rows: int) -> dict[str, Numbers]:
        chance, index = self._chance, self.index
        definition = chance.integers(0, len(index.definitions), rows)
        kind = chance.random(rows, np.float32)
        counted = index.counting_axis.derived_from if index.counting_axis is not None else None
        found: dict[str, Numbers] = {}
        loose: dict[str, npt.NDArray[np.bool_]] = {}
        for axis in index.asked_axes:
            table, counts = self._accepted[axis.name]
            count = counts.take(definition)
            required = count > 0
            pick = (chance.random(rows, np.float32) * np.maximum(count, 1)).astype(np.int64)
            places = table[definition, np.minimum(pick, np.maximum(count - 1, 0))]
            drawn = chance.random(rows, np.float32)
            anything = chance.integers(0, len(axis.values), rows)
            left_out = required & (kind < 0.33) & (drawn < 0.3)
            otherwise = required & (kind > 0.83) & (drawn < 0.4)
            often = 0.6 if axis.name == counted or axis.repeatable else 0.2
            further = ~required & (drawn < often)
            places = np.where(otherwise | further, anything, places)
            if axis.repeatable:
                several = further & (chance.random(rows, np.float32) < 0.5)
                first_set = len(self.said[axis.name]) - 1 - SETS
                places = np.where(several, chance.integers(first_set, first_set + SETS, rows), places)
            places = self._renamed(axis.name, places)
            places[~(required | further) | left_out] = -1
            found[axis.name] = places
            loose[axis.name] = further & (chance.random(rows, np.float32) < self.AGREEING)
        self._agree(found, loose)
        days = chance.integers(0, DAYS, rows)
        found[DATE] = np.where(chance.random(rows, np.float32) < 0.95, days, -1)
        drawn = chance.random(rows, np.float32)
        anything = chance.integers(0, len(self.said[CODE]) - 1, rows)
        codes = np.where(drawn < 0.6, self._code_of.take(definition), anything)
        found[CODE] = np.where(drawn < 0.9, codes, -1)
        wrong = np.flatnonzero(chance.random(rows) < self._odd)
        where = chance.integers(0, len(self.columns), len(wrong))
        for place, name in enumerate(self.columns):
            found[name][wrong[where == place]] = len(self.said[name]) - 1
        return found

    def _agree(self, found: dict[str, Numbers], loose: dict[str, npt.NDArray[np.bool_]]) -> None:
        """Empty the loose cells that contradict others: what is written down mostly agrees."""
        for one, mine in found.items():
            clash = np.zeros(len(mine), bool)
            for other, theirs in found.items():
                table = self._clashing(one, other)
                if table is not None:
                    clash |= table[mine, theirs]
            mine[clash & loose[one]] = -1

    def _clashing(self, one: str, other: str) -> npt.NDArray[np.bool_] | None:
        """Which cells of two columns contradict each other; the last row and column are of empty cells."""
        if (one, other) not in self._clashes:
            conflicts = self.index.conflicts
            stated = [sum(1 << n for n in said if n != UNKNOWN) for said in self.said[other]]
            against: list[int] = []
            for said in self.said[one]:
                against.append(0)
                for number in said:
                    against[-1] |= conflicts[number] if number != UNKNOWN else 0
            table = None
            if one != other and any(against):
                table = np.zeros((len(against) + 1, len(stated) + 1), bool)
                for row, mask in enumerate(against):
                    table[row, :-1] = [bool(mask & own) for own in stated]
            self._clashes[one, other] = table
        return self._clashes[one, other]

    def _renamed(self, name: str, places: Numbers) -> Numbers:
        """Some of the single values by another of their names."""
        starts, counts = self._named[name]
        chosen = np.flatnonzero((self._chance.random(len(places)) < self._other_names) & (places < len(starts)))
        at = places[chosen]
        picked = starts.take(at) + (self._chance.random(len(at)) * counts.take(at)).astype(np.int64)
        places[chosen] = np.where(counts.take(at) > 0, picked, at)
        return places

    # ------------------------------------------------------------------ tables

    def batch(self, rows: int, first: int = 0) -> pa.RecordBatch:
        """So many further rows; all columns but the number are texts in dictionaries. ``first`` is the first number."""
        arrays = [pa.array(np.arange(first, first + rows))]
        for name, places in self.cells(rows).items():
            arrays.append(
                pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32), mask=places < 0), self.texts[name])
            )
        return pa.RecordBatch.from_arrays(arrays, names=[ROW, *self.columns])

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """So many rows, some at a time."""
        for first in range(0, rows, AT_A_TIME):
            yield self.batch(min(AT_A_TIME, rows - first), first)

    def table(self, rows: int, *, plain: bool = False) -> pa.Table:
        """So many rows as one table; ``plain`` makes texts of the dictionaries."""
        table = pa.Table.from_batches(list(self.batches(rows)))
        return table.cast(self.plain_schema) if plain else table

    @property
    def plain_schema(self) -> pa.Schema:
        """The schema with plain texts."""
        return pa.schema([(ROW, pa.int64()), *((name, pa.string()) for name in self.columns)])

    def triples(self, rows: int, first: int = 0) -> Iterator[str]:
        """So many further rows as N-Triples, a text a row."""
        index = self.index
        ends: dict[str, list[str]] = {}
        for name in self.columns:
            term: dict[Any, str] = {}
            if name in index.axes:
                relation = index.axes[name].property
                term = {n: f"<{index.values[n].iri}>" for n in index.axes[name].values}
            else:
                relation = (v.DATE_OF_SERVICE if name == DATE else v.REPORTED_CODE).value
                term = {code.code: f"<{code.iri}>" for code in index.rules.codes if name == CODE}
            day = f"^^<{v.term('xsd:date').value}>" if name == DATE else ""
            ends[name] = [
                "".join(f"\0<{relation}> {term.get(one) or _literal(one) + day} .\n" for one in said)
                for said in self.said[name]
            ]
            ends[name].append("")  # place -1
        typed = f"\0<{v.TYPE.value}> <{v.INJECTION.value}> .\n"
        columns = [[ends[name][place] for place in places.tolist()] for name, places in self.cells(rows).items()]
        for number, parts in enumerate(zip(*columns, strict=True), first):
            yield (typed + "".join(parts)).replace("\0", f"<urn:claim:{number}> ")


def _literal(text: object) -> str:
    return f'"{text}"'


@contextmanager
def _writer(path: Path, claims: Claims) -> Iterator[Callable[[pa.RecordBatch], object]]:
    kind = path.suffix
    if kind == ".parquet":
        # not told that texts were held in dictionaries: for readers they are texts
        schema = claims.batch(0).schema
        with pa_parquet.ParquetWriter(path, schema, store_schema=False) as writer:
            yield lambda batch: writer.write_table(pa.Table.from_batches([batch]), row_group_size=AT_A_TIME)
    elif kind == ".csv":
        with pa_csv.CSVWriter(
            path, claims.plain_schema, write_options=pa_csv.WriteOptions(quoting_style="needed")
        ) as w:
            yield lambda batch: w.write_table(pa.Table.from_batches([batch]).cast(claims.plain_schema))
    elif kind in (".ndjson", ".jsonl"):
        with path.open("wb") as file:
            yield lambda batch: file.writelines(
                orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in batch.to_pylist()
            )
    else:
        raise SystemExit(f"{path}: the ending is not one of .parquet, .csv, .ndjson, .jsonl, .nt")


def write(path: Path, claims: Claims, rows: int) -> None:
    """Write so many rows to a file, in the format of its ending."""
    if path.suffix == ".nt":
        with path.open("w", encoding="utf-8") as file:
            for first in range(0, rows, AT_A_TIME):
                file.writelines(claims.triples(min(AT_A_TIME, rows - first), first))
        return
    with _writer(path, claims) as put:
        for batch in claims.batches(rows):
            put(batch)


def main() -> None:
    """Make a table as the command line says."""
    parser = argparse.ArgumentParser(description="Make a table of claims for measuring.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--distinct", type=int, default=0, help="different rows (0: each is drawn anew)")
    parser.add_argument("--odd", type=float, default=0.001, help="share of rows with a value that nobody knows")
    parser.add_argument("--names", type=float, default=0.1, help="share of cells with another name than the short one")
    given = parser.parse_args()
    claims = Claims(load().index, given.seed, distinct=given.distinct, odd=given.odd, names=given.names)
    write(given.output, claims, given.rows)


if __name__ == "__main__":
    main()
