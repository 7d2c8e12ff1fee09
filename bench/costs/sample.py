"""The record of an ordinary event."""

import json

from openbunker.core import records
from openbunker.core.event import Event
from openbunker.core.records import Record


def sample() -> Record:
    """Return the record of an ordinary event."""
    event = Event(
        project_id="prj_0123456789abcdef",
        event_id="0" * 32,
        dedupe_key="0" * 32,
        dialect="eventbunker",
        key_id="key_write",
        event_name="purchase_completed",
        timestamp_ms=1_790_000_000_000,
        received_ms=1_790_000_000_000,
        customer_identifier="acme",
        ip="203.0.113.0",
        browser="Chrome",
        os="Windows",
        device="desktop",
        properties=json.loads('{"plan": "pro", "amount": 99.5, "items": ["a", "b"]}'),
    )
    record = records.encode(event)
    assert isinstance(record, Record)
    return record
