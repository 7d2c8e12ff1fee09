"""Projects over HTTP: the documented shapes, who may do what, limits, grace and resets."""

from typing import Any

import pytest

from openbunker.keys.model import KeyKind, hash_of
from openbunker.manage import projects
from openbunker.manage.model import AUDIT, entry_of, project_address
from tests.support.desk import PROJECT_KEY, WRITE_KEY, Desk
from tests.support.tenants import ACCOUNT, PROJECT


@pytest.fixture
def desk() -> Desk:
    return Desk()


def create(desk: Desk, name: str = "shop") -> Any:
    return desk.done("project/create", {"account_id": ACCOUNT, "name": name})


def test_a_project_is_created_in_the_documented_shape(desk: Desk) -> None:
    body = {"account_id": ACCOUNT, "name": "shop", "description": "the shop"}
    made = desk.done("project/create", body)
    assert set(made) == {"account_id", "project_id", "master_api_key", "status"}
    assert (made["account_id"], made["status"]) == (ACCOUNT, "ACTIVE")
    master = desk.items.find(hash_of(made["master_api_key"]))
    assert master is not None
    assert (master.kind, master.project_id) == (KeyKind.MASTER, made["project_id"])


def test_no_key_text_is_stored(desk: Desk) -> None:
    made = create(desk)
    assert made["master_api_key"] not in repr((desk.items.items, desk.items.keys))


def test_a_listing_is_paged_newest_first(desk: Desk) -> None:
    for number in range(5):
        desk.now_ms += 1
        create(desk, f"p{number}")
    names: list[str] = []
    cursor = None
    while True:
        asked = {"account_id": ACCOUNT, "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = desk.done("project/list", asked)
        assert len(page["projects"]) <= 3
        names += [one["name"] for one in page["projects"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert sorted(names) == sorted(["p0", "p1", "p2", "p3", "p4", "demo", "old"])
    assert [name for name in names if name[0] == "p"] == ["p4", "p3", "p2", "p1", "p0"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"account_id": ACCOUNT}, "name: is required"),
        ({"account_id": ACCOUNT, "name": ""}, "name: "),
        ({"account_id": ACCOUNT, "name": 5}, "name: "),
        ({"account_id": ACCOUNT, "name": "\ud800"}, "name: "),
        ({"account_id": ACCOUNT, "name": "x", "colour": 1}, "colour: is not known; allowed: acc"),
        ([], "The body is a JSON object."),
    ],
)
def test_a_wrong_field_is_named(desk: Desk, body: Any, told: str) -> None:
    status, answer = desk.call("project/create", body)
    assert (status, answer["code"]) == (400, "invalid_schema")
    assert told in answer["error"]


@pytest.mark.parametrize(
    ("key", "status", "told"),
    [
        (None, 401, "Invalid x-eventbunker-apikey"),
        ("nobody's", 401, "Invalid x-eventbunker-apikey"),
        (WRITE_KEY, 401, "Please use a master key to manage."),
        (PROJECT_KEY, 401, "Please use the account master key here."),
    ],
)
@pytest.mark.parametrize("path", ["create", "list", "delete", "restore"])
def test_only_an_account_master_manages_projects(
    desk: Desk, path: str, key: str | None, status: int, told: str
) -> None:
    found, answer = desk.call(f"project/{path}", {}, key)
    assert found == status
    assert answer["error"].startswith(told)


def test_another_account_is_nobody(desk: Desk) -> None:
    other, text = projects.open_account(desk.office, "other")
    theirs = desk.done("project/create", {"account_id": other.account_id, "name": "n"}, text)
    for path, body in (
        ("create", {"account_id": other.account_id, "name": "n"}),
        ("list", {"account_id": other.account_id}),
        ("delete", {"project_id": theirs["project_id"]}),
        ("restore", {"project_id": theirs["project_id"]}),
        ("reset", {"project_id": theirs["project_id"]}),
        ("update", {"project_id": theirs["project_id"], "name": "mine"}),
    ):
        status, answer = desk.call(f"project/{path}", body)
        assert (status, answer["code"]) == (404, "not_found"), path
    status, _ = desk.call("project/reset", {"project_id": theirs["project_id"]}, PROJECT_KEY)
    assert status == 404
    assert len(desk.done("project/list", {"account_id": other.account_id}, text)["projects"]) == 1


def test_an_account_has_a_hundred_projects_and_deleted_ones_make_room(desk: Desk) -> None:
    made = [create(desk) for _ in range(projects.MAX_PROJECTS - 2)]
    status, answer = desk.call("project/create", {"account_id": ACCOUNT, "name": "more"})
    assert (status, answer["code"]) == (409, "limit_reached")
    desk.done("project/delete", {"project_id": made[0]["project_id"]})
    create(desk)
    status, answer = desk.call("project/restore", {"project_id": made[0]["project_id"]})
    assert (status, answer["code"]) == (409, "limit_reached")


