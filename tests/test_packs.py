"""Extension packs: made from the template, checked, loaded, served, in another language, with an axis of their own."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from spinecode import pack as packs
from spinecode.checking import check
from spinecode.cli import cli
from spinecode.companions import check_queries, check_shapes
from spinecode.errors import InputError, OntologyError, SpinecodeError
from spinecode.files import Folders, folders_beside, query_files, shape_files, turtle_files
from spinecode.knowledge import Knowledge, load
from spinecode.names import described
from spinecode.validation import validate_mapping
from spinecode.web import create_app
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "packs"
NAMESPACE = "https://terms.mercy.example/spine/"
GIVEN = ("--approach", "mercy-approach", "--region", "lumbar", "--substance", "steroid", "--date", "2024-05-31")


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ONTOLOGY", "SHAPES", "QUERIES", "PACKS", "LANGUAGE"):
        monkeypatch.delenv(f"SPINECODE_{name}", raising=False)


@pytest.fixture(scope="module")
def new_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As ``spinecode new pack`` makes it."""
    return packs.make_pack("mercy", tmp_path_factory.mktemp("new"), NAMESPACE)


@pytest.fixture(scope="module")
def rich_pack(new_pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with German names, an official descriptor, and an axis of its own."""
    folder = tmp_path_factory.mktemp("rich") / "mercy"
    shutil.copytree(new_pack, folder)
    for name in ("german.ttl", "needle.ttl"):
        shutil.copy(FIXTURES / name, folder / "ontology")
    shutil.copy(FIXTURES / "needle-shape.ttl", folder / "shapes")
    return folder


@pytest.fixture(scope="module")
def rich(rich_pack: Path) -> Knowledge:
    return load(packs=[rich_pack])


@pytest.fixture(scope="module")
def client(rich: Knowledge) -> FlaskClient:
    return create_app(rich).test_client()


def run(*arguments: str) -> tuple[str, int]:
    result = CliRunner().invoke(cli, list(arguments), standalone_mode=False, catch_exceptions=False)
    return result.stdout, result.return_value


def refused(*arguments: str) -> str:
    """The one error of a command that cannot be done."""
    with pytest.raises(SpinecodeError) as caught:
        run(*arguments)
    return str(caught.value)


# ---------------------------------------------------------------- a new pack


def test_a_new_pack_passes_the_check(new_pack: Path) -> None:
    out, status = run("check", "--no-hermit", "--format", "json", str(new_pack))
    report = json.loads(out)
    assert report["findings"] == []
    assert status == 0


def test_a_new_pack_works(new_pack: Path) -> None:
    out, status = run("--pack", str(new_pack), "select", "--format", "json", *GIVEN)
    assert [line["code"] for line in json.loads(out)["lines"]] == ["MERCY-2"]
    assert status == 0
    out, status = run("--pack", str(new_pack), "validate", "--format", "json", str(new_pack / "cases"))
    assert (json.loads(out)["conforms"], status) == (True, 0)
    out, _ = run("--pack", str(new_pack), "query", "mercy-codes", "--format", "csv")
    assert [line.split(",")[0] for line in out.splitlines()] == ["code", "MERCY-1", "MERCY-2"]


def test_its_readme_names_commands_that_there_are(new_pack: Path) -> None:
    text = (new_pack / "README.md").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line.startswith("    spinecode")]
    named = {next(word for word in words[1:] if word in cli.commands) for words in lines}
    assert named == {"check", "validate", "select", "differ", "query", "serve"}


def test_the_template_keeps_no_word_of_its_own(new_pack: Path) -> None:
    for file in new_pack.rglob("*"):
        assert not any(word in file.name for word in ("PACK", "NAMESPACE"))
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            assert not any(word in text for word in ("PACKNAME", "PACKCODE", "NAMESPACE", "ONTOLOGYIRI", "CREATED"))
            if file.suffix in (".ttl", ".rq"):
                assert f"<{NAMESPACE}>" in text


@pytest.mark.parametrize(
    "name", ["", "Mercy", "1mercy", "mercy-", "a--b", "my codes", "mercy/x", "..", "ümlaut", "spine", "cpt", "x" * 41]
)
def test_a_name_that_will_not_do(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot name a pack"):
        packs.make_pack(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "space",
    ["mercy", "https://mercy.example", "https://mercy.example/a b/", "urn:mercy:", "https://w3id.org/spinecode/"],
)
def test_a_namespace_that_will_not_do(space: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be the namespace"):
        packs.make_pack("mercy", tmp_path, space)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("space", ["https://mercy.example/", "http://mercy.example/a/b#", "https://a.example/terms#"])
def test_a_namespace_that_will_do(space: str) -> None:
    assert packs.check_namespace(space) == space


def test_nothing_is_written_over(new_pack: Path) -> None:
    before = {file: file.read_bytes() for file in new_pack.rglob("*") if file.is_file()}
    assert "is there already" in refused("new", "pack", "mercy", "--into", str(new_pack.parent))
    assert {file: file.read_bytes() for file in new_pack.rglob("*") if file.is_file()} == before
    assert [path.name for path in new_pack.parent.iterdir()] == ["mercy"]


def test_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        packs.make_pack("mercy", tmp_path)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- loaded beside ours


def parts_of(folders: Folders) -> tuple[tuple[Path, ...], ...]:
    return folders.ontology, folders.shapes, folders.queries


def test_what_is_loaded(new_pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_pack = folders_beside(packs=[new_pack])
    assert [folder.name for folder in by_pack.further("ontology")] == ["ontology"]
    parts = {kind: [new_pack / kind] for kind in ("ontology", "shapes", "queries")}
    assert parts_of(folders_beside(**parts)) == parts_of(by_pack)
    # a pack stands for its folder of the kind that is asked for, so that shapes are never read as ontology
    assert parts_of(folders_beside([new_pack], [new_pack], [new_pack])) == parts_of(by_pack)
    for name, kind in (("ONTOLOGY", "ontology"), ("SHAPES", "shapes"), ("QUERIES", "queries")):
        monkeypatch.setenv(f"SPINECODE_{name}", str(new_pack / kind))
    assert parts_of(folders_beside()) == parts_of(by_pack)
    # named twice, read once
    monkeypatch.setenv("SPINECODE_PACKS", str(new_pack))
    again = folders_beside(packs=[new_pack.parent / "." / "mercy"])
    assert len(turtle_files(again.ontology)) == len(turtle_files(by_pack.ontology))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--pack", "nowhere"), "nowhere: There is no such folder"),
        (("--pack", "plain"), "This is no pack: it has none of the folders ontology/, shapes/, queries/"),
        (("--ontology", "nowhere"), "no such folder or file of ontology files"),
        (("--shapes", "nowhere"), "no such folder or file of shapes"),
        (("--queries", "nowhere"), "no such folder or file of queries"),
        (("--ontology", "only-queries"), "a pack without a folder 'ontology'"),
        (("--language", "x1!"), "is no language tag"),
    ],
)
def test_what_cannot_be_loaded(
    options: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "only-queries" / "queries").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert told in refused(*options, "query", "codes")


def test_a_query_of_the_same_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "codes.rq").write_text("# Another?\nSELECT * WHERE { ?s ?p ?o }\n", encoding="utf-8")
    told = refused("--queries", str(tmp_path), "query", "axes")
    assert "There is a query 'codes' already" in told
    assert str(tmp_path / "codes.rq") in told
    with pytest.raises(OntologyError):
        create_app(load(queries=[tmp_path]))
    (finding,) = check_queries(query_files(folders_beside(queries=[tmp_path]).queries))
    assert (finding.kind, finding.file) == ("query", str(tmp_path / "codes.rq"))


def test_a_query_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.rq").write_bytes(b"\xff\xfe")
    assert "mine.rq: The file is not UTF-8 text." in refused("--queries", str(tmp_path), "query", "axes")


SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix shape: <https://w3id.org/spinecode/shape/> .
@prefix spine: <https://w3id.org/spinecode/> .
"""


def test_a_shape_of_the_same_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.ttl").write_text(
        f"{SHAPES}shape:Side a sh:PropertyShape ; sh:path spine:side .", encoding="utf-8"
    )
    with pytest.raises(OntologyError, match=r"shape[:/]Side is declared already, in"):
        create_app(load(shapes=[tmp_path]))
    files = shape_files(folders_beside(shapes=[tmp_path]).shapes, "description")
    (finding,) = check_shapes(files)
    assert (finding.kind, finding.line) == ("shape", 4)


