"""Tables of codes by axes: a family by table and by Turtle is one graph, and our own codes come back unchanged."""

from __future__ import annotations

import csv
import io
import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad
from rdflib.compare import isomorphic

from spinecode import vocabulary as v
from spinecode.cli import cli
from spinecode.columns import column_named
from spinecode.description import from_mapping
from spinecode.errors import InputError, SpinecodeError
from spinecode.exporting import Exported, export_table
from spinecode.importing import Imported, import_table, table_columns
from spinecode.knowledge import Knowledge, load
from spinecode.meaning import class_names
from spinecode.pack import Pack, make_pack
from spinecode.selection import select
from spinecode.tables import SEPARATORS, letter_of, read_table, write_table
from spinecode.web import create_app
from spinecode.writing import turtle
from tests.closed import description_triples, sparql_codes, store_with
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "packs"
PACK = Pack("mercy", "https://example.org/mercy/", "https://example.org/mercy/Scheme")
HEADINGS = ["code", "label", "definition", "family", "valid-from", "unit", "source", "trust"]
SOUND = ["X1", "One", "A code.", "a new family", "2020-01-01", "per level", "CMS-A58993", "C"]
DESCRIPTION = {"approach": "through the disc", "level": ["L4-L5", "L5-S1"], "substance": "steroid", "side": "bilateral"}


def brought(knowledge: Knowledge, rows: list[list[str]], separator: str = ",") -> Imported:
    content = write_table(rows[0], rows[1:], separator).encode()
    return import_table(content, "t.csv", knowledge.graph, knowledge.index, PACK)


def faults(knowledge: Knowledge, rows: list[list[str]]) -> list[str]:
    with pytest.raises(InputError) as caught:
        brought(knowledge, rows)
    return [str(fault) for fault in caught.value.faults]


def invoke(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin, standalone_mode=False, catch_exceptions=False)


