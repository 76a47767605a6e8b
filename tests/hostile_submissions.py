"""Hostile and broken submissions, made by hand, by mutating good ones, and by breaking FHIR in every place."""

from __future__ import annotations

import copy
import gzip
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyoxigraph import RdfFormat, parse, serialize

from spinecode.jsonld_context import ADDRESS
from tests.conftest import ROOT
from tests.web.conftest import WHOLE, WHOLE_TURTLE

SPINE = "https://w3id.org/spinecode/"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
MEBIBYTE = 1 << 20
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="https://w3id.org/spinecode/"'
TURTLE, JSON, JSONLD, XML = "text/turtle", "application/json", "application/ld+json", "application/rdf+xml"
FHIR, LINES = "application/fhir+json", "application/x-ndjson"


@dataclass(frozen=True)
class Submitted:
    """A body with its type and what else stands in its head."""

    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def fhir(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "tests" / "fixtures" / "fhir" / f"{name}.json").read_text())
    return found


def multipart(*files: tuple[str, str, bytes], boundary: str = "limit") -> Submitted:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="f{n}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n".encode()
        + body
        + b"\r\n"
        for n, (name, kind, body) in enumerate(files)
    ]
    return Submitted(f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode())


def good() -> dict[str, Submitted]:
    """A good submission in each syntax."""
    quads = list(parse(WHOLE_TURTLE, format=RdfFormat.TURTLE))
    triples = [quad.triple for quad in quads]
    found = {"turtle": Submitted(TURTLE, WHOLE_TURTLE.encode())}
    for name, kind, syntax in (
        ("ntriples", "application/n-triples", RdfFormat.N_TRIPLES),
        ("rdfxml", XML, RdfFormat.RDF_XML),
    ):
        found[name] = Submitted(kind, serialize(triples, format=syntax) or b"")
    for name, kind, syntax in (
        ("nquads", "application/n-quads", RdfFormat.N_QUADS),
        ("trig", "application/trig", RdfFormat.TRIG),
        ("jsonld", JSONLD, RdfFormat.JSON_LD),
    ):
        found[name] = Submitted(kind, serialize(quads, format=syntax) or b"")
    ours = {"@context": ADDRESS, "type": "SpinalInjection", **WHOLE}
    found["jsonld by our context"] = Submitted(JSONLD, json.dumps(ours).encode())
    found["json"] = Submitted(JSON, json.dumps(WHOLE).encode())
    for name in ("procedure-ehr", "claim", "bundle"):
        found[name] = Submitted(FHIR, json.dumps(fhir(name)).encode())
    lines = [WHOLE, fhir("claim"), fhir("procedure-ehr")]
    found["lines"] = Submitted(LINES, "\n".join(map(json.dumps, lines)).encode())
    found["files"] = multipart(
        ("a.ttl", "application/octet-stream", WHOLE_TURTLE.encode()), ("b.json", JSON, json.dumps(WHOLE).encode())
    )
    found["gzip"] = Submitted(TURTLE, gzip.compress(WHOLE_TURTLE.encode(), mtime=0), {"Content-Encoding": "gzip"})
    found["deflate"] = Submitted(JSON, zlib.compress(found["json"].body), {"Content-Encoding": "deflate"})
    return found


