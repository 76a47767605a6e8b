"""Where the ontology, the shapes and the queries are: in the wheel, or in a checkout of the project."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from spinecode.errors import OntologyError

Kind = Literal["ontology", "shapes", "queries"]
KINDS: Final[tuple[Kind, ...]] = ("ontology", "shapes", "queries")
_TOLD: Final = {"ontology": "ontology files", "shapes": "shapes", "queries": "queries"}

#: Further folders of Turtle files to load beside the ontology, separated as in PATH; the same for shapes and queries.
ONTOLOGY_VARIABLE = "SPINECODE_ONTOLOGY"
SHAPES_VARIABLE = "SPINECODE_SHAPES"
QUERIES_VARIABLE = "SPINECODE_QUERIES"
#: Folders with the three kinds in them, separated as in PATH.
PACKS_VARIABLE = "SPINECODE_PACKS"
#: Files of RDF to be queried beside the ontology, separated as in PATH.
DATA_VARIABLE = "SPINECODE_DATA"


def data_folder(kind: Kind) -> Path:
    """The folder of the project's own ontology, shapes or queries."""
    package = Path(__file__).resolve().parent
    for folder in (package / "data" / kind, package.parent.parent / kind):
        if folder.is_dir():
            return folder
    raise OntologyError.of(f"The installation is incomplete: it has no folder {kind!r}. Install spinecode again.")


def named_in(variable: str) -> tuple[Path, ...]:
    """The paths that an environment variable names."""
    return tuple(Path(name) for name in os.environ.get(variable, "").split(os.pathsep) if name)


def is_pack(folder: Path) -> bool:
    """Whether a folder is an extension pack: it has a folder of ontology, of shapes or of queries in it."""
    return any((folder / kind).is_dir() for kind in KINDS)


def part_of(folder: Path, kind: Kind) -> Path:
    """The folder of one kind in a pack; any other folder, or a file, is what it is.

    Raises OntologyError when it does not exist, or is a pack without that kind.
    """
    if not folder.exists():
        raise OntologyError.of(f"There is no such folder or file of {_TOLD[kind]}.", file=str(folder))
    if not is_pack(folder):
        return folder
    if not (folder / kind).is_dir():
        raise OntologyError.of(f"This is a pack without a folder {kind!r}.", file=str(folder))
    return folder / kind


def ontology_folders(extra: Iterable[Path | str] = ()) -> tuple[Path, ...]:
    """The folders whose Turtle files make up the ontology: ours, those of the environment, those given.

    Of a pack it is the folder of its ontology. Raises OntologyError when a folder does not exist.
    """
    return _beside("ontology", named_in(PACKS_VARIABLE), (*named_in(ONTOLOGY_VARIABLE), *map(Path, extra)))


def _beside(kind: Kind, packs: Iterable[Path], further: Iterable[Path]) -> tuple[Path, ...]:
    """Our folder of a kind, those of packs, and further ones, each once."""
    found = [data_folder(kind)]
    for pack in packs:
        if not pack.is_dir():
            raise OntologyError.of("There is no such folder.", file=str(pack))
        if not is_pack(pack):
            wanted = ", ".join(f"{name}/" for name in KINDS)
            message = f"This is no pack: it has none of the folders {wanted}. Load a folder of Turtle with --ontology."
            raise OntologyError.of(message, file=str(pack))
        if (pack / kind).is_dir():
            found.append(pack / kind)
    found += [part_of(folder, kind) for folder in further]
    once: dict[Path, Path] = {}
    for folder in found:
        once.setdefault(folder.resolve(), folder)
    return tuple(once.values())


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders (or files) of ontology, shapes and queries that are loaded together, ours first.

    ``packs`` are the packs that some of them belong to.
    """

    ontology: tuple[Path, ...]
    shapes: tuple[Path, ...]
    queries: tuple[Path, ...]
    packs: tuple[Path, ...] = ()

    def further(self, kind: Kind) -> tuple[Path, ...]:
        """Those that are not ours."""
        own = data_folder(kind)
        found: tuple[Path, ...] = getattr(self, kind)
        return tuple(folder for folder in found if folder != own)


def folders_beside(
    ontology: Iterable[Path | str] = (),
    shapes: Iterable[Path | str] = (),
    queries: Iterable[Path | str] = (),
    packs: Iterable[Path | str] = (),
) -> Folders:
    """Our folders, those of the environment, and those given, by kind; a pack has all three.

    Raises OntologyError when a folder does not exist, or a pack is none.
    """
    all_packs = (*named_in(PACKS_VARIABLE), *map(Path, packs))
    return Folders(
        _beside("ontology", all_packs, (*named_in(ONTOLOGY_VARIABLE), *map(Path, ontology))),
        _beside("shapes", all_packs, (*named_in(SHAPES_VARIABLE), *map(Path, shapes))),
        _beside("queries", all_packs, (*named_in(QUERIES_VARIABLE), *map(Path, queries))),
        all_packs,
    )


def data_files(extra: Iterable[Path | str] = ()) -> tuple[Path, ...]:
    """The files of RDF to be queried beside the ontology: those of the environment, and those given."""
    return tuple(dict.fromkeys((*named_in(DATA_VARIABLE), *map(Path, extra))))


def turtle_files(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Every Turtle file in the folders, however deep, in a fixed order; a folder may be a single file."""
    return _files_below(folders, ".ttl")


def query_files(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Every file of a SPARQL query in the folders, however deep, in a fixed order; a folder may be a single file."""
    return _files_below(folders, ".rq")


def _files_below(folders: Iterable[Path], ending: str) -> tuple[Path, ...]:
    """Files with an ending, each once even where one folder lies in another."""
    found: dict[Path, Path] = {}
    for folder in folders:
        inside = [folder] if folder.is_file() else sorted(f for f in folder.rglob(f"*{ending}") if f.is_file())
        for file in inside:
            found.setdefault(file.resolve(), file)
    return tuple(found.values())


def strays(packs: Iterable[Path]) -> tuple[Path, ...]:
    """The files of Turtle and queries that lie in a pack beside its folders, where nothing reads them."""
    return tuple(f for pack in packs for f in sorted(pack.iterdir()) if f.is_file() and f.suffix in (".ttl", ".rq"))


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
