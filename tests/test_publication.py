"""A release: its files say what the ontology says, are the same each time, and are there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import html5rdf
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from spinecode import hermit, publication, writing
from spinecode import vocabulary as v
from spinecode.counting import Links, count
from spinecode.errors import InputError, OntologyError
from spinecode.graph import format_of
from spinecode.knowledge import Knowledge
from spinecode.release import Release, own_knowledge, sealed, write
from spinecode.vocabulary import SPINE, term
from spinecode.web.documentation import described_terms, documentation
from tests.conftest import ROOT
from tests.reasoners import needs_java
from tests.test_cli import refused, spinecode

OF_RDFLIB = {".ttl": "turtle", ".owl": "xml", ".jsonld": "json-ld"}
DATASETS = [one.name for one in publication.DISTRIBUTIONS]


@pytest.fixture(scope="module")
def own() -> Knowledge:
    return own_knowledge()


@pytest.fixture(scope="module")
def release(own: Knowledge) -> dict[str, bytes]:
    pages = {f"docs/{name}": content for name, content in documentation(own).items()}
    return sealed({**Release(own).files(), **pages})


def canonical(content: bytes, syntax: RdfFormat) -> list[Triple]:
    return writing.canonical(parse(content, format=syntax))


def source(own: Knowledge, name: str) -> list[Triple]:
    if "closed" in name:
        return canonical(own.ontology.closure(), RdfFormat.N_TRIPLES)
    return writing.canonical(own.ontology.stated())


# ---------------------------------------------------------------- the files


@pytest.mark.parametrize("name", DATASETS)
def test_a_file_says_what_the_ontology_says(
    release: dict[str, bytes], own: Knowledge, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read by pyoxigraph and by rdflib, which share no line of a parser."""
    syntax = format_of(Path(name))
    assert syntax is not None
    expected = source(own, name)
    assert canonical(release[name], syntax) == expected
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    read = rdflib.Graph().parse(data=release[name], format=OF_RDFLIB[Path(name).suffix])
    assert canonical(read.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES) == expected


def test_the_closed_files_hold_the_others_and_more(release: dict[str, bytes]) -> None:
    """Unnamed things may have been made one, so the statements between named ones are compared."""

    def named(content: bytes) -> set[Triple]:
        triples = (quad.triple for quad in parse(content, format=RdfFormat.TURTLE))
        return {t for t in triples if not isinstance(t.subject, BlankNode) and not isinstance(t.object, BlankNode)}

    assert named(release["spinecode.ttl"]) < named(release["spinecode-closed.ttl"])


@pytest.mark.parametrize(
    "name", ["spinecode.ttl", "spinecode-closed.ttl", "shapes.ttl", "shapes-ontology.ttl", "void.ttl"]
)
def test_turtle_is_for_people(release: dict[str, bytes], name: str) -> None:
    head, _, body = release[name].decode().partition("\n\n")
    declared = dict(re.findall(r"^@prefix (\w+): <([^>]+)> \.$", head, re.MULTILINE))
    assert len(declared) == len(head.splitlines())
    known = publication.PREFIXES | {"shape": SPINE + "shape/"}
    for prefix, base in declared.items():
        assert known[prefix] == base
        assert re.search(rf"(?<![\w<]){prefix}:", body), f"{prefix} is declared and not used"
    whole = re.findall(rf"<({re.escape(SPINE)}[^>]*)>", body)
    # that of the namespace itself stands in examples, which are texts
    assert all("/" in iri.removeprefix(SPINE) or "#" in iri for iri in whole if iri != SPINE), (
        "a name of ours without its prefix"
    )


def test_json_has_a_context(release: dict[str, bytes]) -> None:
    import json

    found = json.loads(release["spinecode.jsonld"])
    context = found["@context"]
    assert context["spine"] == SPINE
    assert context["inFamily"] == {"@id": "spine:inFamily", "@type": "@id"}
    code = next(one for one in found["@graph"] if one.get("@id") == "cpt:62323")
    assert code["inFamily"] == "spine:InterlaminarFamily"
    assert code["validFrom"] == "2017-01-01"
    assert code["skos:notation"] == "62323"


