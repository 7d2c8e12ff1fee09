"""The package as it is deployed, for the Python that runs the tests, and modules of it."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from lean import tree
from tests.support.sources import SHARED


def build(folder: Path) -> Path:
    """Make a lean copy of the package in a folder, and return the folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SHARED / "openbunker", folder / "openbunker", ignore=ignored)
    tree.layer(folder, str(folder))
    return folder


def modules(folder: Path, names: list[str]) -> dict[str, ModuleType]:
    """Return modules of a lean package; the process goes on with those it had."""
    with _swapped(folder):
        return {name: importlib.import_module(name) for name in names}


@contextmanager
def _swapped(folder: Path) -> Iterator[None]:
    had = {name: sys.modules.pop(name) for name in [*sys.modules] if _ours(name)}
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in [*sys.modules]:
            if _ours(name):
                del sys.modules[name]
        sys.modules.update(had)


def _ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == "openbunker"
