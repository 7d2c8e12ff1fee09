"""The gateway in front of the handlers: real event shapes, JSON for what no handler serves."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from openbunker.web.http import Request
from openbunker_local.server import routes
from openbunker_local.server.gateway import HttpRequest, gateway_event, respond

ROOT = Path(__file__).parents[4]


def request(**changes: Any) -> HttpRequest:
    plain: dict[str, Any] = {
        "method": "POST",
        "raw_path": "/post",
        "raw_query": "",
        "headers": [("Content-Type", "application/json")],
        "body": b"{}",
        "source_ip": "127.0.0.1",
    }
    return HttpRequest(**{**plain, **changes})


def echo(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {}, "body": json.dumps(event["rawPath"])}


ROUTES = routes.Routes({"/post": {"POST": echo, "OPTIONS": echo}, "/batch": {"POST": echo}})


def test_an_event_holds_what_the_socket_brought() -> None:
    headers = [("X-Key", "k"), ("Accept", "a"), ("accept", "b")]

    event = gateway_event(request(headers=headers, raw_query="a=1&b=%20"), "/post", 1_000)

    read = Request.from_gateway(event)
    assert (read.method, read.path) == ("POST", "/post")
    assert read.query == {"a": "1", "b": " "}
    assert read.headers == {"x-key": "k", "accept": "a,b"}
    assert read.body() == b"{}"
    assert event["version"] == "2.0"


def test_an_event_tells_its_second() -> None:
    times = (1_794_999_999_999, 1_795_000_000_000, 1_794_999_999_000)
    contexts = [gateway_event(request(), "/post", at)["requestContext"] for at in times]
    assert [one["time"][-14:-6] for one in contexts] == ["11:06:39", "11:06:40", "11:06:39"]
    assert contexts[0]["time"] == "18/Nov/2026:11:06:39 +0000"


@pytest.mark.parametrize(
    ("headers", "body", "is_base64"),
    [
        ([("content-type", "application/json; charset=utf-8")], b'{"a":1}', False),
        ([("content-type", "text/plain")], "ü".encode(), False),
        ([("content-type", "application/json")], b"\xff\xfe", True),
        ([("content-type", "application/octet-stream")], b"{}", True),
        (
            [("content-type", "application/json"), ("content-encoding", "gzip")],
            gzip.compress(b"{}", mtime=0),
            True,
        ),
        ([], b"{}", True),
    ],
)
def test_binary_bodies_travel_as_base64(
    headers: list[tuple[str, str]], body: bytes, is_base64: bool
) -> None:
    event = gateway_event(request(headers=headers, body=body), "/post", 0)

    assert event["isBase64Encoded"] is is_base64
    data = base64.b64decode(event["body"]) if is_base64 else event["body"].encode()
    assert data == body


def test_a_path_that_no_route_has_answers_json() -> None:
    answer = respond(ROUTES, request(raw_path="/nowhere"), 0)

    assert answer.status == 404
    assert json.loads(answer.body)["code"] == answer.headers["x-openbunker-reason"] == "not_found"


def test_a_wrong_method_is_the_handlers_to_refuse() -> None:
    """It knows the path's methods and, for a page of another origin, its CORS."""
    loaded = routes.load(ROOT / "template.yaml")
    pages = [("origin", "https://shop.example")]

    answer = respond(loaded, request(method="GET", raw_path="/batch", headers=pages), 0)

    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


def test_a_doubled_slash_is_one() -> None:
    """Clients whose base address ends in a slash ask for `//batch`."""
    assert respond(ROUTES, request(raw_path="//batch"), 0).status == 200


def test_an_answer_that_is_no_text_travels_as_base64() -> None:
    def packed(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        body = base64.b64encode(b"\x1f\x8b").decode()
        return {"statusCode": 200, "headers": {}, "body": body, "isBase64Encoded": True}

    answer = respond(routes.Routes({"/": {"GET": packed}}), request(method="GET", raw_path="/"), 0)

    assert answer.body == b"\x1f\x8b"


def test_the_template_names_handlers_that_import() -> None:
    loaded = routes.load(ROOT / "template.yaml")

    assert loaded.find("POST", "/post") is not None
    assert loaded.find("POST", "/post") is not loaded.find("POST", "/batch")
    assert loaded.find("GET", "/v1/keys/validate") is loaded.find("POST", "/v1/keys/validate")
