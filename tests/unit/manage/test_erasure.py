"""Erasures over HTTP: who may ask for whom, what is told when, and what a failing store means."""

import json
from dataclasses import replace
from typing import Any

import pytest

from openbunker.core.errors import ErasureStoreUnavailable
from openbunker.erasure.hashing import PERSON_COLUMNS
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.erasure.model import MAX_IDENTIFIER, MAX_WAITING, Erasure
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.manage.endpoint import serve_manage
from openbunker.manage.memory import MemoryTenants
from openbunker.manage.model import AUDIT
from openbunker.manage.store import TenantsUnavailable
from openbunker.web.http import REASON_HEADER
from tests.support import tenants

NOW = "2026-11-21T03:00:00.000Z"


class Forgetful(MemoryErasureStore):
    """A store that keeps erasures, but cannot note that they are hidden while `busy`."""

    busy = False

    def mark_hidden(self, erasure: Erasure, at_ms: int) -> None:
        if self.busy:
            raise ErasureStoreUnavailable("busy")
        super().mark_hidden(erasure, at_ms)


class Front:
    """The manage function with DELETE keys of two projects, one of them bound to a customer."""

    def __init__(self) -> None:
        self.now_ms = 1_795_230_000_000
        self.keys = MemoryKeyStore()
        self.add("delete", KeyKind.DELETE)
        self.add("other", KeyKind.DELETE, "prj_b")
        self.add("scoped", KeyKind.DELETE, customer_identifier="acme")
        self.add("write", KeyKind.WRITE)
        self.store = Forgetful()
        made = tenants.services(MemoryTenants(), self.keys, lambda: self.now_ms)
        self.services = replace(made, erasures=self.store)

    def add(self, text: str, kind: KeyKind, project: str = "prj_a", **more: Any) -> None:
        key = Key(key_id=f"key_{text}", kind=kind, account_id="a", project_id=project, **more)
        self.keys.add(hash_of(text), key)

    def call(self, method: str, path: str, key: str | None, body: Any = None) -> dict[str, Any]:
        event = {
            "rawPath": path,
            "requestContext": {"http": {"method": method}},
            "headers": {"x-eventbunker-delete-key": key} if key else {},
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        reply = serve_manage(event, None, self.services)
        return {**reply, "body": json.loads(reply["body"])}

    def erase(self, customer: Any = "acme", key: str | None = "delete") -> dict[str, Any]:
        return self.call("POST", "/v1/delete/customer", key, {"customer_identifier": customer})

    def status(self, erasure_id: str, key: str = "delete") -> dict[str, Any]:
        return self.call("GET", f"/v1/delete/{erasure_id}", key)


def reason(reply: dict[str, Any]) -> tuple[int, str]:
    return reply["statusCode"], reply["headers"].get(REASON_HEADER, "")


def test_an_erasure_is_kept_before_it_is_answered() -> None:
    front = Front()
    reply = front.erase()

    assert reply["statusCode"] == 202
    (kept,) = front.store.of_project("prj_a")
    assert reply["body"] == {
        "erasure_id": kept.erasure_id,
        "status": "hidden",
        "requested_at": NOW,
        "hidden_at": NOW,
        "erased_at": None,
    }
    assert (kept.customer_identifier, kept.key_id) == ("acme", "key_delete")
    assert kept.requested_ms == front.now_ms
    assert front.status(kept.erasure_id)["body"] == reply["body"]


def test_each_state_is_told_with_its_time() -> None:
    front = Front()
    front.store.busy = True
    pending = front.erase()["body"]
    assert (pending["status"], pending["hidden_at"]) == ("pending", None)

    front.store.busy = False
    front.now_ms += 1_000
    hidden = front.status(pending["erasure_id"])["body"]
    assert (hidden["status"], hidden["hidden_at"]) == ("hidden", "2026-11-21T03:00:01.000Z")

    (one,) = front.store.to_erase()
    front.store.mark_erased(one, front.now_ms + 1_000)
    erased = front.status(pending["erasure_id"])["body"]
    assert erased == {**hidden, "status": "erased", "erased_at": "2026-11-21T03:00:02.000Z"}


def test_a_repeat_is_an_erasure_of_its_own_and_covers_what_came_between() -> None:
    front = Front()
    first = front.erase()["body"]
    front.now_ms += 5
    second = front.erase()["body"]

    assert first["erasure_id"] != second["erasure_id"]
    assert [e.requested_ms for e in front.store.to_erase()] == [front.now_ms - 5, front.now_ms]


def test_a_scoped_key_erases_its_own_customer_only() -> None:
    front = Front()
    assert reason(front.erase("other", "scoped")) == (403, "scoped_key")
    assert front.store.to_erase() == []

    for body in ({}, {"customer_identifier": "acme"}, {"customer_identifier": None}, ""):
        reply = front.call("POST", "/v1/delete/customer", "scoped", body)
        assert reply["statusCode"] == 202, body
    assert {e.customer_identifier for e in front.store.to_erase()} == {"acme"}


def test_a_scoped_key_sees_its_own_erasures_only_also_when_they_are_done() -> None:
    front = Front()
    mine, theirs = front.erase("acme")["body"], front.erase("other")["body"]
    for one in front.store.to_erase():
        front.store.mark_erased(one, front.now_ms)

    assert front.status(mine["erasure_id"], "scoped")["statusCode"] == 200
    assert reason(front.status(theirs["erasure_id"], "scoped")) == (404, "not_found")


def test_another_project_does_not_see_an_erasure() -> None:
    front = Front()
    made = front.erase()["body"]

    assert reason(front.status(made["erasure_id"], "other")) == (404, "not_found")
    assert reason(front.status("nobody's")) == (404, "not_found")


@pytest.mark.parametrize(
    ("key", "code", "text"),
    [
        (None, "missing_key", "Invalid x-eventbunker-delete-key"),
        ("nobody's", "unknown_key", "Invalid x-eventbunker-delete-key"),
        (
            "write",
            "wrong_key_kind",
            "Please use a delete key for delete requests. Invalid x-eventbunker-delete-key",
        ),
    ],
)
def test_only_a_delete_key_opens_it(key: str | None, code: str, text: str) -> None:
    front = Front()
    for reply in (front.erase(key=key), front.call("GET", "/v1/delete/x", key)):
        assert reason(reply) == (401, code)
        assert reply["body"]["error"] == text
    assert front.store.to_erase() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"customer_identifier": None},
        {"customer_identifier": "'" * (MAX_IDENTIFIER // 2 + 1)},
        {"customer_identifier": "acme", "user_id": "u1"},
        {"user_id": "u1", "session_id": "u1"},
        {"user_id": None},
        {"customer_identifier": 7},
        {"customer_identifier": ["acme"]},
        {"customer_identifier": "x" * (MAX_IDENTIFIER + 1)},
        {"customer": "acme"},
        {"customer_identifier": "acme", "project_id": "prj_b"},
        '{"customer_identifier": "\\ud800"}',
        [],
    ],
)
def test_a_body_that_names_nobody_erases_nobody(body: Any) -> None:
    front = Front()
    reply = front.call("POST", "/v1/delete/customer", "delete", body)

    assert reply["statusCode"] == 400
    assert reply["body"]["error"]
    assert front.store.to_erase() == []


