"""Small things about syntax trees that the others share. Knows no rule of leanness."""

import ast
from collections.abc import Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)


def at(place: ast.AST, node: Node) -> Node:
    """Return a new node, standing where another one does, so that a traceback names that line."""
    for one in ast.walk(node):
        if "lineno" in one._attributes and getattr(one, "lineno", None) is None:
            ast.copy_location(one, place)
    return node


def written(place: ast.AST, text: str) -> list[ast.stmt]:
    """Return the statements of a text, all standing where another node does."""
    made = ast.parse(text)
    for one in ast.walk(made):
        if "lineno" in one._attributes:
            ast.copy_location(one, place)
    return made.body


def name_of(node: ast.expr) -> str:
    """Return the last part of a name, as `field` of `dataclasses.field`; empty for no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def constant(node: ast.expr) -> object:
    """Return the value of a literal; the node itself where it is none."""
    return node.value if isinstance(node, ast.Constant) else node


def stored(place: ast.AST, names: Sequence[str], value: ast.expr) -> ast.stmt:
    """Return `a = b = value`."""
    targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
    return at(place, ast.Assign(targets, value))


def used(tree: ast.Module) -> set[str]:
    """Return the names that a module reads anywhere, and those it says are its own to give."""
    found = {
        one.id
        for one in ast.walk(tree)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    }
    for one in tree.body:
        if isinstance(one, ast.Assign) and any(name_of(t) == "__all__" for t in one.targets):
            found |= {
                str(name.value) for name in ast.walk(one.value) if isinstance(name, ast.Constant)
            }
    return found
