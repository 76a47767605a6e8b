"""The limits of the server, from arguments or from the environment."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass

from spinecode.errors import InputError

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in bytes, times in seconds. Each is also read from ``SPINECODE_`` and its name in capitals.

    ``query_length_limit`` is in characters, ``row_limit`` in rows; ``query_processes`` is how many queries run at once
    in each worker, ``query_waiting`` how many more may wait, ``query_memory_limit`` what each process may take.
    """

    body_limit: int = _MEBIBYTE
    query_time_limit: float = 10.0
    query_length_limit: int = 64 * 1024
    query_processes: int = 2
    query_waiting: int = 16
    query_memory_limit: int = 1024 * _MEBIBYTE
    result_limit: int = 32 * _MEBIBYTE
    row_limit: int = 100_000
    cache_limit: int = 16 * _MEBIBYTE


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"SPINECODE_{name.upper()}"


def settings_from(given: dict[str, float | None]) -> Settings:
    """The settings: those given, else those of the environment, else the defaults.

    Raises InputError for a name that is no setting and for a value that is no number above zero.
    """
    known = {field.name: field for field in dataclasses.fields(Settings)}
    for name in given:
        if name not in known:
            raise InputError.of(f"There is no setting {name!r}. The settings are {', '.join(known)}.", value=name)
    found: dict[str, float] = {}
    for name in known:
        raw: object = given.get(name)
        if raw is None:
            raw = os.environ.get(variable(name))
        if raw is None or raw == "":
            continue
        kind = float if isinstance(getattr(Settings(), name), float) else int
        try:
            value = kind(str(raw))
        except ValueError:
            value = 0
        if value <= 0:
            raise InputError.of(f"{variable(name)} has to be a number above zero, not {raw!r}.", value=str(raw))
        found[name] = value
    return dataclasses.replace(Settings(), **found)  # type: ignore[arg-type]  # the kinds were made above
