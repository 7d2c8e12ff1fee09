"""What a question means, in plain Python: the independent word in the differential tests.

Reads question bodies as JSON and knows nothing of the package's model, tree or engines. Slow and
plain on purpose.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cmp_to_key
from typing import Any

from openbunker.core.event import Event
from tests.support.query import calendar
from tests.support.query.fields import canonical, is_number, passes, value, worth

Row = list[Any]
Body = Mapping[str, Any]
PERCENTILES = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
TEXTS = {"event_name", "country", "customer_identifier", "url"}


def answer(
    body: Body,
    events: Iterable[Event],
    project: str,
    now_ms: int,
    customer: str | None = None,
    *,
    key_filters: Sequence[Body] = (),
) -> list[Row]:
    """Return the rows that a question should have."""
    mine = [e for e in events if e.project_id == project]
    mine = [e for e in first_copies(mine) if customer in (None, e.customer_identifier)]
    mine = [e for e in mine if all(passes(e, f) for f in key_filters)]
    date = body.get("group_by_date")
    zone = date.get("timezone", "UTC") if date else "UTC"
    first, last = calendar.bounds(body["time_period"], zone, now_ms)
    rows = [e for e in mine if first <= e.timestamp_ms <= last]
    rows = [e for e in rows if all(passes(e, f) for f in body.get("filters", []))]
    found = calendar.buckets(date["interval"], zone, first, last) if date else None
    table = grouped(body, rows, found)
    columns = [*(["date"] if date else []), *body.get("group_by", [])]
    table = ordered(table, body, columns)[: body.get("limit", 1000)]
    return [[found.label(row[0]), *row[1:]] for row in table] if found else table


def first_copies(events: Iterable[Event]) -> list[Event]:
    """Return one event per dedupe key: the first received, then the smaller id."""
    found: dict[str, Event] = {}
    for one in sorted(events, key=lambda e: (e.received_ms, e.event_id)):
        found.setdefault(one.dedupe_key, one)
    return list(found.values())


def computations_of(body: Body) -> Sequence[Body]:
    """Return what is computed: without a word about it, a count."""
    found: Sequence[Body] = body.get("computations", [{"function": "count"}])
    return found


def grouped(body: Body, rows: Sequence[Event], buckets: calendar.Buckets | None) -> list[Row]:
    """Return one row per group, or per bucket and group, with the numbers of buckets as dates."""
    names, computations = body.get("group_by", []), computations_of(body)
    members: dict[tuple[str, ...], list[Event]] = {} if names else {(): []}
    for one in rows:
        members.setdefault(tuple(canonical(value(one, name)) for name in names), []).append(one)
    table = []
    for keys, group in members.items():
        told = [json.loads(key) for key in keys]
        if buckets is None:
            table.append(told + [computed(c, group) for c in computations])
            continue
        inside: dict[int, list[Event]] = {}
        for one in group:
            inside.setdefault(buckets.number(one.timestamp_ms), []).append(one)
        fill = body["group_by_date"].get("fill", True)
        for number in range(len(buckets)) if fill else inside:
            here = inside.get(number, [])
            table.append([number, *told, *(in_series(c, here) for c in computations)])
    return table


def in_series(computation: Body, members: Sequence[Event]) -> Any:
    """Return a computed value of a bucket: counts and sums of nothing are 0."""
    found = computed(computation, members)
    return 0 if found is None and computation["function"] == "sum" else found


def computed(computation: Body, members: Sequence[Event]) -> Any:
    """Return one computed value of a group."""
    name, function = computation.get("field_name"), computation["function"]
    if name is None:
        return len(members)
    values = [found for one in members if (found := value(one, name)) is not None]
    if function == "count":
        return len(values)
    if function == "count_unique":
        return len({canonical(one) for one in values})
    if name not in TEXTS and not name.endswith("_ms"):
        values = [number for one in values if (number := worth(one)) is not None]
    return aggregate(function, values) if values else None


def aggregate(function: str, values: Sequence[Any]) -> Any:
    """Return the sum, the mean, the least, the greatest, or the value at a share of the way."""
    if function == "sum":
        return sum(values)
    if function == "avg":
        return sum(values) / len(values)
    if function in ("min", "max"):
        return min(values) if function == "min" else max(values)
    return percentile(sorted(values), PERCENTILES[function])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value at a share of the way through sorted values, between two where it falls."""
    place = round((len(values) - 1) * share * 100) / 100
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def ordered(table: list[Row], body: Body, keys: Sequence[str]) -> list[Row]:
    """Return the rows in the order asked for, then by date and groups; nulls last either way."""
    columns = [*keys, *("_".join(c.values()) for c in computations_of(body))]
    asked = [(o["field_name"], o.get("direction", "ASC")) for o in body.get("order_by", [])]
    asked += [(name, "ASC") for name in keys]

    def compare(left: Row, right: Row) -> int:
        for name, direction in asked:
            place = columns.index(name)
            for a, b in zip(sorts(left[place]), sorts(right[place]), strict=True):
                if a != b:
                    if a is None or b is None:
                        return 1 if a is None else -1
                    return (1 if a > b else -1) * (1 if direction == "ASC" else -1)
        return 0

    return sorted(table, key=cmp_to_key(compare))


def sorts(one: Any) -> tuple[Any, Any, Any]:
    """Return what a value sorts by: numbers by size and before the rest, texts by code point."""
    if one is None:
        return None, None, None
    text = one if isinstance(one, str) else canonical(one)
    return float(one) if is_number(one) else None, text, canonical(one)
