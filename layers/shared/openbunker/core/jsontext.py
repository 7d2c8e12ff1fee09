"""JSON text -> Python values, strictly, with errors that name line and column; and quickly back.

Refuses NaN and Infinity, which JSON (RFC 8259) does not have, depth beyond MAX_DEPTH and more
objects and lists than MAX_NODES. Of a repeated key the last counts. Knows nothing of events.
"""

import json
import json.encoder
import re
from collections.abc import Callable
from typing import Any, NoReturn

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason

# Far beyond any event's, and well within what the interpreter and the query engines can follow.
MAX_DEPTH = 100
# Of 3 bytes in a body an object is 72 in memory, so a body of 1 MiB would take a third of a second
# and 50 MB, from whoever sends it. A vendor's largest batch, 2,500 messages, may have 20 in each.
MAX_NODES = 50_000
# The largest 64-bit float has so many digits before its point.
_MAX_DIGITS = 309
# Where one character of a hundred is looked at, three digits of a number that long are seen, also
# where its sign is one of its characters.
_STRIDE, _IS_LONG = 100, re.compile("[0-9]{3}")
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)')


def parse(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8 (a leading BOM is ignored).

    A number beyond a 64-bit float is infinite here, as in JavaScript, and is refused where it
    stands. Raises RequestRefused with INVALID_UTF8 or MALFORMED_JSON; the message names the place.
    """
    try:
        text = body.decode().removeprefix("\ufeff")  # "utf-8-sig" is a module to import
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8: byte {error.start} cannot be decoded."
        raise RequestRefused(Reason.INVALID_UTF8, message) from None
    nodes = text.count("[") + text.count("{")
    if nodes > MAX_NODES and _nodes(text) > MAX_NODES:
        message = f"The JSON holds more than {MAX_NODES:,} objects and lists; send it in parts."
        raise RequestRefused(Reason.MALFORMED_JSON, message)
    try:
        value = (_decode_long if _IS_LONG.search(text[::_STRIDE]) else _decode)(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise RequestRefused(Reason.MALFORMED_JSON, f"{error.msg} at {place}") from None
    except _NotJson as error:
        text = f"{error} is not a JSON value at {_place_of_constant(text)}"
        raise RequestRefused(Reason.MALFORMED_JSON, text) from None
    except RecursionError:
        raise _too_deep() from None
    if nodes > MAX_DEPTH and _deeper(value, nodes):
        raise _too_deep()
    return value


def writer(encoder: json.JSONEncoder) -> Callable[[Any], str]:
    """Return what an encoder does with any value that is a tree; `encode` prepares for each one."""
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    text_of: Any = json.encoder.encode_basestring
    if encoder.ensure_ascii:
        text_of = json.encoder.encode_basestring_ascii
    parts = make(
        *(None, encoder.default, text_of, None, encoder.key_separator, encoder.item_separator),
        *(encoder.sort_keys, encoder.skipkeys, encoder.allow_nan),
    )
    return lambda value: "".join(parts(value, 0))


def _nodes(text: str) -> int:
    """Return how many objects and lists begin in a text, but for brackets within its strings."""
    outside = text.replace("\\\\", "").replace('\\"', "").split('"')[::2]
    return sum(part.count("[") + part.count("{") for part in outside)


def _deeper(value: Any, nodes: int) -> bool:
    """Return whether a value has more than MAX_DEPTH levels, without recursion of its own.

    `nodes` is the most objects and lists that it can hold. Once no more of them are left than
    there are levels to go, it cannot be that deep.
    """
    level = [value]
    for depth in range(1, MAX_DEPTH + 1):
        nodes -= len(level)
        if depth + nodes <= MAX_DEPTH:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _too_deep() -> RequestRefused:
    text = f"The JSON is nested too deeply: more than {MAX_DEPTH} levels."
    return RequestRefused(Reason.MALFORMED_JSON, text)


def _integer(digits: str) -> int | float:
    # Python refuses to convert thousands of digits.
    return int(digits) if len(digits.lstrip("-")) < _MAX_DIGITS else float(digits)


class _NotJson(Exception):
    """The decoder met NaN or an Infinity, which it would take."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NotJson(name)


def _place_of_constant(text: str) -> str:
    """Return where the first NaN or Infinity stands: the decoder does not tell its hook."""
    at = next(found.start(1) for found in _STRING_OR_CONSTANT.finditer(text) if found[1])
    line_start = text.rfind("\n", 0, at)
    return f"line {text.count(chr(10), 0, at) + 1} column {at - line_start}"


# Built once: `json.loads` with options builds a decoder at each call. The first asks nobody about
# its integers.
_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode
_decode_long = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer).decode
