"""Keys over HTTP: shapes, shown once, scopes, rotation, and that no key reaches another project."""

import re
from typing import Any

import pytest

from openbunker.core.errors import RequestRefused
from openbunker.keys import shape
from openbunker.keys.model import KeyKind, hash_of
from openbunker.keys.resolve import resolve
from openbunker.manage import credentials
from openbunker.usage.memory import MemoryUsageStore
from openbunker.usage.model import Use
from tests.support.desk import ACCOUNT_KEY, PROJECT_KEY, WRITE_KEY, Desk
from tests.support.tenants import OLD_PROJECT, PROJECT

UUID = "7d3b1f52-94c6-4e0a-8b27-5f6e1c9a0d34"
FILTER = {"field_name": "plan", "op": "equals", "value": "pro"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def create(desk: Desk, **body: Any) -> Any:
    return desk.done("key/create", {"type": "WRITE", **body}, PROJECT_KEY)


def works(desk: Desk, text: str) -> bool:
    """Return whether the hot path takes a key, past its caches."""
    try:
        resolve(text, desk.items, desk.now_ms)
    except RequestRefused:
        return False
    return True


@pytest.mark.parametrize("kind", ["WRITE", "QUERY", "DELETE"])
def test_a_key_is_created_in_the_documented_shape(desk: Desk, kind: str) -> None:
    made = create(desk, type=kind, name="web", customer_identifier="acme")
    assert {"api_key", "key_id", "type", "project_id", "status"} <= set(made)
    assert (made["type"], made["project_id"], made["status"]) == (kind, PROJECT, "ACTIVE")
    assert re.fullmatch(shape.PATTERN, made["api_key"])
    key = desk.items.find(hash_of(made["api_key"]))
    assert key is not None
    assert (key.kind, key.customer_identifier) == (KeyKind(kind), "acme")


def test_a_key_is_shown_once(desk: Desk) -> None:
    made = create(desk)
    everything = repr((desk.items.items, desk.items.keys))
    told = repr(desk.done("key/list", {}, PROJECT_KEY))
    assert made["api_key"] not in everything + told
    assert hash_of(made["api_key"]) in everything
    assert hash_of(made["api_key"]) not in told
    assert made["key_id"] in told


def test_every_member_reaches_the_hot_path(desk: Desk) -> None:
    made = create(
        desk,
        allowed_origins=["https://shop.example"],
        sites=[UUID],
        dialects=["tracify", "segment"],
        strict=False,
        expires_at="2030-01-01T01:00:00+01:00",
    )
    key = desk.items.find(hash_of(made["api_key"]))
    assert key is not None
    assert (key.allowed_origins, key.sites) == (("https://shop.example",), (UUID,))
    assert (key.dialects, key.strict) == (("tracify", "segment"), False)
    assert key.expires_ms == 1_893_456_000_000
    assert made["expires_at"] == "2030-01-01T00:00:00.000Z"
    reader = create(desk, type="QUERY", key_filter_data=[FILTER])
    found = desk.items.find(hash_of(reader["api_key"]))
    assert found is not None
    assert found.key_filter_data == (FILTER,)


@pytest.mark.parametrize(
    ("dialect", "pattern"),
    [("databuddy", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), ("nanosights", "[0-9a-z]{13}")],
)
def test_a_key_for_pages_looks_as_the_vendors_does(desk: Desk, dialect: str, pattern: str) -> None:
    body = {"dialects": [dialect], "allowed_origins": ["shop.example"]}
    made = create(desk, **body)
    assert re.fullmatch(pattern, made["api_key"])
    again = desk.done("key/rotate", {"key_id": made["key_id"]}, PROJECT_KEY)
    assert re.fullmatch(pattern, again["api_key"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "type: is required"),
        ({"type": "MASTER"}, "type: "),
        ({"type": "WRITE", "colour": 1}, "colour: is not known; allowed: project_id, name"),
        ({"type": "WRITE", "allowed_origins": ["https://*.a.example"]}, "allowed_origins[0]: has "),
        ({"type": "WRITE", "allowed_origins": ["https://x@a.example"]}, "allowed_origins[0]: is "),
        ({"type": "WRITE", "allowed_origins": "a.example"}, "allowed_origins: "),
        ({"type": "WRITE", "sites": ["shop"]}, "sites[0]: "),
        ({"type": "WRITE", "dialects": ["morse"]}, "dialects[0]: allowed: eventbunker, "),
        ({"type": "WRITE", "strict": "yes"}, "strict: "),
        ({"type": "WRITE", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at: is in the past"),
        ({"type": "WRITE", "expires_at": "2030-01-01"}, "expires_at: "),
        ({"type": "WRITE", "expires_at": 1900000000}, "expires_at: is ISO 8601 text"),
        ({"type": "WRITE", "expires_at": "1900000000"}, "expires_at: is ISO 8601 text"),
        ({"type": "WRITE", "dialects": ["nanosights"] * 2}, "allowed_origins: is required"),
        ({"type": "WRITE", "expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at: is beyond "),
        ({"type": "WRITE", "customer_identifier": ""}, "customer_identifier: "),
        ({"type": "WRITE", "customer_identifier": "\ud800"}, "customer_identifier: "),
        ({"type": "WRITE", "customer_identifier": "a\0"}, "customer_identifier: has no NUL"),
        ({"type": "WRITE", "dialects": ["nanosights"]}, "allowed_origins: is required"),
        ({"type": "WRITE", "key_filter_data": [FILTER]}, "key_filter_data: only a QUERY key"),
        ({"type": "QUERY", "allowed_origins": ["a.example"]}, "allowed_origins: only a WRITE key"),
        ({"type": "DELETE", "sites": [UUID]}, "sites: only a WRITE key"),
        ({"type": "QUERY", "key_filter_data": [{**FILTER, "op": "x"}]}, "key_filter_data[0].op: "),
        (
            {"type": "QUERY", "key_filter_data": [{**FILTER, "value": "x" * 900}] * 30},
            "key_filter_data: has at most 20,000 characters",
        ),
    ],
)
def test_a_wrong_member_is_named(desk: Desk, body: Any, told: str) -> None:
    status, answer = desk.call("key/create", body, PROJECT_KEY)
    assert (status, answer["code"]) == (400, "invalid_schema")
    assert told in answer["error"]
    assert desk.done("project/list", {"account_id": "acc_demo"})["projects"][-1]["keys"] == 1


@pytest.mark.parametrize("key", [None, "nobody's", WRITE_KEY])
@pytest.mark.parametrize("path", ["create", "list", "update", "rotate", "disable", "delete"])
def test_only_a_master_manages_keys(desk: Desk, path: str, key: str | None) -> None:
    status, answer = desk.call(f"key/{path}", {}, key)
    assert status == 401
    assert "Invalid x-eventbunker-apikey" in answer["error"]


def test_no_master_reaches_another_projects_keys(desk: Desk) -> None:
    made = create(desk)
    other = desk.done("project/reset", {"project_id": OLD_PROJECT})["master_api_key"]
    named = {"key_id": made["key_id"]}
    for path in ("update", "rotate", "disable", "enable", "delete"):
        for body in (named, {**named, "project_id": PROJECT}):
            status, answer = desk.call(f"key/{path}", body, other)
            assert (status, answer["code"]) == (404, "not_found"), path
    assert desk.done("key/list", {}, other) == {"keys": [], "next_cursor": None}
    assert works(desk, made["api_key"])


def test_the_account_master_names_the_project(desk: Desk) -> None:
    made = desk.done("key/create", {"type": "QUERY", "project_id": PROJECT}, ACCOUNT_KEY)
    assert made["project_id"] == PROJECT
    status, answer = desk.call("key/create", {"type": "QUERY"}, ACCOUNT_KEY)
    assert (status, answer["error"]) == (
        400,
        "project_id: is required with the account master key",
    )
    assert desk.call("key/list", {"project_id": "prj_nobody"}, ACCOUNT_KEY)[0] == 404


def test_a_key_is_disabled_enabled_and_deleted(desk: Desk) -> None:
    made = create(desk)
    named = {"key_id": made["key_id"]}
    for path, status, good in (
        ("disable", "DISABLED", False),
        ("disable", "DISABLED", False),
        ("enable", "ACTIVE", True),
        ("delete", "DELETED", False),
    ):
        assert desk.done(f"key/{path}", named, PROJECT_KEY)["status"] == status
        assert works(desk, made["api_key"]) is good
    assert desk.call("key/enable", named, PROJECT_KEY)[0] == 404


def test_a_disabled_key_is_not_brought_back_by_rotating_it(desk: Desk) -> None:
    made = create(desk)
    desk.done("key/disable", {"key_id": made["key_id"]}, PROJECT_KEY)
    status, told = desk.call("key/rotate", {"key_id": made["key_id"]}, PROJECT_KEY)
    assert (status, "the key is disabled" in told["error"]) == (400, True)
    assert not works(desk, made["api_key"])


def test_a_rotated_key_ends_at_once_or_after_the_overlap(desk: Desk) -> None:
    made = create(desk, name="web", customer_identifier="acme")
    body = {"key_id": made["key_id"], "overlap_seconds": 60}
    new = desk.done("key/rotate", body, PROJECT_KEY)
    assert (new["replaces"], new["old_key_until"]) == (made["key_id"], "2026-11-21T03:01:00.000Z")
    assert (new["name"], new["customer_identifier"]) == ("web", "acme")
    assert works(desk, made["api_key"])
    assert works(desk, new["api_key"])
    desk.now_ms += 60_000
    assert not works(desk, made["api_key"])
    listed = {one["key_id"]: one for one in desk.done("key/list", {}, PROJECT_KEY)["keys"]}
    assert listed[made["key_id"]]["status"] == "EXPIRED"
    newest = desk.done("key/rotate", {"key_id": new["key_id"]}, PROJECT_KEY)
    assert "old_key_until" not in newest
    assert not works(desk, new["api_key"])
    assert works(desk, newest["api_key"])
    assert desk.call("key/rotate", {"key_id": made["key_id"]}, PROJECT_KEY)[0] == 400


def test_a_key_can_be_scoped_down_and_back(desk: Desk) -> None:
    made = create(desk, type="QUERY", name="n")
    named = {"key_id": made["key_id"]}
    down = {"customer_identifier": "acme", "key_filter_data": [FILTER]}
    told = desk.done("key/update", {**named, **down}, PROJECT_KEY)
    assert (told["customer_identifier"], told["key_filter_data"]) == ("acme", [FILTER])
    key = desk.items.find(hash_of(made["api_key"]))
    assert key is not None
    assert (key.customer_identifier, key.key_filter_data) == ("acme", (FILTER,))
    assert desk.done("key/update", {**named, "name": "other"}, PROJECT_KEY)["name"] == "other"
    lifted = {"customer_identifier": None, "key_filter_data": None, "expires_at": None}
    told = desk.done("key/update", {**named, **lifted}, PROJECT_KEY)
    assert not set(told) & {*down, "expires_at"}


def test_a_look_cannot_be_changed(desk: Desk) -> None:
    """A client id in a page must not become a key for everything, nor the other way round."""
    made = create(desk, dialects=["databuddy"], allowed_origins=["a.example"])
    named = {"key_id": made["key_id"]}
    changes: list[Any] = [{"dialects": []}, {"allowed_origins": []}, {"dialects": ["nanosights"]}]
    for change in changes:
        assert desk.call("key/update", {**named, **change}, PROJECT_KEY)[0] == 400
    secret = {"key_id": create(desk)["key_id"], "dialects": ["databuddy"]}
    status, _ = desk.call("key/update", {**secret, "allowed_origins": ["a.example"]}, PROJECT_KEY)
    assert status == 400


def test_a_listing_has_no_master_keys_and_is_paged(desk: Desk) -> None:
    for number in range(5):
        desk.now_ms += 1
        create(desk, name=str(number))
    first = desk.done("key/list", {"limit": 4}, PROJECT_KEY)
    assert [one["name"] for one in first["keys"]] == ["4", "3", "2", "1"]
    rest = desk.done("key/list", {"limit": 4, "cursor": first["next_cursor"]}, PROJECT_KEY)
    assert rest["next_cursor"] is None
    assert {one["type"] for one in first["keys"] + rest["keys"]} == {"WRITE"}
    assert len(rest["keys"]) == 2  # the fifth, and the writer of the desk


def test_a_listing_tells_when_keys_were_last_used(desk: Desk) -> None:
    """To the hour, as it was counted; and without it where the counts are not to be had."""
    made = create(desk)
    counts = desk.services.usage
    assert isinstance(counts, MemoryUsageStore)
    hour_ms = 1_795_226_400_000
    counts.put([], [Use(project_id=PROJECT, key_id=made["key_id"], hour_ms=hour_ms)], 0)
    told = {one["key_id"]: one for one in desk.done("key/list", {}, PROJECT_KEY)["keys"]}
    assert told[made["key_id"]]["last_used_at"] == "2026-11-21T02:00:00.000Z"
    assert "last_used_at" not in told["k3"]
    counts.down = True
    told = {one["key_id"]: one for one in desk.done("key/list", {}, PROJECT_KEY)["keys"]}
    assert "last_used_at" not in told[made["key_id"]]


def test_a_project_has_a_limit_of_keys(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "MAX_KEYS", 2)
    made = create(desk)
    for path, body in (
        ("create", {"type": "WRITE"}),
        ("rotate", {"key_id": made["key_id"], "overlap_seconds": 5}),
    ):
        status, answer = desk.call(f"key/{path}", body, PROJECT_KEY)
        assert (status, answer["code"]) == (409, "limit_reached")
    desk.done("key/rotate", {"key_id": made["key_id"]}, PROJECT_KEY)
    desk.done("key/delete", {"key_id": "k3"}, PROJECT_KEY)
    create(desk)


def test_keys_of_a_deleted_project_stop_and_come_back(desk: Desk) -> None:
    made = create(desk)
    desk.done("project/delete", {"project_id": PROJECT})
    assert not works(desk, made["api_key"])
    assert desk.call("key/list", {}, PROJECT_KEY)[0] == 401
    assert desk.call("key/list", {"project_id": PROJECT})[0] == 404
    desk.done("project/restore", {"project_id": PROJECT})
    assert works(desk, made["api_key"])
