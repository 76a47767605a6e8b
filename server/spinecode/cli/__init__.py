"""The command line: ``spinecode select | differ | validate | query | serve | push | check | diff | new | import ...``.

Exit status: 0 all well; 1 the answer is a no; 2 the input could not be used, with a line on stderr that says why.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import click

from spinecode.cli.axes import AxisCommand, beside_options, given_facts, knowledge_of
from spinecode.cli.checking import check
from spinecode.cli.coding import code
from spinecode.cli.compiling import compile_
from spinecode.cli.diffing import diff
from spinecode.cli.packs import export, import_, new
from spinecode.cli.queries import QueryName, query_text
from spinecode.cli.releasing import release
from spinecode.cli.stores import push, use_store
from spinecode.cli.validating import validate
from spinecode.errors import InputError, SpinecodeError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="spinecode", message="%(prog)s %(version)s")
@beside_options
def cli(**beside: Any) -> None:
    """Which procedure code does a spinal injection imply, why, and how do the codes differ?"""


#: RDF of the user's own, for the commands that query.
DATA_OPTION = click.option(
    "--data",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="RDF to query beside the ontology. Repeatable.",
)


def _example(command: str) -> str:
    return f"Example: {command}"


@cli.command(cls=AxisCommand, epilog=_example("spinecode select shapes/examples"))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--text", metavar="WORDS", help="The injection in your words; options take the place of what they say.")
@click.pass_context
def select(ctx: click.Context, /, files: tuple[Path, ...], form: str, text: str | None, **axes: Any) -> int:
    """Which codes does a description imply, or what has to be asked next?

    Give the facts as options, in words with --text, or as files of RDF, JSON or FHIR; a folder stands for its files.
    JSON for several descriptions is a list.
    """
    from spinecode.answers import reading_json, selection_json
    from spinecode.cli import render
    from spinecode.description import from_mapping
    from spinecode.documents import document_files, naming, read_document, told_beside
    from spinecode.free_text import read_text
    from spinecode.selection import select as select_codes

    knowledge = knowledge_of(ctx)
    index = knowledge.index
    facts = given_facts(axes)
    if files and (facts or text is not None):
        raise InputError.of("Give the facts either as options or as files, not both.")
    reading = read_text(index, text) if text is not None else None
    if reading is not None:
        facts = {**reading.given, **facts}
    if files:
        documents = [read_document(path, index) for path in document_files(files)]
        found = [(document.name, d, told) for document in documents for d, told in document.descriptions(knowledge)]
    else:
        if not facts and reading is None:
            raise InputError.of("Give a file, or facts as options; spinecode select --help lists them.")
        found = [("", from_mapping(index, facts), ())]
    selections = []
    notes: list[tuple[str, ...]] = []
    for name, description, told in found:
        with naming(name or None):
            selections.append((name, select_codes(index, description)))
        notes.append(told)
    if form == "json":
        answers = [
            told_beside(selection_json(index, selection), told)
            for (_, selection), told in zip(selections, notes, strict=True)
        ]
        if reading is not None:
            answers[0]["reading"] = reading_json(reading)
        render.print_json(answers[0] if len(answers) == 1 else answers)
    else:
        if reading is not None:
            render.show_reading(reading)
        for (name, selection), told in zip(selections, notes, strict=True):
            render.show_selection(index, selection, name)
            render.show_notes(told)
    return int(any(selection.status == "no-code" for _, selection in selections))


@cli.command(epilog=_example("spinecode differ CODE CODE"))
@click.argument("codes", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def differ(ctx: click.Context, codes: tuple[str, ...], form: str) -> int:
    """How do two or more codes differ?"""
    from spinecode.answers import comparison_json
    from spinecode.cli import render
    from spinecode.comparison import compare

    index = knowledge_of(ctx).index
    comparison = compare(index, codes)
    if form == "json":
        render.print_json(comparison_json(index, comparison))
    else:
        render.show_comparison(index, comparison)
    return 0


@cli.command(epilog=_example("spinecode query requirements --format csv"))
@click.argument("query", type=QueryName(), default="")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A value for a parameter. Repeatable.")
@click.option("--list", "listing", is_flag=True, help="List the catalogue, as does no query at all.")
@click.option("--describe", is_flag=True, help="Tell what the query takes and gives instead of running it.")
@DATA_OPTION
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "xml", "csv", "tsv", "turtle", "ntriples", "jsonld", "rdfxml"]),
    default=None,
    help="For tables: table (default), json, xml, csv, tsv. For graphs: turtle (default), ntriples, jsonld, rdfxml.",
)
@click.pass_context
def query(
    ctx: click.Context,
    query: str,
    params: tuple[str, ...],
    listing: bool,
    describe: bool,
    data: tuple[Path, ...],
    form: str | None,
) -> int:
    """Run a SPARQL query: a name from the catalogue, a file, or - for standard input.

    It runs over the closed ontology and the other graphs of the endpoint. The parameters of a query of the catalogue
    have kinds, which --describe tells; elsewhere a value of --param is an IRI (<...> or a prefixed name), a date
    (YYYY-MM-DD), or else a text.
    """
    from spinecode.cli import render
    from spinecode.cli.queries import show_catalogue, show_query, table_of, term_of, values_of
    from spinecode.dataset import Dataset
    from spinecode.documents import naming
    from spinecode.parameters import bindings_of
    from spinecode.sparql import GRAPH_FORMATS, TABLE_FORMATS, evaluate

    if listing or not query:
        if query or params or describe:
            raise InputError.of("Give the name of a query without --list; spinecode query lists them all.")
        show_catalogue(knowledge_of(ctx).queries, form)
        return 0
    knowledge = knowledge_of(ctx, data)
    text, catalogued = query_text(query, lambda: knowledge.queries)
    if describe:
        if catalogued is None:
            raise InputError.of("--describe tells of the queries of the catalogue; spinecode query lists them.")
        show_query(catalogued, form)
        return 0
    given = values_of(params)
    if catalogued is not None:
        bindings = bindings_of(catalogued, given, knowledge.index)
    else:
        bindings = {name: term_of(value) for name, value in given.items()}
    store = Dataset(knowledge).store
    table_format = form if form in TABLE_FORMATS else "json"
    graph_format = form if form in GRAPH_FORMATS else "turtle"
    with naming("standard input" if query == "-" else query):
        answer = evaluate(store, text, table_format, graph_format, bindings)
    fits = form is None or (form in GRAPH_FORMATS) == (answer.kind == "graph")
    if not fits:
        raise InputError.of(f"The query gives a {answer.kind}, which has no format {form!r}.")
    if answer.kind == "table" and form in (None, "table"):
        names, found = table_of(answer.content)
        render.show_rows(names, found)
    else:
        sys.stdout.write(answer.content.decode())
        if not answer.content.endswith(b"\n"):
            sys.stdout.write("\n")
    return 0


@cli.command(epilog=_example("spinecode serve --port 8080"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@DATA_OPTION
@click.option("--store", metavar="URL", envvar="SPINECODE_STORE", help="A triplestore that answers the queries.")
@click.option(
    "--default-graph",
    metavar="IRI",
    envvar="SPINECODE_STORE_DEFAULT_GRAPH",
    help="The graph of the store that stands for the default graph.",
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Of the line that says it is ready."
)
@click.pass_context
def serve(
    ctx: click.Context,
    host: str,
    port: int,
    data: tuple[Path, ...],
    store: str | None,
    default_graph: str | None,
    workers: int,
    form: str,
) -> int:
    """Serve the web pages, the JSON interface and the SPARQL endpoint.

    With --store the endpoint is a front end to a triplestore that holds the graphs; spinecode push gives them to it.
    """
    from spinecode.web.server import serve as run

    knowledge = knowledge_of(ctx, data)
    if data:
        len(knowledge.graph)  # faults in the data show before anything is started
    if store:
        use_store(store, default_graph, knowledge)
    run(knowledge, host=host, port=port, workers=workers, form=form)
    return 0


@cli.command(epilog=_example("spinecode completion bash >> ~/.bashrc"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    print(found(cli, {}, "spinecode", "_SPINECODE_COMPLETE").source())
    return 0


cli.add_command(validate)
cli.add_command(check)
cli.add_command(code)
cli.add_command(compile_)
cli.add_command(push)
cli.add_command(diff)
cli.add_command(release)
cli.add_command(new)
cli.add_command(import_)
cli.add_command(export)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its status."""
    logging.basicConfig(level=logging.WARNING, format="spinecode: %(message)s", stream=sys.stderr)
    logging.getLogger("spinecode.graph").setLevel(logging.INFO)
    try:
        status = cli.main(arguments, prog_name="spinecode", standalone_mode=False)
    except click.exceptions.Abort:
        status = 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        status = 2
    except click.ClickException as error:
        click.echo(f"spinecode: {' '.join(error.format_message().split())}", err=True)
        status = 2
    except SpinecodeError as error:
        for fault in error.faults:
            click.echo(f"spinecode: {fault}", err=True)
        status = 2
    except BrokenPipeError:
        # whoever read our output has seen enough
        sys.stderr.close()
        status = 0
    except OSError as error:
        click.echo(f"spinecode: {error.filename or 'The output'}: {error.strerror or error}", err=True)
        status = 2
    sys.exit(status if isinstance(status, int) else 0)
