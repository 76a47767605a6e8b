"""The peer for start-up and memory: a Flask app of one route on the same server. Takes the port."""

from __future__ import annotations

import sys

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server


def application() -> Flask:
    """Make the app of a worker process."""
    app = Flask("bare")
    app.add_url_rule("/readyz", view_func=lambda: "ready")
    return app


if __name__ == "__main__":
    Server(
        "bare:application",
        factory=True,
        interface=Interfaces.WSGI,
        port=int(sys.argv[1]),
        blocking_threads=4,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()
