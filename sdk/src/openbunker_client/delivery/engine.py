"""The thread driver: a lock, a clock and one sending thread around the outbox.

Callers put events in and wait for changes; the thread takes batches, sends them without the lock
and settles them. What an answer means and which event is next is not decided here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from openbunker_client.delivery import processes
from openbunker_client.delivery.marks import Mark
from openbunker_client.delivery.outbox import Outbox
from openbunker_client.model import Again, Answer, Item, Report, Told

# After so long without work the thread ends; the next event starts another.
LONGEST_IDLE = 60.0
LONGEST_WAIT = 3600.0  # at a time: a lock takes no infinity


class Engine(processes.Engine):
    """Threads may share it. Without a thread (none may be started at exit) `flush` sends itself."""

    def __init__(
        self,
        *,
        outbox: Callable[[], Outbox],
        send: Callable[[list[Item]], Answer],
        tell: Callable[[list[Told]], None],
        forget: Callable[[], None],
        clock: Callable[[], float],
        exit_timeout: float,
        threaded: bool = True,
    ) -> None:
        """`outbox` makes a new one: a forked child needs its own. `send` and `tell` raise no
        Exception; `forget` lets go of connections.
        """
        self._new_outbox = outbox
        self._send, self._tell, self._forget = send, tell, forget
        self._clock = clock
        self._exit_timeout = exit_timeout
        self._threaded = threaded
        self._begin()
        processes.watch(self)
        with self._lock:
            if self._outbox.take_over():
                self._wake()

    def _begin(self) -> None:
        # Reentrant: a signal handler or a finalizer may track while its thread holds the lock.
        lock = threading.RLock()
        self._lock = lock
        self._work = threading.Condition(lock)  # the sending thread waits here
        self._change = threading.Condition(lock)  # flushes and blocked callers wait here
        self._watchers: dict[Callable[[], None], None] = {}
        self._outbox = self._new_outbox()
        self._thread: threading.Thread | None = None
        self._sender: int | None = None  # the thread that sends at the moment
        self._telling = False
        self._flushes = 0

    @property
    def closed(self) -> bool:
        """Whether nothing comes in any more."""
        return self._outbox.closed

    def put(self, body: bytes, *, block: bool) -> bool:
        """Take an event in; False when there is no room. Blocks until there is, if asked to."""
        with self._lock:
            while not self._outbox.put(body, self._clock()):
                if not block or self.closed or self.is_sender():
                    return False
                self._pass_time(1.0)
            self._wake(force=self._outbox.just_due)
            return True

    def count(self, *, sent: bool = False, dropped: bool = False) -> None:
        """Count an event that does not come in: captured, dropped or else refused."""
        with self._lock:
            self._outbox.count(sent=sent, dropped=dropped)

    def is_sender(self) -> bool:
        """Whether the caller sends: a callback or a finalizer, which must not wait for itself."""
        return self._sender == threading.get_ident() or self._thread is threading.current_thread()

    def report(self) -> Report:
        """Return the counts as they are."""
        with self._lock:
            return self._outbox.report()

    def watch(self, callback: Callable[[], None]) -> None:
        """Call back once, from any thread, when something has changed."""
        with self._lock:
            self._watchers[callback] = None

    def unwatch(self, callback: Callable[[], None]) -> None:
        """Do not call back any more."""
        with self._lock:
            self._watchers.pop(callback, None)

    def begin_flush(self) -> Mark:
        """Send without waiting for full batches until `end_flush`; return what is waited for."""
        with self._lock:
            self._flushes += 1
            self._wake(force=True)
            return self._outbox.mark()

    def flushed(self, mark: Mark) -> bool:
        """Whether each event that was there has come to its end, and been told.

        So it has where nothing is pending: of a spool's lines some may turn out to be torn.
        """
        with self._lock:
            return not self._telling and (mark.left <= 0 or not self.report().pending)

    def end_flush(self, mark: Mark) -> None:
        """End what `begin_flush` began."""
        with self._lock:
            self._flushes = max(0, self._flushes - 1)
            self._outbox.unmark(mark)

    def flush(self, timeout: float) -> Report:
        """Send what is there; return at the latest after `timeout` seconds."""
        deadline = self._clock() + timeout
        with self._lock:
            mark = self.begin_flush()
            try:
                while not self.flushed(mark) and not self.closed and not self.is_sender():
                    left = deadline - self._clock()
                    if not left > 0:  # nor is NaN
                        break
                    self._pass_time(min(left, LONGEST_WAIT))
            finally:
                self.end_flush(mark)
            return self.report()

    def close(self, timeout: float) -> Report:
        """Flush, then stop: what is left stays in the spool, or is dropped and told."""
        if not self.closed:
            self.flush(timeout)
        with self._lock:
            told = [] if self.closed else self._outbox.close()
            report = self.report()
            self._changed()
            self._work.notify_all()
        self._tell(told)
        return report

    def step(self) -> bool:
        """Send one batch if one is due. The thread calls this; without one, whoever waits."""
        with self._lock:
            batch = self._next()
        if batch is None:
            return False
        self._deliver(batch)
        return True

    def forked(self) -> None:
        """Begin anew in a child: the parent owns what is queued, spooled and connected."""
        before = self._outbox
        before.let_go()
        self._forget()
        self._begin()
        self._outbox.closed = before.closed

    def at_exit(self, spent: float = 0.0) -> None:
        """Flush for what is left of the time that an exit may take, and close."""
        self.close(max(0.0, self._exit_timeout - spent))

    def _next(self) -> list[Item] | None:
        return self._outbox.next(self._clock(), hurry=self._flushes > 0)

    def _deliver(self, batch: list[Item]) -> None:
        self._sender = threading.get_ident()
        try:
            try:
                answer = self._send(batch)
            except BaseException:  # an interrupt; the batch must not stay in flight
                self._settle(batch, Again("interrupted"))
                raise
            if told := self._settle(batch, answer):
                self._tell(told)
        finally:
            self._sender = None
            self._told()

    def _settle(self, batch: list[Item], answer: Answer) -> list[Told]:
        with self._lock:
            told = self._outbox.settle(batch, answer, self._clock())
            self._telling = bool(told)
            self._changed()
            return told

    def _told(self) -> None:
        """Let flushes end: whoever waited for one has been told what became of its events."""
        if self._telling:
            with self._lock:
                self._telling = False
                self._changed()

    def _changed(self) -> None:
        self._change.notify_all()
        watchers, self._watchers = self._watchers, {}
        for callback in watchers:
            callback()

    def _pass_time(self, longest: float) -> None:
        """Wait for a change while the thread sends; without a thread, send."""
        self._wake()
        if self._thread is not None or not self.step():
            pause = self._outbox.pause(self._clock()) if self._thread is None else None
            self._change.wait(longest if pause is None else min(pause, longest))

    def _wake(self, *, force: bool = False) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = self._started() if self._threaded else None
        if force:
            self._work.notify()

    def _started(self) -> threading.Thread | None:
        thread = threading.Thread(target=self._run, name="openbunker-client", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending
            return None
        processes.watch_child(self)
        return thread

    def _run(self) -> None:
        me = threading.current_thread()
        with self._lock:
            self._outbox.look_again(self._clock())
        while True:
            with self._lock:
                batch, sync = self._next(), self._outbox.due_for_sync(self._clock())
                if batch is None and sync is None:
                    if self.closed or self._thread is not me or self._idled():
                        return
                    continue
            if sync is not None:
                sync()
            if batch is not None:
                self._deliver(batch)

    def _idled(self) -> bool:
        """Wait for work; return whether there was none for so long that the thread may end."""
        pause = self._outbox.pause(self._clock())
        woken = self._work.wait(LONGEST_IDLE if pause is None else pause)
        if woken or pause is not None:
            return False
        self._thread = None
        return True
