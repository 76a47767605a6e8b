"""The one SELECT that codes a table of claims by the tables of compiled rules (``sql_tables``); its text is a template.

It goes from what is written, each text once, to the kinds of values; from the rows to their distinct combinations of
kinds, which are few whatever the number of rows; works out each of these once; and joins the answers to the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from spinecode.coding.sql_tables import Facts, literal, words_for
from spinecode.description import CODE, DATE
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.spelling import fold

#: What marks off the values of a list, after those in the text were doubled; no name has them.
_OPEN: Final = "["
_CLOSE: Final = "]"
#: The two digits of years that four divides.
_FOURS: Final = tuple(f"{n:02}" for n in range(0, 100, 4))


@dataclass(frozen=True)
class Claims:
    """How a table of claims is called, and how the answer is to be.

    ``columns`` has the columns of each axis (and of the date) that the table has, None where all are called as their
    axes. ``today`` (ISO 8601) is the day of rows without a date, else that on which the query runs; ``prefix`` stands
    before the names of the added columns; ``view`` names a view to make of the SELECT. ``check`` asks whether the
    reported codes are right.
    """

    table: str = "claims"
    columns: Mapping[str, Sequence[str]] | None = None
    today: str | None = None
    prefix: str = ""
    view: str | None = None
    check: bool = False


def claims_columns(index: RuleIndex, axes: Mapping[str, str]) -> dict[str, list[str]]:
    """The columns of each axis, of the date and of the reported codes, from the axis of each column.

    Raises InputError for an unknown axis, and for several columns of what takes one value.
    """
    known = {fold(name): name for name in (*(axis.name for axis in index.asked_axes), DATE, CODE)}
    found: dict[str, list[str]] = {}
    for column, given in axes.items():
        axis = known.get(fold(given))
        if axis is None:
            message = f"There is no axis {given!r} for the column {column!r}. The axes are {', '.join(known.values())}."
            raise InputError.of(message, axis=given)
        found.setdefault(axis, []).append(column)
    for axis, columns in found.items():
        if len(columns) > 1 and axis != CODE and (axis == DATE or not index.axes[axis].repeatable):
            message = f"The columns {' and '.join(columns)} both stand for {axis}, which takes one."
            raise InputError.of(message, axis=axis)
    if not set(found) - {DATE, CODE}:
        raise InputError.of(f"No column tells of an axis. The axes are {', '.join(known.values())}.")
    return found


def quoted(name: str) -> str:
    """A name of a table or column, between double quotes; the parts of one with dots each by itself."""
    return '"' + name.replace('"', '""') + '"'


def table_name(name: str) -> str:
    """The name of a table, which may have a schema before it."""
    return ".".join(quoted(part) for part in name.split("."))


def folded(text: str, dashes: str) -> str:
    """A text in the form in which names are compared, as far as SQL can say it."""
    found = f"LOWER(TRIM({text}))"
    for dash in dashes:
        found = f"REPLACE({found}, '{dash}', '-')"
    found = f"REPLACE({found}, '_', ' ')"
    for run in ("    ", "  ", "  "):
        found = f"REPLACE({found}, '{run}', ' ')"
    for mark in "-/":
        found = f"REPLACE(REPLACE({found}, ' {mark}', '{mark}'), '{mark} ', '{mark}')"
    return found


def select_statement(compiled: Mapping[str, Any], claims: Claims) -> str:
    """The SELECT, without a semicolon.

    Raises InputError for names that it cannot tell from the marks in lists, and where no column has the reported codes
    that are to be checked.
    """
    facts = Facts(compiled)
    date = compiled["beside"]["date"]
    asked = [axis["name"] for axis in facts.asked]
    code = compiled["beside"]["code"]
    named = {name: [name] for name in (*asked, date, code)} if claims.columns is None else claims.columns
    if claims.check and code not in named:
        raise InputError.of(f"No column has the reported codes to check. Name one with --columns: {code!r}.", axis=code)
    columns = {name: _column(named[name], 40 if name == date else None) for name in (*asked, date) if name in named}
    for name in (name for value in facts.values for name in value["names"]):
        if _OPEN in name or _CLOSE in name:
            raise InputError.of(f"SQL cannot tell the name {name!r} in lists: leave {_OPEN} and {_CLOSE} out of it.")
    single = [axis for axis in facts.single if axis in columns]
    several = [axis for axis in facts.several if axis in columns]
    counted = facts.counted if facts.counted in columns else None
    lists = [*several, *([counted] if counted else [])]
    parts, name = _list_parts(facts, lists)
    key = _key(facts, single, several, counted, dated=date in columns)
    modified = {value["axis"] for value in facts.values if value["modifiers"]}
    own = [f"COALESCE(x{n}.own_#, 0)" for n, _ in enumerate(single)] + [f"k.s{n}_#" for n, _ in enumerate(several)]
    environment = Environment(  # noqa: S701  # what it writes is no page
        loader=PackageLoader("spinecode.coding", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "literal": literal,
        "listed": lambda items: ", ".join(map(literal, items)) or "''",
        "folded": lambda text: folded(text, compiled["dashes"]),
        "added": lambda added: quoted(claims.prefix + added),
    }
    written = environment.get_template("select.sql.j2").render(
        words=facts.words,
        table=table_name(claims.table),
        columns=columns,
        date=date,
        dated=date in columns,
        single=single,
        several=several,
        counted=counted,
        lists=lists,
        list_parts=parts,
        list_name=name,
        today=literal(claims.today) if claims.today else "CAST(CURRENT_DATE AS VARCHAR(10))",
        fours=_FOURS,
        key=key,
        understood=_understood(key),
        unread=_unread(columns, single, several, counted, date) | ({code: "q.own_0 = -1"} if claims.check else {}),
        check=claims.check,
        reported=_column(named[code], 4000) if claims.check else None,
        code_words=words_for(compiled["codes"]),
        first=facts.first_place(),
        stated=" + ".join(own) or "0",
        constraints=[
            [facts.bits(values) for values in (*constraint["conditions"], constraint["forbids"])]
            for constraint in compiled["constraints"]
        ],
        ordinals=len(compiled["ordinals"]),
        width=max(4000, sum(len(code["code"]) + 1 for code in compiled["codes"])),  # some engines cut off the rest
        modifying=[n for n, axis in enumerate(single) if axis in modified],
    )
    return "\n".join(line for line in written.splitlines() if line.strip())


def _column(names: Sequence[str], width: int | None) -> str:
    """The columns of an axis in the claims as one text, several columns as one list.

    With a ``width`` (characters) what is no text, such as a day or a number, is made one.
    """
    columns = [f"c.{quoted(name)}" for name in names]
    if width is not None:
        columns = [f"CAST({name} AS VARCHAR({width}))" for name in columns]
    return columns[0] if len(columns) == 1 else " || ';' || ".join(f"COALESCE({name}, '')" for name in columns)


def _list_parts(facts: Facts, axes: Sequence[str]) -> tuple[str, str]:
    """How a list is written with marks around its values, and how a name is compared with what stands in it."""
    between = f"{_CLOSE}{_OPEN}"
    parts = f"REPLACE(REPLACE(f.folded, '{_OPEN}', '{_OPEN}{_OPEN}'), '|', ';')"
    parts = f"REPLACE(REPLACE({parts}, ' ;', ';'), '; ', ';')"
    marked = f"'{_OPEN}' || REPLACE({parts}, ';', '{between}') || '{_CLOSE}'"
    # a comma that belongs to a name does not part it
    kept = sorted({n for value in facts.values if value["axis"] in axes for n in value["names"] if "," in n})
    for whole in kept:
        told = f"{_OPEN}{whole}{_CLOSE}"
        marked = f"REPLACE({marked}, {literal(told)}, {literal(told.replace(',', _OPEN))})"
    marked = f"REPLACE(REPLACE(REPLACE({marked}, ' ,', ','), ', ', ','), ',', '{between}')"
    return marked, f"REPLACE(n.name, ',', '{_OPEN}')" if kept else "n.name"


def _key(
    facts: Facts, single: Sequence[str], several: Sequence[str], counted: str | None, *, dated: bool
) -> dict[str, str]:
    """What the answer of a row depends on: columns with how they are found."""
    found = {f"k{n}": f"COALESCE(x{n}.fact, 0)" for n, _ in enumerate(single)}
    for n, _ in enumerate(several):
        found |= {f"s{n}_{word}": f"COALESCE(y{n}.own_{word}, 0)" for word in range(facts.words)}
    if counted:
        found["spelled"] = "COALESCE(z.spelled, '')"
    found["era"] = "COALESCE(d.era, t.era)" if dated else "t.era"
    return found


def _understood(key: Mapping[str, str]) -> str:
    # of sets the first word tells
    telling = [name for name in key if name != "spelled" and (name[0] != "s" or name.endswith("_0"))]
    return " AND ".join([f"r.{name} >= 0" for name in telling] + ["r.spelled <> '?'"] * ("spelled" in key))


def _unread(
    columns: Mapping[str, str], single: Sequence[str], several: Sequence[str], counted: str | None, date: str
) -> dict[str, str]:
    """For each axis, the condition that its cell is not understood."""
    found = {axis: f"x{n}.fact = -1" for n, axis in enumerate(single)}
    found |= {axis: f"y{n}.own_0 = -1" for n, axis in enumerate(several)}
    if counted:
        found[counted] = "z.spelled = '?'"
    found[date] = "d.era = -1"
    return {axis: found[axis] for axis in columns}
