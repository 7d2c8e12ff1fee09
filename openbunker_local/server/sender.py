"""Whose request it is: the dialect that would store it, and the key that it came with. Pure."""

from openbunker.core.errors import RequestRefused
from openbunker.web.http import Request
from openbunker.wire import registry
from openbunker.wire.dialect import Dialect


def written_to(request: Request) -> Dialect | None:
    """Return the dialect of a request that would store something."""
    dialect = registry.dialect_at(request.path)
    return dialect if dialect and registry.route_of(request) in dialect.routes else None


def key_of(request: Request, dialect: Dialect) -> str | None:
    """Return the key that a request came with, wherever its vendor puts it."""
    try:
        return dialect.read(request).key
    except RequestRefused:
        return dialect.key_of(request)
