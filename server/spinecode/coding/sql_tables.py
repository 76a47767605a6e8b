"""The tables of compiled rules in SQL: what names mean, and each rule as the bits of the facts it speaks of.

A fact is a kind of value (values that no rule tells apart are one kind), or a value that is concluded. Every fact has
a bit, in as many integers as are needed, so that rules are compared with a description by a bitwise AND.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from spinecode.errors import InputError
from spinecode.rules import LAST_DAY

Row = Sequence[str | int | None]
#: Bits in an integer: a BIGINT has 63 beside its sign, and sums stay below that.
BITS: Final = 62
#: What all tables are called by before their own names.
PREFIX: Final = "spinecode_"
_ROWS_AT_A_TIME: Final = 200


class Facts:
    """The facts of compiled rules, numbered from 1, and sets of them as bits."""

    def __init__(self, compiled: Mapping[str, Any]) -> None:
        self.axes: dict[str, dict[str, Any]] = {axis["name"]: axis for axis in compiled["axes"]}
        self.values: list[dict[str, Any]] = compiled["values"]
        self.asked = [axis for axis in compiled["axes"] if axis["derived_from"] is None]
        counting = next((axis for axis in compiled["axes"] if axis["counts"]), None)
        #: The axis whose values are counted, if there is one.
        self.counted: str | None = counting["derived_from"] if counting is not None else None
        kept = [value for value in self.values if value["kind"] == value["id"]]
        #: The number of each fact by the id of its value.
        self.numbers: dict[int, int] = {value["id"]: place for place, value in enumerate(kept, 1)}
        self.facts = kept
        self.words = words_for(kept)

    def of_axis(self, axis: str) -> list[int]:
        """The ids of the facts of an axis."""
        return [value["id"] for value in self.facts if value["axis"] == axis]

    def kind(self, value: int) -> int:
        """The number of the fact that a value is; 0 where no rule looks at it."""
        return self.numbers.get(self.values[value]["kind"], 0)

    def bits(self, values: Iterable[int]) -> tuple[int, ...]:
        """Some values as bits, an integer a word."""
        return as_bits({self.kind(value) for value in values} - {0}, self.words)

    def where(self, holds: Callable[[dict[str, Any]], bool]) -> tuple[int, ...]:
        """The facts of which something holds, as bits."""
        return self.bits(value["id"] for value in self.facts if holds(value))

    def first_place(self) -> tuple[int, ...]:
        """The place of the first of what is counted, as bits; no bit where nothing is."""
        places = [value for value in self.facts if self.axes[value["axis"]]["counts"]]
        return self.bits([value["id"] for value in sorted(places, key=lambda value: value["position"])[:1]])

    def columns(self, name: str) -> list[str]:
        """The columns of a set of facts."""
        return numbered(name, self.words)

    @property
    def single(self) -> list[str]:
        """The axes that take one value."""
        return [axis["name"] for axis in self.asked if not axis["repeatable"] and axis["name"] != self.counted]

    @property
    def several(self) -> list[str]:
        """The axes that take several values, but those that are counted."""
        return [axis["name"] for axis in self.asked if axis["repeatable"] and axis["name"] != self.counted]


def words_for(items: Sequence[object]) -> int:
    """How many integers hold a set of some things, a bit each."""
    return -(-len(items) // BITS)


def as_bits(places: Iterable[int], words: int) -> tuple[int, ...]:
    """A set of places from 1 on as bits, an integer a word."""
    found = [0] * words
    for place in places:
        word, bit = divmod(place - 1, BITS)
        found[word] |= 1 << bit
    return tuple(found)


def numbered(name: str, words: int) -> list[str]:
    """The columns of a set."""
    return [f"{name}_{word}" for word in range(words)]


def check_feasible(compiled: Mapping[str, Any]) -> None:
    """Raise InputError where the rules say what the SELECT cannot do; ours do not, but those of a pack may."""
    facts = Facts(compiled)
    presumed: dict[str, set[tuple[int, ...]]] = {}
    placed = {facts.counted, *(axis["name"] for axis in compiled["axes"] if axis["counts"])}
    for value in facts.values:
        named = f"{value['axis']} {value['name']}"
        if value["modifiers"] and value["axis"] not in facts.single:
            raise _cannot(f"{named} has a modifier, and its axis takes several values")
        for axis in {facts.values[n]["axis"] for n in value["presumes"]}:
            taken = [n for n in value["presumes"] if facts.values[n]["axis"] == axis]
            presumed.setdefault(axis, set()).add(tuple(taken))
        counted = value["axis"] == facts.counted
        followed = {facts.values[n]["axis"] for n in value["implies"]} & _bases(compiled)
        if counted and followed:
            raise _cannot(f"{named} implies values on the axis {followed.pop()}, from which others follow")
        if placed & {facts.values[n]["axis"] for n in (*value["implies"], *value["presumes"])}:
            raise _cannot(f"{named} implies a value that is counted, or its place")
        if any(facts.values[n]["narrower"] for n in value["narrower"]):
            raise _cannot(f"{named} leaves open what leaves something open itself")
    for axis, choices in presumed.items():
        if len(choices) > 1 or any(len(taken) > 1 for taken in choices):
            raise _cannot(f"values presume different things on the axis {axis}")


def _bases(compiled: Mapping[str, Any]) -> set[str]:
    return {axis["derived_from"] for axis in compiled["axes"] if axis["derived_from"] and not axis["counts"]}


def _cannot(told: str) -> InputError:
    return InputError.of(f"SQL cannot say this rule: {told}. Compile to JSON or Arrow instead.")


def tables(compiled: Mapping[str, Any]) -> Iterator[tuple[str, list[str], list[str], list[Row]]]:
    """The tables: the name of each, its columns with their types, its key, and its rows."""
    facts = Facts(compiled)
    ontology = compiled["ontology"]
    told = {"format": compiled["format"], "format_version": compiled["format_version"], **ontology}
    yield "about", ["name VARCHAR(40)", "content VARCHAR(200)"], ["name"], [(k, str(v)) for k, v in told.items()]
    yield _names(facts)
    order = {value["id"]: place for place, value in enumerate(_ordered(facts), 1)}
    rows: list[Row] = [(v["id"], v["axis"], v["name"], facts.kind(v["id"]), order[v["id"]]) for v in facts.values]
    yield (
        "value",
        ["value INTEGER", "axis VARCHAR(80)", "name VARCHAR(200)", "fact INTEGER", "place INTEGER"],
        ["value"],
        rows,
    )
    yield _facts(facts)
    ordinals = [(place, *facts.bits([n])) for place, n in enumerate(compiled["ordinals"], 1)]
    yield "ordinal", ["nth INTEGER", *_bigints(facts, "own")], ["nth"], list(ordinals)
    yield from _definitions(compiled, facts)
    yield from _codes(compiled)
    taken: list[Row] = [
        (facts.numbers[v["id"]], c["code"], " ".join(m for m in v["modifiers"] if m in c["modifiers"]))
        for v in facts.facts
        for c in compiled["codes"]
        if set(v["modifiers"]) & set(c["modifiers"])
    ]
    yield "modifier", ["fact INTEGER", "code VARCHAR(40)", "modifiers VARCHAR(80)"], ["fact", "code"], taken
    yield "month_day", ["month_day VARCHAR(6)"], ["month_day"], [(f"-{m:02}-{d:02}",) for m, d in _days()]


def _days() -> Iterator[tuple[int, int]]:
    for month in range(1, 13):
        for day in range(1, 32):
            if day <= 29 or (month != 2 and (day == 30 or month in (1, 3, 5, 7, 8, 10, 12))):
                yield month, day


def _ordered(facts: Facts) -> list[dict[str, Any]]:
    return sorted(facts.values, key=lambda value: (value["position"], value["id"]))


def _bigints(facts: Facts, *names: str) -> list[str]:
    return [f"{column} BIGINT" for name in names for column in facts.columns(name)]


def _names(facts: Facts) -> tuple[str, list[str], list[str], list[Row]]:
    asked = {axis["name"] for axis in facts.asked}
    rows = sorted((v["axis"], name, v["id"]) for v in facts.values if v["axis"] in asked for name in v["names"])
    return "name", ["axis VARCHAR(80)", "name VARCHAR(400)", "value INTEGER"], ["axis", "name"], list(rows)


#: The sets of facts that belong to a fact; ``_facts`` says what they are.
SETS: Final = (
    "own", "axis", "beside", "implied_by", "decided_by", "presumed_by", "narrower", "base", "some_of", "none_of"
)  # fmt: skip


def _facts(facts: Facts) -> tuple[str, list[str], list[str], list[Row]]:
    asked = {axis["name"] for axis in facts.asked}
    implying: dict[str, list[int]] = {}
    for value in facts.facts:
        for axis in {facts.values[n]["axis"] for n in value["implies"]}:
            implying.setdefault(axis, []).append(value["id"])
    rows: list[Row] = []
    for value in facts.facts:
        number, axis = value["id"], value["axis"]
        alike = {v["id"] for v in facts.values if v["kind"] == number}
        base = facts.axes[axis]["derived_from"] if value["concluded"] else None
        sets = {
            "own": facts.bits([number]),
            "axis": facts.bits(facts.of_axis(axis)),
            "beside": facts.bits(value["conflicts"]),
            "implied_by": facts.where(lambda v, alike=alike: not alike.isdisjoint(v["implies"])),  # type: ignore[misc]
            "decided_by": facts.bits(implying.get(axis, ())),
            "presumed_by": facts.where(lambda v, alike=alike: not alike.isdisjoint(v["presumes"])),  # type: ignore[misc]
            "narrower": facts.bits(value["narrower"]),
            "base": facts.bits(facts.of_axis(base) if base else ()),
            "some_of": facts.bits(value["when_some"]),
            "none_of": facts.bits(value["when_none"]),
        }
        flags = (int(value["concluded"]), int(value["concluded"] and not value["when_some"]))
        counted = value["counted_in"] if axis in asked else None
        rows.append((facts.numbers[number], axis, *flags, counted, *(n for name in SETS for n in sets[name])))
    columns = ["fact INTEGER", "axis VARCHAR(80)", "concluded INTEGER", "free INTEGER", "counted_in VARCHAR(400)"]
    return "fact", [*columns, *_bigints(facts, *SETS)], ["fact"], rows


def _definitions(compiled: Mapping[str, Any], facts: Facts) -> Iterator[tuple[str, list[str], list[str], list[Row]]]:
    covered = compiled["ontology"]["covers_from"]
    definitions: list[Row] = []
    requirements: list[Row] = []
    days = {covered}
    for number, definition in enumerate(compiled["definitions"]):
        first, last = definition["from"] or covered, definition["until"]
        days |= {day for day in (first, _after(last)) if covered < day < LAST_DAY}
        excluding = facts.where(lambda v, number=number: number in v["excludes"])  # type: ignore[misc]
        definitions.append((number, definition["code"], first, last, *excluding))
        for place, required in enumerate(definition["requires"], 1):
            axis = facts.axes[required["axis"]]
            followed = axis["derived_from"] if axis["derived_from"] and not axis["counts"] else axis["name"]
            given = facts.bits(facts.of_axis(followed))
            sets = (given, facts.bits(required["accepts"]), facts.bits(required["may_accept"]))
            requirements.append((number, place, *(word for words in sets for word in words)))
    starts = sorted(days)
    eras: list[Row] = [
        (place, first, _before(starts[place]) if place < len(starts) else LAST_DAY)
        for place, first in enumerate(starts, 1)
    ]
    yield "era", ["era INTEGER", "first_day VARCHAR(10)", "last_day VARCHAR(10)"], ["era"], eras
    columns = ["definition INTEGER", "code VARCHAR(40)", "first_day VARCHAR(10)", "last_day VARCHAR(10)"]
    yield "definition", [*columns, *_bigints(facts, "excluded_by")], ["definition"], definitions
    sets_of = _bigints(facts, "given", "accepts", "may_accept")
    key = ["definition", "requirement"]
    yield "requirement", ["definition INTEGER", "requirement INTEGER", *sets_of], key, requirements


def _codes(compiled: Mapping[str, Any]) -> Iterator[tuple[str, list[str], list[str], list[Row]]]:
    codes = compiled["codes"]
    words = words_for(codes)
    rows: list[Row] = [(c["code"], n, c["max_units"], *as_bits([n], words)) for n, c in enumerate(codes, 1)]
    own = [f"{column} BIGINT" for column in numbered("own", words)]
    yield "code", ["code VARCHAR(40)", "place INTEGER", "max_units INTEGER", *own], ["code"], rows
    names = sorted((name, c["code"]) for c in codes for name in c["names"])
    yield "code_name", ["name VARCHAR(400)", "code VARCHAR(40)"], ["name"], list(names)


def _after(day: str) -> str:
    from spinecode.rules import day_after

    return day_after(day) if day < LAST_DAY else LAST_DAY


def _before(day: str) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def literal(value: str | int | None) -> str:
    """A value as SQL writes it."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def table_script(compiled: Mapping[str, Any]) -> Iterator[str]:
    """The statements that make the tables anew."""
    for name, columns, key, rows in tables(compiled):
        yield f"DROP TABLE IF EXISTS {PREFIX}{name};"
        typed = [f"{column} NOT NULL" if column.split()[0] in key else column for column in columns]
        yield f"CREATE TABLE {PREFIX}{name} (\n  " + ",\n  ".join([*typed, f"PRIMARY KEY ({', '.join(key)})"]) + "\n);"
        for start in range(0, len(rows), _ROWS_AT_A_TIME):
            listed = (f"({', '.join(map(literal, row))})" for row in rows[start : start + _ROWS_AT_A_TIME])
            yield f"INSERT INTO {PREFIX}{name} VALUES\n  " + ",\n  ".join(listed) + ";"
