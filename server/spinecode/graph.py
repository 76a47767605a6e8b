"""The knowledge graph: the ontology's files, loaded together and closed under OWL 2 RL once."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from spinecode import vocabulary as v
from spinecode.cache import cached
from spinecode.closing import close, constructed
from spinecode.errors import Fault, InputError, OntologyError
from spinecode.files import data_folder, digest, turtle_files
from spinecode.syntax_places import broken_at
from spinecode.xml_form import check_xml

log = logging.getLogger(__name__)

#: The language of our own texts, which stand in where there is no other.
ENGLISH: Final = "en"

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal | Triple

#: Raised when the way of closing changes, so that no closure of an earlier way is taken for a new one.
CLOSURE_REVISION = "6"

#: The queries, of ours, whose answers are added to the closure: what SKOS calls the things that the ontology tells of,
#: and what definitions require, without lists.
CLOSING_RULES: Final = ("schemes.rq", "definitions.rq")


def parse_file(file: Path) -> Iterator[Quad]:
    """The statements of a Turtle file. Raises OntologyError with line and column on broken syntax."""
    try:
        yield from parse(path=str(file), format=RdfFormat.TURTLE, rename_blank_nodes=True)
    except SyntaxError as error:
        raise OntologyError.of(str(error.msg), file=str(file), line=error.lineno, column=error.offset) from None
    except OSError as error:
        raise OntologyError.of(f"The file cannot be read: {error.strerror or error}", file=str(file)) from None


def language_rank(given: str | None, wanted: str) -> int:
    """How far a text's language is from the wanted one: 0 the same, 1 a form of it, 2 English, 3 another.

    What has no language is taken for English.
    """
    found = (given or ENGLISH).casefold()
    if found == wanted:
        return 0
    if found.split("-")[0] == wanted.split("-", maxsplit=1)[0]:
        return 1
    return 2 if found.split("-")[0] == ENGLISH else 3


class Graph:
    """A read-only view of a set of triples with the look-ups that the readers of rules need."""

    def __init__(self, store: Store, language: str = ENGLISH) -> None:
        self.store = store
        #: The language in which texts are told where they have it.
        self.language = language

    @classmethod
    def of(cls, quads: Iterable[Quad | Triple]) -> Graph:
        """A graph that holds the given statements."""
        store = Store()
        store.bulk_extend(quad if isinstance(quad, Quad) else Quad(*quad) for quad in quads)
        return cls(store)

    def __len__(self) -> int:
        return len(self.store)

    def objects(self, subject: Node, predicate: NamedNode) -> list[Term]:
        """The values of a property, in a fixed order."""
        found = (quad.object for quad in self.store.quads_for_pattern(subject, predicate, None))
        return sorted(set(found), key=str)

    def nodes(self, subject: Node, predicate: NamedNode) -> list[Node]:
        """The values of a property that are IRIs or blank nodes."""
        return [term for term in self.objects(subject, predicate) if isinstance(term, NamedNode | BlankNode)]

    def iris(self, subject: Node, predicate: NamedNode) -> list[str]:
        """The values of a property that are IRIs, as strings."""
        return [term.value for term in self.objects(subject, predicate) if isinstance(term, NamedNode)]

    def subjects(self, predicate: NamedNode, value: Term) -> list[Node]:
        """The subjects that have a value, in a fixed order."""
        found = {quad.subject for quad in self.store.quads_for_pattern(None, predicate, value)}
        return sorted((s for s in found if isinstance(s, NamedNode | BlankNode)), key=str)

    def instances(self, cls: Node) -> list[NamedNode]:
        """The named things of a class, in a fixed order."""
        return [node for node in self.subjects(v.TYPE, cls) if isinstance(node, NamedNode)]

    def has(self, subject: Node, predicate: NamedNode, value: Term) -> bool:
        """Whether the statement is in the graph."""
        return next(iter(self.store.quads_for_pattern(subject, predicate, value)), None) is not None

    def texts(self, subject: Node, predicate: NamedNode) -> list[str]:
        """The texts of a property: those in the graph's language first, then in English or in none, then others."""
        literals = [term for term in self.objects(subject, predicate) if isinstance(term, Literal)]
        literals.sort(key=lambda literal: (language_rank(literal.language, self.language), literal.value))
        return [literal.value for literal in literals]

    def told(self, subject: Node, predicate: NamedNode) -> list[str]:
        """The texts of a property that are in the best language that it has."""
        literals = [term for term in self.objects(subject, predicate) if isinstance(term, Literal)]
        ranks = [language_rank(literal.language, self.language) for literal in literals]
        found = [text.value for text, rank in zip(literals, ranks, strict=True) if rank == min(ranks)]
        return sorted(found)

    def languages(self) -> list[str]:
        """The languages that texts are in, in alphabetical order."""
        predicates = (v.LABEL, v.PREF_LABEL, v.ALT_LABEL, v.DEFINITION)
        quads = (quad for one in predicates for quad in self.store.quads_for_pattern(None, one, None))
        texts = (quad.object for quad in quads if isinstance(quad.object, Literal))
        return sorted({text.language for text in texts if text.language})

    def text(self, subject: Node, predicate: NamedNode) -> str | None:
        """The text of a property, in the graph's language where there is one, else in English."""
        return next(iter(self.texts(subject, predicate)), None)

    def label(self, subject: Node) -> str | None:
        """The preferred label, or else the label, in the best language that either has."""
        literals = [term for name in (v.PREF_LABEL, v.LABEL) for term in self.objects(subject, name)]
        texts = [term for term in literals if isinstance(term, Literal)]
        best = min(texts, key=lambda text: language_rank(text.language, self.language), default=None)
        return best.value if best is not None else None

    def number(self, subject: Node, predicate: NamedNode) -> int | None:
        """The whole number that a property has."""
        text = self.text(subject, predicate)
        return int(text) if text is not None and text.lstrip("-").isdigit() else None

    def flag(self, subject: Node, predicate: NamedNode) -> bool:
        """Whether a property is true."""
        return self.text(subject, predicate) in ("true", "1")

    def items(self, node: Node) -> list[Node]:
        """The members of an RDF list."""
        members: list[Node] = []
        seen: set[Node] = set()
        while node != v.NIL and node not in seen:
            seen.add(node)
            first, rest = self.nodes(node, v.FIRST), self.nodes(node, v.REST)
            if not first or not rest:
                break
            members.append(first[0])
            node = rest[0]
        return members

    def about(self, subject: Node) -> list[Triple]:
        """What is said of a thing, with the blank nodes that the statements lead to."""
        found: list[Triple] = []
        waiting: list[Node] = [subject]
        seen: set[Node] = set()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            for quad in self.store.quads_for_pattern(node, None, None):
                found.append(quad.triple)
                if isinstance(quad.object, BlankNode):
                    waiting.append(quad.object)
        return found


