"""Taking lines out of the objects of a place, page by page, on from where the last run stopped.

Each page is kept in the state once it is done: a run that is cut short costs the next one a page.
Knows no statement, and not which lines go.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

from openbunker.compaction import quarantine, salvage
from openbunker.compaction.erasure_run import ErasureRun
from openbunker.compaction.services import CompactionServices
from openbunker.compaction.store.bucket import BucketFailed, Listed
from openbunker.compaction.store.erasing_state import Look
from openbunker.core import layout
from openbunker.erasure.lines import Hunt, Hunting, sifted
from openbunker.erasure.model import Erasure

# Objects that are read at once; each may hold 64 MiB of lines.
THREADS = 8
# Objects between two writes of the state. Small enough for a run even where each is a large one.
PAGE = 500
# Objects that one run looks into.
MAX_OBJECTS = 200_000


def may_go_on(run: ErasureRun) -> bool:
    """Return whether a run may look into more objects."""
    return run.looked < MAX_OBJECTS and run.has_time()


def rewrite(run: ErasureRun, prefix: str, erasures: Sequence[Erasure], hunting: Hunting) -> bool:
    """Look into the objects of a place; return whether they all are done. Raises BucketFailed."""

    def keep(key: str) -> None:
        if batch := run.state.batch:
            run.save(replace(run.state, batch=replace(batch, after=key)))

    after = run.state.batch.after if run.state.batch else ""
    listed = run.services.bucket.listed(prefix, after)
    return _walked(run, listed, erasures, hunting, keep)


def rewrite_since(
    run: ErasureRun, look: Look, erasures: Sequence[Erasure], hunting: Hunting
) -> bool:
    """Look into what was written into a place since a time, and else do as `rewrite`."""

    def keep(key: str) -> None:
        run.save(replace(run.state, look=replace(look, after=key)))

    listed = run.services.bucket.listed(look.place, look.after)
    late = (one for one in listed if one.modified_ms >= look.since_ms)
    return _walked(run, late, erasures, hunting, keep)


def _walked(
    run: ErasureRun,
    listed: Iterable[Listed],
    erasures: Sequence[Erasure],
    hunting: Hunting,
    keep: Callable[[str], None],
) -> bool:
    hunt = hunting(erasures)
    with ThreadPoolExecutor(THREADS) as pool:
        for keys in _pages(listed):
            if not may_go_on(run):
                return False
            shares = [keys[at::THREADS] for at in range(THREADS)]
            for _ in pool.map(lambda share: _sift(run, share, erasures, hunt), shares):
                pass
            run.looked += len(keys)
            keep(keys[-1])
    return True


def _pages(listing: Iterable[Listed]) -> Iterator[list[str]]:
    keys = (one.key for one in listing)
    while page := list(islice(keys, PAGE)):
        yield page


def _sift(run: ErasureRun, keys: Sequence[str], erasures: Sequence[Erasure], hunt: Hunt) -> None:
    """Take lines out of some objects: those without such lines stay as they are."""
    for key in keys:
        if not run.has_time():
            raise BucketFailed("no time is left to rewrite objects")
        if key.startswith((layout.DAMAGED, layout.ERRORS)):
            salvage.look(run.services, key, erasures, hunt)
        else:
            _look(run.services, key, hunt)


def _look(services: CompactionServices, key: str, hunt: Hunt) -> None:
    found = services.bucket.get(key)
    if found is None:
        return
    text, why = quarantine.inflated(found.data)
    if why:
        quarantine.move(services, key, found.data, why)
        return
    try:
        rest = sifted(text, hunt)
    except (ValueError, KeyError, TypeError) as error:
        # Nobody can say whose it is. Left where it is, it would stop every run.
        quarantine.move(services, key, found.data, f"a line is no row: {type(error).__name__}")
        return
    if rest.gone and rest.kept:
        services.bucket.put(key, gzip.compress(rest.kept), found.tag)
    elif rest.gone:
        services.bucket.delete([key])
