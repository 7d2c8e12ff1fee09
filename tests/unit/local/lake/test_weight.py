"""Heavy is what a user wrote, and what would read very much; a page is not, before it begins."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openbunker.query.engine import Statement
from openbunker.query.question import listing, question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker.query.sql import listing as listing_sql
from openbunker_local.cold.manifest import ColdFile
from openbunker_local.lake.files import Files
from openbunker_local.lake.heavy import weight
from openbunker_local.lake.heavy.weight import is_heavy
from tests.support.query.lake import NOW_MS, PROJECT

COUNT: dict[str, Any] = {"time_period": "minus_7_days"}
BY_PLAN = COUNT | {"group_by": ["plan"]}
PAGE = COUNT | {"select": ["event_id"]}
FILE = ColdFile(
    path="cold/dt=2026-11-20/a.parquet",
    kind="rows",
    day="2026-11-20",
    rows=0,
    bytes=1,
    min_timestamp_ms=0,
    max_timestamp_ms=1,
    min_received_ms=0,
    max_received_ms=1,
)


def statement(body: dict[str, Any]) -> Statement:
    if listing.is_one(body):
        page = listing_sql.page(listing.parse(body), body, Scope(PROJECT), NOW_MS)
        return page.statement
    return sql.plan(question.parse(body), Scope(PROJECT), NOW_MS).statement


@pytest.mark.parametrize(
    ("body", "rows", "heavy"),
    [
        (COUNT, weight.ROWS, False),
        (COUNT, weight.ROWS + 1, True),
        (BY_PLAN, weight.PARSED_ROWS, False),
        (BY_PLAN, weight.PARSED_ROWS + 1, True),
        (PAGE, 100 * weight.ROWS, False),
    ],
)
def test_rows_of_cold_files(body: dict[str, Any], rows: int, heavy: bool) -> None:
    cold = [replace(FILE, rows=rows - 1), replace(FILE, rows=1)]
    assert is_heavy(statement(body), Files("/data", (), cold)) is heavy


@pytest.mark.parametrize("body", [COUNT, PAGE])
def test_bytes_of_objects(tmp_path: Path, body: dict[str, Any]) -> None:
    objects = [tmp_path / "one", tmp_path / "two"]
    for number, path in enumerate(objects):
        with path.open("wb") as file:
            file.truncate(weight.OBJECT_BYTES // 2 + number)
    gone = str(tmp_path / "gone")

    assert is_heavy(statement(body), Files("/data", [*map(str, objects), gone]))
    assert not is_heavy(statement(body), Files("/data", [str(objects[0]), gone]))


def test_what_a_user_wrote() -> None:
    assert is_heavy(replace(statement(COUNT), heavy=True), Files("/data", ()))
