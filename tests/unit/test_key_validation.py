"""`/v1/keys/validate` tells what a key is for, wherever a client puts it, and never shows it."""

import base64
import json
import os
from dataclasses import replace
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.ingest.services import Services
from openbunker.key_validation import HEADERS, PATH, QUERY_NAMES, serve_validation
from openbunker.keys import shape
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink

KEY_TEXT = shape.secret(KeyKind.WRITE, os.urandom)
OTHER_TEXT = shape.secret(KeyKind.WRITE, os.urandom)
KEY = Key(
    key_id="k1",
    kind=KeyKind.WRITE,
    account_id="a",
    project_id="p",
    dialects=("databuddy",),
    customer_identifier="acme",
    allowed_origins=("https://shop.example",),
)


def validate(
    method: str = "GET",
    headers: dict[str, str] | None = None,
    query: str = "",
    store: MemoryKeyStore | None = None,
    path: str = PATH,
) -> dict[str, Any]:
    services = Services(
        keys=store or MemoryKeyStore({hash_of(KEY_TEXT): KEY}),
        sink=MemorySink(),
        now_ms=lambda: 0,
        new_ids=ids.new_ids,
        log=lambda line: None,
    )
    event = {
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers or {},
        "requestContext": {"http": {"method": method, "sourceIp": "127.0.0.1"}},
    }
    return serve_validation(event, None, services)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_good_key_tells_what_it_is_for(method: str) -> None:
    answer = validate(method, {"tracify-token": KEY_TEXT})

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "valid": True,
        "kind": "WRITE",
        "project_id": "p",
        "dialects": ["databuddy"],
        "customer_identifier": "acme",
        "filtered": False,
        "allowed_origins": ["https://shop.example"],
        "sites": [],
        "strict": True,
        "expires": None,
        "quota": {"monthly_events": None, "exceeded": False, "events_per_second": None},
    }


@pytest.mark.parametrize("header", HEADERS)
def test_the_key_is_found_in_every_header_that_a_client_uses(header: str) -> None:
    assert validate(headers={header: KEY_TEXT})["statusCode"] == 200


@pytest.mark.parametrize("name", QUERY_NAMES)
def test_the_key_is_found_in_every_query_name_that_a_client_uses(name: str) -> None:
    assert validate(query=f"{name}={KEY_TEXT}")["statusCode"] == 200


def test_a_bearer_token_is_a_key() -> None:
    assert validate(headers={"authorization": f"Bearer {KEY_TEXT}"})["statusCode"] == 200


def test_the_user_name_of_basic_auth_is_a_key() -> None:
    """As Segment's clients send it."""
    credentials = base64.b64encode(f"{KEY_TEXT}:".encode()).decode()

    assert validate(headers={"authorization": f"Basic {credentials}"})["statusCode"] == 200


@pytest.mark.parametrize(
    ("headers", "reason"), [({}, "missing_key"), ({"x-api-key": OTHER_TEXT}, "unknown_key")]
)
def test_no_key_and_an_unknown_key_are_401_with_a_reason(
    headers: dict[str, str], reason: str
) -> None:
    answer = validate(headers=headers)

    assert answer["statusCode"] == 401
    assert answer["headers"]["x-openbunker-reason"] == reason
    assert OTHER_TEXT not in answer["body"]


def test_a_store_that_is_down_is_not_a_verdict_on_the_key() -> None:
    store = MemoryKeyStore({hash_of(KEY_TEXT): KEY})
    store.down = True

    answer = validate(headers={"x-api-key": KEY_TEXT}, store=store)

    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"]


def test_another_method_is_refused() -> None:
    answer = validate("DELETE")

    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, POST, OPTIONS")


def test_another_path_is_not_found() -> None:
    answer = validate(path="/v1/keys/other")

    assert answer["statusCode"] == 404
    assert answer["headers"]["x-openbunker-reason"] == "not_found"


def store_of(key: Key, **project: str | int | None) -> MemoryKeyStore:
    store = MemoryKeyStore({hash_of(KEY_TEXT): key})
    store.change_project(key.project_id, project)
    return store


def test_the_quota_and_how_it_stands_are_told() -> None:
    """An exceeded quota does not make a key bad."""
    store = store_of(KEY, monthly_events=10, over_month="1970-01", events_per_second=5)

    answer = validate(headers={"x-api-key": KEY_TEXT}, store=store)

    assert answer["statusCode"] == 200
    told = {"monthly_events": 10, "exceeded": True, "events_per_second": 5}
    assert json.loads(answer["body"])["quota"] == told


def test_filters_and_the_end_of_a_key_are_told_but_not_what_the_filters_are() -> None:
    filters = ({"field_name": "plan", "op": "equals", "value": "secret-plan"},)
    key = replace(KEY, kind=KeyKind.QUERY, key_filter_data=filters, expires_ms=86_400_000)

    answer = validate(headers={"x-api-key": KEY_TEXT}, store=store_of(key))

    told = json.loads(answer["body"])
    assert (told["filtered"], told["expires"]) == (True, "1970-01-02T00:00:00.000Z")
    assert (told["dialects"], told["strict"]) == ([], None)
    assert "secret-plan" not in answer["body"]


def test_every_key_that_does_not_count_gets_one_answer() -> None:
    """Unknown, expired, of a deleted project: nobody learns which."""
    answers = [
        validate(headers={"x-api-key": OTHER_TEXT}),
        validate(headers={"x-api-key": KEY_TEXT}, store=store_of(replace(KEY, expires_ms=0))),
        validate(headers={"x-api-key": KEY_TEXT}, store=store_of(KEY, status="DELETED")),
    ]

    assert answers[0]["statusCode"] == 401
    assert all(answer == answers[0] for answer in answers)


def test_what_is_no_key_is_told_so() -> None:
    """The text itself says it; nothing is learned of the keys that there are."""
    mistyped = KEY_TEXT[:-1] + ("1" if KEY_TEXT[-1] == "0" else "0")
    for text, why in ((KEY_TEXT[:-9], "cut off: 41 of 50"), (mistyped, "mistyped")):
        answer = validate(headers={"x-api-key": text})
        assert answer["statusCode"] == 401
        assert answer["headers"]["x-openbunker-reason"] == "malformed_key"
        assert why in answer["body"]


def test_a_mistyped_key_asks_no_store() -> None:
    """Of a flood of invented keys one in four billion has the checksum it needs."""
    store = MemoryKeyStore()
    for number in range(1000):
        text = f"obw_{os.urandom(23).hex()}"
        assert validate(headers={"x-api-key": text}, store=store)["statusCode"] == 401, number
    assert store.reads == 0
