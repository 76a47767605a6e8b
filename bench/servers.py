"""Server processes: started on a free port, asked until they are ready, weighed, and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter, sleep

HOST = "127.0.0.1"
SPINECODE = ("-m", "spinecode", "serve", "--workers", "1", "--port")
BARE = (str(Path(__file__).with_name("bare.py")),)
#: What stands for the port in a command.
PORT = "{port}"
_PATIENCE = 60.0
_PROC = Path("/proc")
_MEBIBYTE = 1024.0


@dataclass(frozen=True, slots=True)
class Weight:
    """The resident memory of a process in MiB; ``share`` counts pages that several processes share in parts."""

    name: str
    resident: float
    share: float


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``started`` is how long it took until it was ready, in seconds."""

    port: int
    pid: int
    started: float

    def ask(self, path: str, body: bytes | None = None, media_type: str = "") -> tuple[int, bytes]:
        """Send one request and read its answer."""
        connection = HTTPConnection(HOST, self.port, timeout=30)
        try:
            headers = {"Accept": "application/json"} | ({"Content-Type": media_type} if body is not None else {})
            connection.request("POST" if body is not None else "GET", path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def processes(self) -> list[int]:
        """List the server's process and all those below it, in the order in which they were started."""
        parents: dict[int, int] = {}
        for entry in _PROC.iterdir() if _PROC.is_dir() else ():
            if entry.name.isdigit() and (fields := _stat(int(entry.name))):
                parents[int(entry.name)] = int(fields[1])
        found = [self.pid]
        for pid in found:
            found += sorted(child for child, parent in parents.items() if parent == pid)
        return found

    def cpu(self) -> float:
        """Seconds of processor time that all its processes have used."""
        ticks = sum(int(f[11]) + int(f[12]) for pid in self.processes() if (f := _stat(pid)))
        return ticks / os.sysconf("SC_CLK_TCK")

    def weights(self) -> list[Weight]:
        """Weigh each process; an empty list where there is no /proc."""
        found = []
        for number, pid in enumerate(self.processes()):
            try:
                command = (_PROC / str(pid) / "cmdline").read_text().split("\0")
                lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
            helper = next((word for word in ("resource_tracker", "spawn_main") if word in " ".join(command)), "")
            name = "main" if number == 0 else helper or "child"
            found.append(Weight(name, sizes["Rss"] / _MEBIBYTE, sizes["Pss"] / _MEBIBYTE))
        return found


def _stat(pid: int) -> list[str]:
    """Read the fields of a process after its name: state, parent, ..."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        return int(trial.getsockname()[1])


def running(arguments: Sequence[str]) -> AbstractContextManager[Server]:
    """Start Python with some arguments and a port, wait until ``/readyz`` answers 200, and end it afterwards."""
    return started([sys.executable, *arguments, PORT], "/readyz")


@contextmanager
def started(command: Sequence[str], ready: str) -> Iterator[Server]:
    """Start a command, ``PORT`` in it being a free one, wait until a path answers 200, and end it afterwards."""
    port = _free_port()
    start = perf_counter()
    process = subprocess.Popen(
        [word.replace(PORT, str(port)) for word in command],
        stdout=subprocess.DEVNULL,
        stderr=None if ready == "/readyz" else subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _ready(port, ready):
            if process.poll() is not None or perf_counter() - start > _PATIENCE:
                raise SystemExit(f"The server did not start: {' '.join(command)}")
            sleep(0.005)
        yield Server(port, process.pid, perf_counter() - start)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _ready(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
