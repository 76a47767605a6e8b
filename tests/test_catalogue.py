"""The query catalogue: headers that agree with their queries, the same rows on two engines, values bound as terms."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import rdflib
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, serialize
from rdflib.plugins.sparql import prepareQuery

from spinecode.catalogue import CataloguedQuery, catalogue, read_query
from spinecode.description import describe
from spinecode.errors import ContradictionError, InputError, OntologyError
from spinecode.executables import CATALOGUE, catalogue_graph, query_iri
from spinecode.explanation import explain_code
from spinecode.graph import read_rdf
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.parameters import Term, bindings_of, bound_text
from spinecode.query_header import Parameter, read_header
from spinecode.selection import select
from spinecode.sparql import run
from spinecode.vocabulary import PREFIXES, shorten, term
from tests.conftest import ROOT

TODAY = "2026-03-02"
CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "tests/fixtures/query-rows.yaml").read_text("utf-8"))

Row = tuple[tuple[str, str], ...]

QUERIES = list(catalogue().values())
names = pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])


# ---------------------------------------------------------------- headers


def test_there_are_enough_questions() -> None:
    assert len(QUERIES) >= 25
    assert len({query.title for query in QUERIES}) == len({query.question for query in QUERIES}) == len(QUERIES)


@names
def test_a_header_agrees_with_its_query_as_a_parser_reads_it(query: CataloguedQuery, index: RuleIndex) -> None:
    prepared = prepareQuery(query.text, initNs=PREFIXES)
    assert prepared.algebra.name == {"SELECT": "SelectQuery", "CONSTRUCT": "ConstructQuery"}[query.kind]
    if query.kind == "SELECT":
        assert [str(variable) for variable in prepared.algebra.PV] == [column.name for column in query.columns]
    for parameter in query.parameters:
        assert parameter.axis is None or parameter.axis in index.axes
        assert re.search(rf"(?m)^[^#\n]*\?{parameter.name}\b", query.text)
        # its example and its default are values of its kind
        for text in (parameter.example, parameter.default):
            others = {one.name: one.example for one in query.parameters if one.needed}
            if text is not None:
                assert parameter.name in bindings_of(query, {**others, parameter.name: text}, index, TODAY)


HEADER = """# What is there?
#
# Notes.
#
# Title:     Things
# Keywords:  thing
# Parameter: ?code (code, optional, example 1) The code;
#            all without it.
# Column:    ?code The code.
# Column:    ?n How many.
SELECT ?code (COUNT(*) AS ?n) WHERE { ?s ?p ?code } GROUP BY ?code
"""


def test_a_header_is_read() -> None:
    header = read_header(HEADER, "x.rq")
    assert (header.title, header.notes, header.keywords, header.kind) == ("Things", "Notes.", ("thing",), "SELECT")
    assert header.parameters[0].description == "The code; all without it."
    assert [column.name for column in header.columns] == ["code", "n"]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("# What is there?", "# What is there.", 1, "ends in '?'"),
        ("# What is there?\n#\n", "# What is there?\n", 2, "empty comment line"),
        ("# Title:     Things\n", "", 9, "no Title"),
        ("# Title: ", "# Titel: ", 5, "no field"),
        ("(code, optional, example 1)", "(kode, optional, example 1)", 7, "no kind 'kode'"),
        ("(code, optional, example 1)", "(code, optional)", 7, "example"),
        ("(code, optional, example 1)", "(code, example 1)", 7, "needed, optional"),
        ("(code, optional, example 1)", "(code, optional, needed, example 1)", 7, "Say one of"),
        ("(code, optional, example 1)", "(code, maybe, example 1)", 7, "'maybe' is none"),
        ("?code (code, optional, example 1)", "?kode (code, optional, example 1)", 7, "no variable ?kode"),
        ("?code (code, optional, example 1)", "?format (code, optional, example 1)", 7, "format"),
        ("?code (code, optional, example 1) The", "code The", 7, "has the form"),
        ("# Column:    ?n How many.\n", "", 9, "gives ?code ?n"),
        ("# Column:    ?n How many.\n", "# Column:    ?n How many.\n# Column:    ?n Again.\n", 11, "twice"),
        ("# Column:    ?n How many.\n", "# Column:    ?n How many.\n# Title:     Late\n", 11, "too late"),
        ("# Notes.\n", "#Notes.\n", 3, "begins with '# '"),
        ("SELECT ?code", "ASK { ?code ?b ?n } # SELECT ?code", 10, "says what it gives"),
    ],
)
def test_a_fault_in_a_header_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, told: str) -> None:
    assert old in HEADER
    file = tmp_path / "x.rq"
    file.write_text(HEADER.replace(old, new, 1))
    with pytest.raises(OntologyError) as caught:
        read_query(file)
    fault = caught.value.faults[0]
    assert (fault.file, fault.line) == (str(file), line)
    assert told in fault.message


# ---------------------------------------------------------------- rows, on two engines


@pytest.fixture(scope="module")
def in_rdflib(knowledge: Knowledge) -> rdflib.Graph:
    content = serialize((quad.triple for quad in knowledge.graph.store), format=RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=content, format="nt")


def shown(node: Any) -> str:
    """A term of either engine, as the fixture writes it."""
    if isinstance(node, BlankNode | rdflib.BNode):
        return "unnamed"
    if isinstance(node, NamedNode | rdflib.URIRef):
        return shorten(node.value if isinstance(node, NamedNode) else str(node))
    return str(node.value if isinstance(node, Literal) else node)


def row_of(names: list[str], cells: Any) -> Row:
    return tuple((name, shown(cell)) for name, cell in zip(names, cells, strict=True) if cell is not None)


TRIPLE = ["subject", "property", "value"]


def rows_of(store: Store, query: CataloguedQuery, bindings: dict[str, Term]) -> list[Row]:
    found = run(store, query.text, bindings)
    if query.kind != "SELECT":
        return [row_of(TRIPLE, triple) for triple in found]
    columns = [column.name for column in query.columns]
    return [row_of(columns, [solution[name] for name in columns]) for solution in found]


def rows_in_rdflib(graph: rdflib.Graph, query: CataloguedQuery, bindings: dict[str, Term]) -> list[Row]:
    found = graph.query(bound_text(query.text, bindings), initNs=PREFIXES)
    names = TRIPLE if query.kind != "SELECT" else [column.name for column in query.columns]
    return [row_of(names, row) for row in found]


def stores_of(knowledge: Knowledge, graph: rdflib.Graph, case: dict[str, Any]) -> tuple[Store, rdflib.Graph]:
    """The closed ontology for each engine, with the data of a case."""
    if "data" not in case:
        return knowledge.graph.store, graph
    store = Store()
    store.bulk_extend(knowledge.graph.store)
    store.extend(read_rdf(ROOT / case["data"]))
    if case.get("closed"):
        closed = list(run(store, catalogue()["close"].text, {}))
        store = Store()
        store.bulk_extend(knowledge.graph.store)
        store.extend(Quad(*triple) for triple in closed)
    content = serialize((quad.triple for quad in store), format=RdfFormat.N_TRIPLES)
    return store, rdflib.Graph().parse(data=content, format="nt")


def sorted_lists(rows: list[Row], case: dict[str, Any]) -> list[Row]:
    """Rows with the words in order where their order does not count."""
    lists = case.get("lists", ())
    return [tuple((k, " ".join(sorted(v.split())) if k in lists else v) for k, v in row) for row in rows]


def test_every_query_has_expected_rows() -> None:
    assert set(CASES) >= set(catalogue())


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}-{number}")
        for name, cases in CASES.items()
        for number, case in enumerate(cases)
    ],
)
def test_a_query_gives_the_expected_rows_on_both_engines(
    knowledge: Knowledge, in_rdflib: rdflib.Graph, name: str, case: dict[str, Any]
) -> None:
    query = catalogue()[name]
    bindings = bindings_of(query, case["given"], knowledge.index, TODAY)
    store, graph = stores_of(knowledge, in_rdflib, case)
    found = sorted_lists(rows_of(store, query, bindings), case)
    expected = sorted_lists([tuple(row.items()) for row in case["rows"]], case)
    assert [row for row in expected if row not in found] == []
    assert len(found) == case.get("number", len(found))
    theirs = sorted_lists(rows_in_rdflib(graph, query, bindings), case)
    if query.kind == "SELECT":
        assert theirs == found
        # put in as terms, the values give what they give when the engine substitutes them
        written_in = CataloguedQuery(name, bound_text(query.text, bindings), query.header, query.file)
        assert sorted_lists(rows_of(store, written_in, {}), case) == found
    else:
        assert set(theirs) == set(found)


# ---------------------------------------------------------------- the same answer as the rule index


AXES = ("approach", "region", "level", "space", "guidance", "delivery", "substance", "muscles")


@st.composite
def facts(draw: st.DrawFn, index: RuleIndex) -> dict[str, int]:
    axes = draw(st.lists(st.sampled_from(AXES), unique=True, min_size=1))
    return {axis: draw(st.sampled_from(index.axes[axis].values)) for axis in axes}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), day=st.sampled_from(["2003-01-01", "2010-06-01", "2016-12-31", "2020-07-07", TODAY]))
def test_facts_lead_to_the_codes_that_the_rule_index_finds(knowledge: Knowledge, data: st.DataObject, day: str) -> None:
    index = knowledge.index
    chosen = data.draw(facts(index))
    description = describe(index, {axis: (number,) for axis, number in chosen.items()}, day)
    try:
        selection = select(index, description)
    except ContradictionError:
        return
    values = {axis: index.values[number].iri for axis, number in chosen.items()} | {"date": day}

    def codes(name: str) -> set[str]:
        query = catalogue()[name]
        bindings = bindings_of(query, values, index)
        return {row["code"].value for row in run(knowledge.graph.store, query.text, bindings)}

    implied = 0
    for outcome in selection.outcomes:
        implied |= outcome.implied
    assert codes("which-code") == set(index.codes_in(implied))
    assert codes("candidates") == set(selection.candidates)
    code = data.draw(st.sampled_from(sorted(selection.candidates) or sorted(index.codes)))
    query = catalogue()["explanation"]
    bindings = bindings_of(query, {**values, "code": code}, index)
    found = [dict(row) for row in rows_of(knowledge.graph.store, query, bindings)]
    # a definition may ask what all the values of an axis are together, where another asks about the axis itself
    stated = {axis.name: axis.derived_from or axis.name for axis in index.axes.values()}
    for row in explain_code(index, selection, code).rows:
        told = {one["holds"] for one in found if stated.get(one["axis"], one["axis"]) == row.axis}
        if told and row.holds is not None and row.given:
            assert ("yes" if row.holds else "no") in told


# ---------------------------------------------------------------- values are terms


ECHO = """# What is it?
#
# Title:     Echo
# Keywords:  test
# Parameter: ?text (text, needed, example x) A text.
# Column:    ?same The text.
SELECT ?same WHERE { BIND (?text AS ?same) }
"""
HOSTILE = [
    '"} INSERT DATA { <x:a> <x:b> <x:c> } #',
    "<x> . ?s ?p ?o",
    "\\",
    '"""',
    "'''",
    "?text",
    "\n#",
    "\x00",
    "}",
    "\U0001d518",
]


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1) | st.sampled_from(HOSTILE))
def test_a_text_stays_a_text_however_it_looks(text: str) -> None:
    query = CataloguedQuery("echo", ECHO, read_header(ECHO, "echo.rq"), Path("echo.rq"))
    bindings: dict[str, Term] = {"text": Literal(text)}
    assert [row["same"] for row in run(Store(), query.text, bindings)] == [Literal(text)]
    assert [row["same"] for row in run(Store(), bound_text(query.text, bindings), {})] == [Literal(text)]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters()) | st.sampled_from(HOSTILE), name=st.sampled_from(sorted(catalogue())))
