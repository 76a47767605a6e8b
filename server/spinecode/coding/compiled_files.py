"""Compiled rules as files: JSON, Arrow and SQL, the same bytes for the same ontology."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from spinecode.coding.sql_select import Claims, quoted, select_statement
from spinecode.coding.sql_tables import check_feasible, table_script
from spinecode.errors import InputError, OutputError

#: The formats, by the endings of names.
FORMATS: Final = {".json": "json", ".arrow": "arrow", ".sql": "sql"}


def format_of_name(path: Path) -> str:
    """The format by the ending of a name. Raises InputError where it tells none."""
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        told = f"The ending of the name does not tell the format. Known are {', '.join(FORMATS)}; or give --format."
        raise InputError.of(told, file=str(path))
    return found


def json_file(compiled: Mapping[str, Any]) -> bytes:
    """The rules as JSON, an entry a line."""

    def written(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    members = []
    for name, value in compiled.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            listed = ",\n".join("    " + written(item) for item in value)
            members.append(f"  {written(name)}: [\n{listed}\n  ]")
        else:
            members.append(f"  {written(name)}: {written(value)}")
    return ("{\n" + ",\n".join(members) + "\n}\n").encode()


def arrow_file(compiled: Mapping[str, Any]) -> bytes:
    """The rules as an Arrow file: one row, whose columns are the members of the JSON.

    Raises ModuleNotFoundError where pyarrow is not installed.
    """
    import pyarrow as pa

    text, number, flag = pa.string(), pa.int32(), pa.bool_()
    numbers, texts = pa.list_(number), pa.list_(text)

    def several(**fields: Any) -> Any:
        return pa.list_(pa.struct(list(fields.items())))

    requires = several(axis=text, accepts=numbers, may_accept=numbers)
    ontology = pa.struct([(name, text) for name in compiled["ontology"]])
    kinds: dict[str, Any] = {
        "format": text,
        "format_version": number,
        "ontology": ontology,
        "beside": pa.struct([(name, text) for name in compiled["beside"]]),
        "dashes": text,
        "axes": several(name=text, label=text, question=text, repeatable=flag, derived_from=text, counts=flag),
        "values": several(
            id=number, axis=text, name=text, label=text, names=texts, kind=number, position=number, narrower=numbers,
            implies=numbers, presumes=numbers, conflicts=numbers, excludes=numbers, counted_in=text, concluded=flag,
            when_some=numbers, when_none=numbers, modifiers=texts,
        ),
        "ordinals": numbers,
        "definitions": pa.list_(
            pa.struct([("code", text), ("from", text), ("until", text), ("requires", requires)])
        ),
        "codes": several(code=text, label=text, names=texts, family=text, max_units=number, modifiers=texts),
        "constraints": several(conditions=pa.list_(numbers), forbids=numbers),
    }  # fmt: skip
    told = {"format": compiled["format"], "format_version": compiled["format_version"], **compiled["ontology"]}
    schema = pa.schema(list(kinds.items()), metadata={name: str(value) for name, value in told.items()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_table(pa.Table.from_pylist([dict(compiled)], schema=schema))
    found: bytes = sink.getvalue().to_pybytes()
    return found


def sql_file(compiled: Mapping[str, Any], claims: Claims) -> bytes:
    """The rules as a script of SQL: the tables, then the SELECT that codes a table of claims, or a view of it.

    Raises InputError for rules that SQL cannot say, and for columns that tell of no axis.
    """
    check_feasible(compiled)
    select = select_statement(compiled, claims)
    ontology = compiled["ontology"]
    lines = [
        f"-- Compiled rules of {ontology['iri']} {ontology['version']}, sha256 {ontology['sha256']}.",
        "-- docs/compiled.md tells what is in the tables, and what the SELECT at the end does and does not do.",
        "",
        *table_script(compiled),
        "",
    ]
    if claims.view is not None:
        lines += [f"DROP VIEW IF EXISTS {quoted(claims.view)};", f"CREATE VIEW {quoted(claims.view)} AS"]
    return "\n".join([*lines, select + ";", ""]).encode()


def write_new(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all. Raises OutputError where that cannot be, or it is there already."""
    if path.is_dir():
        raise OutputError.of("The output is a folder; give the name of a file.", file=str(path))
    if path.is_file() and not force:
        raise OutputError.of("The output exists already. Give another name, or --force to replace it.", file=str(path))
    if not path.parent.is_dir():
        raise OutputError.of("There is no such folder.", file=str(path.parent))
    target = path.resolve()  # a link stays one
    name = None
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # a pipe or a device is never replaced by a file
            return
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{path.name}.", delete=False) as file:
            name = file.name
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except OSError as error:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        told = error.strerror or "the system does not say why"
        raise OutputError.of(f"The output cannot be written: {told}.", file=str(path)) from None


def _umask() -> int:
    # it can only be read by setting it
    mask = os.umask(0)
    os.umask(mask)
    return mask
