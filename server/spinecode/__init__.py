"""spinecode: which procedure code a spinal injection implies, why, and how the codes differ."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from spinecode.api import differ, select, validate, validate_each
    from spinecode.coding.frames import code_frame

try:
    __version__ = version("spinecode")
except PackageNotFoundError:  # a checkout on the path, not installed
    __version__ = "0+unknown"

__all__ = ["__version__", "code_frame", "differ", "select", "validate", "validate_each"]

#: The module of each function, which is loaded when it is asked for: every command loads this package, coding of tables
#: needs libraries that not everyone has installed, and validation is more than most commands need.
_MODULES: Final = {
    "code_frame": "coding.frames",
    "differ": "api",
    "select": "api",
    "validate": "api",
    "validate_each": "api",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
