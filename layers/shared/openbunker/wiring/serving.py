"""What serves the process: what its function built once, or what was put in place of that.

Builds nothing itself. What was built in a snapshot is built anew in each restored copy: a copy
must not serve keys of long ago, nor write on connections, or sign with credentials, that another
copy has as well.
"""

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # a function must not pay for the services of the others
    from openbunker.ingest.services import Services
    from openbunker.manage.services import ManageServices
    from openbunker.query.services import QueryServices

T = TypeVar("T")
_FORGET: list[Callable[[], None]] = []
_AHEAD: list[Callable[[], None]] = []


class Installed:
    """What one machine or a test serves with; None where the deployed services do."""

    services: "Services | None" = None
    query_services: "QueryServices | None" = None
    manage_services: "ManageServices | None" = None


def use(
    services: "Services | None",
    query_services: "QueryServices | None",
    manage_services: "ManageServices | None" = None,
) -> None:
    """Serve the process with these instead of the deployed ones; None takes them away again."""
    Installed.services = services
    Installed.query_services = query_services
    Installed.manage_services = manage_services


def once(build: Callable[[], T]) -> Callable[[], T]:
    """Return what builds at its first call alone, and again at the first one after `restored`."""

    @cache
    def built() -> T:
        _settle_for_snapshots()
        return build()

    _FORGET.append(built.cache_clear)
    return built


def ahead(build: Callable[[], object], connect: Callable[[], None]) -> None:
    """Do while Lambda starts the process what its first event should not pay for.

    `connect` builds what it connects. Before a snapshot nothing is connected, but in each copy.
    Elsewhere than on Lambda nothing is done: one machine and tests import handlers as well.
    """
    if "AWS_LAMBDA_RUNTIME_API" not in os.environ:
        return
    _AHEAD.append(connect)
    if _is_for_snapshots():
        build()
    else:
        connect()


def restored() -> None:
    """Forget all that was built, and build and connect what was ahead of the first event."""
    for forget in _FORGET:
        forget()
    for again in _AHEAD:
        again()


def _is_for_snapshots() -> bool:
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


@cache
def _settle_for_snapshots() -> None:
    """Have `restored` called where there are snapshots; elsewhere nothing is imported for it."""
    if _is_for_snapshots():
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415

        register_after_restore(restored)
