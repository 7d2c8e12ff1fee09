"""The audit over HTTP: a project's own entries, newest first, for its master key."""

import pytest

from openbunker.manage.routes import audit
from tests.support.desk import ACCOUNT_KEY, PROJECT_KEY, WRITE_KEY, Desk
from tests.support.tenants import PROJECT


@pytest.fixture
def desk() -> Desk:
    return Desk()


def made(desk: Desk, name: str) -> str:
    desk.now_ms += 1
    members = {"type": "WRITE", "name": name}
    return str(desk.done("key/create", members, PROJECT_KEY)["key_id"])


def test_a_project_sees_who_changed_what(desk: Desk) -> None:
    first, second = made(desk, "one"), made(desk, "two")
    desk.now_ms += 1
    desk.done("key/disable", {"key_id": first}, PROJECT_KEY)
    told = desk.done("audit", {}, PROJECT_KEY)

    keys = [entry["key_id"] for entry in told["entries"][:3]]
    assert keys == [first, second, first]
    assert {entry["project_id"] for entry in told["entries"]} == {PROJECT}
    assert told["next_cursor"] is None
    of_one = desk.done("audit", {"key_id": second}, PROJECT_KEY)["entries"]
    assert [entry["key_id"] for entry in of_one] == [second]


def test_pages_follow_each_other(desk: Desk) -> None:
    names = [made(desk, f"key {number}") for number in range(5)]
    found, cursor = [], None
    while True:
        body = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        told = desk.done("audit", body, PROJECT_KEY)
        found += [entry.get("key_id") for entry in told["entries"]]
        cursor = told["next_cursor"]
        if cursor is None:
            break

    assert found[:5] == names[::-1]


def test_nobody_sees_another_projects_entries(desk: Desk) -> None:
    made(desk, "ours")
    assert desk.call("audit", {"project_id": "prj_nobody"}, PROJECT_KEY)[0] == 404
    assert desk.done("audit", {"project_id": "prj_nobody"}, ACCOUNT_KEY)["entries"] == []
    assert desk.call("audit", {}, WRITE_KEY)[0] == 401


def test_one_answer_reads_so_much_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries of all projects lie in one order: a page may be short, and its cursor goes on."""
    monkeypatch.setattr("openbunker.manage.audit._SCANNED", 2)
    monkeypatch.setattr(audit, "SCANS", 1)
    key_id = made(desk, "first")
    for number in range(4):
        made(desk, f"later {number}")
    told = desk.done("audit", {"key_id": key_id}, PROJECT_KEY)

    assert (told["entries"], told["next_cursor"] is None) == ([], False)
    while not told["entries"]:
        body = {"key_id": key_id, "cursor": told["next_cursor"]}
        told = desk.done("audit", body, PROJECT_KEY)
    assert told["entries"][0]["key_id"] == key_id
