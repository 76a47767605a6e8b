"""Extension packs: a folder made from the template, whole or not at all, and a file made from a table in it."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, Triple

from spinecode import vocabulary as v
from spinecode.errors import InputError
from spinecode.files import is_pack, turtle_files
from spinecode.graph import Graph, parse_file
from spinecode.vocabulary import term

TEMPLATE: Final = Path(__file__).resolve().parent / "pack_template"
#: Where a pack says what it is; the part of the template that every pack needs.
HEADER: Final = Path("ontology", "header.ttl")
#: The names of files and words in them that stand for the name of a pack, its codes, its namespace and the day.
_NAME, _CODE, _NAMESPACE, _ONTOLOGY, _CREATED = "PACKNAME", "PACKCODE", "NAMESPACE", "ONTOLOGYIRI", "CREATED"
_RULE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Pack:
    """What a pack says of itself in its header: the prefix and the namespace of its terms, its scheme of codes."""

    prefix: str
    namespace: str
    scheme: str | None = None


def check_name(name: str) -> str:
    """A name that a pack can have. Raises InputError with the rule."""
    if not _RULE.fullmatch(name) or len(name) > _LONGEST:
        message = (
            f"{name!r} cannot name a pack: it takes small letters (a to z), digits and single hyphens, begins with a "
        )
        raise InputError.of(f"{message}letter and has at most {_LONGEST} characters, such as my-codes.", value=name)
    if name in v.PREFIXES:
        message = f"{name!r} cannot name a pack: it is the prefix of {v.PREFIXES[name]} already."
        raise InputError.of(message, value=name)
    return name


def check_namespace(namespace: str) -> str:
    """A namespace that terms can have. Raises InputError when it is no web address that ends in / or #."""
    try:
        NamedNode(namespace)
    except ValueError:
        sound = False
    else:
        sound = bool(re.fullmatch(r"https?://[^/?#\s]+/([^?#\s]*/)?([^?#\s]*#)?", namespace))
    if not sound or namespace == v.SPINE:
        message = (
            f"{namespace!r} cannot be the namespace of a pack: it is a web address of your own that ends in / or #."
        )
        raise InputError.of(message, value=namespace)
    return namespace


def make_pack(name: str, into: Path, namespace: str | None = None, only: Iterable[Path] | None = None) -> Path:
    """Make the folder of a new pack from the template, and give its path.

    ``only`` are the files of the template that are wanted, by default all. Raises InputError for a name or namespace
    that will not do, and where the folder is there already; nothing is left behind then.
    """
    check_name(name)
    space = check_namespace(namespace or f"https://example.org/{name}/")
    target = into / name
    if target.exists() or target.is_symlink():
        raise InputError.of("This is there already; nothing was written.", file=str(target))
    words = {_NAME: name, _CODE: name.upper(), _NAMESPACE: space, _ONTOLOGY: space.rstrip("#")}
    words[_CREATED] = date.today().isoformat()
    pattern = re.compile("|".join(words))
    files = sorted(file.relative_to(TEMPLATE) for file in TEMPLATE.rglob("*") if file.is_file())
    into.mkdir(parents=True, exist_ok=True)
    waiting = Path(tempfile.mkdtemp(dir=into, prefix=f".{name}-"))
    try:
        for file in files if only is None else only:
            text = pattern.sub(lambda found: words[found[0]], (TEMPLATE / file).read_text(encoding="utf-8"))
            place = waiting / pattern.sub(lambda found: words[found[0]], str(file))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="\n")
        waiting.chmod(0o777 & ~_umask())
        _take_place(waiting, target)
    except BaseException:
        shutil.rmtree(waiting, ignore_errors=True)
        raise
    return target