class Ontology:
    """The ontology of some folders: its statements as written, and its closure, made once and cached."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)
        self.files = turtle_files(self.folders)
        self._rules = tuple(data_folder("queries") / name for name in CLOSING_RULES)
        #: A hash of all that the closure depends on.
        self.digest = digest((*self.files, *self._rules), CLOSURE_REVISION, version("owlrl"), version("rdflib"))

    def stated(self) -> list[Quad]:
        """The statements as they stand in the files. Raises OntologyError on broken syntax."""
        return [quad for file in self.files for quad in parse_file(file)]

    def closure(self) -> bytes:
        """The OWL 2 RL closure, told in SKOS's terms too, as N-Triples; from the cache where it is there and whole.

        Raises OntologyError when the ontology contradicts itself; the value of each fault is what the reasoner says.
        """
        return cached(f"closure-{self.digest[:32]}.nt", self._close)

    def graph(self) -> Graph:
        """The closure, loaded."""
        store = Store()
        store.bulk_load(self.closure(), format=RdfFormat.N_TRIPLES)
        return Graph(store)

    def _close(self) -> bytes:
        log.info("Closing the ontology under OWL 2 RL; this is done once for each version of its files.")
        triples, contradictions = close(quad.triple for quad in self.stated())
        if contradictions:
            begun = "The ontology contradicts itself: "
            raise OntologyError(tuple(Fault(begun + text, value=text) for text in contradictions))
        told = constructed(triples, *(rule.read_text(encoding="utf-8") for rule in self._rules))
        result = serialize(sorted({*triples, *told}, key=str), format=RdfFormat.N_TRIPLES)
        assert isinstance(result, bytes)
        return result


_SUFFIXES = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}


def format_of(file: Path) -> RdfFormat | None:
    """The RDF syntax that a file's name tells, if any."""
    return _SUFFIXES.get(file.suffix.lower())


