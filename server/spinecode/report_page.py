"""Reports as a page of its own, without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Final

from spinecode import vocabulary as v
from spinecode.report import Report, Result
from spinecode.report_text import verdict

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8885; --no: #b3261e; --open: #8a5a00; --info: #0b6a72; --yes: #1c6637 }
@media (prefers-color-scheme: dark) { :root { --no: #f2a299; --open: #e6bf6a; --info: #7cc7c3; --yes: #86cf9c } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1.2rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2.2rem; overflow-wrap: anywhere }
article { border-left: 4px solid var(--line); padding: .1rem 1rem; margin: 1.2rem 0 }
article p { margin: .3rem 0 } .violation, .unread { border-color: var(--no) } .warning { border-color: var(--open) }
.info { border-color: var(--info) } .violation strong, .unread strong, .no { color: var(--no) }
.warning strong { color: var(--open) } .info strong { color: var(--info) } .yes { color: var(--yes) }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .1rem .8rem; margin: .4rem 0; font-size: .92rem }
dt { opacity: .7 } dd { margin: 0; overflow-wrap: anywhere } .place { font-family: ui-monospace, monospace }
"""


def page_begun() -> str:
    """The beginning of the page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Validation report</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        "<h1>Validation report</h1>\n"
    )


def page_ended() -> str:
    """The end of the page."""
    return "</main>\n</body>\n</html>\n"


def page_section(name: str | None, report: Report) -> str:
    """A report as a section of the page."""
    title = f"{name}: " if name is not None else ""
    mark = "yes" if report.conforms else "no"
    parts = [f'<section>\n<h2>{_text(title)}<span class="{mark}">{_text(verdict(report))}</span></h2>']
    for fault in report.unread:
        place = _place(fault.line, fault.column)
        parts.append(
            f'<article class="unread"><p>{place}<strong>not read</strong></p><p>{_text(fault.message)}</p></article>'
        )
    parts += [_result(result) for result in report.results]
    parts += [
        f"<p>{_text(told)}</p>" for answer in report.answers if (told := _answer(answer, len(report.answers) > 1))
    ]
    return "\n".join([*parts, "</section>\n"])


def _result(result: Result) -> str:
    axis = f" ({_text(result.axis)})" if result.axis else ""
    rows = (
        ("about", [result.focus_node]),
        ("path", [result.path]),
        ("value", [result.value]),
        ("given", [", ".join(result.given)]),
        ("expected", [", ".join(result.expected)]),
        ("fix", [result.fix]),
        ("rule", [result.shape, *result.rules]),
        ("source", result.sources),
    )
    listed = "".join(f"<dt>{label}</dt><dd>{_linked(items)}</dd>" for label, items in rows if any(items))
    return (
        f'<article class="{result.severity}">\n<p>{_place(result.line, result.column)}'
        f"<strong>{result.severity}</strong>{axis}</p>\n<p>{_text(result.message)}</p>\n<dl>{listed}</dl>\n</article>"
    )


def _place(line: int | None, column: int | None) -> str:
    return f'<span class="place">line {line}, column {column}</span> ' if line is not None else ""


def _answer(answer: dict[str, Any], several: bool) -> str:
    lines = answer.get("lines") or []
    whose = f"{answer['description']} " if several and answer.get("description") else ""
    if lines:
        told = ", ".join(" ".join([line["code"], f"x{line['units']}", *line["modifiers"]]) for line in lines)
        return f"{whose}implies: {told}"
    return f"{whose}undetermined: {answer['ask']['label']}" if answer.get("ask") else ""


def _linked(items: Iterable[str | None]) -> str:
    found = []
    for item in items:
        if item and item.startswith(("https://", "http://")):
            found.append(f'<a href="{_text(item)}">{_text(v.shorten(item))}</a>')
        elif item:
            found.append(_text(item))
    return " ".join(found)


def _text(text: str) -> str:
    return escape("".join(c if c.isprintable() or c in "\t\n" else "\ufffd" for c in text))
