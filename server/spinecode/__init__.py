"""spinecode: which procedure code a spinal injection implies, why, and how the codes differ."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from spinecode.api import differ, select, validate, validate_each

try:
    __version__ = version("spinecode")
except PackageNotFoundError:  # a checkout on the path, not installed
    __version__ = "0+unknown"

__all__ = ["__version__", "differ", "select", "validate", "validate_each"]
