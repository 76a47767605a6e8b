"""What the cells of a table of codes mean: the things, values and classes that they name, as statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.errors import Fault
from spinecode.graph import ENGLISH, Graph, Node, Term
from spinecode.index import RuleIndex
from spinecode.naming import Names, iri_of, minted
from spinecode.pack import Pack
from spinecode.rules import is_date
from spinecode.tables import Cell, Row
from spinecode.vocabulary import term

_FLAGS: Final = {"yes": "true", "true": "true", "1": "true", "no": "false", "false": "false", "0": "false"}
_LOCAL: Final = re.compile(r"[^\W\d_][\w-]*")
_TITLED: Final = re.compile(r"(?P<title>[^<>]*?)\s*<(?P<address>https?://[^<>\s]+)>")
_SOURCE: Final = term("spine:Source")
_CLASS: Final = term("owl:Class")


class Meaning:
    """Cells turned into statements; what is understood becomes ``triples``, what is not becomes ``faults``.

    ``graph`` and ``index`` are what is there already, ``codes`` the IRIs of the codes that the table brings.
    """

    def __init__(self, file: str, graph: Graph, index: RuleIndex, pack: Pack) -> None:
        self.file, self.graph, self.index, self.pack = file, graph, index, pack
        self.prefixes: dict[str, str] = v.PREFIXES | {pack.prefix: pack.namespace}
        self.faults: list[Fault] = []
        self.triples: list[Triple] = []
        self.codes: dict[str, str] = {}
        #: The documents that the table brings, by title.
        self.new_sources: dict[str, str] = {}
        self._made: dict[str, tuple[str, str]] = {}  # IRIs made here, with the kind and key of what they are made for
        self._names: dict[NamedNode, Names] = {}
        self._classes: dict[str, Names] = {}
        self._addresses: dict[str, str] = {
            address: source.value for source in graph.instances(_SOURCE) for address in graph.iris(source, v.SOURCE)
        }

    def fault(self, cell: Cell, message: str, nearest: Iterable[str] = ()) -> None:
        """Note what is wrong with a cell."""
        self.faults.append(cell.fault(self.file, message, nearest))

    def row_fault(self, row: Row, message: str) -> None:
        """Note what is wrong with a row."""
        self.faults.append(Fault(f"row {row.number}: {message}", file=self.file))

    def say(self, subject: Node, predicate: NamedNode, value: Term) -> None:
        """Make a statement."""
        self.triples.append(Triple(subject, predicate, value))

    # ---------------------------------------------------------------- IRIs

    def made(self, iri: str | None, kind: str, key: str, cell: Cell, column: str) -> NamedNode | None:
        """A new IRI, unless it stands for something else already; the same one for the same kind and key."""
        if iri is None:
            self.fault(cell, f"{cell.text!r} has no letters to make a name of. Give one in the column {column}.")
            return None
        node = NamedNode(iri)
        taken = self._made.setdefault(iri, (kind, key)) != (kind, key)
        if taken or next(iter(self.graph.store.quads_for_pattern(node, None, None)), None) is not None:
            self.fault(cell, f"{iri} is the name of something else already. Give another in the column {column}.")
            return None
        return node

    def given_iri(self, cell: Cell) -> str | None:
        """The IRI that a cell gives; a plain name is one of the pack's namespace."""
        if (iri := iri_of(cell.text, self.prefixes)) is not None:
            return iri
        if _LOCAL.fullmatch(cell.text):
            return self.pack.namespace + cell.text
        self.fault(cell, f"{cell.text!r} is no IRI, no name with a known prefix and no plain name.")
        return None

    # ---------------------------------------------------------------- what a cell says of a code or a rule

    def said(self, node: NamedNode, cell: Cell) -> None:
        """What one cell says of a code or a rule, by the property of its column."""
        kind, predicate = cell.column.kind, cell.column.predicate
        assert predicate is not None
        if kind == "text":
            self.texts(node, cell)
        elif kind == "plain":
            self.say(node, predicate, Literal(cell.text))
        elif kind == "date":
            if is_date(cell.text):
                self.say(node, predicate, Literal(cell.text, datatype=term("xsd:date")))
            else:
                self.fault(cell, f"{cell.text!r} is not a date of the calendar in the form YYYY-MM-DD.")
        elif kind == "flag":
            if (flag := _FLAGS.get(cell.text.casefold())) is not None:
                self.say(node, predicate, Literal(flag, datatype=term("xsd:boolean")))
            else:
                self.fault(cell, f"{cell.text!r} is neither yes nor no.")
        else:
            for part in cell.parts():
                if (iri := self._thing(cell, part)) is not None:
                    self.say(node, predicate, NamedNode(iri))

    def texts(self, node: NamedNode, cell: Cell) -> None:
        """The texts in a cell, in the language of its column."""
        assert cell.column.predicate is not None
        for part in cell.parts():
            self.say(node, cell.column.predicate, Literal(part, language=cell.column.language))

    def names_of(self, kind: NamedNode) -> Names:
        """The things of a class, by their names."""
        if kind not in self._names:
            self._names[kind] = Names(self.graph, self.graph.instances(kind), self.prefixes)
        return self._names[kind]

    def one(self, cell: Cell, part: str, names: Names) -> str | None:
        """The one thing that a name stands for."""
        found = names.find(part)
        if len(found) == 1:
            return found[0]
        if found:
            told = " and ".join(names.best(iri) for iri in found)
            self.fault(cell, f"{part!r} stands for {told}. Write one of these.")
        else:
            self.fault(cell, f"{part!r} is not known here.", names.nearest(part))
        return None

    def _thing(self, cell: Cell, part: str) -> str | None:
        if cell.column.kind == "codes":
            return self._code(cell, part)
        if cell.column.kind == "source":
            return self._source(cell, part)
        assert cell.column.cls is not None
        return self.one(cell, part, self.names_of(cell.column.cls))

    def _code(self, cell: Cell, part: str) -> str | None:
        known = self.index.code_named(part)
        iri = self.codes.get(part) or (self.index.codes[known].iri if known is not None else None)
        if iri is None:
            near = (*(code for code in self.codes if code[:2] == part[:2]), *self.index.nearest_codes(part))
            self.fault(cell, f"{part!r} is neither a code of the table nor of the ontology.", near[:3])
        return iri

    def _source(self, cell: Cell, part: str) -> str | None:
        """A document by a known name or address, or a new one by its title and address."""
        titled = _TITLED.fullmatch(part)
        title, address = (titled["title"], titled["address"]) if titled else ("", part)
        known = self._addresses.get(address) or self.new_sources.get(part)
        if known is not None:
            return known
        if titled is None and not part.startswith(("http://", "https://")):
            return self.one(cell, part, self.names_of(_SOURCE))
        if not title:
            self.fault(cell, f"{part!r} is a new document and needs its title too: Title <{address}>.")
            return None
        try:
            place = NamedNode(address)
        except ValueError:
            self.fault(cell, f"{address!r} is no web address.")
            return None
        node = self.made(minted(self.pack.namespace, title, "Source"), "source", address, cell, cell.column.name)
        if node is None:
            return None
        self.say(node, v.TYPE, _SOURCE)
        self.say(node, v.LABEL, Literal(title, language=ENGLISH))
        self.say(node, v.SOURCE, place)
        self._addresses[address] = self.new_sources[title] = node.value
        return node.value

    # ---------------------------------------------------------------- class expressions

    def restrict(self, node: BlankNode, on: NamedNode, how: NamedNode, what: Node) -> None:
        """Make a node a restriction."""
        self.say(node, v.TYPE, v.RESTRICTION)
        self.say(node, v.ON_PROPERTY, on)
        self.say(node, how, what)

    def filler(self, cell: Cell) -> tuple[NamedNode, Node] | None:
        """What a cell of an axis asks for: one value, one class of values, or any of several."""
        values: dict[Node, None] = {}
        classes: dict[Node, None] = {}
        before = len(self.faults)
        for part in cell.parts():
            number = self._value(cell.column.axis, part)
            if number is not None:
                values[NamedNode(self.index.values[number].iri)] = None
            elif (iri := self._class(cell, part)) is not None:
                classes[NamedNode(iri)] = None
        if len(self.faults) > before:
            return None
        if not values and not classes:
            self.fault(cell, f"{cell.text!r} names no value.")
            return None
        if not values and len(classes) == 1:
            return v.SOME_VALUES, next(iter(classes))
        if not classes and len(values) == 1:
            return v.HAS_VALUE, next(iter(values))
        listed = self._anonymous(v.ONE_OF, values) if values else None
        if listed is not None and not classes:
            return v.SOME_VALUES, listed
        return v.SOME_VALUES, self._anonymous(v.UNION, [*classes, *([listed] if listed is not None else [])])

    def _value(self, axis: str, part: str) -> int | None:
        known = self.index.value_named(axis, part)
        if known is None and (iri := iri_of(part, self.prefixes)) is not None:
            known = self.index.value_named(axis, iri)
        return known

    def _class(self, cell: Cell, part: str) -> str | None:
        axis = self.index.axes[cell.column.axis]
        names = self._classes.get(axis.name)
        if names is None:
            names = self._classes[axis.name] = class_names(self.graph, axis.iri, self.prefixes)
        found = names.find(part)
        if len(found) == 1:
            return found[0]
        if found:
            told = " and ".join(names.best(iri) for iri in found)
            self.fault(cell, f"{part!r} is the label of several classes, {told}. Write one of these.")
        else:
            near = dict.fromkeys((*self.index.nearest_values(axis.name, part), *names.nearest(part)))
            self.fault(cell, f"{part!r} is neither a value of the axis nor a class of its values.", tuple(near)[:4])
        return None

    def _anonymous(self, predicate: NamedNode, members: Iterable[Node]) -> BlankNode:
        node = BlankNode()
        self.say(node, v.TYPE, _CLASS)
        self.say(node, predicate, self.listed(members))
        return node

    def listed(self, members: Iterable[Node]) -> Node:
        """The members as an RDF list."""
        rest: Node = v.NIL
        for member in reversed(list(members)):
            node = BlankNode()
            self.say(node, v.FIRST, member)
            self.say(node, v.REST, rest)
            rest = node
        return rest


def class_names(graph: Graph, axis: str, prefixes: Mapping[str, str]) -> Names:
    """The named classes of the values of an axis."""
    tops = graph.nodes(NamedNode(axis), term("spine:valueClass"))
    found = {node for top in tops for node in (top, *graph.subjects(v.SUBCLASS, top)) if isinstance(node, NamedNode)}
    return Names(graph, sorted(found, key=str), prefixes)
