"""The shortest way for the commonest request, a query by GET: past the framework, which takes longer than the query."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from werkzeug.wsgi import FileWrapper

from spinecode.errors import SpinecodeError
from spinecode.sparql import Answer
from spinecode.web.keeping import Kept, key_of, matches
from spinecode.web.replies import ALWAYS, ANSWERED, MAY_BE_KEPT, PART, tag_of
from spinecode.web.site import Site
from spinecode.web.sparql import FAILED, changes, wanted_by

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ROUTE: Final = "/sparql"
_ONLY: Final = "query="


class QuickQueries:
    """A WSGI application that answers a lone query by GET, and asks the application behind it for everything else.

    A query that fails is handed on with its error, so that the application tells of it in its own way.
    """

    def __init__(self, behind: WSGIApplication, site: Site) -> None:
        self.behind = behind
        self.site = site

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        text = environ.get("QUERY_STRING", "")
        if environ["PATH_INFO"] != _ROUTE or environ["REQUEST_METHOD"] != "GET" or not _alone(text):
            return self.behind(environ, start_response)
        wanted = wanted_by(environ.get("HTTP_ACCEPT", ""))
        if wanted.page:
            return self.behind(environ, start_response)
        begun = perf_counter()
        try:
            query = unquote_to_bytes(text[len(_ONLY) :].replace("+", " ")).decode()
            answer = self.site.runner.answer(wanted.question(query))
            representation = wanted.representation(answer)
        except UnicodeDecodeError:
            return self.behind(environ, start_response)
        except SpinecodeError as error:
            environ[FAILED] = error
            return self.behind(environ, start_response)
        headers = [*ALWAYS, *ANSWERED, ("Content-Type", representation.content_type)]
        if not isinstance(answer, Answer):
            start_response("200 OK", [*headers, ("Cache-Control", "no-store"), ("Content-Length", str(answer.size))])
            self._count(200, begun)
            return FileWrapper(answer.file, PART)
        body = answer.content
        headers.append(("Content-Length", str(len(body))))
        if changes(query) or not self.site.runner.lasting:
            start_response("200 OK", [*headers, ("Cache-Control", "no-store")])
            self._count(200, begun)
            return [body]
        etag = f'"{tag_of(body)}"'
        headers += [MAY_BE_KEPT, ("ETag", etag)]
        if (key := key_of(environ)) is not None:
            self.site.keeper.keep(key, Kept("200 OK", headers, body, etag, _ROUTE))
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked and matches(etag, asked):
            start_response("304 NOT MODIFIED", [pair for pair in headers if not pair[0].startswith("Content-")])
            self._count(304, begun)
            return [b""]
        start_response("200 OK", headers)
        self._count(200, begun)
        return [body]

    def _count(self, status: int, begun: float) -> None:
        self.site.metrics.count(_ROUTE, "GET", status, perf_counter() - begun)


def _alone(text: str) -> bool:
    """Whether the parameters are a query and nothing else."""
    return text.startswith(_ONLY) and "&" not in text and ";" not in text and len(text) > len(_ONLY)
