"""Findings that an ontology accepts: statements that say of which kind, about which term, and why."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from spinecode import vocabulary as v
from spinecode.findings import Finding
from spinecode.graph import Node
from spinecode.places import Places
from spinecode.vocabulary import term

#: What can never be accepted, since nothing can be said for sure with it.
_NEVER = frozenset({"syntax", "file", "acceptance"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that does not count, and why."""

    finding: Finding
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON, with the reason."""
        return {**self.finding.to_json(), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class _Acceptance:
    node: Node
    kind: str
    terms: frozenset[str]
    reason: str

    def takes(self, finding: Finding) -> bool:
        return finding.kind == self.kind and finding.kind not in _NEVER and finding.about in self.terms


def judged(
    findings: Iterable[Finding], places: Places, *, whole: bool, unsure: Set[str] = frozenset()
) -> tuple[list[Finding], list[Accepted]]:
    """The findings that count, and those that are accepted.

    Where the check was ``whole``, an acceptance that takes no finding is a finding itself; not so for the kinds that
    nobody could look for (``unsure``).
    """
    acceptances = list(_acceptances(places))
    counted: list[Finding] = []
    accepted: list[Accepted] = []
    used: set[Node] = set()
    for finding in findings:
        taking = next((one for one in acceptances if one.takes(finding)), None)
        if taking is None:
            counted.append(finding)
        else:
            used.add(taking.node)
            accepted.append(Accepted(finding, taking.reason))
    if whole:
        for one in acceptances:
            if one.node not in used and one.kind not in unsure and one.terms and one.kind:
                counted.append(_idle(one, places))
    return counted, accepted


def _acceptances(places: Places) -> Iterable[_Acceptance]:
    for quad in places.quads:
        node = quad.subject
        if quad.predicate != v.TYPE or quad.object != term("spine:AcceptedFinding"):
            continue
        assert isinstance(node, NamedNode | BlankNode)
        told = {
            curie: [triple.object for triple in places.about(node) if triple.predicate == term(curie)]
            for curie in ("spine:findingKind", "spine:aboutTerm", "rdfs:comment")
        }
        kinds = [text.value for text in told["spine:findingKind"] if isinstance(text, Literal)]
        terms = frozenset(iri.value for iri in told["spine:aboutTerm"] if isinstance(iri, NamedNode))
        reasons = [text.value for text in told["rdfs:comment"] if isinstance(text, Literal)]
        # without a reason nothing is accepted; a shape says what is missing
        if reasons:
            yield _Acceptance(node, kinds[0] if kinds else "", terms, reasons[0])


def _idle(one: _Acceptance, places: Places) -> Finding:
    names = ", ".join(sorted(map(v.shorten, one.terms)))
    message = f"This accepts nothing: there is no finding of the kind {one.kind!r} about {names}."
    fix = "Remove it, or mend its spine:findingKind and spine:aboutTerm."
    return Finding("acceptance", message, fix=fix, about=min(one.terms)).at(places.home(one.node))
