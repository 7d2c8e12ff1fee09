"""What reading costs: JSON, checks and drafts of each dialect (`Dialect.read`), without the rest.

Bodies come from the golden cases: per dialect the accepted event nearest to 500 bytes, alone and,
where a route takes lists, a hundred times in one. Knows no dialect by name.
"""

import json
import timeit
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from openbunker.core.errors import Refusal
from openbunker.web.http import Request
from openbunker.wire.dialect import Dialect
from openbunker.wire.registry import DIALECTS, dialect_at
from tests.wire import cases

EVENT_BYTES, PER_BATCH = 500, 100
MAX_SINGLE_US, MAX_BATCHED_US = 60.0, 15.0
ROUNDS, SECONDS_A_ROUND = 7, 0.1


@dataclass(frozen=True)
class Sample:
    """A request of one dialect and how many events it holds."""

    request: Request
    events: int
    event_bytes: int


def main() -> int:
    """Measure every dialect, print a table and return 1 when a target is missed."""
    table = Table(
        "dialect", "route", "event, bytes", "events", "us an event", "target", title="wire"
    )
    missed = False
    for dialect in DIALECTS:
        for sample in samples(dialect):
            limit = MAX_SINGLE_US if sample.events == 1 else MAX_BATCHED_US
            spent_us = measured(dialect, sample)
            missed = missed or spent_us >= limit
            numbers = (str(sample.event_bytes), str(sample.events), f"{spent_us:.1f}")
            table.add_row(dialect.name, sample.request.path, *numbers, f"< {limit:.0f}")
    Console().print(table)
    return int(missed)


def measured(dialect: Dialect, sample: Sample) -> float:
    """Return the microseconds an event, the median of some rounds."""
    found = dialect.read(sample.request)
    assert len(found.items) == sample.events
    assert not any(isinstance(item, Refusal) for item in found.items), found.items
    timer = timeit.Timer(lambda: dialect.read(sample.request))
    count, _ = timer.autorange()
    count = max(1, int(count * SECONDS_A_ROUND / 0.2))
    rounds = [spent / count for spent in timer.repeat(ROUNDS, count)]
    return median(rounds) * 1e6 / sample.events


def samples(dialect: Dialect) -> Iterator[Sample]:
    """Yield the single event of a dialect, and a list of a hundred where a route takes lists."""
    accepted = [case for case in cases.load(dialect.name) if serves(dialect, case)]
    one = [case for case in accepted if len(case.stored) == 1]
    single = min(one, key=lambda case: abs(len(case.body) - EVENT_BYTES))
    yield Sample(request_of(single, single.body), 1, len(single.body))
    found = [(case, item) for case in accepted for item in items_of(json.loads(case.body)) or ()]
    if found:
        case, item = min(found, key=lambda pair: abs(size(pair[1]) - EVENT_BYTES))
        body = json.dumps(of_items(json.loads(case.body), [item] * PER_BATCH)).encode()
        yield Sample(request_of(case, body), PER_BATCH, size(item))


def serves(dialect: Dialect, case: cases.Case) -> bool:
    """Return whether a case is one of the dialect's that stores, in plain JSON."""
    encoded = {"content-encoding"} & {name.lower() for name in case.headers}
    plain = not encoded and case.body[:1] in (b"{", b"[")
    stored = case.stored and not case.faults and "x-openbunker-reason" not in case.answer_headers
    return bool(stored and plain and dialect_at(case.path) is dialect)


def items_of(body: Any) -> list[Any] | None:
    """Return the events of a list body, or of an object with one list of objects in it."""
    if isinstance(body, list):
        return body
    if not isinstance(body, dict):
        return None
    lists = [value for value in body.values() if isinstance(value, list)]
    whole = [found for found in lists if found and all(isinstance(one, dict) for one in found)]
    return whole[0] if len(whole) == 1 else None


def of_items(body: Any, items: list[Any]) -> Any:
    """Return the body with other events in the same place."""
    if isinstance(body, list):
        return items
    own = items_of(body)
    return {name: items if value is own else value for name, value in body.items()}


def size(value: Any) -> int:
    """Return the bytes of a value as JSON."""
    return len(json.dumps(value))


def request_of(case: cases.Case, body: bytes) -> Request:
    """Return the request of a case with a body of ours, as the gateway would make it."""
    event = {
        **case.gateway_event("2.0"),
        "body": body.decode("utf-8-sig"),
        "isBase64Encoded": False,
    }
    return Request.from_gateway(event)