def mutated(rng: random.Random, rounds: int) -> dict[str, Submitted]:
    """Good submissions cut off, with bits and bytes changed, and in other encodings."""
    found = {}
    for name, one in good().items():
        body = one.body
        ways = {
            "cut": lambda b: b[: rng.randrange(1, len(b))],
            "bits": lambda b: bytes(c ^ (1 << rng.randrange(8)) if rng.random() < 0.01 else c for c in b),
            "a bit": lambda b: (at := rng.randrange(len(b))) >= 0 and b[:at] + bytes([b[at] ^ 4]) + b[at + 1 :],
            "twice": lambda b: b + b[rng.randrange(len(b)) :],
            "nulls": lambda b: b.replace(b" ", b"\0", 3),
            "shuffled": lambda b: b"\n".join(rng.sample(b.split(b"\n"), b.count(b"\n") + 1)),
            "without": lambda b: (at := rng.randrange(len(b))) >= 0 and b[:at] + b[at + rng.randrange(1, 40) :],
        }
        for way, mutate in ways.items():
            for number in range(rounds):
                found[f"{name}, {way} {number}"] = Submitted(one.kind, mutate(body), one.headers)
        if not one.headers:
            text = body.decode()
            for encoding in ("utf-16", "utf-32", "utf-8-sig", "cp500"):
                found[f"{name}, {encoding}"] = Submitted(one.kind, text.encode(encoding), one.headers)
            for charset in ("utf-16", "x", "iso-8859-1"):
                found[f"{name}, charset {charset}"] = Submitted(f"{one.kind}; charset={charset}", body)
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in some JSON."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def broken_fhir(rng: random.Random, many: int) -> dict[str, Submitted]:
    """Resources with something else, or nothing, in the place of one of their parts."""
    found = {}
    others: list[Any] = [None, 1, -1.5, "x", "", [], {}, [[]], True, [None], {"a": {"b": []}}, "\u0000", "9" * 400]
    whole = [(name, fhir(name)) for name in ("procedure-ehr", "claim", "bundle")]
    spots = [(name, path) for name, resource in whole for path in places(resource)]
    for number in range(many):
        name, path = rng.choice(spots)
        resource = copy.deepcopy(dict(whole)[name])
        inner: Any = resource
        for key in path[:-1]:
            inner = inner[key]
        if rng.random() < 0.2:
            del inner[path[-1]]
        else:
            inner[path[-1]] = rng.choice(others)
        told = ".".join(map(str, path))
        found[f"{name} {number}: {told}"] = Submitted(FHIR, json.dumps(resource).encode())
    return found


def bomb(levels: int, inside: str = "") -> str:
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels))
    about = f'<rdf:Description rdf:about="&a{levels - 1};">{inside}</rdf:Description>'
    return f"<!DOCTYPE r [{entities}]>\n<rdf:RDF {RDF}>{about}</rdf:RDF>"


class _Pile:
    """Submissions by name."""

    def __init__(self) -> None:
        self.found: dict[str, Submitted] = {}

    def add(self, name: str, kind: str, body: str | bytes, **headers: str) -> None:
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        self.found[name] = Submitted(kind, content, {key.replace("_", "-"): text for key, text in headers.items()})


def _xml(pile: _Pile, there: str) -> None:
    attributes = " ".join(f's:p{n}="1"' for n in range(10_000))
    pile.add("entities", XML, bomb(12))
    pile.add("entities in UTF-16", XML, bomb(12).encode("utf-16"))
    pile.add("entities in UTF-7", XML, b'<?xml version="1.0" encoding="UTF-7"?>' + bomb(12).encode("utf-7"))
    pile.add("entity in lower case", XML, bomb(12).replace("DOCTYPE", "doctype"))
    pile.add("entity far behind", XML, "<!--" + "x" * 100_000 + "-->" + bomb(12))
    for name, what in {
        "external entity": f'<!DOCTYPE r [<!ENTITY x SYSTEM "{there}">]>',
        "file entity": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "parameter entity": f'<!DOCTYPE r [<!ENTITY % x SYSTEM "{there}"> %x;]>',
        "external subset": f'<!DOCTYPE r SYSTEM "{there}">',
        "public subset": f'<!DOCTYPE r PUBLIC "x" "{there}">',
        "stylesheet": f'<?xml-stylesheet href="{there}"?>',
    }.items():
        pile.add(name, XML, f'<?xml version="1.0"?>{what}<rdf:RDF {RDF}><s:SpinalInjection/></rdf:RDF>')
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{there}"/>'
    pile.add("inclusion", XML, f"<rdf:RDF {RDF}>{include}</rdf:RDF>")
    pile.add("base elsewhere", XML, f'<rdf:RDF {RDF} xml:base="{there}"><s:SpinalInjection rdf:about="x"/></rdf:RDF>')
    pile.add("deep XML", XML, f"<rdf:RDF {RDF}>" + "<s:SpinalInjection><s:side>" * 15_000)
    pile.add(
        "10,000 attributes",
        XML,
        f"<rdf:RDF {RDF}><s:SpinalInjection {attributes}/></rdf:RDF>",
    )
    pile.add("unknown entity", XML, f"<rdf:RDF {RDF}>&x;</rdf:RDF>")
    pile.add("not XML", XML, "{}")


