"""``/shapes``: the shapes of descriptions, for people and for anyone's SHACL engine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from pyoxigraph import NamedNode, RdfFormat

from spinecode import vocabulary as v
from spinecode.errors import Fault, UnknownNameError
from spinecode.files import shape_files
from spinecode.graph import parse_rdf
from spinecode.knowledge import Knowledge
from spinecode.report import Report
from spinecode.shape_catalogue import CataloguedShape, is_json, shape_catalogue, shape_graph, shape_named
from spinecode.validation import validate_mapping, validate_rdf
from spinecode.web.negotiation import HTML, JSON, RDF, TURTLE, chosen
from spinecode.web.replies import json_reply, page, rdf_reply, reply
from spinecode.web.site import site

blueprint = Blueprint("shapes", __name__)


@blueprint.get("/shapes")
def list_shapes() -> Response:
    """Every shape with what it asks; in RDF all that an engine needs to run them."""
    wanted = chosen(JSON, HTML, *RDF)
    knowledge = site().knowledge
    if wanted in RDF:
        return rdf_reply((quad.triple for quad in knowledge.description_shapes), wanted)
    shapes = _catalogue(knowledge)
    files = [file.name for file in _files(knowledge)]
    if wanted is JSON:
        told = [_json(shape) for shape in shapes]
        return json_reply(
            {"shapes": told, "files": [url_for(".one_file", name=Path(name).stem) for name in files]}, JSON
        )
    groups: dict[str, list[CataloguedShape]] = {}
    for shape in shapes:
        groups.setdefault(shape.file, []).append(shape)
    heads = {file.name: _head(file) for file in _files(knowledge)}
    return page(render_template("shapes.html", groups=groups, heads=heads, files=files, number=len(shapes)))


@blueprint.get("/shapes/<name>.ttl")
def one_file(name: str) -> Response:
    """A file of shapes as it is written."""
    chosen(TURTLE)
    for file in _files(site().knowledge):
        if file.stem == name:
            return reply(file.read_bytes(), TURTLE)
    names = tuple(file.name for file in _files(site().knowledge))
    message = f"There is no file of shapes {name + '.ttl'!r}. The files are {', '.join(names)}."
    raise UnknownNameError((Fault(message, value=name),))


@blueprint.get("/shapes/<name>")
def one_shape(name: str) -> Response:
    """One shape: what it asks, why, and what passes and fails it, with what is found of that."""
    knowledge = site().knowledge
    shape = shape_named(knowledge, name)
    wanted = chosen(JSON, HTML, *RDF)
    if wanted is JSON:
        return json_reply(_json(shape), JSON)
    if wanted is HTML:
        examples = [
            ("passes", shape.passing, is_json(shape.passing), example_report(knowledge, shape.passing)),
            ("fails", shape.failing, is_json(shape.failing), example_report(knowledge, shape.failing)),
        ]
        return page(render_template("shape.html", shape=shape, examples=examples))
    return rdf_reply(shape_graph(knowledge.description_shapes, NamedNode(shape.iri)), wanted)


@lru_cache(maxsize=4)
def _catalogue(knowledge: Knowledge) -> tuple[CataloguedShape, ...]:
    return shape_catalogue(knowledge)


def shape_names(knowledge: Knowledge) -> list[str]:
    """The names of the shapes, for the document of the API."""
    return [shape.name for shape in _catalogue(knowledge)]


def file_names(knowledge: Knowledge) -> list[str]:
    """The names of the files of shapes, without their ending."""
    return [file.stem for file in _files(knowledge)]


def _files(knowledge: Knowledge) -> tuple[Path, ...]:
    return shape_files(knowledge.folders.shapes, "description")


def _head(file: Path) -> str:
    """The comment that a file opens with, as a sentence or two."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#") or line.strip() == "#":
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def _json(shape: CataloguedShape) -> dict[str, Any]:
    return shape.to_json() | {"url": url_for(".one_shape", name=shape.name)}


def example_report(knowledge: Knowledge, example: str) -> Report | None:
    """What is found of an example; None where a shape has none."""
    import json

    if not example:
        return None
    if is_json(example):
        return validate_mapping(knowledge, json.loads(example))
    return validate_rdf(knowledge, list(parse_rdf(example.encode(), RdfFormat.TURTLE)))


def shape_url(iri: str) -> str | None:
    """The page of a shape with an IRI of ours, for links from reports."""
    name = iri.removeprefix(f"{v.SPINE}shape/")
    return url_for("shapes.one_shape", name=name) if name != iri else None
