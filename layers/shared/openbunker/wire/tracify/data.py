"""What the `data` and `identity_data` of a Tracify event must hold. Pure; part of that dialect.

Amounts leave here as decimal text and ids as text, whichever way they were sent.
Contract: docs/wire/tracify.md.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from openbunker.core.errors import Problem
from openbunker.wire import dates
from openbunker.wire.fields import decimal_text, is_number, number_text

TYPES = ("pageview", "productview", "addtocart", "purchase", "conversion", "postpurchasesurvey")
# The field that makes a repeated event of a type the same event.
ID_OF_TYPE = {
    "purchase": "order_id",
    "conversion": "conversion_id",
    "postpurchasesurvey": "order_id",
}
SOURCES = ("facebook", "tiktok", "google", "taboola", "outbrain", "twitter", "pinterest")

# The kinds of hashes in `identity_data`.
EMAIL, SESSION, IP, USER_AGENT = 1, 2, 3, 4

_REQUIRED = {
    "purchase": ("order_id", "currency", "amount"),
    "conversion": ("conversion_id", "currency", "amount"),
    "postpurchasesurvey": ("order_id", "source"),
}
_OPTIONAL = frozenset({"Referer", "medium"})
_REQUIRED_IDENTITY = ((IP, "IP address"), (USER_AGENT, "user agent"))
_FULL_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CART = re.compile(r"(ITEM|AMT|QTY)([0-9]+)")
_KINDS = (EMAIL, SESSION, IP, USER_AGENT)
_MAX_ID = 256


def read_data(event_type: str, data: Mapping[str, Any]) -> dict[str, Any] | list[Problem]:
    """Return the data with normal amounts and ids, or everything that is wrong with it."""
    read = {name: value for name, value in data.items() if value is not None}
    if event_type == "conversion" and "value" in read:
        # The vendor's pages say `amount` and its OpenAPI document says `value`.
        value = read.pop("value")
        read.setdefault("amount", value)
    rules = _REQUIRED_RULES[event_type]
    if not _OPTIONAL.isdisjoint(read):
        rules = rules | {name: _RULES[name] for name in read if name in _OPTIONAL}
    items = read if event_type == "purchase" else ()
    cart = [found for name in items if (found := _CART.fullmatch(name))]
    if cart:
        rules = rules | {found[0]: _RULES[found[1]] for found in cart}
    wrong = _apply(rules, read)
    if cart and not _consecutive({found[2] for found in cart}):
        text = "ITEMn, AMTn and QTYn must be numbered 1, 2, 3 ... without a gap"
        wrong.append(Problem("invalid_numbering", (), text))
    return wrong or read


def identity_problems(identity: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the hashes; they are opaque, so nothing is computed again."""
    path = ("identity_data",)
    found: list[Problem] = []
    if not all(map(_HASH.fullmatch, identity)):
        found.append(Problem("invalid_key", path, "expected keys of 64 hex digits"))
    if [kind for kind in identity.values() if kind not in _KINDS or isinstance(kind, bool)]:
        text = "expected 1 (e-mail), 2 (session), 3 (IP) or 4 (user agent) for each hash"
        found.append(Problem("invalid_value", path, text))
    return found


def hash_of(kind: int, identity: Mapping[str, Any]) -> str | None:
    """Return the first hash of a kind."""
    for value, given in identity.items():
        if given == kind:
            return value
    return None


def utm_tags(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the campaign tags among the URL's parameters, which stand in the data one by one."""
    return {
        name: value
        for name, value in data.items()
        if name.startswith("utm_") and isinstance(value, str) and value
    }


def lacking_identity(properties: Mapping[str, Any]) -> list[str]:
    """Return the required kinds of hashes that an event's properties lack."""
    given = properties["identity_data"].values()
    return [name for kind, name in _REQUIRED_IDENTITY if kind not in given]


def _apply(rules: Mapping[str, "_Rule"], read: dict[str, Any]) -> list[Problem]:
    wrong: list[Problem] = []
    for name, (normal, expected) in rules.items():
        value = normal(read.get(name))
        if value is not None:
            read[name] = value
        elif name in read:
            wrong.append(Problem("invalid_value", (name,), f"expected {expected}"))
        else:
            wrong.append(Problem("missing", (name,), f"required: {expected}"))
    return wrong


def _consecutive(numbers: set[str]) -> bool:
    return numbers == {str(number) for number in range(1, len(numbers) + 1)}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _any_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _id(value: Any) -> str | None:
    if is_number(value):
        value = number_text(value)
    return value if isinstance(value, str) and 1 <= len(value) <= _MAX_ID else None


def _currency(value: Any) -> str | None:
    return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


def _source(value: Any) -> str | None:
    return value if value in SOURCES else None


_Rule = tuple[Callable[[Any], str | None], str]
_DECIMAL: _Rule = (decimal_text, "a decimal such as 100.00")
_ID: _Rule = (_id, f"an id of 1 to {_MAX_ID} characters")
_RULES: dict[str, _Rule] = {
    "origin": (_text, "the website's origin"),
    "Referer": (_any_text, "a URL"),
    "medium": (_any_text, "a string"),
    "order_id": _ID,
    "conversion_id": _ID,
    "currency": (_currency, "an ISO 4217 code such as EUR"),
    "amount": _DECIMAL,
    "source": (_source, f"one of {', '.join(SOURCES)}"),
    "ITEM": (_any_text, "the item's name"),
    "AMT": _DECIMAL,
    "QTY": _DECIMAL,
}
_REQUIRED_RULES = {
    event_type: {name: _RULES[name] for name in ("origin", *_REQUIRED.get(event_type, ()))}
    for event_type in TYPES
}


def own_problems(event: Mapping[str, Any]) -> list[Problem]:
    """Return the findings that need more than a type: site, identity hashes, time."""
    found = identity_problems(event.get("identity_data", {}))
    if "url" in event and not _FULL_URL.match(event["url"]):
        found.append(Problem("invalid_format", ("url",), "expected a full URL"))
    if "customer_site_id" in event and not _UUID.fullmatch(event["customer_site_id"]):
        found.append(Problem("invalid_format", ("customer_site_id",), "expected a UUID"))
    time = event.get("datetime")
    if time and dates.parse_plain(time) is None:
        text = "expected UTC in the form 2024-06-21 12:36:37"
        found.append(Problem("invalid_date", ("datetime",), text))
    return found
