"""Where the ontology, the shapes and the queries are: in the wheel, or in a checkout of the project."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from spinecode.errors import OntologyError

Kind = Literal["ontology", "shapes", "queries"]

#: Further folders of Turtle files to load beside the ontology, separated as in PATH.
ONTOLOGY_VARIABLE = "SPINECODE_ONTOLOGY"
#: Files of RDF to be queried beside the ontology, separated as in PATH.
DATA_VARIABLE = "SPINECODE_DATA"


def data_folder(kind: Kind) -> Path:
    """The folder of the project's own ontology, shapes or queries."""
    package = Path(__file__).resolve().parent
    for folder in (package / "data" / kind, package.parent.parent / kind):
        if folder.is_dir():
            return folder
    raise OntologyError.of(f"The installation is incomplete: it has no folder {kind!r}. Install spinecode again.")


def ontology_folders(extra: Iterable[Path | str] = ()) -> tuple[Path, ...]:
    """The folders whose Turtle files make up the ontology: ours, those of the environment, those given.

    Raises OntologyError when a folder does not exist.
    """
    named = [Path(name) for name in os.environ.get(ONTOLOGY_VARIABLE, "").split(os.pathsep) if name]
    folders = [data_folder("ontology"), *named, *(Path(name) for name in extra)]
    for folder in folders:
        if not folder.exists():
            raise OntologyError.of("There is no such folder or file of ontology files.", file=str(folder))
    return tuple(folders)


def data_files(extra: Iterable[Path | str] = ()) -> tuple[Path, ...]:
    """The files of RDF to be queried beside the ontology: those of the environment, and those given."""
    named = [name for name in os.environ.get(DATA_VARIABLE, "").split(os.pathsep) if name]
    return tuple(dict.fromkeys(Path(name) for name in (*named, *extra)))


def turtle_files(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Every Turtle file in the folders, however deep, in a fixed order; a folder may be a single file."""
    found: list[Path] = []
    for folder in folders:
        found += [folder] if folder.is_file() else sorted(file for file in folder.rglob("*.ttl") if file.is_file())
    return tuple(found)


#: The file, in a folder of shapes, whose shapes speak of ontology files; all others speak of descriptions.
ONTOLOGY_SHAPES = "ontology.ttl"


def shape_files(folders: Iterable[Path], about: Literal["description", "ontology"]) -> tuple[Path, ...]:
    """The files of shapes for descriptions, or for ontology files, without the samples that lie beside them."""
    files = [file for file in turtle_files(folders) if file.parent.name != "examples"]
    return tuple(file for file in files if (file.name == ONTOLOGY_SHAPES) == (about == "ontology"))


def digest(files: Iterable[Path], *salt: str) -> str:
    """A SHA-256 over the contents of files, in order, and what else the result depends on."""
    total = hashlib.sha256("\0".join(salt).encode())
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise OntologyError.of(f"The file cannot be read: {error.strerror or error}.", file=str(file)) from None
        total.update(f"\0{file.name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()
