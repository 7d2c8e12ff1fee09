"""The embedded delivery stream: Data Firehose's one operation on one machine.

Many call, threads or tasks; one thread commits what they brought with one write that is its sync,
then all are answered. Another thread turns the journal into hot objects. Limits, errors, prefixes
and names are the service's own; files are the business of journal.py and delivery.py.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from openbunker.core import layout
from openbunker.core.books import BOTH, NOTHING, RECORDS
from openbunker.sinks.chunking import check_call
from openbunker.sinks.firehose import BUDGET_SECONDS
from openbunker.sinks.sink import StreamError
from openbunker_local.stream.delivery import Deliverer
from openbunker_local.stream.disk import Disk, FolderLock
from openbunker_local.stream.id_index import IdIndex
from openbunker_local.stream.journal import Journal
from openbunker_local.tasks.call import Call
from openbunker_local.tasks.waiter import tell_all

STREAM = "openbunker-events"
DELIVER_AFTER_SECONDS = 0.5
RETRY_SECONDS = 1.0
MAX_GROUP_BYTES = 8 * 1024 * 1024
UNAVAILABLE = "ServiceUnavailableException"

# Which records of a call fail, by index; may raise StreamError to fail the call.
Faults = Callable[[Sequence[bytes]], Collection[int]]


class EmbeddedStream:
    """A StreamClient that stores. Threads share it; one process holds a data folder at a time.

    `prefix` returns the partition of an arrival time; a further stream of the same data folder has
    a `room` of its own, where its lock and its journal lie. `index` is told the ids of each
    object. `faults` is for tests. Raises FolderInUse when another process holds the folder or room.
    """

    def __init__(
        self,
        data: Path,
        *,
        stream: str = STREAM,
        prefix: Callable[[int], str] = layout.hot_prefix,
        room: Path | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        disk: Disk | None = None,
        faults: Faults | None = None,
        deliver_after_seconds: float = DELIVER_AFTER_SECONDS,
        index: IdIndex | None = None,
    ) -> None:
        disk = disk or Disk()
        disk.make_folder(room or data)
        self._lock = FolderLock(room or data)
        self._probe = (room or data) / "stream-probe"
        self._journal = Journal((room or data / "stream") / "journal", disk, now_ms)
        self._deliverer = Deliverer(data, stream, disk, prefix, index)
        self._faults = faults
        self._deliver_after_seconds = deliver_after_seconds
        self._disk = disk
        self.books: EmbeddedStream | None = None
        self._gate = Lock()
        self._shut = ""
        self._refused = ""
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._in_hand: list[Call] = []
        self._arriving: list[Call] = []  # of tasks; of their loop alone
        self._delivering = Lock()
        self._work = Event()
        self._draining = Event()
        self._work.set()  # segments of an earlier run are delivered at once
        self._committer = Thread(target=self._commit_calls, name="committer", daemon=True)
        self._delivery = Thread(target=self._deliver_segments, name="delivery", daemon=True)
        self._committer.start()
        self._delivery.start()

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return one answer per record, in order, once the records are on the disk.

        Records that the disk refused have an ErrorCode. Raises StreamError for a call that
        breaks a limit, when the stream is shut, or when the disk takes longer than `seconds`:
        then the records may be stored all the same.
        """
        check_call(records)
        failing = self._faults(records) if self._faults else ()
        call = Call([data for index, data in enumerate(records) if index not in failing])
        if call.records:
            self._enter(call)
            call.done.wait(seconds)
        else:
            call.answers = []
        if call.answers is None:
            raise StreamError(UNAVAILABLE, "the embedded stream has failed, or was too slow")
        answers = iter(call.answers)
        slow_down = _failure("Slow down.")
        return [slow_down if i in failing else next(answers) for i in range(len(records))]

    def put_together(self, record: bytes, entry: bytes, seconds: float = BUDGET_SECONDS) -> int:
        """Return once a record is on the disk and then, in `books`, the entry that says so.

        Returns which of them are, as `core.books` numbers it. When that takes longer than `seconds`
        the record may be stored all the same; its entry is then left to whoever asked.
        """
        then = Call([entry])
        call = Call([record], done=then.done, then=then)
        with suppress(StreamError):
            self._enter(call)
            then.done.wait(seconds)
        call.then = None
        return BOTH if then.kept else RECORDS if call.kept else NOTHING

    def fresh_to_ms(self) -> int:
        """Return the time before which every arrival lies in an object; now when all do."""
        return self._journal.fresh_to_ms()

    def undelivered(self) -> frozenset[str]:
        """Return names of what does not lie in an object yet; a name never comes twice."""
        return self._journal.undelivered()

    def why_not(self) -> str:
        """Return why a record could not be made durable now, nothing when it could.

        After the disk has refused one it is tried again here: nobody may send a record meanwhile.
        """
        if self._shut:
            return f"the stream has {self._shut}"
        if self._refused:
            try:
                self._disk.try_out(self._probe)
            except OSError as error:
                self._refused = error.strerror or str(error)
            else:
                self._refused = ""
        return self._refused

    def flush(self) -> None:
        """Deliver everything that was answered, and return.

        Raises OSError when a segment could not be delivered; it stays, the others are delivered.
        """
        problem: OSError | None = None
        with self._delivering:
            self._journal.seal()
            for segment in self._journal.sealed():
                try:
                    self._deliverer.deliver(segment)
                except OSError as error:
                    problem = problem or error
                else:
                    self._journal.forget(segment)
        if problem:
            raise problem

    def close(self) -> None:
        """Refuse new calls, answer those that are in, deliver, end the threads. Never raises.

        What cannot be delivered stays in the journal for the next start.
        """
        with self._gate:
            if self._shut == "closed":
                return
            self._shut = "closed"
            self._calls.put(None)
        self._committer.join()
        self._draining.set()
        self._work.set()
        self._delivery.join()
        try:
            with suppress(OSError):
                self.flush()
        finally:
            self._lock.release()

    def _enter(self, call: Call) -> None:
        """Have a call committed; those of tasks all at once when the loop has gone round."""
        task = call.done.task
        if task is None:
            self._put(call)
            return
        if not self._arriving:
            task.loop.call_soon(self._put_all)
        self._arriving.append(call)

    def _put_all(self) -> None:
        arriving, self._arriving = self._arriving, []
        try:
            self._put(*arriving)
        except StreamError:
            tell_all(call.done for call in arriving)

    def _put(self, *calls: Call) -> None:
        with self._gate:
            if self._shut:
                raise StreamError(UNAVAILABLE, f"the embedded stream has {self._shut}")
            for call in calls:
                self._calls.put(call)

    def _commit_calls(self) -> None:
        try:
            while group := self._next_group():
                self._commit(group)
        finally:  # reached by close, or by a bug of ours: then calls fail instead of hanging
            self._fail_calls()

    def _commit(self, group: list[Call]) -> None:
        payloads = [data for call in group for data in call.records]
        try:
            ids = self._journal.append(payloads)
        except OSError as error:
            self._refused = error.strerror or str(error)
            answers = [_failure(f"The journal cannot be written: {error.strerror}.")] * len(
                payloads
            )
        else:
            self._refused = ""
            answers = [{"RecordId": record_id} for record_id in ids]
        given = iter(answers)
        for call in group:
            call.answers = [next(given) for _ in call.records]
        tell_all([call.done for call in group if not self._goes_on(call)])
        if not self._work.is_set():
            self._work.set()

    def _goes_on(self, call: Call) -> bool:
        """Have the books take the entry of what was just stored; they tell who waits."""
        then = call.then  # who asked may give it up at any moment
        if not (then and self.books and call.kept):
            return False
        with suppress(StreamError):
            self.books._put(then)
            return True
        return False

    def _next_group(self) -> list[Call]:
        """Return every call that waits, in order, up to MAX_GROUP_BYTES; none when closed."""
        call = self._calls.get()
        self._in_hand = group = []
        size = 0
        while call is not None:
            group.append(call)
            size += sum(map(len, call.records))
            if size >= MAX_GROUP_BYTES:
                return group
            try:
                call = self._calls.get_nowait()
            except Empty:
                return group
        if group:
            self._calls.put(None)  # nothing comes after it: the gate is shut
        return group

    def _deliver_segments(self) -> None:
        try:
            while not self._draining.is_set():
                self._work.wait()
                self._work.clear()
                self._draining.wait(self._deliver_after_seconds)
                self._try_to_flush()
        finally:  # as above: nothing is taken in that nobody would deliver
            self._shut_gate()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except OSError:
            # The segments stay; the disk may be well again soon.
            self._work.set()
            self._draining.wait(RETRY_SECONDS)

    def _shut_gate(self) -> None:
        with self._gate:
            self._shut = self._shut or "failed"

    def _fail_calls(self) -> None:
        self._shut_gate()
        with suppress(Empty):
            while True:
                call = self._calls.get_nowait()
                self._in_hand += [call] if call else []
        tell_all(call.done for call in self._in_hand)


def _failure(message: str) -> dict[str, str]:
    return {"ErrorCode": UNAVAILABLE, "ErrorMessage": message}
