"""Our own two headers, over all golden cases: the reason of what failed, the id of what did not.

Nothing here is vendor's: the law is one for all dialects, so a new case is held to it unasked.
"""

import re

from openbunker.core.reasons import Reason
from openbunker.web.http import (
    EVENT_ID_HEADER,
    NOTICE_HEADER,
    REASON_HEADER,
    REFUSED_ID_HEADER,
    Request,
)
from openbunker.wire import registry
from tests.support.laws import each
from tests.wire import replays
from tests.wire.replays import Replay

EXPOSED = "access-control-expose-headers"
# What some vendors answer with success: nothing was sent, so there is nothing to say of it.
NOTHING = re.compile(rb'\[\]|\{.*"batch": ?\[\]\}', re.DOTALL)


def answered() -> list[Replay]:
    """Return the replays of what was sent to be stored: no preflights, no questions."""
    return [
        replay
        for replay in replays.replays()
        if replay.case.method != "OPTIONS" and not about_no_event(replay)
    ]


def about_no_event(replay: Replay) -> bool:
    request = Request(method=replay.case.method, path=replay.case.path)
    dialect = registry.dialect_at(request.path)
    return dialect is not None and registry.route_of(request) in dialect.answers


@each("replay", answered, replays.name)
def test_a_refusal_tells_its_reason_and_a_single_acceptance_its_id(replay: Replay) -> None:
    case, accepted = replay.case, replay.items("stored", "spilled")
    empty = NOTHING.fullmatch(case.body) if case.status == 200 else None
    complete = not replay.items("refused", "retry") and (accepted > 0 or empty is not None)
    single = complete and accepted == 1

    if complete:
        assert REASON_HEADER not in replay.headers
    else:
        reason = Reason(replay.headers[REASON_HEADER])
        assert ("retry-after" in replay.headers) == reason.facts.retryable
    assert (EVENT_ID_HEADER in replay.headers) == single
    if single:
        assert replay.headers[EVENT_ID_HEADER] == replay.rows[0].event_id


@each("replay", answered, replays.name)
def test_a_time_that_can_hardly_be_meant_is_stored_and_told(replay: Replay) -> None:
    day_ms, year_2000_ms = 86_400_000, 946_684_800_000
    odd = [
        row.timestamp_ms
        for row in replay.rows
        if row.timestamp_ms < year_2000_ms or row.timestamp_ms > row.received_ms + day_ms
    ]

    assert (NOTICE_HEADER in replay.headers) == bool(odd)
    if odd:
        told = replay.headers[NOTICE_HEADER]
        assert any(f"{at}: " in told for at in odd)
        assert told.isascii()


@each("replay", replays.replays, replays.name)
def test_a_browser_may_read_both_where_a_dialect_is_a_browser_s(replay: Replay) -> None:
    case, headers = replay.case, replay.headers
    dialect = registry.dialect_at("/" + case.path.lstrip("/"))
    if dialect is None or dialect.cors is None:
        assert not [name for name in headers if name.startswith("access-control-")]
        return
    exposed = {name.strip() for name in headers[EXPOSED].split(",")}
    ours = {REASON_HEADER, EVENT_ID_HEADER, REFUSED_ID_HEADER, NOTICE_HEADER}
    assert exposed >= {*ours, "retry-after"}
    said = case.headers.get("Origin", "*")
    told = said if "://" in said or said == "null" else "*"
    # What no browser says is nobody's to be echoed.
    odd = re.search(r"[\s,]", said) or re.match(r"\w+:\w+:", said)
    assert headers["access-control-allow-origin"] == ("*" if odd else told)
    assert headers["vary"] == "Origin"


def test_every_reason_of_the_wire_has_a_case() -> None:
    """What no case shows: a bug, what reaches no handler, and what other routes refuse."""
    told = {replay.headers.get(REASON_HEADER) for replay in answered()}
    elsewhere = {
        Reason.INTERNAL_ERROR,
        Reason.NOT_FROM_EDGE,
        Reason.MALFORMED_HTTP,
        Reason.NOT_A_GATEWAY_EVENT,
        Reason.INVALID_QUERY,
        Reason.NOT_ACCEPTABLE,
        Reason.QUERY_TOO_LARGE,
        Reason.QUERY_UNAVAILABLE,
        Reason.QUERY_TIMEOUT,
        Reason.SCOPED_KEY,
        Reason.ANSWER_TOO_LARGE,
        Reason.LIMIT_REACHED,
        Reason.ERASURE_UNAVAILABLE,
        Reason.TOO_MANY_ERASURES,
        Reason.HEADERS_TOO_LARGE,
        Reason.REQUEST_TIMEOUT,
        Reason.SERVER_BUSY,
    }
    assert set(Reason) - elsewhere <= told
