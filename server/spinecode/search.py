"""Search over all names in the graph: labels, other labels and notations in every language, of terms and of queries.

The ranking is fixed: how well the names fit, then what kind of thing it is, then the shorter name, then the alphabet.
"""

from __future__ import annotations

import bisect
import difflib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from spinecode import vocabulary as v
from spinecode.catalogue import CataloguedQuery
from spinecode.graph import Graph, Node
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import term

_NAMING: Final = (v.NOTATION, v.PREF_LABEL, v.LABEL, v.ALT_LABEL, term("skos:hiddenLabel"), term("sh:name"))
_TELLING: Final = tuple(term(name) for name in ("skos:definition", "rdfs:comment", "sh:description", "skos:note"))
#: The kinds of things that are found, the ones that are looked for most first.
KINDS: Final = ("code", "value", "family", "axis", "concept", "query", "class", "property", "other", "source", "shape")
#: What is looked for by its whole name, and else stands behind what the names of others begin with.
_TECHNICAL: Final = ("class", "property", "other", "source", "shape")
_CLASSES: Final = (
    ("concept", ("skos:Concept", "skos:ConceptScheme")),
    ("class", ("owl:Class", "rdfs:Class")),
    ("property", ("owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")),
    ("source", ("spine:Source",)),
    ("shape", ("sh:NodeShape", "sh:PropertyShape")),
)
#: How well an entry fits, the best first: in one name, over several names, only with its definition, within a word.
_EXACT, _BEGINS_WITH_WORDS, _BEGINS, _WORDS, _WORDS_BEGIN, _OVER_NAMES, _TOLD, _WITHIN = range(8)
#: From how many letters on a piece within a word counts as found.
_PIECE: Final = 3


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a thing, with its language (None without one) and the form in which it is compared."""

    text: str
    language: str | None
    folded: str

    @classmethod
    def of(cls, text: str, language: str | None = None) -> Name:
        """The name with its folded form."""
        return cls(text, language, folded(text))

    @property
    def words(self) -> list[str]:
        """The folded words."""
        return self.folded.split()


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that can be found.

    ``kind`` is one of KINDS. ``iri`` is None for a query, whose ``key`` is its name; the key of a code is its number,
    that of a value the name of its axis. ``past`` tells that it is not in force any more.
    """

    iri: str | None
    kind: str
    key: str
    label: str
    definition: str
    names: tuple[Name, ...]
    past: bool
    words: frozenset[str]
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found, and the name by which it was: None where only several names or the definition fit."""

    entry: Entry
    name: Name | None


@dataclass(frozen=True, slots=True)
class Found:
    """The best ``hits``, how many there are in all, and, where there are none, what may have been meant."""

    hits: tuple[Hit, ...]
    number: int
    nearest: tuple[str, ...] = ()


def folded(text: str) -> str:
    """A text in the form in which it is looked for: no case, no accents, nothing but letters, digits and spaces.

    >>> folded("A-B/7, Übung")
    'a b 7 ubung'
    """
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


class SearchIndex:
    """The names of everything that has a page, made once of the closed graph, the shapes and the catalogue."""

    def __init__(self, knowledge: Knowledge) -> None:
        bases = namespaces(knowledge.graph)
        terms = [
            *_entries(knowledge.graph, knowledge.index, bases),
            *_entries(knowledge.shapes, knowledge.index, bases),
        ]
        once = {entry.iri: entry for entry in reversed(terms)}
        self.entries: tuple[Entry, ...] = (*once.values(), *_queries(knowledge.queries))
        self._by_iri = {entry.iri: entry for entry in self.entries if entry.iri is not None}
        self._vocabulary = sorted({word for entry in self.entries for word in entry.words})
        places: dict[str, set[int]] = {}
        for place, entry in enumerate(self.entries):
            for word in entry.words | entry.told:
                places.setdefault(word, set()).add(place)
        self._places = places
        self._words = sorted(places)

    def find(self, text: str, limit: int = 20, kinds: Iterable[str] = KINDS) -> Found:
        """What has names with all the words of a text, each at the beginning of a word; the best first.

        Where there is none, what has the text within a word. An IRI or a prefixed name finds that term. Where nothing
        is found, ``nearest`` has the text with the words that are not known replaced by the nearest that are.
        """
        wanted = folded(text)
        if not wanted:
            return Found((), 0)
        kinds = frozenset(kinds)
        if (exact := self._by_iri.get(_expanded(text.strip()))) is not None and exact.kind in kinds:
            return Found((Hit(exact, None),), 1)
        words = wanted.split()
        places = set.intersection(*map(self._beginning, dict.fromkeys(words)))
        found = []
        for entry in [self.entries[place] for place in places] or self.entries:
            if entry.kind in kinds and (fit := _fit(entry, wanted, words)) is not None:
                tier, name = fit
                if entry.kind in _TECHNICAL and tier != _EXACT:
                    tier = max(tier, _WORDS_BEGIN)
                size = len(name.folded) if name is not None else len(entry.label)
                order = (tier, entry.past, KINDS.index(entry.kind), size, entry.label.casefold(), entry.iri or "")
                found.append((order, Hit(entry, name)))
        found.sort(key=lambda one: one[0])
        nearest = self._nearest(words) if not found else ()
        return Found(tuple(hit for _, hit in found[:limit]), len(found), nearest)

    def _beginning(self, word: str) -> set[int]:
        """Where the entries are that have a word with this beginning."""
        found: set[int] = set()
        for known in itertools.islice(self._words, bisect.bisect_left(self._words, word), None):
            if not known.startswith(word):
                break
            found |= self._places[known]
        return found

    def _nearest(self, words: list[str]) -> tuple[str, ...]:
        mended = []
        for word in words:
            if any(known.startswith(word) for known in self._vocabulary):
                mended.append(word)
                continue
            near = difflib.get_close_matches(word, self._vocabulary, n=1, cutoff=0.7)
            if near:
                mended.append(near[0])
        whole = " ".join(mended)
        tried = [whole, *mended] if mended and mended != words else mended
        return tuple(dict.fromkeys(one for one in tried if one and one != " ".join(words) and self.find(one, 1).number))


def _expanded(text: str) -> str:
    """The IRI that a prefixed name stands for, or the text."""
    prefix, colon, local = text.strip("<>").partition(":")
    return v.PREFIXES[prefix] + local if colon and prefix in v.PREFIXES else text.strip("<>")


def _fit(entry: Entry, wanted: str, words: list[str]) -> tuple[int, Name | None] | None:
    """How well an entry fits, and the name that does; None when it does not."""
    best: tuple[int, int, Name | None] | None = None
    for name in entry.names:
        tier = _tier(name.folded, wanted, words)
        if tier is not None and (best is None or (tier, len(name.folded)) < best[:2]):
            best = (tier, len(name.folded), name)
    if best is not None and best[0] < _OVER_NAMES:
        return best[0], best[2]
    if _all_begin(words, entry.words):
        return _OVER_NAMES, None
    if _all_begin(words, entry.words | entry.told):
        return _TOLD, None
    return (best[0], best[2]) if best is not None else None


def _tier(name: str, wanted: str, words: list[str]) -> int | None:
    if name == wanted:
        return _EXACT
    if name.startswith(wanted):
        return _BEGINS_WITH_WORDS if name[len(wanted)] == " " else _BEGINS
    own = name.split()
    if set(words) <= set(own):
        return _WORDS
    if _all_begin(words, own):
        return _WORDS_BEGIN
    return _WITHIN if len(wanted) >= _PIECE and wanted in name else None


def _all_begin(words: list[str], known: Iterable[str]) -> bool:
    known = tuple(known)
    return all(any(one.startswith(word) for one in known) for word in words)


# ---------------------------------------------------------------- what there is


def namespaces(graph: Graph) -> tuple[str, ...]:
    """Where the terms are that have a page: ours first, and those of the packs that are loaded."""
    told = term("vann:preferredNamespaceUri")
    found = {text for node in graph.instances(term("owl:Ontology")) for text in graph.texts(node, told)}
    return (v.SPINE, *sorted(found - {v.SPINE}))


def _entries(graph: Graph, index: RuleIndex, bases: tuple[str, ...]) -> Iterable[Entry]:
    subjects = {quad.subject for quad in graph.store if isinstance(quad.subject, NamedNode)}
    codes = {code.iri: code for code in index.codes.values()}
    kinds = {value.iri: ("value", value.axis) for value in index.values}
    kinds |= {axis.iri: ("axis", axis.name) for axis in index.rules.axes}
    kinds |= {code.family: ("family", "") for code in codes.values()}
    kinds |= {code.iri: ("code", code.code) for code in codes.values()}
    for node in sorted((one for one in subjects if one.value.startswith(bases)), key=str):
        kind, key = kinds.get(node.value) or (_kind(graph, node), "")
        past = kind == "code" and codes[node.value].valid_until is not None
        local = re.split(r"[/#]", node.value)[-1]
        names = {Name.of(text, language): None for text, language in _literals(graph, node, _NAMING)}
        names[Name.of(local)] = None
        definition = next((text for one in _TELLING if (text := graph.text(node, one)) is not None), "")
        label = codes[node.value].label if kind == "code" else graph.label(node) or _first(names) or local
        if kind != "other" or graph.label(node) or definition:
            yield _entry(node.value, kind, key, label, definition, names, past)


def _first(names: Mapping[Name, None]) -> str:
    return next((name.text for name in names if name.language is not None), "")


def _literals(graph: Graph, node: Node, properties: Iterable[NamedNode]) -> Iterable[tuple[str, str | None]]:
    for one in properties:
        for value in graph.objects(node, one):
            if isinstance(value, Literal):
                yield value.value, value.language


def _kind(graph: Graph, node: NamedNode) -> str:
    types = {item for item in graph.nodes(node, v.TYPE) if isinstance(item, NamedNode)}
    return next((kind for kind, classes in _CLASSES if types.intersection(map(term, classes))), "other")


def _queries(queries: Mapping[str, CataloguedQuery]) -> Iterable[Entry]:
    for query in queries.values():
        texts = (query.title, query.name, *query.header.keywords)
        names = {Name.of(text): None for text in texts}
        yield _entry(None, "query", query.name, query.title, query.question, names, False)


def _entry(
    iri: str | None, kind: str, key: str, label: str, definition: str, names: Mapping[Name, None], past: bool
) -> Entry:
    known = tuple(name for name in names if name.folded)
    words = frozenset(word for name in known for word in name.words)
    return Entry(iri, kind, key, label, definition, known, past, words, frozenset(folded(definition).split()))
