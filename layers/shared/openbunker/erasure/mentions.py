"""Whether a text that somebody sent names a customer, in whatever spelling. Pure.

What parses as JSON is compared value by value, also within texts that hold JSON themselves. What
does not parse is undone from its escapes, step by step, and names the customer wherever her name
then stands in it: it is kept only when it holds no such thing.
"""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, unquote_plus

# JSON within JSON within JSON: what is escaped more often is not undone any further.
MAX_ROUNDS = 8
# The end of a text that was cut off may be the beginning of a name; so much of it is a name.
MIN_PREFIX = 4
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def mentions(text: str, name: str) -> bool:
    """Return whether a text names a customer."""
    try:
        numbers: Any = {"parse_int": _Number, "parse_float": _Number}
        return _holds(json.loads(text, parse_constant=_no_json, **numbers), name)
    except (ValueError, RecursionError):
        return may_name(text, name)


def may_name(text: str, name: str) -> bool:
    """Return whether a text that is no JSON may name a customer: False only when it does not."""
    return any(name in form or _ends_within(form, name) for form in _forms(text))


def _holds(value: Any, name: str) -> bool:
    """Return whether a scalar or the name of a member within a value is the name."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, _Number):
            if _is_number(one, name):
                return True
        elif isinstance(one, str) and _is_text(one, name):
            return True
    return False


def _is_text(text: str, name: str) -> bool:
    return name in (text, unquote(text), unquote_plus(text)) or _holds_within(text, name)


class _Number(str):
    """A number of JSON, as it is spelled there."""

    __slots__ = ()


def _is_number(spelled: str, name: str) -> bool:
    """Return whether a number is a name: as it is spelled, or as we would write it."""
    value = float(spelled)
    written = str(int(value)) if value.is_integer() else str(value)
    return name in (spelled, written)


def _no_json(constant: str) -> Any:
    """Refuse NaN and Infinity, which Python takes for JSON."""
    raise ValueError(constant)


def _holds_within(text: str, name: str) -> bool:
    """Return whether a text that holds JSON itself, or looks like it, names the customer."""
    return text.lstrip()[:1] in ("{", "[", '"') and mentions(text, name)


def _forms(text: str) -> Iterable[str]:
    """Return a text, and what it becomes when its escapes are undone again and again."""
    found, last = {text}, {text}
    for _ in range(MAX_ROUNDS):
        undone = {undo(one) for one in last for undo in (_unescaped, unquote, unquote_plus)}
        last = undone - found
        if not last:
            break
        found |= last
    return found


def _unescaped(text: str) -> str:
    """Return a text without its JSON escapes; halves of a surrogate pair become their character."""
    plain = _ESCAPE.sub(lambda found: _character(found[1], found[2]), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _character(code: str | None, letter: str | None) -> str:
    if code:
        return chr(int(code, 16))
    return _PLAIN.get(letter or "", letter or "")


def _ends_within(text: str, name: str) -> bool:
    """Return whether a text ends with the beginning of a name, as one that was cut off may."""
    least = min(MIN_PREFIX, len(name))
    return any(text.endswith(name[:length]) for length in range(least, len(name)))
