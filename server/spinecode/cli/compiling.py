"""``spinecode compile OUT``: the compiled rules as a file for other programs and for databases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spinecode.cli.axes import knowledge_of
from spinecode.cli.coding import columns_of, missing
from spinecode.errors import InputError

if TYPE_CHECKING:
    from spinecode.coding.sql_select import Claims
    from spinecode.index import RuleIndex


@click.command(name="compile", epilog="Example: spinecode compile rules.sql --table claims")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["json", "arrow", "sql"]), help="Else by the ending of the name.")
@click.option("--table", metavar="NAME", help="SQL: the table of claims, by default claims.")
@click.option("--check", is_flag=True, help="SQL: say too whether the reported codes are right.")
@click.option("--columns", type=click.Path(path_type=Path), metavar="FILE", help="SQL: JSON, the axis of each column.")
@click.option("--date", "today", metavar="DATE", help="SQL: of rows without a date; else the day of the query.")
@click.option("--prefix", metavar="TEXT", help="SQL: before the names of the columns that are added.")
@click.option("--view", metavar="NAME", help="SQL: end with a view of this name, not with the SELECT alone.")
@click.option("--force", is_flag=True, help="Replace the output.")
@click.pass_context
def compile_(
    ctx: click.Context,
    output: Path,
    form: str | None,
    table: str | None,
    check: bool,
    columns: Path | None,
    today: str | None,
    prefix: str | None,
    view: str | None,
    force: bool,
) -> int:
    """Write the compiled rules as JSON or Arrow, or as SQL that codes a table.

    The file has the version of the ontology and a hash of its files in it, and the same ontology gives the same bytes.
    SQL is a script: the tables of the rules, and one SELECT that codes a table of claims, whose columns are named as
    the axes and date, or as --columns says. With --check its column code (or others that --columns names) has the
    reported codes, and the SELECT tells whether they are right, which do not fit and which are missing. The output -
    is standard output.
    """
    from spinecode.coding.compiled import compiled_rules
    from spinecode.coding.compiled_files import arrow_file, format_of_name, json_file, sql_file, write_new

    printed = str(output) == "-"
    if printed and form is None:
        raise InputError.of("Standard output has no ending that tells the format; give --format.")
    form = form or format_of_name(output)
    given: dict[str, object] = {"--table": table, "--columns": columns, "--date": today, "--prefix": prefix}
    given |= {"--view": view, "--check": check or None}
    if form != "sql" and (useless := [name for name, value in given.items() if value is not None]):
        raise InputError.of(f"{useless[0]} is for SQL, and the output is {form}.")
    knowledge = knowledge_of(ctx)
    compiled = compiled_rules(knowledge)
    if form == "json":
        content = json_file(compiled)
    elif form == "arrow":
        try:
            content = arrow_file(compiled)
        except ModuleNotFoundError as error:
            raise missing(error) from None
    else:
        content = sql_file(compiled, _claims(knowledge.index, table, columns, today, prefix, view, check))
    if printed:
        sys.stdout.buffer.write(content)
        return 0
    write_new(output, content, force=force)
    if not output.is_file():
        return 0  # a pipe may be our standard output
    counted = f"{len(compiled['definitions'])} definitions of {len(compiled['codes'])} codes"
    print(f"wrote {output}: version {compiled['ontology']['version']}, {counted}")
    return 0


def _claims(
    index: RuleIndex,
    table: str | None,
    columns: Path | None,
    today: str | None,
    prefix: str | None,
    view: str | None,
    check: bool,
) -> Claims:
    from spinecode.coding.sql_select import Claims, claims_columns
    from spinecode.description import parse_date

    if today is not None:
        today = parse_date(today)
        if today < index.rules.covers_from:
            told = f"The ontology answers for dates of service from {index.rules.covers_from} on."
            raise InputError.of(told, axis="date", value=today)
    for name, value in (("--table", table), ("--view", view)):
        if value is not None and not value.strip(". "):
            raise InputError.of(f"{name} needs a name.")
    named = claims_columns(index, columns_of(columns)) if columns is not None else None
    return Claims(table or "claims", named, today, prefix or "", view, check)
