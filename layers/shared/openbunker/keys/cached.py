"""A cache before a key store. Bounded, with a life for hits, misses and emergencies.

A revoked key stops within POSITIVE_SECONDS, and so does the key of a deleted project. Misses are
cached apart and briefly, so that a flood of random keys cannot push the good ones out. When the
store fails, a key that was good within STALE_SECONDS still is; an unknown key is never accepted.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.model import Key, KeyStore
from openbunker.keys.projects import ProjectState

POSITIVE_SECONDS = 60.0
NEGATIVE_SECONDS = 10.0
STALE_SECONDS = 600.0
# How long a store that failed is left alone where a stale answer will do: asking costs a timeout.
PAUSE_SECONDS = 2.0
MAX_HITS = 10_000
MAX_MISSES = 1_000
# Life is shortened by up to this share, so that environments do not ask all at once.
JITTER = 0.2

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Found]):
    value: Found
    read_at: float
    fresh_until: float


class _Shelf(Generic[Found]):
    """Entries of one kind and of one life, the oldest of them leaving first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.entries: OrderedDict[str, _Entry[Found]] = OrderedDict()

    def put(self, name: str, entry: _Entry[Found]) -> None:
        self.entries.pop(name, None)
        self.entries[name] = entry
        if len(self.entries) > self._most:
            self.entries.popitem(last=False)


class CachedKeyStore:
    """A KeyStore that asks another one as seldom as its promise on revocation allows.

    `monotonic` returns seconds, `random` a number in [0, 1). `positive_seconds` is the life of
    what was found: less where a look-up costs next to nothing.
    """

    def __init__(
        self,
        store: KeyStore,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        *,
        positive_seconds: float = POSITIVE_SECONDS,
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._random = random
        self._positive_seconds = positive_seconds
        self._hits: _Shelf[Key] = _Shelf(MAX_HITS)
        self._misses: _Shelf[None] = _Shelf(MAX_MISSES)
        self._projects: _Shelf[ProjectState] = _Shelf(MAX_HITS)

    def find(self, key_hash: str) -> Key | None:
        """Return the key of a hash, from memory while fresh. Raises KeyStoreUnavailable."""
        now = self._monotonic()
        hit = self._hits.entries.get(key_hash)
        if hit and now < hit.fresh_until:
            return hit.value
        miss = None if hit else self._misses.entries.get(key_hash)
        if miss and now < miss.fresh_until:
            return None
        try:
            key = self._store.find(key_hash)
        except KeyStoreUnavailable:
            if hit is None or not self._prolong(self._hits, key_hash, hit, now):
                raise
            return hit.value
        self._hits.entries.pop(key_hash, None)
        self._misses.entries.pop(key_hash, None)
        if key:
            self._hits.put(key_hash, self._entry(key, now, self._positive_seconds))
        else:
            self._misses.put(key_hash, self._entry(None, now, NEGATIVE_SECONDS))
        return key

    def project(self, project_id: str) -> ProjectState:
        """Return the state of a project, from memory while fresh. Raises KeyStoreUnavailable."""
        now = self._monotonic()
        entry = self._projects.entries.get(project_id)
        if entry and now < entry.fresh_until:
            return entry.value
        try:
            state = self._store.project(project_id)
        except KeyStoreUnavailable:
            if entry is None or not self._prolong(self._projects, project_id, entry, now):
                raise
            return entry.value
        self._projects.put(project_id, self._entry(state, now, self._positive_seconds))
        return state

    def clear(self) -> None:
        """Forget everything: a restored snapshot must not serve keys of long ago."""
        for entries in (self._hits.entries, self._misses.entries, self._projects.entries):
            entries.clear()

    def _entry(self, value: Found, now: float, life: float) -> _Entry[Found]:
        return _Entry(value, now, now + life * (1 - JITTER * self._random()))

    def _prolong(self, shelf: _Shelf[Found], name: str, entry: _Entry[Found], now: float) -> bool:
        """Let what the store said last do for a pause; return whether it is not too long ago."""
        end = entry.read_at + STALE_SECONDS
        shelf.put(name, replace(entry, fresh_until=min(now + PAUSE_SECONDS, end)))
        return now < end
