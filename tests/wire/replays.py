"""The golden cases as the pipeline answers them: replayed once a process, for all laws over them.

Once for each payload format, and once with a store of refusals that is away. Laws that need other
keys or headers replay cases of their own.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from openbunker.core import ids, records
from openbunker.core import refused_rows as refused
from openbunker.core.event import Event
from openbunker.core.refused_rows import Refused
from openbunker.ingest.enrich import COUNTRY_HEADER
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.refused import MemoryRefusedSink
from tests.wire import cases
from tests.wire.cases import NOW_MS, Case


@dataclass(frozen=True)
class Replay:
    """What came of a case: the answer, the log lines, the rows and what was kept of refusals."""

    case: Case
    payload: str
    status: int
    headers: dict[str, str]
    body: str
    lines: list[dict[str, Any]]
    rows: list[Event]
    kept: list[Refused]
    kept_text: str

    @property
    def line(self) -> dict[str, Any]:
        """Return the line of the request, which is the last."""
        return self.lines[-1] if self.lines else {}

    def items(self, *fates: str) -> int:
        """Return how many items had one of these fates, as it was logged."""
        return sum(self.line.get(fate, 0) for fate in fates)


@cache
def replays(payload: str = "2.0", *, keeping: bool = True) -> tuple[Replay, ...]:
    """Return every case's replay in a payload format of API Gateway."""
    return tuple(_replay(case, payload, keeping=keeping) for case in cases.every())


def name(replay: Replay) -> str:
    """Return what a failure calls a replay."""
    return f"{replay.case.id} ({replay.payload})"


def _replay(case: Case, payload: str, *, keeping: bool) -> Replay:
    keys = cases.key_store(case)
    keys.down = case.faults.get("keys", False)
    sink, kept = MemorySink(refusing=case.faults.get("sink", ())), MemoryRefusedSink()
    kept.down = not keeping
    lines: list[Any] = []
    services = Services(
        keys=keys,
        sink=sink,
        now_ms=lambda: NOW_MS,
        new_ids=ids.new_ids,
        log=lines.append,
        names=cases.names_used(case),
        buckets=cases.buckets(case),
        monotonic=lambda: 0.0,
        refused=kept,
        country_header=COUNTRY_HEADER,
    )
    answer = serve(case.gateway_event(payload), None, services)
    return Replay(
        case=case,
        payload=payload,
        status=answer["statusCode"],
        headers=answer["headers"],
        body=answer["body"],
        lines=lines,
        rows=[records.decode(record.data) for record in sink.records],
        kept=[refused.decode(record.data) for record in kept.records],
        kept_text=b"".join(record.data for record in kept.records).decode(),
    )
