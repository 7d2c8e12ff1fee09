"""What a function calls while it is measured: a stream, tables, Athena and a bucket, over TLS.

In a process of its own on loopback. It answers as AWS does in form and size, and keeps nothing:
the bucket is empty, and Athena has counted one event of one name.
"""

import json
import multiprocessing
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from threading import Thread
from typing import Any

from openbunker.keys.items import to_item
from openbunker.keys.model import hash_of
from openbunker.manage.dynamo import tagged_item
from tests.support.backends import demo_keys

_HEAD = (
    b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: " + b"1" * 36
    + b"\r\nDate: Fri, 27 Nov 2026 10:00:00 GMT\r\nContent-Type: application/x-amz-json-1.1"
)  # fmt: skip
_NOT_THERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_COLUMNS = [{"Name": "event_name", "Type": "varchar"}, {"Name": "count", "Type": "bigint"}]
_ROWS = [
    {"Data": [{"VarCharValue": "event_name"}, {"VarCharValue": "count"}]},
    {"Data": [{"VarCharValue": "signup"}, {"VarCharValue": "1"}]},
]
_CONSTANT: Mapping[str, dict[str, Any]] = {
    "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
    "StartQueryExecution": {"QueryExecutionId": "1" * 36},
    "GetQueryExecution": {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}},
    "GetQueryResults": {
        "ResultSet": {"ResultSetMetadata": {"ColumnInfo": _COLUMNS}, "Rows": _ROWS}
    },
}


@contextmanager
def listening(pem: Path) -> Iterator[str]:
    """Serve with a certificate until the block ends; yield the address."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(pem, theirs), daemon=True)
    server.start()
    try:
        yield f"https://127.0.0.1:{ours.recv()}"
    finally:
        server.kill()
        server.join()


def _serve(pem: Path, told: Pipe) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    items = {hash_of(text): tagged_item(to_item(key)) for text, key in demo_keys().items()}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told.send(listener.getsockname()[1])
        while True:
            accepted, _ = listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Thread(target=_answer_all, args=(context, accepted, items), daemon=True).start()


def _answer_all(context: ssl.SSLContext, accepted: socket.socket, items: Mapping[str, Any]) -> None:
    try:
        with context.wrap_socket(accepted, server_side=True) as connection:
            read = connection.makefile("rb")
            while head := _headers(read):
                body = read.read(int(head.get(b"content-length", 0)))
                connection.sendall(_reply(head, body, items))
    except OSError:  # a worker that is ended hangs up
        return


def _reply(head: Mapping[bytes, bytes], body: bytes, items: Mapping[str, Any]) -> bytes:
    if b"x-amz-target" not in head:
        return _NOT_THERE
    data = json.dumps(_answer(head[b"x-amz-target"], json.loads(body), items)).encode()
    return _HEAD + b"\r\nContent-Length: %d\r\n\r\n" % len(data) + data


def _headers(read: Any) -> dict[bytes, bytes]:
    lines = iter(read.readline, b"\r\n")
    if not next(lines, b""):
        return {}
    parted = (line.partition(b":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in parted}


def _answer(target: bytes, body: Mapping[str, Any], items: Mapping[str, Any]) -> dict[str, Any]:
    if target.endswith(b".PutRecordBatch"):
        told = [{"RecordId": "r" * 200} for _ in body["Records"]]
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": told}
    operation = target.rpartition(b".")[2].decode()
    if operation in _CONSTANT:
        return _CONSTANT[operation]
    item = items.get(body["Key"].get("key_hash", {}).get("S", ""))
    return {"Item": item} if item else {}
