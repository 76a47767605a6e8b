"""A triplestore of someone's own, spoken to over HTTP: queries, graphs put and deleted, updates.

Nothing is followed to elsewhere, TLS certificates are verified, and no secret stands in a message or a log.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from spinecode import __version__
from spinecode.errors import BusyError, InputError, QueryError, StoreError, StoreTimeoutError

#: The environment variables of the store: its address, and what it is asked with.
STORE_VARIABLE: Final = "SPINECODE_STORE"
USER_VARIABLE: Final = "SPINECODE_STORE_USER"
PASSWORD_VARIABLE: Final = "SPINECODE_STORE_PASSWORD"  # noqa: S105  # a name
TOKEN_VARIABLE: Final = "SPINECODE_STORE_TOKEN"  # noqa: S105  # a name
#: Certificates of authorities to trust beside those of the system, as a file.
AUTHORITIES_VARIABLE: Final = "SPINECODE_STORE_CA"
#: The graph that stands for the default graph in a store whose own is not to be touched.
DEFAULT_GRAPH_VARIABLE: Final = "SPINECODE_STORE_DEFAULT_GRAPH"

#: How long a connection may take, in seconds.
CONNECT_LIMIT: Final = 3.0
#: How much is told of what a store says of an error, in characters.
_TOLD: Final = 200
#: The path of queries where an address has none: that of Oxigraph's server.
_PATH: Final = "/query"

#: Parameters of a request, in order and with repetition.
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store answers queries, with what it is asked with, which never shows.

    ``default_graph`` names the graph of the store that stands for the default graph, None where that is its own.
    """

    url: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    authorities: str | None = None
    default_graph: str | None = None


def address_from(
    text: str, environ: Mapping[str, str] | None = None, default_graph: str | None = None, path: str = _PATH
) -> Address:
    """The address of a store, with the user and password of the URL, else of the environment.

    ``path`` is what an address without one has.

    Raises InputError for what is no URL of HTTP, or where a file of certificates is missing.
    """
    environ = os.environ if environ is None else environ
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _no_address() from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise _no_address()
    user = unquote(parts.username) if parts.username is not None else environ.get(USER_VARIABLE)
    password = unquote(parts.password) if parts.password is not None else environ.get(PASSWORD_VARIABLE)
    for told in (user, password):
        if told is not None and not told.isprintable():
            raise InputError.of("The user and the password of a store are printable text.")
    path = parts.path if parts.path not in ("", "/") else path
    authorities = environ.get(AUTHORITIES_VARIABLE) or None
    if authorities is not None and not os.path.exists(authorities):  # noqa: PTH110  # a file or a folder, by name
        raise InputError.of(f"{AUTHORITIES_VARIABLE} names no file that is there.", value=authorities)
    return Address(
        urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", "")),
        user,
        password,
        environ.get(TOKEN_VARIABLE) or None,
        authorities,
        default_graph or environ.get(DEFAULT_GRAPH_VARIABLE) or None,
    )


