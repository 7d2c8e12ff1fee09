"""The list of dialects and the look-up by method and path. A new dialect is one line here."""

from openbunker.web.http import Request
from openbunker.wire.databuddy.events import DATABUDDY
from openbunker.wire.databuddy.track import DATABUDDY_TRACK
from openbunker.wire.dialect import Dialect
from openbunker.wire.eventbunker import EVENTBUNKER
from openbunker.wire.nanosights import NANOSIGHTS
from openbunker.wire.segment.messages import SEGMENT
from openbunker.wire.tracify.events import TRACIFY

DIALECTS: tuple[Dialect, ...] = (
    EVENTBUNKER,
    DATABUDDY,
    DATABUDDY_TRACK,
    NANOSIGHTS,
    TRACIFY,
    SEGMENT,
)

_BY_PATH: dict[str, Dialect] = {
    route.split(" ", 1)[1]: dialect for dialect in DIALECTS for route in dialect.routes
}
_ROUTES = frozenset(route for dialect in DIALECTS for route in dialect.routes)


def dialect_at(path: str) -> Dialect | None:
    """Return the dialect that owns a path, whatever the method."""
    return _BY_PATH.get(path)


def paths() -> frozenset[str]:
    """Return the paths of all dialects."""
    return frozenset(_BY_PATH)


def serves(request: Request) -> bool:
    """Return whether the request's method and path are a route of a dialect."""
    return f"{request.method} {request.path}" in _ROUTES


def methods_at(path: str) -> str:
    """Return the Allow header of a path."""
    methods = sorted(route.split(" ", 1)[0] for route in _ROUTES if route.endswith(f" {path}"))
    dialect = _BY_PATH.get(path)
    return ", ".join([*methods, "OPTIONS"] if dialect and dialect.cors else methods)
