"""Part 4: start-up with a warm cache and resident memory, against a bare Flask app on the same server."""

from __future__ import annotations

import statistics
from itertools import islice
from urllib.parse import urlencode

from measure import Row, Section, Verdict, ratios
from samples import samples, variations
from servers import BARE, SPINECODE, Server, Weight, running
from spinecode.catalogue import catalogue
from spinecode.knowledge import Knowledge

SECONDS = 1.5
MEBIBYTES = 200.0
_SELECTS = 200


def _use(knowledge: Knowledge, server: Server) -> None:
    """Ask one thing of each kind, and many selections."""
    index = knowledge.index
    turtle = next(sample.turtle for sample in samples(index) if sample.turtle is not None)
    query = next(query for query in catalogue().values() if query.kind == "SELECT" and not query.parameters)
    asked: list[tuple[str, bytes | None, str]] = [
        (path, None, "") for path in islice(variations(index, True), _SELECTS)
    ]
    asked.append(("/validate", turtle, "text/turtle"))
    asked.append((f"/sparql?{urlencode({'query': query.text})}", None, ""))
    for path, body, media_type in asked:
        status, answer = server.ask(path, body, media_type)
        if status != 200:
            raise SystemExit(f"{path.partition('?')[0]} was answered with {status}: {answer[:300]!r}")


def measure(knowledge: Knowledge, rounds: int) -> Section:
    """Measure starts and memory."""
    section = Section("4  Start-up with a warm cache, and resident memory", "s / MiB", "to the bare app")
    starts: list[float] = []
    bare_starts: list[float] = []
    fresh: list[list[Weight]] = []
    used: list[list[Weight]] = []
    bare: list[list[Weight]] = []
    _ = knowledge.index  # the cache is warm from here on
    for _ in range(rounds):
        with running(SPINECODE) as server:
            starts.append(server.started)
            fresh.append(server.weights())
            _use(knowledge, server)
            used.append(server.weights())
        with running(BARE) as server:
            bare_starts.append(server.started)
            bare.append(server.weights())
    section.rows += [
        Row("until /readyz answers, s", starts, ratios(starts, bare_starts)),
        Row("  bare Flask app", bare_starts),
    ]
    section.verdicts.append(_verdict(f"4 start-up: under {SECONDS} s", starts, SECONDS, "s"))
    if not fresh[0]:
        section.remarks.append("There is no /proc here, so memory is not measured.")
        return section
    at_start, in_use, alone = (
        [sum(weight.resident for weight in weights) for weights in found] for found in (fresh, used, bare)
    )
    shared = [sum(weight.share for weight in weights) for weights in used]
    section.rows += [
        Row("memory when ready, MiB", at_start, ratios(at_start, alone)),
        Row("memory after requests, MiB", in_use, ratios(in_use, alone)),
        Row("  shared pages counted once", shared),
        Row("  bare Flask app, MiB", alone),
    ]
    section.remarks.append(f"requests: {_SELECTS} /select, /validate, /sparql; MiB by process, last round:")
    for name, weights in (("when ready", fresh[-1]), ("after requests", used[-1]), ("bare app", bare[-1])):
        told = ", ".join(f"{weight.name} {weight.resident:.0f}" for weight in weights)
        section.remarks.append(f"  {name:16}{told}")
    section.verdicts.append(_verdict(f"4 memory when ready: under {MEBIBYTES:.0f} MiB", at_start, MEBIBYTES, "MiB"))
    section.verdicts.append(_verdict(f"4 memory after requests: under {MEBIBYTES:.0f} MiB", in_use, MEBIBYTES, "MiB"))
    return section


def _verdict(target: str, values: list[float], limit: float, unit: str) -> Verdict:
    found = statistics.median(values)
    return Verdict(target, f"{found:.2f} {unit}" if unit == "s" else f"{found:.0f} {unit}", found < limit)
