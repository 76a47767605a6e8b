"""The JSON Schemas of what the server answers with, for the API document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spinecode.search import KINDS

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "array", "items": TEXT}


def _object(properties: Json, required: tuple[str, ...] | None = None, description: str = "") -> Json:
    found: Json = {"type": "object", "properties": properties, "required": list(required or properties)}
    return found | ({"description": description} if description else {})


def _listed(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def _by_key(schema: Json, key: str) -> Json:
    return {"type": "object", "additionalProperties": schema, "description": f"By {key}."}


def _maybe(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Json:
    """A reference to one of the schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(description: Mapping[str, Any]) -> Json:
    """The schemas by name; ``description`` is the one of a description, made from the axes."""
    verdict = _object(
        {
            "requires": TEXT,
            "given": TEXTS,
            "holds": {"type": ["boolean", "null"], "description": "null where the description leaves it open."},
        }
    )
    requirement = _object({"requires": TEXT, "values": TEXTS})
    validity = _object(
        {
            "from": {"type": ["string", "null"], "format": "date"},
            "until": {"type": ["string", "null"], "format": "date"},
            "text": TEXT,
            "replaces": TEXTS,
            "replaced_by": TEXTS,
        }
    )
    reporting = _object(
        {
            "unit": TEXT,
            "add_on_to": TEXTS,
            "modifiers": TEXTS,
            "bilateral_indicator": {"type": ["string", "null"]},
            "includes_imaging_guidance": {"type": "boolean"},
        }
    )
    family = _object({"iri": TEXT, "label": TEXT})
    confusion = _object({"codes": TEXTS, "reason": TEXT, "sources": TEXTS, "trust": TEXT})
    line = _object(
        {"code": TEXT, "label": TEXT, "units": {"type": "integer", "minimum": 1}, "modifiers": TEXTS, "levels": TEXTS},
        ("code", "label", "units", "modifiers"),
    )
    ask = _object(
        {"axis": TEXT, "label": TEXT, "values": TEXTS, "leads_to": _by_key(TEXTS, "answer: the codes it leaves")}
    )
    reading = _object(
        {
            "text": TEXT,
            "given": _by_key(TEXTS, "axis"),
            "understood": _listed(_object({"words": TEXT, "given": _by_key(TEXTS, "axis"), "label": TEXT})),
            "unsure": _listed(
                _object(
                    {
                        "words": TEXT,
                        "may_mean": _listed(_object({"given": _by_key(TEXTS, "axis"), "label": TEXT})),
                        "reason": TEXT,
                    }
                )
            ),
            "not_understood": TEXTS,
        },
        description="What was read from a text.",
    )
    selection = _object(
        {
            "status": {"type": "string", "enum": ["determined", "undetermined", "no-code"]},
            "date": {"type": "string", "format": "date"},
            "given": _by_key(TEXTS, "axis"),
            "lines": _listed(line),
            "candidates": TEXTS | {"description": "The codes still possible."},
            "ask": _maybe(ask),
            "explanation": _by_key(_by_key(verdict, "axis"), "code"),
            "ruled_out": _by_key(TEXTS, "code: the axes that rule it out"),
            "certain": TEXTS | {"description": "Codes that hold whatever the answer to the question is."},
            "assumptions": _listed(_object({"axis": TEXT, "value": TEXT, "text": TEXT})),
            "notes": TEXTS,
            "reading": reading,
            "description": TEXT | {"description": "The node of the description, where it came as RDF."},
            "reported": _listed(
                _object(
                    {
                        "code": TEXT,
                        "verdict": {"type": "string", "enum": ["implied", "possible", "refuted"]},
                        "decided_by": TEXTS,
                    }
                )
            ),
        },
        ("status", "date", "given", "lines", "candidates", "ask", "explanation"),
    )
    comparison = _object(
        {
            "codes": TEXTS,
            "summary": TEXT,
            "shared": _by_key(requirement, "axis"),
            "differences": _by_key(_by_key(requirement, "code"), "axis"),
            "validity": _by_key(validity, "code"),
            "reporting": _by_key(reporting, "code"),
            "confusions": _listed(confusion),
        }
    )
    fault = _object(
        {
            "message": TEXT,
            "axis": TEXT,
            "value": TEXT,
            "nearest": TEXTS,
            "file": TEXT,
            "line": {"type": "integer"},
            "column": {"type": "integer"},
        },
        ("message",),
    )
    place = {"type": ["integer", "null"], "minimum": 1}
    count = {"type": "integer", "minimum": 0}
    table = _object(
        {
            "families": _listed(family),
            "codes": TEXTS,
            "shared": _by_key(TEXT, "axis: what all ask there"),
            "row_axes": TEXTS,
            "column_axis": {"type": ["string", "null"]},
            "columns": TEXTS,
            "rows": _listed(
                _object({"choices": _by_key(TEXT, "axis"), "cells": _listed(_object({"column": TEXT, "codes": TEXTS}))})
            ),
            "validity": _by_key(TEXT, "code"),
            "specimens": _by_key(_maybe(_by_key(TEXTS, "axis")), "code: a description that implies it"),
        }
    )
    report = _object(
        {
            "conforms": {"type": "boolean"},
            "results": _listed(
                _object(
                    {
                        "severity": {"type": "string", "enum": ["violation", "warning", "info"]},
                        "focus_node": TEXT,
                        "axis": {"type": ["string", "null"]},
                        "path": {"type": ["string", "null"]},
                        "value": {"type": ["string", "null"]},
                        "message": TEXT,
                        "fix": TEXT,
                        "shape": TEXT,
                        "line": place | {"description": "Where the fact stands in what was sent, where that is known."},
                        "column": place,
                        "given": TEXTS,
                        "expected": TEXTS,
                        "rules": TEXTS | {"description": "The definitions, values and codes that the result rests on."},
                        "sources": TEXTS,
                        "edit": _object(
                            {"start": count, "end": count, "replacement": TEXT, "told": TEXT},
                            ("start", "end", "replacement", "told"),
                        )
                        | {
                            "description": "What mends the result for certain, where that is known: the characters of "
                            "what was sent from start to before end, counted from 0, give way to replacement."
                        },
                    },
                    ("severity", "focus_node", "message"),
                )
            ),
            "answers": _listed(_object({"status": TEXT, "lines": _listed(line)}, ("status",))),
            "unread": _listed(fault) | {"description": "What could not be read beside the descriptions that could."},
        },
        ("conforms", "results"),
    )
    short_code = _object(
        {"code": TEXT, "iri": TEXT, "label": TEXT, "family": family, "validity": validity, "unit": TEXT, "url": TEXT}
    )
    day = {"type": ["string", "null"], "format": "date"}
    thing = _object({"iri": {"type": ["string", "null"]}, "label": TEXT})
    code = _object(
        {
            "code": TEXT,
            "iri": TEXT,
            "label": TEXT,
            "definition": TEXT,
            "alternative_labels": TEXTS,
            "family": family,
            "validity": validity,
            "reporting": reporting,
            "definitions": _listed(
                _object({"iri": TEXT, "label": TEXT, "requires": _by_key(TEXT, "axis"), "in_words": TEXT})
            ),
            "confusions": _listed(confusion),
            "note": TEXT,
            "sources": TEXTS,
            "trust": TEXT,
            "add_ons": TEXTS,
            "modifiers": _listed(thing),
            "lineage": _listed(
                _object(
                    {
                        "code": TEXT,
                        "relation": {"type": "string", "enum": ["predecessor", "itself", "successor"]},
                        "direct": {"type": "boolean"},
                        "validity": TEXT,
                        "spans": _listed(_object({"from": day, "until": day})),
                    }
                )
            ),
            "procedures": _listed(thing),
            "indications": _listed(thing),
            "advisories": _listed(_object({"iri": TEXT, "advice": TEXT})),
            "alignments": _by_key(_listed(thing), "kind of match"),
        }
    )
    result = _object(
        {
            "label": TEXT,
            "kind": {"type": "string", "enum": list(KINDS)},
            "kind_label": TEXT,
            "definition": TEXT,
            "iri": {"type": ["string", "null"]},
            "short": TEXT | {"description": "The prefixed name of a term, the name of a query."},
            "url": TEXT,
            "code": TEXT,
            "past": {"type": "boolean", "description": "Of a code: whether it is not in force any more."},
            "matched": _object({"name": TEXT, "language": {"type": ["string", "null"]}}),
        },
        ("label", "kind", "kind_label", "definition", "iri", "short", "url"),
    )
    nearest = TEXTS | {"description": "Where nothing was found, what may have been meant."}
    search = _object({"query": TEXT, "number": {"type": "integer"}, "results": _listed(result), "nearest": nearest})
    problem = _object(
        {
            "type": {"type": "string", "format": "uri-reference"},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "instance": {"type": "string", "format": "uri-reference"},
            "errors": _listed(fault),
        },
        description="An RFC 9457 problem.",
    )
    resource = _object(
        {"resourceType": TEXT},
        description="A resource of FHIR R4 as JSON: a Procedure, a Claim, or a Bundle of them.",
    )
    return {
        "Description": dict(description),
        "FhirResource": resource,
        "Selection": selection,
        "Comparison": comparison,
        "DecisionTable": table,
        "Report": report,
        "Codes": _object({"codes": _listed(short_code)}),
        "Code": code,
        "Search": search,
        "Problem": problem,
    }
