"""Spoils requests: valid bodies with a part dropped, doubled, swapped, bloated or broken.

Pure but for the random generator that the caller brings: a seed makes the same request again, and
Hypothesis brings one that it can shrink.
"""

import copy
import gzip
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

ODD_TEXTS = (
    "", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "é", "e\u0301", "😀" * 40,
    "NaN", "null", "undefined", "[object Object]", "-1", "1e400", "0x1F", "\u0663", "\uff19",
    "x" * 129, "x" * 300, "x" * 9000, "\r\nx: y", "../../etc/passwd", "'; --", "${a}",
    "%00", "%ff", "a.b.c",
    "2024-02-30", "2024-01-01T00:00:00.000Z", "+275760-09-13T00:00:00.001Z", "24:00", "today",
    "https://user@shop.example:99999/", "http://[::1", "//", "https://shop.example/?utm_source=%ff",
    "minus_5_minutes", "__proto__", "constructor", "custom", "count", "sum", "properties.a.b",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -0.0, -1, 1.5, 1e308, 5e-324, 2**53, 2**63, 2**64, -(2**63) - 1, 10**308,
    10**400, float("inf"), float("nan"), 8_640_000_000_000_001, [], {}, [None], [[]], [{}],
    {"": ""}, {"a": {"a": {"a": 1}}}, [1, "a", True], ["a"] * 300,
)  # fmt: skip
ODD_HEADERS = (
    "", " ", "null", "gzip", "deflate", "br", "gzip,gzip", "identity", "GZIP", "Bearer ",
    "Bearer x", "Basic ", "Basic Og==", "Basic \xff", "Basic !!", "a,b", "https://shop.example",
    "http://[::1", "https://evil.example", "\xff", "\xfc\x80", "x" * 5000, "text/plain",
    "1.2.3.4, ::1", "DE",
)  # fmt: skip
HEADER_NAMES = (
    "content-type", "content-encoding", "origin", "authorization", "user-agent", "x-forwarded-for",
    "cloudfront-viewer-country", "x-api-key", "accept", "host", "cookie", "referer",
)  # fmt: skip
MIB = 1024 * 1024
# Of bodies of a MiB: what is repeated in a list, since of so few bytes it makes most to read.
HEAVY = (
    b"{}", b"[]", b'{"":0}', b"[0]", b"1.5", b'"ab"', b"[" * 90 + b"]" * 90,
    b'{"":' * 45 + b"0" + b"}" * 45, b'"\\ud83d\\ude00"', b'"1.1.1.1"', b'{"type":"track"}',
)  # fmt: skip
DEPTHS = (90, 101, 400, 5000)


