"""The office of tenants over some store, with the system's clock and randomness."""

import os

from openbunker.manage.office import Office
from openbunker.manage.store import TenantItems
from openbunker.wiring import system


def office_over(items: TenantItems, actor: str = "") -> Office:
    """Return where tenants are managed over a store; `actor` is who signs the audit."""
    return Office(items=items, now_ms=system.now_ms, random_bytes=os.urandom, actor=actor)
