"""HermiT, an OWL 2 DL reasoner, where Java and its jar are found: a second opinion on consistency.

The jar comes with owlready2 (the extra ``spinecode[hermit]``); Java has to be on the path.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from pyoxigraph import RdfFormat, Triple, serialize

#: How long HermiT may take, in seconds.
TIME_LIMIT = 300

#: A run is over before what the second compiler and several collectors cost has paid: half the processor time.
_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_NOTHING = "http://www.w3.org/2002/07/owl#Nothing"


class HermitError(Exception):
    """HermiT could not be run, or did not end well; the text says why."""


def jar_folder() -> Path:
    """The folder of HermiT's jar. Raises HermitError with the reason when it or Java is missing."""
    if shutil.which("java") is None:
        raise HermitError("there is no Java on the path")
    spec = find_spec("owlready2")
    folder = Path(spec.origin).parent / "hermit" if spec is not None and spec.origin else None
    if folder is None or not (folder / "HermiT.jar").is_file():
        raise HermitError("its jar is not installed; pip install 'spinecode[hermit]' brings it")
    return folder


def unsatisfiable(triples: Iterable[Triple]) -> list[str] | None:
    """The IRIs of the classes that can have no member; None when the ontology as a whole contradicts itself.

    Raises HermitError when HermiT cannot be run.
    """
    told = classification(triples)
    return None if told is None else empty_classes(told)


def empty_classes(told: str) -> list[str]:
    """The IRIs of the classes that can have no member, by what HermiT concludes of all."""
    lines = [line for line in told.splitlines() if _NOTHING in line]
    found = {iri for line in lines for iri in re.findall(r"<([^>]*)>", line)}
    return sorted(found - {_NOTHING})


def classification(triples: Iterable[Triple]) -> str | None:
    """What HermiT concludes of all the classes, in its own notation; None when the ontology contradicts itself."""
    jars = jar_folder()
    content = serialize(triples, format=RdfFormat.RDF_XML)
    assert content is not None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ontology.owl"
        file.write_bytes(content)
        command = ["java", *_QUICK_START, "-Xmx1000M", "-cp", os.pathsep.join((str(jars), str(jars / "HermiT.jar")))]
        command += ["org.semanticweb.HermiT.cli.CommandLine", "-c", "-O", "-D", "-I", file.as_uri()]
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIME_LIMIT)  # noqa: S603  # our own file, by a fixed command
        except subprocess.TimeoutExpired:
            raise HermitError(f"it did not end within {TIME_LIMIT} s") from None
        except OSError as error:
            raise HermitError(f"Java cannot be started: {error.strerror or error}") from None
    if "InconsistentOntologyException" in result.stdout + result.stderr:
        return None
    if result.returncode != 0:
        first = next((line for line in result.stderr.splitlines() if line.strip()), f"status {result.returncode}")
        raise HermitError(f"it failed: {first.rpartition('Exception: ')[2].strip()}")
    return result.stdout
