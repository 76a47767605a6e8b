"""The descriptions that are measured: those of ``shapes/examples``, and variations of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from pyoxigraph import Literal, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.description import CODE, DATE, Description, describe, from_mapping, from_rdf
from spinecode.documents import document_files, read_document
from spinecode.errors import SpinecodeError
from spinecode.files import data_folder
from spinecode.index import RuleIndex
from spinecode.selection import names_of, select


@dataclass(frozen=True, slots=True)
class Sample:
    """An example description; ``turtle`` is its text where it is RDF."""

    name: str
    description: Description
    turtle: bytes | None

    @property
    def node(self) -> NamedNode:
        """The IRI that it has as RDF."""
        return NamedNode(f"urn:bench:{self.name}")


def samples(index: RuleIndex) -> list[Sample]:
    """Read the first description of each example file."""
    found = []
    for path in document_files((data_folder("shapes") / "examples",)):
        document = read_document(path)
        turtle = path.read_bytes() if path.suffix == ".ttl" else None
        descriptions = from_rdf(index, document.quads) if document.quads else [from_mapping(index, document.items[0])]
        found.append(Sample(path.stem, descriptions[0], turtle))
    return found


def quads_of(index: RuleIndex, sample: Sample) -> list[Quad]:
    """State a sample as RDF, whatever it was written in."""
    node = sample.node
    found = [Quad(node, v.TYPE, v.INJECTION)]
    for axis, numbers in sample.description.facts.items():
        relation = NamedNode(index.axes[axis].property)
        found += [Quad(node, relation, NamedNode(index.values[number].iri)) for number in numbers]
    if sample.description.date is not None:
        found.append(Quad(node, v.DATE_OF_SERVICE, Literal(sample.description.date, datatype=v.term("xsd:date"))))
    return found


def address(index: RuleIndex, description: Description) -> str:
    """Write the path and query that ask the server for the codes of a description."""
    given: dict[str, list[str]] = dict(names_of(index, description.facts))
    if description.date is not None:
        given[DATE] = [description.date]
    if description.reported:
        given[CODE] = list(description.reported)
    return f"/select?{urlencode(given, doseq=True)}"


def variations(index: RuleIndex, undetermined: bool, seed: int = 1) -> Iterator[str]:
    """Addresses of ever new descriptions that are answered, with or without an open question, in a fixed order.

    Each is an example with other values on some axes, some left out, and another date.
    """
    chance = random.Random(seed)
    originals = [sample.description for sample in samples(index)]
    first = date.fromisoformat(max(day for day in index.boundaries if day))
    seen: set[str] = set()
    while True:
        facts = dict(chance.choice(originals).facts)
        for axis in index.asked_axes:
            if axis.name in facts and chance.random() < 0.15:
                del facts[axis.name]
            elif axis.name in facts and chance.random() < 0.3:
                facts[axis.name] = tuple(chance.sample(axis.values, min(len(facts[axis.name]), len(axis.values))))
        day = (first + timedelta(days=chance.randrange(3000))).isoformat()
        description = describe(index, facts, day)
        try:
            asked = select(index, description).status == "undetermined"
        except SpinecodeError:
            continue
        found = address(index, description)
        if asked == undetermined and found not in seen:
            seen.add(found)
            yield found
