"""The store of management on AWS: the table of tenants and the table of keys, in one transaction.

Reads are strongly consistent. Sources: DynamoDB API reference, TransactWriteItems and Query.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openbunker.aws.client import AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.keys.dynamo import PARTITION_KEY, plain
from openbunker.keys.projects import item_name
from openbunker.manage.store import (
    VERSION,
    Address,
    Changed,
    Drop,
    DropKey,
    Item,
    MarkProject,
    Put,
    PutKey,
    TenantsUnavailable,
    Write,
)

_CANCELLED = "TransactionCanceledException"
_OVERTAKEN = ("ConditionalCheckFailed", "TransactionConflict")


class DynamoTenants:
    """A TenantItems over two tables.

    `new_token` makes a text that is never the same again: a call whose connection broke is made
    again, and must not take its own first try for somebody else's change.
    """

    def __init__(
        self, client: AwsJsonClient, tenants: str, keys: str, new_token: Callable[[], str]
    ) -> None:
        self._client = client
        self._tenants = tenants
        self._keys = keys
        self._new_token = new_token

    def get(self, address: Address) -> Item | None:
        """Return the item of an address."""
        found = self._call(
            "GetItem",
            {"TableName": self._tenants, "Key": _key(address), "ConsistentRead": True},
        )
        return _without_address(found["Item"]) if found.get("Item") else None

    def page(
        self,
        partition: str,
        prefix: str,
        limit: int,
        after: str | None = None,
        *,
        newest: bool = False,
    ) -> list[tuple[str, Item]]:
        """Return a part of a partition, in order."""
        found: list[tuple[str, Item]] = []
        start = None if after is None else _key(Address(partition, after))
        while len(found) < limit:
            question: dict[str, Any] = {
                "TableName": self._tenants,
                **_within(partition, prefix),
                "ConsistentRead": True,
                "ScanIndexForward": not newest,
                "Limit": limit - len(found),
            }
            answer = self._call("Query", question | ({"ExclusiveStartKey": start} if start else {}))
            found += [(item["sk"]["S"], _without_address(item)) for item in answer["Items"]]
            start = answer.get("LastEvaluatedKey")
            if not start:
                break
        return found

    def commit(self, writes: Sequence[Write]) -> None:
        """Write all of them or none."""
        actions = [self._action(write) for write in writes]
        self._call(
            "TransactWriteItems",
            {"TransactItems": actions, "ClientRequestToken": self._new_token()},
        )

    def _action(self, write: Write) -> dict[str, Any]:
        match write:
            case Put(address, item, seen):
                put = {"TableName": self._tenants, "Item": {**_key(address), **tagged_item(item)}}
                return {"Put": put | _seen(seen)}
            case Drop(address, seen):
                return {"Delete": {"TableName": self._tenants, "Key": _key(address)} | _seen(seen)}
            case PutKey(key_hash, item):
                kept = {**tagged_item(item), PARTITION_KEY: {"S": key_hash}}
                return {"Put": {"TableName": self._keys, "Item": kept}}
            case DropKey(key_hash):
                return {
                    "Delete": {"TableName": self._keys, "Key": {PARTITION_KEY: {"S": key_hash}}}
                }
            case MarkProject():
                return {"Update": self._mark(write)}

    def _mark(self, write: MarkProject) -> dict[str, Any]:
        names = [*write.members, *write.without]
        aliases = {name: f"#n{number}" for number, name in enumerate(names)}
        values = {f":v{n}": value for n, value in enumerate(tagged_item(write.members).values())}
        sets = ", ".join(f"{aliases[name]} = :v{n}" for n, name in enumerate(write.members))
        removes = ", ".join(aliases[name] for name in write.without)
        parts = [f"SET {sets}" if sets else "", f"REMOVE {removes}" if removes else ""]
        update: dict[str, Any] = {
            "TableName": self._keys,
            "Key": {PARTITION_KEY: {"S": item_name(write.project_id)}},
            "UpdateExpression": " ".join(filter(None, parts)),
            "ExpressionAttributeNames": {alias: name for name, alias in aliases.items()},
        }
        return update | ({"ExpressionAttributeValues": values} if values else {})

    def _call(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._client.call(operation, json.dumps(body).encode())
        except AwsError as error:
            if error.code == _CANCELLED and any(word in error.message for word in _OVERTAKEN):
                raise Changed(error.message) from error
            raise TenantsUnavailable(str(error)) from error


def _key(address: Address) -> dict[str, Any]:
    return {"pk": {"S": address.partition}, "sk": {"S": address.sort}}


def _within(partition: str, prefix: str) -> dict[str, Any]:
    """Return the condition of a listing; DynamoDB takes no empty prefix."""
    values = {":pk": {"S": partition}} | ({":sk": {"S": prefix}} if prefix else {})
    condition = "pk = :pk AND begins_with(sk, :sk)" if prefix else "pk = :pk"
    return {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}


def _without_address(item: Mapping[str, Any]) -> Item:
    return {name: plain(value) for name, value in item.items() if name not in ("pk", "sk")}


def tagged_item(item: Item) -> dict[str, Any]:
    """Return an item with DynamoDB's type tags. Raises ValueError for a type we never store."""
    return {name: _tagged(value) for name, value in item.items()}


def _tagged(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [_tagged(one) for one in value]}
    raise ValueError(f"an item holds a {type(value).__name__}")


def _seen(seen: int | None) -> dict[str, Any]:
    if seen is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "#version = :seen",
        "ExpressionAttributeNames": {"#version": VERSION},
        "ExpressionAttributeValues": {":seen": {"N": str(seen)}},
    }
