"""A request for each operation of the API document, made of the examples in it, as curl and as Python."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

Json = dict[str, Any]

_JSON: Final = "application/json"
_PAGE: Final = "text/html"


@dataclass(frozen=True, slots=True)
class Request:
    """A request: ``parameters`` are those of the address, ``accept`` a media type that the answer is wanted in."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    accept: str
    content_type: str | None = None
    body: str | None = None

    def curl(self, server: str) -> str:
        """The command that sends it to a server."""
        parts = ["curl", "-s"]
        if self.accept:
            parts += ["-H", shlex.quote(f"Accept: {self.accept}")]
        if self.body is not None:
            parts += ["-H", shlex.quote(f"Content-Type: {self.content_type}")]
            parts += ["--data-binary", shlex.quote(self.body)]
        query = f"?{urlencode(self.parameters)}" if self.parameters else ""
        return " ".join([*parts, shlex.quote(f"{server}{self.path}{query}")])

    def python(self, server: str) -> str:
        """The lines that send it to a server and print the answer; they need ``requests``."""
        headers = {"Accept": self.accept} if self.accept else {}
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        lines = ["import requests", "", f"answer = requests.{self.method}(", f"    {_text(server + self.path)},"]
        if self.parameters:
            told = ", ".join(f"({_text(name)}, {_text(value)})" for name, value in self.parameters)
            lines.append(f"    params=[{told}],")
        if headers:
            lines.append(f"    headers={{{', '.join(f'{_text(k)}: {_text(h)}' for k, h in headers.items())}}},")
        if self.body is not None:
            lines.append(f"    data={_body(self.body)},")
        lines += ["    timeout=30,", ")", "answer.raise_for_status()"]
        return "\n".join([*lines, "print(answer.json())" if self.accept.endswith("json") else "print(answer.text)"])


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _body(text: str) -> str:
    plain = "\n" in text and '"""' not in text and "\\" not in text and not text.endswith('"')
    return f'"""{text}""".encode()' if plain else f"{_text(text)}.encode()"


@dataclass(frozen=True, slots=True)
class Told:
    """An operation of the document as its page shows it; ``request`` is None where there is nothing to try it with."""

    path: str
    method: str
    operation: Json
    request: Request | None


def example_of(path: str, method: str, operation: Json) -> Request | None:
    """The request that the examples of an operation make; None where something that is needed has no example."""
    parameters: list[tuple[str, str]] = []
    for one in operation.get("parameters", ()):
        example = one.get("example")
        if example is None and one.get("required"):
            example = next(iter(one["schema"].get("examples", ())), None)
            if example is None:
                return None
        if example is None:
            continue
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", quote(example))
        elif isinstance(example, dict):
            parameters += example.items()
        else:
            values = example if isinstance(example, list) else [example]
            parameters += [(one["name"], str(value)) for value in values]
    kind, body = _example_body(operation.get("requestBody", {}).get("content", {}))
    if kind is None and "requestBody" in operation:
        return None
    success: Json = operation["responses"].get("200", {})
    kinds = [one for one in success.get("content", {}) if one != _PAGE]
    accept = _JSON if _JSON in kinds else next(iter(kinds), "")
    return Request(method, path, tuple(parameters), accept, kind, body)


def _example_body(content: Json) -> tuple[str | None, str | None]:
    """The first media type that has an example, and that."""
    for kind, told in content.items():
        found = [told["example"]] if "example" in told else [one["value"] for one in told.get("examples", {}).values()]
        if found:
            body = found[0]
            return kind, body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
    return None, None
