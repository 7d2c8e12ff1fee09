"""Builds layer and functions through their makefile, in a scratch copy, as `sam build` does.

Knows where the artefacts lie and how they were built. Runs nothing of them.
"""

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from bench.awslambda.lambda_runtime import ROOT, version_of

SOURCE = ROOT / "layers" / "shared"
# In a .pyc after the magic number: 1 says "checked by hash", 2 "and compare it"; 0b01 is unchecked.
_UNCHECKED = 0b01


def build(scratch: Path, python: str, trust: str = "") -> Path:
    """Return the folder that Lambda would put on the path, with bytecode for this Python.

    `trust` are certificates of servers that it is to believe beside AWS's.
    """
    source, artifacts = scratch / "source", scratch / "artifacts"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCE, source, ignore=ignore)
    roots = source / "openbunker" / "aws" / "roots.py"
    roots.write_text(roots.read_text() + (f"AMAZON_ROOTS += {trust!r}\n" if trust else ""))
    artifacts.mkdir()
    _make(source / "Makefile", "build-SharedLayer", source, artifacts, python)
    return artifacts / "python"


def function(name: str, scratch: Path, python: str) -> Path:
    """Return the folder that Lambda would put on the path before the layer, for one function."""
    built = scratch / name
    built.mkdir()
    goal = f"build-{name.title().replace('_', '')}Function"
    _make(SOURCE / "Makefile", goal, ROOT / "functions" / name, built, python)
    return built


def _make(makefile: Path, goal: str, folder: Path, artifacts: Path, python: str) -> None:
    variables = [f"ARTIFACTS_DIR={artifacts}", f"PYTHON={sys.executable}"]
    variables += [f"TARGET={version_of(python)}", f"TARGET_PYTHON={python}"]
    subprocess.run(
        ["make", "--silent", "--file", makefile, "--directory", folder, goal, *variables],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def without_bytecode(layer: Path, copy: Path) -> Path:
    """Return a copy of a built layer as it would be on a host without the target's Python."""
    shutil.copytree(layer, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def megabytes(layer: Path, *, without: str = "nothing") -> tuple[float, float]:
    """Return the size of a built layer unpacked and packed, without the files of a processor."""
    packed, unpacked = io.BytesIO(), 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(one for one in layer.rglob("*") if one.is_file()):
            if without not in file.name:
                archive.write(file, file.relative_to(layer))
                unpacked += file.stat().st_size
    return unpacked / 1e6, len(packed.getvalue()) / 1e6


def bytecode_flags(layer: Path) -> dict[str, int]:
    """Return the flags field of every bytecode file of a layer (PEP 552)."""
    return {
        str(file.relative_to(layer)): int.from_bytes(file.read_bytes()[4:8], "little")
        for file in sorted(layer.rglob("*.pyc"))
    }


def has_lasting_bytecode(layer: Path) -> bool:
    """Return whether the layer's own modules have bytecode that no date can make stale."""
    flags = bytecode_flags(layer)
    return bool(flags) and all(flag == _UNCHECKED for flag in flags.values())
