"""A key store in a dict: the fake beside the real ones, with the same contract tests."""

from openbunker.errors import KeyStoreUnavailable
from openbunker.keys.model import Key


class MemoryKeyStore:
    """Keys by hash. `down` makes every look-up fail, as a store that does not answer does."""

    def __init__(self, keys: dict[str, Key] | None = None) -> None:
        self.keys = dict(keys or {})
        self.down = False
        self.reads = 0

    def find(self, key_hash: str) -> Key | None:
        """Return the key of a hash. Raises KeyStoreUnavailable while `down`."""
        self.reads += 1
        if self.down:
            raise KeyStoreUnavailable("the store is down")
        return self.keys.get(key_hash)

    def add(self, key_hash: str, key: Key) -> None:
        """Keep a key under its hash."""
        self.keys[key_hash] = key
