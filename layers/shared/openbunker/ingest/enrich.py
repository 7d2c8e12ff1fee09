"""What a request tells of its events: whose they are, masked IP, country, times, utm tags.

Pure: the clock is an argument. The sender cannot overwrite what is generated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from openbunker.core.addresses import mask_ip
from openbunker.core.event import MAX_TAG, MAX_URL, UTM, Draft
from openbunker.keys.model import Key
from openbunker.web.http import Request

# Where an edge in front says where a request came from (CloudFront's header name).
COUNTRY_HEADER = "cloudfront-viewer-country"
NO_TAGS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Origin:
    """What all items of one request share. `page` is where a browser says it was sent from.

    `dedupe_scope` stands before the dedupe keys that the sender's own ids make, `id_scope` between
    it and an id that is to count once (`Submission.id_scope`).
    """

    dialect: str
    key: Key
    received_ms: int
    user_agent: str | None
    ip: str | None
    country: str | None
    page: str | None
    dedupe_scope: str = ""
    id_scope: str = ""

    @classmethod
    def of(
        cls,
        request: Request,
        dialect: str,
        key: Key,
        received_ms: int,
        country_header: str = "",
        *,
        scopes: tuple[str, str] = ("", ""),
    ) -> "Origin":
        """Return the shared part of a request's items; the IP is masked here.

        `scopes` are `dedupe_scope` and `id_scope`.
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
            dedupe_scope=scopes[0],
            id_scope=scopes[1],
        )

    def dedupe_key(self, draft: Draft) -> str | None:
        """Return what makes a draft count once, None where nothing of the sender's does."""
        if draft.dedupe_key:
            return self.dedupe_scope + draft.dedupe_key
        if self.id_scope and draft.client_event_id is not None:
            return f"{self.dedupe_scope}{self.id_scope}{draft.client_event_id}"
        return None

    def happened_ms(self, draft: Draft) -> int:
        """Return when a draft happened; receipt fills in the time."""
        if draft.age_ms is not None:
            return self.received_ms - draft.age_ms
        return self.received_ms if draft.timestamp_ms is None else draft.timestamp_ms

    def utm_tags(self, draft: Draft) -> Mapping[str, str]:
        """Return the tags that the draft names, else of the page's URL, else of the referrer's.

        Where the event names no page, it is the one whose browser sent the request. A tag that its
        column cannot hold stands there alone: in the address, or where the draft has it from.
        """
        if draft.utm and (named := {tag: draft.utm[tag] for tag in UTM if tag in draft.utm}):
            return _fitting(named)
        for url in (draft.url or self.page, draft.referrer):
            if url and "utm" in url.lower():  # its underscore may be escaped
                tags = _remembered(url) if len(url) <= MAX_URL else _tags_of(url)
                if tags is not None:
                    return tags
        return NO_TAGS


def _country(code: str) -> str | None:
    return code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else None


def _fitting(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: tag for name, tag in tags.items() if len(tag) <= MAX_TAG and "\0" not in tag}


def _tags_of(url: str) -> Mapping[str, str] | None:
    """Return the tags of an address that fit, None where it has none at all."""
    try:
        pairs = parse_qsl(urlsplit(url).query)
    except ValueError:
        return None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in UTM:
            found.setdefault(name, value)  # of repeated ones the first counts, as everywhere
    return _fitting(found) if found else None


# The events of a batch come from few pages, most of them from the one that sent the request.
_remembered = lru_cache(maxsize=16)(_tags_of)
