"""Laws of management, whatever is done in whatever order: counts are true, what is listed as active
works and nothing else does, and every change has its entry in the audit.
"""

import threading
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from openbunker.core.errors import RequestRefused
from openbunker.keys.model import KeyKind
from openbunker.manage import audit, credentials, projects
from openbunker.manage.credentials import Place
from openbunker.manage.model import KEY_SORT, credential_of, owner_of
from openbunker.manage.office import Office
from openbunker.wiring.office import office_over
from openbunker_local.sqlite.tenants import SqliteTenants
from tests.support.desk import Desk
from tests.support.tenants import ACCOUNT, OLD_PROJECT, PROJECT

ACTS = st.lists(
    st.tuples(
        st.sampled_from(["create", "rotate", "overlap", "disable", "enable", "delete", "wait"])
        | st.sampled_from(["end", "restore", "open"]),
        st.integers(0, 5),
    ),
    max_size=25,
)


def act(desk: Desk, name: str, number: int) -> None:
    office, place = desk.office, Place(ACCOUNT, (PROJECT, OLD_PROJECT)[number % 2])
    keys = [key for key in known(desk) if key.key.project_id == place.project_id]
    key_id = keys[number % len(keys)].key.key_id if keys else "nobody"
    match name:
        case "create":
            credentials.create(office, place, KeyKind.WRITE, "n", {})
        case "rotate":
            credentials.rotate(office, place, key_id)
        case "overlap":
            credentials.rotate(office, place, key_id, 60)
        case "disable" | "enable":
            credentials.switch(office, place, key_id, on=name == "enable")
        case "delete":
            credentials.delete(office, place, key_id)
        case "wait":
            desk.now_ms += 30_000
        case "end":
            projects.delete(office, ACCOUNT, place.project_id)
        case "restore":
            projects.restore(office, ACCOUNT, place.project_id)
        case "open":
            projects.create(office, ACCOUNT, "n")


def known(desk: Desk) -> list[Any]:
    """Return every key of both projects as it lies there, whatever state its project is in."""
    owners = (owner_of(ACCOUNT, one) for one in (PROJECT, OLD_PROJECT))
    return [
        credential_of(item) for owner in owners for _, item in desk.items.page(owner, KEY_SORT, 99)
    ]


@settings(deadline=None)
@given(ACTS)
def test_counts_listings_and_the_hot_path_agree(acts: list[tuple[str, int]]) -> None:
    desk = Desk()
    for name, number in acts:
        before = (dict(desk.items.items), dict(desk.items.keys))
        try:
            act(desk, name, number)
        except RequestRefused:
            assert (desk.items.items, desk.items.keys) == before
        check(desk)
        entries = [len(audit.entries(desk.office, 99).things), audit_size(before[0])]
        changed = (desk.items.items, desk.items.keys) != before
        assert entries[0] - entries[1] == (1 if changed else 0)


def audit_size(items: Any) -> int:
    return sum(address.partition == "audit" for address in items)


def check(desk: Desk) -> None:
    account = projects.account(desk.office, ACCOUNT)
    listed = projects.listed(desk.office, ACCOUNT, 99).things
    assert account.projects == sum(one.status == "ACTIVE" for one in listed)
    keys = known(desk)
    for one in listed:
        assert one.keys == sum(key.key.project_id == one.project_id for key in keys)
        assert desk.items.project(one.project_id).deleted == (one.status != "ACTIVE")
    hot = {key_hash for key_hash in desk.items.keys if not key_hash.startswith("project#")}
    masters = {h for h in hot if desk.items.keys[h]["kind"] == "MASTER"}
    assert hot - masters == {key.key_hash for key in keys}
    for key in keys:
        assert (desk.items.find(key.key_hash) is not None) == (key.status == "ACTIVE")


def test_keys_that_are_made_at_once_are_all_counted(tmp_path: Path) -> None:
    """Each of several who overtake each other tries again; nothing is lost or counted twice."""
    items = SqliteTenants(tmp_path / "keys.sqlite")
    office = office_over(items, "test")
    account, _ = projects.open_account(office, "us")
    project, _ = projects.create(office, account.account_id, "shop")
    place = Place(account.account_id, project.project_id)
    made: list[str] = []

    def work(own: Office) -> None:
        made.extend(
            credentials.create(own, place, KeyKind.WRITE, "n", {})[0].key.key_id for _ in range(5)
        )

    threads = [threading.Thread(target=work, args=(office,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = projects.project(office, account.account_id, project.project_id)
    listed = credentials.listed(office, place, 100).things
    items.close()
    assert len(made) == len(set(made)) == 20
    assert found.keys == len(listed) == 20
