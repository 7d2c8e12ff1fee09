"""A warm request whole: from the gateway's event to the reply, over TLS, in CPU of the function.

    python -m bench warm

Single events and batches of 100 and 500, in turns with the floor (the stream's call alone, with
the same bytes) and with a conventional handler (`conventional`: pydantic and boto3). The
stream is a stand-in on loopback in a process of its own; the key is known, as it is in a warm
function. Ratios of one run are judged, and CPU microseconds for each event of a batch.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.awslambda.stream_stand_in import StreamStandIn, stream_stand_in
from bench.warm import conventional
from openbunker.aws.client import FIREHOSE, AwsJsonClient
from openbunker.aws.connection import Connection
from openbunker.aws.sigv4 import Credentials
from openbunker.core import ids
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.cached import CachedKeyStore
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.firehose import FirehoseSink
from openbunker.sinks.firehose_client import FirehoseClient
from openbunker.sinks.memory import MemorySink
from openbunker.sinks.sink import Sink
from openbunker.wire.databuddy.fields import MAX_BATCH
from openbunker.wiring import system
from openbunker_local.thawed import thaw

ROUNDS = 21
EVENTS = (1, 100, 500)
# Of a single event's CPU by the conventional handler; microseconds an event of a batch of 100.
MAX_SINGLE, MAX_BATCHED_US = 0.30, 50.0
KEY = "ob_w_bench"
WHO = Credentials("AKIAEXAMPLEEXAMPLE12", "s" * 40, "t" * 400)
EVENT = {
    "type": "custom",
    "name": "purchase_completed",
    "eventId": None,
    "anonymousId": "anon_5f8e2c1b9a7d",
    "sessionId": "sess_1732696000000_ab12cd",
    "timestamp": 1_795_000_000_000,
    "properties": {
        "order_id": "order_9f8e7d6c",
        "value": 129.9,
        "currency": "EUR",
        "items": [{"sku": "A-1", "qty": 2}, {"sku": "B-7", "qty": 1}],
        "coupon": "AUTUMN-24",
        "plan": "professional",
        "first": True,
        "path": "/checkout/done",
        "note": "Grüße aus Köln",
    },
}
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of answering, and what it took for a request: CPU microseconds by round."""

    name: str
    answer: Callable[[], object]
    spent_us: list[float]


def main() -> int:
    """Measure, print the table, and return 1 when a target is missed."""
    thaw()  # as the build writes the classes of the artefacts out
    found: dict[int, dict[str, float]] = {}
    with stream_stand_in() as stream:
        for events in EVENTS:
            ways = _ways(stream, events)
            for _ in range(ROUNDS):
                for way in ways:
                    way.spent_us.append(_cpu_us(way.answer, max(3, 100 // events)))
            found[events] = {way.name: median(way.spent_us) for way in ways}
    Console().print(_table(found))
    return _judge(found)


def _ways(stream: StreamStandIn, events: int) -> list[Way]:
    request, theirs = gateway_event(events), gateway_event(events, large=False)
    services = _services(stream)
    other = conventional.handler(stream.url, stream.pem)
    alone = _client(stream)
    data = b"".join(_stored(request))
    return [
        Way("the stream's call alone", lambda: alone.put_record_batch([data]), []),
        Way("openbunker", lambda: _good(serve(request, None, services)), []),
        Way("conventional", lambda: _good(other(theirs)), []),
    ]


def _cpu_us(answer: Callable[[], object], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        answer()
    return (time.process_time() - started) / times * 1e6


def _good(reply: Mapping[str, Any]) -> None:
    assert reply["statusCode"] in (200, 202), reply
    assert "x-openbunker-reason" not in reply.get("headers", {}), reply


def gateway_event(events: int, *, large: bool = True) -> dict[str, Any]:
    """Return the gateway's event of a request with so many events, each of about 500 bytes.

    It is Databuddy's, and PostHog's where it is `large`: Databuddy's takes a hundred at most.
    """
    many = [{**EVENT, "eventId": f"evt_{number:08}"} for number in range(events)]
    if large and events > MAX_BATCH:
        path, body = "/batch/", json.dumps(_of_posthog(many), ensure_ascii=False)
    else:
        path = "/" if events == 1 else "/batch"
        body = json.dumps(many if events > 1 else many[0], ensure_ascii=False)
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": path,
        "rawQueryString": f"client_id={KEY}",
        "headers": {
            "content-type": "application/json",
            "user-agent": AGENT,
            "origin": "https://shop.example",
            "referer": "https://shop.example/checkout?utm_source=news&utm_medium=email",
            "databuddy-client-id": KEY,
        },
        "requestContext": {"http": {"method": "POST", "path": path, "sourceIp": "203.0.113.7"}},
        "body": body,
        "isBase64Encoded": False,
    }


def _of_posthog(many: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    events = [
        {
            "event": one["name"],
            "uuid": one["eventId"],
            "distinct_id": one["anonymousId"],
            "timestamp": "2026-11-18T11:06:40.000Z",
            "properties": {**one["properties"], "$session_id": one["sessionId"]},
        }
        for one in many
    ]
    return {"api_key": KEY, "batch": events}


def _stored(request: Mapping[str, Any]) -> list[bytes]:
    """Return the lines that a request is stored as."""
    sink = MemorySink()
    _good(serve(request, None, _services_over(sink)))
    return [record.data for record in sink.records]


def _client(stream: StreamStandIn) -> FirehoseClient:
    connection = Connection(stream.url, [stream.trust])
    client = AwsJsonClient(
        FIREHOSE,
        region="us-east-1",
        credentials=WHO,
        now_ms=system.now_ms,
        connection=connection,
    )
    return FirehoseClient(client, "events")


def _services(stream: StreamStandIn) -> Services:
    sink = FirehoseSink(_client(stream), time.monotonic, time.sleep, system.fraction)
    return _services_over(sink)


def _logged(line: Mapping[str, Any]) -> None:
    json.dumps(line)


def _services_over(sink: Sink) -> Services:
    key = Key(key_id="key_1", kind=KeyKind.WRITE, account_id="acc_1", project_id="proj_1")
    keys = MemoryKeyStore({hash_of(KEY): key})
    return Services(
        keys=CachedKeyStore(keys, time.monotonic, system.fraction),
        sink=sink,
        now_ms=system.now_ms,
        new_ids=ids.new_ids,
        log=_logged,
    )


def _table(found: Mapping[int, Mapping[str, float]]) -> Table:
    table = Table(
        *("events", "way", "CPU us", "us an event", "x conventional"),
        title=f"A warm request over TLS, median of {ROUNDS} rounds",
    )
    for events, spent in found.items():
        for way, us in spent.items():
            ratio = us / spent["conventional"]
            table.add_row(str(events), way, f"{us:,.0f}", f"{us / events:.1f}", f"{ratio:.2f}")
    return table


def _judge(found: Mapping[int, Mapping[str, float]]) -> int:
    single = found[1]["openbunker"] / found[1]["conventional"]
    batched = found[100]["openbunker"] / 100
    Console().print(
        f"single {single:.2f} x conventional (at most {MAX_SINGLE}); "
        f"batch of 100 {batched:.1f} us an event (at most {MAX_BATCHED_US})"
    )
    return int(single > MAX_SINGLE or batched > MAX_BATCHED_US)


if __name__ == "__main__":
    sys.exit(main())
