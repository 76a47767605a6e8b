"""spinecode: which procedure code a spinal injection implies, why, and how the codes differ."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from spinecode.api import differ, select, validate, validate_each

try:
    __version__ = version("spinecode")
except PackageNotFoundError:  # a checkout on the path, not installed
    __version__ = "0+unknown"

if TYPE_CHECKING:
    from spinecode.coding.coder import code_frame

__all__ = ["__version__", "code_frame", "differ", "select", "validate", "validate_each"]


def __getattr__(name: str) -> Any:
    # coding of tables needs libraries that not everyone has installed
    if name == "code_frame":
        from spinecode.coding.coder import code_frame

        return code_frame
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