# ---------------------------------------------------------------- by table and by Turtle


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with the family of the fixture, by table."""
    folder = make_pack("mercy", tmp_path_factory.mktemp("table"), PACK.namespace, [Path("ontology/header.ttl")])
    shutil.copy(FIXTURES / "values.ttl", folder / "ontology")
    result = invoke("import", str(FIXTURES / "discs.csv"), "--into", str(folder), "--format", "json")
    told = json.loads(result.stdout)
    assert told == {
        "codes": ["D100", "D200"],
        "rules": 3,
        "new_families": ["intradiscal injection"],
        "new_sources": ["Mercy coding manual"],
        "known_codes": [],
        "written": [str(folder / "ontology" / "discs.ttl")],
    }
    return folder


def graph_of(file: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(file, format="turtle")


def test_a_family_by_table_and_by_turtle_is_one_graph(pack: Path) -> None:
    by_table, by_hand = graph_of(pack / "ontology" / "discs.ttl"), graph_of(FIXTURES / "discs.ttl")
    assert len(by_table) == len(by_hand)
    assert isomorphic(by_table, by_hand)


@pytest.fixture(scope="module")
def client(pack: Path) -> FlaskClient:
    return create_app(load(packs=[pack])).test_client()


def test_it_is_selected(client: FlaskClient) -> None:
    answer = client.post("/select", json={**DESCRIPTION, "date": "2026-03-02"}).get_json()
    found = [(line["code"], line["units"], line["modifiers"]) for line in answer["lines"]]
    assert found == [("D200", 2, ["50"])]
    too_early = client.post("/select", json={**DESCRIPTION, "date": "2019-12-31"}).get_json()
    assert (too_early["status"], too_early["lines"]) == ("no-code", [])


def test_sparql_selects_the_same(pack: Path) -> None:
    """Unions and lists of values, which a table writes, mean the same to the query that walks the axioms."""
    mercy = load(packs=[pack])
    facts = itertools.product(("cervical", "sacral"), ("steroid", "phenol", "contrast"), ("2019-12-31", "2020-01-01"))
    descriptions = [
        from_mapping(mercy.index, {"approach": "intradiscal", "region": region, "substance": substance, "date": day})
        for region, substance, day in facts
    ]
    nodes = [NamedNode(f"urn:test:{number}") for number in range(len(descriptions))]
    told = [t for d, n in zip(descriptions, nodes, strict=True) for t in description_triples(mercy.index, d, n)]
    store = store_with(mercy, told)
    closed = store.query(mercy.queries["close"].text)
    store.extend(Quad(*triple) for triple in list(closed))  # type: ignore[arg-type]  # a CONSTRUCT gives triples
    found = sparql_codes(store, "2020-01-01")
    selected = [{line.code for line in select(mercy.index, description).lines} for description in descriptions]
    assert [set(found.get(node.value, ())) for node in nodes] == selected
    assert {"D100"} in selected
    assert {"D200"} in selected
    assert set() in selected


def test_it_is_compared(client: FlaskClient) -> None:
    told = client.get("/differ?code=D100&code=D200", headers={"Accept": "application/json"}).get_json()
    assert told["differences"]["region"]["D100"]["values"] == ["cervical", "thoracic"]
    assert told["differences"]["region"]["D200"]["values"] == ["lumbar", "sacral"]


def test_it_is_validated(client: FlaskClient) -> None:
    right = client.post("/validate", json={**DESCRIPTION, "date": "2026-03-02", "code": "D200"}).get_json()
    assert right["conforms"] is True
    wrong = client.post("/validate", json={**DESCRIPTION, "date": "2026-03-02", "code": "D100"}).get_json()
    assert any("D200" in result["message"] for result in wrong["results"])


def test_it_is_listed(client: FlaskClient) -> None:
    listed = client.get("/codes", headers={"Accept": "application/json"}).get_json()
    assert {"D100", "D200"} <= {code["code"] for code in listed["codes"]}
    one = client.get("/codes/D100", headers={"Accept": "application/json"}).get_json()
    assert (one["iri"], one["family"]["label"]) == (f"{PACK.namespace}D100", "intradiscal injection")
    assert "D100" in client.get("/", headers={"Accept": "text/html"}).get_data(as_text=True)


# ---------------------------------------------------------------- there and back


@pytest.fixture(scope="module")
def exported(knowledge: Knowledge) -> Exported:
    codes = list(knowledge.index.codes)
    return export_table(knowledge.graph, knowledge.index, knowledge.ontology.stated(), codes)


def test_all_our_codes_come_back_as_they_were(
    knowledge: Knowledge, exported: Exported, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Beside the axes alone, the table gives the same codes, definitions and reasons for having no code.

    Codes that no injection implies, those for imaging reported apart, are not in it.
    """
    folder = tmp_path_factory.mktemp("axes") / "ontology"
    shutil.copytree(ROOT / "ontology", folder)
    shutil.rmtree(folder / "clinical")
    shutil.rmtree(folder / "alignments")
    for file in (folder / "codes").iterdir():
        if file.name != "scheme.ttl":
            file.unlink()
    axes = Knowledge([folder])
    content = write_table(exported.headings, exported.rows).encode()
    imported = import_table(content, "all.csv", axes.graph, axes.index, PACK)
    implied = tuple(code for code in knowledge.index.rules.codes if not code.guides_by)
    assert "3 codes that no rule implies" in exported.unsaid
    assert len(imported.codes) == len(implied)
    assert {code.family_label for code in implied} == set(imported.families)
    file = folder / "codes" / "all.ttl"
    file.write_bytes(turtle(imported.triples))
    again = Knowledge([folder]).index.rules
    ours = knowledge.index.rules
    assert again.codes == implied
    assert again.definitions == ours.definitions
    assert again.gaps == ours.gaps


def test_what_has_no_place_in_the_table_is_told(exported: Exported, knowledge: Knowledge) -> None:
    told = "; ".join(exported.unsaid)
    confusions = len(knowledge.index.rules.confusions)
    assert f"{confusions} spine:Confusion that name these codes" in told
    assert "spine:Advisory" in told


def test_an_export_of_a_family(knowledge: Knowledge) -> None:
    result = invoke("export", "facet joint injection", "62321", "--format", "tsv")
    rows = list(csv.DictReader(io.StringIO(result.stdout), delimiter="\t"))
    family = {code.code for code in knowledge.index.rules.codes if code.family_label == "facet joint injection"}
    assert {row["code"] for row in rows} == family | {"62321"}
    assert "spinecode: not in the table: " in result.stderr
    as_json = json.loads(invoke("export", "62321", "--format", "json").stdout)
    assert [(row["code"], row["region"]) for row in as_json] == [("62321", "CervicothoracicRegion")]


