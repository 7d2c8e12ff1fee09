"""Drafts -> Records: the lines of one request's events. What they share is written once.

The columns and their order are the event's, their rules `core.records`': tests hold every line
against those of the same event encoded whole. Pure: clock and ids are arguments.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from openbunker.core import records
from openbunker.core.errors import Refusal
from openbunker.core.event import MAX_NAME, UTM, Draft
from openbunker.core.records import SCHEMA_VERSION, Record, check_length, json_of, text_of
from openbunker.core.verdict import Accepted
from openbunker.ingest.enrich import NO_TAGS, Origin
from openbunker.ingest.useragent import parse_user_agent

# What a draft says in its own words, in the order of the columns, and how each begins in a line.
_TOLD = (
    *("user_id", "anonymous_id", "session_id"),
    *("url", "page_title", "page_path", "referrer"),
)
_told = attrgetter(*_TOLD)
_BEGIN = [f',"{name}":' for name in _TOLD]
_NOTHING = (None,) * len(_TOLD)


def written(
    items: Sequence[Draft | Refusal], origin: Origin, event_ids: Sequence[str]
) -> list[tuple[Accepted | Refusal, Record | None]]:
    """Return each item as it is on its way to the sink, and its record unless it is refused."""
    lines = _Lines(origin)
    return [
        (item, None) if isinstance(item, Refusal) else lines.written(item, event_id)
        for item, event_id in zip(items, event_ids, strict=True)
    ]


class _Lines:
    """Writes the events of one request."""

    def __init__(self, origin: Origin) -> None:
        key = origin.key
        self._origin = origin
        self._customer = key.customer_identifier
        self._head = f'{{"v":{SCHEMA_VERSION},"project_id":{text_of(key.project_id)},"event_id":'
        self._sender = f',"dialect":{text_of(origin.dialect)},"key_id":{text_of(key.key_id)}'
        self._received = f',"received_ms":{origin.received_ms}'
        self._place = _members((("ip", origin.ip), ("country", origin.country)))
        self._browser = _browser(origin.user_agent or "")
        self._tags: tuple[Mapping[str, str], str] = NO_TAGS, ""

    def written(self, draft: Draft, event_id: str) -> tuple[Accepted | Refusal, Record | None]:
        """Return a draft on its way and its record, or the refusal of what no line can hold."""
        origin = self._origin
        happened_ms = origin.happened_ms(draft)
        record = records.kept(self._parts, draft, event_id, happened_ms)
        if isinstance(record, Refusal):
            return record, None
        return Accepted(draft, event_id, happened_ms, origin.received_ms), record

    def _parts(self, draft: Draft, event_id: str, happened_ms: int) -> tuple[str, str]:
        name, origin, own_id = draft.event_name, self._origin, text_of(event_id)
        if len(name) > MAX_NAME:
            check_length("event_name", name)
        dedupe_key = origin.dedupe_key(draft)
        line = [
            f'{self._head}{own_id},"dedupe_key":{text_of(dedupe_key) if dedupe_key else own_id}'
            f'{self._sender},"event_name":{text_of(name)},"timestamp_ms":{happened_ms}'
            f"{self._received}"
        ]
        customer = self._customer or draft.customer_identifier
        if customer is not None:
            check_length("customer_identifier", customer)
            line.append(f',"customer_identifier":{text_of(customer)}')
        told = _told(draft)
        if says_some := told != _NOTHING:  # what a server sends says none of it
            for begin, value, column in zip(_BEGIN, told, _TOLD, strict=True):
                if value is not None:
                    if len(value) > MAX_NAME:  # most texts are shorter than the least limit
                        check_length(column, value)
                    line.append(begin + text_of(value))
        line.append(self._place)
        line.append(_browser(draft.user_agent) if draft.user_agent else self._browser)
        if says_some or draft.utm or origin.page:  # else there is no address to look into
            line.append(self._campaign(origin.utm_tags(draft)))
        if draft.metric_name is not None:
            check_length("metric_name", draft.metric_name)
            line.append(f',"metric_name":{text_of(draft.metric_name)}')
        properties = json_of(draft.properties)
        if draft.metric_value is not None:
            line.append(f',"metric_value":{json_of(draft.metric_value)}')
        return "".join(line), properties

    def _campaign(self, tags: Mapping[str, str]) -> str:
        """Return the members of tags; the events of one page have the same ones, written once."""
        if tags is not self._tags[0]:
            self._tags = tags, _members([(name, tags.get(name)) for name in UTM])
        return self._tags[1]


def _browser(user_agent: str) -> str:
    found = parse_user_agent(user_agent)
    return _members((("browser", found.browser), ("os", found.os), ("device", found.device)))


def _members(found: Iterable[tuple[str, str | None]]) -> str:
    """Return members of an object, each after a comma; those that are None are left out."""
    return "".join([f',"{name}":{text_of(value)}' for name, value in found if value is not None])
