"""The pages as a reader meets them: every link leads somewhere, every field has a label, nothing comes from afar."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from spinecode.index import RuleIndex
from spinecode.web.examples import examples

from .conftest import BROWSER, Browser

PAGES = [
    "/",
    "/select",
    "/select?approach=transforaminal&level=L3-L4&level=L4-L5&guidance=ct&substance=corticosteroid&code=62323",
    "/select?approach=interlaminar&region=cervical",
    "/select?approach=transforaminal&region=lumbar&guidance=none&substance=saline&delivery=single-injection",
    "/select?region=nonsense",
    "/differ",
    "/differ?code=62321,62323",
    "/differ?code=62310,64484,62281",
    "/differ?family=FacetFamily",
    "/differ?family=BloodPatchFamily&family=SacroiliacFamily",
    "/?approach=caudal&level=C4-C5",
    "/?text=right+L4-5+and+L5-S1+TFESI+under+fluoro",
    "/?text=L4+facet%2C+no+contrast%2C+quickly&level=L4-L5",
    "/codes",
    "/codes/62310",
    "/search",
    "/search?q=epidural",
    "/search?q=transforamnal",
    "/codes/64484",
    "/Fluoroscopy",
    "/spinalRegion",
    "/ontology",
    "/ontology/check",
    "/api",
    "/validate",
    "/queries",
    "/queries/codes",
    "/sparql",
    "/problems",
    "/nothing",
]
#: What stands in the addresses of pages that tell why they cannot answer.
REFUSED = ("nonsense", "approach=caudal&level=C4-C5")
VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Page(HTMLParser):
    """What a page has, and what is wrong with it."""

    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    labelled: set[str] = field(default_factory=set)
    fields: list[dict[str, str | None]] = field(default_factory=list)
    described: set[str] = field(default_factory=set)
    landmarks: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    in_label: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.stack.append(tag)
        if tag in ("style", "iframe", "object"):
            self.faults.append(f"<{tag}>")
        # a script is a module in a file of ours, or data
        if (
            tag == "script"
            and given.get("type") != "application/json"
            and (given.get("type") != "module" or "src" not in given)
        ):
            self.faults.append(f"<{tag} {given}>")
        self.faults += [f"{name} on <{tag}>" for name in given if name == "style" or name.startswith("on")]
        if identifier := given.get("id"):
            self.ids.append(identifier)
        self.described |= set((given.get("aria-describedby") or "").split())
        self.described |= set((given.get("aria-labelledby") or "").split())
        for name in ("href", "src", "action"):
            if name in given:
                self.links.append(given[name] or "")
        if tag == "label":
            self.in_label += 1
            self.labelled.add(given.get("for") or "")
        if (
            tag in ("input", "select", "textarea")
            and not self.in_label
            and "aria-label" not in given
            and given.get("type") != "hidden"
        ):
            self.fields.append(given)
        if tag in ("main", "header", "footer", "nav"):
            self.landmarks.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag == "th" and "scope" not in given:
            self.faults.append("th without scope")
        if tag == "img" and "alt" not in given:
            self.faults.append("img without alt")

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")
        if tag == "label":
            self.in_label -= 1


def read(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_sound(browser: Browser, address: str) -> None:
    response = browser.get(address)
    assert response.mimetype == "text/html"
    text = response.get_data(as_text=True)
    assert text.startswith("<!doctype html>")
    assert '<html lang="en">' in text
    assert "American Medical Association" in text
    assert "no billing advice" in text
    page = read(text)
    assert page.faults == []
    assert page.stack == []
    assert page.headings.count("h1") == 1
    assert sorted(page.landmarks) == ["footer", "header", "main", "nav"]
    assert len(page.ids) == len(set(page.ids))
    assert page.described <= set(page.ids)
    for one in page.fields:
        assert one.get("id") in page.labelled, one


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_loaded_from_elsewhere(browser: Browser, address: str) -> None:
    text = browser.get(address).get_data(as_text=True)
    for part in ('src="http', 'rel="stylesheet" href="http', "url(http", "@import"):
        assert part not in text
    sheet = browser.get("/static/style.css").get_data(as_text=True)
    assert "http" not in sheet
    assert "@import" not in sheet


def test_every_link_leads_somewhere(client: FlaskClient) -> None:
    waiting, seen = list(PAGES[:-1]), set()
    found = set(waiting)
    kinds: set[tuple[str, str]] = set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address, headers={"Accept": BROWSER})
        if response.status_code == 202:
            # the check of the ontology, which goes on: asked again after the others
            seen.remove(address)
            waiting.insert(0, address)
            time.sleep(0.1 if len(waiting) == 1 else 0)
            continue
        assert response.status_code == 200 or any(one in address for one in REFUSED), address
        if response.mimetype != "text/html":
            continue
        for link in dict.fromkeys(read(response.get_data(as_text=True)).links):
            target = urljoin(address, link)
            parts = urlsplit(target)
            plain = parts._replace(fragment="").geturl()
            if plain in found:
                continue
            # One step along the questions is enough: their tree is as large as the product of all axes.
            deep = parts.path in ("/", "/select", "/sparql") and urlsplit(address).path == parts.path
            # and one answer of each query: test_asking tells that the others can be asked too
            deep = deep or (parts.path.endswith("/results") and any(urlsplit(one).path == parts.path for one in seen))
            # and one file of each format for each kind of term, and no comparison from a comparison
            kind = parts.path.rpartition("/")[0]
            deep = deep or ("format=" in parts.query and (kind, parts.query) in kinds)
            kinds.add((kind, parts.query))
            deep = deep or (parts.path in ("/search", "/differ") and urlsplit(address).path == parts.path)
            if not parts.netloc and not deep and parts.path not in ("/validate",):
                waiting.append(plain)
                found.add(plain)
    assert len(seen) > 300


def test_no_iri_makes_a_link_of_ours_lead_to_another_server(browser: Browser) -> None:
    query = "SELECT * { VALUES ?x { <https://w3id.org/spinecode//example.org/> <javascript:alert(1)> } }"
    text = browser.get("/sparql", query_string={"query": query}).get_data(as_text=True)
    assert "//example.org/" in text
    assert 'href="//' not in text
    assert 'href="javascript' not in text


def test_the_first_page_is_made_from_the_ontology(browser: Browser, index: RuleIndex) -> None:
    text = browser.get("/").get_data(as_text=True)
    places = []
    for axis in index.asked_axes:
        places.append(text.index(f'name="{axis.name}"'))
        assert axis.question in text
        for number in axis.values:
            assert f'value="{index.values[number].name}"' in text
    assert places == sorted(places)
    assert 'type="date"' in text
    for code in index.codes:
        assert f'<option value="{code}">' in text


def test_the_samples_are_coded(browser: Browser, index: RuleIndex) -> None:
    samples = examples(index)
    assert samples
    text = browser.get("/").get_data(as_text=True)
    for sample in samples:
        assert (sample.title in text) == bool(sample.given)
        assert sample.text.splitlines()[0][:20].replace('"', "&#34;") in browser.get(
            f"/validate?sample={sample.name}"
        ).get_data(as_text=True).replace("&quot;", "&#34;")


def test_a_page_below_a_prefix_links_below_it(client: FlaskClient) -> None:
    text = client.get("/codes/62321", headers={"Accept": BROWSER}, base_url="https://example.com/spine/").get_data(
        as_text=True
    )
    links = [link for link in read(text).links if link.startswith("/")]
    assert links
    assert all(link.startswith("/spine/") for link in links), links
