"""What is counted, and what a store of counts promises. No I/O.

A count replaces the one before it: counting a day again changes nothing, or corrects it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from openbunker.core.errors import OpenbunkerError


class UsageUnavailable(OpenbunkerError):
    """The store of counts failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a project sent in a dialect on a day (UTC, `2026-11-21`, by time of receipt).

    `events` counts each event once, however often it was sent. `bytes` are the UTF-8 bytes of its
    texts as stored, `properties` among them: what it weighs before it is compressed.
    """

    project_id: str
    day: str
    dialect: str
    events: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The hour (its begin, ms since the epoch) in which a key was last used to send something."""

    project_id: str
    key_id: str
    hour_ms: int


class UsageStore(Protocol):
    """Where counts lie. Every method raises UsageUnavailable when the store fails."""

    def put(self, lines: Sequence[Line], uses: Sequence[Use], counted_ms: int) -> None:
        """Keep counts in place of those of the same project, day and dialect, and uses of keys.

        `counted_ms` is when the counting began. Safe to repeat.
        """

    def of_project(self, project_id: str, from_day: str, to_day: str) -> list[Line]:
        """Return the lines of a project from one day to another, both within, in their order."""

    def last_used(self, project_id: str) -> Mapping[str, int]:
        """Return the hour in which each key of a project was last used, by key id."""

    def counted_ms(self) -> int | None:
        """Return when the last counting began, None when there was none."""


def total(lines: Sequence[Line]) -> tuple[int, int]:
    """Return the events and the bytes of lines."""
    return sum(line.events for line in lines), sum(line.bytes for line in lines)