def test_a_shape_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    broken = (
        f"{SHAPES}<urn:mine> a sh:NodeShape ; sh:targetClass spine:SpinalInjection ; sh:property [ sh:minCount 1 ] ."
    )
    (tmp_path / "mine.ttl").write_text(broken, encoding="utf-8")
    sample = next((ROOT / "shapes" / "examples").glob("*.ttl"))
    assert "A shape cannot be run:" in refused("--shapes", str(tmp_path), "validate", str(sample))


def test_a_file_beside_the_folders_of_a_pack_is_told(tmp_path: Path) -> None:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "broken.ttl").write_text("broken", encoding="utf-8")  # the check goes no further
    (tmp_path / "codes.ttl").write_text("", encoding="utf-8")
    report = check([tmp_path / "ontology"], with_hermit=False, shapes=(), queries=(), packs=[tmp_path])
    told = {finding.file: finding.message for finding in report.findings if finding.kind == "file"}
    assert told[str(tmp_path / "codes.ttl")] == "This file lies beside the folders of the pack, where nothing reads it."


def test_its_shapes_for_ontology_files_are_used_by_the_check(tmp_path: Path) -> None:
    house_rule = """<urn:house> a sh:NodeShape ; sh:targetNode spine:PerLevel ;
        sh:property [ sh:path rdfs:label ; sh:maxCount 0 ; sh:message "Our house has no levels."@en ] ."""
    file = tmp_path / "shapes" / "ontology.ttl"
    file.parent.mkdir()
    prefix = "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    file.write_text(SHAPES + prefix + house_rule, encoding="utf-8")
    out, status = run("check", "--no-hermit", "--format", "json", str(tmp_path))
    found = [finding for finding in json.loads(out)["findings"] if "Our house has no levels." in finding["message"]]
    assert ([finding["about"] for finding in found], status) == (["spine:PerLevel"], 1)
    assert found[0]["file"].endswith("reporting.ttl")


