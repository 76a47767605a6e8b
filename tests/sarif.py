"""The part of the schema of SARIF 2.1.0 that our logs use, as strict as the whole: no other property is allowed."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def _object(required: list[str], **properties: Any) -> Json:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _listed(items: Json, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


TEXT: Json = {"type": "string"}
FILLED: Json = {"type": "string", "minLength": 1}
URI: Json = {"type": "string", "format": "uri", "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*$"}
REFERENCE: Json = {"type": "string", "pattern": r"^[^\s<>\"{}|\\^`]*$"}
POSITIVE: Json = {"type": "integer", "minimum": 1}
MESSAGE = _object(["text"], text=FILLED)
LEVEL: Json = {"enum": ["none", "note", "warning", "error"]}
ARTIFACT = _object([], uri=REFERENCE, uriBaseId=TEXT, index={"type": "integer", "minimum": -1})
REGION = _object(["startLine"], startLine=POSITIVE, startColumn=POSITIVE, endLine=POSITIVE, endColumn=POSITIVE)
PHYSICAL = _object(["artifactLocation"], artifactLocation=ARTIFACT, region=REGION)
LOGICAL = _object([], fullyQualifiedName=TEXT, name=TEXT, kind=TEXT)
LOCATION = _object([], physicalLocation=PHYSICAL, logicalLocations=_listed(LOGICAL, uniqueItems=True))
RULE = _object(
    ["id"],
    id=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    helpUri=URI,
    defaultConfiguration=_object([], level=LEVEL),
)
DRIVER = _object(
    ["name"],
    name=TEXT,
    semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
    informationUri=URI,
    rules=_listed(RULE, uniqueItems=True),
)
RESULT = _object(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations=_listed(LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
    properties={"type": "object"},
)
RUN = _object(
    ["tool"],
    tool=_object(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object", "additionalProperties": _object([], uri=URI)},
    results=_listed(RESULT),
)
SARIF: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(["version", "runs"], **{"$schema": URI, "version": {"const": "2.1.0"}, "runs": _listed(RUN)}),
}