def _jsonld(pile: _Pile, there: str) -> None:
    for name, context in {
        "remote": there,
        "remote in a list": [ADDRESS, there],
        "remote in a term": {"a": {"@id": "urn:a", "@context": there}},
        "remote, relative": "context.jsonld",
        "remote, empty": "",
        "import": {"@version": 1.1, "@import": there},
        "import of ours": {"@version": 1.1, "@import": ADDRESS},
        "recursive": {"a": {"@id": "urn:a", "@context": {"b": {"@id": "urn:b", "@context": [ADDRESS, there]}}}},
        "cyclic terms": {"a": "b:x", "b": "a:x"},
        "of itself": {"a": "a:a"},
        "keyword": {"@id": "x", "@type": "@id"},
        "number": 5,
        "null in a list": [None, ADDRESS, None],
        "base": {"@base": there},
        "vocabulary": {"@vocab": there},
        "protected": [{"@protected": True, "side": "urn:s"}, ADDRESS],
        "a thousand": [{f"k{n}": f"urn:{n}"} for n in range(1000)],
        "ours, a thousand": [ADDRESS] * 1000,
        "deep": json.loads('{"a":{"@id":"urn:a","@context":' * 60 + "{}" + "}}" * 60),
    }.items():
        body = {"@context": context, "@type": f"{SPINE}SpinalInjection", "side": "left", "a": {"b": "c"}}
        pile.add(f"context, {name}", JSONLD, json.dumps(body))
    each = {"@context": ADDRESS, "type": "SpinalInjection", "side": "left"}
    pile.add("context, ours in 10,000 things", JSONLD, json.dumps([each] * 10_000))
    pile.add("context within values", JSONLD, json.dumps({"a": [{"b": {"@context": there}}] * 100}))
    pile.add("graph of itself", JSONLD, json.dumps({"@id": "urn:a", "@graph": [{"@id": "urn:a", "@graph": []}] * 500}))
    pile.add("deep JSON-LD", JSONLD, '{"urn:a":' * 30_000 + "1" + "}" * 30_000)
    pile.add("deep lists of JSON-LD", JSONLD, '{"urn:a":' + '{"@list":[' * 60 + "1" + "]}" * 60 + "}")
    pile.add("reversed", JSONLD, json.dumps({"@context": ADDRESS, "@reverse": {"side": {"@id": "urn:a"}}}))
    pile.add("included", JSONLD, json.dumps({"@context": ADDRESS, "@included": [each] * 5}))
    properties = {f"p{n}": str(n) for n in range(10_000)}
    pile.add("10,000 properties, JSON-LD", JSONLD, json.dumps({**each, **properties}))


