"""Every header of our answers, as the code writes them, is exposed to pages and told of.

The list is read from the source: a new header is held to this unasked.
"""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from openbunker.web import edge
from openbunker.web.origins import EXPOSED
from scripts.openapi import document
from tests.support.laws import each

ROOT = Path(__file__).parents[3]
# What answers requests. `aws` and the like only send headers of their own.
ROOMS = ("web", "ingest", "wire", "query", "manage", "key_validation.py")
# The fields of RFC 9110 and 9111 that are about an answer, but for those that the Fetch standard
# shows to every page (cache-control, content-type, expires, last-modified, pragma) and those that
# are of the exchange, not of what it says (connection, date, vary).
STANDARD = {
    *("accept-encoding", "accept-ranges", "age", "allow", "content-encoding", "content-range"),
    *("etag", "link", "location", "retry-after", "server-timing", "www-authenticate"),
}


def files() -> list[Path]:
    layer, server = ROOT / "layers/shared/openbunker", ROOT / "openbunker_local/server"
    rooms = [layer / room for room in ROOMS] + [server]
    return [file for room in rooms for file in (sorted(room.rglob("*.py")) or [room])]


def written(tree: ast.Module) -> Iterator[str]:
    """Yield the names of headers that a module writes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and str(node.value).startswith("x-openbunker-"):
            yield str(node.value).partition(":")[0]
        keys: list[ast.expr | None] = [*node.keys] if isinstance(node, ast.Dict) else []
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            keys = [node.slice]
        texts = [str(key.value) for key in keys if isinstance(key, ast.Constant)]
        yield from (text for text in texts if text in STANDARD)


@cache
def all_written() -> set[str]:
    trees = (ast.parse(file.read_text("utf-8")) for file in files())
    # That of the edge is read and taken away: no answer has it.
    return {name for tree in trees for name in written(tree)} - {edge.HEADER}


def test_the_source_was_read() -> None:
    assert {"allow", "retry-after", "x-openbunker-wait", "x-openbunker-warning"} <= all_written()


@pytest.fixture(scope="module")
def told() -> set[str]:
    """The headers of the document's answers."""
    return {
        header
        for path in document.document()["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        for header in response.get("headers", {})
    }


@each("name", lambda: sorted(all_written() | {*EXPOSED}))
def test_a_header_of_ours_is_exposed_and_in_the_document(name: str, told: set[str]) -> None:
    assert name in EXPOSED
    assert name in told, json.dumps(sorted(told))
