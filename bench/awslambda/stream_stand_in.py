"""A stand-in for the delivery stream over TLS, on loopback, in a process of its own.

It takes everything at once, so that what is measured is the caller's.
"""

import multiprocessing
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from threading import Thread

from tests.support.certificates import certificate

_ONE = b'{"RecordId":"' + b"r" * 200 + b'"}'
_HEAD = (
    b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: " + b"1" * 36 + b"\r\nx-amz-id-2: " + b"a" * 76
    + b"\r\nDate: Fri, 27 Nov 2026 10:00:00 GMT\r\nContent-Type: application/x-amz-json-1.1"
    + b"\r\nContent-Length: %d\r\n\r\n"
)  # fmt: skip


@dataclass(frozen=True)
class StreamStandIn:
    """Where it listens, and the certificate that is its own authority."""

    url: str
    pem: Path

    def trust(self) -> ssl.SSLContext:
        """Return a context that trusts it."""
        return ssl.create_default_context(cafile=str(self.pem))


@contextmanager
def stream_stand_in() -> Iterator[StreamStandIn]:
    """Serve PutRecord and PutRecordBatch until the block ends."""
    with tempfile.TemporaryDirectory() as scratch:
        pem = certificate(Path(scratch))
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=_serve, args=(pem, theirs), daemon=True)
        process.start()
        try:
            yield StreamStandIn(f"https://127.0.0.1:{ours.recv()}", pem)
        finally:
            process.kill()
            process.join()


def _serve(pem: Path, told: Pipe) -> None:
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
    while more := connection.recv(1 << 20):
        data += more
        head, end, body = data.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().split(b"content-length:")[1].split()[0]):
            continue
        told = _ONE
        if b'"Records"' in body:
            many = b",".join([_ONE] * body.count(b'"Data"'))
            told = b'{"FailedPutCount":0,"RequestResponses":[' + many + b"]}"
        connection.sendall(_HEAD % len(told) + told)
        data = b""