def _json_by_names(pile: _Pile, there: str) -> None:
    properties = {f"p{n}": str(n) for n in range(10_000)}
    pile.add("deep JSON", JSON, "[" * 500_000)
    pile.add("deep JSON, closed", JSON, "[" * 90_000 + "]" * 90_000)
    pile.add("deep value", JSON, '{"region":' + "[" * 900 + '"x"' + "]" * 900 + "}")
    pile.add("10,000 properties, JSON", JSON, json.dumps(properties))
    pile.add("10,000 values", JSON, json.dumps({"level": [f"x{n}" for n in range(10_000)]}))
    pile.add("a name twice, late", JSON, json.dumps(properties)[:-1] + ',"p9999":"2"}')
    pile.add("many names twice", JSON, "{" + ",".join('"a":1' for _ in range(100_000)) + "}")
    for name, body in {
        "half a character": '{"region": "\\ud800"}',
        "half a name": '{"\\udfff": "x"}',
        "long number": '{"region": ' + "1" * 500_000 + "}",
        "no number": '{"region": NaN}',
        "infinite": '{"region": 1e99999}',
        "true": "true",
        "null": "null",
        "text": '"lumbar"',
        "empty list": "[]",
        "lists in lists": "[[[]]]",
        "mixed list": '[{"region": "lumbar"}, 5, null]',
        "null byte": '{"region": "lum\\u0000bar"}',
        "objects as values": '{"region": {"lumbar": {"lumbar": "lumbar"}}}',
        "code as an object": '{"code": {"code": {"code": 1}}}',
        "code of nothing": '{"code": [{}, {"units": 5}, {"code": null}]}',
        "1,000,000 units": '{"code": {"code": "62323", "units": 100000000000000000000}}',
        "many modifiers": '{"code": {"code": "62323", "modifiers": ' + json.dumps(["50"] * 5000) + "}}",
        "commas": '{"level": "' + "," * 500_000 + '"}',
        "long value": '{"region": "' + "lumbar " * 100_000 + '"}',
        "long axis": '{"' + "x" * 900_000 + '": "lumbar"}',
        "odd axis": '{"<script>alert(1)</script>": "\\u202e\\u0007", "%00": "a"}',
        "date of words": '{"date": "yesterday"}',
        "date of another calendar": '{"date": "2024-02-30"}',
        "date far away": '{"date": "9999999-01-01"}',
        "dates, many": '{"date": ' + json.dumps([f"2024-01-{n:02}" for n in range(1, 28)]) + "}",
        "1,001 descriptions": json.dumps([{"region": "lumbar"}] * 1001),
        "FHIR without a type": '{"resourceType": null}',
        "FHIR of a list": '{"resourceType": ["Procedure"]}',
        "FHIR of an object": '{"resourceType": {"a": 1}}',
    }.items():
        pile.add(name, JSON, body)


