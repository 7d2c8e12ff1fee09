"""Times as management tells them: ISO 8601 in UTC. Pure."""

from datetime import UTC, datetime


def iso(at_ms: int) -> str:
    """Return a time in milliseconds since the epoch, to the millisecond."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
