"""``/static``: style sheets, scripts, the icon and what others made (``vendor/``), read once."""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request, url_for

from spinecode.errors import UnknownNameError
from spinecode.web.negotiation import Representation
from spinecode.web.replies import reply

blueprint = Blueprint("assets", __name__)

#: The parameter that makes the address of a file change with its content.
VERSION = "v"
#: What a machine's own table of media types may tell otherwise; a script of another type is not run.
_KINDS: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}


@lru_cache(maxsize=1)
def _files() -> dict[str, tuple[bytes, str]]:
    """The files by name: their content, and a tag of it."""
    folder = Path(__file__).with_name("static")
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    contents = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    return {name: (content, blake2b(content, digest_size=6).hexdigest()) for name, content in contents.items()}


def asset_url(name: str) -> str:
    """The address of a file, which changes with its content."""
    return f"{url_for('assets.asset', name=name)}?{VERSION}={_files()[name][1]}"


@blueprint.get("/static/<path:name>")
def asset(name: str) -> Response:
    """Give a file; at the address of its content it never changes. Raises UnknownNameError where there is none."""
    if name not in _files():
        raise UnknownNameError.of(f"There is no file {name!r}.", value=name)
    content, tag = _files()[name]
    kind = _KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = reply(content, Representation(name, kind))
    if request.args.get(VERSION) == tag:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
