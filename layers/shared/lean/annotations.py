"""Drops what only type checkers read, and the imports that nobody needs then.

Annotations go, and bases, names and blocks that stand for type checkers alone. What people import
for another reason stays: only a name that was read before, and is read no more, is dropped.
"""

import ast

from lean.classes import decorator_of
from lean.trees import at, constant, name_of, used

# Bases that say something to type checkers alone.
_BASES = {"Protocol", "Generic"}


class Annotations(ast.NodeTransformer):
    """Drops annotations of functions, arguments and variables, and blocks under TYPE_CHECKING."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # ast's name
        """Drop what it returns and takes."""
        node.returns = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Drop what it is."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Keep the assignment, if it is one."""
        if node.value is None:
            return None
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Keep of `if TYPE_CHECKING` what runs."""
        self.generic_visit(node)
        return node.orelse if name_of(node.test) == "TYPE_CHECKING" else node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Drop bases that are none when it runs, and of what the others are: nobody can be asked
        that without `Generic`. What is still a dataclass reads its fields."""
        node.bases = [_whole(base) for base in node.bases if _base(base) not in _BASES]
        fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
        kept = fields if decorator_of(node) else []
        body = [one if one in kept else self.visit(one) for one in node.body]
        node.body = [one for one in body if one] or [at(node, ast.Pass())]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Let an alias of types be made of any type that exists without `typing`."""
        if node.id == "Any":
            return ast.copy_location(ast.Name("object", node.ctx), node)
        return node


def drop(tree: ast.Module, before: set[str]) -> None:
    """Drop all of it from a module, in place, and of the names read before what is read no more."""
    Annotations().visit(tree)
    names = used(tree)
    tree.body = [one for one in tree.body if not _idle_variable(one, names)]
    idle = before - used(tree)
    _Imports(idle).visit(tree)


def _base(node: ast.expr) -> str:
    return name_of(_whole(node))


def _whole(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _idle_variable(node: ast.stmt, names: set[str]) -> bool:
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
        return False
    told = node.value.args[0] if node.value.args else None
    return (
        name_of(node.value.func) == "TypeVar" and told is not None and constant(told) not in names
    )


class _Imports(ast.NodeTransformer):
    """Drops imports of names."""

    def __init__(self, idle: set[str]) -> None:
        self._idle = idle

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        """Keep the names that are read."""
        return self._kept(node)

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        """Keep the modules that are read."""
        return self._kept(node)

    def _kept(self, node: ast.Import | ast.ImportFrom) -> ast.AST | None:
        node.names = [
            one for one in node.names if (one.asname or one.name.split(".")[0]) not in self._idle
        ]
        return node if node.names else None
