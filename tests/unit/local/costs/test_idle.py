"""What is billed while nothing arrives is what runs ask and tell: made here, and counted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from openbunker.compaction.endpoint import serve_compaction, serve_erasure
from openbunker.compaction.store.bucket import Content, Listed
from openbunker.compaction.store.memory import MemoryBucket
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.erasure.model import Erasure
from openbunker.web.log_lines import DIMENSIONS
from openbunker_local.costs import idle
from tests.unit.compaction.cloud import Cloud


class Asked(MemoryBucket):
    """A bucket that counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__(lambda: 0)
        self.gets = self.puts = 0

    def get(self, key: str) -> Content | None:
        self.gets += 1
        return super().get(key)

    def put(self, key: str, data: bytes, tag: str | None) -> str:
        self.puts, before = self.puts + 1, self.gets
        found = super().put(key, data, tag)
        self.gets = before  # the fake looks by `get` for what S3 compares itself
        return found

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        raise AssertionError("with nobody to erase no place is looked through")


class Scanned(MemoryErasureStore):
    """A store of erasures that counts how often it is read whole."""

    scans = 0

    def to_erase(self) -> Sequence[Erasure]:
        self.scans += 1
        return super().to_erase()


def test_a_run_of_erasing_with_nobody_to_erase_asks_what_is_said() -> None:
    bucket, store = Asked(), Scanned()
    services = replace(Cloud().services(), bucket=bucket, erasures=store)
    serve_erasure({}, None, services)  # the first one of a stack takes over the old state
    bucket.gets = bucket.puts = store.scans = 0

    assert serve_erasure({}, None, services)["erasure"] == "done"

    asked = (idle.GETS_OF_A_RUN, idle.PUTS_OF_A_RUN, idle.SCANS_OF_A_RUN)
    assert (bucket.gets, bucket.puts, store.scans) == asked


def test_the_metrics_that_are_billed_are_those_that_are_told() -> None:
    services = Cloud().services()
    lines = [serve_compaction({}, None, services), serve_erasure({}, None, services)]

    told = {name for line in lines for name in line} & set(DIMENSIONS)
    assert len(told) + len(lines) == idle.SCHEDULED_METRICS
    of_requests = [one for one, labels in DIMENSIONS.items() if "dialect" in labels]
    assert len(of_requests) == idle.DIALECT_METRICS
    assert idle.metrics(0) == idle.SCHEDULED_METRICS
    assert idle.metrics(10**9) == idle.SCHEDULED_METRICS + idle.DIALECT_METRICS