def test_a_deleted_project_comes_back_within_the_grace(desk: Desk) -> None:
    gone = desk.done("project/delete", {"project_id": PROJECT})
    assert gone["status"] == "DELETED"
    assert desk.items.keys[f"project#{PROJECT}"] == {"status": "DELETED"}
    assert desk.done("project/delete", {"project_id": PROJECT}) == gone
    desk.now_ms += projects.GRACE_MS - 1
    assert desk.done("project/restore", {"project_id": PROJECT})["status"] == "ACTIVE"
    assert desk.items.keys[f"project#{PROJECT}"] == {}


def test_after_the_grace_it_does_not(desk: Desk) -> None:
    desk.done("project/delete", {"project_id": PROJECT})
    desk.now_ms += projects.GRACE_MS
    status, answer = desk.call("project/restore", {"project_id": PROJECT})
    assert (status, answer["code"]) == (404, "not_found")
    assert "project_id: it was deleted more than 30 days ago" in answer["error"]


def test_a_deleted_project_cannot_be_changed(desk: Desk) -> None:
    desk.done("project/delete", {"project_id": PROJECT})
    for path in ("reset", "update"):
        status, answer = desk.call(f"project/{path}", {"project_id": PROJECT})
        assert (status, answer["code"]) == (404, "not_found")


def test_a_reset_ends_the_old_master_at_once(desk: Desk) -> None:
    answer = desk.done("project/reset", {}, PROJECT_KEY)
    assert set(answer) == {"project_id", "master_api_key"}
    assert desk.call("project/update", {"name": "n"}, PROJECT_KEY)[0] == 401
    assert desk.done("project/update", {"name": "n"}, answer["master_api_key"])["name"] == "n"


def test_a_reset_with_overlap_ends_it_later(desk: Desk) -> None:
    answer = desk.done("project/reset", {"project_id": PROJECT, "overlap_seconds": 60})
    assert answer["old_key_until"] == "2026-11-21T03:01:00.000Z"
    desk.now_ms += 59_999
    desk.done("project/update", {"name": "n"}, PROJECT_KEY)
    desk.now_ms += 1
    assert desk.call("project/update", {"name": "n"}, PROJECT_KEY)[0] == 401
    desk.done("project/update", {"name": "n"}, answer["master_api_key"])


def test_an_overlap_is_never_made_longer(desk: Desk) -> None:
    """A second reset may only shorten what the first one left."""
    desk.done("project/reset", {"project_id": PROJECT, "overlap_seconds": 60})
    desk.done("project/reset", {"project_id": PROJECT, "overlap_seconds": 6000})
    desk.now_ms += 60_000
    assert desk.call("project/update", {"name": "n"}, PROJECT_KEY)[0] == 401


def test_an_account_names_the_project(desk: Desk) -> None:
    status, answer = desk.call("project/reset", {})
    assert (status, answer["error"]) == (
        400,
        "project_id: is required with the account master key",
    )


def test_a_store_that_fails_is_a_503(desk: Desk) -> None:
    desk.items.down = True
    status, answer = desk.call("project/list", {"account_id": ACCOUNT})
    assert (status, answer["code"]) == (503, "key_store_unavailable")


def test_dedupe_scopes_are_kept_apart_where_a_project_asks_for_it(desk: Desk) -> None:
    """Its own master key may: it changes no other project's events, and none that are stored."""
    assert desk.done("project/update", {"name": "n"}, PROJECT_KEY)["dedupe_scopes"] == "shared"
    assert not desk.items.project(PROJECT).separate_dedupe
    told = desk.done("project/update", {"dedupe_scopes": "separate"}, PROJECT_KEY)
    assert (told["dedupe_scopes"], told["name"]) == ("separate", "n")
    assert desk.items.project(PROJECT).separate_dedupe
    desk.done("project/update", {"description": "d"}, PROJECT_KEY)
    assert desk.items.project(PROJECT).separate_dedupe
    desk.done("project/update", {"dedupe_scopes": "shared"}, PROJECT_KEY)
    assert not desk.items.project(PROJECT).separate_dedupe
    status, answer = desk.call("project/update", {"dedupe_scopes": "both"}, PROJECT_KEY)
    assert (status, answer["error"][:15]) == (400, "dedupe_scopes: ")


def test_a_project_of_an_older_release_shares_and_is_written_as_one_reads_it(desk: Desk) -> None:
    address = project_address(ACCOUNT, PROJECT)
    assert "dedupe_scopes" not in desk.items.items[address]
    desk.done("project/update", {"name": "n"}, PROJECT_KEY)
    assert "dedupe_scopes" not in desk.items.items[address]


def test_the_change_of_scopes_is_in_the_audit(desk: Desk) -> None:
    desk.done("project/update", {"dedupe_scopes": "separate"}, PROJECT_KEY)
    ((_, item),) = desk.items.page(AUDIT, "", 1, newest=True)
    entry = entry_of(item)
    assert (entry.action, entry.detail) == ("project.update", {"dedupe_scopes": "separate"})
