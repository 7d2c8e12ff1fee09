"""Objects of one S3 bucket: put, get and delete, signed, over one kept connection.

Keys are of lower-case letters, digits and `/.-` alone, which no signature has to escape. Used off
the common path only, so it is imported where it is needed.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from openbunker.aws.client import AwsError
from openbunker.aws.connection import Connection, ConnectionFailed
from openbunker.aws.sigv4 import Credentials, signed

# What S3 answers for a key that is not there to whoever may list the bucket; others get a 403.
GONE = "Http404"
PUT_STATUS, GET_STATUS, DELETE_STATUS = 200, 200, 204


class ObjectStore(Protocol):
    """Where bytes lie under a key. Every method raises AwsError."""

    def put(self, key: str, data: bytes, seconds: float | None = None) -> None:
        """Store an object; it is durable on return."""

    def get(self, key: str) -> bytes:
        """Return an object. The code of the error is GONE where there is none."""

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""


class S3Objects:
    """An ObjectStore over a bucket. One call at a time. `now_ms` is since the epoch."""

    def __init__(
        self,
        bucket: str,
        *,
        region: str,
        credentials: Credentials,
        now_ms: Callable[[], int],
        endpoint: str | None = None,
    ) -> None:
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        # AWS's own name for a bucket; another endpoint cannot be expected to know such names.
        self._connection = Connection(endpoint or f"https://{bucket}.s3.{region}.{domain}")
        self._root = f"/{bucket}/" if endpoint else "/"
        self._region = region
        self._credentials = credentials
        self._now_ms = now_ms

    def put(self, key: str, data: bytes, seconds: float | None = None) -> None:
        """Store an object; it is durable on return."""
        self._call("PUT", key, data, PUT_STATUS, seconds)

    def get(self, key: str) -> bytes:
        """Return an object."""
        return self._call("GET", key, b"", GET_STATUS)

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        self._call("DELETE", key, b"", DELETE_STATUS)

    def _call(
        self, method: str, key: str, body: bytes, wanted: int, seconds: float | None = None
    ) -> bytes:
        path = self._root + key
        content = sha256(body).hexdigest()
        headers = signed(
            {"host": self._connection.host, "x-amz-content-sha256": content},
            body,
            service="s3",
            region=self._region,
            credentials=self._credentials,
            at_ms=self._now_ms(),
            method=method,
            path=path,
        )
        try:
            status, _, data = self._connection.send(method, path, body, headers, seconds)
        except ConnectionFailed as error:
            raise AwsError("ConnectionFailed", str(error)) from error
        if status != wanted:
            raise AwsError(f"Http{status}", f"{method} of an object")
        return data
