"""Writes dataclasses out as plain classes with slots, in the tree of one module.

A dataclass is compiled from text at each start, by a module that imports half a compiler. What is
written out has the same arguments, defaults, equality, hash and text, but may be written to: that
it never is, the tests have shown on the sources. Leaves what it does not know as it stands.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lean.trees import at, constant, name_of, stored, written

# Who it is called as in a module, after `annotations` has made the import of `openbunker.plain`.
BASE, ABSENT = "Plain", "ABSENT"
_KNOWN = {"frozen", "slots", "kw_only"}
_FIELD_KNOWN = {"default", "default_factory", "init", "repr", "compare", "hash"}


@dataclass(frozen=True)
class Field:
    """One field: what stands in the class body, and what `field(...)` says of it."""

    node: ast.AnnAssign
    name: str
    default: ast.expr | None = None
    factory: ast.expr | None = None
    init: bool = True
    shown: bool = True
    compared: bool = True
    hashed: bool = True


# Returns the fields of a base class by its name in the module, None for what is no dataclass.
Inherited = Callable[[str], Sequence[Field] | None]


class NotKnown(Exception):
    """A class uses what is not written out here; it stays a dataclass."""


def decorator_of(node: ast.ClassDef) -> ast.expr | None:
    """Return the decorator that makes a class a dataclass."""
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if name_of(called) == "dataclass":
            return one
    return None


def fields_of(node: ast.ClassDef) -> list[Field]:
    """Return the fields that stand in the body of a class. Raises NotKnown."""
    return [_field(one) for one in node.body if isinstance(one, ast.AnnAssign)]


def write_out(node: ast.ClassDef, inherited: Inherited) -> list[Field]:
    """Make a plain class of a dataclass, in place, and return its fields, inherited ones first.

    Raises NotKnown and leaves it untouched.
    """
    decorator = decorator_of(node)
    options = _options(decorator)
    _check(node)
    fields = fields_of(node)
    old = [one for base in node.bases for one in _fields_of_base(base, inherited)]
    node.decorator_list.remove(decorator)  # type: ignore[arg-type]  # it is one of them
    if not old:
        node.bases = [at(node, ast.Name(BASE, ast.Load()))]
    _fill(node, [*old, *fields], fields, options)
    return [*old, *fields]


def _options(decorator: ast.expr | None) -> dict[str, bool]:
    given = decorator.keywords if isinstance(decorator, ast.Call) else []
    options = {one.arg or "**": bool(constant(one.value)) for one in given}
    if not options.get("slots") or not set(options) <= _KNOWN:
        raise NotKnown(f"dataclass({', '.join(options)})")
    return options


def _check(node: ast.ClassDef) -> None:
    names = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    if names & {"__init__", "__eq__", "__hash__", "__setattr__", "__delattr__"}:
        raise NotKnown("a method that dataclasses write themselves")
    if node.keywords or len(node.bases) > 1:
        raise NotKnown("several bases, or a metaclass")


def _fields_of_base(base: ast.expr, inherited: Inherited) -> Sequence[Field]:
    if isinstance(base, ast.Subscript) and name_of(base.value) == "Generic":
        return []
    found = inherited(name_of(base))
    if not found:
        raise NotKnown(f"the base {ast.unparse(base)}")
    return found


def _field(node: ast.AnnAssign) -> Field:
    name = name_of(node.target)
    if "ClassVar" in ast.unparse(node.annotation) or "InitVar" in ast.unparse(node.annotation):
        raise NotKnown("a field that is none")
    value = node.value
    if not (isinstance(value, ast.Call) and name_of(value.func) == "field"):
        return Field(node, name, value)
    told = {one.arg or "**": one.value for one in value.keywords}
    if value.args or not set(told) <= _FIELD_KNOWN:
        raise NotKnown(f"field({', '.join(told)})")
    says = {word: constant(told[word]) is not False for word in told if "default" not in word}
    compared = says.get("compare", True)
    return Field(
        node,
        name,
        told.get("default"),
        told.get("default_factory"),
        init=says.get("init", True),
        shown=says.get("repr", True),
        compared=compared,
        hashed=says.get("hash", compared),
    )


def _fill(
    node: ast.ClassDef, fields: list[Field], own: list[Field], options: dict[str, bool]
) -> None:
    """Put slots and what differs in front of the body, and `__init__` where the fields ended."""
    doc = node.body[:1] if ast.get_docstring(node) is not None else []
    rest = node.body[len(doc) :]
    last = max((rest.index(one.node) for one in own), default=-1)
    before = [one for one in rest[: last + 1] if one not in [f.node for f in own]]
    inherits = not own and bool(fields)
    init = [] if inherits else [_init(node, fields, bool(options.get("kw_only")))]
    node.body = [*doc, *_tuples(node, fields, own, options), *before, *init, *rest[last + 1 :]]


def _tuples(
    node: ast.ClassDef, fields: list[Field], own: list[Field], options: dict[str, bool]
) -> list[ast.stmt]:
    names = tuple(one.name for one in fields)
    by_place = tuple(one.name for one in fields if one.init and not options.get("kw_only"))
    told: dict[tuple[str, ...], list[str]] = {tuple(one.name for one in own): ["__slots__"]}
    told.setdefault(names, []).append("__names__")
    if by_place:
        told.setdefault(by_place, []).append("__match_args__")
    for word, which in (("shown", "shown"), ("compared", "compared"), ("hashed", "hashed")):
        some = tuple(one.name for one in fields if getattr(one, which))
        if some != names:
            told.setdefault(some, []).append(f"__{word}__")
    made = [stored(node, targets, _tuple(value)) for value, targets in told.items()]
    factories = [one for one in fields if one.factory]
    if factories:
        keys: list[ast.expr | None] = [ast.Constant(one.name) for one in factories]
        values = [one.factory for one in factories if one.factory]
        made.append(stored(node, ["__factories__"], ast.Dict(keys, values)))
    if not options.get("frozen"):
        made.append(stored(node, ["__hash__"], ast.Constant(None)))
    return made


def _tuple(names: tuple[str, ...]) -> ast.expr:
    return ast.Tuple([ast.Constant(name) for name in names], ast.Load())


def _init(node: ast.ClassDef, fields: list[Field], kw_only: bool) -> ast.stmt:
    given = [one for one in fields if one.init]
    arguments = [at(one.node, ast.arg(one.name)) for one in given]
    defaults = [_default(one) for one in given]
    own = at(node, ast.arg("self"))
    taken = ast.arguments(posonlyargs=[], args=[own], kwonlyargs=[], kw_defaults=[], defaults=[])
    if kw_only:
        taken.kwonlyargs, taken.kw_defaults = arguments, defaults
    else:
        taken.args += arguments
        taken.defaults = [one for one in defaults if one]
    body = [_assignment(one) for one in fields if one.init or one.default]
    if any(isinstance(one, ast.FunctionDef) and one.name == "__post_init__" for one in node.body):
        body += written(node, "self.__post_init__()")
    made = written(node, "def __init__(): pass")[0]
    assert isinstance(made, ast.FunctionDef)
    made.args, made.body = taken, [at(node, one) for one in body] or made.body
    return at(node, made)


def _default(field: Field) -> ast.expr | None:
    if field.factory:
        return at(field.node, ast.Name(ABSENT, ast.Load()))
    return field.default


def _assignment(field: Field) -> ast.stmt:
    given: ast.expr = ast.Name(field.name, ast.Load())
    if not field.init and field.default:
        given = field.default
    if field.factory:
        absent = ast.Compare(given, [ast.Is()], [ast.Name(ABSENT, ast.Load())])
        given = ast.IfExp(absent, ast.Call(field.factory, [], []), given)
    target = ast.Attribute(ast.Name("self", ast.Load()), field.name, ast.Store())
    return at(field.node, ast.Assign([target], given))
