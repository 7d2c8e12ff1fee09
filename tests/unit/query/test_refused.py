"""`GET /v1/refused` over HTTP: whose rows, which parameters, the answer's shape."""

import json
from typing import Any

import pytest

from openbunker.core import layout
from openbunker.core.errors import QueryUnavailable
from openbunker.core.times import DAY_MS
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.erasure.model import Erasure
from openbunker.query.endpoint import serve_query
from openbunker.query.engine import Table
from openbunker.query.incomplete import COMPLETE_HEADER
from openbunker.query.services import QueryServices
from openbunker.query.sql.refused import COLUMNS, MAX_GROUP_ROWS
from openbunker.web.http import REASON_HEADER
from tests.support.query.lake import NOW_MS, PROJECT
from tests.support.query.refused import row
from tests.unit.query.test_endpoint import Front

NAMES = [*COLUMNS, "total", "first_ms", "last_ms"]


def table(*rows: Any, fresh_to_ms: int | None = None) -> Table:
    """Return what an engine would give for rows that are groups of 5."""
    cells = [[*(getattr(one, name) for name in COLUMNS), 5, NOW_MS - 9_000, NOW_MS] for one in rows]
    return Table(NAMES, cells, fresh_to_ms)


def ask(
    front: Front,
    query: str = "",
    *,
    key: str = "QUERY",
    method: str = "GET",
    path: str = "/v1/refused",
    erasures: MemoryErasureStore | None = None,
) -> Any:
    event = {
        "rawPath": path,
        "rawQueryString": query,
        "requestContext": {"http": {"method": method}},
        "headers": {"x-eventbunker-query-key": key} if key else {},
    }
    services = QueryServices(
        keys=front.keys,
        engine=front.engine,
        now_ms=front.tick,
        log=front.lines.append,
        erasures=erasures,
    )
    reply = serve_query(event, None, services)
    return {**reply, "body": json.loads(reply["body"])}


@pytest.mark.parametrize("path", ["/v1/refused", "/v1/live"])
@pytest.mark.parametrize("asked_ms", [NOW_MS, NOW_MS - 2 * DAY_MS])
def test_rows_that_may_be_of_who_is_erased_are_told_to_be_left_out(
    path: str, asked_ms: int
) -> None:
    """As long as the period reaches back to before the erasure was asked for."""
    erasures = MemoryErasureStore()
    one = Erasure(
        erasure_id="1", project_id=PROJECT, customer_hash=hash_of(PROJECT, "c1"),
        requested_ms=asked_ms, key_id="k", customer_identifier="c1",
    )  # fmt: skip
    erasures.add(one)
    nothing = Front(Table(NAMES if path == "/v1/refused" else (), [], None))

    reply = ask(nothing, path=path, erasures=erasures)

    told = [lack["reason"] for lack in reply["body"].get("incomplete", [])]
    assert told == (["erasing"] if asked_ms == NOW_MS else [])
    assert reply["headers"][COMPLETE_HEADER] == ("false" if told else "true")


def test_an_answer_has_the_documented_shape() -> None:
    cut = row(7, payload_bytes=9_000, field=None, item=None, received_ms=NOW_MS)

    body = ask(Front(table(cut, fresh_to_ms=NOW_MS)))["body"]

    assert body == {
        "groups": [
            {
                "reason": "invalid_schema",
                "count": 5,
                "first": "2026-11-20T23:59:51.000Z",
                "last": "2026-11-21T00:00:00.000Z",
                "dialects": ["databuddy"],
                "fields": [],
                "samples": [
                    {
                        "received": "2026-11-21T00:00:00.000Z",
                        "refused_id": f"{7:032x}",
                        "dialect": "databuddy",
                        "route": "POST /batch",
                        "key_id": "write-1",
                        "field": None,
                        "item": None,
                        "message": "name: required",
                        "payload": '{"name":5}',
                        "truncated": True,
                    }
                ],
            }
        ],
        "complete": True,
        "elapsed_ms": 10,
        "fresh_to": "2026-11-21T00:00:00.000Z",
    }


def test_an_answer_says_when_groups_may_be_missing() -> None:
    rows = [row(number) for number in range(MAX_GROUP_ROWS + 1)]
    twice = [row(number) for number in range(MAX_GROUP_ROWS)] * 2

    reply = ask(Front(table(*rows)))

    assert (reply["body"]["complete"], reply["headers"][COMPLETE_HEADER]) == (False, "false")
    assert [(one["reason"], one["count"]) for one in reply["body"]["incomplete"]] == [
        ("row_limit", None)
    ]
    for whole in (rows[:-1], twice):  # what the stream delivered twice is no more
        reply = ask(Front(table(*whole)))
        assert (reply["body"]["complete"], reply["headers"][COMPLETE_HEADER]) == (True, "true")
        assert "incomplete" not in reply["body"]


def test_all_time_is_every_partition_that_there_can_be() -> None:
    front = Front(table())

    assert ask(front, "period=all")["statusCode"] == 200

    (statement,) = front.engine.asked
    assert (statement.from_ms, statement.to_ms) == (0, layout.LAST_MS)
    first, last = layout.arrivals(layout.REFUSED, statement.from_ms, statement.to_ms)
    assert (first, last) == (("1970-01-01", "0000"), ("9999-12-31", "2359"))


def test_the_project_is_the_key_s_and_the_rest_is_bound() -> None:
    front = Front(table())

    ask(front, "period=minus_2_hours&reason=malformed_json&dialect=segment")

    (statement,) = front.engine.asked
    assert statement.table == "refused"
    assert statement.parameters == {
        "project": PROJECT,
        "period_from": NOW_MS + 5 - 7_200_000,
        "period_to": NOW_MS + 5,
        "reason": "malformed_json",
        "dialect": "segment",
    }


@pytest.mark.parametrize(
    ("query", "element"),
    [
        ("period=tomorrow", "period:"),
        ("period=", "period:"),
        ("reason=because", "reason:"),
        ("dialect=it's", "dialect:"),
        ("project=other", "project:"),
    ],
)
def test_a_wrong_parameter_is_named(query: str, element: str) -> None:
    front = Front(table())

    reply = ask(front, query)

    assert (reply["statusCode"], reply["body"]["code"]) == (400, "invalid_query")
    assert reply["body"]["error"].startswith(element)
    assert front.engine.asked == []


@pytest.mark.parametrize(
    ("key", "status", "reason"),
    [
        ("", 401, "missing_key"),
        ("nobody's", 401, "unknown_key"),
        ("WRITE", 401, "wrong_key_kind"),
        ("MASTER", 401, "wrong_key_kind"),
        ("scoped", 403, "scoped_key"),
    ],
)
def test_another_key_sees_nothing(key: str, status: int, reason: str) -> None:
    front = Front(table(row()))

    reply = ask(front, key=key)

    assert (reply["statusCode"], reply["headers"][REASON_HEADER]) == (status, reason)
    assert "groups" not in reply["body"]
    assert front.engine.asked == []


def test_another_method_is_405() -> None:
    reply = ask(Front(), method="POST")

    assert (reply["statusCode"], reply["headers"]["allow"]) == (405, "GET, OPTIONS")


def test_an_engine_that_fails_is_503_and_logged() -> None:
    front = Front(error=QueryUnavailable("the disk is gone"))

    reply = ask(front)

    assert (reply["statusCode"], reply["body"]["code"]) == (503, "query_unavailable")
    assert front.lines[0]["error"] == "the disk is gone"
