"""What the hot path must know of a project: is it there, what may it send. Pure.

Stored as an item beside the keys, under a name that no hash of a key can be, so that one table
and one cache serve both. A project without an item is there and has no limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import gmtime, strftime
from typing import Any, Protocol

DELETED = "DELETED"
# What may stand under `dedupe_scopes`; an item without it is shared.
SHARED, SEPARATE = "shared", "separate"
_PREFIX = "project#"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """Whether a project is deleted, and its limits; None is no limit.

    `monthly_events` is the quota of a month (UTC). `over_month` names the month (`2026-11`) in
    which the count of events reached it. `events_per_second` is what one key may send to one
    environment. `separate_dedupe` keeps what public and secret keys send apart: an id of the one
    kind is no id of the other.
    """

    deleted: bool = False
    monthly_events: int | None = None
    over_month: str = ""
    events_per_second: int | None = None
    separate_dedupe: bool = False

    def over_quota(self, now_ms: int) -> bool:
        """Return whether the quota of the month of a time is used up."""
        return bool(self.over_month) and self.over_month == month(now_ms)


class ProjectStates(Protocol):
    """Who may change what the hot path knows of projects."""

    def project(self, project_id: str) -> ProjectState:
        """Return the state of a project. Raises KeyStoreUnavailable."""

    def change_project(self, project_id: str, changes: Mapping[str, str | int | None]) -> None:
        """Set members of a project's item, None removes one. Raises KeyStoreUnavailable.

        Members are `status`, `monthly_events`, `over_month`, `events_per_second` and
        `dedupe_scopes`.
        """


def item_name(project_id: str) -> str:
    """Return the name under which a project's item lies among the hashes of keys."""
    return _PREFIX + project_id


def month(at_ms: int) -> str:
    """Return the month of a time, UTC: `2026-11`."""
    return strftime("%Y-%m", gmtime(at_ms // 1000))


def to_state(item: Mapping[str, Any]) -> ProjectState:
    """Return the state of an item. Raises ValueError for an item of another form."""
    limits = {name: item.get(name) for name in ("monthly_events", "events_per_second")}
    over_month = item.get("over_month", "")
    whole = all(value is None or type(value) is int for value in limits.values())
    if not whole or not isinstance(over_month, str):
        raise ValueError("a stored project has a limit that is no whole number")
    return ProjectState(
        deleted=item.get("status") == DELETED,
        over_month=over_month,
        separate_dedupe=item.get("dedupe_scopes") == SEPARATE,
        **limits,
    )