@needs_java
def test_hermit_loads_the_file(release: dict[str, bytes], tmp_path: Path) -> None:
    file = tmp_path / "spinecode.owl"
    file.write_bytes(release["spinecode.owl"])
    jars = hermit.jar_folder()
    classes = os.pathsep.join((str(jars), str(jars / "HermiT.jar")))
    command = ["java", "-cp", classes, "org.semanticweb.HermiT.cli.CommandLine", "-c", file.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "FluoroscopyOrCT" in result.stdout
    equivalents = re.findall(r"EquivalentClasses\( owl:Nothing(.*)\)", result.stdout)
    assert all(not found.strip() for found in equivalents), "a class that can have no member"


def test_shapes_and_queries_are_all_there(release: dict[str, bytes], own: Knowledge) -> None:
    written = len(canonical(release["shapes.ttl"], RdfFormat.TURTLE))
    assert written == len(set(own.description_shapes))
    both = written + len(canonical(release["shapes-ontology.ttl"], RdfFormat.TURTLE))
    assert both == len(own.shapes.store)
    for file in (ROOT / "queries").glob("*.rq"):
        assert release[f"queries/{file.name}"] == file.read_bytes()


def test_the_checksums(release: dict[str, bytes], tmp_path: Path) -> None:
    lines = dict(reversed(line.split("  ", 1)) for line in release["SHA256SUMS"].decode().splitlines())
    assert set(lines) == set(release) - {"SHA256SUMS"}
    assert all(hashlib.sha256(release[name]).hexdigest() == digest for name, digest in lines.items())


# ---------------------------------------------------------------- the same bytes


def test_two_runs_write_the_same_bytes(tmp_path: Path, release: dict[str, bytes]) -> None:
    """Each run has other hashes of strings, and one makes the closure anew, with blank nodes named at random."""
    for number, cache in enumerate((os.environ["SPINECODE_CACHE"], str(tmp_path / "cold"))):
        target = tmp_path / f"run{number}"
        result = spinecode("release", target, PYTHONHASHSEED=str(number + 1), SPINECODE_CACHE=cache)
        assert result.returncode == 0, result.stderr
        (folder,) = target.iterdir()
        written = {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
        assert {n for n in written.keys() | release.keys() if written.get(n) != release.get(n)} == set()


NODES = st.one_of(
    st.sampled_from([NamedNode(SPINE + name) for name in ("A", "b", "L4-L5", "a.b", "x/y", "", "-z")]),
    st.sampled_from([BlankNode(name) for name in "pqrst"]),
)
LITERALS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("C",))).map(Literal),
    st.text(st.sampled_from("a\"\\\n\t'<&")).map(lambda text: Literal(text, language="en")),
    st.integers(-3, 99).map(Literal),
    st.booleans().map(Literal),
    st.sampled_from([Literal("01", datatype=term("xsd:integer")), Literal("2017-01-01", datatype=term("xsd:date"))]),
)
PROPERTIES = st.sampled_from(
    [v.TYPE, v.LABEL, v.SUBCLASS, v.FIRST, v.REST, NamedNode(SPINE + "p"), NamedNode(SPINE + "q")]
)


@st.composite
def graphs(draw: st.DrawFn) -> list[Triple]:
    triples = []
    for _ in range(draw(st.integers(1, 12))):
        predicate = draw(PROPERTIES)
        value = draw(NODES) if predicate == v.TYPE else draw(st.one_of(NODES, LITERALS, st.just(v.NIL)))
        triples.append(Triple(draw(NODES), predicate, value))
    return triples


@given(graphs(), st.randoms(use_true_random=False))
def test_any_statements_are_written_whole_and_in_one_way(triples: list[Triple], random: object) -> None:
    shuffled = list(triples)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    names = {BlankNode(old): BlankNode(new) for old, new in zip("pqrst", "tsrqp", strict=True)}
    renamed = [Triple(names.get(t.subject, t.subject), t.predicate, names.get(t.object, t.object)) for t in shuffled]  # type: ignore[call-overload]
    for write_syntax, syntax in (
        (writing.turtle, RdfFormat.TURTLE),
        (writing.jsonld, RdfFormat.JSON_LD),
        (writing.rdfxml, RdfFormat.RDF_XML),
        (writing.ntriples, RdfFormat.N_TRIPLES),
    ):
        content = write_syntax(triples)
        assert write_syntax(renamed) == content
        assert canonical(content, syntax) == writing.canonical(triples), content.decode()


# ---------------------------------------------------------------- whole or not at all


