"""The difference of two versions as JSON, for programs, and as Markdown, to be pasted into a release note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from spinecode.answer_difference import AnswerChange, AnswerDifference
from spinecode.cases import Case
from spinecode.definition_difference import DefinitionChange
from spinecode.difference import CodeTold, Difference, KindDifference, VersionTold
from spinecode.difference_outline import ARROW, Line, Section, outline, summary
from spinecode.patterns import Era
from spinecode.term_difference import Change

Json = dict[str, Any]

# ---------------------------------------------------------------- JSON


def difference_json(found: Difference) -> Json:
    """The difference as JSON; every list is there, empty where nothing differs.

    ``old`` and ``new`` tell of the versions, ``differs`` whether anything differs, ``summary`` how, in sentences.
    ``codes`` has ``added``, ``removed`` and ``changed``; ``requirements`` classes of values that take others than
    before; ``uncoded`` the declared reasons for having no code; ``constraints``, ``header``, ``terms`` (by kind) and
    ``axioms`` the rest. ``answers`` has the cases answered otherwise: ``changes``, each with the answers ``before`` and
    ``after`` (``kind`` one of codes, open, no code, contradiction, not known), how many combinations there are, and
    ``cases`` that cover them. A case has ``facts`` by axis, each in words and as ``any_of``: answers of which one is
    given, an answer being a list of values given together, each value with those that the rules do not tell from it.
    """
    return {
        "old": _version(found.old),
        "new": _version(found.new),
        "differs": found.differs,
        "summary": summary(found),
        "codes": {
            "added": [_code(code) for code in found.codes_added],
            "removed": [_code(code) for code in found.codes_removed],
            "changed": [
                {
                    "code": change.code,
                    "iri": change.iri,
                    "label": change.label,
                    "retired": change.retired,
                    "reinstated": change.reinstated,
                    "redefined": change.redefined,
                    "redated": change.redated,
                    "changes": _changes(change.changes),
                    "definitions": [_definition(definition) for definition in change.definitions],
                }
                for change in found.codes_changed
            ],
        },
        "requirements": [
            {
                "iri": change.iri,
                "label": change.label,
                "axis": change.axis,
                "removed": list(change.removed),
                "added": list(change.added),
                "codes": list(change.codes),
            }
            for change in found.takes
        ],
        "uncoded": [_definition(definition) for definition in found.uncoded],
        "constraints": [
            {"conditions": c.conditions, "axis": c.axis, "before": c.before, "after": c.after}
            for c in found.constraints
        ],
        "header": _changes(found.header),
        "terms": [_kind(kind) for kind in found.kinds],
        "axioms": [
            {"kind": axiom.kind, "members": list(axiom.members), "fate": "added" if axiom.added else "removed"}
            for axiom in found.axioms
        ],
        "answers": _answers(found.answers),
    }


def _version(told: VersionTold) -> Json:
    return {
        "name": told.name,
        "version": told.number or None,
        "date": told.date or None,
        "codes": told.codes,
        "statements": told.statements,
    }


def _code(code: CodeTold) -> Json:
    return {"code": code.code, "iri": code.iri, "label": code.label, "family": code.family, "valid": code.valid}


def _changes(changes: Iterable[Change]) -> list[Json]:
    return [
        {
            "aspect": change.aspect,
            "property": change.property,
            "removed": [{"text": told.text, "iri": told.iri} for told in change.removed],
            "added": [{"text": told.text, "iri": told.iri} for told in change.added],
        }
        for change in changes
    ]


def _definition(change: DefinitionChange) -> Json:
    return {
        "fate": change.fate,
        "iri": change.iri,
        "label": change.label,
        "valid": change.valid,
        "axes": {axis.axis: {"before": axis.before, "after": axis.after} for axis in change.axes},
        "changes": _changes(change.changes),
    }


def _kind(kind: KindDifference) -> Json:
    return {
        "kind": kind.kind,
        "added": [{"iri": one.iri, "name": one.name} for one in kind.added],
        "removed": [{"iri": one.iri, "name": one.name} for one in kind.removed],
        "changed": [
            {"iri": one.thing.iri, "name": one.thing.name, "changes": _changes(one.changes)} for one in kind.changed
        ],
    }


def _answers(answers: AnswerDifference) -> Json:
    return {
        "combinations": answers.combinations,
        "changed": answers.changed,
        "one_sided": answers.one_sided,
        "spans": _spans(answers.eras),
        "changes": [_answer(change) for change in answers.changes],
    }


def _answer(change: AnswerChange) -> Json:
    return {
        "before": {"kind": change.before.kind, "codes": list(change.before.codes)},
        "after": {"kind": change.after.kind, "codes": list(change.after.codes)},
        "combinations": change.combinations,
        "cases": [_case(case) for case in change.cases],
    }


def _case(case: Case) -> Json:
    return {
        "facts": {fact.axis: {"text": fact.text, "any_of": fact.any_of} for fact in case.facts},
        "spans": _spans(case.eras),
        "combinations": case.combinations,
        "example": {axis: list(names) for axis, names in case.example},
    }


def _spans(eras: Iterable[Era]) -> list[Json]:
    return [{"from": era.first, "until": era.last} for era in eras]


# ---------------------------------------------------------------- Markdown


def markdown(found: Difference) -> str:
    """The difference as Markdown (with GitHub's tables): a title, a table of the versions, then a section a subject."""
    title = " ".join(filter(None, (found.old.number, ARROW, found.new.number)))
    if not found.old.number or not found.new.number or found.old.number == found.new.number:
        title = "Changes of the ontology"
    parts = [f"# {_md(title)}", _table(version_rows(found)), " ".join(map(_md, summary(found)))]
    for section in outline(found):
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def version_rows(found: Difference) -> tuple[tuple[str, ...], ...]:
    """A table of the two versions."""
    told = (found.old, found.new)
    return (
        ("", "old", "new"),
        ("version", *(one.number or "-" for one in told)),
        ("date", *(one.date or "-" for one in told)),
        ("codes", *(str(one.codes) for one in told)),
        ("read from", *(one.name for one in told)),
    )


def _section(section: Section) -> Iterator[str]:
    yield f"{'#' * (section.level + 1)} {_md(section.title)}"
    if section.rows:
        yield _table(section.rows)
    if section.lines:
        yield "\n".join(row for line in section.lines for row in _list(line, 0))


def _list(line: Line, depth: int) -> Iterator[str]:
    head = f"**{_md(line.head)}**" if line.head and depth == 0 else _md(line.head)
    yield f"{'  ' * depth}- {': '.join(filter(None, (head, _md(line.text))))}"
    for below in line.below:
        yield from _list(below, depth + 1)


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    header, *body = [[_md(cell) for cell in row] for row in rows]
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _md(text: str) -> str:
    """A text in which nothing is taken for markup."""
    return re.sub(r"([\\`*_\[\]|<>#])", r"\\\1", " ".join(text.split()))
