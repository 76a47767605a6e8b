"""``spinecode new pack``, ``import`` and ``export``: packs of one's own, from a template or from a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spinecode.cli.axes import knowledge_of
from spinecode.files import folders_beside, turtle_files
from spinecode.graph import ENGLISH, read_content
from spinecode.knowledge import Knowledge

if TYPE_CHECKING:
    from spinecode.importing import Imported


@click.group()
def new() -> None:
    """Make something to begin with."""


@new.command(epilog="Example: spinecode new pack my-codes")
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path), default=Path(), help="Where to make its folder; else here.")
@click.option("--namespace", metavar="IRI", help="Of its terms, ending in / or #; else one below example.org.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def pack(name: str, into: Path, namespace: str | None, form: str) -> int:
    """Make the folder of an extension pack that works at once.

    NAME is in small letters, digits and hyphens; it becomes the folder and the prefix of the terms.
    """
    from spinecode.cli import render
    from spinecode.pack import make_pack

    made = make_pack(name, into, namespace)
    if form == "json":
        render.print_json({"pack": str(made), "files": sorted(str(f) for f in made.rglob("*") if f.is_file())})
        return 0
    print(f"{made} is a pack. Try it, then change it; {made / 'README.md'} says how:")
    print(f"  spinecode check {made}")
    print(f"  spinecode --pack {made} validate {made / 'cases'}")
    return 0


@click.command("import", epilog="Example: spinecode import codes.csv --into my-codes")
@click.argument("table", required=False, type=click.Path(path_type=Path))
@click.option("--into", type=click.Path(path_type=Path), help="The pack to write it into; a new one is made.")
@click.option("--namespace", metavar="IRI", help="Of the new terms; else that of the pack.")
@click.option("--separator", type=click.Choice(["comma", "semicolon", "tab"]), help="Between cells; else found out.")
@click.option("--columns", is_flag=True, help="List the columns that a table can have.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def import_(
    ctx: click.Context,
    table: Path | None,
    into: Path | None,
    namespace: str | None,
    separator: str | None,
    columns: bool,
    form: str,
) -> int:
    """Turn a table of codes by axes (CSV) into Turtle, on the screen or into a pack.

    The first row has the names of the columns, each further row is a rule. In the column of an axis stands what the
    rule takes: a value, a class of values, several with | between them, or nothing where it does not ask. All that is
    wrong is told at once, with row and column, and then nothing is written. The table - is standard input.
    """
    from spinecode.cli import render
    from spinecode.errors import InputError
    from spinecode.importing import explained_columns
    from spinecode.tables import SEPARATORS

    if columns:
        knowledge = knowledge_of(ctx, language=ENGLISH)
        known = explained_columns(knowledge.graph, knowledge.index)
        rows = [{"column": column.name, "what it says": told} for column, told in known]
        if form == "json":
            render.print_json(rows)
        else:
            render.show_rows(["column", "what it says"], rows)
        return 0
    if table is None:
        raise InputError.of("Name a table, such as codes.csv; --columns lists the columns that it can have.")
    parting = SEPARATORS[separator] if separator else None
    imported, written = _import(ctx, table, into, namespace, parting)
    if form == "json":
        render.print_json(imported.to_json() | {"written": [str(file) for file in written]})
    elif into is not None:
        _tell(imported, written, into)
    return 0


def _import(
    ctx: click.Context, table: Path, into: Path | None, namespace: str | None, separator: str | None
) -> tuple[Imported, list[Path]]:
    """Read the table beside what is there already, then write it into the pack, or print it where there is none."""
    from spinecode.importing import import_table
    from spinecode.pack import Target

    content = sys.stdin.buffer.read() if str(table) == "-" else read_content(table)
    target = Target.of(table, into, namespace)
    named = ctx.find_root().params
    packs = (*(named.get("pack") or ()), *([into] if into is not None and into.exists() else []))
    beside = folders_beside(named.get("ontology") or (), packs=packs)
    # what an earlier import wrote is not there yet, as it were
    files = [file for file in turtle_files(beside.ontology) if target.file is None or not _same(file, target.file)]
    knowledge = Knowledge(files)
    imported = import_table(content, str(table), knowledge.graph, knowledge.index, target.pack, separator)
    turtle = target.turtle(imported.triples)
    if into is None:
        if ctx.params["form"] == "text":
            sys.stdout.write(turtle)
        return imported, []
    return imported, target.write(turtle)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _tell(imported: Imported, written: list[Path], into: Path) -> None:
    """What the table brought, and what to do next."""
    for file in written:
        print(f"wrote {file}")
    if imported.rules:
        print(f"{_count(len(imported.codes), 'new code')}, {_count(imported.rules, 'rule')}")
    if imported.told:
        print(f"more is said of {', '.join(imported.told)}")
    for what, names in (("family", imported.families), ("source", imported.sources)):
        for name in names:
            print(f"new {what}: {name}")
    print(f"next: spinecode check {into}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@click.command(epilog="Example: spinecode export CODE > codes.csv")
@click.argument("names", metavar="[FAMILY|CODE]...", nargs=-1)
@click.option("--format", "form", type=click.Choice(["csv", "tsv", "json"]), default="csv", show_default=True)
@click.pass_context
def export(ctx: click.Context, names: tuple[str, ...], form: str) -> int:
    """Write codes and their rules as a table, for spinecode import; all of them, or those of families or codes.

    What has no place in a table is told on stderr.
    """
    from spinecode.cli import render
    from spinecode.exporting import chosen_codes, export_table
    from spinecode.tables import write_table

    knowledge = knowledge_of(ctx, language=ENGLISH)
    codes = chosen_codes(knowledge.index, knowledge.graph, names)
    found = export_table(knowledge.graph, knowledge.index, knowledge.ontology.stated(), codes)
    if form == "json":
        render.print_json([dict(zip(found.headings, row, strict=True)) for row in found.rows])
    else:
        sys.stdout.write(write_table(found.headings, found.rows, "," if form == "csv" else "\t"))
    for text in found.unsaid:
        click.echo(f"spinecode: not in the table: {text}", err=True)
    return 0