def test_an_export_of_what_there_is_not() -> None:
    with pytest.raises(SpinecodeError, match=r"'6232' is neither a code nor a family with codes\. Did you mean"):
        invoke("export", "6232")


# ---------------------------------------------------------------- faults


def test_every_fault_is_told_with_its_place(knowledge: Knowledge) -> None:
    rows = [
        [*HEADINGS, "valid-until", "modifiers", "includes-imaging-guidance", "add-on-to", "approach", "region"],
        [*SOUND, "2019-12-31", "5O", "perhaps", "6232O", "interlamnar", "lumbar|sacrl"],
        ["X 2", *SOUND[1:], "", "", "", "", "caudal", ""],
        ["X3", "Three", "", "a new family", "1/1/2020", "per lvel", "Nobody", "D", "", "", "", "X1", "", ""],
        ["", *SOUND[1:], "", "", "", "", "caudal", ""],
    ]
    told = faults(knowledge, rows)
    expected = [
        "t.csv: row 2, column I (valid-until): 2019-12-31 lies before valid-from, 2020-01-01.",
        "t.csv: row 2, column J (modifiers): '5O' is not known here. Did you mean 50",
        "t.csv: row 2, column K (includes-imaging-guidance): 'perhaps' is neither yes nor no.",
        "t.csv: row 2, column L (add-on-to): '6232O' is neither a code of the table nor of the ontology. Did you mean",
        "t.csv: row 2, column M (approach): 'interlamnar' is neither a value of the axis nor a class of its values. "
        "Did you mean interlaminar",
        "t.csv: row 2, column N (region): 'sacrl' is neither a value of the axis nor a class of its values. "
        "Did you mean sacral",
        "t.csv: row 3, column A (code): 'X 2' is no code",
        "t.csv: row 4, column E (valid-from): '1/1/2020' is not a date of the calendar in the form YYYY-MM-DD.",
        "t.csv: row 4, column F (unit): 'per lvel' is not known here. Did you mean PerLevel?",
        "t.csv: row 4, column G (source): 'Nobody' is not known here.",
        "t.csv: row 4, column H (trust): 'D' is not known here. Did you mean A or B or C?",
        "t.csv: row 4: the code X3 needs a definition.",
        "t.csv: row 4: the rule asks for nothing. Fill in the column of an axis.",
        "t.csv: row 5: the code is missing",
    ]
    for text in expected:
        assert any(one.startswith(text) for one in told), f"{text}\n{told}"
    assert len(told) == len(expected)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([["label"], ["One"]], "The table has no column 'code'."),
        ([["code", "aproach"], ["X1", "caudal"]], "row 1, column B: 'aproach' is the name of no column. Did you mean"),
        ([["code", "code"], ["X1", "X1"]], "row 1: the column code stands twice."),
        ([["code", ""], ["X1", "what?"]], "row 2, column B: 'what?' stands in a column without a heading."),
        ([["code", "label@d3!"], ["X1", "x"]], "'label@d3!' is the name of no column"),
        ([["code"]], "The table has headings and no rows."),
        ([[""], [""]], "The table is empty."),
        ([[*HEADINGS, "iri", "approach"], [*SOUND, "a b", "caudal"]], "'a b' is no IRI"),
        ([[*HEADINGS, "iri", "approach"], [*SOUND, "spine:Caudal", "caudal"]], "is the name of something else already"),
        ([[*HEADINGS, "rule", "approach"], [*SOUND, "X1", "caudal"]], "is the name of something else already"),
        ([[*HEADINGS, "in-force-by", "approach"], [*SOUND, "2000-01-01", "caudal"]], "one of them is enough"),
        ([[*HEADINGS, "approach"], [*SOUND[:6], "https://a.example/b", "C", "caudal"]], "needs its title too"),
        ([[*HEADINGS, "approach"], [*SOUND, "|"]], "names no value"),
        ([["code", "label"], ["X1", "One"], ["X1", "Two"]], "'Two' differs from 'One' in row 2, which is"),
        ([["code", "approach", "rule-label"], ["-", "caudal", "nothing"]], "what has no code needs a rule-note"),
        ([["code", "label", "approach"], ["-", "x", "caudal"]], "takes the columns of the axes and of the rule only"),
        ([["code", "trust"], ["62321", "A"]], "62321 is a code of the ontology already; a table can only add texts"),
        ([["code", "approach"], ["62321", "caudal"]], "62321 is a code of the ontology already"),
        ([["code", "label"], ["62321", "mine"]], "62321 has this text already. A table can add it in another language"),
    ],
)  # fmt: skip
def test_what_a_table_cannot_say(knowledge: Knowledge, rows: list[list[str]], told: str) -> None:
    assert told in "\n".join(faults(knowledge, rows))


