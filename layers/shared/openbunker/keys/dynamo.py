"""The key store of a deployed function: one DynamoDB table, read by the key's hash.

Reads only, eventually consistent; what writes keys lives elsewhere. A cache stands before it.
"""

import json
from typing import Any

from openbunker.aws.client import AwsError, AwsJsonClient
from openbunker.errors import KeyStoreUnavailable
from openbunker.keys.items import to_key
from openbunker.keys.model import Key

PARTITION_KEY = "key_hash"


class DynamoKeyStore:
    """A KeyStore over GetItem. Every failure is KeyStoreUnavailable: nobody can say."""

    def __init__(self, client: AwsJsonClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, key_hash: str) -> Key | None:
        """Return the active key of a hash, None when nobody has it."""
        question = {"TableName": self._table, "Key": {PARTITION_KEY: {"S": key_hash}}}
        try:
            item = self._client.call("GetItem", json.dumps(question).encode()).get("Item")
            return to_key({name: _plain(value) for name, value in item.items()}) if item else None
        except (AwsError, ValueError) as error:
            raise KeyStoreUnavailable(str(error)) from error


def _plain(value: dict[str, Any]) -> Any:
    """Return a value without DynamoDB's type tag. Raises ValueError for a type we never store."""
    match value:
        case {"S": str(text)}:
            return text
        case {"BOOL": bool(flag)}:
            return flag
        case {"N": str(number)}:
            return int(number)
        case {"L": list(values)}:
            return [_plain(one) for one in values]
        case {"SS": list(texts)}:
            return texts
        case {"NULL": True}:
            return None
    raise ValueError(f"a key's item holds a {', '.join(value)}")
