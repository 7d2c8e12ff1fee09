"""How a body is read: what a value may be, and objects of named elements. Knows no question.

A kind of value returns what a JSON value means, or raises ValueError that says what is allowed. An
object raises Wrong: all that is wrong in it, each by its place. Nothing is ignored: an element that
an object does not list is a mistake too. Of the house, because the library that could do it took
half of a start (docs/decisions/0073-questions-are-read-by-a-table.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

MAX_ECHO = 60
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Absent:
    """What stands for an element that is not there."""


ABSENT = Absent()


class Kind(Protocol):
    """What a value may be."""

    def read(self, value: object) -> Any:
        """Return what a JSON value means. Raises ValueError that says what is allowed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: the names of elements and the places in arrays down to it."""

    place: tuple[str | int, ...]
    text: str


class Wrong(ValueError):
    """What is wrong within a value, in the order of the elements."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(one.text for one in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Choice(Generic[E]):
    """One of a few words."""

    of: type[E]

    def read(self, value: object) -> E:
        """Return the word."""
        if isinstance(value, str):
            for one in self.of:
                if one == value:
                    return one
        *first, last = (f"'{one}'" for one in self.of)
        raise ValueError(f"allowed: {', '.join(first)} or {last}")


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within limits."""

    least: int
    most: int

    def read(self, value: object) -> int:
        """Return the number; a truth value is none."""
        if isinstance(value, int) and not isinstance(value, bool) and self._holds(value):
            return value
        raise ValueError(f"is a whole number from {self.least} to {self.most}")

    def _holds(self, value: int) -> bool:
        return self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: object) -> bool:
        """Return it."""
        if isinstance(value, bool):
            return value
        raise ValueError("is true or false")


@dataclass(frozen=True, slots=True)
class Text:
    """A string that can be written down, of at most so many characters."""

    most: int | None = None

    def read(self, value: object) -> str:
        """Return it."""
        if not isinstance(value, str):
            raise ValueError("is a string")
        if lone_surrogate(value):
            raise ValueError("is a string without lone surrogates")
        if self.most is not None and len(value) > self.most:
            raise ValueError(f"has at most {self.most} characters")
        return value


@dataclass(frozen=True, slots=True)
class Told:
    """What a function reads, or refuses with ValueError; `json` says what that is in JSON."""

    reader: Callable[[object], Any]
    json: object

    def read(self, value: object) -> Any:
        """Return what the function makes of it."""
        return self.reader(value)


@dataclass(frozen=True, slots=True)
class OrNull:
    """A kind, or null."""

    kind: Kind

    def read(self, value: object) -> Any:
        """Return None for null."""
        return None if value is None else self.kind.read(value)


@dataclass(frozen=True, slots=True)
class Many:
    """An array of a kind, as a tuple."""

    kind: Kind
    most: int
    least: int = 0

    def read(self, value: object) -> tuple[Any, ...]:
        """Return what is in it."""
        if not isinstance(value, list | tuple):
            raise ValueError("is an array")
        if len(value) > self.most:  # before all of them are read
            raise ValueError(f"has at most {self.most} items")
        found, wrong = list[Any](), list[Problem]()
        for index, one in enumerate(value):
            try:
                found.append(self.kind.read(one))
            except ValueError as error:
                wrong += _within(index, error)
        if len(value) < self.least:
            wrong.append(Problem((), f"has at least {self.least} items"))
        if wrong:
            raise Wrong(wrong)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an object: its kind, and what else holds.

    One that is not required and not there is the default of what is made. `fits` returns the value
    or raises ValueError, given the elements before it that could be read; it is asked of an
    element that is not there as well, with ABSENT.
    """

    kind: Kind
    required: bool = False
    fits: Callable[[Any, Mapping[str, Any]], Any] | None = None


@dataclass(frozen=True, slots=True)
class Object(Generic[T]):
    """An object of elements, and what is made of them; `holds` raises ValueError of the whole."""

    make: Callable[..., T]
    elements: Mapping[str, Element]
    holds: Callable[[T], None] | None = None

    def read(self, value: object) -> T:
        """Return what is made of its elements. Raises Wrong, or ValueError of the whole."""
        allowed = ", ".join(self.elements)
        if not isinstance(value, dict):
            raise ValueError(f"is an object with: {allowed}")
        found, wrong = dict[str, Any](), list[Problem]()
        for name, element in self.elements.items():
            try:
                found |= _read(element, name, value, found)
            except ValueError as error:
                wrong += _within(name, error)
        told = f"is not known; allowed: {allowed}"
        wrong += [Problem((name,), told) for name in value if name not in self.elements]
        if wrong:
            raise Wrong(wrong)
        made = self.make(**found)
        if self.holds:
            self.holds(made)
        return made


def lone_surrogate(text: str) -> bool:
    """Return whether a text holds half of a character, which nobody can write down."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def echo(name: str) -> str:
    """Return what a refusal repeats of a name: short, and text whatever the name holds."""
    return name[:MAX_ECHO].encode(errors="backslashreplace").decode()


def problems_of(error: ValueError) -> Sequence[Problem]:
    """Return what is wrong, where a kind said so."""
    return error.problems if isinstance(error, Wrong) else [Problem((), str(error))]


def _read(
    element: Element, name: str, body: Mapping[str, object], before: Mapping[str, Any]
) -> dict[str, Any]:
    if name not in body and element.required:
        raise ValueError("is required")
    if name not in body and element.fits is None:
        return {}
    value = element.kind.read(body[name]) if name in body else ABSENT
    return {name: element.fits(value, before) if element.fits else value}


def _within(step: str | int, error: ValueError) -> list[Problem]:
    return [Problem((step, *one.place), one.text) for one in problems_of(error)]
