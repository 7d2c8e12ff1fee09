"""How a time on the command line is read: one way, for every command.

A span is from its first time on until before its last one. Pure.
"""

from datetime import UTC, datetime, timedelta

from openbunker.core.times import DAY_MS
from openbunker_local.cli.terminal.exits import Misused

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str, option: str) -> int:
    """Return a day or a time of ISO 8601 in ms since the epoch; UTC unless it says."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        example = "2026-11-21 or 2026-11-21T08:30"
        raise Misused(f"{option} is a day or a time such as {example}, not {text!r}.") from error
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def span(from_: str, to: str, least: int, most: int) -> tuple[int, int]:
    """Return the first millisecond and the one to end before, both within the bounds."""
    first = max(moment(from_, "--from"), least) if from_ else least
    end = min(moment(to, "--to"), most) if to else most
    if first >= end:
        raise Misused("--from is before --to.")
    return first, end


def whole_days(first: int, end: int, why: str) -> None:
    """Raise Misused unless the span cuts no day (UTC)."""
    if first % DAY_MS or end % DAY_MS:
        raise Misused(f"{why} takes whole days (UTC): name --from and --to without a time.")
