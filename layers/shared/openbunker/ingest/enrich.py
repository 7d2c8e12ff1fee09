"""Draft -> Event: ids, times, and what the request itself tells (masked IP, browser, utm).

Pure: clock and ids are arguments. The sender cannot overwrite what is generated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from openbunker.core.addresses import mask_ip
from openbunker.core.event import MAX_TAG, UTM, Draft, Event
from openbunker.ingest.useragent import parse_user_agent
from openbunker.keys.model import Key
from openbunker.web.http import Request

# Where an edge in front says where a request came from (CloudFront's header name).
COUNTRY_HEADER = "cloudfront-viewer-country"


@dataclass(frozen=True, slots=True)
class Origin:
    """What all items of one request share. `page` is where a browser says it was sent from.

    `dedupe_scope` stands before the dedupe keys that the sender's own ids make.
    """

    dialect: str
    key: Key
    received_ms: int
    user_agent: str | None
    ip: str | None
    country: str | None
    page: str | None
    dedupe_scope: str = ""

    @classmethod
    def of(
        cls, request: Request, dialect: str, key: Key, received_ms: int, country_header: str = ""
    ) -> "Origin":
        """Return the shared part of a request's items; the IP is masked here.

        Without the header that a trusted edge sets there is no country: anybody could name one.
        """
        return cls(
            dialect=dialect,
            key=key,
            received_ms=received_ms,
            user_agent=request.header("user-agent"),
            ip=mask_ip(request.source_ip),
            country=_country(request.header(country_header) or ""),
            page=request.header("referer"),
        )


def complete(draft: Draft, origin: Origin, event_id: str) -> Event:
    """Return the event of a draft. A scoped key fills in its customer; receipt fills in time."""
    agent = parse_user_agent(draft.user_agent or origin.user_agent or "")
    key = origin.key
    return Event(
        project_id=key.project_id,
        event_id=event_id,
        dedupe_key=origin.dedupe_scope + draft.dedupe_key if draft.dedupe_key else event_id,
        dialect=origin.dialect,
        key_id=key.key_id,
        event_name=draft.event_name,
        timestamp_ms=_time_ms(draft, origin.received_ms),
        received_ms=origin.received_ms,
        customer_identifier=key.customer_identifier or draft.customer_identifier,
        user_id=draft.user_id,
        anonymous_id=draft.anonymous_id,
        session_id=draft.session_id,
        url=draft.url,
        page_title=draft.page_title,
        page_path=draft.page_path,
        referrer=draft.referrer,
        ip=origin.ip,
        country=origin.country,
        browser=agent.browser,
        os=agent.os,
        device=agent.device,
        metric_name=draft.metric_name,
        metric_value=draft.metric_value,
        properties=draft.properties,
        **_utm_tags(draft, origin),
    )


def _time_ms(draft: Draft, received_ms: int) -> int:
    if draft.age_ms is not None:
        return received_ms - draft.age_ms
    return received_ms if draft.timestamp_ms is None else draft.timestamp_ms


def _country(code: str) -> str | None:
    return code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else None


def _utm_tags(draft: Draft, origin: Origin) -> Mapping[str, str]:
    """Return the utm tags that the draft names, else of the page's URL, else of the referrer's.

    Where the event names no page, it is the one whose browser sent the request. A tag that its
    column cannot hold stands there alone: in the address, or where the draft has it from.
    """
    named = {name: value for name, value in draft.utm.items() if name in UTM}
    if named:
        return _fitting(named)
    for url in (draft.url or origin.page, draft.referrer):
        if url and "utm" in url.lower():  # its underscore may be escaped
            tags = _tags_of(url)
            if tags:
                return _fitting(tags)
    return {}


def _fitting(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: tag for name, tag in tags.items() if len(tag) <= MAX_TAG and "\0" not in tag}


def _tags_of(url: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(urlsplit(url).query)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in UTM:
            found.setdefault(name, value)  # of repeated ones the first counts, as everywhere
    return found