def _triples(pile: _Pile, there: str) -> None:
    injection = f"<urn:a> a <{SPINE}SpinalInjection> "
    many = "".join(f"<urn:a> <{SPINE}p{n}> <urn:v{n}> .\n" for n in range(10_000))
    pile.add("10,000 properties, Turtle", TURTLE, injection + ".\n" + many)
    pile.add("10,000 properties, N-Triples", "application/n-triples", many)
    pile.add(
        "10,000 values of an axis",
        TURTLE,
        injection + "".join(f"; <{SPINE}side> <urn:v{n}> " for n in range(10_000)) + ".",
    )
    pile.add(
        "150 values of an axis", TURTLE, injection + "".join(f"; <{SPINE}side> <urn:v{n}> " for n in range(150)) + "."
    )
    pile.add("10,000 types", TURTLE, injection + "".join(f", <urn:v{n}> " for n in range(10_000)) + ".")
    tangle = "".join(f"_:b{n} <{SPINE}side> _:b{(n * 7 + 1) % 800} , _:b{(n * 3) % 800} .\n" for n in range(800))
    pile.add("blank nodes, tangled", TURTLE, tangle)
    pile.add(
        "blank nodes, tangled, typed",
        TURTLE,
        tangle + "".join(f"_:b{n} a <{SPINE}SpinalInjection> .\n" for n in range(800)),
    )
    pile.add("blank nodes, 5,000", TURTLE, "".join(f"[] <{SPINE}side> _:x .\n" for _ in range(5_000)))
    pile.add("blank nodes, deep", TURTLE, injection + f"; <{SPINE}side> " + f"[ <{SPINE}side> " * 20_000)
    pile.add(
        "blank nodes, deep, closed",
        TURTLE,
        injection + f"; <{SPINE}side> " + "[ <urn:p> " * 9_000 + "1" + " ]" * 9_000 + " .",
    )
    pile.add("list, deep", TURTLE, injection + f"; <{SPINE}side> " + "( " * 50_000 + ") " * 50_000 + ".")
    pile.add("list, long", TURTLE, injection + f"; <{SPINE}side> ( " + "1 " * 100_000 + ") .")
    first, rest = (f"<http://www.w3.org/1999/02/22-rdf-syntax-ns#{n}>" for n in ("first", "rest"))
    pile.add(
        "list, in a circle",
        TURTLE,
        injection + f"; <{SPINE}side> _:a . _:a {first} 1 ; {rest} _:b . _:b {first} 2 ; {rest} _:a .",
    )
    pile.add("of itself", TURTLE, f"<urn:a> a <urn:a> ; <{SPINE}side> <urn:a> ; <{SPINE}accessApproach> <urn:a> .")
    for name, statement in {
        "imports": f"<urn:o> a <{OWL}Ontology> ; <{OWL}imports> <{there}> .",
        "shapes graph": f"<> <{SH}shapesGraph> <{there}> .",
        "see also": f"<urn:a> <http://www.w3.org/2000/01/rdf-schema#seeAlso> <{there}> .",
        "base": f"@base <{there}> . <x> <y> <z> .",
        "a shape of its own": (
            f"<urn:s> a <{SH}NodeShape> ; <{SH}targetClass> <{SPINE}SpinalInjection> ; <{SH}deactivated> true ."
        ),
        "a rule of SPARQL": f'<urn:s> <{SH}select> "SELECT * {{ SERVICE <{there}> {{ ?s ?p ?o }} }}" .',
        "what values mean": f"<{SPINE}Left> a <{SPINE}SpinalRegion> ; <{OWL}sameAs> <{SPINE}Lumbar> .",
        "conclusions": f"<urn:a> <{SPINE}impliesCode> <{SPINE}cpt/62323> ; <{SPINE}refutedCode> <urn:x> .",
        "a triple as a value": f"<urn:a> <{SPINE}side> <<( <urn:a> <urn:b> <urn:c> )>> .",
        "a long IRI": f"<urn:a> <{SPINE}side> <urn:{'x' * 500_000}> .",
        "a long text": f'<urn:a> <{SPINE}side> "{"x" * 900_000}" .',
        "an odd date": f'<urn:a> <{SPINE}dateOfService> "x"^^<http://www.w3.org/2001/XMLSchema#date> .',
        "a huge number": f"<urn:a> <{SPINE}side> {'9' * 100_000} .",
        "an odd language": f'<urn:a> <{SPINE}side> "x"@{"a" * 50_000} .',
        "spaces in an IRI": f"<urn:a b> <{SPINE}side> <urn:x> .",
        "control characters": f'<urn:a> <{SPINE}side> "\\u0001\\u202e\\uFFFF" .',
        "half a character": f'<urn:a> <{SPINE}side> "\\uD800" .',
        "no IRI": f"<a> <{SPINE}side> <::::> .",
        "comments": "#" * 900_000,
        "prefixes": "".join(f"@prefix p{n}: <urn:{n}> .\n" for n in range(20_000)),
        "a line as text": f'<urn:a> <{SPINE}reportedLine> "{"-50" * 50_000}" , "x" , "62323 x0" .',
    }.items():
        pile.add(f"Turtle, {name}", TURTLE, f"{injection}.\n{statement}")
    pile.add(
        "10,000 graphs",
        "application/n-quads",
        "".join(f"<urn:a> <{SPINE}side> <urn:x> <{there}{n}> .\n" for n in range(10_000)),
    )
    pile.add("unclosed text", "application/n-triples", f'<urn:a> <{SPINE}side> "' + "x" * 500_000)
    pile.add("binary", TURTLE, bytes(range(256)) * 1000)


