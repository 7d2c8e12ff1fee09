"""A key store in a dict: the fake beside the real ones, with the same contract tests."""

from collections.abc import Mapping
from typing import Any

from openbunker.core.errors import KeyStoreUnavailable
from openbunker.keys.model import Key
from openbunker.keys.projects import ProjectState, to_state


class MemoryKeyStore:
    """Keys by hash. `down` makes every look-up fail, as a store that does not answer does."""

    def __init__(self, keys: dict[str, Key] | None = None) -> None:
        self.keys = dict(keys or {})
        self.projects: dict[str, dict[str, Any]] = {}
        self.down = False
        self.reads = 0

    def find(self, key_hash: str) -> Key | None:
        """Return the key of a hash. Raises KeyStoreUnavailable while `down`."""
        self._read()
        return self.keys.get(key_hash)

    def project(self, project_id: str) -> ProjectState:
        """Return the state of a project. Raises KeyStoreUnavailable while `down`."""
        self._read()
        return to_state(self.projects.get(project_id, {}))

    def change_project(self, project_id: str, changes: Mapping[str, str | int | None]) -> None:
        """Set members of a project's item; None removes one."""
        item = {**self.projects.get(project_id, {}), **changes}
        self.projects[project_id] = {k: value for k, value in item.items() if value is not None}

    def add(self, key_hash: str, key: Key) -> None:
        """Keep a key under its hash."""
        self.keys[key_hash] = key

    def _read(self) -> None:
        self.reads += 1
        if self.down:
            raise KeyStoreUnavailable("the store is down")
