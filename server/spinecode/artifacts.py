"""How reports for continuous integration name files, and which texts XML can hold."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

#: The address of the schema of SARIF.
SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
#: The characters that XML 1.0 cannot hold.
_NO_XML: Final = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def artifact(file: str) -> dict[str, str]:
    """A file below the working folder relative to it, as code hosts want it; any other by its full address."""
    path = Path(os.path.abspath(file))  # noqa: PTH100  # links stay as they were named
    if path.is_relative_to(Path.cwd()):
        return {"uri": path.as_uri().removeprefix(root()), "uriBaseId": "ROOT"}
    return {"uri": path.as_uri()}


def root() -> str:
    """The address of the working folder."""
    return Path.cwd().as_uri().rstrip("/") + "/"


def shown(file: str) -> str:
    """A file as a person names it: below the working folder relative to it."""
    path = Path(os.path.abspath(file))  # noqa: PTH100
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else file


def xml_text(text: str) -> str:
    """A text without what XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)
