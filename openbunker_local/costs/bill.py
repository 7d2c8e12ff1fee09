"""The lines of a month's bill: what is paid for, how many of it, and the dollars. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from openbunker_local.costs import compaction, idle, prices
from openbunker_local.costs.compaction import ORDINARY, ORDINARY_BYTES, RowBytes
from openbunker_local.costs.writing import objects, writing


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bill: `many` says how many of what."""

    what: str
    many: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What comes in a month: events, how many a request, and their bytes as stored."""

    events: int
    batch: int = 1
    event_bytes: int = ORDINARY_BYTES
    function_url: bool = False

    @property
    def requests(self) -> int:
        """Return how many requests bring them."""
        return -(-self.events // self.batch)


def bill(traffic: Traffic) -> Sequence[Line]:
    """Return the lines of a month. Questions and traffic out are not in it."""
    paid = writing(
        traffic.events, traffic.batch, traffic.event_bytes, function_url=traffic.function_url
    )
    row = _row(traffic.event_bytes)
    delivered = objects(traffic.requests, traffic.events * traffic.event_bytes)
    puts = delivered * prices.PUTS_PER_OBJECT
    logged = traffic.requests * _line_bytes(function_url=traffic.function_url) / prices.GB
    kept = traffic.events * row.cold / prices.GB
    told = idle.metrics(traffic.requests)
    upkeep = compaction.month(row, traffic.events).total
    requests = f"{traffic.requests:,} requests"
    front = "Function URL" if traffic.function_url else "API Gateway (HTTP API)"
    return (
        Line(front, requests, paid.gateway),
        Line("Lambda", requests, paid.functions),
        Line("Data Firehose", f"{traffic.events:,} events", paid.stream),
        Line("S3: delivery", f"{delivered:,.0f} objects", puts * prices.PER_PUT),
        Line("S3: a month's events, kept", f"{kept:,.2f} GB", kept * prices.PER_STORED_GB),
        Line("compaction", f"{compaction.RUNS:,} runs", upkeep),
        Line("erasing, with nobody to erase", f"{compaction.RUNS:,} runs", idle.erasing()),
        Line("logs", f"{logged:,.2f} GB", logged * prices.PER_LOGGED_GB),
        Line("alarms and dashboard", f"{idle.ALARM_METRICS} metrics, one page", idle.watching()),
        Line("metrics of ours, one dialect", f"{told:,.1f} metrics", told * prices.PER_METRIC),
    )


def _row(event_bytes: int) -> RowBytes:
    """Return what an event takes hot and cold, of that size; its keys are as long as ever."""
    times = event_bytes / ORDINARY_BYTES
    return RowBytes(ORDINARY.hot * times, ORDINARY.cold * times, ORDINARY.keys)


def _line_bytes(*, function_url: bool) -> int:
    ours = prices.OUR_LINE_BYTES + prices.PLATFORM_LINES_BYTES
    return ours if function_url else ours + prices.ACCESS_LINE_BYTES
