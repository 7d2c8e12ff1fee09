"""What flushes wait for: of the events that were there, how many have not come to their end.

Events do not go out in order: one that fails for long goes behind the others. So each is numbered
as it enters the queue, and a flush counts those that end, not how many ended since.
"""

from __future__ import annotations

from collections.abc import Iterable

from openbunker_client.model import Item


class Mark:
    """The events that one flush waits for: numbers up to `last`, of which `left` are pending."""

    __slots__ = ("last", "left")

    def __init__(self, last: int, left: int) -> None:
        self.last = last
        self.left = left


class Marks:
    """The flushes that are under way."""

    def __init__(self) -> None:
        self._open: list[Mark] = []

    def set(self, last: int, left: int) -> Mark:
        """Begin to count for a flush."""
        mark = Mark(last, left)
        self._open.append(mark)
        return mark

    def remove(self, mark: Mark) -> None:
        """Count no more for a flush; one of before a fork is not there."""
        self._open = [one for one in self._open if one is not mark]

    def ended(self, items: Iterable[Item]) -> None:
        """Count events that came to their end."""
        for mark in self._open:
            mark.left -= sum(item.number <= mark.last for item in items)

    def overtaken(self, events: int) -> None:
        """Wait for more: they came later, and enter the queue before what a flush waits for."""
        for mark in self._open:
            mark.last += events
            mark.left += events
