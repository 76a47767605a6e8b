"""Descriptions made up from a seed, good and bad, as RDF statements: what a validator may be given in bulk."""

from __future__ import annotations

import random
from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.description import from_rdf
from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.selection import check_contradictions, select
from spinecode.vocabulary import term

DATE_TYPE = term("xsd:date")
_DAYS = ("2024-05-01", "2016-12-31", "2017-01-01", "2010-06-30", "2010-07-01", "2009-12-31", "2000-01-01", "2020-12-31")
_BAD_DAYS = ("1999-12-31", "2016-13-45", "2024-02-30", "yesterday", "", "2024-05-01Z", "2024-5-1", "0000-00-00")
_TEXTS = ("", "lumbar", 'a "quoted"\ttext\n', "\\", "naïve é ☃ \U0001f489", "62323", "x" * 200)


class Maker:
    """Makes descriptions, the same ones for the same seed."""

    def __init__(self, index: RuleIndex, seed: int) -> None:
        self.index = index
        self.rng = random.Random(seed)

    def good(self, node: NamedNode | BlankNode) -> list[Quad]:
        """What a definition of a code asks for, with the day and the code."""
        index, rng = self.index, self.rng
        definition = rng.choice([d for d in index.rules.definitions if d.code])
        asked = {axis.name: axis for axis in index.asked_axes}
        quads = [Quad(node, v.TYPE, v.INJECTION)]
        accepted = {r.axis: r.accepts for r in definition.requirements if r.axis in asked}
        for name, axis in asked.items():
            if name in accepted or rng.random() < 0.3:
                number = rng.choice(accepted.get(name, axis.values))
                quads.append(self._value(node, name, number))
        quads.append(Quad(node, v.DATE_OF_SERVICE, Literal(rng.choice(_DAYS), datatype=DATE_TYPE)))
        if rng.random() < 0.8:
            quads.append(Quad(node, v.REPORTED_CODE, NamedNode(index.codes[definition.code].iri)))
        return quads

    def right(self, node: NamedNode | BlankNode) -> list[Quad]:
        """One that says enough, and reports what it implies."""
        while True:
            stated = [quad for quad in self.good(node) if quad.predicate != v.REPORTED_CODE]
            description = from_rdf(self.index, stated)[0]
            try:
                check_contradictions(self.index, description)
                lines = select(self.index, description).lines
            except ContradictionError:
                continue
            if lines:
                codes = [NamedNode(self.index.codes[line.code].iri) for line in lines]
                return stated + [Quad(node, v.REPORTED_CODE, code) for code in codes]

    def bad(self, node: NamedNode | BlankNode) -> list[Quad]:
        """A good one with up to five things changed: what people and programs get wrong."""
        quads = self.good(node)
        for _ in range(self.rng.randint(1, 5)):
            self._spoil(node, quads)
        return quads

    def any(self, node: NamedNode | BlankNode) -> list[Quad]:
        """One or the other."""
        return self.good(node) if self.rng.random() < 0.3 else self.bad(node)

    def many(self, number: int) -> Iterator[list[Quad]]:
        """So many of both, on IRIs and on blank nodes."""
        for count in range(number):
            yield self.any(NamedNode(f"urn:made:{count}") if count % 3 else BlankNode(f"made{count}"))

    def _value(self, node: NamedNode | BlankNode, axis: str, number: int) -> Quad:
        return Quad(node, NamedNode(self.index.axes[axis].property), NamedNode(self.index.values[number].iri))

    def _spoil(self, node: NamedNode | BlankNode, quads: list[Quad]) -> None:
        index, rng = self.index, self.rng
        axis = rng.choice(index.asked_axes)
        prop = NamedNode(axis.property)
        text = Literal(rng.choice(_TEXTS))
        code = NamedNode(rng.choice(list(index.codes.values())).iri)
        kind = rng.randrange(14)
        if kind == 0 and len(quads) > 1:
            del quads[rng.randrange(len(quads))]
        elif kind == 1:
            quads.append(self._value(node, axis.name, rng.choice(axis.values)))
        elif kind == 2:
            quads.append(self._value(node, axis.name, rng.randrange(len(index.values))))
        elif kind == 3:
            quads.append(Quad(node, prop, text))
        elif kind == 4:
            quads.append(Quad(node, prop, rng.choice([BlankNode("other"), NamedNode("urn:unknown"), code])))
        elif kind == 5:
            quads.append(Quad(node, v.DATE_OF_SERVICE, Literal(rng.choice(_DAYS), datatype=DATE_TYPE)))
        elif kind == 6:
            quads.append(Quad(node, v.DATE_OF_SERVICE, Literal(rng.choice(_BAD_DAYS), datatype=DATE_TYPE)))
        elif kind == 7:
            day = rng.choice(_DAYS + _BAD_DAYS)
            stamp = Literal(f"{day}T10:00:00", datatype=term("xsd:dateTime"))
            quads.append(Quad(node, v.DATE_OF_SERVICE, rng.choice([Literal(day), stamp, NamedNode("urn:day")])))
        elif kind == 8:
            quads.append(Quad(node, v.REPORTED_CODE, code))
        elif kind == 9:
            quads.append(Quad(node, v.REPORTED_CODE, rng.choice([text, NamedNode("urn:code"), BlankNode("code")])))
        elif kind == 10:
            quads.append(Quad(node, term(rng.choice(["spine:nonsense", "rdfs:label", "skos:note"])), text))
        elif kind == 11:
            lang = Literal("two", language=rng.choice(["en", "de-AT"]))
            where = rng.choice([prop, v.DATE_OF_SERVICE, v.REPORTED_CODE])
            decimal = Literal("1.5", datatype=term("xsd:decimal"))
            quads.append(Quad(node, where, rng.choice([lang, Literal(4), Literal(1.5), decimal, Literal(True)])))
        elif kind == 12:
            quads[:] = [quad for quad in quads if quad.predicate != prop]
        else:
            quads.append(Quad(node, v.TYPE, rng.choice([v.INJECTION, code, NamedNode("urn:type")])))
