"""Every line that is written from parts is the line of its event encoded whole, byte for byte.

The oracle knows no parts: it completes an event as the rules of enrichment say, one column after
the other, and has `records.encode` write it.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids, records
from openbunker.core.errors import Refusal
from openbunker.core.event import MAX_TAG, TEXT_LIMITS, UTM, Draft, Event
from openbunker.core.records import Record
from openbunker.ingest.enrich import Origin
from openbunker.ingest.lines import written
from openbunker.ingest.useragent import parse_user_agent
from openbunker.keys.model import Key, KeyKind

NOW_MS = 1_790_000_000_000
TEXT = st.text(max_size=8) | st.sampled_from(
    ["", "\0", "\ud800", '"\\\n\u2028', "é" * 256, "x" * 257, "x" * 501, "x" * 2049, "x" * 8193]
)
AGENTS = st.sampled_from(["curl/8", "Mozilla/5.0 (iPhone) Mobile Safari/1", "GPTBot", "\0", ""])
URLS = TEXT | st.sampled_from(
    [
        "https://a/?utm_source=mail&utm_medium=&utm_term=t",
        "https://a/?UTM_source=x&utm%5Fcampaign=c&utm_campaign=d",
        f"https://a/?utm_source={'s' * 501}&utm_medium=m",
        "https://a/?utm_source=%00&utm_content=y#utm_term=no",
        "https://[utm_source=1",
        "https://a/?utm_id=1",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
DRAFTS = st.builds(
    Draft,
    event_name=TEXT,
    timestamp_ms=st.none() | st.integers(-(10**15), 10**15),
    age_ms=st.none() | st.integers(-(10**6), 10**6),
    client_event_id=st.none() | TEXT,
    dedupe_key=st.none() | TEXT,
    customer_identifier=st.none() | TEXT,
    user_id=st.none() | TEXT,
    anonymous_id=st.none() | TEXT,
    session_id=st.none() | TEXT,
    url=st.none() | URLS,
    page_title=st.none() | TEXT,
    page_path=st.none() | TEXT,
    referrer=st.none() | URLS,
    user_agent=st.none() | AGENTS,
    utm=st.dictionaries(st.sampled_from([*UTM, "utm_id", "ip"]), TEXT, max_size=3),
    metric_name=st.none() | TEXT,
    metric_value=st.none() | st.floats(),
    properties=st.dictionaries(TEXT, VALUES, max_size=4),
)
KEYS = st.builds(
    Key,
    key_id=st.text("k1_é", max_size=4),
    kind=st.just(KeyKind.WRITE),
    account_id=st.just("a"),
    project_id=st.text("p1_é", max_size=4),
    customer_identifier=st.none() | TEXT,
)
ORIGINS = st.builds(
    Origin,
    dialect=st.sampled_from(["databuddy", "segment"]),
    key=KEYS,
    received_ms=st.just(NOW_MS),
    user_agent=st.none() | AGENTS,
    ip=st.none() | st.just("203.0.113.0"),
    country=st.none() | st.just("DE"),
    page=st.none() | URLS,
    dedupe_scope=st.sampled_from(["", "public:"]),
    id_scope=st.sampled_from(["", "databuddy:k:"]),
)


def completed(draft: Draft, origin: Origin, event_id: str) -> Event:
    """Return the event of a draft, by the rules alone."""
    told = {one.name: getattr(draft, one.name) for one in fields(Draft)}
    agent = parse_user_agent(draft.user_agent or origin.user_agent or "")
    row: dict[str, Any] = {one.name: told[one.name] for one in fields(Event) if one.name in told}
    row |= {
        "project_id": origin.key.project_id,
        "event_id": event_id,
        "dedupe_key": dedupe_key(draft, origin) or event_id,
        "dialect": origin.dialect,
        "key_id": origin.key.key_id,
        "timestamp_ms": happened_ms(draft),
        "received_ms": NOW_MS,
        "customer_identifier": origin.key.customer_identifier or draft.customer_identifier,
        "ip": origin.ip,
        "country": origin.country,
        "browser": agent.browser,
        "os": agent.os,
        "device": agent.device,
    }
    return Event(**row | dict(utm_tags(draft, origin)))


def dedupe_key(draft: Draft, origin: Origin) -> str:
    own = draft.dedupe_key
    if not own and origin.id_scope and draft.client_event_id is not None:
        own = origin.id_scope + draft.client_event_id
    return origin.dedupe_scope + own if own else ""


def happened_ms(draft: Draft) -> int:
    if draft.age_ms is not None:
        return NOW_MS - draft.age_ms
    return NOW_MS if draft.timestamp_ms is None else draft.timestamp_ms


def utm_tags(draft: Draft, origin: Origin) -> Mapping[str, str]:
    named = {name: value for name, value in draft.utm.items() if name in UTM}
    found = named or in_url(draft.url or origin.page) or in_url(draft.referrer)
    return {name: tag for name, tag in found.items() if len(tag) <= MAX_TAG and "\0" not in tag}


def in_url(url: str | None) -> dict[str, str]:
    try:
        pairs = parse_qsl(urlsplit(url or "").query)
    except ValueError:
        return {}
    return {name: value for name, value in reversed(pairs) if name in UTM}


@given(st.lists(DRAFTS, min_size=1, max_size=3), ORIGINS)
def test_a_line_of_parts_is_the_line_of_its_event(drafts: list[Draft], origin: Origin) -> None:
    """What is refused is refused alike, with the same reason, words and column."""
    event_ids = ids.new_ids(NOW_MS, len(drafts))
    found = written(drafts, origin, event_ids)
    for draft, event_id, (item, record) in zip(drafts, event_ids, found, strict=True):
        wanted = records.encode(completed(draft, origin, event_id))
        assert (record or item) == wanted
        if not isinstance(item, Refusal):
            told = (item.draft, item.event_id, item.happened_ms, item.received_ms)
            assert told == (draft, event_id, happened_ms(draft), NOW_MS)


ORIGIN = Origin(
    dialect="segment",
    key=Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p"),
    received_ms=NOW_MS,
    user_agent=None,
    ip=None,
    country=None,
    page=None,
)


@pytest.mark.parametrize("column", [one.name for one in fields(Draft) if one.name in TEXT_LIMITS])
def test_each_text_of_a_draft_is_written_and_held_to_its_column(column: str) -> None:
    """A column that is added to the draft and forgotten here is missed in its line."""
    limit = TEXT_LIMITS[column]
    for length in (limit, limit + 1):
        told: dict[str, Any] = {"event_name": "x", column: "y" * length}
        draft = Draft(**told)
        [(item, record)] = written([draft], ORIGIN, ["0" * 32])
        if length > limit:
            assert isinstance(item, Refusal)
            assert item.field == column
        else:
            assert isinstance(record, Record)
            assert getattr(records.decode(record.data), column) == "y" * length


def test_a_refused_item_stays_in_its_place() -> None:
    refusal = records.encode(completed(Draft(event_name="\0"), ORIGIN, "0" * 32))
    assert isinstance(refusal, Refusal)
    found = written([Draft(event_name="a"), refusal, Draft(event_name="b")], ORIGIN, list("123"))
    assert [record is None for _, record in found] == [False, True, False]
    assert found[1][0] is refusal
