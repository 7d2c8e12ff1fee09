"""One module: from its source to lean code. Reads and writes no file.

A module that hands its annotations to somebody who reads them when it runs is left as it stands.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from lean import annotations, classes
from lean.trees import name_of, used, written

SHARED = "openbunker.plain"
# Imported from `dataclasses`, and served by SHARED in its place.
_SERVED = {"replace", "fields"}
# Whoever imports these reads annotations when it runs.
_READERS = ("pydantic", "get_type_hints")

# Returns the tree of a module by its dotted name, None for one that is not of this package.
Find = Callable[[str], ast.Module | None]


@dataclass
class Report:
    """What was done: dataclasses written out, those left with the reason, modules left."""

    modules: int = 0
    written_out: int = 0
    left: list[str] = field(default_factory=list)
    as_they_stand: list[str] = field(default_factory=list)


def lean(tree: ast.Module, name: str, find: Find, report: Report) -> ast.Module:
    """Make a module's tree lean, in place, and return it."""
    imported = _imported(tree)
    if any(reader in imported for reader in _READERS):
        report.as_they_stand.append(name)
        return tree
    report.modules += 1
    before = used(tree)
    if "dataclasses" in imported:
        _serve(tree, _write_out(tree, name, find, report))
    annotations.drop(tree, before)
    return ast.fix_missing_locations(tree)


def _imported(tree: ast.Module) -> set[str]:
    """Return the modules that are imported, and the names that are."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(one.name for one in node.names)}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


def _write_out(tree: ast.Module, name: str, find: Find, report: Report) -> set[str]:
    """Write the dataclasses of a module out; return the names of SHARED that it needs then."""
    known: dict[str, list[classes.Field]] = {}

    def inherited(base: str) -> list[classes.Field] | None:
        return known.get(base) or _elsewhere(tree, base, find)

    for one in tree.body:
        if isinstance(one, ast.ClassDef) and classes.decorator_of(one):
            try:
                known[one.name] = classes.write_out(one, inherited)
            except classes.NotKnown as why:
                report.left.append(f"{name}.{one.name}: {why}")
    report.written_out += len(known)
    return {classes.BASE, classes.ABSENT} if known else set()


def _elsewhere(tree: ast.Module, base: str, find: Find) -> list[classes.Field] | None:
    """Return the fields of a base that is imported; their defaults must stand for themselves."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and base in [one.name for one in node.names]:
            for one in (find(node.module or "") or ast.Module([], [])).body:
                if isinstance(one, ast.ClassDef) and one.name == base and not one.bases:
                    found = classes.fields_of(one) if classes.decorator_of(one) else []
                    return found if all(_stands_alone(field) for field in found) else None
    return None


def _stands_alone(field: classes.Field) -> bool:
    return not field.factory and (
        field.default is None or not any(isinstance(n, ast.Name) for n in ast.walk(field.default))
    )


def _serve(tree: ast.Module, needed: set[str]) -> None:
    """Import from SHARED what can be, and from `dataclasses` what is still read."""
    left = any(isinstance(one, ast.ClassDef) and classes.decorator_of(one) for one in tree.body)
    away = _SERVED if left else _SERVED | {"dataclass", "field"}
    for place, node in enumerate(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses":
            wanted = needed | {one.name for one in node.names if one.name in _SERVED}
            wanted &= {name_of(one) for one in ast.walk(tree) if isinstance(one, ast.Name)}
            node.names = [one for one in node.names if one.name not in away]
            text = f"from {SHARED} import {', '.join(sorted(wanted))}" if wanted else ""
            tree.body[place : place + 1] = [*written(node, text), *([node] if node.names else [])]
            return
