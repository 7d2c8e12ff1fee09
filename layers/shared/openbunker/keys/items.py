"""The stored form of a key: a flat mapping, the same in DynamoDB and in the local store. Pure.

Holds no key text; the item lies under the key's hash. Empty lists and None are left out. Filters
are JSON text, since their values may be of any kind.
"""

import json
from collections.abc import Mapping
from typing import Any

from openbunker.keys.model import Key, KeyKind

ACTIVE, DISABLED = "ACTIVE", "DISABLED"

_LISTS = ("dialects", "allowed_origins", "sites")


def to_item(
    key: Key, *, status: str = ACTIVE, name: str = "", created_ms: int = 0
) -> dict[str, Any]:
    """Return the item of a key; `name` and `created_ms` (since the epoch) are for people."""
    item: dict[str, Any] = {
        "status": status,
        "key_id": key.key_id,
        "kind": key.kind.value,
        "account_id": key.account_id,
        "project_id": key.project_id,
        "strict": key.strict,
        "created_ms": created_ms,
    }
    if name:
        item["name"] = name
    if key.customer_identifier is not None:
        item["customer_identifier"] = key.customer_identifier
    if key.key_filter_data:
        item["key_filter_data"] = json.dumps(key.key_filter_data)
    if key.expires_ms is not None:
        item["expires_ms"] = key.expires_ms
    lists = {field: list(getattr(key, field)) for field in _LISTS}
    return item | {field: values for field, values in lists.items() if values}


def to_key(item: Mapping[str, Any]) -> Key | None:
    """Return the key of an item, None when the item is not active.

    Raises ValueError for an item that is not the form above.
    """
    try:
        return key_of(item) if item["status"] == ACTIVE else None
    except KeyError as error:
        raise ValueError(f"a stored key lacks {error}") from error


def key_of(item: Mapping[str, Any]) -> Key:
    """Return the key of an item, active or not. Raises ValueError as `to_key` does."""
    try:
        return Key(
            key_id=item["key_id"],
            kind=KeyKind(item["kind"]),
            account_id=item["account_id"],
            project_id=item.get("project_id", ""),
            customer_identifier=item.get("customer_identifier"),
            strict=item.get("strict", True),
            dialects=tuple(item.get("dialects", ())),
            allowed_origins=tuple(item.get("allowed_origins", ())),
            sites=tuple(item.get("sites", ())),
            key_filter_data=tuple(json.loads(item.get("key_filter_data", "[]"))),
            expires_ms=item.get("expires_ms"),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"a stored key lacks or misshapes {error}") from error
