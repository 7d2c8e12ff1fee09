"""What ways of speaking HTTP cost a warm call over TLS: CPU of the caller, in turns.

    python -m bench.awslambda.calls

One request and answer of a stream's size, on a kept connection to a server in a process of its
own. Each way sends the same bytes. Absolute times belong to this machine.
"""

import multiprocessing
import socket
import ssl
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPSConnection
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from statistics import median
from threading import Thread

import h11
from rich.console import Console
from rich.table import Table

from openbunker.aws.connection import Connection
from tests.support.certificates import certificate

ROUNDS, CALLS = 15, 100
BODY = b'{"DeliveryStreamName":"events","Records":[{"Data":"' + b"x" * 800 + b'"}]}'
HEADERS = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Firehose_20150804.PutRecordBatch",
    "x-amz-date": "20261127T100000Z",
    "authorization": "a" * 220,
}
_TOLD = b'{"FailedPutCount":0,"RequestResponses":[{"RecordId":"' + b"r" * 200 + b'"}]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: " + b"1" * 36 + b"\r\nx-amz-id-2: " + b"a" * 76
    + b"\r\nDate: Fri, 27 Nov 2026 10:00:00 GMT\r\nContent-Type: application/x-amz-json-1.1"
    + b"\r\nContent-Length: %d\r\n\r\n" % len(_TOLD) + _TOLD
)  # fmt: skip


def main() -> int:
    """Measure every way and print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        pem = certificate(Path(scratch))
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.Process(target=_serve, args=(pem, theirs), daemon=True)
        server.start()
        context = ssl.create_default_context(cafile=str(pem))
        port: int = ours.recv()
        ways = {"ours": _ours, "http.client": _http_client, "h11 on ssl": _h11}
        calls = {way: make(port, context) for way, make in ways.items()}
        spent: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, call in calls.items():
                spent[way].append(_microseconds(call))
        server.kill()
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
        assert call() == _TOLD
    return (time.process_time() - started) / CALLS * 1e6


def _ours(port: int, context: ssl.SSLContext) -> Callable[[], bytes]:
    connection = Connection(f"https://127.0.0.1:{port}", [lambda: context])
    headers = {"host": connection.host, **HEADERS}
    return lambda: connection.post(BODY, headers)[2]


def _http_client(port: int, context: ssl.SSLContext) -> Callable[[], bytes]:
    connection = HTTPSConnection("127.0.0.1", port, context=context, timeout=3)

    def call() -> bytes:
        connection.request("POST", "/", BODY, HEADERS)
        return connection.getresponse().read()

    return call


def _h11(port: int, context: ssl.SSLContext) -> Callable[[], bytes]:
    plain = socket.create_connection(("127.0.0.1", port), timeout=3)
    sock = context.wrap_socket(plain, server_hostname="127.0.0.1")
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


def _serve(pem: Path, told: Pipe) -> None:
    """Answer whatever comes with the same bytes; each connection is kept."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told.send(listener.getsockname()[1])
        while True:
            accepted, _ = listener.accept()
            connection = context.wrap_socket(accepted, server_side=True)
            Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: ssl.SSLSocket) -> None:
    data = b""
    while more := connection.recv(65536):
        data += more
        if data.endswith(BODY):
            connection.sendall(ANSWER)
            data = b""


if __name__ == "__main__":
    raise SystemExit(main())
