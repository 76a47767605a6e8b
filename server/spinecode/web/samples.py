"""The texts to try validation on: the sample descriptions, and of each shape what fails and what passes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from spinecode.knowledge import Knowledge
from spinecode.shape_catalogue import is_json, shape_catalogue
from spinecode.web.examples import examples
from spinecode.web.negotiation import JSON, TURTLE, Representation

_INDENT = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to try; ``group`` tells what it is a sample of."""

    name: str
    title: str
    group: str
    text: str
    syntax: Representation


@lru_cache(maxsize=4)
def samples(knowledge: Knowledge) -> tuple[Sample, ...]:
    """All of them: whole descriptions first, then what fails a shape, then what passes one."""
    found = [Sample(one.name, one.title, "Descriptions", one.text, one.syntax) for one in examples(knowledge.index)]
    shapes = shape_catalogue(knowledge)
    for word, group in (("fails", "What a shape finds"), ("passes", "What a shape lets pass")):
        for shape in shapes:
            text = shape.failing if word == "fails" else shape.passing
            if text:
                laid = _laid_out(text)
                syntax = JSON if is_json(text) else TURTLE
                found.append(Sample(f"{word}-{shape.name}", shape.label, group, laid, syntax))
    return tuple(found)


def _laid_out(text: str) -> str:
    """An example over several lines, so that a result has a line of its own to stand at."""
    if not is_json(text):
        return text.strip() + "\n"
    given = json.loads(text)
    if not isinstance(given, dict):
        return json.dumps(given, indent=_INDENT, ensure_ascii=False) + "\n"
    members = (f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in given.items())
    return "{\n" + ",\n".join(members) + "\n}\n"
