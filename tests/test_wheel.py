"""The wheel carries ontology, shapes and queries, and works from any folder of an empty environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in the test's own environment, so that nothing is downloaded."""
    folder = tmp_path_factory.mktemp("a wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("spinecode-*.whl")
    return built


def test_it_carries_all_that_it_reads(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("ontology", "shapes", "queries"):
        for file in (ROOT / kind).rglob("*.*"):
            assert f"spinecode/data/{kind}/{file.relative_to(ROOT / kind)}" in inside
    for file in (ROOT / "server" / "spinecode").rglob("*"):
        if file.suffix in {".py", ".html", ".css", ".js", ".svg", ".txt", ".typed", ".ttl", ".rq", ".json", ".md"}:
            assert str(file.relative_to(ROOT / "server")) in inside
    assert any(name.endswith("/licenses/LICENSE") for name in inside)
    assert "spinecode/py.typed" in inside


def test_it_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    """An environment of its own; what spinecode depends on comes from the environment of the tests, offline."""
    place = tmp_path / "a new place"
    venv.create(place / "env", with_pip=False)
    python = place / "env" / "bin" / "python"
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    zipfile.ZipFile(wheel).extractall(site)
    import click

    (Path(site) / "dependencies.pth").write_text(str(Path(click.__file__).parent.parent))
    environment = {**os.environ, "SPINECODE_CACHE": str(place / "cache")}
    environment.pop("PYTHONPATH", None)
    facts = ["--approach", "caudal", "--guidance", "fluoro", "--delivery", "single", "--substance", "steroid"]
    command = [str(python), "-m", "spinecode", "select", *facts, "--date", "2026-03-02", "--format", "json"]
    result = subprocess.run(command, cwd=place, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert [line["code"] for line in json.loads(result.stdout)["lines"]] == ["62323"]
    where = [str(python), "-c", "import spinecode; print(spinecode.__file__)"]
    imported = subprocess.run(where, cwd=place, env=environment, check=True, capture_output=True, text=True).stdout
    assert imported.startswith(site)
