"""Paths, methods and CORS of the handlers themselves, for every dialect of the list."""

import json
from itertools import product
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.sinks.memory import MemorySink
from openbunker.wire.dialect import Dialect
from openbunker.wire.registry import DIALECTS
from tests.support.laws import each

ORIGIN = "https://shop.example"
ROUTES = [(dialect, route.split(" ")[1]) for dialect in DIALECTS for route in dialect.routes]


def named(case: tuple[tuple[Dialect, str], str]) -> str:
    (_, path), method = case
    return f"{method} {path}"


def send(method: str, path: str) -> dict[str, Any]:
    services = Services(
        keys=MemoryKeyStore(),
        sink=MemorySink(),
        now_ms=lambda: 0,
        new_ids=ids.new_ids,
        log=lambda _line: None,
    )
    event = {
        "rawPath": path,
        "headers": {"Origin": ORIGIN},
        "requestContext": {"http": {"method": method}},
    }
    return serve(event, None, services)


@each("route, method", product(ROUTES, ["GET", "HEAD", "PUT", "PATCH", "DELETE"]), named)
def test_another_method_is_a_405_that_names_the_right_ones(
    route: tuple[Dialect, str], method: str
) -> None:
    dialect, path = route
    told = send(method, path)
    assert told["statusCode"] == 405
    assert json.loads(told["body"])["code"] == told["headers"]["x-openbunker-reason"]
    assert ("OPTIONS" in told["headers"]["allow"]) == bool(dialect.cors)
    assert method not in told["headers"]["allow"]


@each("dialect, path", ROUTES, lambda route: route[1])
def test_a_preflight_is_answered_exactly_where_browsers_send(dialect: Dialect, path: str) -> None:
    told = send("OPTIONS", path)
    assert told["statusCode"] == (204 if dialect.cors else 405)
    assert told["headers"].get("access-control-allow-origin") == (ORIGIN if dialect.cors else None)


@each("route, method", product(ROUTES, ["POST", "PUT"]), named)
def test_a_refusal_is_readable_across_origins_with_its_reason(
    route: tuple[Dialect, str], method: str
) -> None:
    dialect, path = route
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
