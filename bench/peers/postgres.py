"""A PostgreSQL of its own: a new cluster in a folder, on a socket in it, durable as it comes.

Nothing of a cluster that the machine has is touched. As root it runs as the user `postgres`, for
PostgreSQL itself refuses root.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "postgres"
DEBIAN = Path("/usr/lib/postgresql")
SOCKET = ".s.PGSQL.5432"
WAIT_SECONDS, LOOK_SECONDS = 30.0, 0.05
HOW = (
    "This needs PostgreSQL's server: apt-get install postgresql (Debian), or its `initdb` and"
    " `postgres` on the PATH."
)


class NoPostgres(Exception):
    """There is no server to start; the text says how to get one."""


def binaries() -> Path:
    """Return the folder of `initdb` and `postgres`. Raises NoPostgres."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    newest = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda at: int(at.parts[-3]))
    if not newest:
        raise NoPostgres(HOW)
    return newest[-1].parent


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[Path, int]]:
    """Make and start a cluster in a folder; yield the folder of its socket and its pid, and end it.

    Raises NoPostgres.
    """
    commands, data = binaries(), folder / "data"
    folder.mkdir()
    as_account = _as_account(folder)
    initdb: list[str | Path] = [
        commands / "initdb",
        "--pgdata",
        data,
        "--username",
        ACCOUNT,
        "--auth",
        "trust",
    ]
    subprocess.run(
        [*as_account, *initdb], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    options: list[str | Path] = ["-D", data, "-k", folder, "-c", "listen_addresses="]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*as_account, commands / "postgres", *options], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait(process, folder)
        yield folder, int((data / "postmaster.pid").read_text().split()[0])
    finally:
        _stop(process, data / "postmaster.pid")


def _as_account(folder: Path) -> list[str]:
    """Return what goes before a command so that root runs it as the account that may."""
    if os.geteuid() != 0:
        return []
    try:
        shutil.chown(folder, ACCOUNT, ACCOUNT)
    except LookupError as error:
        raise NoPostgres(HOW) from error
    return ["runuser", "-u", ACCOUNT, "--"]


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not (folder / SOCKET).exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(LOOK_SECONDS)


def _stop(process: "subprocess.Popen[bytes]", pid_file: Path) -> None:
    """End the server itself: who runs it for root passes no signal on."""
    if pid_file.exists():
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
    process.wait(WAIT_SECONDS)
