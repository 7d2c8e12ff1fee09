"""Erasures that came after a backup, asked for again in the folder that is made of it.

Once a customer is erased only a hash of her name is kept. Her rows lie in the backup all the same:
so the names in it are hashed, those that fit are put back, and the next compaction erases them as
it did before. A name that fits none is not in the backup, and its erasure is done.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from openbunker.core import layout
from openbunker.core.errors import ErasureStoreUnavailable
from openbunker.erasure.hashing import column_of, hash_of
from openbunker.erasure.model import Erasure
from openbunker_local.backup.trees import persons
from openbunker_local.cold import manifest
from openbunker_local.cold.connection import locked_down
from openbunker_local.compaction.trees import COLUMNS_OF
from openbunker_local.sqlite import erasures as store
from openbunker_local.sqlite.erasures import SqliteErasureStore
from openbunker_local.stream.delivered import ALWAYS_MS, content, objects
from openbunker_local.stream.undelivered import REFUSED_JOURNAL, framed, waiting

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
Named = tuple[str, str | None, str]


def again(data: Path, sources: Sequence[Path]) -> int:
    """Put the erasures of other folders into one, and return how many it did not have as done.

    Raises OSError when one cannot be read.
    """
    asked = {one.erasure_id: one for source in sources for one in _of(source)}
    with closing(SqliteErasureStore(data / store.FILE)) as kept:
        known = {one.erasure_id: one for one in kept.every()}
        new = [one for key, one in asked.items() if not _is_done(known.get(key))]
        names = _names(data, {one.customer_hash for one in new}) if new else {}
        for one in new:
            name = one.customer_identifier or names.get(one.customer_hash)
            if name is None:
                kept.put(one)
            else:
                kept.put(replace(one, customer_identifier=name, erased_ms=None))
    return len(new)


def _is_done(known: Erasure | None) -> bool:
    return known is not None and known.erased_ms is not None


def _of(source: Path) -> Sequence[Erasure]:
    """Return the erasures of a data folder, a backup or a file; the file is not written to."""
    file = source / store.FILE if source.is_dir() else source
    if not file.is_file():
        raise FileNotFoundError(f"there are no erasures in {source}")
    try:
        return store.of_file(file)
    except ErasureStoreUnavailable as error:
        raise OSError(f"the erasures of {source} cannot be read: {error}") from error


def _names(data: Path, hashes: set[str]) -> dict[str, str]:
    """Return the names that a folder holds and that have one of the hashes."""
    found: dict[str, str] = {}
    columns = sorted({column_of(one) for one in hashes})
    for project, of, name in _named(data, columns):
        for column in columns if of is None else (of,):
            hashed = hash_of(project, name, column)
            if hashed in hashes:
                found[hashed] = name
    return found


def _named(data: Path, columns: Sequence[str]) -> Iterator[Named]:
    """Yield project, column and name of all rows, and every text of what was refused: it may be
    one, of any column.
    """
    yield from _cold(data, columns)
    for lines in _lines(data):
        for row in _rows(lines):
            for column in columns:
                if (name := row.get(column)) is not None:
                    yield row["project_id"], column, name
    refused = [content(path) for path in objects(data, 0, ALWAYS_MS, layout.REFUSED)]
    refused += [framed(path) for path in (data / REFUSED_JOURNAL).glob("*.journal")]
    for lines in refused:
        for row in _rows(lines):
            for text in _TEXT.findall(row["payload"]):
                with suppress(ValueError):
                    yield row["project_id"], None, json.loads(text)


def _rows(lines: bytes) -> Iterator[dict[str, Any]]:
    """Yield what can be read; what cannot keeps an erasure from being done later."""
    for line in lines.splitlines():
        with suppress(ValueError):
            yield json.loads(line)


def _lines(data: Path) -> Iterator[bytes]:
    yield from (content(path) for path in objects(data, 0, ALWAYS_MS))
    yield from (lines for _, _, lines in waiting(data))


def _cold(data: Path, columns: Sequence[str]) -> Iterator[Named]:
    files = [
        (str(data.resolve() / file.path), column)
        for file in manifest.load(data).files
        if file.kind != "erased" and (data / file.path).exists()
        for column in columns
        if column in COLUMNS_OF[file.kind]
    ]
    if not files:
        return
    with locked_down([data.resolve() / manifest.FOLDER], threads=1, memory="256MB") as database:
        for file, column in files:
            try:
                text = persons(column).sql("duckdb")
                found = database.execute(text, {"files": [file]}).fetchall()
            except duckdb.Error as error:
                raise OSError(f"{Path(file).name} cannot be read: {error}") from error
            yield from ((project, column, name) for project, name in found)
