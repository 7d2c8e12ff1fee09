"""What the requests that bring events cost: front, function, stream, its objects. Pure."""

from dataclasses import dataclass

from openbunker.core.records import Record
from openbunker.sinks.packing import pack
from openbunker_local.costs import prices


@dataclass(frozen=True, slots=True)
class Writing:
    """Dollars for events that come in requests of a size."""

    gateway: float
    functions: float
    stream: float

    @property
    def total(self) -> float:
        """Return the sum."""
        return self.gateway + self.functions + self.stream


def writing(events: int, size: int, event_bytes: int, *, function_url: bool = False) -> Writing:
    """Return the cost of events of so many bytes as stored, in requests of `size`.

    A Function URL costs nothing beside the invocation.
    """
    size = min(size, events)
    requests = -(-events // size)
    seconds = prices.SECONDS_SINGLE if size == 1 else prices.SECONDS_BATCH
    record = Record(b"0" * event_bytes)
    step = prices.BILLED_STEP
    billed = sum(-(-len(one.data) // step) * step for one in pack([record] * size))
    duration = seconds * prices.MEMORY_GB * prices.PER_GB_SECOND
    return Writing(
        gateway=0.0 if function_url else requests * prices.PER_API_REQUEST,
        functions=requests * (prices.PER_INVOCATION + duration),
        stream=requests * billed / prices.GB * prices.PER_STREAM_GB,
    )


def objects(requests: int, stream_bytes: float) -> float:
    """Return about how many objects a stream delivers in a month.

    One a request, one a second, or one for so many bytes, whichever it is that bounds them.
    """
    by_time = prices.OBJECTS_A_SECOND * prices.MONTH_SECONDS
    return min(requests, max(by_time, stream_bytes / prices.OBJECT_BYTES))
