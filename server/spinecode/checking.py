"""The check of an ontology: syntax, names, shapes, profile, consistency, rules; each fault once, where it stands.

The check goes in steps. A step that builds on what an earlier one found at fault is left out, since it would only
find echoes; the report says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Set
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import NamedNode, Quad

from spinecode import hermit
from spinecode import vocabulary as v
from spinecode.acceptance import Accepted, judged
from spinecode.companions import check_queries, check_shapes, syntax
from spinecode.consistency import contradictory
from spinecode.coverage import Coverage, coverage, coverage_findings
from spinecode.errors import OntologyError
from spinecode.files import ONTOLOGY_SHAPES, data_folder, shape_files, strays, turtle_files
from spinecode.findings import Finding, in_order
from spinecode.graph import Graph, Ontology, parse_file
from spinecode.index import RuleIndex
from spinecode.names import dangling, described, tainted
from spinecode.ontology_shapes import shaped
from spinecode.places import Place, Places
from spinecode.profile import outside_profile
from spinecode.reading import read_rules
from spinecode.rules import LAST_DAY, Axis, Definition, Rules

#: Kinds of findings that cast no doubt on anything else.
_APART = frozenset({"definition", "source", "trust", "language", "profile", "acceptance", "query", "file"})
_RULE_FIX = "Write it in the form that the other files of the ontology have, or correct the term."


@dataclass(frozen=True)
class CheckReport:
    """What a check found. ``accepted`` are the findings that the ontology accepts, each with the reason.

    ``left_out`` are the steps that wait until the findings are mended; ``hermit`` says whether HermiT was run;
    ``coverage`` has the figures where that step was reached.
    """

    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...] = ()
    files: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()
    hermit: str = "not run: not asked for"
    coverage: Coverage | None = None

    @property
    def conforms(self) -> bool:
        """Whether there is no finding that counts; notes and warnings do not."""
        return all(finding.severity != "error" for finding in self.findings)


def check_ontology(folders: Iterable[Path]) -> list[Finding]:
    """The faults of the ontology in some folders taken together, without HermiT; an empty list when there are none."""
    return list(check(folders, with_hermit=False, shapes=(), queries=()).findings)


def check(
    folders: Iterable[Path],
    *,
    with_hermit: bool = True,
    shapes: Iterable[Path] | None = None,
    queries: Iterable[Path] | None = None,
    packs: Iterable[Path] = (),
) -> CheckReport:
    """Check the ontology in some folders taken together, with the shapes and queries beside it.

    ``shapes`` and ``queries`` are files; without them, our own. ``packs`` are folders in which nothing else should lie.

    Kinds of findings: ``syntax``; ``file`` (nothing in it to be read); ``name`` (an IRI that nothing describes);
    those of the shapes (``spine:findingKind``); ``profile`` (not OWL 2 RL); ``consistency``; ``unsatisfiable`` (a class
    that can have no member); ``rule`` (what the readers do not understand, or cannot rely on); ``code`` (a code that no
    definition leads to); ``interval`` (two definitions of a code on one day); ``overlap`` (combinations of facts with
    two codes); ``coverage`` (combinations with none, and no reason); ``shape`` and ``query`` (files beside the
    ontology); ``acceptance`` (an accepted finding that is not there).
    """
    shape_paths = tuple(_our_shapes() if shapes is None else shapes)
    query_paths = tuple(sorted(data_folder("queries").glob("*.rq")) if queries is None else queries)
    run = _Run(tuple(folders), tuple(file for file in shape_paths if file.name == ONTOLOGY_SHAPES), tuple(packs))
    run.read()
    if not run.broken:
        run.look()
        run.reason(with_hermit)
    known = described(run.places.quads) if not run.broken else frozenset()
    run.findings += check_shapes(shape_paths, known, run.axes) if shape_paths else []
    run.findings += check_queries(query_paths)
    findings, accepted = judged(run.findings, run.places, whole=not run.left_out, unsure=run.unsure)
    files = (*turtle_files(run.folders), *shape_paths, *query_paths)
    return CheckReport(tuple(in_order(findings)), tuple(accepted), files, tuple(run.left_out), run.hermit, run.coverage)


def _our_shapes() -> tuple[Path, ...]:
    folder = [data_folder("shapes")]
    return (*shape_files(folder, "description"), *shape_files(folder, "ontology"))


@dataclass
class _Run:
    """One check on its way through the steps."""

    folders: tuple[Path, ...]
    ontology_shapes: tuple[Path, ...] = ()
    packs: tuple[Path, ...] = ()
    axes: tuple[Axis, ...] = ()
    places: Places = field(default_factory=Places)
    findings: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    hermit: str = "not run: not asked for"
    broken: bool = False
    coverage: Coverage | None = None
    unsure: Set[str] = frozenset({"unsatisfiable"})

    def read(self) -> None:
        """Read every file; syntax, and files that say nothing."""
        for folder in self.folders:
            if not turtle_files([folder]):
                message = "There is no Turtle file (.ttl) here; nothing was read."
                self.findings.append(Finding("file", message, str(folder), fix="Name a folder of Turtle files."))
        for file in strays(self.packs):
            message = "This file lies beside the folders of the pack, where nothing reads it."
            fix = "Move it into ontology/, shapes/ or queries/."
            self.findings.append(Finding("file", message, str(file), severity="warning", fix=fix))
        for file in turtle_files(self.folders):
            try:
                found = self.places.read(file)
            except OntologyError as error:
                self.findings += syntax(error)
                self.broken = True
                continue
            if not any(_speaks_of_ours(quad) for quad in found):
                message = f"Nothing in this file is said with the terms of {v.SPINE}."
                fix = f"Check the prefix: @prefix spine: <{v.SPINE}> ."
                self.findings.append(Finding("file", message, str(file), fix=fix))
        if self.broken:
            self.left_out += ["names", "shapes", "profile", "consistency", "rules", "coverage"]

    def look(self) -> None:
        """Names, shapes and profile: what shows in the statements as they are written."""
        names = dangling(self.places)
        self.findings += names
        own = shape_files([data_folder("shapes")], "ontology")
        shapes: list[Quad] = []
        for file in dict.fromkeys((*own, *self.ontology_shapes)):
            with suppress(OntologyError):  # broken syntax is told with that of the other shapes
                shapes += parse_file(file)
        self.findings += shaped(self.places, shapes, tainted(self.places, names))
        self.findings += outside_profile(self.places, Graph.of(self.places.quads))

    def reason(self, with_hermit: bool) -> None:
        """Consistency and rules: what shows in the closure, where nothing found so far would make it an echo."""
        counted, _ = judged(self.findings, self.places, whole=False)
        if any(finding.kind not in _APART for finding in counted):
            self.left_out += ["consistency", "rules", "coverage"]
            self._leave_out_hermit(with_hermit)
            return
        doubtful = {finding.about for finding in counted if finding.about and finding.kind == "profile"}
        # HermiT takes seconds in a process of its own, in which owlrl can do its part
        with ThreadPoolExecutor(1) as pool:
            asked = (
                pool.submit(hermit.unsatisfiable, [quad.triple for quad in self.places.quads]) if with_hermit else None
            )
            try:
                graph = Ontology(self.folders).graph()
            except OntologyError as error:
                self.findings += contradictory([fault.value or fault.message for fault in error.faults], self.places)
                self.left_out += ["rules", "coverage"]
                self._leave_out_hermit(with_hermit)
                return
            if asked is not None:
                self._hear_hermit(asked)
        found, index = _rules(graph, self.places, doubtful)
        self.findings += found
        self.axes = index.asked_axes if index is not None else ()
        if found or index is None:
            # what the rules lack or have twice shows in the combinations too
            self.left_out.append("coverage")
            return
        self.coverage = coverage(index)
        self.findings += coverage_findings(self.coverage, index, self.places)

    def _leave_out_hermit(self, with_hermit: bool) -> None:
        if with_hermit:
            self.hermit = "not run: the findings come first"

    def _hear_hermit(self, asked: Future[list[str] | None]) -> None:
        try:
            empty = asked.result()
        except hermit.HermitError as error:
            self.hermit = f"not run: {error}"
            return
        self.hermit, self.unsure = "run", frozenset()
        if empty is None:
            message = "HermiT finds that the ontology contradicts itself; it does not say where."
            fix = "Look for what the OWL 2 RL reasoner passes over: cardinalities, unions, equivalent classes."
            self.findings.append(Finding("consistency", message, fix=fix))
            return
        below = {quad.subject for quad in self.places.quads if quad.predicate == v.SUBCLASS and _iri(quad) in empty}
        for iri in empty:
            if NamedNode(iri) not in below:
                message = f"{v.shorten(iri)} can have no member: what is said of the class contradicts itself."
                fix = "Correct its superclasses or restrictions, or the axioms that keep them apart."
                finding = Finding("unsatisfiable", message, fix=fix, about=iri)
                self.findings.append(finding.at(self.places.home(iri)))


def _iri(quad: Quad) -> str:
    return quad.object.value if isinstance(quad.object, NamedNode) else ""


def _speaks_of_ours(quad: Quad) -> bool:
    return any(
        isinstance(n, NamedNode) and n.value.startswith(v.SPINE) for n in (quad.subject, quad.predicate, quad.object)
    )


# ---------------------------------------------------------------- the rules


def _rules(graph: Graph, places: Places, doubtful: Set[str]) -> tuple[list[Finding], RuleIndex | None]:
    """What the readers of the rules do not understand, or what does not hold together; and the rules, if readable."""
    try:
        rules = read_rules(graph, "")
        index = RuleIndex(rules)
    except OntologyError as error:
        found = []
        for fault in error.faults:
            if fault.value not in doubtful:
                place = places.mentioned(fault.value, fault.message) if fault.value else None
                found.append(Finding("rule", fault.message, fix=_RULE_FIX, about=fault.value).at(place))
        return found, None
    return [*_undefined(rules, places), *_two_at_once(rules, places)], index


def _undefined(rules: Rules, places: Places) -> Iterable[Finding]:
    defined = {definition.code for definition in rules.definitions}
    for code in rules.codes:
        if code.code not in defined and not code.guides_by:
            message = f"{v.shorten(code.iri)} has no definition: no class with requirements implies it."
            fix = "Put an intersection of requirements below a class that implies the code."
            yield Finding("code", message, fix=fix, about=code.iri).at(places.home(code.iri))


def _two_at_once(rules: Rules, places: Places) -> Iterable[Finding]:
    """No injection meets two definitions of a code on a day; one class may be met in several ways."""
    single = {axis.name for axis in rules.axes if not axis.repeatable}
    for first, second in itertools.combinations(sorted(rules.definitions, key=lambda d: (d.code, d.iri)), 2):
        if first.code != second.code or first.iri == second.iri or _apart(first, second, single):
            continue
        begin = max(first.valid_from or "", second.valid_from or "")
        end = min(first.valid_until or LAST_DAY, second.valid_until or LAST_DAY)
        if begin <= end:
            names = f"{v.shorten(first.iri)} and {v.shorten(second.iri)}"
            message = f"{names} define the same code, and both are in force on {begin or end}."
            fix = "Give the earlier one a spine:validUntil, the later one the spine:validFrom of the day after."
            about = second.iri
            yield Finding("interval", message, fix=fix, about=about).at(_later(places, first.iri, second.iri))


def _apart(first: Definition, second: Definition, axes: set[str]) -> bool:
    """Whether two definitions ask for different values on an axis that has one value only."""
    return any(
        one.axis == other.axis and one.axis in axes and set(one.accepts).isdisjoint(other.accepts)
        for one in first.requirements
        for other in second.requirements
    )


def _later(places: Places, *iris: str) -> Place | None:
    return max((place for iri in iris if (place := places.home(iri))), default=None)
