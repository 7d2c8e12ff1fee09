"""Answers heavy questions, one by one: `python -m openbunker_local.lake.heavy.child SPILL FOLDER …`

A process, so that what they take of memory and time is not the server's, and can be ended at any
point. It is asked a text, and sees the files below its folders alone. Standard input is the
server's hand: when it lets go, however it ended, so does this process; and it goes when nobody asks
for a while. What builds questions must not be loaded here.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any

import duckdb

from openbunker.core.errors import QueryTooLarge
from openbunker_local.lake.databases import Asked, Databases
from openbunker_local.lake.heavy import messages

# Events and small questions go first, as before compaction.
NICENESS = 10
IDLE_SECONDS = 300.0
# Of a message: the text of an answer, its numbers and names beside it.
MOST_BYTES = 64_000_000
# Where memory runs out the kernel ends this process, and not the server.
_FIRST_TO_GO = "500"

# What an answer is: `FOUND` with names, types and rows; `ERROR` with DuckDB's word for it and its
# text; `TOO_LARGE` with a text.
FOUND, ERROR, TOO_LARGE = "found", "error", "too large"


def main(spill: Path, folders: Sequence[Path]) -> None:
    """Answer until standard input ends, or nobody asks for a while."""
    os.umask(0o077)
    os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints, answers stay apart
    questions: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_hear, args=(sys.stdin.buffer, questions), daemon=True).start()
    databases = Databases(folders, spill)
    while True:
        try:
            asked = questions.get(timeout=IDLE_SECONDS)
        except Empty:
            return
        _tell(out, _answer(databases, *asked))


def _hear(pipe: IO[bytes], questions: "SimpleQueue[Any]") -> None:
    try:
        while True:
            questions.put(messages.receive(pipe, MOST_BYTES))
    except messages.Ended:
        os._exit(0)


def _answer(databases: Databases, asked: tuple[Any, ...], seconds: float) -> tuple[Any, ...]:
    try:
        found = databases.run(Asked(*asked), seconds)
    except duckdb.Error as error:
        return ERROR, type(error).__name__, str(error)
    except QueryTooLarge as error:
        return TOO_LARGE, str(error)
    return FOUND, found.names, found.types, found.rows


def _tell(out: IO[bytes], told: tuple[Any, ...]) -> None:
    try:
        messages.send(out, told, MOST_BYTES)
    except messages.TooLong as error:
        messages.send(out, (TOO_LARGE, f"an answer of {error}"), MOST_BYTES)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]])
    sys.stderr.flush()
    os._exit(0)  # what the interpreter and DuckDB would still do is for nobody
