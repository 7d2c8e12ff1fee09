"""What a key is and what a store of keys promises. No I/O.

A key text is never stored or logged: stores know its SHA-256 only. Keys are long and random,
so a plain hash is enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol

from openbunker.keys.projects import ProjectState


class KeyKind(StrEnum):
    """What a key may do."""

    WRITE = "WRITE"
    QUERY = "QUERY"
    DELETE = "DELETE"
    MASTER = "MASTER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A credential and the tenant it belongs to.

    `dialects` empty: all of them. `allowed_origins` empty: no browser restriction was set.
    `customer_identifier` binds a scoped key to one customer. `sites` are the site ids of the
    key's project (Tracify); `strict` its validation mode. `account_id` owns the project.
    `project_id` is empty for an account's master key. `key_filter_data` are filters, as a question
    has them, that hold for every question of the key. From `expires_ms` (since the epoch) on the
    key is unknown; None: it never ends by itself.
    """

    key_id: str
    kind: KeyKind
    account_id: str
    project_id: str
    dialects: tuple[str, ...] = ()
    customer_identifier: str | None = None
    allowed_origins: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    strict: bool = True
    key_filter_data: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    expires_ms: int | None = None

    @property
    def public(self) -> bool:
        """Return whether the key stands in pages: it has allowed origins, as these need."""
        return bool(self.allowed_origins)

    def speaks(self, dialect: str) -> bool:
        """Return whether the key may be used in a dialect."""
        return not self.dialects or dialect in self.dialects

    def expired(self, now_ms: int) -> bool:
        """Return whether the key has ended by itself."""
        return self.expires_ms is not None and self.expires_ms <= now_ms


class KeyStore(Protocol):
    """Where keys lie, by hash."""

    def find(self, key_hash: str) -> Key | None:
        """Return the active key of a hash, None when nobody has it.

        Raises KeyStoreUnavailable when it cannot say.
        """

    def project(self, project_id: str) -> ProjectState:
        """Return the state of a project. Raises KeyStoreUnavailable when it cannot say."""


def hash_of(key_text: str) -> str:
    """Return the form in which stores know a key: SHA-256 as 64 hex digits."""
    return sha256(key_text.encode("utf-8", "surrogatepass")).hexdigest()