def test_any_value_is_bound_or_refused(index: RuleIndex, knowledge: Knowledge, text: str, name: str) -> None:
    query = catalogue()[name]
    for parameter in query.parameters:
        others = {one.name: one.example for one in query.parameters if one.needed}
        bindings = bound_or_refused(query, parameter, {**others, parameter.name: text}, index)
        if bindings is not None:
            if text.strip() and parameter.kind == "text":
                assert bindings[parameter.name] == Literal(text.strip())
            list(run(knowledge.graph.store, query.text, bindings))


def bound_or_refused(
    query: CataloguedQuery, parameter: Parameter, values: dict[str, str], index: RuleIndex
) -> dict[str, Term] | None:
    """The terms of values, or None when one parameter was refused, which is told with an example."""
    try:
        return bindings_of(query, values, index, TODAY)
    except InputError as error:
        faults = error.faults
    assert all(fault.axis == parameter.name and parameter.example in fault.message for fault in faults)
    return None


def test_values_of_each_kind(index: RuleIndex) -> None:
    def bound(name: str, **values: str) -> dict[str, Term]:
        return bindings_of(catalogue()[name], values, index, TODAY)

    number = bound("requirements", code="62323")
    assert number == bound("requirements", code="cpt:62323") == {"code": Literal("62323")}
    assert number == bound("requirements", code="https://w3id.org/spinecode/cpt/62323")
    assert bound("valid-codes") == {"day": Literal(TODAY, datatype=term("xsd:date"))}
    assert bound("valid-codes", day=" 2016-12-31 ") == {"day": Literal("2016-12-31", datatype=term("xsd:date"))}
    value = term("spine:Fluoroscopy")
    for text in ("fluoroscopy", "C-arm", "spine:Fluoroscopy", f"<{value.value}>", value.value):
        assert bound("which-code", guidance=text)["guidance"] == value
        assert bound("codes-by-value", value=text)["value"] == value
    assert bound("labels", language="de-AT") == {"language": Literal("de-AT")}
    assert bound("cited-by", source="src:X") == {"source": term("src:X")}


