"""The bucket as compaction needs it: listings, conditional writes, deletes by the thousand.

The client is boto3's and comes from `boto`. Knows no place of ours.
Source: S3 API reference (ListObjectsV2, GetObject, PutObject, DeleteObjects, GetBucketVersioning,
ListObjectVersions); "Conditional writes" in the S3 user guide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from openbunker.core.errors import OpenbunkerError

PAGE = 1_000
# What S3 answers to a write whose condition does not hold, or that another one crossed.
_CROSSED = ("PreconditionFailed", "ConditionalRequestConflict")
_ABSENT = ("NoSuchKey", "404")
# Of a key that is not there, S3 tells only who may list the bucket; others are forbidden.
_FORBIDDEN = ("AccessDenied", "403")


class BucketFailed(OpenbunkerError):
    """S3 did not do what it was asked."""


class Crossed(OpenbunkerError):
    """Somebody else wrote the object since it was read."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing tells it; `modified_ms` (since the epoch) is when its upload began."""

    key: str
    modified_ms: int


@dataclass(frozen=True, slots=True)
class Content:
    """An object's bytes, and the tag that names this version of them."""

    data: bytes
    tag: str


class Readable(Protocol):
    """Objects of one bucket, as they are read. Every method raises BucketFailed."""

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """Yield the objects whose key begins so and comes `after` one, in order of their keys."""

    def get(self, key: str) -> Content | None:
        """Return an object, None when it is not there."""


class Bucket(Readable, Protocol):
    """Objects of one bucket. Every method raises BucketFailed."""

    def put(self, key: str, data: bytes, tag: str | None) -> str:
        """Write an object over the version of a tag, None: where there is none. Raises Crossed."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, those that are there."""

    def keeps_versions(self) -> bool:
        """Return whether what was written over or removed is still to be had."""


class S3Bucket:
    """A Bucket over boto3's client. `faults` are the exceptions with which that one fails."""

    def __init__(self, client: Any, name: str, faults: tuple[type[Exception], ...]) -> None:
        self._client = client
        self._name = name
        self._faults = faults

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """Yield the objects whose key begins so and comes `after` one, in order of their keys."""
        request: dict[str, Any] = {"Prefix": prefix}
        if after:
            request["StartAfter"] = after
        while True:
            answer = self._called("list_objects_v2", request)
            for one in answer.get("Contents", ()):
                yield Listed(one["Key"], _ms(one["LastModified"]))
            if not answer.get("IsTruncated"):
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def get(self, key: str) -> Content | None:
        """Return an object, None when it is not there."""
        try:
            answer = self._client.get_object(Bucket=self._name, Key=key)
            return Content(answer["Body"].read(), str(answer["ETag"]))
        except self._faults as error:
            code = _code(error)
            if code in _ABSENT or (code in _FORBIDDEN and not self._is_there(key)):
                return None
            raise BucketFailed(f"GetObject: {error}") from error

    def put(self, key: str, data: bytes, tag: str | None) -> str:
        """Write an object over the version of a tag, None: where there is none. Raises Crossed."""
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        return str(self._called("put_object", {"Key": key, "Body": data, **condition})["ETag"])

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, those that are there."""
        for at in range(0, len(keys), PAGE):
            named = [{"Key": key} for key in keys[at : at + PAGE]]
            answer = self._called("delete_objects", {"Delete": {"Objects": named, "Quiet": True}})
            if left := answer.get("Errors"):
                raise BucketFailed(f"DeleteObjects: {len(left)} stay, {left[0].get('Code')}")

    def keeps_versions(self) -> bool:
        """Return whether what was written over or removed is still to be had.

        Where versioning was switched off again, what was kept before is looked for.
        """
        status = self._called("get_bucket_versioning", {}).get("Status")
        return status == "Enabled" or (status == "Suspended" and self._has_old_versions())

    def _has_old_versions(self) -> bool:
        request: dict[str, Any] = {}
        while True:
            answer = self._called("list_object_versions", request)
            if any(not one["IsLatest"] for one in answer.get("Versions", ())):
                return True
            if not answer.get("IsTruncated"):
                return False
            request["KeyMarker"] = answer["NextKeyMarker"]
            request["VersionIdMarker"] = answer["NextVersionIdMarker"]

    def _is_there(self, key: str) -> bool:
        return any(one.key == key for one in self.listed(key))

    def _called(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = getattr(self._client, operation)(
                Bucket=self._name, **request
            )
        except self._faults as error:
            if _code(error) in _CROSSED:
                raise Crossed(str(error)) from error
            raise BucketFailed(f"{operation}: {error}") from error
        return found


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _code(error: Exception) -> str:
    # Of a connection that broke botocore has the name and no answer.
    answer: Mapping[str, Any] = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))
