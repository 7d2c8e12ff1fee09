"""What written-out classes share when they run: the rest of what a dataclass does.

Copied into the artefacts as `openbunker.plain`; no source imports it. Imports nothing but
`dataclasses`, and that only for whoever asks for a class's fields in that module's own words.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

# What an argument is that was not given, where its default is made anew each time.
ABSENT: Any = object()


class _Described:
    """A class's fields as `dataclasses` describes them, made when somebody first asks.

    With it `dataclasses.fields`, `replace`, `asdict` and `is_dataclass` work as ever.
    """

    def __init__(self) -> None:
        self._made: dict[type, Mapping[str, Any]] = {}

    def __get__(self, _one: object, owner: Any) -> Mapping[str, Any]:
        if owner not in self._made:
            self._made[owner] = _described(owner)
        return self._made[owner]


class Plain:
    """Base of written-out classes. Equal, hashed and shown by its fields, as dataclasses are.

    `__names__` are the fields; the other tuples are given where they are not the same.
    """

    __slots__ = ()
    __match_args__ = ()
    __names__: ClassVar[tuple[str, ...]] = ()
    __compared__: ClassVar[tuple[str, ...] | None] = None
    __hashed__: ClassVar[tuple[str, ...] | None] = None
    __shown__: ClassVar[tuple[str, ...] | None] = None
    __factories__: ClassVar[Mapping[str, Any]] = {}
    __dataclass_fields__ = _Described()

    def __class_getitem__(cls, _parameter: object) -> type:
        return cls

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        names = self.__names__ if self.__compared__ is None else self.__compared__
        return _values(self, names) == _values(other, names)

    def __hash__(self) -> int:
        names = self.__names__ if self.__hashed__ is None else self.__hashed__
        return hash(_values(self, names))

    def __repr__(self) -> str:
        names = self.__names__ if self.__shown__ is None else self.__shown__
        told = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
        return f"{self.__class__.__qualname__}({told})"

    def __replace__(self, /, **changes: Any) -> Any:
        return replace(self, **changes)


class _Field:
    """A field by its name; more of it is known to `dataclasses.fields`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def fields(thing: Any) -> tuple[Any, ...]:
    """Return what `dataclasses.fields` does, of which callers read the names alone."""
    return tuple([_Field(name) for name in thing.__names__])


def replace(thing: Any, /, **changes: Any) -> Any:
    """Return a copy with other values, as `dataclasses.replace` does."""
    for name in _arguments(thing.__class__):
        if name not in changes:
            changes[name] = getattr(thing, name)
    return thing.__class__(**changes)


def _arguments(made: Any) -> tuple[str, ...]:
    code = made.__init__.__code__
    names: tuple[str, ...] = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    return names


def _values(thing: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple([getattr(thing, name) for name in names])


def _described(made: Any) -> Mapping[str, Any]:
    from dataclasses import field, make_dataclass  # noqa: PLC0415

    arguments, defaults = _arguments(made), _defaults(made)
    found = []
    for name in made.__names__:
        told: dict[str, Any] = {"init": name in arguments}
        for word, names in (("repr", made.__shown__), ("compare", made.__compared__)):
            told[word] = names is None or name in names
        if name in made.__factories__:
            told["default_factory"] = made.__factories__[name]
        elif name in defaults:
            told["default"] = defaults[name]
        found.append((name, object, field(**told)))
    described: Mapping[str, Any] = make_dataclass(
        made.__name__, found, kw_only=not made.__match_args__
    ).__dataclass_fields__  # type: ignore[attr-defined]
    return described


def _defaults(made: Any) -> dict[str, Any]:
    init = made.__init__
    given = init.__defaults__ or ()
    places = init.__code__.co_varnames[: init.__code__.co_argcount]
    return dict(zip(places[len(places) - len(given) :], given, strict=True)) | (
        init.__kwdefaults__ or {}
    )
