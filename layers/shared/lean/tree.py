"""A folder of modules: writes beside each source the lean bytecode that is never checked.

Only the Python that runs this can read what it writes, so the target's runs it. The bytecode names
the files as they are called where they are deployed. Why unchecked:
docs/decisions/0004-layer-build-and-bytecode.md.
"""

import ast
import importlib.util
import marshal
import shutil
from pathlib import Path

from lean import plain
from lean.handlers import keep_collector_away
from lean.modules import SHARED, Report, lean

HANDLER = "app.py"
# In a .pyc after the magic number (PEP 552): by hash, and not to be compared with it.
_UNCHECKED = (0b01).to_bytes(4, "little")


def layer(root: Path, shown_as: str) -> Report:
    """Make the package in a folder lean, and put into it what its classes share."""
    package, _, module = SHARED.partition(".")
    shutil.copyfile(plain.__file__, root / package / f"{module}.py")

    def find(name: str) -> ast.Module | None:
        file = root.joinpath(*name.split(".")).with_suffix(".py")
        return ast.parse(file.read_bytes()) if file.is_file() else None

    report = Report()
    for file in sorted((root / package).rglob("*.py")):
        name = ".".join(file.relative_to(root).with_suffix("").parts)
        tree = lean(ast.parse(file.read_bytes()), name, find, report)
        _write(file, tree, f"{shown_as}/{file.relative_to(root)}")
    return report


def function(root: Path, shown_as: str) -> Report:
    """Make the handler's module in a folder lean; what lies beside it is others'."""
    report, file = Report(), root / HANDLER
    tree = lean(ast.parse(file.read_bytes()), file.stem, lambda _: None, report)
    _write(file, keep_collector_away(tree), f"{shown_as}/{file.name}")
    return report


def _write(file: Path, tree: ast.Module, shown_as: str) -> None:
    code = compile(tree, shown_as, "exec", dont_inherit=True)
    target = Path(importlib.util.cache_from_source(str(file)))
    target.parent.mkdir(exist_ok=True)
    checked = importlib.util.source_hash(file.read_bytes())
    target.write_bytes(importlib.util.MAGIC_NUMBER + _UNCHECKED + checked + marshal.dumps(code))
