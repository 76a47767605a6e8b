"""What was noted while FHIR was read, as results of a validation, and where in the resources the facts came from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from spinecode import vocabulary as v
from spinecode.fhir_elements import Described, Note
from spinecode.report import SEVERITIES, Report, Result

#: The kind of constraint that these results are of: that what a resource says can be read.
COMPONENT: Final = f"{v.SPINE}FhirReading"
_SHAPE: Final = f"{v.SPINE}FhirElement"
#: The name that a document as a whole has among the nodes.
WHOLE: Final = "urn:spinecode:document"


def with_notes(report: Report, described: Sequence[Described], notes: Iterable[Note]) -> Report:
    """A report with the notes on the descriptions, and on what became none, as results.

    Each answer about one of the descriptions tells ``read``: by axis, what was read and from where.
    """
    added = [_result(one.node, note) for one in described for note in one.notes]
    added += [_result(WHOLE, note) for note in notes]
    if not added and not described:
        return report
    order = {one.node: place for place, one in enumerate(described)}
    results = sorted(
        (*report.results, *added),
        key=lambda r: (order.get(r.focus_node, -1 if r.focus_node != WHOLE else len(order)), r.focus_node, _rank(r)),
    )
    by_node = {one.node: one for one in described}
    answers = tuple(_with_origins(answer, by_node) for answer in report.answers)
    return dataclasses.replace(report, results=tuple(results), answers=answers)


def _rank(result: Result) -> int:
    return SEVERITIES.index(result.severity)


def _result(node: str, note: Note) -> Result:
    return Result(
        severity=note.severity,
        focus_node=node,
        axis=note.axis,
        path=None,
        value=note.value,
        message=note.message,
        fix=note.fix,
        shape=note.rule or _SHAPE,
        component=COMPONENT,
    )


def _with_origins(answer: dict[str, Any], by_node: Mapping[str, Described]) -> dict[str, Any]:
    found = by_node.get(str(answer.get("description")))
    if found is None:
        return answer
    read = {axis: {"values": found.given[axis], "from": origins} for axis, origins in found.origins.items()}
    return answer | {"read": read}
