"""What is said of kinds of values that do not go together. Pure."""

from openbunker.query.user_sql.kinds import BOOLEAN, NUMBER, Kind, Kinds


def cast_advice(kind: Kind, kinds: Kinds) -> str:
    """Return how a value of a kind becomes one of those wanted; empty when it does not."""
    if kind in (Kind.TEXT, Kind.JSON) and kinds <= NUMBER:
        return "try_cast(x AS double)"
    return "say x = 'true', or x <> 0" if kinds == BOOLEAN else ""


def alike_advice(one: Kind, other: Kind) -> str:
    """Return how two values become alike."""
    both = {one, other}
    if Kind.TEXT in both and both & NUMBER:
        return "cast one of them, as try_cast(x AS double)"
    if Kind.TEXT in both and both & {Kind.TIME, Kind.DATE}:
        return "write the time as TIMESTAMP '2026-11-20 10:00:00'"
    if both & NUMBER and both & {Kind.TIME, Kind.DATE}:
        return "milliseconds are timestamp_ms and received_ms, event_time is a timestamp"
    return "cast one of them, so that both are alike"
