"""What is published, described for machines: VoID and DCAT, with every number counted in the graph.

Two datasets are published: the statements as written, and the closed ones, with all that follows from them. What is
told of them as a whole stands in the ontology's header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from spinecode import vocabulary as v
from spinecode.counting import Counts, count
from spinecode.errors import Fault, OntologyError
from spinecode.graph import Graph, Term
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import term

#: The prefixes of the description.
PREFIXES: Final = v.PREFIXES | {
    "void": "http://rdfs.org/ns/void#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "formats": "http://www.w3.org/ns/formats/",
    "iana": "https://www.iana.org/assignments/media-types/",
}

#: The IRI of the description, and those of the two datasets in it.
DESCRIPTION: Final = v.SPINE + "void"
#: The file of a release that the description is written to.
DESCRIPTION_FILE: Final = "void.ttl"

ONTOLOGY: Final = NamedNode(v.SPINE)
#: What the header has to say before a version can be published.
REQUIRED: Final = tuple(
    term(name)
    for name in (
        "owl:versionIRI",
        "owl:versionInfo",
        "bibo:status",
        "dcterms:title",
        "dcterms:description",
        "dcterms:license",
        "dcterms:rights",
        "dcterms:creator",
        "dcterms:publisher",
        "dcterms:bibliographicCitation",
        "dcterms:created",
        "dcterms:issued",
        "dcterms:modified",
        "vann:preferredNamespacePrefix",
        "vann:preferredNamespaceUri",
    )
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A file of a release that holds a dataset; ``syntax`` is its name in the W3C's list of formats."""

    name: str
    media_type: str
    syntax: str
    shown: str
    closed: bool


DISTRIBUTIONS: Final = tuple(
    Distribution(f"spinecode{'-closed' * closed}.{ending}", media_type, syntax, shown, closed)
    for closed in (False, True)
    for ending, media_type, syntax, shown in (
        ("ttl", "text/turtle", "Turtle", "Turtle"),
        ("owl", "application/rdf+xml", "RDF_XML", "RDF/XML"),
        ("jsonld", "application/ld+json", "JSON-LD", "JSON-LD"),
    )
)


@dataclass(frozen=True, slots=True)
class Publication:
    """A version: its header by property, its datasets, and things to look at first."""

    version: str
    iri: str
    prior: str | None
    header: dict[NamedNode, tuple[Term, ...]]
    stated: Counts
    closed: Counts
    examples: tuple[str, ...]

    def text(self, curie: str) -> str:
        """A text or IRI of the header, empty where it has none."""
        return next((value.value for value in self.header.get(term(curie), ()) if not isinstance(value, Triple)), "")

    def url(self, name: str) -> str:
        """Where a file of this version is to be had."""
        return f"{self.iri}/{name}"

    def counts(self, closed: bool) -> Counts:
        """What is in one of the datasets."""
        return self.closed if closed else self.stated


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The size of a file in bytes, and its SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


@lru_cache(maxsize=4)
def publication(knowledge: Knowledge) -> Publication:
    """What is published of an ontology. Raises OntologyError when its header does not say what it has to."""
    stated = [quad.triple for quad in knowledge.ontology.stated()]
    closed = (quad.triple for quad in parse(knowledge.ontology.closure(), format=RdfFormat.N_TRIPLES))
    header: dict[NamedNode, list[Term]] = {}
    for triple in stated:
        if triple.subject == ONTOLOGY:
            header.setdefault(triple.predicate, []).append(triple.object)
    _check(header)
    graph = Graph.of(stated)
    version = str(header[term("owl:versionInfo")][0].value)  # type: ignore[union-attr]  # a text, as was checked
    prior = next(iter(graph.iris(ONTOLOGY, term("owl:priorVersion"))), None)
    index = knowledge.index
    firsts = [next(iter(index.codes.values())).iri] if index.codes else []
    firsts += [axis.iri for axis in index.asked_axes[:1]]
    return Publication(
        version=version,
        iri=v.SPINE + version,
        prior=prior,
        header={predicate: tuple(sorted(values, key=str)) for predicate, values in header.items()},
        stated=count(stated),
        closed=count(closed),
        examples=tuple(firsts),
    )


def _check(header: Mapping[NamedNode, list[Term]]) -> None:
    faults = [
        Fault(f"The ontology's header says no {v.shorten(needed.value)}; a version is not published without it.")
        for needed in REQUIRED
        if needed not in header
    ]
    infos, iris = header.get(term("owl:versionInfo"), []), header.get(term("owl:versionIRI"), [])
    if len(infos) == len(iris) == 1 and isinstance(infos[0], Literal) and isinstance(iris[0], NamedNode):
        expected = NamedNode(v.SPINE + infos[0].value)
        if iris[0] != expected:
            faults.append(Fault(f"owl:versionIRI is {iris[0]}; for owl:versionInfo {infos[0]} it is {expected}."))
        if iris[0] in header.get(term("owl:priorVersion"), []):
            faults.append(Fault(f"owl:priorVersion is {iris[0]}, which is this version; name the one before it."))
    elif infos and iris:
        faults.append(Fault("The ontology has one owl:versionIRI and one owl:versionInfo, no more."))
    if faults:
        raise OntologyError(tuple(faults))


