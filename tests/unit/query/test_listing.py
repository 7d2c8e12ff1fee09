"""A listing over HTTP: what it may ask, how its pages follow each other, whose rows they hold."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.query.answers.formats import CURSOR_HEADER
from openbunker.query.engine import Table
from openbunker.query.question import cursor
from openbunker.query.question.cursor import Place
from tests.support.query.lake import NOW_MS
from tests.unit.query.test_endpoint import Front

BODY: dict[str, Any] = {"select": ["event_name", "plan"], "time_period": "minus_5_minutes"}
ONE = {**BODY, "limit": 1}


def table(*names: str, count: int | None = None) -> Table:
    rows = [
        [name, '"pro"', NOW_MS - n, f"id{n}", count or len(names)] for n, name in enumerate(names)
    ]
    return Table(["s0", "s1", "page_at", "page_id", "page_count"], rows, NOW_MS)


def test_a_page_has_the_documented_shape() -> None:
    told = Front(table("a", "b")).ask(BODY)["body"]

    assert told == {
        "columns": ["event_name", "plan"],
        "rows": [["a", "pro"], ["b", "pro"]],
        "row_count": 2,
        "cursor": None,
        "elapsed_ms": 10,
        "fresh_to": "2026-11-21T00:00:00.000Z",
        "complete": True,
    }


def test_the_next_page_begins_after_the_last_row_and_keeps_the_period() -> None:
    front = Front(table("a", "b"))
    first = front.ask(ONE)["body"]
    front.now_ms += 3_600_000

    front.ask({**BODY, "limit": 7, "cursor": first["cursor"]})

    one, two = (statement.parameters for statement in front.engine.asked)
    assert first["row_count"] == 1
    assert (two["after_ms"], two["after_id"]) == (NOW_MS, "id0")
    assert [two["period_from"], two["period_to"]] == [one["period_from"], NOW_MS]
    assert front.engine.asked[1].known == front.engine.asked[0].known


def test_the_cursor_of_lines_is_a_header() -> None:
    front = Front(table("a", "b"))
    event = {
        "version": "2.0",
        "rawPath": "/v1/query/json",
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"x-eventbunker-query-key": "QUERY", "accept": "application/x-ndjson"},
        "body": json.dumps(ONE),
    }

    reply = front.send(event)

    assert reply["body"] == '{"event_name": "a", "plan": "pro"}\n'
    assert front.ask({**ONE, "cursor": reply["headers"][CURSOR_HEADER]})["statusCode"] == 200


@pytest.mark.parametrize(
    "change",
    [
        {"select": ["event_name"]},
        {"time_period": "minus_6_minutes"},
        {"filters": [{"field_name": "plan", "op": "equals", "value": "pro"}]},
        {"cursor": "x"},
        {"cursor": ""},
        {"cursor": "é"},
        {"cursor": "A" * 500},
        {"cursor": base64.urlsafe_b64encode(b"[]").decode()},
        {"cursor": base64.urlsafe_b64encode(b'{"a": 1}').decode()},
        {"cursor": base64.urlsafe_b64encode(b"[" * 300).decode()},
    ],
)
def test_a_cursor_of_another_request_is_refused(change: dict[str, Any]) -> None:
    front = Front(table("a", "b"))
    following = front.ask(ONE)["body"]["cursor"]

    reply = front.ask({**BODY, "cursor": following, **change})

    assert (reply["statusCode"], reply["body"]["code"]) == (400, "invalid_query")
    assert reply["body"]["error"].startswith("cursor: is not a cursor of this request")


@given(st.integers(0, 200), st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]))
def test_a_tampered_cursor_is_refused(at: int, character: str) -> None:
    text = cursor.text_of(Place(1, 2, 3, "0" * 32), BODY, "project-a")
    tampered = text[: at % len(text)] + character + text[at % len(text) + 1 :]
    if tampered.rstrip("=") == text:
        return

    try:
        found = cursor.place_of(tampered, BODY, "project-a")
    except ValueError:
        return
    # The last character of base64 has bits that mean nothing.
    assert found == cursor.place_of(text, BODY, "project-a")


def test_a_cursor_carries_no_right() -> None:
    """Sent with a key of another project it is refused; the scope is the key's in any case."""
    front = Front(table("a", "b"))
    following = front.ask(ONE)["body"]["cursor"]

    front.ask({**BODY, "cursor": following}, key="scoped")

    assert front.engine.asked[-1].parameters["customer"] == "c1"
    with pytest.raises(ValueError, match="is not a cursor of this request"):
        cursor.place_of(following, BODY, "project-b")


def test_a_forged_cursor_with_wrong_types_is_refused() -> None:
    place = Place(1, 2, "3", ["x"])  # type: ignore[arg-type]
    forged = cursor.text_of(place, BODY, "project-a")

    assert Front().ask({**BODY, "cursor": forged})["statusCode"] == 400


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"select": []}, "select: is an array of 1 to 60 field names"),
        ({"select": "*"}, "select: is an array of 1 to 60 field names"),
        ({"select": [5]}, "select: item 0: a field name is a string"),
        ({"select": ["a..b"]}, "select: item 0: name a column"),
        ({"select": ["*", "url"]}, "select: the field url is named twice"),
        ({"limit": 0}, "limit: is a whole number from 1 to 1000"),
        ({"limit": 1001}, "limit: is a whole number from 1 to 1000"),
        ({"limit": "5"}, "limit: is a whole number from 1 to 1000"),
        ({"group_by": ["url"]}, "group_by: is not known; allowed: select, time_period"),
        ({"time_period": None}, "time_period: a period is"),
        ({"cursor": 5}, "cursor: "),
        ({"cursor": "x" * 501}, "cursor: has at most 500 characters"),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], told: str) -> None:
    reply = Front().ask({**BODY, **change})

    assert (reply["statusCode"], reply["body"]["code"]) == (400, "invalid_query")
    assert told in reply["body"]["error"]
