"""Package and handlers as they are deployed, for the Python that runs the tests."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from lean import tree
from tests.support.sources import ROOT, SHARED


def build(folder: Path) -> Path:
    """Make lean copies of the package and of `functions` in a folder, and return the folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    for source in (SHARED / "openbunker", ROOT / "functions"):
        shutil.copytree(source, folder / source.name, ignore=ignored)
    tree.layer(folder, str(folder))
    for function in (folder / "functions").iterdir():
        tree.function(function, str(function))
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
