"""What a million events cost on AWS, from list prices and the bytes that our records really have.

List prices of us-east-1 as of 2026-09, without free tiers; data transfer, logs and storage are not
in it. Durations are assumptions, named below: nobody has measured them on an account yet.
"""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.costs.prices import MILLION, PER_GB_SECOND, PER_PUT, sample
from openbunker.core.records import Record
from openbunker.sinks.packing import pack

# Dollars. Sources: the price pages of API Gateway (HTTP API), Lambda (arm64), Firehose, S3.
PER_REQUEST = 1.00 / MILLION
PER_INVOCATION = 0.20 / MILLION
PER_STREAM_GB = 0.029
# Firehose bills every record as the next multiple of 5 KB.
BILLED_STEP = 5 * 1024
PUTS_PER_OBJECT = 3  # intervals below a minute are delivered as multipart uploads
# Assumptions: template.yaml's memory, and one call to the stream per request.
MEMORY_GB = 0.5
SECONDS_SINGLE, SECONDS_BATCH = 0.010, 0.012
SECONDS_PER_MONTH = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars per million events."""

    gateway: float
    functions: float
    stream: float

    @property
    def total(self) -> float:
        """Return the sum."""
        return self.gateway + self.functions + self.stream


def main() -> int:
    """Print the tables."""
    record = sample()
    table = Table(
        "events a request",
        *("HTTP API", "Lambda", "Firehose", "together, $"),
        title=f"dollars per million events of {len(record.data)} bytes as stored",
    )
    for size in (1, 10, 100):
        cost = per_million(record, size)
        cells = (cost.gateway, cost.functions, cost.stream, cost.total)
        table.add_row(str(size), *(f"{cell:.3f}" for cell in cells))
    Console().print(table)
    puts = Table(
        "objects a second", "S3 PUTs, $ a month", title="delivery goes by time, not events"
    )
    for rate in (0.01, 0.1, 1.0):
        puts.add_row(str(rate), f"{rate * SECONDS_PER_MONTH * PUTS_PER_OBJECT * PER_PUT:.2f}")
    Console().print(puts)
    from bench.costs import compaction as cost_compaction
    from bench.costs import partitions

    return max(cost_compaction.main(), partitions.main())


def per_million(record: Record, size: int) -> Cost:
    """Return the cost of a million events that come in requests of a size."""
    requests = MILLION / size
    seconds = SECONDS_SINGLE if size == 1 else SECONDS_BATCH
    packs = pack([record] * size)
    billed = sum(-(-len(packed.data) // BILLED_STEP) * BILLED_STEP for packed in packs)
    return Cost(
        gateway=requests * PER_REQUEST,
        functions=requests * (PER_INVOCATION + seconds * MEMORY_GB * PER_GB_SECOND),
        stream=requests * billed / 1024**3 * PER_STREAM_GB,
    )
