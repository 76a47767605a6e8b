"""The fast SHACL engine: a compiled one (``shacl`` of PyPI, in Rust), for as much as it is proved to say like pySHACL.

It is used where it is installed. Which shapes it runs is decided by the SHACL terms in them, which descriptions by the
kinds of terms in them; whatever is outside of that goes to pySHACL, so that the results are always those of pySHACL.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, serialize

from spinecode import vocabulary as v
from spinecode.bridge import Found
from spinecode.description import fact_properties, node_name
from spinecode.graph import Graph
from spinecode.knowledge import Knowledge
from spinecode.rules import is_date
from spinecode.shacl import Engine, Runs, named, renamed, vocabulary_of
from spinecode.vocabulary import term

if TYPE_CHECKING:
    from shacl import Result, Shapes

_SH: Final = v.PREFIXES["sh"]
#: What aims a shape, what says how its results look, and the constraints that both engines judge alike.
_TARGETS: Final = frozenset({"targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode"})
_TOLD: Final = frozenset({"message", "severity", "name", "description", "order", "group"})
_CONSTRAINTS: Final = frozenset(
    {
        *("property", "path", "or", "and", "not", "xone", "node", "class", "datatype", "nodeKind", "hasValue", "in"),
        *("minCount", "maxCount", "minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "pattern"),
        *("disjoint", "equals", "closed", "ignoredProperties"),
        *("qualifiedValueShape", "qualifiedMinCount", "qualifiedMaxCount", "alternativePath"),
    }
)
_KNOWN: Final = _TARGETS | _TOLD | _CONSTRAINTS
#: Patterns that mean the same to both; ``$`` does, on a text of one line.
_PLAIN_PATTERN: Final = re.compile(r"[\^]?(?:[A-Za-z0-9 -]|\[[A-Za-z0-9-]+\]|\{[0-9,]+\}|[?*+()|])*\$?")
_PATH: Final = term("sh:path")
_DAY_TYPE: Final = term("xsd:date")
_TIME_TYPE: Final = term("xsd:dateTime")
_PLAIN_DAY: Final = re.compile(
    r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}|[A-Za-z ]*|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}", re.ASCII
)
_PLAIN_PATH: Final = re.compile(r"<[^<>]*>")
_PLAIN_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]", re.ASCII)
_NUMBER_TYPES: Final = (term("xsd:integer"), term("xsd:decimal"))
_PLAIN_NUMBER: Final = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_TEXT_TYPES: Final = (term("xsd:string"), term("rdf:langString"))
#: Texts on which the two may differ: engines disagree on what ends a line, and on how some are written down.
_ODD_TEXT: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ufffe\uffff]")
_ODD_IRI: Final = re.compile(r"[^!#-;=?-\[\]_a-z~\u00a1-\ud7ff]")


class FastEngine:
    """The shapes, compiled, with pySHACL beside them for what is left."""

    def __init__(self, knowledge: Knowledge) -> None:
        from shacl import Shapes

        quads = knowledge.description_shapes
        self.shapes = Graph.of(quads)
        self.shapes.language = knowledge.language
        aimed = {q.subject for q in quads if q.predicate.value.removeprefix(_SH) in _TARGETS}
        own = {shape for shape in aimed if isinstance(shape, NamedNode) and _is_known(self.shapes, shape)}
        spoken = (_SH, v.PREFIXES["rdf"])
        kept = [
            quad.triple
            for quad in quads
            if quad.predicate.value.startswith(spoken)
            and (quad.subject in own or quad.predicate.value.removeprefix(_SH) not in _TARGETS)
        ]
        self._compiled: Shapes = Shapes.from_text(_lines(kept).decode(), format="ntriples")
        # of the classes of a value, those that a shape names: the engine reads the rest for nothing
        classes = {triple.object for triple in kept}
        self._vocabulary = {
            iri: _lines(triple for triple in triples if triple.predicate != v.TYPE or triple.object in classes)
            for iri, triples in vocabulary_of(knowledge).items()
        }
        ours = {*self._vocabulary, *fact_properties(knowledge.index), v.TYPE.value, v.INJECTION.value}
        self._plain = frozenset(iri for iri in ours if _ODD_IRI.search(iri) is None)
        self._knowledge = knowledge
        self._unread = unread_properties(knowledge)
        others = {shape.value for shape in aimed - own if isinstance(shape, NamedNode)}
        self._others = Engine(knowledge, others) if others else None

    @cached_property
    def _reference(self) -> Engine:
        # pySHACL takes longer to load than all the rest, and is seldom needed
        return Engine(self._knowledge)

    def run(self, facts: Sequence[Quad]) -> list[Found]:
        """What the shapes find about some descriptions, in no particular order."""
        facts = [quad for quad in facts if quad.predicate.value not in self._unread]
        odd = {quad.subject for quad in facts if not _is_plain(quad, self._plain)} | _ambiguous(facts)
        found = self._reference.run([quad for quad in facts if quad.subject in odd]) if odd else []
        plain = [quad for quad in facts if quad.subject not in odd] if odd else facts
        if not plain:
            return found
        quads, names = renamed(plain, self._vocabulary, blank=False)
        iris = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
        known = b"".join(self._vocabulary[iri] for iri in iris if iri in self._vocabulary)
        text = (_lines(quad.triple for quad in quads) + known).decode()
        try:
            report = self._compiled.validate_text(text, format="ntriples")
        except ValueError:  # it reads less than we do
            return found + self._reference.run(plain)
        blanks = {
            (node_name(quad.subject), quad.predicate.value): f"_:{quad.object.value}"  # type: ignore[arg-type]
            for quad in quads
            if isinstance(quad.object, BlankNode)
        }
        own = [_found(result, blanks) for result in report.results]
        if None in own:
            return found + self._reference.run(plain)
        found += named((one for one in own if one is not None), names)
        if self._others is not None:
            found += self._others.run(plain)
        return found


def _lines(triples: Any) -> bytes:
    content = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert content is not None
    return content


def _is_plain(quad: Quad, known: Container[str]) -> bool:
    """Whether both engines see the same in a statement; ``known`` are IRIs of which they do."""
    value = quad.object
    if isinstance(value, NamedNode):
        names = (value.value, quad.predicate.value)
        return all(name in known or _ODD_IRI.search(name) is None for name in names)
    if isinstance(value, BlankNode):
        return True
    if not isinstance(value, Literal):
        return False
    if value.datatype == _DAY_TYPE:
        # a day of no calendar is no day to either; time zones and the year 0 are another matter
        return _PLAIN_DAY.fullmatch(value.value) is not None
    if value.datatype == _TIME_TYPE:
        return _PLAIN_TIME.fullmatch(value.value) is not None and is_date(value.value[:10])
    if value.datatype in _NUMBER_TYPES:
        return _PLAIN_NUMBER.fullmatch(value.value) is not None
    return value.datatype in _TEXT_TYPES and _ODD_TEXT.search(value.value) is None


def _ambiguous(facts: Sequence[Quad]) -> set[Any]:
    """The descriptions with two blank nodes on a property: the compiled engine does not keep what they are called."""
    if not any(isinstance(quad.object, BlankNode) for quad in facts):
        return set()
    counts = Counter((quad.subject, quad.predicate) for quad in facts if isinstance(quad.object, BlankNode))
    return {subject for (subject, _), count in counts.items() if count > 1}


def _found(result: Result, blanks: Mapping[tuple[str, str], str]) -> Found | None:
    """A result, None where it is about a blank node that is not in ``blanks``, by description and property."""
    shape, path, value = result.source_shape, result.path, result.value
    plain_path = path[1:-1] if path is not None and _PLAIN_PATH.fullmatch(path) else None
    if value is not None and value.startswith("_:"):
        known = blanks.get((result.focus_node[1:-1], plain_path or ""))
        if known is None:
            return None
        told: str | None = known
    else:
        told = result.value_plain if value != result.focus_node else None
    return Found(
        severity=result.severity.lower(),
        focus_node=result.focus_node[1:-1],
        path=plain_path,
        value=told,
        value_is_node=value is not None and not value.startswith('"'),
        message=result.message or "",
        shape=NamedNode(shape[1:-1]) if shape is not None and shape.startswith("<") else None,
        component=result.component_iri,
    )


def unread_properties(knowledge: Knowledge) -> frozenset[str]:
    """The properties that a description may have and that no shape and no axis reads."""
    quads = knowledge.description_shapes
    ignoring = {quad.object for quad in quads if quad.predicate == term("sh:ignoredProperties")}
    listed: set[Any] = set()
    cells = {quad.subject: quad.object for quad in quads if quad.predicate == v.REST}
    for head in ignoring:
        node: Any = head
        while node in cells:
            listed.add(node)
            node = cells[node]
    ignored = {q.object.value for q in quads if q.subject in listed and isinstance(q.object, NamedNode)}
    read = {q.object.value for q in quads if q.subject not in listed and isinstance(q.object, NamedNode)}
    return frozenset(ignored - read - set(fact_properties(knowledge.index)) - set(v.CONCLUDED) - {v.NIL.value})


def _is_known(shapes: Graph, shape: NamedNode) -> bool:
    """Whether a shape, with all that it refers to, is of the kinds that both engines judge alike.

    The shapes that results come from have to have a message, since engines word their own.
    """
    reporting = {shape}
    for part, of_node in _parts(shapes, shape):
        said = {
            quad.predicate.value.removeprefix(_SH)
            for quad in shapes.store.quads_for_pattern(part, None, None)
            if quad.predicate.value.startswith(_SH)
        }
        if not said <= _KNOWN or (part != shape and not said.isdisjoint(_TARGETS)):
            return False
        if of_node and "path" not in said and "nodeKind" in said:
            return False  # a description always has an IRI here
        patterns = shapes.texts(part, term("sh:pattern"))
        if not all(_PLAIN_PATTERN.fullmatch(pattern) for pattern in patterns):
            return False
        if part in reporting:
            if "message" not in said:
                return False
            reporting |= {one for one in shapes.nodes(part, term("sh:property")) if isinstance(one, NamedNode)}
    return True


def _parts(shapes: Graph, start: NamedNode) -> Iterator[tuple[NamedNode | BlankNode, bool]]:
    """A shape and, from the outside in, all nodes that it refers to as far as the shapes describe them.

    Each comes with whether it judges the description itself and not what a path leads to.
    """
    waiting: list[tuple[Any, bool]] = [(start, True)]
    seen = set(waiting)
    while waiting:
        node, of_node = waiting.pop(0)
        yield node, of_node
        of_node &= not shapes.objects(node, _PATH)
        for quad in shapes.store.quads_for_pattern(node, None, None):
            refers = quad.predicate.value.startswith((_SH, v.PREFIXES["rdf"])) and quad.predicate != v.TYPE
            if refers and isinstance(quad.object, NamedNode | BlankNode) and (quad.object, of_node) not in seen:
                seen.add((quad.object, of_node))
                waiting.append((quad.object, of_node))


@lru_cache(maxsize=8)
def engine_for(knowledge: Knowledge) -> Runs:
    """The fast engine where it is installed, else pySHACL, for some knowledge."""
    try:
        import shacl  # noqa: F401
    except ImportError:
        return Engine(knowledge)
    return FastEngine(knowledge)
