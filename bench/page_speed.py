"""Part 7: how long a page takes that nobody asked for before, one request at a time, against the empty route."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import count
from time import perf_counter
from urllib.parse import urlencode

from measure import Row, Section, Verdict, ratios
from samples import samples
from servers import HOST, SPINECODE, running
from spinecode import vocabulary as v
from spinecode.knowledge import Knowledge
from spinecode.selection import names_of

#: What a page may take at the median, in milliseconds.
TARGET = 15.0
EMPTY = "/healthz"
#: Requests for each page in a round; their median is the time of the round.
_EACH = 5


def _pages(knowledge: Knowledge) -> dict[str, str]:
    """The address of each page, by its name."""
    index = knowledge.index
    facts = max((one.description.facts for one in samples(index)), key=len)
    given = [(axis, name) for axis, names in names_of(index, facts).items() for name in names]
    words = ", ".join(index.values[number].label for numbers in facts.values() for number in numbers)
    confused = next(one.codes for one in index.rules.confusions if len(one.codes) > 1)
    family = index.codes[confused[0]].family.removeprefix(v.SPINE)
    value = index.values[index.asked_axes[0].values[0]]
    query = next(one for one in knowledge.queries.values() if not any(p.needed for p in one.parameters))
    return {
        "/ nothing said": "/",
        "/ an open question": f"/?{urlencode(given[:1])}",
        "/ a code found": f"/?{urlencode(given)}",
        "/ in words": f"/?{urlencode({'text': words})}",
        "/differ codes": f"/differ?{urlencode([('code', code) for code in confused])}",
        "/differ a family": f"/differ?{urlencode({'family': family})}",
        "/codes": "/codes",
        "/codes/ one": f"/codes/{confused[0]}",
        "a term": f"/{value.iri.removeprefix(v.SPINE)}",
        "/search": f"/search?{urlencode({'q': value.label})}",
        "/ontology": "/ontology",
        "/queries": "/queries",
        "/queries/ one": f"/queries/{query.name}",
        "/shapes": "/shapes",
        "/sparql": "/sparql",
        "/validate": "/validate",
        "/api": "/api",
        "/void": "/void",
        "nothing there": "/nothing-is-there",
    }


def _seconds(connection: HTTPConnection, path: str, numbers: Iterator[int]) -> float:
    """Ask once as a browser does; a further media type makes it a question that was not asked before."""
    headers = {"Accept": f"text/html, x/{next(numbers)};q=0.1"}
    start = perf_counter()
    connection.request("GET", path, headers=headers)
    connection.getresponse().read()
    return perf_counter() - start


def measure(knowledge: Knowledge, rounds: int) -> Section:
    """Measure the pages of a server with one worker."""
    section = Section("7  Pages: GET, HTML, one worker, not kept", "ms a page", "to the empty route")
    pages = {EMPTY: EMPTY, **_pages(knowledge)}
    times: dict[str, list[float]] = {name: [] for name in pages}
    numbers = count()
    with running(SPINECODE) as server:
        connection = HTTPConnection(HOST, server.port, timeout=60)
        for path in pages.values():
            _seconds(connection, path, numbers)
        for _ in range(rounds):
            for name, path in pages.items():
                found = [_seconds(connection, path, numbers) for _ in range(_EACH)]
                times[name].append(statistics.median(found) * 1e3)
        connection.close()
    for name, found in times.items():
        section.rows.append(Row(name, found, () if name == EMPTY else ratios(found, times[EMPTY])))
    slowest = max(times, key=lambda name: statistics.median(times[name]))
    found_slowest = statistics.median(times[slowest])
    section.remarks.append("each page was asked for once before; nothing of the answers was kept")
    section.verdicts.append(
        Verdict(f"7 every page under {TARGET:.0f} ms", f"{slowest}: {found_slowest:.1f} ms", found_slowest < TARGET)
    )
    return section
