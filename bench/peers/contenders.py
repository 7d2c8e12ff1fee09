"""The servers that are compared: ours as `make run` starts it, the peers as uvicorn starts them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers.postgres import cluster
from tests.support.server import ROOT, running_server

PYTHON = ROOT / ".cache" / "peers-venv" / "bin" / "python"
KEY = "peers-write-key"
OURS, POSTGRES, SQLITE = "openbunker", "FastAPI, asyncpg, PostgreSQL", "FastAPI, SQLite"
_LISTENS = re.compile(rb"running on (http://\S+)")


@dataclass(frozen=True)
class Contender:
    """A server that listens, its keys, and the processes whose CPU counts, children included."""

    name: str
    url: str
    write_key: str
    client_id: str
    pids: tuple[int, ...]


@contextmanager
def openbunker(folder: Path) -> Iterator[Contender]:
    """Start our server."""
    with running_server(folder) as server:
        demo, pids = server.demo, (server.process.pid,)
        yield Contender(OURS, server.url, demo["write_key"], demo["client_id"], pids)


@contextmanager
def with_postgres(folder: Path) -> Iterator[Contender]:
    """Start the program over PostgreSQL. Raises NoPostgres."""
    with (
        cluster(folder) as (place, pid),
        _uvicorn("with_postgres", PGHOST=str(place)) as (url, own),
    ):
        yield Contender(POSTGRES, url, KEY, KEY, (own, pid))


@contextmanager
def with_sqlite(folder: Path) -> Iterator[Contender]:
    """Start the program over SQLite."""
    folder.mkdir()
    with _uvicorn("with_sqlite", DATABASE=str(folder / "events.db")) as (url, own):
        yield Contender(SQLITE, url, KEY, KEY, (own,))


@contextmanager
def _uvicorn(program: str, **environment: str) -> Iterator[tuple[str, int]]:
    """Start a program with one worker, without a log line a request; yield its address and pid."""
    options = ["--app-dir", str(Path(__file__).parent), "--port", "0", "--no-access-log"]
    process = subprocess.Popen(
        [PYTHON, "-m", "uvicorn", f"{program}:app", *options],
        cwd=ROOT,
        env={**os.environ, "KEY": KEY, **environment},
        stderr=subprocess.PIPE,
    )
    try:
        yield _address(process), process.pid
    finally:
        process.terminate()
        process.wait()
        assert process.stderr
        process.stderr.close()


def _address(process: "subprocess.Popen[bytes]") -> str:
    assert process.stderr
    told = []
    for line in process.stderr:
        told.append(line)
        if found := _LISTENS.search(line):
            return found[1].decode()
    sys.stderr.buffer.writelines(told)
    raise RuntimeError("a peer did not start")
