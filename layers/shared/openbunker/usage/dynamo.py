"""The store of counts of a deployment: one DynamoDB table, a partition for each project.

Source: DynamoDB API reference (BatchWriteItem takes 25 items and may leave some; Query).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openbunker.aws.client import AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.usage.model import Line, UsageUnavailable, Use

PARTITION_KEY, SORT_KEY = "pk", "sk"
_DAY, _KEY = "day#", "key#"
# No project's name: project ids hold no asterisk.
_ABOUT = "*"
_BATCH = 25
ATTEMPTS = 8

_Item = dict[str, dict[str, str]]


class DynamoUsageStore:
    """A UsageStore over one table."""

    def __init__(self, client: AwsJsonClient, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, lines: Sequence[Line], uses: Sequence[Use], counted_ms: int) -> None:
        """Keep counts; when they were counted is written last, when all of them are there."""
        items = [_line_item(line) for line in lines] + [_use_item(use) for use in uses]
        for start in range(0, len(items), _BATCH):
            self._write(items[start : start + _BATCH])
        self._write([_item(_ABOUT, "counted", counted_ms=counted_ms)])

    def of_project(self, project_id: str, from_day: str, to_day: str) -> list[Line]:
        """Return the lines of a project."""
        # "$" is the character after "#": all dialects of the last day are before it.
        found = self._between(project_id, f"{_DAY}{from_day}#", f"{_DAY}{to_day}$")
        return [_line(item) for item in found]

    def last_used(self, project_id: str) -> Mapping[str, int]:
        """Return the hour of each key of a project."""
        found = self._between(project_id, _KEY, f"{_KEY}~")
        return {item[SORT_KEY]["S"].removeprefix(_KEY): _number(item, "hour_ms") for item in found}

    def counted_ms(self) -> int | None:
        """Return when the last counting began."""
        found = list(self._between(_ABOUT, "counted", "counted"))
        return _number(found[0], "counted_ms") if found else None

    def _write(self, items: Sequence[_Item]) -> None:
        asked: Any = {self._table: [{"PutRequest": {"Item": item}} for item in items]}
        for _ in range(ATTEMPTS):
            asked = self._call("BatchWriteItem", {"RequestItems": asked}).get("UnprocessedItems")
            if not asked:
                return
        raise UsageUnavailable("the table does not take all counts")

    def _between(self, partition: str, low: str, high: str) -> Iterator[_Item]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": f"{PARTITION_KEY} = :p AND {SORT_KEY} BETWEEN :low AND :high",
            "ExpressionAttributeValues": {
                ":p": {"S": partition},
                ":low": {"S": low},
                ":high": {"S": high},
            },
        }
        while True:
            answer = self._call("Query", asked)
            yield from answer.get("Items", ())
            if not (last := answer.get("LastEvaluatedKey")):
                return
            asked["ExclusiveStartKey"] = last

    def _call(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._client.call(operation, json.dumps(asked).encode())
        except AwsError as error:
            raise UsageUnavailable(str(error)) from error


def _line_item(line: Line) -> _Item:
    sort = f"{_DAY}{line.day}#{line.dialect}"
    return _item(line.project_id, sort, events=line.events, bytes=line.bytes)


def _use_item(use: Use) -> _Item:
    return _item(use.project_id, _KEY + use.key_id, hour_ms=use.hour_ms)


def _item(partition: str, sort: str, **numbers: int) -> _Item:
    tagged = {name: {"N": str(number)} for name, number in numbers.items()}
    return {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": sort}, **tagged}


def _line(item: _Item) -> Line:
    _, day, dialect = item[SORT_KEY]["S"].split("#", 2)
    return Line(
        project_id=item[PARTITION_KEY]["S"],
        day=day,
        dialect=dialect,
        events=_number(item, "events"),
        bytes=_number(item, "bytes"),
    )


def _number(item: _Item, name: str) -> int:
    return int(item[name]["N"])
