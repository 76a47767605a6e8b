"""The OWL 2 RL profile: class expressions that stand where it does not allow them.

The rules are those of W3C OWL 2 Profiles, section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.findings import Finding
from spinecode.graph import Graph, Node
from spinecode.places import Places
from spinecode.vocabulary import term

RULE = "https://www.w3.org/TR/owl2-profiles/#OWL_2_RL"

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
_FIX = "Say what is enough for the class with rdfs:subClassOf, from the intersection to the class."


def outside_profile(places: Places, graph: Graph) -> list[Finding]:
    """A finding for each class expression, at its line, that OWL 2 RL does not allow where it stands."""
    found: dict[Triple, Finding] = {}
    for quad in places.quads:
        if quad.predicate == v.SUBCLASS:
            for node, banned, side in ((quad.subject, _ABOVE_ONLY, "below"), (quad.object, _BELOW_ONLY, "above")):
                for triple in _banned(graph, node, banned, set()):
                    found.setdefault(triple, _finding(places, graph, triple, f"{side} a subclass axiom"))
        elif quad.predicate == v.EQUIVALENT_CLASS:
            where = f"in the definition of {_named(quad.subject)} as an equivalent class"
            for triple in _banned(graph, quad.object, _ABOVE_ONLY + _BELOW_ONLY, set()):
                found.setdefault(triple, _finding(places, graph, triple, where))
        elif quad.predicate in _NOT_RL:
            message = f"{v.shorten(quad.predicate.value)} is not part of OWL 2 RL."
            fix = "Leave it out, or say it with what the profile has (owl:maxCardinality 0 or 1, owl:hasValue)."
            about = places.owner(quad.subject)
            finding = Finding("profile", message, fix=fix, rule=RULE, about=about)
            found.setdefault(quad.triple, finding.at(places.of_predicate(quad.triple)))
    return list(found.values())


def _finding(places: Places, graph: Graph, triple: Triple, where: str) -> Finding:
    assert isinstance(triple.subject, NamedNode | BlankNode)
    on = ", ".join(v.shorten(iri) for iri in graph.iris(triple.subject, v.ON_PROPERTY))
    what = f"{v.shorten(triple.predicate.value)} {_named(triple.object)}" + (f" on {on}" if on else "")
    message = f"{what} may not stand {where} in OWL 2 RL."
    finding = Finding("profile", message, fix=_FIX, rule=RULE, about=places.owner(triple.subject))
    return finding.at(places.of_predicate(triple))


def _named(node: object) -> str:
    return v.shorten(node.value) if isinstance(node, NamedNode) else "an unnamed class"


def _banned(graph: Graph, node: object, banned: tuple[NamedNode, ...], seen: set[Node]) -> Iterator[Triple]:
    """The statements of an unnamed class expression, however deep, that have a banned predicate."""
    if not isinstance(node, BlankNode) or node in seen:
        return
    seen.add(node)
    for predicate in banned:
        for filler in graph.nodes(node, predicate):
            yield Triple(node, predicate, filler)
    for predicate in (v.INTERSECTION, v.UNION):
        for items in graph.nodes(node, predicate):
            for member in graph.items(items):
                yield from _banned(graph, member, banned, seen)
