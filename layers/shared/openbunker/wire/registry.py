"""The list of dialects and the look-up by method and path. A new dialect is one line here."""

from openbunker.web.http import Request
from openbunker.wire.databuddy.events import DATABUDDY
from openbunker.wire.databuddy.track import DATABUDDY_TRACK
from openbunker.wire.dialect import Dialect
from openbunker.wire.eventbunker import EVENTBUNKER
from openbunker.wire.nanosights import NANOSIGHTS
from openbunker.wire.posthog.capture import POSTHOG
from openbunker.wire.segment.messages import SEGMENT
from openbunker.wire.tracify.events import TRACIFY

DIALECTS: tuple[Dialect, ...] = (
    EVENTBUNKER,
    DATABUDDY,
    DATABUDDY_TRACK,
    NANOSIGHTS,
    TRACIFY,
    SEGMENT,
    POSTHOG,
)

_BY_PATH: dict[str, Dialect] = {
    route.split(" ", 1)[1]: dialect
    for dialect in DIALECTS
    for route in (*dialect.routes, *dialect.answers)
}
_ROUTES = frozenset(route for dialect in DIALECTS for route in (*dialect.routes, *dialect.answers))
# As the gateway has it: a `{name}` is one segment, and is never empty.
_FORMS = {path: path.split("/") for path in _BY_PATH if "{" in path}


def dialect_at(path: str) -> Dialect | None:
    """Return the dialect that owns a path, whatever the method."""
    return _BY_PATH.get(_known(path))


def route_of(request: Request) -> str:
    """Return the route of a request, `{name}` for what it holds in its place."""
    return f"{request.method} {_known(request.path)}"


def paths() -> frozenset[str]:
    """Return the paths of all dialects."""
    return frozenset(_BY_PATH)


def serves(request: Request) -> bool:
    """Return whether the request's method and path are a route of a dialect."""
    return route_of(request) in _ROUTES


def methods_at(path: str) -> str:
    """Return the Allow header of a path."""
    known = _known(path)
    methods = sorted(route.split(" ", 1)[0] for route in _ROUTES if route.endswith(f" {known}"))
    dialect = _BY_PATH.get(known)
    return ", ".join([*methods, "OPTIONS"] if dialect and dialect.cors else methods)


def _known(path: str) -> str:
    """Return a path as its route has it; the path itself where there is none."""
    if path in _BY_PATH:
        return path
    parts = path.split("/")
    return next((known for known, form in _FORMS.items() if _fits(parts, form)), path)


def _fits(parts: list[str], form: list[str]) -> bool:
    return len(parts) == len(form) and all(
        mine == theirs or (theirs.startswith("{") and mine != "")
        for mine, theirs in zip(parts, form, strict=True)
    )
