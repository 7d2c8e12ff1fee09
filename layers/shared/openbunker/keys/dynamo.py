"""The key store of a deployed function: one DynamoDB table, read by the key's hash.

Reads are eventually consistent unless told otherwise, and a cache stands before most of them. What
writes keys lives elsewhere; of projects, the few members that the hot path reads can be changed.
"""

import json
from collections.abc import Mapping
from typing import Any

from openbunker.aws.client import AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.items import to_key
from openbunker.keys.model import Key
from openbunker.keys.projects import ProjectState, item_name, to_state

PARTITION_KEY = "key_hash"


class DynamoKeyStore:
    """A KeyStore over GetItem. Every failure is KeyStoreUnavailable: nobody can say."""

    def __init__(self, client: AwsJsonClient, table: str, *, consistent: bool = False) -> None:
        self._client = client
        self._table = table
        self._consistent = consistent

    def find(self, key_hash: str) -> Key | None:
        """Return the active key of a hash, None when nobody has it."""
        try:
            item = self._item(key_hash)
            return to_key(item) if item else None
        except (AwsError, ValueError) as error:
            raise KeyStoreUnavailable(str(error)) from error

    def project(self, project_id: str) -> ProjectState:
        """Return the state of a project; one without an item has no limits."""
        try:
            return to_state(self._item(item_name(project_id)))
        except (AwsError, ValueError) as error:
            raise KeyStoreUnavailable(str(error)) from error

    def change_project(self, project_id: str, changes: Mapping[str, str | int | None]) -> None:
        """Set members of a project's item in one write; None removes one."""
        names = {f"#{name}": name for name in changes}
        given = {f":{name}": tagged(it) for name, it in changes.items() if it is not None}
        put = ", ".join(f"#{name} = :{name}" for name, it in changes.items() if it is not None)
        gone = ", ".join(f"#{name}" for name, it in changes.items() if it is None)
        question = {
            "TableName": self._table,
            "Key": {PARTITION_KEY: {"S": item_name(project_id)}},
            "UpdateExpression": (f"SET {put} " if put else "") + (f"REMOVE {gone}" if gone else ""),
            "ExpressionAttributeNames": names,
        }
        if given:
            question["ExpressionAttributeValues"] = given
        try:
            self._client.call("UpdateItem", json.dumps(question).encode())
        except AwsError as error:
            raise KeyStoreUnavailable(str(error)) from error

    def _item(self, name: str) -> dict[str, Any]:
        """Return an item, empty when there is none. Raises AwsError, ValueError."""
        question: dict[str, Any] = {"TableName": self._table, "Key": {PARTITION_KEY: {"S": name}}}
        if self._consistent:
            question["ConsistentRead"] = True
        item = self._client.call("GetItem", json.dumps(question).encode()).get("Item", {})
        return {name: plain(value) for name, value in item.items()}


def tagged(value: str | int) -> dict[str, str]:
    """Return a text or a whole number with DynamoDB's type tag."""
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def plain(value: dict[str, Any]) -> Any:
    """Return a value without DynamoDB's type tag. Raises ValueError for a type we never store."""
    match value:
        case {"S": str(text)}:
            return text
        case {"BOOL": bool(flag)}:
            return flag
        case {"N": str(number)}:
            return int(number)
        case {"L": list(values)}:
            return [plain(one) for one in values]
        case {"SS": list(texts)}:
            return texts
        case {"NULL": True}:
            return None
    raise ValueError(f"a key's item holds a {', '.join(value)}")
