"""``/ontology/check``: what the check says of the ontology, the shapes and the queries that are loaded.

The check takes seconds, so it runs in a process of its own, once, when it is asked for first; its report is kept in the
cache beside the closure, for all workers and for the next start. Until it is there the answer is 202.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, render_template

import spinecode
from spinecode.cache import cache_folder, cached, read_checked
from spinecode.files import Kind, digest, query_files, turtle_files
from spinecode.knowledge import Knowledge
from spinecode.web.negotiation import HTML, JSON, chosen
from spinecode.web.replies import json_reply, page
from spinecode.web.site import site

log = logging.getLogger(__name__)
blueprint = Blueprint("ontology_check", __name__)

_KINDS: Final[tuple[Kind, ...]] = ("ontology", "shapes", "queries")
#: How long a check may take, in seconds.
_TIME_LIMIT: Final = 600
#: When to ask again while it runs, in seconds.
_AGAIN: Final = "3"


@blueprint.get("/ontology/check")
def checked() -> Response:
    """The report of the check, or 202 while it is being made."""
    wanted = chosen(JSON, HTML)
    found = checker(site().knowledge).report()
    if wanted is JSON:
        response = json_reply(found or {"status": "running"}, JSON, keep=False)
    else:
        response = page(render_template("ontology-check.html", report=found), keep=False)
    if found is None:
        response.status_code = 202
        response.headers["Retry-After"] = _AGAIN
    return response


@lru_cache(maxsize=4)
def checker(knowledge: Knowledge) -> Checker:
    """The check of some knowledge."""
    return Checker(knowledge)


@dataclass(slots=True)
class Checker:
    """Runs the check of some knowledge once, in the background."""

    knowledge: Knowledge
    _found: dict[str, Any] | None = None
    _running: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def report(self) -> dict[str, Any] | None:
        """The report; None while it is being made, which this begins where it has not begun."""
        with self._lock:
            if self._found is None and self._running is None:
                # read without waiting: another process may be making it
                content = read_checked(cache_folder() / self.name)
                if content is not None:
                    self._found = json.loads(content)
                else:
                    self._running = threading.Thread(target=self._make, name="ontology-check", daemon=True)
                    self._running.start()
            return self._found

    @property
    def name(self) -> str:
        """The name of the report in the cache: it changes with every file, and with what makes it."""
        folders = self.knowledge.folders
        files = (*turtle_files(folders.shapes), *query_files(folders.queries))
        return f"check-{digest(files, self.knowledge.ontology.digest, spinecode.__version__)[:32]}.json"

    def _make(self) -> None:
        try:
            found = json.loads(cached(self.name, self._run))
        except Exception as error:  # whatever it was, the page has to say so and not wait for ever
            log.warning("The check of the ontology could not be run: %s", error)
            found = {"failed": "The check could not be run; the log of the server says why."}
        with self._lock:
            self._found, self._running = found, None

    def _run(self) -> bytes:
        folders = self.knowledge.folders
        given = [text for kind in _KINDS for one in folders.further(kind) for text in (f"--{kind}", str(one))]
        command = [sys.executable, "-m", "spinecode", *given, "check", "--format", "json"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        done = subprocess.run(command, capture_output=True, timeout=_TIME_LIMIT, env=environment, check=False)  # noqa: S603
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stderr.decode(errors="replace").strip() or f"status {done.returncode}")
        return json.dumps(self._without_places_of_ours(json.loads(done.stdout)), ensure_ascii=False).encode()

    def _without_places_of_ours(self, report: dict[str, Any]) -> dict[str, Any]:
        """The report with files named below their folders: where they lie on this machine is nobody's business."""
        parts = [one.resolve() for kind in _KINDS for one in getattr(self.knowledge.folders, kind)]
        for finding in (*report["findings"], *report["accepted"]):
            if finding.get("file"):
                file = Path(finding["file"]).resolve()
                folder = next((one for one in parts if one in file.parents), file.parent)
                finding["file"] = f"{folder.name}/{file.relative_to(folder).as_posix()}"
        return report
