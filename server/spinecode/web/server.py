"""The app on a production server: granian, with as many worker processes as are wanted."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Final

from flask import Flask

from spinecode.errors import InputError
from spinecode.files import DATA_VARIABLE, ONTOLOGY_VARIABLE, PACKS_VARIABLE, QUERIES_VARIABLE, SHAPES_VARIABLE
from spinecode.knowledge import LANGUAGE_VARIABLE, Knowledge, load
from spinecode.web import create_app
from spinecode.web.receiving import BODIES
from spinecode.web.settings import settings_from, variable

#: How long the workers may take to be ready, in seconds; the first start closes the ontology before this counts.
_PATIENCE: Final = 60.0
#: Threads beside those that may wait for a query or a body, so that these do not hold up the other answers.
_OTHERS: Final = 4
#: The parameter of mallopt that says how many pools of memory there are (malloc.h).
_ARENA_MAX: Final = -8


def application() -> Flask:
    """The app of a worker process, as the environment describes it."""
    _share_memory()
    return create_app()


def _share_memory() -> None:
    """Keep the memory that threads free for all of them, where the C library would keep it for each (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def serve(
    knowledge: Knowledge,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 1,
    form: str = "text",
    settings: Mapping[str, float | None] | None = None,
) -> None:
    """Serve until interrupted, and print one line with the address once questions are answered.

    Port 0 takes a free one. ``form`` is "text" or "json", of that line. Raises InputError when the address cannot be
    had or a setting is none, OntologyError when the ontology cannot be used.
    """
    given = dict(settings or {})
    limits = settings_from(given)
    port = _free(host, port)
    # What the workers have to know, in the one way that reaches them however they are started.
    further = knowledge.folders.further
    told = {
        DATA_VARIABLE: knowledge.data,
        ONTOLOGY_VARIABLE: further("ontology"),
        SHAPES_VARIABLE: further("shapes"),
        QUERIES_VARIABLE: further("queries"),
        PACKS_VARIABLE: (),  # whose folders are among those above
    }
    os.environ |= {name: os.pathsep.join(str(path) for path in paths) for name, paths in told.items()}
    os.environ[LANGUAGE_VARIABLE] = knowledge.language
    for name in given:
        os.environ[variable(name)] = str(getattr(limits, name))
    # Loaded here too: faults show before anything is started, and a forked worker has it at once.
    _ = load().index

    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    server = Server(
        "spinecode.web.server:application",
        factory=True,
        interface=Interfaces.WSGI,
        # nobody speaks HTTP/2 without TLS, but those who look for faults in it
        http=HTTPModes.http1,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=limits.query_processes + limits.query_waiting + BODIES + _OTHERS,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
    )
    threading.Thread(target=_announce, args=(host, port, form), daemon=True).start()
    server.serve()


def _free(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises InputError when nothing can listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            return int(trial.getsockname()[1])
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"The server cannot listen on {host} port {port}: {reason}. Choose another with --port."
        raise InputError.of(message, value=f"{host}:{port}") from None


def _announce(host: str, port: int, form: str) -> None:
    """Wait until a worker answers, then say where."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # what it means, not what is bound
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        connection = HTTPConnection(near, port, timeout=2)
        try:
            # not /readyz, since a store that is down keeps nothing but queries from being answered
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                line = (
                    json.dumps({"url": address}) if form == "json" else f"spinecode answers at {address} (Ctrl-C ends)"
                )
                print(line, flush=True)  # the one line of the command
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.02)
