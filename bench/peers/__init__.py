"""`make bench-peers`: our server beside what anyone would write in thirty lines, in one run.

The programs, the servers they run on, one round of load, and here the rounds and the table. All
answer after the commit, to the same requests, on the same disk; they take turns, so that what
else the machine does meets all of them.

contenders     The servers that are compared
load           One round of load on one server
postgres       A PostgreSQL of its own
single         Of what the CPU of a single event on one machine is made
with_postgres  A collector as anyone would write it, over PostgreSQL
with_sqlite    The same over SQLite
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.peers import contenders, load
from bench.peers.contenders import PYTHON, Contender
from bench.peers.load import Round
from bench.peers.postgres import NoPostgres, binaries

ROUNDS, SECONDS, WARM_SECONDS = 5, 6, 1
# Of ours by the program over PostgreSQL: what is promised of single events, and of batches.
LEAST = {"single": 1.2, "batches": 1.5}
MISSING = 2
Rounds = dict[str, list[Round]]


def main() -> int:
    """Load all in turns, print the table; 1 when a ratio is missed, 2 when something is missing."""
    if lacks := _lacks():
        print(lacks, file=sys.stderr)
        return MISSING
    # As root the folder belongs to root, and PostgreSQL's account has to get through it.
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        Path(folder).chmod(0o711)
        peers = [
            stack.enter_context(contenders.openbunker(Path(folder) / "ours")),
            stack.enter_context(contenders.with_postgres(Path(folder) / "postgres")),
            stack.enter_context(contenders.with_sqlite(Path(folder) / "sqlite")),
        ]
        found = {"single": rounds(peers, load.single), "batches": rounds(peers, load.batches)}
    Console().print(table(found))
    return 0 if all(ratio(found[kind]) >= least for kind, least in LEAST.items()) else 1


def _lacks() -> str:
    if not shutil.which("wrk"):
        return "This needs wrk: apt-get install wrk."
    if not PYTHON.exists():
        return "This needs .cache/peers-venv: make bench-peers makes it."
    try:
        binaries()
    except NoPostgres as error:
        return str(error)
    return ""


def rounds(peers: Sequence[Contender], one: Callable[[Contender, int], Round]) -> Rounds:
    """Return the rounds of each server, taken in turns."""
    found: Rounds = {peer.name: [] for peer in peers}
    for peer in peers:
        one(peer, WARM_SECONDS)
    for _ in range(ROUNDS):
        for peer in peers:
            found[peer.name].append(one(peer, SECONDS))
    return found


def ratio(found: Rounds, name: str = contenders.POSTGRES) -> float:
    """Return how many times as many events a second ours stored: the median of the turns."""
    pairs = zip(found[contenders.OURS], found[name], strict=True)
    return median(ours.per_second / other.per_second for ours, other in pairs)


def table(found: dict[str, Rounds]) -> Table:
    """Return what is printed: of each server the medians, and ours as a multiple of it."""
    drawn = Table(title=f"{load.CONNECTIONS} connections, durable before the answer, medians")
    for heading in ("events", "server", "events/s", "p99 ms", "CPU µs an event", "ours x"):
        drawn.add_column(heading, justify="left" if heading in ("events", "server") else "right")
    for kind, servers in found.items():
        for name, seen in servers.items():
            drawn.add_row(
                kind,
                name,
                f"{median(one.per_second for one in seen):,.0f}",
                f"{median(one.p99_ms for one in seen):.0f}",
                f"{median(one.cpu_us for one in seen):.0f}",
                f"{ratio(servers, name):.2f}",
            )
    return drawn
