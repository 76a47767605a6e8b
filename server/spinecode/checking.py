"""The check of an ontology: syntax, names, profile, consistency, and whether the rules can be read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.errors import OntologyError
from spinecode.files import turtle_files
from spinecode.graph import Graph, Node, close, parse_file
from spinecode.index import RuleIndex
from spinecode.reading import read_rules
from spinecode.rules import Rules
from spinecode.vocabulary import term


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of an ontology, with the file, and the place in it where that is known."""

    kind: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place + ': ' if place else ''}{self.message}"


def check_ontology(folders: Iterable[Path]) -> list[Finding]:
    """The faults of the ontology in some folders taken together; an empty list when there are none.

    Kinds: ``syntax``, ``file`` (nothing in it to be read), ``name`` (an IRI that nothing defines), ``profile`` (not
    OWL 2 RL), ``consistency``, ``rule`` (what the readers do not understand, or cannot rely on), ``code`` (a code that
    lacks something).
    """
    quads: list[Quad] = []
    findings: list[Finding] = []
    home: dict[str, str] = {}
    folders = list(folders)
    for folder in folders:
        if not turtle_files([folder]):
            findings.append(Finding("file", "There is no Turtle file (.ttl) here; nothing was read.", str(folder)))
    for file in turtle_files(folders):
        try:
            found = list(parse_file(file))
        except OntologyError as error:
            findings += [Finding("syntax", f.message, f.file, f.line, f.column) for f in error.faults]
            continue
        for quad in found:
            if isinstance(quad.subject, NamedNode):
                home.setdefault(quad.subject.value, str(file))
        findings += _dangling_later(found, str(file))
        if not any(_speaks_of_ours(quad) for quad in found):
            message = f"Nothing in this file is said with the terms of {v.SPINE}; is its prefix right?"
            findings.append(Finding("file", message, str(file)))
        quads += found
    described = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
    findings = [f for f in findings if f.kind != "name" or f.message not in described]
    findings = [_dangling(f, described) if f.kind == "name" else f for f in findings]
    if any(f.kind == "syntax" for f in findings):
        return findings
    findings += _profile(Graph.of(quads))
    triples, contradictions = close(quad.triple for quad in quads)
    findings += [Finding("consistency", text) for text in contradictions]
    try:
        rules = read_rules(Graph.of(triples), "")
        RuleIndex(rules)
    except OntologyError as error:
        return findings + [Finding("rule", fault.message, home.get(fault.value or "")) for fault in error.faults]
    return findings + _codes(rules, home)


def _dangling_later(quads: Iterable[Quad], file: str) -> list[Finding]:
    """The IRIs of ours, or of its own namespaces, that a file uses: findings to be kept if nothing defines them."""
    quads = list(quads)
    own = {_namespace(quad.subject.value) for quad in quads if isinstance(quad.subject, NamedNode)}
    own -= set(v.PREFIXES.values())
    used = {
        node.value
        for quad in quads
        for node in (quad.predicate, quad.object)
        if isinstance(node, NamedNode) and node.value != v.SPINE
        if node.value.startswith(v.SPINE) or _namespace(node.value) in own
    }
    versions = {
        quad.object.value
        for quad in quads
        if quad.predicate == term("owl:versionIRI") and isinstance(quad.object, NamedNode)
    }
    return [Finding("name", iri, file) for iri in sorted(used - versions)]


def _speaks_of_ours(quad: Quad) -> bool:
    return any(
        isinstance(n, NamedNode) and n.value.startswith(v.SPINE) for n in (quad.subject, quad.predicate, quad.object)
    )


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _dangling(finding: Finding, described: set[str]) -> Finding:
    message = f"{v.shorten(finding.message)} is not defined anywhere; define it, or mend the name."
    near = difflib.get_close_matches(finding.message, described, n=1, cutoff=0.9)
    if near:
        message += f" Did you mean {v.shorten(near[0])}?"
    return Finding("name", message, finding.file)


def _codes(rules: Rules, home: dict[str, str]) -> list[Finding]:
    findings = []
    defined = {definition.code for definition in rules.definitions}
    for code in rules.codes:
        missing = [
            name
            for name, present in (
                ("a skos:definition", code.definition),
                ("a dcterms:source", code.sources),
                ("a spine:trust", code.trust),
                ("a spine:reportingUnit", code.unit),
                ("a spine:inFamily", code.family),
                ("a definition: no class with requirements leads to it", code.code in defined),
            )
            if not present
        ]
        for name in missing:
            findings.append(Finding("code", f"{v.shorten(code.iri)} lacks {name}.", home.get(code.iri)))
    return findings


# ---------------------------------------------------------------- the OWL 2 RL profile

_ABOVE_ONLY = (v.ALL_VALUES,)
_BELOW_ONLY = (v.SOME_VALUES, v.UNION, v.ONE_OF)
_NOT_RL = tuple(
    term(f"owl:{name}")
    for name in (
        "hasSelf",
        "disjointUnionOf",
        "minCardinality",
        "minQualifiedCardinality",
        "cardinality",
        "qualifiedCardinality",
    )
)


def _profile(graph: Graph) -> list[Finding]:
    """Where class expressions stand that OWL 2 RL does not allow there (W3C OWL 2 Profiles, section 4.2)."""
    findings = []
    for quad in graph.store.quads_for_pattern(None, v.SUBCLASS, None):
        for node, banned, place in ((quad.subject, _ABOVE_ONLY, "below"), (quad.object, _BELOW_ONLY, "above")):
            if isinstance(node, BlankNode | NamedNode):
                findings += _banned(graph, node, banned, f"{place} a subclass axiom", set())
    for quad in graph.store.quads_for_pattern(None, v.EQUIVALENT_CLASS, None):
        if isinstance(quad.object, BlankNode | NamedNode):
            where = f"in the definition of {_named(quad.subject)} as an equivalent class"
            findings += _banned(graph, quad.object, _ABOVE_ONLY + _BELOW_ONLY, where, set())
    for predicate in _NOT_RL:
        if next(iter(graph.store.quads_for_pattern(None, predicate, None)), None) is not None:
            findings.append(Finding("profile", f"{v.shorten(predicate.value)} is not part of OWL 2 RL."))
    return list(dict.fromkeys(findings))


def _named(node: object) -> str:
    return v.shorten(node.value) if isinstance(node, NamedNode) else "an unnamed class"


def _banned(graph: Graph, node: Node, banned: tuple[NamedNode, ...], where: str, seen: set[Node]) -> list[Finding]:
    if node in seen or isinstance(node, NamedNode):
        return []
    seen.add(node)
    findings = []
    for predicate in banned:
        for filler in graph.nodes(node, predicate):
            on = ", ".join(v.shorten(iri) for iri in graph.iris(node, v.ON_PROPERTY))
            what = f"{v.shorten(predicate.value)} {_named(filler)}" + (f" on {on}" if on else "")
            advice = "Say what is enough for the class with rdfs:subClassOf from the intersection to the class."
            findings.append(Finding("profile", f"{what} may not stand {where} in OWL 2 RL. {advice}"))
    for predicate in (v.INTERSECTION, v.UNION):
        for items in graph.nodes(node, predicate):
            for member in graph.items(items):
                findings += _banned(graph, member, banned, where, seen)
    return findings
