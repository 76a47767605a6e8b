"""The answers as JSON: the one place where the fields that clients rely on are written."""

from __future__ import annotations

from typing import Any

from spinecode.comparison import Comparison, Requires
from spinecode.explanation import Explanation, explain, interval
from spinecode.free_text import Facts, Reading
from spinecode.index import RuleIndex
from spinecode.rules import Code, Confusion, in_force
from spinecode.selection import Line, Selection, names_of

Json = dict[str, Any]


def line_json(index: RuleIndex, selection: Selection, line: Line) -> Json:
    """A line of a claim, with the definition that it rests on, its trust and its sources."""
    found: Json = {"code": line.code, "label": line.label, "units": line.units, "modifiers": list(line.modifiers)}
    if line.levels:
        found["levels"] = list(line.levels)
    implied = 0
    for outcome in selection.outcomes:
        implied |= outcome.implied
    definition = next(index.definitions[bit] for bit in index.bits_of_code[line.code] if implied >> bit & 1)
    return found | {"definition": definition.iri, "trust": definition.trust, "sources": list(definition.sources)}


def explanation_json(explanation: Explanation) -> Json:
    """An explanation, by axis."""
    return {
        row.axis: {"requires": row.requires, "given": list(row.given), "holds": row.holds} for row in explanation.rows
    }


def selection_json(index: RuleIndex, selection: Selection) -> Json:
    """The answer of ``select``.

    Beside the contract's ``status``, ``lines``, ``candidates``, ``ask`` and ``explanation`` it has ``date``,
    ``given``, ``certain`` (codes that hold whatever the answer to the question), ``ruled_out`` (the axes that rule
    each near miss out), ``assumptions``, ``notes`` and, where codes were reported, ``reported``.
    """
    explanations = explain(index, selection)
    answer = outcome_json(index, selection)
    answer |= {
        "date": selection.date,
        "given": names_of(index, selection.description.facts),
        "explanation": {e.code: explanation_json(e) for e in explanations},
        "ruled_out": {e.code: list(e.failing) for e in explanations if e.failing},
        "certain": list(selection.certain),
        "assumptions": [_assumption(index, axis, number) for axis, number in selection.assumptions],
    }
    if selection.description.reported:
        answer["reported"] = reported_json(index, selection, explanations)
    return answer


def outcome_json(index: RuleIndex, selection: Selection) -> Json:
    """The answer without its reasons: status, lines, candidates, the next question and notes."""
    answer: Json = {
        "status": selection.status,
        "lines": [line_json(index, selection, line) for line in selection.lines],
        "candidates": list(selection.candidates),
        "ask": None,
        "notes": notes(index, selection),
    }
    question = selection.question
    if question is not None:
        answer["ask"] = {
            "axis": question.axis,
            "label": question.text or question.label,
            "values": list(question.values),
            "leads_to": {name: list(codes) for name, codes in zip(question.values, question.leads_to, strict=True)},
        }
    if selection.description.node is not None:
        answer["description"] = selection.description.node
    return answer


def _assumption(index: RuleIndex, axis: str, number: int) -> Json:
    value = index.values[number]
    text = f"The {index.axes[axis].label} was not given; {value.label} is taken for granted with what was."
    return {"axis": axis, "value": value.name, "text": text}


def notes(index: RuleIndex, selection: Selection) -> list[str]:
    """What a person should know beside the lines: open modifiers, levels without a code, what payers ask."""
    told = []
    facts = selection.description.facts
    for number in selection.uncoded_levels:
        told.append(f"No code fits the injection at {index.values[number].name}.")
    if selection.status == "no-code":
        found = (gap for o in selection.outcomes for gap in index.gaps(o.service.facts, selection.date))
        told += dict.fromkeys(f"{gap.label}: {gap.note}" for gap in found)
    codes = {line.code for line in selection.lines}
    for axis, modifiers in index.modifying:
        if axis.name in facts:
            continue
        if taking := sorted(code for code in codes if not modifiers.keys().isdisjoint(index.codes[code].modifiers)):
            named = ", ".join(f"{m} ({index.values[number].label})" for m, number in modifiers.items())
            verb = "takes" if len(taking) == 1 else "take"
            told.append(f"{' and '.join(taking)} {verb} a modifier for the {axis.label}, which was not given: {named}.")
    given = {number for numbers in facts.values() for number in numbers}
    for advisory in index.rules.advisories:
        concerned = sorted(codes.intersection(advisory.codes))
        if (
            concerned
            and in_force(advisory, selection.date)
            and (not advisory.values or not given.isdisjoint(advisory.values))
        ):
            told.append(f"{' and '.join(concerned)}: {advisory.advice}")
    return told


