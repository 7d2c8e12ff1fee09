"""What a text that somebody sent can be read as: its values, and what its encodings hide. Pure.

What parses as JSON gives its values, and what these are once they are decoded, layer by layer. What
does not parse gives texts in which a name may stand anywhere. Knows decodings, and no names.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from openbunker.erasure import decodings

# Layers that are taken off: who has wrapped a text more often may have hidden anything in it.
MAX_LAYERS = 8
# Characters that are looked at for each one of the text, and beside that: a text that unpacks to
# more is not looked through.
MOST_TIMES, MOST_MORE = 64, 1 << 20
# Where a text ends in the middle of an encoded character.
_HALF = re.compile(r"(?:%[0-9a-fA-F]?|\\(?:[uUx][0-9a-fA-F]{0,7})?|&#?\w{0,8}|\ufffd+)$")
# Parts of addresses, forms, cookies and data URLs; and how a text of those is known.
_PARTS = re.compile(r"[?&;=#<>/:,\s]+")
_HAS_PARTS = re.compile(r"=|&|://|^/|^data:|<")
_JSON_BEGINS = ("{", "[", '"')


class Readings:
    """What a text says: `values` that it holds, `texts` in which something may stand anywhere.

    `endless` where there was more than is looked at: then nobody can say what it holds.
    """

    def __init__(self, room: int) -> None:
        self.values: set[str] = set()
        self.texts: set[str] = set()
        self.endless = False
        self._room = room

    def take(self, text: str) -> bool:
        """Count a text as looked at; return whether there was room for it."""
        self._room -= len(text)
        self.endless = self.endless or self._room < 0
        return not self.endless


def read(text: str) -> Readings:
    """Return what a text says: its values where it is JSON, else what it may say."""
    return _looked(_read, text)


def read_loosely(text: str) -> Readings:
    """Return what a text that is no JSON may say."""
    return _looked(_loose, text)


def _looked(look: Callable[[str, Readings, int], None], text: str) -> Readings:
    found = Readings(MOST_TIMES * len(text) + MOST_MORE)
    try:
        look(text, found, MAX_LAYERS)
    except decodings.Endless:
        found.endless = True
    return found


def _read(text: str, found: Readings, layers: int) -> None:
    try:
        numbers: Any = {"parse_int": _Number, "parse_float": _Number}
        parsed = json.loads(text, parse_constant=_no_json, **numbers)
    except (ValueError, RecursionError):
        _loose(text, found, layers)
        return
    for leaf in _leaves(parsed):
        if isinstance(leaf, _Number):
            found.values |= _numbers(leaf)
        else:
            _value(leaf, found, layers)


def _value(text: str, found: Readings, layers: int) -> None:
    """Add a value, and what it is once it is decoded."""
    if text in found.values or not found.take(text):
        return
    found.values.add(text)
    if layers == 0:
        found.endless = found.endless or any(_undone(text))
        return
    if text.lstrip()[:1] in _JSON_BEGINS:
        _read(text, found, layers - 1)
    for inner in _undone(text):
        _value(inner, found, layers - 1)
    if _HAS_PARTS.search(text):
        for part in _PARTS.split(text):
            _value(part, found, layers - 1)


def _undone(text: str) -> Iterator[str]:
    """Yield what a value is when one of its encodings is undone."""
    for undo in decodings.UNDO:
        inner = undo(text)
        if inner != text:
            yield inner
    for data in decodings.packed(text):
        yield from decodings.whole_texts(data)


def _loose(text: str, found: Readings, layers: int) -> None:
    """Add a text, and what it becomes as its encodings are undone again and again."""
    last = {text}
    for _ in range(layers):
        last = {one for one in last - found.texts if found.take(one)}
        if not last:
            return
        found.texts |= last | {_HALF.sub("", one) for one in last}
        last = set(_all_undone(last))
    found.endless = found.endless or bool(last - found.texts)


def _all_undone(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (undo(text) for undo in decodings.UNDO)
        pieces = [one for data in decodings.packed_within(text) for one in decodings.texts(data)]
        if pieces:
            yield "\n".join(pieces)
            yield from pieces[-1:]  # what was cut off ends within the last one


def _leaves(value: Any) -> Iterator[str]:
    """Yield the texts, the numbers and the names of members within a value."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, str):
            yield one


class _Number(str):
    """A number of JSON, as it is spelled there."""

    __slots__ = ()


def _numbers(spelled: str) -> set[str]:
    """Return a number as it is spelled, and as we would write it."""
    value = float(spelled)
    written = str(int(value)) if value.is_integer() else str(value)
    return {str(spelled), written}


def _no_json(constant: str) -> Any:
    """Refuse NaN and Infinity, which Python takes for JSON."""
    raise ValueError(constant)
