"""The bucket as questions read it: over the signed client, because boto3 costs a start too much.

Writes nothing. Knows no place of ours.
"""

from collections.abc import Iterator

from openbunker.aws import listing
from openbunker.aws.errors import AwsError
from openbunker.aws.objects import S3Objects
from openbunker.compaction.store.bucket import BucketFailed, Content, Listed

_ABSENT, _FORBIDDEN = 404, 403


class ReadBucket:
    """A Readable over the objects of a bucket."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """Yield the objects whose key begins so and comes `after` one, in order of their keys."""
        following: str | None = None
        while True:
            try:
                page = self._objects.page(listing.query(prefix, after, following))
                found = [Listed(*one) for one in listing.objects(page)]
                following = listing.following(page)
            except (AwsError, ValueError) as error:
                raise BucketFailed(f"ListObjectsV2: {error}") from error
            yield from found
            if following is None:
                return

    def get(self, key: str) -> Content | None:
        """Return an object, None when it is not there."""
        try:
            return Content(*self._objects.get_tagged(key))
        except AwsError as error:
            # Of a key that is not there, S3 tells only who may list the bucket.
            absent = error.status == _FORBIDDEN and not self._is_there(key)
            if absent or error.status == _ABSENT:
                return None
            raise BucketFailed(f"GetObject: {error}") from error

    def _is_there(self, key: str) -> bool:
        return any(one.key == key for one in self.listed(key))