def reading_json(reading: Reading) -> Json:
    """What was read from a free text: what was ``understood``, what is ``unsure`` and may mean what, and the rest."""

    def facts(found: Facts) -> Json:
        return {"given": {axis: list(names) for axis, names in found.given}, "label": found.label}

    return {
        "text": reading.text,
        "given": reading.given,
        "understood": [
            {"words": one.words, "start": one.start, "end": one.end, **facts(one.facts)} for one in reading.understood
        ],
        "unsure": [
            {
                "words": one.words,
                "start": one.start,
                "end": one.end,
                "may_mean": [facts(found) for found in one.readings],
                "reason": one.reason,
            }
            for one in reading.unsure
        ],
        "not_understood": list(reading.not_understood),
    }


def reported_json(index: RuleIndex, selection: Selection, explanations: list[Explanation]) -> list[Json]:
    """The verdict on each reported code: implied, possible or refuted, and by which axes.

    A code for what is reported apart, which no description implies, is told to be ``apart``.
    """
    implied = {line.code for line in selection.lines} | set(selection.certain)
    found = []
    by_code = {e.code: e for e in explanations}
    for code in selection.description.reported:
        verdict = "implied" if code in implied else "possible" if code in selection.candidates else "refuted"
        if index.codes[code].guides_by:
            verdict = "apart"
        axes = list(by_code[code].failing) if verdict == "refuted" and code in by_code else []
        found.append({"code": code, "verdict": verdict, "decided_by": axes})
    return found


def confusion_json(confusion: Confusion) -> Json:
    """A common confusion of codes."""
    return {
        "codes": list(confusion.codes),
        "reason": confusion.reason,
        "sources": list(confusion.sources),
        "trust": confusion.trust,
    }


def _requires_json(requirement: Requires) -> Json:
    return {"requires": requirement.text, "values": list(requirement.values)}


def comparison_json(index: RuleIndex, comparison: Comparison) -> Json:
    """The answer of ``differ``.

    The contract's ``codes``, ``shared``, ``differences`` and ``summary``, and ``validity``, ``reporting`` and
    ``confusions``.
    """
    codes = [index.codes[code] for code in comparison.codes]
    return {
        "codes": list(comparison.codes),
        "summary": comparison.summary,
        "shared": {axis: _requires_json(requirement) for axis, requirement in comparison.shared.items()},
        "differences": {
            axis: {code: _requires_json(requirement) for code, requirement in found.items()}
            for axis, found in comparison.differences.items()
        },
        "validity": {code.code: validity_json(code) for code in codes},
        "reporting": {code.code: reporting_json(code) for code in codes},
        "confusions": [confusion_json(confusion) for confusion in comparison.confusions],
    }


def validity_json(code: Code) -> Json:
    """When a code is valid, and what came before and after it."""
    return {
        "from": code.valid_from,
        "until": code.valid_until,
        "in_force_by": code.in_force_by,
        "text": interval(code.valid_from, code.valid_until, code.in_force_by),
        "replaces": list(code.replaces),
        "replaced_by": list(code.replaced_by),
    }


def reporting_json(code: Code) -> Json:
    """How a code is reported."""
    return {
        "unit": code.unit,
        "add_on_to": list(code.add_on_to),
        "modifiers": list(code.modifiers),
        "bilateral_indicator": code.bilateral_indicator,
        "includes_imaging_guidance": code.includes_guidance,
    }


def code_json(index: RuleIndex, code: Code) -> Json:
    """All that is known of a code, with each of its dated definitions."""
    definitions = [d for d in index.definitions if d.code == code.code]
    return {
        "code": code.code,
        "iri": code.iri,
        "label": code.label,
        "definition": code.definition,
        "alternative_labels": list(code.alt_labels),
        "family": {"iri": code.family, "label": code.family_label},
        "validity": validity_json(code),
        "reporting": reporting_json(code),
        "definitions": [
            {
                "iri": d.iri,
                "label": d.label,
                "validity": interval(d.valid_from or code.valid_from, d.valid_until or code.valid_until),
                "requires": {r.axis: r.label for r in d.requirements},
                "note": d.note,
                "sources": list(d.sources),
                "trust": d.trust,
            }
            for d in definitions
        ],
        "confusions": [confusion_json(c) for c in index.rules.confusions if code.code in c.codes],
        "note": code.note,
        "sources": list(code.sources),
        "trust": code.trust,
    }
