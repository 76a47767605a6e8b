"""Answers for people: tables that fit the terminal, with colour only where there is one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from spinecode.answers import notes, reported_json
from spinecode.comparison import Comparison
from spinecode.explanation import Explanation, explain, interval
from spinecode.free_text import Reading
from spinecode.index import RuleIndex
from spinecode.selection import Selection

console = Console(highlight=False)

#: How wide a text gets, however wide the terminal is.
READABLE = 100
#: How many near misses a terminal is shown; JSON has them all.
NEAR_MISSES = 5

_MARKS = {True: "yes", False: "[bold red]no[/]", None: "[yellow]open[/]"}
_STYLES = {"determined": "bold green", "undetermined": "bold yellow", "no-code": "bold red"}


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def print_json(answer: Any) -> None:
    """Plain JSON, the same on a terminal and in a pipe."""
    print(json.dumps(answer, ensure_ascii=False, indent=2))


def show_selection(index: RuleIndex, selection: Selection, title: str | None = None) -> None:
    """The claim lines or the next question, and why not the codes that come near."""
    if title:
        console.print(f"[bold]{escape(title)}[/]")
    style = _STYLES[selection.status]
    console.print(f"[{style}]{selection.status}[/] on {selection.date}")
    if selection.lines:
        table = _table("code", "units", "modifiers", "what it stands for")
        for line in selection.lines:
            label = line.label + (f" ({', '.join(line.levels)})" if line.levels else "")
            table.add_row(f"[bold]{line.code}[/]", str(line.units), " ".join(line.modifiers) or "-", escape(label))
        console.print(table)
    if selection.status == "undetermined":
        console.print(f"still possible: {', '.join(selection.candidates)}")
        if selection.certain:
            console.print(f"certain: {', '.join(selection.certain)}")
        question = selection.question
        if question is not None:
            console.print(f"[bold]{escape(question.text or question.label)}[/] --{question.axis}")
            groups: dict[tuple[str, ...], list[str]] = {}
            for name, codes in zip(question.values, question.leads_to, strict=True):
                groups.setdefault(codes, []).append(name)
            asked = index.axes[question.axis]
            known = [
                index.values[number].name
                for number in asked.values
                if not index.values[number].narrower and not index.conflicts[number] & selection.description.stated
            ]
            if dead := [name for name in known if name not in question.values]:
                groups[("no code",)] = dead
            table = _table("answer", "leaves")
            for codes, names in groups.items():
                shown = names if len(names) <= 8 else [*names[:3], "...", names[-1]]
                table.add_row(", ".join(shown), ", ".join(codes))
            console.print(table)
    if selection.status == "no-code":
        console.print("No code of this ontology fits; it does not hold every code there is.")
    explanations = explain(index, selection)
    for verdict in reported_json(index, selection, explanations):
        told = {"implied": "[green]right[/]", "possible": "still possible", "refuted": "[bold red]wrong[/]"}
        told["apart"] = "reported apart, by what stands beside it; see validate"
        decides = f", for the {' and '.join(verdict['decided_by'])}" if verdict["decided_by"] else ""
        console.print(f"reported {verdict['code']}: {told[verdict['verdict']]}{decides}")
    for axis, number in selection.assumptions:
        console.print(f"taken for granted: {index.axes[axis].label} {index.values[number].name}")
    for note in notes(index, selection):
        console.print(f"note: {escape(note)}")
    _show_near_misses(selection, explanations)
    console.print()


def show_reading(reading: Reading) -> None:
    """What was read from a free text, and what was not."""
    table = _table("words", "read as")
    for one in reading.understood:
        table.add_row(escape(one.words), escape(one.facts.label))
    for unsure in reading.unsure:
        may = " / ".join(facts.label for facts in unsure.readings)
        told = f"{may} ({unsure.reason})" if may else unsure.reason
        table.add_row(escape(unsure.words), f"[yellow]not taken:[/] {escape(told)}")
    for words in reading.not_understood:
        table.add_row(escape(words), "[yellow]not understood[/]")
    console.print(table)
    console.print()


def _show_near_misses(selection: Selection, explanations: list[Explanation]) -> None:
    shown = {line.code for line in selection.lines} | set(selection.candidates)
    missed = [e for e in explanations if e.failing and e.code not in shown]
    reported = [e for e in missed if e.code in selection.description.reported]
    others = [e for e in missed if e not in reported]
    chosen = reported + others[: max(0, NEAR_MISSES - len(reported))]
    if not chosen:
        return
    table = _table("not", "because of", "it requires", "given")
    for explanation in chosen:
        name = explanation.code + (" (reported)" if explanation in reported else "")
        for row in explanation.rows:
            if row.holds is False:
                table.add_row(name, row.label, escape(row.requires), escape(", ".join(row.given) or "nothing"))
                name = ""
    console.print(table)


def show_notes(notes: Iterable[str]) -> None:
    """What could not be read beside a description."""
    for note in notes:
        console.print(f"[cyan]not read:[/] {escape(note)}")


def show_comparison(index: RuleIndex, comparison: Comparison) -> None:
    """The sentence, then the axes one by one, then confusions."""
    console.print(escape(comparison.summary))
    console.print()
    table = _table("", *comparison.codes)
    for axis in index.asked_axes:
        if axis.name in comparison.differences:
            found = comparison.differences[axis.name]
            cells = [f"[bold]{escape(found[code].text)}[/]" for code in comparison.codes]
            table.add_row(f"[bold]{axis.label}[/] *", *cells)
        elif axis.name in comparison.shared:
            table.add_row(axis.label, *[escape(comparison.shared[axis.name].text)] * len(comparison.codes))
    codes = [index.codes[code] for code in comparison.codes]
    table.add_row("valid", *[interval(code.valid_from, code.valid_until) for code in codes])
    table.add_row("reported", *[code.unit for code in codes])
    table.add_row("add-on to", *[", ".join(code.add_on_to) or "-" for code in codes])
    table.add_row("modifiers", *[" ".join(code.modifiers) or "-" for code in codes])
    table.add_row("replaced by", *[", ".join(code.replaced_by) or "-" for code in codes])
    console.print(table)
    console.print("* differs", style="dim")
    for confusion in comparison.confusions:
        console.print(f"\nOften confused: {', '.join(confusion.codes)}. {escape(confusion.reason)}")
    console.print()


def show_rows(names: list[str], rows: list[dict[str, str]]) -> None:
    """A table of query results."""
    table = _table(*names)
    for row in rows:
        table.add_row(*[escape(row.get(name, "")) for name in names])
    console.print(table)
    console.print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}", style="dim")


def show_pairs(pairs: list[tuple[str, str]]) -> None:
    """Names beside what they are."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, text in pairs:
        table.add_row(f"[bold]{escape(name)}[/]", escape(text))
    console.print(table)


def show_text(text: str, bold: bool = False) -> None:
    """A paragraph."""
    console.print(f"[bold]{escape(text)}[/]" if bold else escape(text))
    console.print()


def show_hint(text: str) -> None:
    """A line beside the answer."""
    console.print(escape(text), style="dim")