def parse_rdf(content: bytes, syntax: RdfFormat, name: str | None = None, limit: int | None = None) -> list[Quad]:
    """The statements of a submitted document, ``limit`` at most; nothing is ever fetched.

    Raises InputError with line and column (where the syntax allows it) when it is not RDF.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    if syntax is RdfFormat.RDF_XML:
        _refuse_entities(content, name)
        check_xml(content, name)
    try:
        quads = list(itertools.islice(parse(content, format=syntax), None if limit is None else limit + 1))
    except SyntaxError as error:
        told = shortened(str(error.msg))
        if "LoadDocumentCallback" in told:
            told = "a context from elsewhere is not fetched; put the context into the document."
        message = f"This is not {syntax.name} that can be read: {told}"
        line, column, piece = broken_at(error, content)
        raise InputError.of(message, file=name, line=line, column=column, value=piece) from None
    except (ValueError, OSError) as error:
        raise InputError.of(f"This is not {syntax.name}: {shortened(str(error))}", file=name) from None

    if limit is not None and len(quads) > limit:
        raise InputError.of(f"The document has more than {limit} statements. Send it in parts.", file=name)
    if any(isinstance(quad.object, Triple) for quad in quads):
        raise InputError.of("A triple that stands as a value (RDF 1.2) is not read here.", file=name)
    return _numbered(quads, content)


#: The label that the parser makes up for a blank node without one.
_MADE_UP: Final = re.compile(r"[a-f][0-9a-f]{15,31}")


def _numbered(quads: list[Quad], content: bytes) -> list[Quad]:
    """The statements with blank nodes that have no label called b1, b2 ..., so that the same text reads the same."""
    labels: dict[str, None] = {}
    for quad in quads:
        for thing in (quad.subject, quad.object):
            if isinstance(thing, BlankNode):
                labels.setdefault(thing.value)
    made_up = [label for label in labels if _MADE_UP.fullmatch(label)]
    if not made_up:
        return quads
    written = {found.decode() for found in re.findall(rb"[a-f][0-9a-f]{15,31}", content)}
    numbers = (f"b{number}" for number in itertools.count(1))
    free = (label for label in numbers if label not in labels)
    named = {label: BlankNode(next(free)) for label in made_up if label not in written}

    def renamed(thing: Term) -> Any:
        return named.get(thing.value, thing) if isinstance(thing, BlankNode) else thing

    return [Quad(renamed(q.subject), q.predicate, renamed(q.object), q.graph_name) for q in quads]


def read_content(path: Path) -> bytes:
    """The content of a submitted file. Raises InputError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError.of(f"The file cannot be read: {error.strerror or error}.", file=str(path)) from None


def read_rdf(path: Path, *also: str) -> list[Quad]:
    """The statements of a file of RDF, whose ending tells the syntax; ``also`` are endings read elsewhere.

    Raises InputError when it cannot be read.
    """
    syntax = format_of(path)
    if syntax is None:
        known = " ".join((*_SUFFIXES, *also))
        raise InputError.of(f"The ending {path.suffix!r} is of no known syntax; known are {known}.", file=str(path))
    return parse_rdf(read_content(path), syntax, str(path))


def _refuse_entities(content: bytes, name: str | None) -> None:
    """Refuse XML entities, of which a few lines can stand for gigabytes."""
    if b"\0" in content:
        raise InputError.of("RDF/XML is read in UTF-8 only.", file=name)
    if (place := content.upper().find(b"<!DOCTYPE")) >= 0:
        message = "A document type and its entities are not read in RDF/XML; write the IRIs in full."
        raise InputError.of(message, file=name, line=content.count(b"\n", 0, place) + 1)


def shortened(text: str, limit: int = 300) -> str:
    """A message that may quote a whole document, cut to what a person reads."""
    return text if len(text) <= limit else f"{text[: limit // 2]} ... {text[-limit // 2 :]}"