def _no_address() -> InputError:
    # not quoted, since it may hold a password
    return InputError.of("The address of a store is a URL such as http://127.0.0.1:7878/query, without parameters.")


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class StoreClient:
    """One session with a store. Not to be used by two threads at once.

    ``name`` is what messages call it: the public is not told where it is.
    """

    def __init__(self, address: Address, name: str = "The store") -> None:
        self.address = address
        self.name = name
        self._session = requests.Session()
        # neither a proxy nor a password that happens to lie about
        self._session.trust_env = False
        self._session.verify = address.authorities or True
        self._session.headers.update({"User-Agent": f"spinecode/{__version__}", "Accept-Encoding": "identity"})
        if address.token is not None:
            self._session.auth = _Bearer(address.token)

    def query(self, text: str, accept: str, graphs: Pairs = (), *, seconds: float) -> requests.Response:
        """Have a query answered; the content of the response is still to be read, and it is to be closed.

        ``seconds`` is how long each part may take. Raises QueryError for a query that the store refuses, BusyError
        when it has too much to do, StoreError when it does not answer.
        """
        body = [("query", text), *graphs]
        return self.send("POST", self.address.url, seconds, accept, data=body)

    def send(
        self,
        method: str,
        url: str,
        seconds: float,
        accept: str = "*/*",
        *,
        data: bytes | list[tuple[str, str]] | None = None,
        params: Mapping[str, str] | None = None,
        kind: str | None = None,
        missing: bool = False,
    ) -> requests.Response:
        """One request, refused statuses told as errors; ``missing`` takes that there is nothing for an answer too."""
        headers = {"Accept": accept} | ({"Content-Type": kind} if kind is not None else {})
        response = self._sent(method, url, seconds, headers, data, params)
        if self._answers_challenge(response):
            response.close()
            response = self._sent(method, url, seconds, headers, data, params)
        if 200 <= response.status_code < 300:
            return response
        with response:
            if missing and response.status_code == 404:
                return response
            raise self._refused(response, told_of=method)

    def _answers_challenge(self, response: requests.Response) -> bool:
        """Have the session tell the user and password from now on, in the way that a store asks for them.

        Not before it asks: one that takes a digest would be given the password itself.
        """
        address = self.address
        if response.status_code not in (401, 403) or address.user is None or self._session.auth is not None:
            return False
        asked = response.headers.get("WWW-Authenticate", "").lower()
        password = address.password or ""
        if "digest" in asked:
            self._session.auth = HTTPDigestAuth(address.user, password)
        else:
            self._session.auth = HTTPBasicAuth(address.user.encode(), password.encode())
        return True

    def _sent(
        self,
        method: str,
        url: str,
        seconds: float,
        headers: dict[str, str],
        data: bytes | list[tuple[str, str]] | None,
        params: Mapping[str, str] | None,
    ) -> requests.Response:
        def once() -> requests.Response:
            return self._session.request(
                method,
                url,
                data=data,
                params=params,
                headers=headers,
                timeout=(min(CONNECT_LIMIT, seconds), seconds),
                stream=True,
                allow_redirects=False,
            )

        with self.failures():
            try:
                return once()
            except requests.ConnectionError as error:
                # a kept connection that the store has closed meanwhile; all that is sent can be sent twice
                if "without response" not in str(error) and "reset by peer" not in str(error):
                    raise
                return once()

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Tell of a connection that fails, while a request is sent or its answer read."""
        try:
            yield
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise StoreError.of(f"{self.name} cannot be reached: {_reason(error)}.") from None
        except requests.Timeout:
            raise StoreTimeoutError.of(f"{self.name} did not answer in time.") from None
        except requests.ConnectionError as error:
            if "timed out" in str(error):
                raise StoreTimeoutError.of(f"{self.name} did not answer in time.") from None
            raise StoreError.of(f"{self.name} cannot be reached: {_reason(error)}.") from None
        except requests.RequestException as error:
            raise StoreError.of(f"{self.name} did not answer as a web server does: {type(error).__name__}.") from None

    def _refused(self, response: requests.Response, told_of: str) -> QueryError | BusyError | StoreError:
        status, said = response.status_code, _said(response)
        if status == 400:
            if told_of == "POST":
                return QueryError.of(f"{self.name} refuses the query{said or '.'}")
            return StoreError.of(f"{self.name} refuses what was sent{said or '.'}")
        if status in (401, 403):
            what = "asks for a user and password" if self._session.auth is None else "refuses what it was asked with"
            how = f"Set {USER_VARIABLE} and {PASSWORD_VARIABLE}, or {TOKEN_VARIABLE}"
            return StoreError.of(f"{self.name} {what} (status {status}). {how}.")
        if status in (429, 503):
            return BusyError.of(f"{self.name} has too much to do just now (status {status}).")
        if status in (408, 504):
            return StoreTimeoutError.of(f"{self.name} ended it at a time limit of its own (status {status}).")
        if 300 <= status < 400:
            return StoreError.of(f"{self.name} points elsewhere (status {status}), which is not followed.")
        if status in (404, 410):
            return StoreError.of(f"{self.name} has nothing at this path (status {status}).")
        if status in (405, 501) or (status == 415 and told_of == "PUT"):
            return StoreError.of(f"{self.name} does not take {told_of} at this path (status {status}).")
        return StoreError.of(f"{self.name} failed with status {status}{said or '.'}")

    def close(self) -> None:
        """End the connections."""
        self._session.close()


def _said(response: requests.Response) -> str:
    """What a store says of an error in plain text, in short."""
    kind = response.headers.get("Content-Type", "")
    if not kind.startswith(("text/plain", "application/problem", "application/json")):
        return ""
    try:
        content = response.raw.read(4 * _TOLD, decode_content=True)
    except Exception:
        # the status has told the main thing
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in content.decode("utf-8", "replace")).split())
    if not text:
        return ""
    return f": {text[:_TOLD]}{'…' if len(text) > _TOLD else ''}"


def _reason(error: Exception) -> str:
    """Why a connection failed, without the address."""
    text = str(error)
    known = {
        "Connection refused": "the connection was refused",
        "Name or service not known": "the name of its host is not known",
        "nodename nor servname": "the name of its host is not known",
        "Temporary failure in name resolution": "the name of its host cannot be looked up",
        "No route to host": "there is no way to its host",
        "Network is unreachable": "its network is not reachable",
        "CERTIFICATE_VERIFY_FAILED": f"its certificate is not trusted; {AUTHORITIES_VARIABLE} may name who signed it",
        "doesn't match": "its certificate is for another host",
        "WRONG_VERSION_NUMBER": "it does not speak TLS",
        "timed out": "the connection took too long",
        "without response": "it ended the connection without an answer",
        "reset by peer": "it ended the connection",
    }
    return next((told for mark, told in known.items() if mark in text), "the connection failed")
