"""Keeps the collector away while a function's handler is imported.

Modules make much that lives as long as the process: to look through it again and again while they
are imported finds nothing, and neither does any later look. So the collector is off until the
handler's module is done, and then told to leave alone what there is.
"""

import ast

from lean.trees import written


def keep_collector_away(tree: ast.Module) -> ast.Module:
    """Wrap the body of a handler's module, in place, and return it."""
    doc = tree.body[: ast.get_docstring(tree) is not None]
    first, last = tree.body[0], tree.body[-1]
    before, after = "import gc\ngc.disable()", "gc.freeze()\ngc.enable()"
    rest = tree.body[len(doc) :]
    tree.body = [*doc, *written(first, before), *rest, *written(last, after)]
    return tree
