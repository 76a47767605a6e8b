"""A release: the files of one version, and a folder that holds all of them or is not there.

The same ontology gives the same bytes, so that anybody can make a release again and compare.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, RdfFormat, parse

from spinecode import publication as p
from spinecode import writing
from spinecode.errors import InputError, OntologyError
from spinecode.files import data_folder, shape_files
from spinecode.graph import format_of, parse_file
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import PREFIXES, SPINE

#: The file of checksums, in the form that ``sha256sum --check`` reads.
SUMS: Final = "SHA256SUMS"
_SHAPE_PREFIXES: Final = PREFIXES | {"shape": SPINE + "shape/"}
_WRITERS: Final = {"ttl": writing.turtle, "owl": writing.rdfxml, "jsonld": writing.jsonld}


def own_knowledge() -> Knowledge:
    """The project's own ontology, shapes and queries, without anything that may be loaded beside them."""
    return Knowledge([data_folder("ontology")])


class Release:
    """The files of one version, each made when it is asked for. Raises OntologyError as ``publication`` does."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.publication = p.publication(knowledge)
        self._makers: dict[str, Callable[[], bytes]] = {
            one.name: partial(self._dataset, one) for one in p.DISTRIBUTIONS
        }
        self._makers["shapes.ttl"] = lambda: writing.turtle(knowledge.description_shapes, _SHAPE_PREFIXES)
        self._makers["shapes-ontology.ttl"] = self._ontology_shapes
        self._described = tuple(self._makers)
        self._makers[p.DESCRIPTION_FILE] = self._description
        self._made: dict[str, bytes] = {}

    @property
    def name(self) -> str:
        """The name of the folder."""
        return f"spinecode-{self.publication.version}"

    def file(self, name: str) -> bytes | None:
        """One file of RDF by its name, None where there is none."""
        maker = self._makers.get(name)
        if maker is None:
            return None
        if name not in self._made:
            self._made[name] = maker()
        return self._made[name]

    def files(self) -> dict[str, bytes]:
        """The files by their paths: the datasets, their description, shapes, queries and a note to the reader.

        Raises OntologyError when a file would not hold what it is to hold.
        """
        found = {name: self.file(name) or b"" for name in self._makers}
        for one in p.DISTRIBUTIONS:
            self._prove(one, found[one.name])
        for query in self.knowledge.queries.values():
            found[f"queries/{query.name}.rq"] = query.text.encode()
        found["README.txt"] = _readme(self.publication, self.name).encode()
        return found

    def _description(self) -> bytes:
        """The description, with the sizes and checksums of the files."""
        facts = {}
        for name in self._described:
            content = self.file(name) or b""
            facts[name] = p.FileFacts(len(content), hashlib.sha256(content).hexdigest())
        return writing.turtle(p.described(self.publication, files=facts), p.PREFIXES)

    @cached_property
    def _closed(self) -> list[Quad]:
        return list(parse(self.knowledge.ontology.closure(), format=RdfFormat.N_TRIPLES))

    def _statements(self, closed: bool) -> list[Quad]:
        return self._closed if closed else self.knowledge.ontology.stated()

    def _dataset(self, one: p.Distribution) -> bytes:
        return _WRITERS[one.name.rpartition(".")[2]](self._statements(one.closed))

    def _ontology_shapes(self) -> bytes:
        files = shape_files(self.knowledge.folders.shapes, "ontology")
        return writing.turtle((quad for file in files for quad in parse_file(file)), _SHAPE_PREFIXES)

    def _prove(self, one: p.Distribution, content: bytes) -> None:
        syntax = format_of(Path(one.name))
        assert syntax is not None
        read = writing.canonical(parse(content, format=syntax))
        if read != writing.canonical(self._statements(one.closed)):
            message = f"{one.shown} cannot hold what the ontology says: read again, it is not the same."
            raise OntologyError.of(message, file=one.name)


def sealed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with the checksums of them all."""
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return {**files, SUMS: "".join(lines).encode()}


def write(folder: Path, name: str, files: Mapping[str, bytes]) -> bool:
    """Write files to a new folder ``name`` in ``folder``, whole or not at all; False when they are there already.

    Raises InputError when something else is there, which is never overwritten.
    """
    target = folder / name
    if target.exists():
        _compare(target, files)
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder, prefix=f".{name}."))
    except OSError as error:
        raise InputError.of(f"The folder cannot be made: {error.strerror or error}.", file=str(folder)) from None
    try:
        for path, content in files.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        made.chmod(0o777 & ~_umask())
        made.rename(target)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        if target.exists():  # another run was faster
            _compare(target, files)
            return False
        raise InputError.of(f"The release cannot be written: {error.strerror or error}.", file=str(target)) from None
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return True


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _compare(target: Path, files: Mapping[str, bytes]) -> None:
    """Raise InputError for the first file of an existing release that is not as it would be written."""
    advice = "A release is not changed: raise the version, or remove the folder if it was never published."
    if not target.is_dir():
        raise InputError.of("This is a file, where the folder of the release would be.", file=str(target))
    there = {file.relative_to(target).as_posix(): file for file in target.rglob("*") if file.is_file()}
    for name in sorted(there.keys() | files.keys()):
        if name not in files:
            raise InputError.of(f"This file is in the folder and not in the release. {advice}", file=str(there[name]))
        if name not in there:
            raise InputError.of(f"This file of the release is not in the folder. {advice}", file=str(target / name))
        if there[name].read_bytes() != files[name]:
            raise InputError.of(f"This file is not as it would be written now. {advice}", file=str(there[name]))


def _readme(found: p.Publication, name: str) -> str:
    rows = [(one.name, f"{one.shown}, {found.counts(one.closed).triples} statements") for one in p.DISTRIBUTIONS]
    rows += [
        ("shapes.ttl", "SHACL shapes of a description"),
        ("shapes-ontology.ttl", "SHACL shapes of ontology files"),
        ("queries/", "the catalogue of SPARQL queries, a question a file"),
        (p.DESCRIPTION_FILE, "this release described in VoID and DCAT"),
        ("docs/", "every term as a page; open docs/index.html"),
        (SUMS, f"checksums; check them with: sha256sum --check {SUMS}"),
    ]
    listed = "\n".join(f"  {file:<24} {told}" for file, told in rows)
    return f"""{name}
{found.text("dcterms:title")}

Version   {found.version}, issued {found.text("dcterms:issued")}, {found.iri}
Licence   {found.text("dcterms:license")}
Cite as   {found.text("dcterms:bibliographicCitation")}

{listed}

The files named "closed" hold all that follows from the others by OWL 2 RL too, so that a store without a reasoner
answers as one with it.

{found.text("dcterms:rights")}
"""
