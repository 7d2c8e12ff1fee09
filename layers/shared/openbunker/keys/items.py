"""The stored form of a key: a flat mapping, the same in DynamoDB and in the local store. Pure.

Holds no key text; the item lies under the key's hash. Empty lists and None are left out.
"""

from collections.abc import Mapping
from typing import Any

from openbunker.keys.model import Key, KeyKind

ACTIVE = "ACTIVE"

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
    lists = {field: list(getattr(key, field)) for field in _LISTS}
    return item | {field: values for field, values in lists.items() if values}


def to_key(item: Mapping[str, Any]) -> Key | None:
    """Return the key of an item, None when the item is not active.

    Raises ValueError for an item that is not the form above.
    """
    try:
        if item["status"] != ACTIVE:
            return None
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
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"a stored key lacks or misshapes {error}") from error
