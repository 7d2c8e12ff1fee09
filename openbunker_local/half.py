"""What the writing half of one machine hands to the reading half. No construction and no I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbunker.erasure.model import ErasureStore
from openbunker.keys.model import KeyStore
from openbunker.manage.store import TenantItems
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.stream.id_index import IdIndex

Log = Callable[[Mapping[str, Any]], None]
AtMs = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of a folder that both halves use. `cached` is a cache before `keys`."""

    keys: SqliteKeyStore
    cached: KeyStore
    items: TenantItems
    erasures: ErasureStore


@dataclass(frozen=True, slots=True)
class Fresh:
    """What tells before which times all can be seen: events, refused items, what left the spill.

    `settled` goes by the time of receipt, where the others go by that of arrival.
    """

    events: AtMs
    refused: AtMs
    delivered: AtMs
    settled: AtMs


@dataclass(frozen=True, slots=True)
class Half:
    """What the writing half has opened. `why_not` tells why nothing can be made durable now."""

    data: Path
    stores: Stores
    index: IdIndex
    now_ms: AtMs
    fresh: Fresh
    why_not: Callable[[], str]
    log: Log