def heavy(one: bytes) -> bytes:
    """Return a list of as many as fit into a MiB."""
    return b"[" + b",".join([one] * (MIB // (len(one) + 1) - 1)) + b"]"


def spoil_value(value: Any, rng: random.Random) -> Any:
    """Return a JSON value with one to three of its parts changed."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        places = list(_places(value))
        if not places:
            return _odd(value, rng)
        parent, place = rng.choice(places)
        rng.choice(_CHANGES)(parent, place, rng)
    return value


def spoil_text(text: str, rng: random.Random) -> str:
    """Return JSON text with what only text can have: a repeated key, odd tokens, great depth."""
    change = rng.randint(0, 5)
    at = rng.randint(0, len(text))
    if change == 0:
        return text.replace('": ', '": 1, "x": ', 1).replace('"x"', rng.choice(('"name"', '"a"')))
    if change == 1:
        depth = rng.choice(DEPTHS)
        opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
        return text.replace('": ', '": ' + opening * depth + "1" + closing * depth + ', "y": ', 1)
    if change == 2:
        return (
            text[:at]
            + rng.choice(("NaN", "-Infinity", ",", "}", '"', "\\", "\0", "//"))
            + text[at:]
        )
    if change == 3:
        return text[:at]
    if change == 4:
        return text.replace("1", "1" + "0" * rng.choice((20, 310, 6000)), 1)
    return text + rng.choice((" ", "\n", "x", text, "\0"))


def spoil_bytes(data: bytes, rng: random.Random) -> bytes:
    """Return bytes with some of them flipped, cut, doubled or preceded."""
    change, at = rng.randint(0, 4), rng.randint(0, max(len(data) - 1, 0))
    if change == 0 and data:
        return data[:at] + bytes([data[at] ^ 1 << rng.randint(0, 7)]) + data[at + 1 :]
    if change == 1:
        return data[:at]
    if change == 2:
        return data[:at] + data[at : at + 40] * 2 + data[at + 40 :]
    if change == 3:
        return rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"\0", b"\xc0\xaf")) + data
    return bytes(rng.randint(0, 255) for _ in range(rng.randint(0, 60)))


def encoded(data: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Return bytes as one of the encodings has them, rightly or wrongly, and the header."""
    name = rng.choice(("gzip", "deflate", "raw", "br", "identity", "gzip-cut", "gzip-two"))
    if name == "deflate":
        return zlib.compress(data), "deflate"
    if name == "raw":
        return zlib.compress(data, wbits=-zlib.MAX_WBITS), "deflate"
    if name in ("br", "identity"):
        return data, name
    whole = gzip.compress(data, mtime=0)
    if name == "gzip-cut":
        return spoil_bytes(whole, rng), "gzip"
    return (whole * 2 if name == "gzip-two" else whole), "gzip"


def spoil_headers(headers: dict[str, str], rng: random.Random) -> dict[str, str]:
    """Return headers with one dropped, changed, renamed in case, or added."""
    headers = dict(headers)
    change = rng.randint(0, 3)
    if change == 0 or not headers:
        headers[rng.choice(HEADER_NAMES)] = rng.choice(ODD_HEADERS)
        return headers
    name = rng.choice(sorted(headers))
    value = headers.pop(name)
    if change == 1:
        headers[name] = rng.choice((*ODD_HEADERS, f"{value},{value}", value[:-1], f" {value} "))
    elif change == 2:
        headers[name.swapcase()] = value
    return headers


def spoil_query(query: str, rng: random.Random) -> str:
    """Return a query string with a part dropped, doubled, broken or added."""
    odd = ("", "=", "&&", "%", "%ff=%00", "a=" + "b" * 3000, query, query[:-1], "client_id=%ud800")
    found = rng.choice(odd)
    return f"{query}&{found}" if query and rng.random() < 0.5 else found


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container of a value with each of its keys or indexes."""
    found: list[tuple[Any, Any]] = []
    level = [value]
    while level and len(found) < 400:
        outer = level.pop()
        if isinstance(outer, dict | list):
            keys = list(outer) if isinstance(outer, dict) else range(len(outer))
            for key in keys:
                found.append((outer, key))
                level.append(outer[key])
    return found


def _odd(value: Any, rng: random.Random) -> Any:
    """Return a value in place of another one: odd, or the same in another type."""
    kind = rng.randint(0, 4)
    if kind == 0:
        return copy.deepcopy(rng.choice(ODD_VALUES))
    if kind == 1:
        return rng.choice(ODD_TEXTS)
    if kind == 2:
        return value * 3 if isinstance(value, str | list) else [value]
    if kind == 3:
        return {"a": value}
    return json.dumps(value) if not isinstance(value, str) else len(value)


def _replace(parent: Any, place: Any, rng: random.Random) -> None:
    parent[place] = _odd(parent[place], rng)


def _drop(parent: Any, place: Any, _rng: random.Random) -> None:
    del parent[place]


def _double(parent: Any, place: Any, rng: random.Random) -> None:
    if isinstance(parent, list):
        parent.extend([parent[place]] * rng.choice((1, 2, 120)))
    else:
        parent[rng.choice(ODD_TEXTS)] = parent[place]


def _rename(parent: Any, place: Any, rng: random.Random) -> None:
    if isinstance(parent, dict):
        name = rng.choice((place.upper(), f" {place}", place[:-1], rng.choice(ODD_TEXTS)))
        parent[name] = parent.pop(place)


def _swap(parent: Any, place: Any, rng: random.Random) -> None:
    other = rng.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
    parent[place], parent[other] = parent[other], parent[place]


_CHANGES: tuple[Callable[[Any, Any, random.Random], None], ...] = (
    _replace, _replace, _replace, _drop, _double, _rename, _swap,
)  # fmt: skip