def test_a_label_of_several_classes_is_told(knowledge: Knowledge) -> None:
    names = class_names(knowledge.graph, knowledge.index.axes["space"].iri, v.PREFIXES)
    assert len(names.find("epidural")) > 1  # a value has that name, so that the cell means the value
    imported = brought(knowledge, [[*HEADINGS, "space"], [*SOUND, "epidural"]])
    assert any(triple.predicate == v.HAS_VALUE for triple in imported.triples)


def test_texts_for_known_codes(knowledge: Knowledge) -> None:
    rows = [["code", "label@de", "alt-labels", "official-descriptor"], ["62321", "Auf Deutsch", "a|b", "A placeholder"]]
    imported = brought(knowledge, rows)
    assert (imported.codes, imported.told, imported.rules) == ((), ("62321",), 0)
    found = {
        (triple.predicate.value.rpartition("#")[2].rpartition("/")[2], str(triple.object))
        for triple in imported.triples
    }
    expected = {("prefLabel", '"Auf Deutsch"@de'), ("altLabel", '"a"@en'), ("altLabel", '"b"@en')}
    assert found == expected | {("officialDescriptor", '"A placeholder"@en')}


# ---------------------------------------------------------------- files


def test_nothing_is_written_where_anything_is_wrong(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("code,approach\nX1,nowhere\n", encoding="utf-8")
    with pytest.raises(InputError):
        invoke("import", str(table), "--into", str(tmp_path / "mine"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_a_table_makes_a_pack_and_is_imported_again(tmp_path: Path) -> None:
    table, folder = tmp_path / "My Codes.csv", tmp_path / "mine"
    file = folder / "ontology" / "my-codes.ttl"
    rows = [[*HEADINGS, "approach"], [*SOUND, "caudal"]]
    table.write_text(write_table(rows[0], rows[1:]), encoding="utf-8")
    assert "new family: a new family" in invoke("import", str(table), "--into", str(folder)).stdout
    assert sorted(path.name for path in folder.rglob("*")) == ["header.ttl", "my-codes.ttl", "ontology"]
    # what the first import wrote is not in the way of the second, wherever the pack is named
    table.write_text(write_table(rows[0], [[*SOUND[:1], "Another", *SOUND[2:], "caudal"]]), encoding="utf-8")
    invoke("--pack", str(folder), "import", str(table), "--into", str(folder))
    assert '"Another"@en' in file.read_text(encoding="utf-8")
    file.write_text("# by hand\n", encoding="utf-8")
    with pytest.raises(InputError, match="was not made from a table, and is not written over"):
        invoke("import", str(table), "--into", str(folder))
    assert file.read_text(encoding="utf-8") == "# by hand\n"


def test_a_folder_that_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="This is no pack"):
        invoke("import", str(FIXTURES / "discs.csv"), "--into", str(tmp_path))


def test_without_a_pack_it_is_printed(tmp_path: Path) -> None:
    rows = write_table([*HEADINGS, "approach"], [[*SOUND, "caudal"]]).encode()
    out = invoke("import", "-", "--namespace", "https://mine.example/", stdin=rows).stdout
    found = rdflib.Graph().parse(data=out, format="turtle")
    assert rdflib.URIRef("https://mine.example/X1") in set(found.subjects())
    assert list(tmp_path.iterdir()) == []


def test_the_columns_are_listed(knowledge: Knowledge) -> None:
    listed = json.loads(invoke("import", "--columns", "--format", "json").stdout)
    assert [row["column"] for row in listed] == [column.name for column in table_columns(knowledge.index)]
    assert {axis.name for axis in knowledge.index.rules.axes} <= {row["column"] for row in listed}


@pytest.mark.parametrize(
    "content",
    [
        b"code,approach\xff\nX1,caudal",
        b'code,approach\nX1,"caudal',
        b"\0\0",
        b"",
        b"\n\n",
        b"\xff\xfea",
        b"code;approach",
    ],
)
def test_a_file_that_is_no_table(knowledge: Knowledge, content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        import_table(content, "t.csv", knowledge.graph, knowledge.index, PACK)
    assert all(fault.file == "t.csv" for fault in caught.value.faults)


# ---------------------------------------------------------------- how spreadsheets write


@dataclass
class Written:
    """How a program writes a table."""

    separator: str
    newline: str
    encoding: str


DIALECTS = st.builds(
    Written,
    st.sampled_from(list(SEPARATORS.values())),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
# a byte 0 stands in no text, and a lone surrogate in no file
CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(how=DIALECTS, above=st.booleans(), rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_however_it_is_written(how: Written, above: bool, rows: list[tuple[str, str]]) -> None:
    """Separator, line ends, marks, quoted line breaks and headings for people make no difference."""
    out = io.StringIO()
    # a lone carriage return is a line break, which the module quotes with all other cells only
    quoting = csv.QUOTE_ALL if any("\r" in text for cells in rows for text in cells) else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=how.separator, lineterminator=how.newline, quoting=quoting)
    headings = ["code", "Label", "valid from"]
    writer.writerows([["The code", "In words", "Since when"]] if above else [])
    writer.writerows([headings, *([f"C{number}", *cells] for number, cells in enumerate(rows))])
    table = read_table(out.getvalue().encode(how.encoding), "t.csv", lambda heading: column_named(heading, {}))
    assert [column.name for column in table.columns] == ["code", "label", "valid-from"]
    found = [[cell.text if (cell := row.get(name)) else "" for name in ("label", "valid-from")] for row in table.rows]
    assert found == [[text.strip() for text in cells] for cells in rows]
    assert [row.number for row in table.rows] == [number + 2 + above for number in range(len(rows))]


@given(place=st.integers(0, 20_000))
def test_the_letters_of_columns(place: int) -> None:
    number = 0
    for letter in letter_of(place):
        number = number * 26 + ord(letter) - ord("A") + 1
    assert number == place + 1


@given(data=st.data())
def test_any_cells_are_understood_or_told(knowledge: Knowledge, data: st.DataObject) -> None:
    """Whatever stands in a table, it becomes statements that can be written and read, or faults with their place."""
    columns = [column.name for column in table_columns(knowledge.index)]
    headings = ["code", *data.draw(st.lists(st.sampled_from(columns[1:]), unique=True, max_size=8))]
    known = [value.name for value in knowledge.index.values] + [
        "2020-01-01",
        "yes",
        "C",
        "per level",
        "CMS-A58993",
        "-",
    ]
    cell = st.one_of(CELLS, st.sampled_from(known), st.lists(st.sampled_from(known), max_size=3).map("|".join))
    rows = data.draw(st.lists(st.lists(cell, min_size=len(headings), max_size=len(headings)), min_size=1, max_size=4))
    try:
        imported = brought(knowledge, [headings, *rows])
    except InputError as error:
        for fault in error.faults:
            assert fault.file == "t.csv"
            assert "row " in fault.message or "The table " in fault.message
    else:
        written = turtle(imported.triples, v.PREFIXES | {"mercy": PACK.namespace})
        assert len(rdflib.Graph().parse(data=written, format="turtle")) == len(set(imported.triples))


@given(data=st.data())
def test_what_an_axis_asks_comes_back(knowledge: Knowledge, data: st.DataObject) -> None:
    """A class of values is named so that it is read as that class, and never as a value."""
    index = knowledge.index
    axis = data.draw(st.sampled_from(index.rules.axes))
    names = class_names(knowledge.graph, axis.iri, v.PREFIXES)
    iri = data.draw(st.sampled_from(sorted(names.told)))
    taken = [
        name
        for value in (index.values[number] for number in axis.values)
        for name in (value.name, value.label, *value.alt_labels, *value.other_names)
    ]
    cell = names.best(iri, taken)
    imported = brought(knowledge, [[*HEADINGS, axis.name], [*SOUND, cell]])
    asked = [str(triple.object) for triple in imported.triples if triple.predicate == v.SOME_VALUES]
    assert asked == [f"<{iri}>"]
