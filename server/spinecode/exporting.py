"""Codes and their rules as a table that ``importing`` reads, and what of them a table cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.columns import BY_NAME, CODE, COLUMNS, NO_CODE, Column
from spinecode.errors import UnknownNameError
from spinecode.graph import ENGLISH, Graph
from spinecode.index import RuleIndex
from spinecode.meaning import class_names
from spinecode.naming import Names, shortened
from spinecode.rules import Definition, Requirement
from spinecode.tables import joined
from spinecode.vocabulary import term

_FAMILY: Final = term("spine:CodeFamily")
_IN_FAMILY: Final = term("spine:inFamily")


@dataclass(frozen=True, slots=True)
class Exported:
    """A table of codes; ``unsaid`` tells what the ontology says of them that has no place in it."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...]
    unsaid: tuple[str, ...]


def chosen_codes(index: RuleIndex, graph: Graph, names: Iterable[str]) -> list[str]:
    """The codes that are named, or that are of a named family; all without names.

    Raises UnknownNameError with the nearest names.
    """
    families = Names(graph, graph.instances(_FAMILY), v.PREFIXES)
    found: dict[str, None] = {}
    for name in names:
        known = index.code_named(name)
        of_family = [code.code for iri in families.find(name) for code in index.rules.codes if code.family == iri]
        if known is None and not of_family:
            nearest = tuple(dict.fromkeys((*index.nearest_codes(name), *families.nearest(name))))[:3]
            message = f"{name!r} is neither a code nor a family with codes."
            raise UnknownNameError.of(message, value=name, nearest=nearest)
        found |= dict.fromkeys([known] if known is not None else of_family)
    return list(found) or [code.code for code in index.rules.codes]


def export_table(graph: Graph, index: RuleIndex, stated: Sequence[Quad], codes: Sequence[str]) -> Exported:
    """The table of some codes; ``stated`` are the statements of the ontology as they are written."""
    return _Exporter(graph, index).run(codes, stated)


