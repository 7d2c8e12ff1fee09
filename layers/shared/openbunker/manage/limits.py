"""Setting a project's limits: its monthly quota and the rate of its keys. No HTTP.

The change, what it makes of this month's quota and the audit's line are one commit, so a raised
quota lets events in as soon as the caches have let go of the old one.
"""

from collections.abc import Mapping

from openbunker.keys.model import KeyStore
from openbunker.keys.projects import ProjectState, month
from openbunker.manage import projects
from openbunker.manage.office import Office, persisting
from openbunker.manage.store import MarkProject
from openbunker.usage.model import UsageStore, total
from openbunker.usage.quotas import of_month

LIMITS = ("monthly_events", "events_per_second")


def change(
    office: Office,
    keys: KeyStore,
    usage: UsageStore,
    place: tuple[str, str],
    changes: Mapping[str, int | None],
) -> ProjectState:
    """Set those of LIMITS that are named, None for no limit; return what now holds.

    `place` is the account and the project. Raises RequestRefused, TenantsUnavailable,
    KeyStoreUnavailable and UsageUnavailable.
    """
    account_id, project_id = place

    def once() -> ProjectState:
        projects.living(office, account_id, project_id)
        state, now_ms = keys.project(project_id), office.now_ms()
        limits = {name: changes.get(name, getattr(state, name)) for name in LIMITS}
        quota = limits["monthly_events"]
        used, _ = total(of_month(usage, project_id, now_ms))
        over = month(now_ms) if quota is not None and used >= quota else None
        # Not what was read besides: somebody else may be setting it.
        members = {**changes, "over_month": over}
        entry = office.entry("project.limits", account_id, project_id, detail=_told(changes))
        put = {name: value for name, value in members.items() if value is not None}
        gone = [name for name, value in members.items() if value is None]
        office.commit(entry, MarkProject(project_id, put, gone))
        return ProjectState(over_month=over or "", **limits)

    return persisting(once)


def _told(changes: Mapping[str, int | None]) -> dict[str, int | str]:
    return {name: "none" if value is None else value for name, value in changes.items()}
