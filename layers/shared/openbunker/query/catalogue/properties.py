"""What rows hold: paths, types, how often, examples, and what is new in the younger of them. Pure.

A field that is null is a missing one, as in questions. Keeps nothing: what is told goes with the
rows that it was read from.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openbunker.core.times import iso
from openbunker.query.question.columns import MAX_DEPTH

MAX_PATHS, MAX_EXAMPLES, MAX_EXAMPLE = 300, 3, 100
# When a row was received, and its properties.
Row = tuple[int, Mapping[str, Any]]


@dataclass(slots=True)
class _Field:
    types: Counter[str] = field(default_factory=Counter)
    examples: list[Any] = field(default_factory=list)
    first_ms: dict[str, int] = field(default_factory=dict)

    def add(self, at_ms: int, kind: str, value: Any) -> None:
        self.types[kind] += 1
        self.first_ms[kind] = min(at_ms, self.first_ms.get(kind, at_ms))
        known = [(type(one), one) for one in self.examples]
        is_new = _is_short(value) and (type(value), value) not in known
        if is_new and len(known) < MAX_EXAMPLES:
            self.examples.append(value)


@dataclass(frozen=True, slots=True)
class Told:
    """The fields of some rows as JSON values, and how many more there are."""

    fields: list[dict[str, Any]]
    left_out: int


def told(young: Sequence[Row], old: Sequence[Row]) -> Told:
    """Return the fields of rows, those that most rows have first; both newest first.

    `changed` says what the young rows have and the old ones have not, if there are any old ones.
    """
    fields, before = _fields([*young, *old]), _fields(old)
    rows = len(young) + len(old)
    paths = sorted(fields, key=lambda path: (-fields[path].types.total(), path))
    found = []
    for path in paths[:MAX_PATHS]:
        one = fields[path]
        shown = {
            "path": path,
            "types": dict(one.types.most_common()),
            "fill": round(one.types.total() / rows, 4),
            "examples": one.examples,
            "changed": _changed(one, before.get(path)) if old else [],
        }
        found.append(shown)
    return Told(found, max(0, len(paths) - MAX_PATHS))


def _changed(one: _Field, before: _Field | None) -> list[dict[str, str]]:
    if before is None:
        return [{"what": "new_property", "at": iso(min(one.first_ms.values()))}]
    new = sorted(set(one.types) - set(before.types))
    return [{"what": "new_type", "type": kind, "at": iso(one.first_ms[kind])} for kind in new]


def _fields(rows: Sequence[Row]) -> dict[str, _Field]:
    found: dict[str, _Field] = {}
    for at_ms, properties in rows:
        for path, kind, value in _values(properties, ""):
            found.setdefault(path, _Field()).add(at_ms, kind, value)
    return found


def _values(
    members: Mapping[str, Any], before: str, depth: int = 1
) -> Iterator[tuple[str, str, Any]]:
    """Yield path, type and value of what is there; of an object its members, down to a depth."""
    for name, value in members.items():
        path = before + name
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            yield from _values(value, f"{path}.", depth + 1)
        elif value is not None:
            yield path, _kind(value), value


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _is_short(value: Any) -> bool:
    """Return whether a value is worth showing: a scalar, and no long text."""
    return isinstance(value, bool | int | float) or (
        isinstance(value, str) and len(value) <= MAX_EXAMPLE
    )
