"""What the readers of the rules rely on beyond their form: different names, dates in order, links of the right kind."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.errors import Fault
from spinecode.graph import Graph, Term
from spinecode.rules import Code, Definition, Rules, is_date
from spinecode.spelling import fold
from spinecode.vocabulary import term

#: What a code points to by a property has to be of this class.
_KINDS = {
    "spine:reportingUnit": "spine:ReportingUnit",
    "spine:takesModifier": "spine:Modifier",
    "spine:inFamily": "spine:CodeFamily",
    "spine:addOnTo": "spine:ProcedureCode",
    "spine:replacedBy": "spine:ProcedureCode",
    "spine:notReportedBeside": "spine:ProcedureCode",
    "spine:guidesBy": "spine:AxisValue",
    "spine:trust": "spine:TrustLevel",
}


def told(target: Term) -> str:
    """A term as people write it."""
    return v.shorten(target.value) if isinstance(target, NamedNode) else str(target)


def unsound(graph: Graph, rules: Rules) -> list[Fault]:
    """A fault for each thing that no reader could rely on; ``value`` is the IRI of what it is said of."""
    found = [*_names(rules), *_values(rules), *_codes(graph, rules)]
    return [Fault(f"{v.shorten(iri)} {message}", value=iri) for iri, message in found]


def _names(rules: Rules) -> Iterator[tuple[str, str]]:
    """No two codes have one number, and no two values of an axis one name."""
    taken: dict[str, str] = {}
    for code in rules.codes:
        if taken.setdefault(code.code, code.iri) != code.iri:
            message = f"has the skos:notation {code.code!r}, which is that of {v.shorten(taken[code.code])} already."
            yield code.iri, message
    for axis in rules.axes:
        names: dict[str, str] = {}
        for value in (rules.values[number] for number in axis.values):
            for name in {fold(text) for text in (value.name, value.label, *value.alt_labels, *value.other_names)}:
                if names.setdefault(name, value.iri) != value.iri:
                    message = f"has the name {name!r} on the axis {axis.name!r}, as {v.shorten(names[name])} has."
                    yield value.iri, message


def _values(rules: Rules) -> Iterator[tuple[str, str]]:
    """An open value never stands for itself, and a counting axis has a value for the first."""
    for value in rules.values:
        seen: set[int] = set()
        waiting = list(value.narrower)
        while waiting:
            number = waiting.pop()
            if number == value.id:
                yield value.iri, "is, by spine:narrowerValue, narrower than itself."
                break
            if number not in seen:
                seen.add(number)
                waiting += rules.values[number].narrower
    for axis in rules.axes:
        if axis.counts_within and not any(rules.values[number].position == 1 for number in axis.values):
            yield axis.iri, "counts, and so needs a value with the spine:ordinalPosition 1."


def _codes(graph: Graph, rules: Rules) -> Iterator[tuple[str, str]]:
    """Dates are dates in their order, and what codes point to is of the right kind."""
    items: list[Code | Definition] = [*rules.codes, *rules.definitions]
    for item in items:
        for name, day in (("validFrom", item.valid_from), ("validUntil", item.valid_until)):
            if day is not None and not is_date(day):
                yield item.iri, f"has the spine:{name} {day!r}, which is not a date (YYYY-MM-DD)."
        if item.valid_from and item.valid_until and item.valid_until < item.valid_from:
            yield item.iri, "has a spine:validUntil before its spine:validFrom."
    for code in rules.codes:
        node = NamedNode(code.iri)
        if code.code in code.add_on_to:
            yield code.iri, "is by spine:addOnTo an add-on to itself."
        for curie, kind in _KINDS.items():
            for target in graph.objects(node, term(curie)):
                right = isinstance(target, NamedNode) and graph.has(target, v.TYPE, term(kind))
                if not right:
                    yield code.iri, f"has the {curie} {told(target)}, which is not a {kind}."
    for confusion in rules.confusions:
        if len(confusion.codes) < 2:
            yield confusion.iri, "needs two codes or more by spine:confusedCode."
