"""A table of codes by axes, turned into statements: what it says of each code, and a rule for each row.

Every cell that cannot be understood is a fault with its row and column; all are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.columns import BEGINNING, CODE, COLUMNS, NEEDED, NO_CODE, Column, axis_column, column_named
from spinecode.errors import InputError
from spinecode.graph import ENGLISH, Graph, Node
from spinecode.index import RuleIndex
from spinecode.meaning import Meaning, class_names
from spinecode.naming import Names, minted
from spinecode.pack import Pack
from spinecode.rules import is_date
from spinecode.tables import Cell, Row, Table, read_table
from spinecode.vocabulary import term

_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
#: How many values of an axis are listed one by one.
_FEW: Final = 15
_FAMILY: Final = term("spine:CodeFamily")


@dataclass(frozen=True)
class Imported:
    """What a table says: its statements, and what it brings that was not there.

    ``told`` are the codes that were known already, of which it says more.
    """

    triples: tuple[Triple, ...]
    codes: tuple[str, ...]
    told: tuple[str, ...]
    rules: int
    families: tuple[str, ...]
    sources: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What it brings, as JSON."""
        return {
            "codes": list(self.codes),
            "rules": self.rules,
            "new_families": list(self.families),
            "new_sources": list(self.sources),
            "known_codes": list(self.told),
        }


def table_columns(index: RuleIndex) -> tuple[Column, ...]:
    """The columns that a table can have: those of codes and rules, and one an axis."""
    return (*COLUMNS, *(axis_column(axis.name) for axis in index.rules.axes))


def explained_columns(graph: Graph, index: RuleIndex) -> list[tuple[Column, str]]:
    """The columns with what each says, and the names that can stand in it where they are few."""
    found = []
    for column in table_columns(index):
        told = column.told
        if column.kind == "axis":
            axis = index.axes[column.axis]
            values = [index.values[number].name for number in axis.values]
            classes = class_names(graph, axis.iri, v.PREFIXES)
            named = ", ".join(values) if len(values) <= _FEW else f"{values[0]} to {values[-1]}"
            told = f"{named}; or a class: {', '.join(sorted(classes.best(iri, values) for iri in classes.told))}"
        elif column.cls is not None:
            things = Names(graph, graph.instances(column.cls), v.PREFIXES).told.values()
            told += f": {', '.join(sorted(things))}"
        found.append((column, told))
    return found


def import_table(
    content: bytes, name: str, graph: Graph, index: RuleIndex, pack: Pack, separator: str | None = None
) -> Imported:
    """Turn a table into statements in the namespace of a pack; ``graph`` and ``index`` are what is there already.

    Raises InputError with a fault for each cell that cannot be understood.
    """
    axes = {axis.name: axis_column(axis.name) for axis in index.rules.axes}
    names = [column.name for column in table_columns(index)]
    table = read_table(content, name, lambda heading: column_named(heading, axes), names, separator)
    return _Importer(table, graph, index, pack).run()


