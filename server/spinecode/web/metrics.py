"""Counts of answered requests, in the text form that Prometheus reads."""

from __future__ import annotations

from threading import Lock

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """Requests by route and status, and the time they took, of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[tuple[str, str, int], int] = {}
        self._seconds: dict[str, float] = {}
        self._totals: dict[str, int] = {}
        self._hits = 0

    def count(self, route: str, method: str, status: int, seconds: float, hit: bool = False) -> None:
        """Note one answered request; ``hit`` when the answer was at hand."""
        with self._lock:
            key = (route, method if method in _METHODS else "other", status)
            self._counts[key] = self._counts.get(key, 0) + 1
            self._seconds[route] = self._seconds.get(route, 0.0) + seconds
            self._totals[route] = self._totals.get(route, 0) + 1
            self._hits += hit

    def text(self, kept_bytes: int) -> str:
        """All counts as Prometheus text; ``kept_bytes`` is the size of the answers kept."""
        with self._lock:
            counts, seconds = sorted(self._counts.items()), sorted(self._seconds.items())
            totals, hits = dict(self._totals), self._hits
        lines = [
            "# HELP spinecode_requests_total Requests answered by this worker process.",
            "# TYPE spinecode_requests_total counter",
        ]
        for (route, method, status), number in counts:
            labels = f'route="{_escaped(route)}",method="{_escaped(method)}",status="{status}"'
            lines.append(f"spinecode_requests_total{{{labels}}} {number}")
        lines += [
            "# HELP spinecode_request_seconds Time taken to answer, by route.",
            "# TYPE spinecode_request_seconds summary",
        ]
        for route, total in seconds:
            lines.append(f'spinecode_request_seconds_sum{{route="{_escaped(route)}"}} {total:.6f}')
            lines.append(f'spinecode_request_seconds_count{{route="{_escaped(route)}"}} {totals[route]}')
        lines += [
            "# HELP spinecode_kept_answers_total Requests answered with an answer that was kept.",
            "# TYPE spinecode_kept_answers_total counter",
            f"spinecode_kept_answers_total {hits}",
            "# HELP spinecode_kept_bytes Size of the answers kept.",
            "# TYPE spinecode_kept_bytes gauge",
            f"spinecode_kept_bytes {kept_bytes}",
        ]
        return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