def test_a_release_is_written_once_and_never_over(tmp_path: Path) -> None:
    files = sealed({"a.ttl": b"1", "docs/b.html": b"2"})
    assert write(tmp_path / "new", "spinecode-9", files)
    assert not write(tmp_path / "new", "spinecode-9", files)
    folder = tmp_path / "new" / "spinecode-9"
    (folder / "docs" / "b.html").write_bytes(b"3")
    with pytest.raises(InputError, match=r"docs/b\.html: This file is not as it would be written now"):
        write(tmp_path / "new", "spinecode-9", files)
    (folder / "docs" / "b.html").unlink()
    with pytest.raises(InputError, match="is not in the folder"):
        write(tmp_path / "new", "spinecode-9", files)
    (folder / "docs" / "b.html").write_bytes(b"2")
    (folder / "more").write_bytes(b"")
    with pytest.raises(InputError, match="not in the release"):
        write(tmp_path / "new", "spinecode-9", files)


def test_a_release_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, written = Path.write_bytes, []

    def full(self: Path, content: bytes) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(self)
        return real(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        write(tmp_path, "spinecode-9", {"a": b"1", "b": b"2"})
    assert written
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_hold_a_release(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused(spinecode("release", tmp_path / "file"), str(tmp_path / "file"), "cannot be made")
    refused(spinecode("--ontology", tmp_path, "release", tmp_path / "new"), "--ontology")


# ---------------------------------------------------------------- the header, VoID and DCAT


def test_the_header_says_what_a_version_needs(own: Knowledge) -> None:
    found = publication.publication(own)
    assert found.iri == SPINE + found.version
    assert found.text("dcterms:license").startswith("https://creativecommons.org/")


def test_versions_follow_one_another(own: Knowledge) -> None:
    """The header's version, day and predecessor are those of the changelog."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", text, re.MULTILINE)
    found = publication.publication(own)
    assert (found.version, found.text("dcterms:issued")) == versions[0]
    assert found.prior == (SPINE + versions[1][0] if len(versions) > 1 else None)
    assert found.text("dcterms:modified") >= found.text("dcterms:issued")
    program = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert program["project"]["version"] == found.version


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (r"dcterms:license <[^>]*> ;", "", "says no dcterms:license"),
        (r'owl:versionInfo "[^"]*" ;', "", "says no owl:versionInfo"),
        (r'owl:versionInfo "[^"]*"', 'owl:versionInfo "9.9.9"', "for owl:versionInfo"),
        (r"owl:versionIRI (<[^>]*>) ;", r"owl:versionIRI \1 ; owl:priorVersion \1 ;", "which is this version"),
        (r"owl:versionIRI (<[^>]*>) ;", r"owl:versionIRI \1 , <urn:x> ;", "no more"),
    ],
)
def test_a_header_that_does_not_do(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (ROOT / "ontology" / "spinecode.ttl").read_text(encoding="utf-8")
    changed, times = re.subn(old, new, text)
    assert times == 1
    (tmp_path / "spinecode.ttl").write_text(changed, encoding="utf-8")
    with pytest.raises(OntologyError, match=message):
        publication.publication(Knowledge([tmp_path]))


VOID = "".join(f"PREFIX {name}: <{publication.PREFIXES[name]}> " for name in ("void", "dcat", "spdx"))


def rows(store: Store, query: str) -> list[list[str]]:
    return [[cell.value for cell in row] for row in store.query(VOID + query)]  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def void(release: dict[str, bytes]) -> Store:
    store = Store()
    store.load(release["void.ttl"], format=RdfFormat.TURTLE)
    return store


@pytest.mark.parametrize("closed", [False, True])
def test_the_numbers_are_those_of_a_query(void: Store, release: dict[str, bytes], closed: bool) -> None:
    data = Store()
    data.load(release[f"spinecode{'-closed' * closed}.ttl"], format=RdfFormat.TURTLE)
    node = f"<{publication.dataset_iri(closed)}>"

    def one(query: str) -> str:
        return rows(data, query)[0][0]

    for name, query in (
        ("triples", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"),
        ("distinctSubjects", "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }"),
        ("properties", "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }"),
        ("classes", "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?s a ?c FILTER isIRI(?c) }"),
        ("entities", f'SELECT (COUNT(DISTINCT ?s) AS ?n) {{ ?s ?p ?o FILTER STRSTARTS(STR(?s), "{SPINE}") }}'),
    ):
        assert rows(void, f"SELECT ?n {{ {node} void:{name} ?n }}") == [[one(query)]], name
    # the store takes two ways to write one value for one
    objects = {quad.object for quad in parse(release[f"spinecode{'-closed' * closed}.ttl"], format=RdfFormat.TURTLE)}
    assert rows(void, f"SELECT ?n {{ {node} void:distinctObjects ?n }}") == [[str(len(objects))]]
    for part, key, number, query in (
        ("classPartition", "class", "entities", "SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c FILTER isIRI(?c) } GROUP BY ?c"),
        ("propertyPartition", "property", "triples", "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"),
    ):
        told = rows(void, f"SELECT ?k ?n {{ {node} void:{part} [ void:{key} ?k ; void:{number} ?n ] }}")
        assert sorted(told) == sorted(rows(data, query)), part


def test_every_distribution_is_a_file_as_told(void: Store, release: dict[str, bytes], own: Knowledge) -> None:
    told = rows(
        void,
        "SELECT ?url ?type ?size ?sum { ?d dcat:distribution ?f . ?f dcat:downloadURL ?url ; dcat:mediaType ?type ; "
        "dcat:byteSize ?size ; spdx:checksum/spdx:checksumValue ?sum . ?d void:dataDump ?url }",
    )
    assert len(told) == len(DATASETS)
    base = publication.publication(own).iri + "/"
    for url, media_type, size, checksum in told:
        content = release[url.removeprefix(base)]
        syntax = format_of(Path(url))
        assert syntax is not None
        assert media_type.endswith(syntax.media_type)
        assert int(size) == len(content)
        assert checksum == hashlib.sha256(content).hexdigest()


def test_every_name_of_the_description_is_one_of_its_vocabularies(release: dict[str, bytes]) -> None:
    bases = tuple(publication.PREFIXES.values())
    for quad in parse(release["void.ttl"], format=RdfFormat.TURTLE):
        assert quad.predicate.value.startswith(bases)


def test_links_are_counted_by_target() -> None:
    exact, close = term("skos:exactMatch"), term("skos:closeMatch")
    ours = [NamedNode(f"{SPINE}{n}") for n in range(4)]
    links = [
        Triple(ours[0], exact, NamedNode("http://purl.obolibrary.org/obo/UBERON_0000001")),
        Triple(ours[1], exact, NamedNode("http://purl.obolibrary.org/obo/UBERON_0000002")),
        Triple(ours[1], close, NamedNode("http://purl.obolibrary.org/obo/CHEBI_1")),
        Triple(ours[2], exact, NamedNode("http://purl.bioontology.org/ontology/ICD10CM/M54.16")),
        Triple(ours[2], exact, ours[3]),
    ]
    found = count([*links, links[0]]).links
    assert [(x.target, x.predicate, x.number) for x in found] == [
        ("http://purl.bioontology.org/ontology/ICD10CM/", exact.value, 1),
        ("http://purl.obolibrary.org/obo/CHEBI_", close.value, 1),
        ("http://purl.obolibrary.org/obo/UBERON_", exact.value, 2),
    ]


def test_links_are_described(own: Knowledge) -> None:
    import dataclasses

    found = publication.publication(own)
    link = Links("http://purl.obolibrary.org/obo/UBERON_", term("skos:exactMatch").value, 7)
    stated = dataclasses.replace(found.stated, links=(link,))
    store = Store()
    store.extend(Quad(*t) for t in publication.described(dataclasses.replace(found, stated=stated)))
    node = f"<{publication.dataset_iri(False)}>"
    query = (
        f"SELECT ?space ?by ?n {{ {node} void:subset ?l . ?l a void:Linkset ; void:subjectsTarget {node} ; "
        "void:objectsTarget/void:uriSpace ?space ; void:linkPredicate ?by ; void:triples ?n }"
    )
    assert rows(store, query) == [[link.target, link.predicate, "7"]]


# ---------------------------------------------------------------- the pages


class Page(HTMLParser):
    """What a page links to, loads and names."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: list[str] = []
        self.canonical = ""
        self.headings = 0
        self.text: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if "id" in found:
            self.names.append(found["id"] or "")
        self.headings += tag == "h1"
        assert tag not in ("script", "iframe", "object", "form", "input")
        if tag == "link" and found.get("rel") == "canonical":
            self.canonical = found["href"] or ""
        elif tag in ("link", "img", "source"):
            self.loaded.append(found.get("href") or found.get("src") or "")
        elif tag == "a":
            self.links.append(found["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def pages(release: dict[str, bytes]) -> dict[str, Page]:
    return {name: Page(content) for name, content in release.items() if name.endswith(".html")}


def test_every_term_has_its_page(pages: dict[str, Page], own: Knowledge) -> None:
    described = described_terms(own)
    assert len(described) > 700
    by_iri = {page.canonical: page for page in pages.values() if page.canonical}
    # the page of a code has its IRI as text
    for page in pages.values():
        for line in page.text:
            if line.startswith(SPINE) and line.strip() in described:
                by_iri.setdefault(line.strip(), page)
    assert described - set(by_iri) == set()


def test_every_page_is_led_to(pages: dict[str, Page]) -> None:
    reached, waiting = {"docs/index.html"}, ["docs/index.html"]
    while waiting:
        name = waiting.pop()
        for target in targets(name, pages[name].links):
            if target in pages and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert set(pages) - reached == set()


def targets(name: str, links: list[str]) -> set[str]:
    """The paths in the release that relative links lead to."""
    import posixpath

    found = set()
    for link in links:
        parts = urlsplit(link)
        if not parts.scheme and parts.path:
            found.add(posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))))
    return found


def test_no_link_is_broken_and_nothing_is_loaded_from_elsewhere(
    release: dict[str, bytes], pages: dict[str, Page]
) -> None:
    for name, page in pages.items():
        assert not any(urlsplit(address).scheme or address.startswith("/") for address in page.loaded), name
        assert not any(link.startswith("/") for link in page.links), name
        missing = targets(name, [*page.loaded, *page.links]) - set(release)
        assert not missing, (name, missing)
        for link in page.links:
            assert link
            if link.startswith("#"):
                assert link[1:] in page.names, (name, link)
    assert b"url(" not in release["docs/style.css"]
    assert b"@import" not in release["docs/style.css"]


def test_the_pages_are_html(release: dict[str, bytes], pages: dict[str, Page]) -> None:
    """By the rules of HTML, where any error is one: each list, and each tenth of the other pages."""
    chosen = [name for n, name in enumerate(sorted(pages)) if name.endswith("index.html") or n % 10 == 0]
    for name in chosen:
        html5rdf.HTMLParser(strict=True).parse(release[name].decode())
    for name, page in pages.items():
        assert page.headings == 1, name
        assert len(page.names) == len(set(page.names)), name


def test_names_differ_where_case_does_not_count(release: dict[str, bytes]) -> None:
    assert len({name.casefold() for name in release}) == len(release)


def test_a_page_says_what_is_known(pages: dict[str, Page]) -> None:
    def text(name: str) -> str:
        return " ".join(" ".join(pages[f"docs/{name}"].text).split())

    code = text("codes/62323.html")
    for words in ("from 2017-01-01", "fluoroscopy or CT", "A: stated by CMS", "Often taken for one another", "62311"):
        assert words in code
    definition = text("classes/LumbosacralImageGuidedInterlaminarInjection.html")
    assert "imaging guidance some fluoroscopy or CT" in definition
    assert "implies code is 62323" in definition
    value = text("values/Epidural.html")
    assert "extradural" in value
    assert "lies outside dura mater source:" in value, "the source of a single statement"
    assert "trust: stated by several coding references" in value
    assert "rests on it epidural" in text("sources/SpineHealth-Epidural.html"), "what a single statement rests on"
    concept = text("concepts/HerniatedDisc.html")
    assert "slipped disc" in concept
    assert "What Is CPT 62321?" in concept
    assert any(link.startswith("../sources/") for link in pages["docs/concepts/HerniatedDisc.html"].links)


# ---------------------------------------------------------------- the redirects of w3id.org


def redirected(path: str, accept: str) -> str:
    """Where the redirect file leads, by the first rule whose pattern and condition hold, as mod_rewrite reads it."""
    condition = ""
    for line in (ROOT / "docs" / "w3id" / ".htaccess").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[:1] == ["RewriteCond"]:
            assert words[1] == "%{HTTP_ACCEPT}"
            condition = words[2]
        elif words[:1] == ["RewriteRule"]:
            found = re.search(words[1], path)
            if found and re.search(condition, accept):
                return found.expand(words[2].replace("$", "\\"))
            condition = ""
    raise AssertionError(path)


def test_the_redirects_lead_to_files_of_the_release(release: dict[str, bytes], own: Knowledge) -> None:
    found = publication.publication(own)
    folder = f"https://ARCHIVE/spinecode-{found.version}/"

    def file(path: str, accept: str = "*/*") -> str:
        target = redirected(path, accept)
        assert target.startswith(folder)
        return target.removeprefix(folder)

    stated = [one for one in publication.DISTRIBUTIONS if not one.closed]
    assert {file(found.version, one.media_type) for one in stated} == {one.name for one in stated}
    for one in stated:
        assert file(found.version, one.media_type) == one.name
    assert file(found.version) == file(f"{found.version}/") == "spinecode.ttl"
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert file(found.version, browser) == "docs/index.html"
    assert {file(f"{found.version}/{name}", browser) for name in release} == set(release)
    for path in ("", "Epidural", "cpt/62323", "void", "sparql"):
        assert redirected(path, browser) == f"https://SERVER/{path}"