@pytest.mark.parametrize(
    ("name", "values", "told", "nearest"),
    [
        ("requirements", {"code": "62399"}, "the number or the IRI of a code, such as 62323", True),
        ("requirements", {"cod": "62323"}, "has no parameter 'cod'", True),
        ("siblings", {}, "A value is needed for code", False),
        ("valid-codes", {"day": "2016-02-30"}, "YYYY-MM-DD", False),
        ("which-code", {"guidance": "flouroscopy"}, "a value of the axis guidance", True),
        ("codes-by-value", {"value": "flouroscopy"}, "a value of an axis", True),
        ("labels", {"language": "?x"}, "a language tag", False),
        ("cited-by", {"source": "no iri"}, "an IRI", False),
        ("find", {"words": "\ud800"}, "a text", False),
        ("codes", {"code": "62323"}, "it has none", False),
    ],
)
def test_a_bad_value_is_refused_with_its_kind_and_an_example(
    index: RuleIndex, name: str, values: dict[str, str], told: str, nearest: bool
) -> None:
    with pytest.raises(InputError) as caught:
        bindings_of(catalogue()[name], values, index)
    (fault,) = caught.value.faults
    assert told in fault.message
    assert bool(fault.nearest) == nearest


def test_all_faults_are_told_at_once(index: RuleIndex) -> None:
    with pytest.raises(InputError) as caught:
        bindings_of(catalogue()["which-code"], {"guidance": "x", "date": "x", "gidance": "x"}, index)
    assert len(caught.value.faults) == 3