# ---------------------------------------------------------------- as RDF


def dataset_iri(closed: bool) -> str:
    """The IRI of a dataset."""
    return f"{DESCRIPTION}#{'closed' if closed else 'stated'}"


def described(found: Publication, base: str = v.SPINE, files: Mapping[str, FileFacts] | None = None) -> list[Triple]:
    """The description in VoID and DCAT; services are those at ``base``, and ``files`` are the files as written."""
    writer = _Writer()
    document = NamedNode(DESCRIPTION)
    writer.say(document, "rdf:type", _name("void:DatasetDescription"))
    writer.say(document, "dcterms:title", Literal("What spinecode publishes", language="en"))
    for dataset in (False, True):
        node = NamedNode(dataset_iri(dataset))
        writer.say(document, "foaf:topic", node)
        _describe_dataset(writer, found, node, dataset, files or {})
    stated, closed = (NamedNode(dataset_iri(one)) for one in (False, True))
    writer.say(document, "foaf:primaryTopic", closed)
    writer.say(closed, "void:subset", stated)
    writer.say(closed, "dcterms:source", stated)
    endpoint = NamedNode(base + "sparql")
    writer.say(closed, "void:sparqlEndpoint", endpoint)
    for name, address, title, conforms in (
        ("sparql", endpoint, "SPARQL endpoint", "http://www.w3.org/TR/sparql11-protocol/"),
        ("http", NamedNode(base), "HTTP interface", "https://spec.openapis.org/oas/v3.1.0"),
    ):
        service = BlankNode(name)
        writer.say(service, "rdf:type", _name("dcat:DataService"))
        writer.say(service, "dcterms:title", Literal(title, language="en"))
        writer.say(service, "dcat:endpointURL", address)
        writer.say(service, "dcat:endpointDescription", NamedNode(base + "openapi.json"))
        writer.say(service, "dcterms:conformsTo", NamedNode(conforms))
        writer.say(service, "dcat:servesDataset", closed)
    return writer.triples


def _name(curie: str) -> NamedNode:
    prefix, _, local = curie.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


class _Writer:
    def __init__(self) -> None:
        self.triples: list[Triple] = []

    def say(self, subject: NamedNode | BlankNode, predicate: str, value: Term | int | str) -> None:
        node = Literal(value) if isinstance(value, int | str) else value
        self.triples.append(Triple(subject, _name(predicate), node))

    def part(self, subject: NamedNode | BlankNode, predicate: str) -> BlankNode:
        """A thing without a name that belongs to another."""
        node = BlankNode(f"part{len(self.triples)}")
        self.say(subject, predicate, node)
        return node


#: What is said of a dataset as it is said of the ontology, and by which property.
_TAKEN_OVER: Final = {
    "dcterms:license": "dcterms:license",
    "dcterms:rights": "dcterms:rights",
    "dcterms:created": "dcterms:created",
    "dcterms:issued": "dcterms:issued",
    "dcterms:modified": "dcterms:modified",
    "dcterms:description": "dcterms:description",
    "dcterms:bibliographicCitation": "dcterms:bibliographicCitation",
    "owl:versionInfo": "dcat:version",
    "owl:priorVersion": "dcat:previousVersion",
    "bibo:status": "bibo:status",
}
_MANNER: Final = {False: "as written", True: "with all that follows from it by OWL 2 RL"}


def _describe_dataset(
    writer: _Writer, found: Publication, node: NamedNode, closed: bool, files: Mapping[str, FileFacts]
) -> None:
    writer.say(node, "rdf:type", _name("void:Dataset"))
    writer.say(node, "rdf:type", _name("dcat:Dataset"))
    title = f"{found.text('dcterms:title')} ({_MANNER[closed]})"
    writer.say(node, "dcterms:title", Literal(title, language="en"))
    for source, target in _TAKEN_OVER.items():
        for value in found.header.get(term(source), ()):
            writer.say(node, target, value)
    for role in ("creator", "contributor", "publisher"):
        for value in found.header.get(term(f"dcterms:{role}"), ()):
            agent = writer.part(node, f"dcterms:{role}") if isinstance(value, Literal) else value
            if isinstance(value, Literal) and isinstance(agent, BlankNode):
                writer.say(agent, "rdf:type", _name("foaf:Agent"))
                writer.say(agent, "foaf:name", value)
            elif not isinstance(agent, BlankNode):
                writer.say(node, f"dcterms:{role}", agent)
    for value in found.header.get(term("dcterms:subject"), ()):
        writer.say(node, "dcat:theme" if isinstance(value, NamedNode) else "dcat:keyword", value)
    for value in found.header.get(term("dcterms:language"), ()):
        code = value.value if isinstance(value, Literal) else ""
        writer.say(node, "dcterms:language", NamedNode(f"http://id.loc.gov/vocabulary/iso639-1/{code}"))
    writer.say(node, "dcterms:isVersionOf", ONTOLOGY)
    writer.say(node, "dcterms:conformsTo", NamedNode("http://www.w3.org/ns/owl-profile/RL"))
    writer.say(node, "dcat:landingPage", ONTOLOGY)
    writer.say(node, "foaf:homepage", ONTOLOGY)
    writer.say(node, "void:rootResource", ONTOLOGY)
    writer.say(node, "void:uriSpace", v.SPINE)
    for example in found.examples:
        writer.say(node, "void:exampleResource", NamedNode(example))
    _describe_counts(writer, found.counts(closed), node)
    for one in DISTRIBUTIONS:
        if one.closed == closed:
            _describe_file(writer, found, node, one, files.get(one.name))


