"""Where facts stand in N-Triples and N-Quads, whose lines are statements; ``origins`` finds them in other syntaxes.

In bulk the places are half the work where most descriptions have results, and a line needs no parser to be parted.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from spinecode.description import node_name
from spinecode.origins import Origins
from spinecode.report import Report
from spinecode.text_places import Fact

_LINE: Final = re.compile(r"[ \t]*([^ \t<]+|<[^>]*>)[ \t]*(<[^>]*>)[ \t]*(?=[^ \t])")


def placed_lines(
    report: Report, content: bytes, quads: Sequence[Quad], first_line: int, axes: Mapping[str, str]
) -> Report | None:
    """A report whose results say where their facts stand; None where lines and statements do not agree.

    ``axes`` are the names of axes by their properties.
    """
    lines = [(number, line) for number, line in enumerate(content.decode().split("\n"), first_line) if line.strip()]
    if len(lines) != len(quads):
        return None
    facts: dict[str, list[Fact]] = {}
    for (number, line), quad in zip(lines, quads, strict=True):
        found = _LINE.match(line)
        if found is None:
            return None
        subject = node_name(quad.subject)  # type: ignore[arg-type]  # a line has no triple in it
        value = quad.object
        text = value.value if isinstance(value, NamedNode | Literal) else node_name(value)  # type: ignore[arg-type]
        places = (number, found.start(1) + 1), (number, found.start(2) + 1), (number, found.end() + 1)
        facts.setdefault(subject, []).append(Fact(subject, quad.predicate.value, frozenset((text,)), *places))
    origins = Origins(facts, axes)
    results = []
    for result in report.results:
        place = origins.of_result(result)
        results.append(dataclasses.replace(result, line=place[0], column=place[1]) if place is not None else result)
    return dataclasses.replace(report, results=tuple(results))
