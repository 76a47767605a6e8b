"""JSON as it is read everywhere: strictly, and with a clear word on what is wrong and where."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from spinecode.errors import InputError
from spinecode.text_places import piece_at

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
#: Lists and objects are not nested deeper: no description needs it, and what reads them next may be recursive.
_DEPTH: Final = 64


def read_json(content: bytes, line: int = 1) -> Any:
    """The JSON in a document, without names that stand twice and without halves of characters.

    ``line`` is that of the first line of the content. Raises InputError, with line and column where they are known.
    """
    try:
        text = content.decode("utf-8-sig")
        if _SURROGATE.search(text):
            # a pair of surrogates is one character, half a pair is none
            json.dumps(json.loads(text), ensure_ascii=False).encode()
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
        _check_depth(found)
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg}."
        piece = piece_at(error.doc, error.lineno, error.colno)
        raise InputError.of(message, line=error.lineno + line - 1, column=error.colno, value=piece) from None
    except UnicodeDecodeError as error:
        raise InputError.of(f"This is not JSON: byte {error.start} is not UTF-8.") from None
    except UnicodeEncodeError:
        raise InputError.of(
            "The JSON has half a character: a surrogate (\\ud800 to \\udfff) without its other half."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise InputError.of("The JSON has a number that is too long to be read.") from None
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError.of(f"The name {twice!r} stands twice in one object. Put the values in a list.", axis=twice)
    return found


def _no_number(name: str) -> Any:
    raise InputError.of(f"This is not JSON: {name} is no number there.")


def _check_depth(found: Any) -> None:
    level = [found]
    for _ in range(_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> InputError:
    return InputError.of("This JSON is nested too deeply to be a description.")