def test_a_store_that_fails_is_no_success() -> None:
    front = Front()
    made = front.erase()["body"]
    front.store.down = True

    for reply in (front.erase(), front.status(made["erasure_id"])):
        assert reason(reply) == (503, "erasure_unavailable")
        assert reply["headers"]["retry-after"]


def test_without_a_store_nobody_is_told_of_an_erasure() -> None:
    front = Front()
    front.services = replace(front.services, erasures=None)

    assert reason(front.erase()) == (503, "erasure_unavailable")


def test_as_many_may_wait_as_a_question_can_carry() -> None:
    front = Front()
    for number in range(MAX_WAITING):
        front.now_ms += 1
        assert front.erase(f"c{number}")["statusCode"] == 202

    assert reason(front.erase("one more")) == (503, "too_many_erasures")
    assert front.erase("theirs", "other")["statusCode"] == 202

    front.store.mark_erased(front.store.to_erase()[0], front.now_ms)
    assert front.erase("one more")["statusCode"] == 202


@pytest.mark.parametrize("column", PERSON_COLUMNS)
@pytest.mark.parametrize("name", ["u1", "", "x" * 600])
def test_a_person_is_named_by_one_column(column: str, name: str) -> None:
    """Whatever was accepted once can be erased: also the empty text, also more than 500."""
    front = Front()
    reply = front.call("POST", "/v1/delete/customer", "delete", {column: name})
    assert reply["statusCode"] == 202
    (kept,) = front.store.to_erase()
    assert (kept.column, kept.customer_identifier) == (column, name)
    front.store.mark_erased(kept, front.now_ms)
    (kept,) = front.store.every()
    assert (kept.column, kept.customer_identifier) == (column, None)
    assert kept.covers("prj_a", name, front.now_ms)
    assert not kept.covers("prj_a", name + "x", front.now_ms)


@pytest.mark.parametrize("column", PERSON_COLUMNS[1:])
def test_a_scoped_key_erases_by_no_other_column(column: str) -> None:
    front = Front()
    for body in ({column: "acme"}, {column: "acme", "customer_identifier": "acme"}):
        reply = front.call("POST", "/v1/delete/customer", "scoped", body)
        assert reason(reply) == (403, "scoped_key")
    made = front.call("POST", "/v1/delete/customer", "delete", {column: "acme"})["body"]
    assert reason(front.status(made["erasure_id"], "scoped")) == (404, "not_found")
    assert len(front.store.every()) == 1


def test_who_asked_is_in_the_audit_and_whom_for_is_not() -> None:
    front = Front()
    made = front.call("POST", "/v1/delete/customer", "delete", {"user_id": "ada@x.org"})["body"]
    items = front.services.office.items
    ((_, item),) = items.page(AUDIT, "", 10, None, newest=True)
    assert (item["action"], item["actor"]) == ("erasure.request", "key_delete")
    assert (item["project_id"], item["key_id"]) == ("prj_a", "key_delete")
    assert json.loads(item["detail"]) == {"erasure_id": made["erasure_id"], "column": "user_id"}
    assert "ada" not in str(item)


def test_without_its_entry_in_the_audit_nobody_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    front = Front()

    def refuse(_: object) -> None:
        raise TenantsUnavailable("away")

    monkeypatch.setattr(front.services.office.items, "commit", refuse)
    assert reason(front.erase()) == (503, "erasure_unavailable")
    assert front.store.every() == []


def test_a_wrong_method_is_told_the_right_one() -> None:
    front = Front()
    reply = front.call("PUT", "/v1/delete/customer", "delete", {})
    assert reason(reply) == (405, "method_not_allowed")
    assert reply["headers"]["allow"] == "POST"
