"""Our own two headers, over all golden cases: the reason of what failed, the id of what did not.

Nothing here is vendor's: the law is one for all dialects, so a new case is held to it unasked.
"""

import re
from typing import Any

import pytest

from openbunker.core import ids, records
from openbunker.core.reasons import Reason
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.sinks.memory import MemorySink
from openbunker.web.http import EVENT_ID_HEADER, REASON_HEADER, REFUSED_ID_HEADER
from openbunker.wire import registry
from tests.wire import cases

ALL = [case for dialect in cases.dialects() for case in cases.load(dialect)]
ANSWERED = [case for case in ALL if case.method != "OPTIONS"]
EXPOSED = "access-control-expose-headers"
# What some vendors answer with success: nothing was sent, so there is nothing to say of it.
NOTHING = re.compile(rb'\[\]|\{.*"batch": ?\[\]\}', re.DOTALL)


class Replayed:
    """A case's answer, the fates that were logged of its items, and what was stored."""

    def __init__(self, case: cases.Case) -> None:
        keys = cases.key_store(case)
        keys.down = case.faults.get("keys", False)
        sink = MemorySink(refusing=case.faults.get("sink", ()))
        lines: list[Any] = []
        services = Services(
            keys=keys,
            sink=sink,
            now_ms=lambda: 1_790_000_000_000,
            new_id=ids.new_id,
            log=lines.append,
            names=cases.names_used(case),
            buckets=cases.buckets(case),
            monotonic=lambda: 0.0,
        )
        answer = serve(case.gateway_event("2.0"), None, services)
        self.headers: dict[str, str] = answer["headers"]
        self.rows = [records.decode(record.data) for record in sink.records]
        line = lines[-1] if lines else {}
        self.accepted = line.get("stored", 0) + line.get("spilled", 0)
        self.failed = line.get("refused", 0) + line.get("retry", 0)


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.id)
def test_a_refusal_tells_its_reason_and_a_single_acceptance_its_id(case: cases.Case) -> None:
    replayed = Replayed(case)
    empty = NOTHING.fullmatch(case.body) if case.status == 200 else None
    complete = not replayed.failed and (replayed.accepted > 0 or empty is not None)
    single = complete and replayed.accepted == 1

    if complete:
        assert REASON_HEADER not in replayed.headers
    else:
        reason = Reason(replayed.headers[REASON_HEADER])
        assert ("retry-after" in replayed.headers) == reason.facts.retryable
    assert (EVENT_ID_HEADER in replayed.headers) == single
    if single:
        assert replayed.headers[EVENT_ID_HEADER] == replayed.rows[0].event_id


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_a_browser_may_read_both_where_a_dialect_is_a_browser_s(case: cases.Case) -> None:
    dialect = registry.dialect_at("/" + case.path.lstrip("/"))
    headers = Replayed(case).headers
    if dialect is None or dialect.cors is None:
        assert not [name for name in headers if name.startswith("access-control-")]
        return
    exposed = {name.strip() for name in headers[EXPOSED].split(",")}
    assert exposed >= {REASON_HEADER, EVENT_ID_HEADER, REFUSED_ID_HEADER, "retry-after"}
    assert headers["access-control-allow-origin"] == case.headers.get("Origin", "*")
    assert headers["vary"] == "Origin"


def test_every_reason_of_the_wire_has_a_case() -> None:
    """What no case shows: a bug, what reaches no handler, and what other routes refuse."""
    told = {Replayed(case).headers.get(REASON_HEADER) for case in ANSWERED}
    elsewhere = {
        Reason.INTERNAL_ERROR,
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
    }
    assert set(Reason) - elsewhere <= told
