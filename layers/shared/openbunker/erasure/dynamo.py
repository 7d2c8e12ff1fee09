"""The erasure store of a deployment: one DynamoDB table, by project and id. No HTTP routes.

Reads are strongly consistent, so an erasure hides its rows from the next question on. Those of all
projects are scanned: the table holds one small item for each erasure ever asked for.
Source: DynamoDB API reference (PutItem, GetItem, Query, Scan, UpdateItem).
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from openbunker.aws.client import AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.core.errors import ErasureStoreUnavailable
from openbunker.erasure.model import Erasure, waiting

PARTITION_KEY, SORT_KEY = "project_id", "erasure_id"
_TEXTS = ("project_id", "erasure_id", "customer_hash", "key_id", "customer_identifier")
_TIMES = ("requested_ms", "hidden_ms", "erased_ms")
_GONE = "ConditionalCheckFailedException"


class DynamoErasureStore:
    """An ErasureStore over one table. Every failure is ErasureStoreUnavailable."""

    def __init__(self, client: AwsJsonClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, erasure: Erasure) -> None:
        """Keep an erasure; one that is there stays as it is."""
        condition = {"ConditionExpression": f"attribute_not_exists({SORT_KEY})"}
        self._unless_gone("PutItem", {"Item": _item(erasure), **condition})

    def get(self, project_id: str, erasure_id: str) -> Erasure | None:
        """Return an erasure of a project."""
        key = {PARTITION_KEY: {"S": project_id}, SORT_KEY: {"S": erasure_id}}
        item = self._call("GetItem", {"Key": key, "ConsistentRead": True}).get("Item")
        return _erasure(item) if item else None

    def of_project(self, project_id: str) -> Sequence[Erasure]:
        """Return every erasure of a project."""
        asked = {
            "KeyConditionExpression": f"{PARTITION_KEY} = :project",
            "ExpressionAttributeValues": {":project": {"S": project_id}},
        }
        return list(self._pages("Query", asked))

    def every(self) -> Sequence[Erasure]:
        """Return every erasure of all projects."""
        found = self._pages("Scan", {})
        return sorted(found, key=lambda one: (one.project_id, one.erasure_id))

    def to_erase(self) -> Sequence[Erasure]:
        """Return what is not erased yet, of all projects."""
        return waiting(self.every())

    def mark_hidden(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which it was hidden."""
        self._update(erasure, "SET hidden_ms = if_not_exists(hidden_ms, :at)", at_ms)

    def mark_erased(self, erasure: Erasure, at_ms: int) -> None:
        """Keep the time at which the rows were gone; forget the customer."""
        text = "SET erased_ms = if_not_exists(erased_ms, :at) REMOVE customer_identifier"
        self._update(erasure, text, at_ms)

    def _update(self, erasure: Erasure, text: str, at_ms: int) -> None:
        place = (erasure.project_id, erasure.erasure_id)
        key = {name: {"S": value} for name, value in zip(_KEY, place, strict=True)}
        asked = {
            "Key": key,
            "UpdateExpression": text,
            "ExpressionAttributeValues": {":at": {"N": str(at_ms)}},
            "ConditionExpression": f"attribute_exists({SORT_KEY})",
        }
        self._unless_gone("UpdateItem", asked)

    def _unless_gone(self, operation: str, asked: dict[str, Any]) -> None:
        """Call an operation whose condition says that there is nothing left to do."""
        try:
            self._call(operation, asked)
        except ErasureStoreUnavailable as error:
            if _GONE not in str(error):
                raise

    def _pages(self, operation: str, asked: dict[str, Any]) -> Iterator[Erasure]:
        start: dict[str, Any] = {}
        while True:
            answer = self._call(operation, {**asked, **start, "ConsistentRead": True})
            yield from map(_erasure, answer.get("Items", ()))
            if not (last := answer.get("LastEvaluatedKey")):
                return
            start = {"ExclusiveStartKey": last}

    def _call(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps({"TableName": self._table, **asked}).encode()
        try:
            return self._client.call(operation, body)
        except AwsError as error:
            raise ErasureStoreUnavailable(str(error)) from error


_KEY = (PARTITION_KEY, SORT_KEY)


def _item(erasure: Erasure) -> dict[str, dict[str, str]]:
    texts = {name: {"S": getattr(erasure, name)} for name in _TEXTS}
    times = {name: {"N": str(getattr(erasure, name))} for name in _TIMES}
    given = {**texts, **times}
    return {name: value for name, value in given.items() if getattr(erasure, name) is not None}


def _erasure(item: dict[str, Any]) -> Erasure:
    """Return the erasure of an item. Raises ErasureStoreUnavailable for an item that is none."""
    try:
        found: dict[str, Any] = {name: item[name]["S"] for name in _TEXTS if name in item}
        found |= {name: int(item[name]["N"]) for name in _TIMES if name in item}
        return Erasure(**found)
    except (KeyError, TypeError, ValueError) as error:
        raise ErasureStoreUnavailable(f"an item of the table is no erasure: {error}") from error
