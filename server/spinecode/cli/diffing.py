"""``spinecode diff``: what has changed between two versions of the ontology, for terminology teams."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from spinecode.cli.axes import knowledge_of

if TYPE_CHECKING:
    from spinecode.difference import Difference
    from spinecode.difference_outline import Line, Section


@click.command(epilog="Example: spinecode diff release/spinecode.ttl --format markdown > changes.md")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@click.option("--exit-code", is_flag=True, help="Leave with 1 when the two differ, as git diff does.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="markdown is a release note; json has every change in full.",
)
@click.pass_context
def diff(ctx: click.Context, old: str, new: str | None, exit_code: bool, form: str) -> int:
    """What has changed from one version of the ontology to another?

    Codes added, retired or redefined, on which axis; words, dates and sources; and the cases whose answer changes, by
    comparing the rules over all combinations of facts. The order of statements and how they are written do not count.

    OLD and NEW are each a folder of Turtle files or a file of RDF of any syntax; several are put together with a colon
    (a semicolon on Windows). The word ours stands for the project's own ontology. Without NEW, OLD is compared with
    what is loaded: ours, and what --ontology and --pack put beside it.

    The status is 0 whether they differ or not, unless --exit-code is given.
    """
    from spinecode.cli.render import print_json
    from spinecode.difference import difference
    from spinecode.difference_formats import difference_json, markdown
    from spinecode.errors import InputError
    from spinecode.versions import OURS, read_version

    named = ctx.find_root().params
    if new is not None and (named.get("ontology") or named.get("pack")):
        message = f"--ontology and --pack stand beside {OURS}; with NEW given, name the folder there"
        raise InputError.of(f"{message}: {new}{os.pathsep}FOLDER.")
    loaded = knowledge_of(ctx)
    before = read_version(old, language=loaded.language)
    if new is not None:
        after = read_version(new, language=loaded.language)
    else:
        name = os.pathsep.join([OURS, *map(str, loaded.folders.further("ontology"))])
        after = read_version(name, loaded.folders.ontology, loaded.language)
    found = difference(before, after)
    if form == "json":
        print_json(difference_json(found))
    elif form == "markdown":
        print(markdown(found), end="")
    else:
        show(found)
    return int(exit_code and found.differs)


def show(found: Difference) -> None:
    """The versions, the summary, then each section with its table or lines."""
    from rich.markup import escape

    from spinecode.cli.render import console
    from spinecode.difference_formats import version_rows
    from spinecode.difference_outline import outline, summary

    _show_table(version_rows(found))
    console.print()
    console.print(escape(" ".join(summary(found))))
    for section in outline(found):
        _show_section(section)


def _show_section(section: Section) -> None:
    from rich.markup import escape

    from spinecode.cli.render import console

    style = "bold" if section.level == 1 else "cyan"
    if section.level == 1:
        console.print()
    console.print(f"[{style}]{escape(section.title)}[/]")
    if section.rows:
        _show_table(section.rows)
    for line in section.lines:
        _show_line(line, 1)


def _show_table(rows: tuple[tuple[str, ...], ...]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from spinecode.cli.render import console

    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in rows[0]:
        shown.add_column(name, overflow="fold")
    for first, *cells in rows[1:]:
        shown.add_row(f"[bold]{escape(first)}[/]", *map(escape, cells))
    console.print(shown)


def _show_line(line: Line, depth: int) -> None:
    """A line, wrapped below its own beginning, and the lines below it."""
    import textwrap

    from rich.text import Text

    from spinecode.cli.render import console

    indent = "  " * depth
    told = ": ".join(filter(None, (line.head, line.text)))
    wrapped = textwrap.wrap(
        told,
        console.width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    for number, row in enumerate(wrapped):
        text = Text(row)
        if number == 0 and depth == 1:
            text.stylize("bold", 0, len(indent) + len(line.head))
        console.print(text, soft_wrap=True)
    for below in line.below:
        _show_line(below, depth + 1)
