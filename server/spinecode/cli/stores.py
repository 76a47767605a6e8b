"""The command that gives the graphs to a store of one's own, and what serving tells of one."""

from __future__ import annotations

import os
from pathlib import Path

import click

from spinecode.cli.axes import knowledge_of
from spinecode.errors import InputError, SpinecodeError


@click.command(epilog="Example: spinecode push http://127.0.0.1:7878/query")
@click.argument("url", envvar="SPINECODE_STORE")
@click.option(
    "--data",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="RDF to give beside the ontology. Repeatable.",
)
@click.option("--graph-store", metavar="URL", help="Where the store takes graphs, if its address does not tell.")
@click.option("--update", metavar="URL", help="Where the store takes SPARQL updates, to be used instead.")
@click.option(
    "--default-graph",
    metavar="IRI",
    help="The graph of the store that stands for the default graph; its own is then left alone.",
)
@click.option("--replace", is_flag=True, help="Replace a default graph that holds something else.")
@click.option(
    "--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for each request."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def push(
    ctx: click.Context,
    url: str,
    data: tuple[Path, ...],
    graph_store: str | None,
    update: str | None,
    default_graph: str | None,
    replace: bool,
    timeout: float,
    form: str,
) -> int:
    """Give a triplestore the graphs, for spinecode serve --store.

    URL is where the store answers SPARQL queries. Each graph takes the place of what the store had under its name; what
    an earlier push put there and is no more is deleted. The user and password are taken from the URL or from
    SPINECODE_STORE_USER and SPINECODE_STORE_PASSWORD, a token from SPINECODE_STORE_TOKEN.
    """
    from spinecode.cli import render
    from spinecode.dataset import Dataset
    from spinecode.push import Push, Step
    from spinecode.store_client import address_from

    if graph_store and update:
        raise InputError.of("Give either --graph-store or --update, not both.")
    address = address_from(url, default_graph=checked_graph(default_graph))
    dataset = Dataset(knowledge_of(ctx, data))
    graphs, updates = (address_from(text, path="/").url if text else None for text in (graph_store, update))
    started = Push(dataset, address, graphs, updates, timeout)

    def tell(step: Step) -> None:
        if form == "text":
            name = step.graph or "(default graph)"
            click.echo(f"{step.done:<8}{step.size:>7}  {name}")

    try:
        steps = started.run(replace, tell)
    finally:
        started.close()
    version = started.version
    if form == "json":
        told = [{"done": step.done, "graph": step.graph, "statements": step.size} for step in steps]
        render.print_json({"store": address.url, "version": version.release, "digest": version.digest, "steps": told})
    else:
        click.echo(f"The store holds version {version.release} ({version.digest[:12]}).")
    return 0


def checked_graph(iri: str | None) -> str | None:
    """The IRI of a graph. Raises InputError for what is none."""
    from pyoxigraph import NamedNode

    try:
        return None if iri is None else NamedNode(iri).value
    except ValueError as error:
        raise InputError.of(f"--default-graph is an IRI: {error}.", value=iri) from None


def use_store(url: str, default_graph: str | None, knowledge: object) -> None:
    """Have the workers answer queries from a store, and tell on standard error when it cannot be used yet."""
    from spinecode.knowledge import Knowledge
    from spinecode.remote import StoreRunner
    from spinecode.store_client import DEFAULT_GRAPH_VARIABLE, STORE_VARIABLE, address_from

    assert isinstance(knowledge, Knowledge)
    address = address_from(url, default_graph=checked_graph(default_graph))
    # the one way that reaches the workers however they are started
    os.environ[STORE_VARIABLE] = url
    if address.default_graph is not None:
        os.environ[DEFAULT_GRAPH_VARIABLE] = address.default_graph
    try:
        StoreRunner(knowledge, address).check(f"The store at {address.url}")
    except SpinecodeError as error:
        click.echo(f"spinecode: {error} Until then queries are answered with an error.", err=True)
