"""What a load wants of each service, and where each limit ends, by arithmetic. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.costs.template import parameter
from bench.scaling import quotas
from bench.scaling.quotas import MIB, Limits, shipped
from openbunker.compaction import planning
from openbunker.core.records import Record
from openbunker.keys.cached import POSITIVE_SECONDS
from openbunker.sinks.packing import pack
from openbunker_local.costs import prices
from openbunker_local.costs.compaction import ORDINARY, ORDINARY_BYTES

# Compaction leaves what is younger than its lag; the oldest has waited for a run as well.
RUN_SECONDS = 15 * 60
HOT_SECONDS = planning.LAG_MS / 1000 + RUN_SECONDS
QUESTION_SECONDS = 25


@dataclass(frozen=True, slots=True)
class Load:
    """Events a second, and how many of them a request brings."""

    events: int
    batch: int

    @property
    def requests(self) -> float:
        """Return the requests a second; each is one call of the stream."""
        return self.events / self.batch

    @property
    def request_bytes(self) -> int:
        """Return what a request gives the stream, packed as it is."""
        packs = pack([Record(b"0" * ORDINARY_BYTES)] * self.batch)
        return sum(len(one.data) for one in packs)

    @property
    def stream_bytes(self) -> float:
        """Return the bytes a second."""
        return self.requests * self.request_bytes

    @property
    def environments(self) -> float:
        """Return the environments of Lambda: by calls, of which one takes ten a second."""
        seconds = prices.SECONDS_SINGLE if self.batch == 1 else prices.SECONDS_BATCH
        return self.requests * max(seconds, 1 / quotas.CALLS_OF_ONE)

    @property
    def minutes_to_grow(self) -> float:
        """Return how long Lambda takes from the first 1,000 environments to all."""
        return max(0.0, self.environments - quotas.GROWTH) / quotas.GROWTH * 10 / 60

    @property
    def objects(self) -> float:
        """Return the objects a second: one for each five MiB of the stream, an assumption."""
        return max(prices.OBJECTS_A_SECOND, self.stream_bytes / prices.OBJECT_BYTES)

    def wanted(self, reserve: float = 1.2) -> Limits:
        """Return the limits that let it through, with something in reserve."""
        return Limits(
            self.requests, self.requests, self.requests, self.environments,
            self.requests, self.stream_bytes,
        ).times(reserve)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Up to how many events a second a limit lets pass: singles, in batches of a hundred."""

    what: str
    singles: float
    batches: float


def ceilings() -> Sequence[Ceiling]:
    """Return the limits on the way in, in the order in which singles meet them."""
    one, many = Load(1, 1), Load(1, 100)
    small = shipped(1, large=False)
    single, batch = shipped(1), shipped(100)
    item = quotas.READS_OF_ONE_ITEM * POSITIVE_SECONDS * quotas.CALLS_OF_ONE
    written = quotas.PUTS / prices.PUTS_PER_OBJECT * prices.OBJECT_BYTES
    found = [
        Ceiling("a route: `IngestRate`, `BatchRate`", single.route, batch.route * 100),
        Ceiling("API Gateway, all routes", single.gateway, single.gateway * 100),
        Ceiling("Lambda, 1,000 calls at once", *_both(single.environments * quotas.CALLS_OF_ONE)),
        Ceiling("the stream: calls", *_both(single.stream_calls)),
        Ceiling("the stream: calls, elsewhere", *_both(small.stream_calls)),
        Ceiling("the stream: bytes", *_by_bytes(single.stream_bytes, one, many)),
        Ceiling("the stream: bytes, elsewhere", *_by_bytes(small.stream_bytes, one, many)),
        Ceiling("DynamoDB: one key's item", *_both(item)),
        Ceiling("S3: objects written below one prefix", *_by_bytes(written, one, many)),
    ]
    return sorted(found, key=lambda one: one.singles)


def _both(requests: float) -> tuple[float, float]:
    return requests, requests * 100


def _by_bytes(rate: float, *loads: Load) -> tuple[float, ...]:
    return tuple(rate / one.stream_bytes for one in loads)


@dataclass(frozen=True, slots=True)
class Question:
    """What a question over all that is hot reads, and a run of compaction."""

    objects: float
    read_bytes: float

    @property
    def seconds_of_reading(self) -> float:
        """Return how long S3 takes to hand the objects out of one prefix, at the least."""
        return self.objects / quotas.GETS

    @property
    def dollars(self) -> float:
        """Return what it costs: the scan, and a request an object."""
        scanned = max(self.read_bytes, prices.LEAST_SCANNED) * prices.PER_SCANNED_BYTE
        return scanned + self.objects * prices.PER_GET

    @property
    def answer(self) -> str:
        """Return what the asker gets, as far as limits say."""
        if self.read_bytes > parameter("QuestionScanBytes"):
            return "`query_too_large`"
        return "`query_timeout`" if self.seconds_of_reading > QUESTION_SECONDS else "answered"


def question(load: Load) -> Question:
    """Return the question of a load."""
    return Question(load.objects * HOT_SECONDS, load.events * ORDINARY.hot * HOT_SECONDS)


def multiple(load: Load, *, large: bool) -> float:
    """Return how many times the stream's quota a load takes, by bytes or by calls."""
    limits = shipped(load.batch, large=large)
    return max(load.requests / limits.stream_calls, load.stream_bytes / limits.stream_bytes)


def mib(count: float) -> float:
    """Return bytes in MiB."""
    return count / MIB
