"""The product's modules as read by `ast`: who imports whom, in which room. Runs nothing of them."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "layers/shared"
# Where packages are found, and the packages of the product there.
PRODUCT = ((SHARED, "openbunker"), (ROOT, "openbunker_local"), (ROOT, "functions"))
WORKSHOP = ((ROOT, "bench"), (ROOT, "scripts"), (SHARED, "lean"))


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, and its file."""

    name: str
    file: Path

    @cached_property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> frozenset[str]:
        """All names that it imports, those for type checkers and within functions included."""
        return frozenset(self._imports())

    def targets(self, modules: Mapping[str, "Source"]) -> set[str]:
        """The modules among some that it imports; a package only where nothing of it is named."""
        found = {one for one in self.imports if one in modules and one != self.name}
        parents = {one.rpartition(".")[0] for one in found}
        return {one for one in found if one not in parents or modules[one].defines}

    @cached_property
    def defines(self) -> bool:
        """Whether there is more in it than a docstring."""
        return len(self.tree.body) > 1

    def _imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def sources(places: tuple[tuple[Path, str], ...]) -> dict[str, Source]:
    """Return the modules of packages by their dotted names; a package is its `__init__`."""
    found = {}
    for base, package in places:
        for file in sorted((base / package).rglob("*.py")):
            name = file.relative_to(base).with_suffix("").as_posix().replace("/", ".")
            name = name.removesuffix(".__init__")
            found[name] = Source(name, file)
    return found


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def room_of(source: Source) -> str:
    """Return the room of a module: its package, if that holds no other one; else its own name.

    So `query.engine` and `query.endpoint` may lie below and above the rooms of `query`.
    """
    folder = source.file.parent
    if source.file.name == "__init__.py" or any(folder.glob("*/*.py")):
        return source.name
    return source.name.rpartition(".")[0]


def arrows(modules: Mapping[str, Source]) -> dict[str, set[str]]:
    """Return who imports whom among the modules."""
    return {name: source.targets(modules) for name, source in modules.items()}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the names along one circle of a graph, none where there is no circle."""
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        found = _walk(start, graph, path, done)
        if found:
            return found
    return []


def _walk(name: str, graph: Mapping[str, set[str]], path: list[str], done: set[str]) -> list[str]:
    if name in path:
        return [*path[path.index(name) :], name]
    if name in done:
        return []
    path.append(name)
    for other in sorted(graph.get(name, ())):
        found = _walk(other, graph, path, done)
        if found:
            return found
    path.pop()
    done.add(name)
    return []
