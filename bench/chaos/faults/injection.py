"""Makes the faults of a table happen: a stream, a disk and a clock that stand before the real ones.

Knows when a fault strikes and what it then does. Tables are read in `table`; that a server runs
with one is said by `bench.chaos.server`.
"""

import errno
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random
from threading import Lock
from typing import Any, TypeAlias

from bench.chaos.faults.disk import FaultyDisk, Problem
from bench.chaos.faults.table import (
    ClockJump,
    DiskFault,
    Fault,
    FaultTable,
    Operation,
    Partial,
    Slow,
    SyncError,
    Throttle,
    Timeout,
    TornWrite,
)
from openbunker.sinks.sink import StreamClient, StreamError
from openbunker_local.stream.disk import Disk

SLOW_DOWN = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
TIMED_OUT = "ConnectionFailed"  # what our signed client says when an answer does not come

Sleep: TypeAlias = Callable[[float], None]


class Trigger:
    """Says of each call, in turn, whether a fault strikes. Threads share it.

    The n-th call's fate depends on the seed, the fault's name and n alone.
    """

    def __init__(self, fault: Fault, seed: int) -> None:
        self._fault = fault
        self._lock = Lock()
        self._calls = 0
        self._until = 0
        self.struck = 0
        self.random = Random(f"{seed} {fault.name}")  # must come again

    def strikes(self) -> bool:
        """Count a call and return whether the fault strikes it."""
        with self._lock:
            self._calls += 1
            if self._begins():
                self._until = max(self._until, self._calls + self._fault.lasting - 1)
            if self._calls > self._until or self.struck >= self._fault.times:
                return False
            self.struck += 1
            return True

    def _begins(self) -> bool:
        fault = self._fault
        if fault.window:
            return fault.window[0] <= self._calls <= fault.window[1]
        if fault.every:
            return self._calls % fault.every == 0
        return self.random.random() < (fault.probability or 0)


class Injection:
    """The faults of a table, counting. One for a process."""

    def __init__(self, table: FaultTable, sleep: Sleep) -> None:
        self.table = table
        self._sleep = sleep
        self._faults = [(fault, Trigger(fault, table.seed)) for fault in table.fault]

    def struck(self) -> dict[str, int]:
        """Return how many times each fault has struck so far, by name."""
        return {fault.name: trigger.struck for fault, trigger in self._faults}

    def stream(self, client: StreamClient) -> StreamClient:
        """Return the client with the table's faults before it."""
        faults = [pair for pair in self._faults if isinstance(pair[0], _OF_STREAM)]
        return FaultyStream(client, faults, self._sleep) if faults else client

    def disk(self) -> Disk:
        """Return a disk with the table's faults."""
        faults = [pair for pair in self._faults if isinstance(pair[0], _OF_DISK)]

        def problem(operation: Operation) -> Problem | None:
            found = [_disk_problem(fault, trigger, operation) for fault, trigger in faults]
            return next((one for one in found if one), None)

        return FaultyDisk(problem)

    def clock(self, now_ms: Callable[[], int]) -> Callable[[], int]:
        """Return the clock with the table's jumps."""
        faults = [(fault, at) for fault, at in self._faults if isinstance(fault, ClockJump)]

        def jumping_ms() -> int:
            seconds = sum(fault.offset_seconds for fault, at in faults if at.strikes())
            return now_ms() + int(seconds * 1000)

        return jumping_ms if faults else now_ms


class FaultyStream:
    """A StreamClient before another one, whose calls fail as the faults say."""

    def __init__(
        self, client: StreamClient, faults: Sequence[tuple[Fault, Trigger]], sleep: Sleep
    ) -> None:
        self._client = client
        self._faults = faults
        self._sleep = sleep

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return one answer per record, in order, within `seconds`. Raises StreamError."""
        struck = [(fault, trigger) for fault, trigger in self._faults if trigger.strikes()]
        slow = sum(fault.seconds for fault, _ in struck if isinstance(fault, Slow | Timeout))
        too_slow = seconds is not None and slow > seconds
        if slow:
            self._sleep(slow if seconds is None else min(slow, seconds))
        _time_out(struck, "timeout_before_commit")
        answers = self._put(records, _failing(struck, len(records)))
        _time_out(struck, "timeout_after_commit")
        if too_slow:  # the records are taken, but nobody waited to be told
            raise StreamError(TIMED_OUT, "slower than the caller waits")
        return answers

    def _put(
        self, records: Sequence[bytes], failing: Collection[int]
    ) -> Sequence[Mapping[str, Any]]:
        rest = [data for index, data in enumerate(records) if index not in failing]
        answers = iter(self._client.put_record_batch(rest) if rest else ())
        return [SLOW_DOWN if index in failing else next(answers) for index in range(len(records))]


def _time_out(struck: Sequence[tuple[Fault, Trigger]], kind: str) -> None:
    for fault, _ in struck:
        if isinstance(fault, Timeout) and fault.kind == kind:
            raise StreamError(TIMED_OUT, f"the fault {fault.name}")


def _failing(struck: Sequence[tuple[Fault, Trigger]], count: int) -> Collection[int]:
    """Return the indexes of a call that the stream does not take."""
    failing: set[int] = set()
    for fault, trigger in struck:
        if isinstance(fault, Throttle):
            failing |= set(range(count))
        elif isinstance(fault, Partial):
            failing |= set(fault.indexes or ())
            if fault.rate:
                failing |= {at for at in range(count) if trigger.random.random() < fault.rate}
    return failing


def _disk_problem(fault: Fault, trigger: Trigger, operation: Operation) -> Problem | None:
    """Return how an operation fails, if the fault is about it and strikes."""
    about, number = _about(fault)
    if about is not operation or not trigger.strikes():
        return None
    half = isinstance(fault, TornWrite) or number == errno.ENOSPC
    return Problem(OSError(number, os.strerror(number)), half_written=half)


def _about(fault: Fault) -> tuple[Operation | None, int]:
    match fault:
        case DiskFault():
            number = errno.ENOSPC if fault.kind == "disk_full" else errno.EROFS
            return fault.operation, number
        case TornWrite():
            return Operation.APPEND, errno.EIO
        case SyncError():
            return Operation.SYNC, errno.EIO
    return None, 0


_OF_STREAM = (Throttle, Partial, Slow, Timeout)
_OF_DISK = (DiskFault, TornWrite, SyncError)
