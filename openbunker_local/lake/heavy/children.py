"""The server's side of its children for heavy questions: started when needed, ended when it ends.

A child that dies takes its one question with it; the next question has a new one. Who may ask, and
when, is not decided here.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from itertools import count
from pathlib import Path
from threading import Event, Lock, Timer
from typing import Any

import duckdb

from openbunker.core.errors import QueryBusy, QueryTooLarge, QueryUnavailable
from openbunker_local.lake.databases import Asked
from openbunker_local.lake.heavy import child, messages
from openbunker_local.lake.limits import Found
from openbunker_local.turns.gate import ENDING, LEFT
from openbunker_local.turns.presence import CURRENT

COMMAND = (sys.executable, "-m", "openbunker_local.lake.heavy.child")
_ROOT = Path(__file__).parents[3]
# A child stops by itself when a question is out of time; one that does not is ended.
GRACE_SECONDS = 3.0
# How often a question is asked when it finds a child that just went.
ATTEMPTS = 3
DIED = "the process of a question ended"


class Children:
    """Processes that read some folders, as many as are asked at a time. Threads may share it."""

    def __init__(
        self, folders: Sequence[Path], spill: Path, *, command: Sequence[str] = COMMAND
    ) -> None:
        self._command = command
        self._folders = [str(folder) for folder in folders]
        self._spill = spill
        self._lock = Lock()  # held for moments, and while a process is made
        self._numbers = count()
        self._free: list[_Child] = []
        self._all: set[_Child] = set()
        self._closed = False

    def run(self, asked: Asked, seconds: float) -> Found:
        """Return the answer. Raises duckdb.Error as DuckDB raised it there; QueryUnavailable."""
        for _ in range(ATTEMPTS):
            one = self._take()
            try:
                with CURRENT.get().ended_by(one.process.kill):
                    told = one.ask(asked, seconds)
                return _found(told)
            except messages.Ended as error:
                code = self._end(one)
                if self._closed or CURRENT.get().left:
                    raise QueryBusy(ENDING if self._closed else LEFT) from error
                if code != 0 and one.has_heard:  # else it went before it was asked
                    raise QueryUnavailable(f"{DIED} ({code})") from error
            except messages.TooLong as error:
                one.process.kill()
                self._end(one)
                raise QueryTooLarge(f"an answer of {error}") from error
            except duckdb.InterruptException:
                if one.late.is_set():
                    self._end(one)
                raise
            finally:
                self._give_back(one)
        raise QueryUnavailable(DIED)

    def pids(self) -> list[int]:
        """Return the processes that there are."""
        with self._lock:
            return sorted(one.process.pid for one in self._all)

    def close(self) -> None:
        """End all; questions under way fail. Never raises."""
        with self._lock:
            self._closed = True
            ending = list(self._all)
        for one in ending:
            one.process.kill()
        for one in ending:
            self._end(one)

    def _take(self) -> "_Child":
        with self._lock:
            if self._closed:
                raise QueryBusy(ENDING)
            while self._free:
                one = self._free.pop()
                if one.process.poll() is None:
                    return one
                self._all.discard(one)
                one.end()
            spill = self._spill / f"child-{next(self._numbers)}"
            try:
                one = _Child([*self._command, str(spill), *self._folders], spill)
            except OSError as error:
                raise QueryUnavailable(f"no process for a question: {error}") from error
            self._all.add(one)
            return one

    def _give_back(self, one: "_Child") -> None:
        with self._lock:
            if one in self._all:
                self._free.append(one)

    def _end(self, one: "_Child") -> int:
        with self._lock:
            self._all.discard(one)
        return one.end()


class _Child:
    """One process: it has one question at a time."""

    def __init__(self, command: Sequence[str], spill: Path) -> None:
        self._spill = spill
        self.has_heard = False  # a question that it has not answered yet
        self.late = Event()  # set when it had to be ended for its question
        self.process = subprocess.Popen(  # noqa: S603  # our own module
            command,
            stdin=subprocess.PIPE,  # closes when this process ends, however it does
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            start_new_session=True,  # Ctrl-C is for the server, which ends it
        )

    def ask(self, asked: Asked, seconds: float) -> Any:
        """Return what it says. Raises Ended and TooLong: then there is no use for it any more."""
        out, back = self.process.stdin, self.process.stdout
        if out is None or back is None:
            raise AssertionError("both are pipes")
        with self._ended_after(seconds + GRACE_SECONDS):
            try:
                messages.send(out, (astuple(asked), seconds), child.MOST_BYTES)
                self.has_heard = True
                told = messages.receive(back, child.MOST_BYTES)
            except messages.Ended:
                if self.late.is_set():
                    text = "it did not stop in time, and was ended"
                    raise duckdb.InterruptException(text) from None
                raise
            self.has_heard = False
            return told

    def end(self) -> int:
        """Wait for its end and return its exit code; what does not end is ended."""
        try:
            code = self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        shutil.rmtree(self._spill, ignore_errors=True)
        return code

    @contextmanager
    def _ended_after(self, seconds: float) -> Iterator[None]:
        """End the process when the block takes longer."""
        timer = Timer(seconds, self._end_late)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end_late(self) -> None:
        self.late.set()
        self.process.kill()


def _found(told: Any) -> Found:
    """Return an answer, or raise the error that is told in its place."""
    kind, *parts = told
    if kind == child.FOUND:
        return Found(*parts)
    if kind == child.TOO_LARGE:
        raise QueryTooLarge(parts[0])
    name, text = parts
    raise getattr(duckdb, name, duckdb.Error)(text)
