"""What the tests need of reasoners that are not Python packages."""

from __future__ import annotations

import shutil

import pytest

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="HermiT needs Java, which is not on this machine")
