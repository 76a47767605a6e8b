"""Which representation of a resource to answer with: by ``?format=``, else by the Accept header."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import request
from werkzeug.http import parse_options_header

from spinecode.errors import InputError, SpinecodeError

#: The parameter that overrides the Accept header.
FORMAT = "format"


@dataclass(frozen=True, slots=True)
class Representation:
    """A way to write an answer.

    ``name`` is its value of ``?format=``; ``also`` are names and media types that ask for it too.
    """

    name: str
    media_type: str
    also: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The Content-Type of an answer."""
        text = self.media_type.startswith("text/") or self.media_type.endswith(("n-triples", "n-quads", "trig"))
        return f"{self.media_type}; charset=utf-8" if text else self.media_type


HTML = Representation("html", "text/html", ("application/xhtml+xml",))
JSON = Representation("json", "application/json")
TURTLE = Representation("turtle", "text/turtle", ("ttl", "application/x-turtle", "n3", "text/n3", "text/rdf+n3"))
JSONLD = Representation("jsonld", "application/ld+json", ("json-ld",))
NTRIPLES = Representation("ntriples", "application/n-triples", ("nt", "n-triples"))
RDFXML = Representation("rdfxml", "application/rdf+xml", ("rdf", "rdf+xml"))
TRIG = Representation("trig", "application/trig", ("application/x-trig",))
NQUADS = Representation("nquads", "application/n-quads", ("nq", "n-quads", "text/x-nquads"))
RDF = (TURTLE, JSONLD, NTRIPLES, RDFXML, TRIG, NQUADS)

TABLE_JSON = Representation("json", "application/sparql-results+json", ("application/json",))
TABLE_XML = Representation("xml", "application/sparql-results+xml", ("application/xml", "text/xml"))
CSV = Representation("csv", "text/csv")
TSV = Representation("tsv", "text/tab-separated-values")
TABLES = (TABLE_JSON, TABLE_XML, CSV, TSV)

QUERY = Representation("sparql", "application/sparql-query", ("rq",))
TEXT = Representation("text", "text/plain", ("txt",))
SARIF = Representation("sarif", "application/sarif+json", ("application/vnd.sarif+json",))
#: JUnit XML has no registered media type; by a name of its own it is not taken for any other XML.
JUNIT = Representation("junit", "application/junit+xml", ("xunit",))
NDJSON = Representation("ndjson", "application/x-ndjson", ("application/ndjson", "application/jsonl", "jsonl"))
#: What a report of a validation can be had as; JSON where nothing is said.
REPORTS = (JSON, HTML, *RDF, TEXT, SARIF, JUNIT, NDJSON)
PROBLEM = Representation("json", "application/problem+json", ("application/json",))


class NotAcceptableError(SpinecodeError):
    """The resource has no representation that the Accept header allows."""


#: How closely a media type is named that is named itself.
_NAMED = 2


@dataclass(frozen=True, slots=True)
class _Range:
    kind: str
    quality: float
    specificity: int


@lru_cache(maxsize=64)
def _ranges(accept: str) -> tuple[_Range, ...]:
    found = []
    for part in accept.split(","):
        kind, options = parse_options_header(part.strip())
        kind = kind.lower()
        if kind == "*":
            kind = "*/*"
        if "/" not in kind:
            continue
        try:
            quality = min(max(float(options.get("q", 1)), 0.0), 1.0)
        except ValueError:
            quality = 0.0
        found.append(_Range(kind, quality, 0 if kind == "*/*" else 1 if kind.endswith("/*") else _NAMED))
    return tuple(found)


def _quality(accept: str, media_type: str) -> tuple[float, int]:
    best = (0.0, -1)
    whole, family = media_type, media_type.partition("/")[0] + "/*"
    for one in _ranges(accept):
        if one.kind in (whole, family, "*/*") and one.specificity > best[1]:
            best = (one.quality, one.specificity)
    return best


@lru_cache(maxsize=1024)
def by_accept(accept: str, offers: tuple[Representation, ...]) -> Representation | None:
    """The offer that an Accept header prefers; of equals the more closely named, then the first; None if none fits."""
    if not accept.strip():
        return offers[0]
    best: tuple[float, int, int] = (0.0, -1, 0)
    chosen = None
    for place, offer in enumerate(offers):
        # another name of the offer counts where it is named itself: a range speaks of what is sent
        also = (_quality(accept, kind) for kind in offer.also if "/" in kind)
        named = [found for found in also if found[1] == _NAMED]
        quality, specificity = max([_quality(accept, offer.media_type), *named])
        if quality > 0 and (quality, specificity, -place) > best:
            best, chosen = (quality, specificity, -place), offer
    return chosen


def by_name(name: str, offers: Sequence[Representation]) -> Representation:
    """The offer of a ``?format=`` name or media type. Raises InputError naming the nearest and all there are."""
    wanted = name.strip().lower()
    for offer in offers:
        if wanted in (offer.name, offer.media_type, *offer.also):
            return offer
    known = [offer.name for offer in offers]
    nearest = tuple(difflib.get_close_matches(wanted, known, n=2, cutoff=0.5))
    message = f"There is no format {name.strip()!r} here. The formats are {', '.join(known)}."
    raise InputError.of(message, axis=FORMAT, value=name.strip(), nearest=nearest)


def format_wanted() -> str | None:
    """The ``?format=`` of the current request, if it has one."""
    return request.args.get(FORMAT) or None


def not_acceptable(offers: Sequence[Representation]) -> SpinecodeError:
    """The error that lists what there is."""
    listed = ", ".join(f"{offer.media_type} (?{FORMAT}={offer.name})" for offer in offers)
    return NotAcceptableError.of(f"Nothing here is of a media type that the Accept header allows. There is: {listed}.")


def chosen(*offers: Representation) -> Representation:
    """The representation to answer the current request with.

    Raises InputError for an unknown ``?format=`` and NotAcceptableError when Accept allows none.
    """
    name = format_wanted()
    if name is not None:
        return by_name(name, offers)
    found = by_accept(request.headers.get("Accept", ""), offers)
    if found is None:
        raise not_acceptable(offers)
    return found


def wants_page() -> bool:
    """Whether the current request would rather have a page than data: a browser does."""
    name = format_wanted()
    if name is not None:
        return name.strip().lower() == HTML.name
    return prefers_page(request.headers.get("Accept", ""))


def prefers_page(accept: str) -> bool:
    """Whether an Accept header would rather have a page than data."""
    return by_accept(accept, (PROBLEM, JSON, *RDF, *TABLES, HTML)) is HTML
