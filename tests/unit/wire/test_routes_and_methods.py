"""Paths, methods and CORS of the handlers themselves, for every dialect of the list."""

import json
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.sinks.memory import MemorySink
from openbunker.wire.dialect import Dialect
from openbunker.wire.registry import DIALECTS

ORIGIN = "https://shop.example"
ROUTES = [
    pytest.param(dialect, route.split(" ")[1], id=route)
    for dialect in DIALECTS
    for route in dialect.routes
]


def send(method: str, path: str) -> dict[str, Any]:
    services = Services(
        keys=MemoryKeyStore(),
        sink=MemorySink(),
        now_ms=lambda: 0,
        new_id=ids.new_id,
        log=lambda _line: None,
    )
    event = {
        "rawPath": path,
        "headers": {"Origin": ORIGIN},
        "requestContext": {"http": {"method": method}},
    }
    return serve(event, None, services)


@pytest.mark.parametrize(("dialect", "path"), ROUTES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_another_method_is_a_405_that_names_the_right_ones(
    dialect: Dialect, path: str, method: str
) -> None:
    told = send(method, path)
    assert told["statusCode"] == 405
    assert json.loads(told["body"])["code"] == told["headers"]["x-openbunker-reason"]
    assert ("OPTIONS" in told["headers"]["allow"]) == bool(dialect.cors)
    assert method not in told["headers"]["allow"]


@pytest.mark.parametrize(("dialect", "path"), ROUTES)
def test_a_preflight_is_answered_exactly_where_browsers_send(dialect: Dialect, path: str) -> None:
    told = send("OPTIONS", path)
    assert told["statusCode"] == (204 if dialect.cors else 405)
    assert told["headers"].get("access-control-allow-origin") == (ORIGIN if dialect.cors else None)


@pytest.mark.parametrize(("dialect", "path"), ROUTES)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_refusal_is_readable_across_origins_with_its_reason(
    dialect: Dialect, path: str, method: str
) -> None:
    headers = send(method, path)["headers"]
    assert "x-openbunker-reason" in headers
    assert headers.get("access-control-allow-origin") == (ORIGIN if dialect.cors else None)
    if dialect.cors:
        assert "x-openbunker-reason" in headers["access-control-expose-headers"]
        assert headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["/nowhere", "/post/", "/Post", "/post/../batch", "/%70ost", "/*"])
def test_another_path_is_a_404_with_a_reason(path: str) -> None:
    told = send("POST", path)
    assert (told["statusCode"], told["headers"]["x-openbunker-reason"]) == (404, "not_found")
    assert json.loads(told["body"])["code"] == "not_found"
