"""Builds clients from settings, once, at first use. Importing a handler has no side effects.

The only place where real clients, the environment and the clock come together. The local
runtime puts its own services in place of these with `use`.
"""

import os
import random
import time
from functools import cache

from openbunker import ids
from openbunker.config import Settings
from openbunker.observability import write_line
from openbunker.services import QueryServices, Services


class _Installed:
    """What the local runtime or a test put in place of the deployed services."""

    services: Services | None = None
    query_services: QueryServices | None = None


def use(services: Services | None, query_services: QueryServices | None) -> None:
    """Serve the process with these instead of the deployed ones; None takes them away again."""
    _Installed.services = services
    _Installed.query_services = query_services


def current() -> Services:
    """Return the services of the hot path. Raises InvalidSettings naming every problem."""
    return _Installed.services or _deployed()


def current_query() -> QueryServices:
    """Return the services of the query function. Raises InvalidSettings naming every problem."""
    return _Installed.query_services or _deployed_query()


def now_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
