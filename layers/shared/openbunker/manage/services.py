"""What managing tenants needs from the outside, as one value. Built by `wiring`, or by a test.

No construction here and no I/O: only the shape.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbunker.core import ids
from openbunker.erasure.model import ErasureStore
from openbunker.keys.model import KeyStore
from openbunker.manage.office import Office
from openbunker.usage.model import UsageStore
from openbunker.web.edge import NO_EDGE, Edge


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageServices:
    """What managing tenants needs: `keys` without a cache, so that a reset key ends at once.

    `erasures` keeps who is to be erased; without it nobody can be. `edge` is who must have
    handed a request on.
    """

    keys: KeyStore
    office: Office
    now_ms: Callable[[], int]
    log: Callable[[Mapping[str, Any]], None]
    new_id: Callable[[int], str] = ids.new_id
    erasures: ErasureStore | None = None
    usage: UsageStore | None = None
    edge: Edge = NO_EDGE
