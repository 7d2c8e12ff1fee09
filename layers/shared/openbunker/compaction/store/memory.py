"""A bucket in a dict: the fake beside S3's, with the same contract tests. No network."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from openbunker.compaction.store.bucket import Content, Crossed, Listed


class MemoryBucket:
    """Objects by key. `now_ms` tells when an object was written."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.objects: dict[str, tuple[bytes, int]] = {}
        self.versioned = False
        self._now_ms = now_ms

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """Yield the objects whose key begins so and comes `after` one, in order of their keys."""
        for key, (_, modified_ms) in sorted(self.objects.items()):
            if key.startswith(prefix) and key > after:
                yield Listed(key, modified_ms)

    def get(self, key: str) -> Content | None:
        """Return an object, None when it is not there."""
        found = self.objects.get(key)
        return Content(found[0], _tag(found[0])) if found else None

    def put(self, key: str, data: bytes, tag: str | None) -> str:
        """Write an object over the version of a tag, None: where there is none. Raises Crossed."""
        found = self.get(key)
        if (found and found.tag) != tag:
            raise Crossed(key)
        self.objects[key] = (data, self._now_ms())
        return _tag(data)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, those that are there."""
        for key in keys:
            self.objects.pop(key, None)

    def keeps_versions(self) -> bool:
        """Return whether what was written over or removed is still to be had."""
        return self.versioned


def _tag(data: bytes) -> str:
    return sha256(data).hexdigest()
