"""Sees what becomes of each request to a twin: what its sinks took, and what it was refused for.

Stands before the sinks of the events and of what was refused, and changes no answer.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from threading import local
from typing import Any

from openbunker.core.records import Record
from openbunker.core.verdict import Delivery
from openbunker.sinks.refused import RefusedSink
from openbunker.sinks.sink import Sink
from openbunker.web.http import MAX_BODY_BYTES, REASON_HEADER, Request
from openbunker.wire import registry
from openbunker_local.testing.ledger import Ledger, Row

NOT_FOUND = "not_found"
WRITES = ("POST", "PUT", "PATCH")


class Sight(local):
    """What was seen of the request that this thread answers."""

    def __init__(self) -> None:
        self.good: list[Row] = []
        self.bad: list[Row] = []


class SeenSink:
    """A Sink before another one. Notes which records it took."""

    def __init__(self, sink: Sink, sight: Sight) -> None:
        self._sink = sink
        self._sight = sight

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        """Write records, and note those that are durable."""
        deliveries = self._sink.publish(records, seconds)
        for record, delivery in zip(records, deliveries, strict=True):
            if delivery.fate.accepted:
                self._sight.good.append(_event(record.data))
        return deliveries


class SeenRefused:
    """A RefusedSink before another one. Notes what it is given."""

    def __init__(self, sink: RefusedSink, sight: Sight) -> None:
        self._sink = sink
        self._sight = sight

    def keep(self, records: Sequence[Record], project_id: str, *, due: bool = False) -> int:
        """Write records of a project, and note them."""
        self._sight.bad += [_refused(record.data) for record in records]
        return self._sink.keep(records, project_id, due=due)


def enter(ledger: Ledger, sight: Sight, request: Request, answer: Mapping[str, Any]) -> None:
    """Enter what was seen of a request and its answer, and begin anew.

    What no sink was given has its reason in the answer: an unknown key, an address that is none.
    """
    good, bad = sight.good, sight.bad
    sight.good, sight.bad = [], []
    reason = answer["headers"].get(REASON_HEADER)
    if reason and not bad and _meant_to_write(request, reason):
        bad = [_whole(request, answer, reason)]
    ledger.add(good, [{**row, "status": answer["statusCode"]} for row in bad])


def _meant_to_write(request: Request, reason: str) -> bool:
    if request.method not in WRITES:
        dialect = registry.dialect_at(request.path)
        return bool(dialect and registry.route_of(request) in dialect.routes)
    return reason == NOT_FOUND or registry.dialect_at(request.path) is not None


def _whole(request: Request, answer: Mapping[str, Any], reason: str) -> Row:
    dialect = registry.dialect_at(request.path)
    body = request.beginning(MAX_BODY_BYTES).decode("utf-8", "replace")
    return {
        "dialect": dialect.name if dialect else None,
        "route": f"{request.method} {request.path}",
        "reason": reason,
        "message": answer["body"],
        "sent": _value(body) if body else dict(request.query),
    }


def _event(line: bytes) -> Row:
    row: dict[str, Any] = json.loads(line)
    del row["v"]
    return {**row, "properties": json.loads(row["properties"])}


def _refused(line: bytes) -> Row:
    row: dict[str, Any] = json.loads(line)
    del row["v"]
    sent = _value(row.pop("payload"))
    return {**row, "sent": sent}


def _value(text: str) -> Any:
    read: Callable[[str], Any] = json.loads
    try:
        return read(text)
    except (ValueError, RecursionError):
        return text
