"""A cache before a key store. Bounded, with a life for hits, misses and emergencies.

A revoked key stops within POSITIVE_SECONDS. Misses are cached apart and briefly, so that a
flood of random keys cannot push the good ones out. When the store fails, a key that was good
within STALE_SECONDS still is; an unknown key is never accepted.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from openbunker.errors import KeyStoreUnavailable
from openbunker.keys.model import Key, KeyStore

POSITIVE_SECONDS = 60.0
NEGATIVE_SECONDS = 10.0
STALE_SECONDS = 600.0
MAX_HITS = 10_000
MAX_MISSES = 1_000
# Life is shortened by up to this share, so that environments do not ask all at once.
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class _Entry:
    key: Key | None
    read_at: float
    fresh_until: float


class CachedKeyStore:
    """A KeyStore that asks another one as seldom as its promise on revocation allows.

    `monotonic` returns seconds, `random` a number in [0, 1).
    """

    def __init__(
        self, store: KeyStore, monotonic: Callable[[], float], random: Callable[[], float]
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._random = random
        self._hits: OrderedDict[str, _Entry] = OrderedDict()
        self._misses: OrderedDict[str, _Entry] = OrderedDict()

    def find(self, key_hash: str) -> Key | None:
        """Return the key of a hash, from memory while fresh. Raises KeyStoreUnavailable."""
        now = self._monotonic()
        entry = self._hits.get(key_hash) or self._misses.get(key_hash)
        if entry and now < entry.fresh_until:
            return entry.key
        try:
            key = self._store.find(key_hash)
        except KeyStoreUnavailable:
            if entry and entry.key and now < entry.read_at + STALE_SECONDS:
                return entry.key
            raise
        self._remember(key_hash, key, now)
        return key

    def clear(self) -> None:
        """Forget everything: a restored snapshot must not serve keys of long ago."""
        self._hits.clear()
        self._misses.clear()

    def _remember(self, key_hash: str, key: Key | None, now: float) -> None:
        self._hits.pop(key_hash, None)
        self._misses.pop(key_hash, None)
        life = POSITIVE_SECONDS if key else NEGATIVE_SECONDS
        entry = _Entry(key, now, now + life * (1 - JITTER * self._random()))
        kept, limit = (self._hits, MAX_HITS) if key else (self._misses, MAX_MISSES)
        kept[key_hash] = entry
        if len(kept) > limit:
            kept.popitem(last=False)
