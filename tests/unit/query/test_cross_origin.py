"""Questions asked by pages: a preflight is answered for any, the key says who reads."""

import json
from typing import Any

import pytest

from openbunker.keys.model import KeyKind
from openbunker.query.endpoint import ROUTES
from tests.unit.query.test_endpoint import Front

SITE, FOREIGN = "https://shop.example", "https://evil.example"
READABLE = "access-control-allow-origin"


def ask(front: Front, key: str, origin: str) -> dict[str, Any]:
    event = {
        "version": "2.0",
        "rawPath": "/v1/query/json",
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"x-eventbunker-query-key": key, "Origin": origin},
        "body": '{"time_period": "minus_5_minutes"}',
    }
    reply = front.send(event)
    return {**reply, "body": json.loads(reply["body"])}


@pytest.fixture
def front() -> Front:
    front = Front()
    front.add("browser", KeyKind.QUERY, allowed_origins=(SITE,))
    return front


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_preflight_names_no_key_and_is_answered_for_any_origin(front: Front, route: Any) -> None:
    path = route.path + ("0" * 32 if route.path.endswith("/") else "")
    headers = {"Origin": FOREIGN, "Access-Control-Request-Headers": "x-eventbunker-query-key"}
    http = {"http": {"method": "OPTIONS"}}
    reply = front.send({"rawPath": path, "requestContext": http, "headers": headers, "body": ""})
    assert reply["statusCode"] == 204
    assert reply["headers"][READABLE] == FOREIGN
    assert reply["headers"]["access-control-allow-headers"] == "x-eventbunker-query-key"
    assert route.method in reply["headers"]["access-control-allow-methods"]


def test_a_page_of_a_site_that_the_key_lists_reads_the_answer(front: Front) -> None:
    reply = ask(front, "browser", SITE)
    assert (reply["statusCode"], reply["headers"][READABLE]) == (200, SITE)


def test_another_page_is_refused_and_may_read_why_and_what_to_do(front: Front) -> None:
    reply = ask(front, "browser", FOREIGN)
    assert (reply["statusCode"], reply["body"]["code"]) == (403, "origin_not_allowed")
    assert reply["headers"][READABLE] == FOREIGN
    assert FOREIGN in reply["body"]["error"]
    assert "openbunker keys update browser --origin" in reply["body"]["error"]
    assert front.engine.asked == []


def test_the_rows_of_a_key_without_origins_are_read_by_no_page_of_another_origin(
    front: Front,
) -> None:
    """It is a server's key; a page of the same origin needs no header to read its answer."""
    reply = ask(front, "QUERY", FOREIGN)
    assert reply["statusCode"] == 200
    assert READABLE not in reply["headers"]


def test_a_refusal_is_readable_whatever_the_key(front: Front) -> None:
    reply = ask(front, "nobody", FOREIGN)
    assert (reply["statusCode"], reply["headers"][READABLE]) == (401, FOREIGN)
