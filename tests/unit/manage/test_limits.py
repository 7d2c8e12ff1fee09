"""Limits of a project over HTTP: who may set them, what they do at once, and the audit's line."""

from dataclasses import replace
from typing import Any

import pytest

from openbunker.keys.projects import ProjectState
from openbunker.manage.memory import MemoryTenants
from openbunker.manage.model import AUDIT, entry_of
from openbunker.manage.store import MarkProject
from openbunker.usage.days import day_of
from openbunker.usage.memory import MemoryUsageStore
from openbunker.usage.model import Line
from tests.support.desk import PROJECT_KEY, Desk
from tests.support.tenants import PROJECT

PATH = "project/limits"


class Limited(Desk):
    """A desk with a store of counts, in which the project has sent ten events this month."""

    def __init__(self) -> None:
        super().__init__()
        self.usage = MemoryUsageStore()
        self.services = replace(self.services, usage=self.usage)
        day = day_of(self.now_ms)
        line = Line(project_id=PROJECT, day=day, dialect="segment", events=10, bytes=1)
        self.usage.put([line], [], self.now_ms)

    def state(self) -> ProjectState:
        return self.items.project(PROJECT)


@pytest.fixture
def desk() -> Limited:
    return Limited()


def limits(desk: Limited, **changes: Any) -> Any:
    return desk.done(PATH, {"project_id": PROJECT, **changes})


def test_limits_are_set_told_and_taken_away(desk: Limited) -> None:
    """What is left out stays; null is no limit."""
    told = limits(desk, monthly_events=1000, events_per_second=5)
    wanted = {"monthly_events": 1000, "events_per_second": 5, "exceeded": False}
    assert told == {"project_id": PROJECT, **wanted}
    assert limits(desk, events_per_second=None)["monthly_events"] == 1000
    assert desk.state() == ProjectState(monthly_events=1000)
    limits(desk, monthly_events=None)
    assert desk.state() == ProjectState()


def test_a_quota_below_what_was_sent_is_exceeded_at_once_and_raising_it_frees(
    desk: Limited,
) -> None:
    assert limits(desk, monthly_events=10)["exceeded"] is True
    assert desk.state().over_quota(desk.now_ms)
    assert limits(desk, monthly_events=11)["exceeded"] is False
    assert not desk.state().over_quota(desk.now_ms)


def test_two_who_set_different_limits_do_not_undo_each_other(desk: Limited) -> None:
    """What was read before somebody else's change came is not written back."""
    limits(desk, events_per_second=5)
    seen = desk.state()

    class Overtaken(MemoryTenants):
        def project(self, project_id: str) -> ProjectState:
            desk.items.commit([MarkProject(PROJECT, {"events_per_second": 7})])
            return seen

    overtaken = Overtaken()
    overtaken.keys = desk.items.keys
    desk.services = replace(desk.services, keys=overtaken)
    limits(desk, monthly_events=1000)
    assert desk.state() == ProjectState(monthly_events=1000, events_per_second=7)


def test_a_project_cannot_lift_its_own_limits(desk: Limited) -> None:
    status, _ = desk.call(PATH, {"project_id": PROJECT, "monthly_events": None}, PROJECT_KEY)
    assert status == 401


def test_another_accounts_project_is_nobodys(desk: Limited) -> None:
    status, told = desk.call(PATH, {"project_id": "prj_other", "monthly_events": 1})
    assert (status, told["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("field", "value"),
    [("monthly_events", -1), ("monthly_events", "5"), ("events_per_second", 0), ("else", 1)],
)
def test_a_wrong_field_is_named(desk: Limited, field: str, value: Any) -> None:
    status, told = desk.call(PATH, {"project_id": PROJECT, field: value})
    assert (status, told["code"]) == (400, "invalid_schema")
    assert told["error"].startswith(f"{field}: ")


def test_a_change_is_in_the_audit(desk: Limited) -> None:
    limits(desk, monthly_events=5, events_per_second=None)
    ((_, item),) = desk.items.page(AUDIT, "", 1, newest=True)
    entry = entry_of(item)
    assert (entry.action, entry.project_id) == ("project.limits", PROJECT)
    assert entry.detail == {"monthly_events": 5, "events_per_second": "none"}


def test_without_counts_nothing_is_changed(desk: Limited) -> None:
    desk.usage.down = True
    status, told = desk.call(PATH, {"project_id": PROJECT, "monthly_events": 5})
    assert (status, told["code"]) == (503, "key_store_unavailable")
    assert desk.state() == ProjectState()
