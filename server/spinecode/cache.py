"""A cache folder of files that can be made again: written whole or not at all, checked when read."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

log = logging.getLogger(__name__)

#: Where to keep the cache instead of the user's cache folder.
CACHE_VARIABLE = "SPINECODE_CACHE"
#: How long an entry is kept: 90 days.
_KEPT_SECONDS = 90 * 24 * 3600


def cache_folder() -> Path:
    """The folder of cached closures: ``SPINECODE_CACHE``, else the platform's cache folder of the user."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("spinecode", appauthor=False)


def read_checked(path: Path) -> bytes | None:
    """The content of a cached file, or None when it is absent or not what was written."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    checksum, _, content = stored.partition(b"\n")
    if hashlib.sha256(content).hexdigest().encode() != checksum:
        log.warning("The cached file %s is damaged and is made again.", path)
        return None
    return content


def write_checked(path: Path, content: bytes) -> None:
    """Write a file with its checksum so that a reader sees all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _drop_old(folder: Path) -> None:
    """Remove entries that were made long ago; one that is still wanted is made again."""
    oldest = time.time() - _KEPT_SECONDS
    for file in folder.iterdir():
        with suppress(OSError):
            if file.is_file() and file.stat().st_mtime < oldest:
                file.unlink()


def cached(name: str, make: Callable[[], bytes]) -> bytes:
    """The cached content of ``name``, made and kept when it is absent or damaged.

    Of several processes that ask at once, one makes it and the others wait for it. Where the cache folder
    cannot be written, the content is made anew each time.
    """
    path = cache_folder() / name
    if (content := read_checked(path)) is not None:
        return content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(path) + ".lock", timeout=600) if os.access(path.parent, os.W_OK) else nullcontext()
    except OSError as error:
        log.warning("There is no cache folder %s (%s).", path.parent, error.strerror)
        return make()
    with lock:
        if (content := read_checked(path)) is not None:
            return content
        content = make()
        try:
            write_checked(path, content)
            _drop_old(path.parent)
        except OSError as error:
            log.warning("%s cannot be kept in the cache (%s).", path, error.strerror)
        return content
