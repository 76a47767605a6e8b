"""Reports as SHACL report graphs in each RDF syntax, and as JSON-LD by the names of the JSON report."""

from __future__ import annotations

import json
from typing import Any, Final

from pyoxigraph import Literal, RdfFormat, Triple, serialize

from spinecode import vocabulary as v
from spinecode.artifacts import xml_text
from spinecode.report import Report, Result, node_of

#: The syntaxes that a report graph is written in, by the name of the form.
SYNTAXES: Final = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "rdfxml": RdfFormat.RDF_XML,
}
_PREFIXES: Final = {name: v.PREFIXES[name] for name in ("sh", "spine", "cpt", "src", "rdf", "xsd", "dcterms")}
_PREFIXES["shape"] = f"{v.SPINE}shape/"
_LAST: Final = "</rdf:RDF>"


def begun(form: str) -> bytes:
    """What stands before the first report of a document."""
    return _parts(form, [])[0]


def graph(form: str, name: str, file: str | None, report: Report) -> bytes:
    """A report as a part of a document; ``name`` tells its nodes from those of others."""
    return _parts(form, report.triples(name, file))[1]


def ended(form: str) -> bytes:
    """What stands after the last report."""
    return _parts(form, [])[2]


def _parts(form: str, triples: list[Triple]) -> tuple[bytes, bytes, bytes]:
    syntax = SYNTAXES[form]
    if syntax in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS):
        return b"", serialize(triples, format=syntax) or b"", b""
    if syntax is not RdfFormat.RDF_XML:
        head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in _PREFIXES.items()).encode()
        content = serialize(triples, format=syntax, prefixes=_PREFIXES) or b""
        lines = content.split(b"\n")
        return (
            head,
            b"\n" + b"\n".join(lines[sum(line.startswith(b"@prefix ") for line in lines[: len(_PREFIXES)]) :]),
            b"",
        )
    content = serialize([_for_xml(triple) for triple in triples], format=syntax, prefixes=_PREFIXES) or b""
    end = content.index(b">", content.index(b"<rdf:RDF")) + 1
    return content[:end] + b"\n", content[end:].strip(b"\n").removesuffix(_LAST.encode()), _LAST.encode() + b"\n"


def _for_xml(triple: Triple) -> Triple:
    value = triple.object
    if not isinstance(value, Literal) or xml_text(value.value) == value.value:
        return triple
    clean = xml_text(value.value)
    kept = Literal(clean, language=value.language) if value.language else Literal(clean, datatype=value.datatype)
    return Triple(triple.subject, triple.predicate, kept)


# ---------------------------------------------------------------- JSON-LD

#: What the names of the JSON report mean.
CONTEXT: Final[dict[str, Any]] = {
    "sh": v.PREFIXES["sh"],
    "spine": v.SPINE,
    "dcterms": v.PREFIXES["dcterms"],
    "file": "spine:submittedFile",
    "conforms": "sh:conforms",
    "unread": "spine:unread",
    "results": "sh:result",
    "severity": {"@id": "sh:resultSeverity", "@type": "@vocab"},
    "violation": "sh:Violation",
    "warning": "sh:Warning",
    "info": "sh:Info",
    "focus_node": {"@id": "sh:focusNode", "@type": "@id"},
    "path": {"@id": "sh:resultPath", "@type": "@id"},
    "value": "sh:value",
    "message": {"@id": "sh:resultMessage", "@language": "en"},
    "fix": {"@id": "spine:fix", "@language": "en"},
    "shape": {"@id": "sh:sourceShape", "@type": "@id"},
    "component": {"@id": "sh:sourceConstraintComponent", "@type": "@id"},
    "given": "spine:given",
    "expected": "spine:expected",
    "rules": {"@id": "spine:restsOn", "@type": "@id"},
    "sources": {"@id": "dcterms:source", "@type": "@id"},
    "line": "spine:line",
    "column": "spine:column",
}


def jsonld(name: str, file: str | None, report: Report) -> str:
    """A report as a thing of a JSON-LD document whose context is ``CONTEXT``."""
    found: dict[str, Any] = {"@id": f"_:report{name}", "@type": "sh:ValidationReport"}
    found |= {"file": file} if file is not None else {}
    found["conforms"] = report.conforms
    found |= {"unread": [str(fault) for fault in report.unread]} if report.unread else {}
    found["results"] = [
        {"@id": f"_:result{name}-{number}", **_jsonld_result(name, result)}
        for number, result in enumerate(report.results, 1)
    ]
    return json.dumps(found, ensure_ascii=False, indent=1)


def _jsonld_result(name: str, result: Result) -> dict[str, Any]:
    value = _id(result.value, name) if result.value and result.value_is_node else result.value
    found: dict[str, Any] = {
        "@type": "sh:ValidationResult",
        "severity": result.severity,
        "focus_node": _id(result.focus_node, name)["@id"],
        "path": result.path,
        "value": value,
        "message": result.message,
        "fix": result.fix,
        "shape": result.shape,
        "component": result.component,
        "given": list(result.given),
        "expected": list(result.expected),
        "rules": list(result.rules),
        "sources": list(result.sources),
        "line": result.line,
        "column": result.column,
    }
    return {key: said for key, said in found.items() if said not in (None, [], "") or key == "message"}


def _id(text: str, name: str) -> dict[str, str]:
    node = node_of(text, name)
    return {"@id": str(node) if text.startswith("_:") else text}
