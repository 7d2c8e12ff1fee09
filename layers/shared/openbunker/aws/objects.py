"""Objects of one S3 bucket: put, get, list and delete, signed, over one kept connection.

Keys are of lower-case letters, digits and `/.-` alone, which no signature has to escape. Used off
the common path only, so it is imported where it is needed.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Protocol

from openbunker.aws import endpoints
from openbunker.aws.connection import Connection, ConnectionFailed
from openbunker.aws.credentials import CredentialsUnavailable, Source, source_of
from openbunker.aws.errors import CONNECTION_FAILED, AwsError
from openbunker.aws.sigv4 import Credentials, Signer

# What S3 answers for a key that is not there to whoever may list the bucket; others get a 403.
GONE = "Http404"
PUT_STATUS, GET_STATUS, DELETE_STATUS = 200, 200, 204
# An object may be large: it is given more time than a call's answer.
OBJECT_SECONDS = 10.0


class ObjectStore(Protocol):
    """Where bytes lie under a key. Every method raises AwsError."""

    def put(self, key: str, data: bytes, seconds: float | None = None) -> None:
        """Store an object; it is durable on return."""

    def get(self, key: str) -> bytes:
        """Return an object. The code of the error is GONE where there is none."""

    def delete(self, key: str, seconds: float | None = None) -> None:
        """Remove an object, if it is there."""


class S3Objects:
    """An ObjectStore over a bucket. One call at a time. `now_ms` is since the epoch."""

    def __init__(
        self,
        bucket: str,
        *,
        region: str,
        credentials: Credentials | Source,
        now_ms: Callable[[], int],
        endpoint: str | None = None,
        fips: bool = False,
    ) -> None:
        # AWS's own name for a bucket; another endpoint cannot be expected to know such names.
        self._connection = Connection(
            endpoint or f"https://{bucket}.{endpoints.host('s3', region, fips=fips)}"
        )
        self._root = f"/{bucket}/" if endpoint else "/"
        self._signer = Signer("s3", region)
        self._source = source_of(credentials)
        self._now_ms = now_ms

    def put(self, key: str, data: bytes, seconds: float | None = None) -> None:
        """Store an object; it is durable on return."""
        self._call("PUT", key, data, PUT_STATUS, seconds=seconds)

    def get(self, key: str) -> bytes:
        """Return an object."""
        return self._call("GET", key, b"", GET_STATUS)[1]

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        """Return an object, and the tag that names this version of it."""
        headers, data = self._call("GET", key, b"", GET_STATUS)
        return data, headers.get("etag", "")

    def page(self, query: str) -> bytes:
        """Return one page of a listing, as ListObjectsV2 answers; see `listing`."""
        return self._call("GET", "", b"", GET_STATUS, query=query)[1]

    def delete(self, key: str, seconds: float | None = None) -> None:
        """Remove an object, if it is there."""
        self._call("DELETE", key, b"", DELETE_STATUS, seconds=seconds)

    def _call(
        self,
        method: str,
        key: str,
        body: bytes,
        wanted: int,
        *,
        seconds: float | None = None,
        query: str = "",
    ) -> tuple[Mapping[str, str], bytes]:
        path = self._root + key
        headers = self._signed(method, path, body, query)
        patience = OBJECT_SECONDS if seconds is None else seconds
        target = f"{path}?{query}" if query else path
        try:
            status, told, data = self._connection.send(method, target, body, headers, patience)
        except ConnectionFailed as error:
            raise AwsError(CONNECTION_FAILED, str(error)) from error
        if status != wanted:
            raise AwsError(f"Http{status}", f"{method} of an object", status)
        return told, data

    def _signed(self, method: str, path: str, body: bytes, query: str) -> dict[str, str]:
        headers = {
            "host": self._connection.host,
            "x-amz-content-sha256": sha256(body).hexdigest(),
        }
        now_ms = self._now_ms()
        try:
            who = self._source.current(now_ms)
        except CredentialsUnavailable as error:
            raise AwsError("CredentialsUnavailable", str(error)) from error
        return self._signer.signed(
            headers, body, credentials=who, at_ms=now_ms, method=method, path=path, query=query
        )