# ---------------------------------------------------------------- shapes and queries of a pack


def test_its_shapes_are_used(rich_pack: Path, client: FlaskClient, tmp_path: Path) -> None:
    given = {"approach": "mercy-approach", "region": "lumbar", "substance": "steroid", "date": "2024-05-31"}
    file = tmp_path / "description.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    out, status = run("--pack", str(rich_pack), "validate", "--format", "json", str(file))
    assert status == 1
    for results in (json.loads(out)["results"], client.post("/validate", json=given).get_json()["results"]):
        assert [(r["axis"], r["shape"]) for r in results] == [("side", f"{NAMESPACE}SideRequired")]
        assert results[0]["message"].startswith("The side is missing; an example injection of mercy has one.")
    others = {**given, "approach": "caudal", "region": "sacral", "guidance": "fluoroscopy", "delivery": "single"}
    assert client.post("/validate", json=others).get_json()["conforms"] is True


def test_its_queries_are_in_the_catalogue(client: FlaskClient) -> None:
    listed = client.get("/queries", headers={"Accept": "application/json"}).get_json()["queries"]
    found = {query["name"]: query for query in listed}
    assert found["mercy-codes"]["question"] == "Which codes does the pack mercy add, and when is each valid?"
    text = client.get("/queries/mercy-codes", headers={"Accept": "text/plain"}).get_data(as_text=True)
    rows = client.get("/sparql", query_string={"query": text}).get_json()["results"]["bindings"]
    assert [row["code"]["value"] for row in rows] == ["MERCY-1", "MERCY-2"]
    assert "mercy-codes" in client.get("/queries", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "mercy-codes" in json.dumps(client.get("/openapi.json").get_json()["paths"]["/queries/{name}"])


def test_its_terms_have_pages(client: FlaskClient) -> None:
    found = client.get("/codes/MERCY-2", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "/term?iri=https%3A%2F%2Fterms.mercy.example%2Fspine%2FExampleSource" in found
    for name, label in (("Example", "example approach of mercy"), ("SideRequired", f"{NAMESPACE}SideRequired")):
        given = {"iri": NAMESPACE + name}
        told = client.get("/term", query_string=given, headers={"Accept": "application/json"}).get_json()
        assert (told["iri"], told["label"]) == (NAMESPACE + name, label)
        assert client.get("/term", query_string=given, headers={"Accept": "text/html"}).status_code == 200
        assert NAMESPACE + name in client.get("/term", query_string=given | {"format": "turtle"}).get_data(as_text=True)


@pytest.mark.parametrize(
    ("iri", "status"),
    [("", 400), ("a b", 404), (f"{NAMESPACE}Nothing", 404), ("http://www.w3.org/2002/07/owl#Class", 404)],
)
def test_a_term_that_there_is_not(client: FlaskClient, iri: str, status: int) -> None:
    answer = client.get("/term", query_string={"iri": iri}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_one_pack_does_not_show_in_another(new_pack: Path) -> None:
    assert "mercy-codes" in load(packs=[new_pack]).queries
    assert "mercy-codes" not in load().queries


def test_an_axis_of_its_own(rich: Knowledge, client: FlaskClient) -> None:
    given = {"approach": "mercy-approach", "region": "lumbar", "substance": "steroid", "side": "left"}
    right = client.post("/validate", json={**given, "needle": "coaxial", "code": "MERCY-2"}).get_json()
    assert right["conforms"] is True
    wrong = client.post("/validate", json={**given, "needle": "coaxal"}).get_json()
    assert [result["axis"] for result in wrong["results"]] == ["needle"]
    assert "Coaxial" in wrong["results"][0]["message"]
    assert "Which needle was used?" in {axis.question for axis in rich.index.asked_axes}
    assert client.post("/select", json={**given, "needle": "one needle"}).get_json()["status"] == "determined"


def test_an_axis_without_a_property_shape_is_found(rich: Knowledge, new_pack: Path) -> None:
    files = shape_files(folders_beside(packs=[new_pack]).shapes, "description")
    known = described(rich.ontology.stated())
    (finding,) = check_shapes(files, known, rich.index.asked_axes)
    assert finding.kind == "shape"
    assert "The axis 'needle' has no property shape" in finding.message
    assert check_shapes(shape_files(rich.folders.shapes, "description"), known, rich.index.asked_axes) == []


# ---------------------------------------------------------------- languages and descriptors


def test_labels_in_another_language(rich: Knowledge, rich_pack: Path) -> None:
    german = load(packs=[rich_pack], language="de")
    region, lumbar = german.index.axes["region"], german.index.value_named("region", "lumbar")
    assert (region.label, region.question) == ("Region des Rückens", "Welche Region?")
    assert lumbar is not None
    value = german.index.values[lumbar]
    assert (value.label, value.alt_labels, value.definition) == ("lumbal", ("LWS",), "Der untere Rücken.")
    assert german.index.codes["MERCY-2"].label == "Beispiel, lumbal oder sakral"
    # without a German name in English
    assert german.index.codes["MERCY-1"].label == rich.index.codes["MERCY-1"].label
    assert german.index.axes["side"].label == rich.index.axes["side"].label
    # a form of the language comes before the language, and that before English
    austrian = load(packs=[rich_pack], language="de-AT")
    assert austrian.index.codes["MERCY-2"].label == "Beispiel aus Wien"
    assert austrian.index.axes["region"].label == "Region des Rückens"


def test_another_language_shadows_nothing(rich: Knowledge, knowledge: Knowledge) -> None:
    ours = {value.iri: value for value in knowledge.index.values}
    for value in rich.index.values:
        if value.iri in ours:
            known = ours[value.iri]
            assert (value.name, value.label, value.alt_labels) == (known.name, known.label, known.alt_labels)
    for code, known_code in knowledge.index.codes.items():
        if code != "62323":
            same = rich.index.codes[code]
            # numbers of values move when a pack adds some
            guided = [rich.index.values[number].iri for number in same.guides_by]
            assert guided == [knowledge.index.values[number].iri for number in known_code.guides_by]
            assert dataclasses.replace(same, guides_by=()) == dataclasses.replace(known_code, guides_by=())


def test_names_of_all_languages_are_understood(rich: Knowledge, rich_pack: Path) -> None:
    german = load(packs=[rich_pack], language="de")
    for index in (rich.index, german.index):
        found = {index.value_named("region", name) for name in ("lumbar", "lumbal", "LWS", "low back", "Lumbar")}
        assert len(found) == 1
        assert None not in found


def test_the_language_on_the_command_line_and_in_the_environment(
    rich_pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, _ = run("--pack", str(rich_pack), "--language", "DE", "select", "--format", "json", *GIVEN)
    assert json.loads(out)["lines"][0]["label"] == "Beispiel, lumbal oder sakral"
    out, _ = run("--pack", str(rich_pack), "select", "--format", "json", *GIVEN)
    assert json.loads(out)["lines"][0]["label"] == "Example injection of mercy, lumbar or sacral"
    monkeypatch.setenv("SPINECODE_LANGUAGE", "de")
    monkeypatch.setenv("SPINECODE_PACKS", str(rich_pack))
    assert load().index.axes["region"].label == "Region des Rückens"


def test_a_language_that_nothing_is_in(rich_pack: Path) -> None:
    with pytest.raises(InputError, match="No text of the ontology is in the language 'fr'; its languages are de"):
        _ = load(packs=[rich_pack], language="fr").index


def test_pages_in_another_language(rich_pack: Path) -> None:
    client = create_app(load(packs=[rich_pack], language="de")).test_client()
    page = client.get("/", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "Welche Region?" in page or "Region des Rückens" in page
    assert client.get("/Lumbar", headers={"Accept": "application/json"}).get_json()["label"] == "lumbal"


def test_messages_of_shapes_in_another_language(rich: Knowledge, rich_pack: Path) -> None:
    given = {"approach": "mercy-approach", "region": "lumbar", "substance": "steroid", "side": "left", "needle": "x"}
    for language, knowledge in (("en", rich), ("de", load(packs=[rich_pack], language="de"))):
        (result,) = validate_mapping(knowledge, given).results
        told = {"en": "This is not a known needle, or a second one.", "de": "Diese Nadel ist nicht bekannt."}
        assert result.message.startswith(told[language])
        assert result.fix == {"en": "Give one value of the axis.", "de": "Nenne eine Nadel."}[language]


def test_an_official_descriptor_stands_in_place_of_our_label(rich: Knowledge, client: FlaskClient) -> None:
    assert rich.index.codes["62323"].label == "A placeholder for the text of the publisher"
    answer = client.get("/codes/62323", headers={"Accept": "application/json"}).get_json()
    assert answer["label"] == "A placeholder for the text of the publisher"


# ---------------------------------------------------------------- served


def test_workers_are_given_all_of_it(rich_pack: Path) -> None:
    command = [sys.executable, "-m", "spinecode", "--pack", str(rich_pack), "--language", "de"]
    command += ["serve", "--port", "0", "--workers", "2", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["url"]
            for _ in range(4):  # whichever worker answers
                assert "mercy-codes" in json.dumps(_get(f"{address}queries"))
                assert _get(f"{address}codes/MERCY-2")["label"] == "Beispiel, lumbal oder sakral"
            body = json.dumps({"approach": "mercy-approach", "region": "LWS", "substance": "steroid"}).encode()
            found = _get(f"{address}validate", body)
            assert [result["shape"] for result in found["results"]] == [f"{NAMESPACE}SideRequired"]
        finally:
            server.terminate()
            server.wait(20)


def _get(address: str, body: bytes | None = None) -> Any:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    with urlopen(Request(address, body, headers), timeout=60) as reply:
        return json.load(reply)