def _umask() -> int:
    """The mask of the rights that new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _take_place(waiting: Path, target: Path) -> None:
    """Give a folder its name, unless something has that name by now."""
    try:
        waiting.rename(target)  # an empty folder would be replaced, one with files in it never
    except OSError:
        raise InputError.of("This is there already; nothing was written.", file=str(target)) from None


def pack_of(folder: Path) -> Pack:
    """What the header of a pack says.

    Raises InputError where no file of its ontology has a header with a prefix and a namespace, OntologyError for broken
    syntax.
    """
    quads = [quad for file in turtle_files([folder / "ontology"]) for quad in parse_file(file)]
    graph = Graph.of(quads)
    for header in graph.instances(term("owl:Ontology")):
        namespace = graph.text(header, term("vann:preferredNamespaceUri"))
        prefix = graph.text(header, term("vann:preferredNamespacePrefix"))
        if namespace and prefix:
            schemes = _typed(quads, term("skos:ConceptScheme"))
            return Pack(prefix, check_namespace(namespace), schemes[0] if len(schemes) == 1 else None)
    message = "The pack does not say what its prefix and its namespace are (vann:preferredNamespacePrefix, "
    message += "vann:preferredNamespaceUri of an owl:Ontology in its ontology/)."
    raise InputError.of(f"{message} Give the namespace with --namespace.", file=str(folder))


#: How a file begins that was made from a table, and may be made again.
MARK: Final = "# Made from a table by `spinecode import`"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the statements of a table go: a pack, and a file in it named after the table; no file for the screen."""

    pack: Pack
    table: str
    folder: Path | None = None
    file: Path | None = None

    @classmethod
    def of(cls, table: Path, into: Path | None = None, namespace: str | None = None) -> Target:
        """The target for a table. A pack that is not there yet is one to be made.

        Raises InputError for a folder that is no pack, and for a file that was not made from a table.
        """
        stem = re.sub(r"[^a-z0-9]+", "-", table.stem.casefold()).strip("-") or "table"
        if into is None:
            prefix = stem if stem not in v.PREFIXES and _RULE.fullmatch(stem) else "pack"
            return cls(Pack(prefix, check_namespace(namespace or f"https://example.org/{stem}/")), table.name)
        file = into / HEADER.parent / f"{stem}.ttl"
        if not into.exists():
            name = check_name(into.resolve().name)
            space = check_namespace(namespace or f"https://example.org/{name}/")
            return cls(Pack(name, space, f"{space}Scheme"), table.name, into, file)
        if not is_pack(into):
            message = "This is no pack: it has none of its folders. Make one with `spinecode new pack NAME`."
            raise InputError.of(message, file=str(into))
        if file.exists() and not file.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            message = "This was not made from a table, and is not written over. Give the table another name."
            raise InputError.of(message, file=str(file))
        try:
            pack = pack_of(into)
        except InputError:
            if namespace is None:
                raise
            pack = Pack("pack", check_namespace(namespace))
        else:
            pack = dataclasses.replace(pack, namespace=check_namespace(namespace or pack.namespace))
        return cls(pack, table.name, into, file)

    def turtle(self, triples: Iterable[Triple]) -> str:
        """The statements in Turtle, with a line that says where they come from."""
        from spinecode.writing import turtle

        text = turtle(triples, v.PREFIXES | {self.pack.prefix: self.pack.namespace}).decode()
        table = " ".join(self.table.split())
        return f"{MARK}: {table}.\n# Change the table and import it again, not this file.\n{text}"

    def write(self, text: str) -> list[Path]:
        """Write the file, whole or not at all, into the pack, which is made where it is not there; what was written."""
        assert self.folder is not None
        assert self.file is not None
        made = not self.folder.exists()
        if made:
            name = self.folder.resolve().name
            make_pack(name, self.folder.resolve().parent, self.pack.namespace, [HEADER])
        self.file.parent.mkdir(exist_ok=True)
        waiting = self.file.with_name(f".{self.file.name}.part")
        try:
            waiting.write_text(text, encoding="utf-8", newline="\n")
            waiting.replace(self.file)
        except OSError:
            waiting.unlink(missing_ok=True)
            raise
        return [*([self.folder / HEADER] if made else []), self.file]


def _typed(quads: Iterable[Quad], kind: NamedNode) -> list[str]:
    found = {quad.subject for quad in quads if quad.predicate == v.TYPE and quad.object == kind}
    return sorted(node.value for node in found if isinstance(node, NamedNode))