def _fhir_resources(pile: _Pile, there: str) -> None:
    procedure, claim = fhir("procedure-ehr"), fhir("claim")
    line = claim["item"][0]
    for name, resource in {
        "of another type": {"resourceType": "Patient", "name": [{"family": "x"}]},
        "empty": {"resourceType": "Procedure"},
        "10,000 body sites": procedure | {"bodySite": [{"text": f"lumbar {n}"} for n in range(10_000)]},
        "10,000 codings": procedure | {"bodySite": [{"coding": [{"code": str(n)} for n in range(10_000)]}]},
        "10,000 extensions": procedure
        | {"extension": [{"url": f"{SPINE}side", "valueCode": f"{n}"} for n in range(9_000)]},
        "extensions that are none": procedure
        | {"extension": [None, 5, [], {"url": 5}, {"url": f"{SPINE}none"}, {"url": f"{SPINE}side"}]},
        "deep extensions": procedure | {"extension": json.loads('[{"extension":' * 25 + "[]" + "}]" * 25)},
        "deeper extensions": procedure | {"extension": json.loads('[{"extension":' * 400 + "[]" + "}]" * 400)},
        "a long text": procedure | {"code": {"text": "lumbar epidural L4-L5 " * 40_000}},
        "a long word": procedure | {"code": {"text": "x" * 900_000}},
        "commas": procedure | {"bodySite": [{"text": "," * 500_000}]},
        "10,000 notes": procedure | {"note": [{"text": "left lumbar " * 5}] * 10_000},
        "1,001 entries": {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}] * 1001},
        "a Bundle of itself": {
            "resourceType": "Bundle",
            "entry": [{"resource": {"resourceType": "Bundle", "entry": []}}] * 5,
        },
        "deep Bundles": json.loads('{"resourceType":"Bundle","entry":[{"resource":' * 15 + "{}" + "}]}" * 15),
        "a Bundle of nothing": {"resourceType": "Bundle", "entry": [None, 1, {}, {"resource": 5}, {"resource": {}}]},
        "a Bundle without entries": {"resourceType": "Bundle", "type": "history"},
        "links elsewhere": {
            "resourceType": "Bundle",
            "link": [{"relation": "next", "url": there}],
            "entry": [{"fullUrl": there, "resource": procedure}],
        },
        "references elsewhere": procedure
        | {
            "usedReference": [{"reference": f"{there}Device/1"}, {"reference": "file:///etc/passwd"}],
            "focalDevice": [{"manipulated": {"reference": there}}],
        },
        "references in a circle": procedure
        | {
            "usedReference": [{"reference": "#a"}],
            "contained": [
                {"resourceType": "Medication", "id": "a", "code": {"reference": "#a", "coding": [{"reference": "#a"}]}}
            ],
        },
        "the same id twice": {"resourceType": "Bundle", "entry": [{"resource": procedure}] * 200},
        "odd ids": procedure | {"id": "> <urn:x> . <urn:y"},
        "an odd fullUrl": {"resourceType": "Bundle", "entry": [{"fullUrl": "http://[::1<>\n", "resource": procedure}]},
        "1,000 lines": claim | {"item": [line] * 1000},
        "1,001 lines": claim | {"item": [line] * 1001},
        "900 days": claim | {"item": [line | {"servicedDate": f"20{n % 90 + 10}-0{n % 9 + 1}-11"} for n in range(900)]},
        "lines that are none": claim | {"item": [None, 5, [], "x", {}]},
        "odd quantities": claim
        | {"item": [line | {"quantity": {"value": value}} for value in (0, -1, 1.5, 10**30, "2", None, True, [])]},
        "odd modifiers": claim
        | {"item": [line | {"modifier": [{"text": "50"}, {"coding": [{"code": "x" * 5000}]}, {"coding": 5}, 7]}]},
        "odd dates": claim
        | {
            "billablePeriod": 5,
            "item": [line | {"servicedDate": value} for value in ("2024", "2024-13-45", 5, "x" * 9999)],
        },
        "a modifier extension": procedure | {"modifierExtension": [{"url": there, "valueBoolean": True}]},
        "not done": procedure | {"status": "not-done"},
        "a script": procedure | {"id": "a", "bodySite": [{"text": "<script>alert(1)</script>"}]},
    }.items():
        pile.add(f"FHIR, {name}", FHIR, json.dumps(resource))
    pile.add("FHIR, of R5", f"{FHIR}; fhirVersion=5.0", json.dumps(procedure))
    pile.add("FHIR that is none", FHIR, json.dumps(WHOLE))
    pile.add("FHIR in XML", "application/fhir+xml", '<Procedure xmlns="http://hl7.org/fhir"/>')


def _lines(pile: _Pile, there: str) -> None:
    pile.add("1,001 lines", LINES, b"{}\n" * 1001)
    pile.add("empty lines", LINES, b"\n" * 900)
    pile.add("a million empty lines", LINES, b"\n" * MEBIBYTE)
    pile.add("one long line", LINES, b'{"region":"' + b"x" * 900_000)
    pile.add("broken lines", LINES, b"{\n[\n5\n\xff\n{}\n" * 100)
    pile.add("lines of JSON-LD", LINES, b'{"@context": "' + there.encode() + b'"}\n' * 5)
    pile.add("carriage returns", LINES, b'{"region":"lumbar"}\r{"region":"lumbar"}\r\n')