def _describe_counts(writer: _Writer, counts: Counts, node: NamedNode) -> None:
    writer.say(node, "void:triples", counts.triples)
    writer.say(node, "void:entities", counts.entities)
    writer.say(node, "void:distinctSubjects", counts.subjects)
    writer.say(node, "void:distinctObjects", counts.objects)
    writer.say(node, "void:classes", len(counts.classes))
    writer.say(node, "void:properties", len(counts.properties))
    for iri in counts.vocabularies:
        writer.say(node, "void:vocabulary", NamedNode(iri))
    for iri, number in counts.classes.items():
        part = writer.part(node, "void:classPartition")
        writer.say(part, "void:class", NamedNode(iri))
        writer.say(part, "void:entities", number)
    for iri, number in counts.properties.items():
        part = writer.part(node, "void:propertyPartition")
        writer.say(part, "void:property", NamedNode(iri))
        writer.say(part, "void:triples", number)
    for links in counts.links:
        part = writer.part(node, "void:subset")
        writer.say(part, "rdf:type", _name("void:Linkset"))
        writer.say(part, "void:subjectsTarget", node)
        target = writer.part(part, "void:objectsTarget")
        writer.say(target, "rdf:type", _name("void:Dataset"))
        writer.say(target, "void:uriSpace", links.target)
        writer.say(part, "void:linkPredicate", NamedNode(links.predicate))
        writer.say(part, "void:triples", links.number)


def _describe_file(
    writer: _Writer, found: Publication, node: NamedNode, one: Distribution, facts: FileFacts | None
) -> None:
    url, syntax = NamedNode(found.url(one.name)), _name(f"formats:{one.syntax}")
    writer.say(node, "void:dataDump", url)
    writer.say(node, "void:feature", syntax)
    file = writer.part(node, "dcat:distribution")
    writer.say(file, "rdf:type", _name("dcat:Distribution"))
    writer.say(file, "dcterms:title", Literal(f"{one.name}, {_MANNER[one.closed]}, in {one.shown}", language="en"))
    writer.say(file, "dcat:downloadURL", url)
    writer.say(file, "dcat:accessURL", ONTOLOGY)
    writer.say(file, "dcat:mediaType", _name(f"iana:{one.media_type}"))
    writer.say(file, "dcterms:conformsTo", syntax)
    for value in found.header.get(term("dcterms:license"), ()):
        writer.say(file, "dcterms:license", value)
    if facts is not None:
        writer.say(file, "dcat:byteSize", Literal(str(facts.size), datatype=term("xsd:nonNegativeInteger")))
        checksum = writer.part(file, "spdx:checksum")
        writer.say(checksum, "rdf:type", _name("spdx:Checksum"))
        writer.say(checksum, "spdx:algorithm", _name("spdx:checksumAlgorithm_sha256"))
        writer.say(checksum, "spdx:checksumValue", Literal(facts.sha256, datatype=term("xsd:hexBinary")))


# ---------------------------------------------------------------- as JSON


def as_json(found: Publication) -> dict[str, Any]:
    """The description as JSON; addresses of services are relative to where it is served."""
    return {
        "iri": v.SPINE,
        "version": found.version,
        "version_iri": found.iri,
        "prior_version": found.prior,
        "title": found.text("dcterms:title"),
        "description": found.text("dcterms:description"),
        "publisher": found.text("dcterms:publisher"),
        "license": found.text("dcterms:license"),
        "rights": found.text("dcterms:rights"),
        "created": found.text("dcterms:created"),
        "issued": found.text("dcterms:issued"),
        "modified": found.text("dcterms:modified"),
        "sparql": "sparql",
        "datasets": [_dataset_json(found, closed) for closed in (False, True)],
    }


def _dataset_json(found: Publication, closed: bool) -> dict[str, Any]:
    counts = found.counts(closed)
    return {
        "iri": dataset_iri(closed),
        "manner": _MANNER[closed],
        "closed": closed,
        "triples": counts.triples,
        "entities": counts.entities,
        "files": [
            {"name": one.name, "syntax": one.shown, "media_type": one.media_type, "url": found.url(one.name)}
            for one in DISTRIBUTIONS
            if one.closed == closed
        ],
        "vocabularies": list(counts.vocabularies),
        "classes": counts.classes,
        "properties": counts.properties,
        "links": [{"target": x.target, "predicate": x.predicate, "triples": x.number} for x in counts.links],
    }