class _Exporter:
    """Cells by heading, one mapping a row."""

    def __init__(self, graph: Graph, index: RuleIndex) -> None:
        self.graph, self.index = graph, index
        self._names: dict[NamedNode, Names] = {}
        self._classes: dict[str, Names] = {}
        self._taken: dict[str, list[str]] = {
            axis.name: [
                name
                for value in (index.values[number] for number in axis.values)
                for name in (value.name, value.label, *value.alt_labels, *value.other_names)
            ]
            for axis in index.rules.axes
        }

    def run(self, codes: Sequence[str], stated: Sequence[Quad]) -> Exported:
        rows: list[dict[str, str]] = []
        for code in codes:
            about = self._code(code)
            definitions = [definition for definition in self.index.definitions if definition.code == code]
            for place, definition in enumerate(definitions):
                shared = about if place == 0 else {CODE.name: code}
                rows.append(shared | self._rule(definition, about) | self._requirements(definition.requirements))
        if set(codes) == set(self.index.codes):
            for gap in self.index.rules.gaps:
                rows.append({CODE.name: NO_CODE} | self._rule(gap, {}) | self._requirements(gap.requirements))
        used = {heading for row in rows for heading in row}
        headings = tuple(sorted(used, key=self._order))
        cells = tuple(tuple(row.get(heading, "") for heading in headings) for row in rows)
        # a column that stands several times is told by its place
        plain = tuple(heading.partition("#")[0] for heading in headings)
        return Exported(plain, cells, tuple(codes), tuple(self._unsaid(codes, stated)))

    def _order(self, heading: str) -> tuple[int, int, str]:
        """Of the code first, then the axes in their order, then of the rule."""
        name = heading.partition("#")[0].partition("@")[0]
        if name in BY_NAME:
            return (2 if BY_NAME[name].of_rule else 0), [c.name for c in COLUMNS].index(name), heading
        return 1, list(self.index.axes).index(name), heading

    # ---------------------------------------------------------------- what is said

    def _code(self, code: str) -> dict[str, str]:
        node = NamedNode(self.index.codes[code].iri)
        row = {CODE.name: code, "iri": shortened(node.value, v.PREFIXES)}
        for column in COLUMNS:
            if not column.of_rule and column.kind not in ("code", "iri") and not column.name.startswith("family"):
                row |= self._said(column, node)
        for family in self.graph.nodes(node, _IN_FAMILY)[:1]:
            if isinstance(family, NamedNode):
                row["family"] = self.graph.text(family, v.LABEL) or family.value
                row["family-iri"] = shortened(family.value, v.PREFIXES)
                row |= self._said(BY_NAME["family-definition"], family)
        return row

    def _rule(self, definition: Definition, of_code: Mapping[str, str]) -> dict[str, str]:
        node = NamedNode(definition.iri)
        row = {"rule": shortened(definition.iri, v.PREFIXES)}
        for column in COLUMNS:
            if column.of_rule and column.kind != "iri":
                row |= self._said(column, node)
        # what the code says too need not be said again
        labels = {heading: text for heading, text in row.items() if heading.startswith("rule-label")}
        if of_code and labels == {
            f"rule-{h}": text for h, text in of_code.items() if h == "label" or h.startswith("label@")
        }:
            row = {heading: text for heading, text in row.items() if heading not in labels}
        for name in ("source", "trust"):
            if of_code and row.get(f"rule-{name}") == of_code.get(name):
                row.pop(f"rule-{name}", None)
        return row

    def _said(self, column: Column, node: NamedNode) -> dict[str, str]:
        """The cells of a column, one a language where it holds texts."""
        assert column.predicate is not None
        found = self.graph.objects(node, column.predicate)
        if column.kind == "text":
            texts: dict[str, list[str]] = {}
            for text in found:
                if isinstance(text, Literal):
                    tag = (text.language or ENGLISH).casefold()
                    heading = column.name if tag == ENGLISH else f"{column.name}@{tag}"
                    texts.setdefault(heading, []).append(text.value)
            return {h: joined(told) if column.several else told[0] for h, told in texts.items()}
        if column.kind == "flag":
            return {column.name: "yes" if self.graph.flag(node, column.predicate) else "no"} if found else {}
        if column.kind in ("date", "plain"):
            return {column.name: plain[0]} if (plain := self.graph.texts(node, column.predicate)) else {}
        told = [self._thing(column, iri) for iri in self.graph.iris(node, column.predicate)]
        return {column.name: joined(told)} if told else {}

    def _thing(self, column: Column, iri: str) -> str:
        if column.kind == "codes":
            return self.index.code_named(iri) or iri
        kind = column.cls or term("spine:Source")
        if kind not in self._names:
            self._names[kind] = Names(self.graph, self.graph.instances(kind), v.PREFIXES)
        names = self._names[kind]
        short = names.told.get(iri, iri)
        return short if names.find(short) == [iri] else names.best(iri)

    def _requirements(self, requirements: Iterable[Requirement]) -> dict[str, str]:
        row: dict[str, str] = {}
        for requirement in requirements:
            heading = requirement.axis
            while heading in row:  # an axis that is asked twice has two columns
                heading += "#"
            row[heading] = self._asked(requirement)
        return row

    def _asked(self, requirement: Requirement) -> str:
        values = {value.iri: value.name for value in self.index.values}
        if requirement.iri in values:
            return joined([values[requirement.iri]])
        if not requirement.iri:
            return joined(self.index.values[number].name for number in requirement.accepts)
        axis = self.index.axes[requirement.axis]
        if axis.name not in self._classes:
            self._classes[axis.name] = class_names(self.graph, axis.iri, v.PREFIXES)
        return joined([self._classes[axis.name].best(requirement.iri, self._taken[axis.name])])

    # ---------------------------------------------------------------- what has no place

    def _unsaid(self, codes: Sequence[str], stated: Sequence[Quad]) -> Iterable[str]:
        """What is said of codes, rules and families beyond the columns, and what speaks of the codes."""
        index, graph = self.index, self.graph
        of_codes = {NamedNode(index.codes[code].iri) for code in codes}
        if unruled := set(codes) - {definition.code for definition in index.definitions}:
            yield f"{_count(len(unruled), 'code')} that no rule implies"
        of_rules = {NamedNode(d.iri) for d in index.definitions if d.code in set(codes)}
        of_families = {NamedNode(index.codes[code].family) for code in codes if index.codes[code].family}
        code_said = {c.predicate for c in COLUMNS if not c.of_rule and not c.name.startswith("family-")} | {v.TYPE}
        rule_said = {c.predicate for c in COLUMNS if c.of_rule} | {v.TYPE, v.SUBCLASS, v.EQUIVALENT_CLASS}
        family_said = {v.TYPE, v.LABEL, v.DEFINITION}
        beyond: dict[tuple[str, str], set[str]] = {}
        for things, said, told in (
            (of_codes, code_said, "code"),
            (of_rules, rule_said, "rule"),
            (of_families, family_said, "family"),
        ):
            for quad in stated:
                if quad.subject in things and quad.predicate not in said:
                    beyond.setdefault((v.shorten(quad.predicate.value), told), set()).add(str(quad.subject))
        for (name, told), subjects in sorted(beyond.items()):
            yield f"{name} of {_count(len(subjects), told)}"
        in_table = of_codes | of_rules
        speaking: Counter[str] = Counter()
        for subject in sorted({str(q.subject): q.subject for q in stated if q.object in of_codes}.values(), key=str):
            if subject not in in_table and isinstance(subject, NamedNode | BlankNode):
                kinds = [v.shorten(kind) for kind in graph.iris(subject, v.TYPE) if kind.startswith(v.SPINE)]
                if kinds and v.shorten(v.PROCEDURE_CODE.value) not in kinds:
                    speaking[kinds[0]] += 1
        for kind, number in sorted(speaking.items()):
            yield f"{number} {kind} that {'names' if number == 1 else 'name'} these codes"


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
