"""One trial of a chaos run: a data folder, its servers one after the other, and the verdict on it.

Starts and ends servers by their own pid only. What is done to them is in `scenarios`.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.chaos.dialects import BLOCK
from bench.chaos.history import laws
from bench.chaos.history.model import Answer, Seen
from bench.chaos.ledger import Findings, Ledger, Row
from bench.chaos.load import Load
from bench.chaos.readers import Readers, fresh_to_ms
from bench.chaos.server import STRUCK
from openbunker_local.cold import manifest
from tests.support import shell
from tests.support.server import FAULTY, RunningServer, running_server

# Everything but the future; the clock of a trial may have been anywhere near today.
PERIOD = "minus_30_days"
LIMIT = 10_000
MAX_LOOKS = 100
# As often as can be, so that what is done to a server hits its compactions too.
COMPACT_SECONDS = "0.05"
# However many cores there are, and however short what is sent.
WORKERS = ("--workers", "2", "--worker-bytes", "0")


@dataclass(frozen=True, slots=True)
class Result:
    """What a trial did and what is wrong with it. Milliseconds and seconds as measured."""

    scenario: str
    servers: int
    requests: int
    accepted: int
    refused: int
    send_again: int
    no_answer: int
    slowest_ms: int
    reads: int
    unread: dict[str, int]
    erasures: int
    seconds: float
    findings: dict[str, int]
    told: str
    note: str

    @property
    def good(self) -> bool:
        """Whether nothing at all was found."""
        return not any(self.findings.values())


class Trial:
    """A data folder under test. `step` is told about each piece of work that is done."""

    def __init__(
        self,
        name: str,
        folder: Path,
        seed: str,
        step: Callable[[], None],
        *,
        sure_503: bool = True,
        true_clock: bool = True,
        damaged: bool = False,
    ) -> None:
        self.name = name
        self.data = folder / name
        self.seed = f"{seed} {name}"
        self.step = step
        self.ledger = Ledger(sure_503=sure_503)
        self.load = Load(self.ledger, self.seed)
        self.readers = Readers(self.ledger, self.seed, true_clock=true_clock, damaged=damaged)
        self.servers = 0
        self.struck: dict[str, int] = {}
        self.note = ""
        self._sure_503, self._true_clock = sure_503, true_clock
        self._started = perf_counter()

    @contextmanager
    def server(self, faults: Path | None = None) -> Iterator[RunningServer]:
        """Start a server on the folder; it is killed with the block, if it still lives."""
        self.servers += 1
        options = ["--compact-interval", COMPACT_SECONDS, *WORKERS]
        options += ["--faults", str(faults)] if faults else []
        with running_server(self.data, *options, module=FAULTY) as server:
            yield server

    @contextmanager
    def clients(self, server: RunningServer) -> Iterator[None]:
        """Let senders and readers work while the block runs."""
        with self.load.against(server), self.readers.against(server):
            yield

    def drain(self, server: RunningServer) -> float:
        """Send SIGTERM, wait for the end and return its seconds; any exit code but 0 is noted."""
        started = perf_counter()
        try:
            code, out = server.stop()
        except subprocess.TimeoutExpired:
            self.ledger.problem("SIGTERM did not end the server within 30 s")
            return perf_counter() - started
        if code:
            self.ledger.problem(f"exit code {code} after SIGTERM: {out[-200:]}")
        for line in out.splitlines():
            if line.startswith(STRUCK):
                self.struck = json.loads(line.removeprefix(STRUCK))
        return perf_counter() - started

    def compacted(self) -> int:
        """Return how many events are cold."""
        return sum(file.rows for file in manifest.load(self.data).of("rows"))

    def result(self, faults: Path | None = None) -> Result:
        """Settle what waits, look at everything that is visible, and judge."""
        with self.server(faults) as server:
            self.load.settle(server)
            findings = self._look(server)
            self.drain(server)
        for text in self._books():
            findings.problems.append(text)
        findings.history += self._broken_laws()
        ledger = self.ledger
        return Result(
            scenario=self.name,
            servers=self.servers,
            requests=ledger.requests,
            accepted=len(ledger.accepted),
            refused=len(ledger.refused),
            send_again=len(ledger.retry),
            no_answer=ledger.no_answer,
            slowest_ms=round(ledger.slowest_ms),
            reads=ledger.history.reads(),
            unread=dict(ledger.unreads),
            erasures=len(ledger.history.erasures),
            seconds=round(perf_counter() - self._started, 1),
            findings=findings.counts(),
            told=findings.told(),
            note=self.note,
        )

    def _look(self, server: RunningServer) -> Findings:
        """Judge what is visible; what is accepted and missing is looked for again.

        What was spilled becomes visible by its replay, which no answer announces.
        """
        server.wait_until_visible()
        erased = laws.may_be_erased(self.ledger.history)
        for _ in range(MAX_LOOKS):
            findings = self.ledger.check(self._visible(server), erased)
            if not findings.missing or not self._still_spilled():
                break
        return findings

    def _still_spilled(self) -> bool:
        spill = self.data / "spill"
        return spill.is_dir() and any(path.is_file() for path in spill.rglob("*"))

    def _visible(self, server: RunningServer) -> Iterator[Row]:
        for block in range(-(-self.ledger.sent // BLOCK)):
            asked = time.monotonic_ns()
            answer = server.ask(_question(block))
            rows = answer["rows"]
            self._record(block, asked, answer)
            if len(rows) >= LIMIT:
                self.ledger.problem(f"block {block} has more rows than an answer holds")
            for number, event_id, count in rows:
                yield Row(number, event_id, count)

    def _record(self, block: int, asked: int, answer: dict[str, Any]) -> None:
        """Let the last look be one of the reads."""
        about = range(block * BLOCK, (block + 1) * BLOCK)
        rows = tuple(Seen(*row) for row in answer["rows"])
        fresh_ms = fresh_to_ms(answer)
        read = Answer(about, asked, time.monotonic_ns(), fresh_ms, rows)
        self.ledger.history.questions.append(read)

    def _broken_laws(self) -> list[str]:
        found = laws.check(
            self.ledger.history, sure_503=self._sure_503, true_clock=self._true_clock
        )
        return [str(one) for one in found]

    def _books(self) -> Iterator[str]:
        """Yield what the data folder's own books say is wrong."""
        done = shell.cli("reconcile", "--data", str(self.data))
        if done.returncode:
            yield f"openbunker reconcile: {done.stdout[-400:]}{done.stderr[-400:]}"


def _question(block: int) -> dict[str, Any]:
    return {
        "time_period": PERIOD,
        "filters": [{"field_name": "block", "op": "equals", "value": block}],
        "group_by": ["number", "event_id"],
        "computations": [{"function": "count"}],
        "limit": LIMIT,
    }
