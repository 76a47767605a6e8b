"""Our JSON-LD context: the names of axes and of their values, as JSON by axis names has them.

It is made of the rules, so that it has what packs add. Wherever its address stands as a context, it is put in the place
of the address; no other address is followed, and nothing is ever fetched.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from spinecode import vocabulary as v
from spinecode.description import CODE, DATE
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.json_reading import read_json

#: Its name below our namespace, where the server answers for it.
NAME: Final = "context.jsonld"
ADDRESS: Final = v.SPINE + NAME
_CONTEXT: Final = "@context"
_IMPORT: Final = "@import"
_VOCAB: Final = "@vocab"
#: How often the address may stand in a document, since each time becomes the whole context.
_USES: Final = 100
_ADDRESSES: Final = (ADDRESS, ADDRESS.replace("https:", "http:", 1))


@lru_cache(maxsize=8)
def context_of(index: RuleIndex) -> dict[str, Any]:
    """The context for what an index knows.

    A name that is not known becomes a term of ours that does not exist, so that validation tells of it instead of
    losing it.
    """
    found: dict[str, Any] = {
        "@version": 1.1,
        _VOCAB: v.SPINE,
        "spine": v.SPINE,
        "cpt": v.CPT,
        "xsd": v.PREFIXES["xsd"],
        "id": "@id",
        "type": "@type",
    }
    for axis in index.asked_axes:
        names = {index.values[number].name: {"@id": index.values[number].iri} for number in axis.values}
        found[axis.name] = {"@id": axis.property, "@type": _VOCAB, _CONTEXT: names}
    found[DATE] = {"@id": v.DATE_OF_SERVICE.value, "@type": v.PREFIXES["xsd"] + "date"}
    found[CODE] = {"@id": v.REPORTED_CODE.value, "@type": _VOCAB, _CONTEXT: {_VOCAB: v.CPT}}
    return found


def context_document(index: RuleIndex) -> dict[str, Any]:
    """The document that the address of the context leads to."""
    return {_CONTEXT: context_of(index)}


def with_our_context(index: RuleIndex, content: bytes) -> bytes:
    """A JSON-LD document with our context in the place of its address.

    A document without it is given back as it came. Raises InputError for what is no JSON and for a context, or an
    import into one, that would have to be fetched.
    """
    document = read_json(content)
    if not _put(document, context_of(index)):
        return content
    return json.dumps(document, ensure_ascii=False).encode()


def _put(document: Any, context: dict[str, Any]) -> bool:
    """Put the context in the place of its address everywhere; whether it was somewhere."""
    uses = 0
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            if _IMPORT in one:
                raise _refused(one[_IMPORT])
            if _CONTEXT in one:
                given = one[_CONTEXT]
                parts = given if isinstance(given, list) else [given]
                local = [_resolved(part, context) for part in parts]
                if local != parts:
                    one[_CONTEXT] = local if isinstance(given, list) else local[0]
                    uses += sum(part is context for part in local)
                    if uses > _USES:
                        told = f"The address of our context stands more than {_USES} times."
                        raise InputError.of(f"{told} Put it once, around an @graph of all descriptions.")
                # what was put there needs no second look
                waiting += [part for part in parts if isinstance(part, dict)]
            waiting += [value for key, value in one.items() if key != _CONTEXT]
    return uses > 0


def _resolved(part: Any, context: dict[str, Any]) -> Any:
    if not isinstance(part, str):
        return part
    if part.strip() in _ADDRESSES:
        return context
    raise _refused(part)


def _refused(address: Any) -> InputError:
    told = f"A JSON-LD context is not fetched from elsewhere: put {str(address)[:200]!r} into the document, "
    return InputError.of(f"{told}or use ours, {ADDRESS}.", value=str(address)[:200])
