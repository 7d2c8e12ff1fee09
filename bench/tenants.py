"""What managing costs when there are many: one machine's store with few keys and with 10,000.

Beside 1,000 projects. Fails when an act takes more than twice as long, or a look-up does.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from openbunker.keys.model import KeyKind, hash_of
from openbunker.manage import credentials
from openbunker.manage.credentials import Place
from openbunker.wiring.office import office_over
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.sqlite.tenants import SqliteTenants
from tests.support import many

FEW, MANY, ROUNDS = 100, 10_000, 200
MOST = 2.0
PLACE = Place(many.FULL_ACCOUNT, many.FULL_PROJECT)


def main() -> int:
    """Measure both, print a table; 1 when many keys make it slower."""
    with tempfile.TemporaryDirectory() as folder:
        few, much = measured(Path(folder) / "few", FEW), measured(Path(folder) / "many", MANY)
    table = Table("microseconds", f"{FEW:,} keys", f"{MANY:,} keys", title="1,000 projects")
    for act in few:
        table.add_row(act, f"{few[act]:,.0f}", f"{much[act]:,.0f}")
    Console().print(table)
    slower = [act for act in few if much[act] > MOST * few[act]]
    if slower:
        Console().print(f"slower with many: {', '.join(slower)}")
    return 1 if slower else 0


def measured(folder: Path, keys: int) -> dict[str, float]:
    """Return the median microseconds of each act on a store with so many keys."""
    folder.mkdir()
    file = folder / "keys.sqlite"
    with closing(SqliteTenants(file)) as items, closing(SqliteKeyStore(file)) as store:
        many.fill(items, keys)
        office = office_over(items, "bench")
        key_hash = hash_of(many.text_of(keys // 2))
        key_id = f"key_{keys // 2:06}"
        acts: dict[str, Callable[[], object]] = {
            "look a key up by its hash": lambda: store.find(key_hash),
            "list 100 keys": lambda: credentials.listed(office, PLACE, 100),
            "find a key by its id": lambda: credentials.find(office, PLACE, key_id),
            "make a key, durably": lambda: credentials.create(
                office, PLACE, KeyKind.WRITE, "bench", {}
            ),
        }
        return {name: _median_us(act) for name, act in acts.items()}


def _median_us(act: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1e6)
    return median(times)
