"""What ways of speaking HTTP cost a warm call over TLS: CPU of the caller, in turns.

    python -m bench.awslambda.calls

One request and answer of a stream's size, on a kept connection to a server in a process of its
own. Each way sends the same bytes. Absolute times belong to this machine.
"""

import socket
import time
from collections.abc import Callable
from http.client import HTTPSConnection
from statistics import median
from urllib.parse import urlsplit

import h11
from rich.console import Console
from rich.table import Table

from bench.awslambda.stream_stand_in import StreamStandIn, stream_stand_in
from openbunker.aws.connection import Connection

ROUNDS, CALLS = 15, 100
BODY = b'{"DeliveryStreamName":"events","Records":[{"Data":"' + b"x" * 800 + b'"}]}'
HEADERS = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Firehose_20150804.PutRecordBatch",
    "x-amz-date": "20261127T100000Z",
    "authorization": "a" * 220,
}


def main() -> int:
    """Measure every way and print the table."""
    with stream_stand_in() as stream:
        ways = {"ours": _ours, "http.client": _http_client, "h11 on ssl": _h11}
        calls = {way: make(stream) for way, make in ways.items()}
        spent: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, call in calls.items():
                spent[way].append(_microseconds(call))
    table = Table("way", title=f"CPU us a call over TLS, {ROUNDS} rounds of {CALLS}")
    for column in ("median", "min"):
        table.add_column(column, justify="right")
    for way, found in spent.items():
        table.add_row(way, f"{median(found):.1f}", f"{min(found):.1f}")
    Console().print(table)
    return 0


def _microseconds(call: Callable[[], bytes]) -> float:
    started = time.process_time()
    for _ in range(CALLS):
        assert b'"RequestResponses"' in call()
    return (time.process_time() - started) / CALLS * 1e6


def _ours(stream: StreamStandIn) -> Callable[[], bytes]:
    connection = Connection(stream.url, [stream.trust])
    headers = {"host": connection.host, **HEADERS}
    return lambda: connection.post(BODY, headers)[2]


def _http_client(stream: StreamStandIn) -> Callable[[], bytes]:
    connection = HTTPSConnection(urlsplit(stream.url).netloc, context=stream.trust(), timeout=3)

    def call() -> bytes:
        connection.request("POST", "/", BODY, HEADERS)
        return connection.getresponse().read()

    return call


def _h11(stream: StreamStandIn) -> Callable[[], bytes]:
    address = urlsplit(stream.url)
    plain = socket.create_connection((address.hostname, address.port), timeout=3)
    sock = stream.trust().wrap_socket(plain, server_hostname=address.hostname)
    connection = h11.Connection(h11.CLIENT)
    headers = [("host", "127.0.0.1"), *HEADERS.items(), ("content-length", str(len(BODY)))]

    def call() -> bytes:
        head = connection.send(h11.Request(method="POST", target="/", headers=headers))
        data = connection.send(h11.Data(BODY))
        sock.sendall((head or b"") + (data or b""))
        connection.send(h11.EndOfMessage())
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(sock.recv(65536))
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                connection.start_next_cycle()
                return bytes(body)

    return call


if __name__ == "__main__":
    raise SystemExit(main())
