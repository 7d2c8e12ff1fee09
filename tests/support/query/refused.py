"""Refused rows for tests: how they are made, laid down as objects, and told in plain Python."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from openbunker.core import layout
from openbunker.core import refused_rows as refused
from openbunker.core.refused_rows import Refused
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, put


def row(number: int = 0, **fields: Any) -> Refused:
    """Return a row that was refused a minute ago, changed as the fields say."""
    values: dict[str, Any] = {
        "project_id": PROJECT,
        "refused_id": f"{number:032x}",
        "dialect": "databuddy",
        "route": "POST /batch",
        "key_id": "write-1",
        "reason": "invalid_schema",
        "message": "name: required",
        "received_ms": NOW_MS - 60_000,
        "payload": '{"name":5}',
        "payload_bytes": 10,
        "field": "name",
        "item": number,
    }
    return Refused(**{**values, **fields})


def by_minute(arrival_ms: int) -> str:
    """Return the partition that earlier releases gave to what was refused."""
    return layout.REFUSED + layout.hot_prefix(arrival_ms).removeprefix(layout.HOT)


def deliver(
    data: Path, rows: Sequence[Refused], prefix_of: Callable[[int], str] = layout.refused_prefix
) -> None:
    """Write rows as objects under the hours of their arrival."""
    by_prefix: dict[str, list[Refused]] = {}
    for one in rows:
        by_prefix.setdefault(prefix_of(one.received_ms), []).append(one)
    for prefix, group in by_prefix.items():
        name = layout.object_name("test", group[0].received_ms, str(len(group)))
        put(data / prefix / name, b"".join(refused.encode(one).data for one in group))


@st.composite
def lists(draw: st.DrawFn) -> list[Refused]:
    """Return rows of two projects, some of them twice, in and out of the last hour."""
    found = []
    for number in range(draw(st.integers(0, 15))):
        one = row(
            number,
            project_id=draw(st.sampled_from([PROJECT, "project-b"])),
            dialect=draw(st.sampled_from(["databuddy", "segment"])),
            reason=draw(st.sampled_from(["invalid_schema", "origin_not_allowed"])),
            field=draw(st.sampled_from([None, "a", "b"])),
            item=draw(st.sampled_from([None, 3])),
            payload=draw(st.sampled_from(["", "{}", "é'\"\\ ?:x\n"])),
            received_ms=NOW_MS
            - draw(st.sampled_from([-1, 0, 1, 60_000, 1_500_000, HOUR_MS, HOUR_MS + 1])),
        )
        found += [one] * draw(st.sampled_from([1, 1, 2]))
    return found


def told(
    rows: Iterable[Refused], project: str, reason: str | None, dialect: str | None
) -> dict[str, Any]:
    """Return by reason: count, first, last, dialects, fields and the ids of the newest three."""
    mine = {one.refused_id: one for one in rows if one.project_id == project}
    wanted = [
        one
        for one in mine.values()
        if NOW_MS - HOUR_MS <= one.received_ms <= NOW_MS
        and reason in (None, one.reason)
        and dialect in (None, one.dialect)
    ]
    found = {}
    for code in {one.reason for one in wanted}:
        members = [one for one in wanted if one.reason == code]
        newest = sorted(members, key=lambda one: (one.received_ms, one.refused_id), reverse=True)
        times = [one.received_ms for one in members]
        found[code] = {
            "count": len(members),
            "times": (min(times), max(times)),
            "dialects": Counter(one.dialect for one in members),
            "fields": Counter(one.field for one in members if one.field),
            "newest": newest[:3],
        }
    return found