class _Importer(Meaning):
    """One table on its way."""

    def __init__(self, table: Table, graph: Graph, index: RuleIndex, pack: Pack) -> None:
        super().__init__(table.name, graph, index, pack)
        self.table = table
        self.families: dict[str, None] = {}
        self.gaps: list[Row] = []
        self.rules = 0

    def run(self) -> Imported:
        by_code = self._by_code()
        known = [code for code in by_code if code in self.index.codes]
        for code, rows in by_code.items():
            if code in self.index.codes:
                self._known_code(code, rows)
            elif code in self.codes:
                self._new_code(code, rows)
        self._gaps()
        if self.faults:
            raise InputError(tuple(dict.fromkeys(self.faults)))
        triples = tuple(dict.fromkeys(self.triples))
        new = tuple(self.codes)
        return Imported(triples, new, tuple(known), self.rules, tuple(self.families), tuple(self.new_sources))

    def _by_code(self) -> dict[str, list[Row]]:
        """The rows by code, in the order of the table; the IRIs of the new codes are settled."""
        found: dict[str, list[Row]] = {}
        if CODE not in self.table.columns:
            raise InputError.of("The table has no column 'code'.", axis=CODE.name, file=self.file)
        for row in self.table.rows:
            cell = row.get(CODE.name)
            if cell is None:
                self.row_fault(row, f"the code is missing; for what has no code, write {NO_CODE}.")
            elif cell.text == NO_CODE:
                self.gaps.append(row)
            elif (known := self.index.code_named(cell.text)) is not None:
                found.setdefault(known, []).append(row)
            elif not _NUMBER.fullmatch(cell.text):
                message = f"{cell.text!r} is no code: it takes letters, digits, dots and hyphens, and does not begin "
                self.fault(cell, f"{message}with one of the latter.")
            else:
                found.setdefault(cell.text, []).append(row)
        for code, rows in found.items():
            if code in self.index.codes:
                continue
            given = next((cell for row in rows if (cell := row.get("iri"))), None)
            first = rows[0].get(CODE.name)
            assert first is not None
            iri = self.given_iri(given) if given is not None else self.pack.namespace + code
            if iri is not None and (node := self.made(iri, "code", code, given or first, "iri")) is not None:
                self.codes[code] = node.value
        return found

    def _agreed(self, rows: Iterable[Row], what: str) -> list[Cell]:
        """The cells that are about one code or rule in several rows; each column once, and rows have to agree."""
        found: dict[str, Cell] = {}
        for row in rows:
            for cell in row.cells:
                if cell.column.of_rule is (what == "rule") and cell.column.kind != "axis":
                    other = found.setdefault(cell.column.name, cell)
                    if other.text != cell.text:
                        there = f"{other.text!r} in row {other.row}"
                        self.fault(cell, f"{cell.text!r} differs from {there}, which is the same {what}.")
        return list(found.values())

    # ---------------------------------------------------------------- codes

    def _known_code(self, code: str, rows: list[Row]) -> None:
        """A code that is there already: a table may add texts to it, and nothing else."""
        node = NamedNode(self.index.codes[code].iri)
        cells = [*self._agreed(rows, "code"), *(cell for row in rows for cell in row.cells if cell.column.of_rule)]
        for cell in cells:
            column = cell.column
            if column is CODE:
                continue
            if column.kind != "text" or column.of_rule or column.name.startswith("family") or column.predicate is None:
                self.fault(cell, f"{code} is a code of the ontology already; a table can only add texts to it.")
                continue
            there = [text for text in self.graph.objects(node, column.predicate) if isinstance(text, Literal)]
            if not column.several and any((text.language or ENGLISH) == column.language for text in there):
                message = f"{code} has this text already. A table can add it in another language, such as label@de."
                self.fault(cell, message)
                continue
            self.texts(node, cell)

    def _new_code(self, code: str, rows: list[Row]) -> None:
        node = NamedNode(self.codes[code])
        cells = self._agreed(rows, "code")
        by_name = {cell.column.name: cell for cell in cells}
        self._complete(code, rows[0], by_name)
        self.say(node, v.TYPE, v.PROCEDURE_CODE)
        if "scheme" not in by_name and self.pack.scheme is not None:
            self.say(node, term("skos:inScheme"), NamedNode(self.pack.scheme))
        for cell in cells:
            if cell.column is CODE:
                self.say(node, v.NOTATION, Literal(code))
            elif cell.column.kind == "family":
                self._family(node, cell, by_name)
            elif cell.column.kind != "iri" and not cell.column.name.startswith("family"):
                self.said(node, cell)
        for first in BEGINNING:
            self._in_order(by_name, first, "valid-until")
        self._rules(node, code, rows, cells)

    def _complete(self, code: str, row: Row, cells: Mapping[str, Cell]) -> None:
        """What a code has to have is there."""
        given = {name.partition("@")[0] for name in cells}
        for name in NEEDED:
            if name not in given:
                self.row_fault(row, f"the code {code} needs {'an' if name[0] in 'aeiou' else 'a'} {name}.")
        begun = [name for name in BEGINNING if name in given]
        if not begun:
            self.row_fault(row, f"the code {code} needs {' or '.join(BEGINNING)}.")
        elif len(begun) > 1:
            self.row_fault(row, f"the code {code} has {' and '.join(BEGINNING)}; one of them is enough.")

    def _family(self, code: NamedNode, cell: Cell, cells: Mapping[str, Cell]) -> None:
        """The family of a code: a known one, or a new one with its label and definition."""
        names, given, belongs = self.names_of(_FAMILY), cells.get("family-iri"), term("spine:inFamily")
        if given is None and names.find(cell.text):
            if (iri := self.one(cell, cell.text, names)) is not None:
                self.say(code, belongs, NamedNode(iri))
            return
        iri = self.given_iri(given) if given is not None else minted(self.pack.namespace, cell.text, "Family")
        if iri is None and given is not None:
            return
        if iri in names.told:
            self.say(code, belongs, NamedNode(iri))
            return
        node = self.made(iri, "family", cell.text, given or cell, "family-iri")
        if node is None:
            return
        self.say(code, belongs, node)
        self.say(node, v.TYPE, _FAMILY)
        self.say(node, v.LABEL, Literal(cell.text, language=ENGLISH))
        for name, one in cells.items():
            if name.startswith("family-definition"):
                self.texts(node, one)
        self.families[cell.text] = None

    def _in_order(self, cells: Mapping[str, Cell], first: str, last: str) -> None:
        begin, end = cells.get(first), cells.get(last)
        if begin is None or end is None or not is_date(begin.text) or not is_date(end.text):
            return
        if end.text < begin.text:
            self.fault(end, f"{end.text} lies before {first}, {begin.text}.")

    # ---------------------------------------------------------------- rules

    def _rules(self, code: NamedNode, number: str, rows: list[Row], cells: list[Cell]) -> None:
        """The rules of a code: one a row; rows with the same name or label are ways to meet one rule."""
        labels = [cell for cell in cells if cell.column.name.partition("@")[0] == "label"]
        for cls, said in self._classes_of(number, rows, labels):
            given = {cell.column.name.partition("@")[0] for cell in said}
            implied = BlankNode()
            self.say(cls, v.SUBCLASS, v.INJECTION)
            self.say(cls, v.SUBCLASS, implied)
            self.restrict(implied, v.IMPLIES_CODE, v.HAS_VALUE, code)
            for cell in labels if "rule-label" not in given else []:
                self.say(cls, v.LABEL, Literal(cell.text, language=cell.column.language))
            for cell in cells:
                if cell.column.name in ("source", "trust") and f"rule-{cell.column.name}" not in given:
                    self.said(cls, cell)

    def _gaps(self) -> None:
        """What has no code, with the reason."""
        for row in self.gaps:
            names = {cell.column.name.partition("@")[0] for cell in row.cells}
            for name in ("rule-label", "rule-note"):
                if name not in names and row.get("rule") is None:
                    self.row_fault(row, f"what has no code needs a {name}.")
            for cell in row.cells:
                if not cell.column.of_rule and cell.column is not CODE:
                    self.fault(cell, "what has no code takes the columns of the axes and of the rule only.")
        for cls, _ in self._classes_of(NO_CODE, self.gaps, []):
            self.say(cls, v.SUBCLASS, v.UNCODED_INJECTION)

    def _classes_of(self, number: str, rows: list[Row], labels: list[Cell]) -> list[tuple[NamedNode, list[Cell]]]:
        """The classes that rows describe, with what is said of each; the requirements are settled."""
        by_class: dict[NamedNode, list[Row]] = {}
        for row in rows:
            asked = [cell for cell in row.cells if cell.column.kind == "axis"]
            if not asked:
                self.row_fault(row, "the rule asks for nothing. Fill in the column of an axis.")
            elif (cls := self._class_of(number, row, labels)) is not None:
                by_class.setdefault(cls, []).append(row)
                self._conditions(cls, asked)
                self.rules += 1
        found = []
        for cls, same in by_class.items():
            said = self._agreed(same, "rule")
            self.say(cls, v.TYPE, term("owl:Class"))
            for cell in said:
                if cell.column.kind != "iri":
                    self.said(cls, cell)
            self._in_order({cell.column.name: cell for cell in said}, "rule-from", "rule-until")
            found.append((cls, said))
        return found

    def _class_of(self, number: str, row: Row, labels: list[Cell]) -> NamedNode | None:
        """The class of a row's rule; None where it cannot have one, which is told."""
        given = row.get("rule")
        if given is not None:
            iri = self.given_iri(given)
            return self.made(iri, "rule", number, given, "rule") if iri is not None else None
        named = [cell for cell in row.cells if cell.column.name.startswith("rule-label")] or labels
        if not named:
            return None  # that it has no label is told already
        return self.made(minted(self.pack.namespace, named[0].text), "rule", number, named[0], "rule")

    def _conditions(self, cls: NamedNode, asked: list[Cell]) -> None:
        expression = BlankNode()
        members: list[Node] = [v.INJECTION]
        for cell in asked:
            if (filler := self.filler(cell)) is not None:
                restriction = BlankNode()
                self.restrict(restriction, NamedNode(self.index.axes[cell.column.axis].property), *filler)
                members.append(restriction)
        self.say(expression, v.TYPE, term("owl:Class"))
        self.say(expression, v.INTERSECTION, self.listed(members))
        self.say(expression, v.SUBCLASS, cls)
