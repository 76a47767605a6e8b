"""The pages there are: found by following links from the first page, one of each route and first parameter."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from time import sleep
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask, template_rendered
from jinja2 import Template
from werkzeug.exceptions import HTTPException

from tests.web.conftest import BROWSER

#: Pages that no link leads to: what is typed, and what is refused. Each says what status it has.
UNLINKED = {
    "/?text=L4-5+facet%2C+no+contrast%2C+quickly": 200,
    "/?approach=caudal&level=C4-C5": 422,
    "/search?q=epidural": 200,
    "/search?q=transforamnal": 200,
    "/sparql?query=SELECT+%2A+%7B": 400,
    "/sparql?query=ASK+%7B%7D": 200,
    "/differ?code=62321,12345": 400,
    "/select?region=nonsense": 400,
    "/codes/99999": 404,
    "/nothing": 404,
}
#: How many addresses of a route are visited, each with another first parameter.
MOST = 3
#: What a page says that is being made, and how long to wait before asking again, in seconds.
WAIT, PAUSE = 202, 0.5


@dataclass(slots=True)
class Crawl:
    """The addresses of pages with the status of each, the templates that wrote them, the routes asked, and all."""

    pages: dict[str, int] = field(default_factory=dict)
    templates: set[str] = field(default_factory=set)
    routes: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") if tag in ("a", "link") else None
        if address:
            self.found.append(address)


def crawl(app: Flask) -> Crawl:
    """Follow the links from the first page, and from those that no link leads to."""
    found = Crawl(known={rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())})
    router = app.url_map.bind("localhost")
    asked: set[tuple[str, str]] = set()
    client = app.test_client()

    def rendered(_: Flask, template: Template, **__: Any) -> None:
        found.templates.add(str(template.name))

    waiting = ["/", *UNLINKED]
    with template_rendered.connected_to(rendered, app):
        while waiting:
            address = waiting.pop(0)
            parts = urlsplit(address)
            try:
                rule, _ = router.match(parts.path, return_rule=True)
            except HTTPException:
                rule = None
            name = rule.rule if rule is not None else ""
            first = next(iter(parse_qsl(parts.query, keep_blank_values=True)), ("", ""))[0]
            kind = (name, first)
            known = kind in asked or sum(one == name for one, _ in asked) >= MOST
            if address in found.pages or (known and address not in UNLINKED):
                continue
            response = client.get(address, headers={"Accept": BROWSER})
            while response.status_code == WAIT:
                sleep(PAUSE)
                response = client.get(address, headers={"Accept": BROWSER})
            if response.status_code < 400:
                asked.add(kind)
                found.routes.add(name)
            if response.mimetype != "text/html":
                continue
            found.pages[address] = response.status_code
            for link in _Links(response.get_data(as_text=True)).found:
                target = urlsplit(urljoin(address, link))
                if not target.netloc:
                    waiting.append(target._replace(fragment="").geturl())
    return found
