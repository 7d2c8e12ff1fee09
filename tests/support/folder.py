"""A data folder with something in every place, made by the parts of a server, and asked by them.

Everything in it is of one morning, so that one question sees all of it.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import ids, records
from openbunker.core.event import Event
from openbunker.core.records import Record
from openbunker.wiring import system
from openbunker_local import runtime
from openbunker_local.compaction.run import compact
from openbunker_local.demo import Demo
from openbunker_local.runtime import Runtime
from openbunker_local.server import deployed, gateway, routes
from openbunker_local.server.gateway import HttpRequest
from openbunker_local.stream.disk import Disk
from openbunker_local.stream.spill import FolderSpill

START_MS = 1_767_355_200_000  # 2026-01-02 12:00 UTC
MINUTE_MS = 60_000
ROUTES = routes.load(deployed.TEMPLATE)
ERASED = "customer-0"


@dataclass(frozen=True)
class Answer:
    """What a route said."""

    status: int
    body: Any
    text: str


class Clock:
    """The time of a test; the parts read it through `system.now_ms`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = START_MS
        patch.setattr(system, "now_ms", lambda: self.now)


def call(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """Send one request through the gateway to the running parts."""
    request = HttpRequest(
        method=method,
        raw_path=path.partition("?")[0],
        raw_query=path.partition("?")[2],
        headers=[("content-type", "application/json"), *(headers or {}).items()],
        body=b"" if body is None else json.dumps(body).encode(),
        source_ip="192.0.2.1",
    )
    found = gateway.respond(ROUTES, request, system.now_ms())
    text = found.body.decode()
    return Answer(found.status, json.loads(text) if text else None, text)


def post(demo: Demo, number: int) -> str:
    """Send an event and return the id that it was given."""
    body = {"event_name": "seen", "customer_identifier": f"customer-{number % 3}", "n": number}
    found = call("POST", "/post", body, {"x-eventbunker-write-key": demo.write_key})
    assert found.status == 200, found
    return str(found.body["unique_req_id"])


def filled(data: Path, clock: Clock) -> list[str]:
    """Fill a folder; return the ids of the events that questions must see, in order."""
    seen: list[str] = []
    for first in (0, 4):
        with _running(data) as parts:
            seen += [post(parts.demo, number) for number in range(first, first + 4)]
            bad = {"x-eventbunker-write-key": parts.demo.write_key}
            assert call("POST", "/post", {"event_name": "a b"}, bad).status == 400
        clock.now += 2 * MINUTE_MS
        compact(data, clock.now, clock.now)
    with _running(data) as parts:
        seen += [post(parts.demo, number) for number in range(8, 12)]
        erased = {"customer_identifier": ERASED}
        key = {"x-eventbunker-delete-key": parts.demo.delete_key}
        assert call("POST", "/v1/delete/customer", erased, key).status == 202
    hidden = {name for number, name in enumerate(seen) if number % 3 == 0}
    clock.now += MINUTE_MS
    seen += _left_by_a_kill(data, clock)
    return [name for name in seen if name not in hidden]


def _left_by_a_kill(data: Path, clock: Clock) -> list[str]:
    """Put events into the journal and the spill, as a process leaves them that was killed."""
    copy = data.with_name(data.name + ".killed")
    with _running(data) as parts:
        with parts.stream._delivering:  # no segment becomes an object meanwhile
            names = [post(parts.demo, number) for number in range(12, 16)]
            shutil.copytree(data, copy)
        spilled = ids.new_id(clock.now)
        event = Event(
            project_id=parts.demo.project_id, event_id=spilled, dedupe_key=spilled,
            dialect="eventbunker", key_id="key_write", event_name="seen",
            timestamp_ms=clock.now, received_ms=clock.now, properties={"n": 16},
        )  # fmt: skip
    shutil.rmtree(data)
    copy.rename(data)
    record = records.encode(replace(event))
    assert isinstance(record, Record)
    FolderSpill(data, Disk(), lambda: ids.new_id(clock.now)).publish([record])
    for path in (*data.rglob("lock"), *data.glob("*-shm"), *data.glob("*-wal")):
        path.unlink()
    shutil.rmtree(data / "query-spill", ignore_errors=True)
    return [*names, spilled]


@contextmanager
def _running(data: Path) -> Iterator[Runtime]:
    with runtime.running(data, "http://127.0.0.1:1", lambda _: None) as parts:
        yield parts
