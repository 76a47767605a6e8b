"""Which version of the ontology a store holds: told by a graph of its own, written last of all graphs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.errors import StoreVersionError
from spinecode.files import digest, turtle_files
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import SPINE, term

#: The graph that tells.
VERSION_GRAPH: Final = SPINE + "graph/version"
#: Raised when what the graphs hold changes though no file does.
_REVISION: Final = "2"

_RELEASE, _DIGEST, _PART, _SIZE = (
    term(name) for name in ("owl:versionInfo", "dcterms:identifier", "void:subset", "void:triples")
)

#: What a store says of the version that it holds: the version graph, and the header of the ontology.
VERSION_QUERY: Final = f"""SELECT ?graph ?s ?p ?o WHERE {{
  {{ GRAPH <{VERSION_GRAPH}> {{ ?s ?p ?o }} BIND ( <{VERSION_GRAPH}> AS ?graph ) }}
  UNION {{ <{SPINE}> <{_RELEASE.value}> ?o . BIND ( <{SPINE}> AS ?s ) BIND ( <{_RELEASE.value}> AS ?p ) }}
}}"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a store holds: a version of the ontology, with the digest of all graphs where it was pushed whole.

    ``graphs`` are those that a push put there or was about to; ``begun`` that one was begun at all.
    """

    release: str | None = None
    digest: str | None = None
    graphs: tuple[str, ...] = ()
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """The version of some knowledge: that of the ontology's header, and a digest of every file behind the graphs."""

    release: str
    digest: str

    def triples(self, graphs: Mapping[str, int], whole: bool) -> list[Triple]:
        """The version graph, for graphs with their numbers of statements; without ``whole``, of a push that goes on."""
        subject = NamedNode(VERSION_GRAPH)
        found = [
            Triple(subject, v.TYPE, term("void:Dataset")),
            Triple(subject, term("dcterms:isVersionOf"), NamedNode(SPINE)),
        ]
        for name, size in sorted(graphs.items()):
            found.append(Triple(subject, _PART, NamedNode(name)))
            if whole:
                found.append(Triple(NamedNode(name), _SIZE, Literal(str(size), datatype=term("xsd:integer"))))
        if whole:
            found.append(Triple(subject, _RELEASE, Literal(self.release)))
            found.append(Triple(subject, _DIGEST, Literal(self.digest)))
        return found

    def check(self, held: Held) -> None:
        """Refuse a store that holds something else. Raises StoreVersionError.

        A store that was filled by other means tells no digest; then the version of the ontology has to be the same.
        """
        mend = "Give it this one with spinecode push."
        if held.begun and held.digest is None:
            raise StoreVersionError.of(f"A push to the store did not end; its graphs may be incomplete. {mend}")
        if held.release is None:
            raise StoreVersionError.of(f"The store does not hold the ontology. {mend}")
        if held.release != self.release:
            told = f"The store holds version {held.release[:40]} of the ontology; this is version {self.release}."
            raise StoreVersionError.of(f"{told} {mend}")
        if held.digest is not None and held.digest != self.digest:
            told = f"The store holds other files of version {self.release} ({held.digest[:12]} there"
            raise StoreVersionError.of(f"{told}, {self.digest[:12]} here). {mend}")


def version_of(knowledge: Knowledge) -> Version:
    """The version of some knowledge. Raises OntologyError for files that cannot be read."""
    own = [quad.object for quad in knowledge.graph.store.quads_for_pattern(NamedNode(SPINE), _RELEASE, None)]
    release = min((value.value for value in own if isinstance(value, Literal)), default="unknown")
    queries = (query.file for query in knowledge.queries.values())
    files = (*turtle_files(knowledge.folders.shapes), *queries, *knowledge.data)
    return Version(release, digest(files, _REVISION, knowledge.ontology.digest))


def held_from(content: bytes) -> Held:
    """What the answer to ``VERSION_QUERY``, in JSON, says. Raises ValueError for what is no such answer."""
    try:
        rows: Iterable[dict[str, Any]] = json.loads(content)["results"]["bindings"]
        found = [(row.get("graph", {}).get("value"), row["p"]["value"], row["o"]["value"]) for row in rows]
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError("no SPARQL results") from error
    pushed = [(predicate, value) for graph, predicate, value in found if graph == VERSION_GRAPH]
    releases = [value for graph, predicate, value in found if graph is None and predicate == _RELEASE.value]
    return Held(
        min([value for predicate, value in pushed if predicate == _RELEASE.value] or releases, default=None),
        min((value for predicate, value in pushed if predicate == _DIGEST.value), default=None),
        tuple(sorted(value for predicate, value in pushed if predicate == _PART.value)),
        bool(pushed),
    )