def _compressed(pile: _Pile, there: str) -> None:
    zeros = gzip.compress(b"0" * (64 * MEBIBYTE), 9)
    pile.add("zip bomb", JSON, zeros, Content_Encoding="gzip")
    pile.add("zip bomb of lines", LINES, gzip.compress(b"{}\n" * (8 * MEBIBYTE), 9), Content_Encoding="gzip")
    pile.add("zip bomb in a zip bomb", TURTLE, gzip.compress(zeros * 100, 9), Content_Encoding="gzip")
    pile.add("zip bomb as deflate", JSON, zlib.compress(b" " * (64 * MEBIBYTE), 9), Content_Encoding="deflate")
    pile.add("zip bomb of parts", JSON, gzip.compress(b" " * 1000) * 5_000, Content_Encoding="gzip")
    pile.add("gzip of 40,000 empty parts", JSON, gzip.compress(b"") * 40_000, Content_Encoding="gzip")
    for name, coding in {"br": "br", "twice": "gzip, gzip", "odd": "x" * 2000, "none": ",", "zstd": "zstd"}.items():
        pile.add(f"coding, {name}", JSON, gzip.compress(gzip.compress(b"{}")), Content_Encoding=coding)
    pile.add("gzip that is none", JSON, b"{}", Content_Encoding="gzip")
    pile.add("deflate that is none", JSON, b"{}", Content_Encoding="deflate")
    pile.add("nothing, compressed", JSON, gzip.compress(b""), Content_Encoding="gzip")
    pile.add(
        "form in gzip",
        "application/x-www-form-urlencoded",
        gzip.compress(b"region=" + b"x" * 2 * MEBIBYTE),
        Content_Encoding="gzip",
    )


def _files(pile: _Pile, there: str) -> None:
    pile.found["2,000 files"] = multipart(*[("a.json", JSON, b"{}")] * 2_000)
    pile.found["1,001 descriptions in files"] = multipart(*[("a.json", JSON, b'[{"region":"x"},{"region":"x"}]')] * 510)
    pile.found["a file of no type"] = multipart(("a.exe", "application/octet-stream", b"MZ"))
    pile.found["a file with a path"] = multipart(("../../../etc/passwd", JSON, b"{}"))
    pile.found["a file that is a form"] = multipart(("a", "multipart/form-data; boundary=x", b"--x--"))
    pile.found["a file of nothing"] = multipart(("a.ttl", TURTLE, b""))
    pile.found["a broken file and a good one"] = multipart(("a.ttl", TURTLE, b"<"), ("b.json", JSON, b"{}"))
    pile.add("no boundary", "multipart/form-data", b"--x--")
    pile.add("another boundary", "multipart/form-data; boundary=y", b"--x\r\n\r\n--x--")
    pile.add("a long boundary", f"multipart/form-data; boundary={'y' * 2000}", b"--x--")
    pile.add(
        "parts without end",
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=a\r\n" * 10_000,
    )
    pile.add("a long part head", "multipart/form-data; boundary=x", b"--x\r\nX: " + b"y" * 900_000)


def _heads(pile: _Pile, there: str) -> None:
    for kind in (
        "",
        "x",
        "text/plain",
        "application/xml",
        "application/json; charset=utf-7",
        ";;;",
        "a/b" * 500,
        "text/html",
    ):
        pile.add(f"type {kind[:40]!r}", kind, b"{}")
    pile.add("nothing", TURTLE, b"")
    pile.add("spaces", JSON, b" " * 900_000)


def by_hand(port: int) -> dict[str, Submitted]:
    """What is made to harm: to be fetched, to grow, to nest, to tangle. Whoever fetches connects to the port."""
    pile = _Pile()
    for part in (_xml, _jsonld, _json_by_names, _triples, _fhir_resources, _lines, _compressed, _files, _heads):
        part(pile, f"http://127.0.0.1:{port}/")
    return pile.found