# ---------------------------------------------------------------- as RDF


def test_the_catalogue_as_shacl_executables(knowledge: Knowledge) -> None:
    graph = rdflib.Graph()
    graph.parse(data=serialize(catalogue_graph(), format=RdfFormat.N_TRIPLES), format="nt")
    sh = rdflib.Namespace(PREFIXES["sh"])
    declared = {
        (str(graph.value(node, sh.prefix)), str(graph.value(node, sh.namespace)))
        for node in graph.objects(rdflib.URIRef(CATALOGUE.value), sh.declare)
    }
    assert declared == set(PREFIXES.items())
    for query in QUERIES:
        node = rdflib.URIRef(query_iri(query.name).value)
        assert (node, rdflib.RDF.type, sh.SPARQLExecutable) in graph
        text = graph.value(node, sh.select if query.kind == "SELECT" else sh.construct)
        assert str(text) == query.text
        assert str(graph.value(node, rdflib.RDFS.label)) == query.title
        paths = {
            str(graph.value(one, sh.path)).rpartition("#")[2]: graph.value(one, sh.optional)
            for one in graph.objects(node, sh.parameter)
        }
        assert set(paths) == {parameter.name for parameter in query.parameters}
        assert all(bool(paths[one.name]) != one.needed for one in query.parameters)
    # the graph stands beside the ontology in the default graph and changes no answer
    store = Store()
    store.bulk_extend(knowledge.graph.store)
    store.extend(Quad(*triple) for triple in catalogue_graph())
    for query in QUERIES:
        values = {parameter.name: parameter.example for parameter in query.parameters if parameter.needed}
        bindings = bindings_of(query, values, knowledge.index, TODAY)
        assert Counter(rows_of(store, query, bindings)) == Counter(rows_of(knowledge.graph.store, query, bindings))
