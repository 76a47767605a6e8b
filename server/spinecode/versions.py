"""One version of an ontology, read from folders or files of any RDF syntax, to be compared with another."""

from __future__ import annotations

import dataclasses
import os
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from spinecode import vocabulary as v
from spinecode.consistency import contradictory
from spinecode.errors import Fault, InputError, OntologyError
from spinecode.files import data_folder, part_of, turtle_files
from spinecode.graph import ENGLISH, Graph, Ontology, Term, format_of, parse_file, read_rdf
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.places import Places
from spinecode.reading import read_rules
from spinecode.vocabulary import term

#: The word that stands for the project's own ontology where a version is named.
OURS = "ours"
_TURTLE = ".ttl"
#: How many faults of a version are told; the check tells them all.
_FAULTS_TOLD = 3
#: How much of a text stands for a label.
_LONGEST = 70


class _AnySyntax(Ontology):
    """An ontology whose files may be of any RDF syntax."""

    def stated(self) -> list[Quad]:
        found: list[Quad] = []
        for file in self.files:
            if file.suffix.lower() == _TURTLE:
                found += parse_file(file)
            else:
                found += _own_nodes(read_rdf(file))
        return found


class _Knowledge(Knowledge):
    """The knowledge of files of any RDF syntax."""

    def __init__(self, paths: Iterable[Path], language: str) -> None:
        super().__init__(paths, language=language)
        self.ontology = _AnySyntax(self.ontology.folders)

    def _compile(self) -> bytes:
        # a version without texts in the language that is shown can be compared all the same
        return read_rules(self.graph, self.ontology.digest).to_json()


@dataclass(frozen=True)
class Version:
    """A version: ``name`` as the user named it, its files, its rules, and its statements, as written and closed."""

    name: str
    knowledge: Knowledge

    @cached_property
    def index(self) -> RuleIndex:
        """The compiled rules."""
        return self.knowledge.index

    @cached_property
    def graph(self) -> Graph:
        """The closed graph."""
        return self.knowledge.graph

    @cached_property
    def stated(self) -> tuple[Triple, ...]:
        """The statements as they stand in the files."""
        return tuple(dict.fromkeys(quad.triple for quad in self.knowledge.ontology.stated()))

    @property
    def number(self) -> str:
        """What the header says by owl:versionInfo; empty where it says nothing."""
        return self.index.rules.version

    @cached_property
    def date(self) -> str:
        """The last date that the header tells: modified, issued or created; empty where it tells none."""
        graph, header = self.graph, NamedNode(v.SPINE)
        dates = [graph.text(header, term(f"dcterms:{name}")) for name in ("modified", "issued", "created")]
        return next((day for day in dates if day), "")

    def label(self, node: Term) -> str:
        """A thing as people call it: its number if it is a code, else its label, title or prefixed name."""
        if not isinstance(node, NamedNode):
            return node.value if isinstance(node, BlankNode) else str(getattr(node, "value", node))
        code = self.index.code_named(node.value)
        if code is not None:
            return code
        texts = (self.graph.text(node, p) for p in (v.PREF_LABEL, v.LABEL, term("dcterms:title")))
        label = next((text for text in texts if text), None)
        return label or self._unlabelled.get(node.value) or v.shorten(node.value)

    @cached_property
    def _unlabelled(self) -> dict[str, str]:
        """What confusions and advisories are called, which have texts but no labels."""
        rules = self.index.rules
        told = {confusion.iri: " and ".join(confusion.codes) for confusion in rules.confusions}
        return told | {one.iri: textwrap.shorten(one.advice, _LONGEST, placeholder=" ...") for one in rules.advisories}


def read_version(name: str, paths: Iterable[Path] | None = None, language: str = ENGLISH) -> Version:
    """The version that a name stands for: a folder of Turtle files or a file of RDF, or several, separated as in PATH.

    Of a pack, or a checkout of this project, it is the folder of its ontology. The word ``ours`` stands for the
    project's own ontology where there is no such folder. ``paths`` are the folders and files where they are known
    already, ``language`` is that of the labels. Raises InputError when something is missing or cannot be read, and
    OntologyError when the ontology is not sound, with file and line where they are known.
    """
    found = tuple(map(_looked_at, _paths(name) if paths is None else paths))
    version = Version(name, _Knowledge(found, language))
    try:
        graph = version.graph
        if lacking := next((kind for kind in (v.AXIS, v.PROCEDURE_CODE) if not graph.instances(kind)), None):
            message = f"This is no whole ontology, for it has no {v.shorten(lacking.value)}."
            beside = f"A pack is named together with what it extends: {OURS}{os.pathsep}{name}."
            raise InputError.of(f"{message} {beside}", file=name)
        len(version.index.values)
    except OntologyError as error:
        raise OntologyError(_placed(error, name, found)) from None
    return version


def _paths(name: str) -> list[Path]:
    if Path(name).exists():
        return [Path(name)]
    parts = [part for part in name.split(os.pathsep) if part]
    return [data_folder("ontology") if part == OURS and not Path(part).exists() else Path(part) for part in parts]


def _looked_at(path: Path) -> Path:
    """The folder or file to read. Raises InputError when there is nothing to read."""
    if not path.exists():
        raise InputError.of("There is no such folder or file.", file=str(path))
    if path.is_file():
        if format_of(path) is None:
            read_rdf(path)  # says which endings are known
        return path
    folder = part_of(path, "ontology")
    if not turtle_files([folder]):
        raise InputError.of("There is no Turtle file (.ttl) in this folder.", file=str(folder))
    return folder


def _own_nodes(quads: Iterable[Quad]) -> list[Quad]:
    """Statements with blank nodes that no other file has."""
    fresh: dict[BlankNode, BlankNode] = {}

    def own(node: Term) -> Term:
        return fresh.setdefault(node, BlankNode()) if isinstance(node, BlankNode) else node

    return [Quad(own(q.subject), q.predicate, own(q.object)) for q in quads]  # type: ignore[arg-type]  # kinds are kept


def _placed(error: OntologyError, name: str, paths: tuple[Path, ...]) -> tuple[Fault, ...]:
    """The faults of a version with their places, the first ones only."""
    if any(fault.line for fault in error.faults):
        return error.faults
    places = Places()
    for file in turtle_files(paths):
        if file.suffix.lower() == _TURTLE:
            places.read(file)
    told: list[Fault] = []
    for fault in error.faults:
        if fault.message.startswith("The ontology contradicts itself"):
            for finding in contradictory([fault.value or fault.message], places):
                told.append(Fault(finding.message, file=finding.file, line=finding.line, column=finding.column))
            continue
        place = places.mentioned(fault.value, fault.message) if fault.value else None
        if place is None:
            told.append(dataclasses.replace(fault, file=fault.file or name))
        else:
            told.append(dataclasses.replace(fault, file=place.file, line=place.line, column=place.column))
    shown = list(dict.fromkeys(told))
    if len(shown) > _FAULTS_TOLD:
        rest = len(shown) - _FAULTS_TOLD
        message = f"There {'is' if rest == 1 else 'are'} {rest} more of such faults; spinecode check tells them all."
        shown = [*shown[:_FAULTS_TOLD], Fault(message, file=name)]
    return tuple(shown)
