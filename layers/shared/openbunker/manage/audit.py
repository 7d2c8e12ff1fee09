"""Reading the audit: who did what with which project or key, newest first. Never changed."""

from itertools import count
from typing import Any

from openbunker.core.times import iso
from openbunker.manage.model import AUDIT, Entry, entry_of
from openbunker.manage.office import Office, Page, page_of

_SCANNED = 500  # entries that are read at once


def entries(
    office: Office,
    limit: int,
    cursor: str | None = None,
    *,
    project_id: str = "",
    key_id: str = "",
    scans: int | None = None,
) -> Page[Entry]:
    """Return entries, of one project or one key if named. A cursor is the last entry's id.

    After `scans` reads the page is what was found by then, and its cursor goes on from there.
    """
    found: list[Entry] = []
    for number in count(1):
        page = page_of(office, AUDIT, "", entry_of, limit=_SCANNED, cursor=cursor)
        found += [entry for entry in page.things if _is_of(entry, project_id, key_id)]
        cursor = page.cursor
        if cursor is None or len(found) > limit or number == scans:
            break
    if len(found) <= limit:
        return Page(found, cursor)
    return Page(found[:limit], found[limit - 1].entry_id)


def _is_of(entry: Entry, project_id: str, key_id: str) -> bool:
    keys = (entry.key_id, entry.detail.get("new_key_id"))
    return project_id in ("", entry.project_id) and (not key_id or key_id in keys)


def told(entry: Entry) -> dict[str, Any]:
    """Return what is told of an entry."""
    found: dict[str, Any] = {
        "at": iso(entry.at_ms),
        "actor": entry.actor,
        "action": entry.action,
        "account_id": entry.account_id,
    }
    named = {"project_id": entry.project_id, "key_id": entry.key_id}
    found |= {name: value for name, value in named.items() if value}
    return found | ({"detail": dict(entry.detail)} if entry.detail else {})
