"""What one process holds of events: the core's queue, and the spool under it if there is one.

No lock, no thread: the engine has them. Keeps the two in step: an event is in the spool before it
is in the queue, and leaves the spool when it came to its end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from openbunker_client.delivery.core import Core
from openbunker_client.delivery.marks import Mark, Marks
from openbunker_client.delivery.sending import worth_a_line
from openbunker_client.model import Answer, Item, Report, Told

if TYPE_CHECKING:
    from openbunker_client.delivery.spool import Spool

_log = logging.getLogger("openbunker_client")


class Outbox:
    """Times are seconds of the engine's clock."""

    def __init__(self, core: Core, spool: Spool | None, sync_every: float, now: float) -> None:
        self._core = core
        self._spool = spool
        self._sync_every = sync_every
        self._synced_at = now
        self._unwritten = 0  # in a row
        self._busy = False  # with the spool
        self._late: list[bytes] = []  # came while it was
        self._marks = Marks()
        self.closed = False

    def report(self) -> Report:
        """Return the counts as they are."""
        return self._core.report(self._spool.backlog if self._spool else 0)

    def mark(self) -> Mark:
        """Begin to count what ends of the events that are there now."""
        backlog = self._spool.backlog if self._spool else 0
        return self._marks.set(self._core.entered + backlog, self.report().pending)

    def unmark(self, mark: Mark) -> None:
        """Count for it no more."""
        self._marks.remove(mark)

    def take_over(self) -> bool:
        """Take over what dead processes left; return whether there was something."""
        return self._spool is not None and self._spool.take_over() > 0

    def look_again(self, now: float) -> None:
        """Take over what processes have left that died since: a forked child has no start else."""
        if self._spool is None or self.closed:
            return
        with self._with_spool(now) as spool:
            before = spool.backlog
            try:
                spool.take_over()
            except OSError as error:
                _log.error("the folder of the spool cannot be read: %s", error)
            self._marks.overtaken(spool.backlog - before)

    def put(self, body: bytes, now: float) -> bool:
        """Take an event in; False when there is no room or the outbox is closed."""
        if self.closed:
            return False
        if self._spool is None:
            return self._core.offer(Item(body), now)
        if self._busy:  # a signal handler's or a finalizer's, in the midst of its own thread's
            self._late.append(body)
            return True
        with self._with_spool(now) as spool:
            return self._spooled(spool, body, now)

    def _spooled(self, spool: Spool, body: bytes, now: float) -> bool:
        try:
            item = spool.append(body, self._core.room > 0)
        except OSError as error:
            self._unwritten += 1
            if worth_a_line(self._unwritten):
                _log.error(
                    "the spool cannot be written, %d event(s) are in memory only: %s",
                    self._unwritten, error,
                )  # fmt: skip
            came_in = self._core.offer(Item(body), now)
            if came_in and spool.backlog:
                self._marks.overtaken(1)
            return came_in
        self._unwritten = 0
        return item is None or self._core.offer(item, now)

    @contextmanager
    def _with_spool(self, now: float) -> Iterator[Spool]:
        """Use the spool; what is tracked meanwhile by this same thread is written afterwards."""
        assert self._spool is not None
        self._busy = True
        try:
            yield self._spool
        finally:
            while self._late:
                if not self._spooled(self._spool, self._late.pop(0), now):
                    self._core.turned_away(dropped=True)
            self._busy = False

    @property
    def just_due(self) -> bool:
        """Whether the event that came last has made a difference to `pause`."""
        return self._core.just_due

    def count(self, *, sent: bool = False, dropped: bool = False) -> None:
        """Count an event that never came in: sent (a test captured it), dropped, else refused."""
        if sent:
            self._core.taken()
        else:
            self._core.turned_away(dropped)

    def next(self, now: float, *, hurry: bool) -> list[Item] | None:
        """Return the batch that is due, None if none is."""
        if self.closed:
            return None
        if self._spool is not None and self._spool.backlog and not self._core.full_batch:
            with self._with_spool(now) as spool:
                for item in self._fed(spool):
                    self._core.offer(item, now)
        if hurry:
            self._core.hurry()
        return self._core.take(now)

    def _fed(self, spool: Spool) -> list[Item]:
        try:
            return spool.feed(self._core.room)
        except OSError as error:
            _log.error("the spool cannot be read: %s", error)
            return []

    def settle(self, batch: list[Item], answer: Answer, now: float) -> list[Told]:
        """Bring a batch to what its answer says; return what is to be told of it."""
        if self.closed:  # too late to count
            return []
        settled, told = self._core.settle(batch, answer, now)
        self._marks.ended(settled)
        if self._spool is not None and settled:
            with self._with_spool(now) as spool:
                self._settle(spool, settled)
        return told

    def _settle(self, spool: Spool, settled: list[Item]) -> None:
        before = spool.backlog
        try:
            spool.settle(settled)
        except OSError as error:  # they may be sent once more; the server knows their ids
            _log.error("the spool cannot be brought up to date: %s", error)
        self._marks.overtaken(spool.backlog - before)  # it may have taken over more files

    def pause(self, now: float) -> float | None:
        """Return the seconds until there is something to do, None if only an event can bring it."""
        pause = self._core.wait(now)
        if self._spool is None or not self._spool.dirty:
            return pause
        sync_in = max(0.0, self._synced_at + self._sync_every - now)
        return sync_in if pause is None else min(pause, sync_in)

    def due_for_sync(self, now: float) -> Callable[[], None] | None:
        """Return what brings the spool to the disk, if it is time: to be called without a lock."""
        if self.closed or self._spool is None or not self._spool.dirty:
            return None
        if 0 <= now - self._synced_at < self._sync_every:
            return None
        self._synced_at = now
        try:
            return self._spool.begin_sync()
        except OSError as error:
            _log.error("the spool cannot be synced: %s", error)
            return None

    def close(self) -> list[Told]:
        """Take and count nothing any more. What is left stays in the spool, or is dropped."""
        self.closed = True
        if self._spool is not None:
            self._spool.close()
            if left := self.report().pending:
                _log.warning("%d event(s) stay in the spool for the next start", left)
            return []
        return self._core.abandon("closed", "the client was closed before it was sent")

    def let_go(self) -> None:
        """In a forked child: close copies of the parent's files, and touch nothing."""
        if self._spool is not None:
            self._spool.close(forked=True)
