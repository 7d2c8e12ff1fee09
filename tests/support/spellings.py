"""Ways to write a name: wrappings to be put into each other, and payloads that hold the last."""

import gzip
import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from functools import reduce
from urllib.parse import quote, quote_plus, urlencode

Wrapping = Callable[[str], str]


def utf_16(text: str) -> str:
    """Every character as a JSON escape, halves of surrogate pairs one by one."""
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def percent_all(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def entities(text: str) -> str:
    return "".join(f"&#x{ord(one):X};" for one in text)


def named_entities(text: str) -> str:
    return html.escape(text, quote=True).replace("&#x27;", "&#39;")


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def base64_bare(text: str) -> str:
    return base64(text).rstrip("=")


def base64_urlsafe(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def base64_wide(text: str) -> str:
    return b64encode(text.encode("utf-16-le")).decode()


def packed(text: str) -> str:
    return b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def form(text: str) -> str:
    return urlencode({"event": "x y", "who": text, "n": 1})


def address(text: str) -> str:
    return f"https://shop.example/p/1?who={quote(text, safe='')}&n=1#top"


def json_object(text: str) -> str:
    return json.dumps({"a": [1, {"who": text}]})


def json_member(text: str) -> str:
    return json.dumps({text: None}, ensure_ascii=False)


def php_json(text: str) -> str:
    return json.dumps({"who": text}).replace("/", "\\/")


WRAPPINGS: Sequence[Wrapping] = (
    utf_16, percent_all, quote, quote_plus, entities, named_entities, base64, base64_bare,
    base64_urlsafe, base64_wide, packed, form, address, json_object, json_member, php_json,
)  # fmt: skip
# What the outermost layer is within: the payload of the row, as JSON or as something that is none.
PLACES: Sequence[Wrapping] = (
    lambda text: json.dumps({"context": {"who": text}}),
    lambda text: json.dumps([text], ensure_ascii=False),
    lambda text: f"who={quote(text)}&x=1",
    lambda text: '{"who": ' + json.dumps(text) + ', "x": ',
    lambda text: text,
)


def wrapped(name: str, wrappings: Sequence[Wrapping], place: Wrapping) -> str:
    """Return a payload with the name in it."""
    return place(reduce(lambda text, wrap: wrap(text), wrappings, name))
