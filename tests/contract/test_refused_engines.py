"""Both engines tell what was refused as plain Python does, and of one project alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.refused_rows import Refused
from openbunker.core.times import DAY_MS
from openbunker.query.answers import refused_groups as refusals
from openbunker.query.athena.partitions import Begins
from openbunker.query.engine import Engine, Statement, Table
from openbunker.query.sql import refused as refused_sql
from openbunker.query.sql.refused import Wanted
from tests.support.laws import drawn
from tests.support.query import pooled
from tests.support.query import refused as rows
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT

REASONS = st.sampled_from([None, "invalid_schema", "origin_not_allowed", "it's"])
DIALECTS = st.sampled_from([None, "databuddy", "segment"])


def wanted(reason: str | None = None, dialect: str | None = None) -> Wanted:
    return Wanted(
        project_id=PROJECT,
        from_ms=NOW_MS - HOUR_MS,
        to_ms=NOW_MS,
        reason=reason,
        dialect=dialect,
    )


# Some rows lie by minute: an earlier release has delivered them.
ENGINES = ["duckdb", "duckdb-updated", "athena", "athena-updated", "athena-settled"]
# Where nobody knows, both are read; where the update was in the middle of the hour; long after it.
BEGINS = {
    "athena": Begins(),
    "athena-updated": Begins(hours_ms=lambda: NOW_MS - 60_000),
    "athena-settled": Begins(hours_ms=lambda: NOW_MS - DAY_MS),
}


def run(engine: str, given_rows: list[Refused], statement: Statement) -> Table:
    old = [one for one in given_rows if one.received_ms < NOW_MS - 60_000]
    old = old if engine.endswith("-updated") else []
    new = [one for one in given_rows if one not in old]
    if engine in BEGINS:
        client = DuckAthena([], new, old=old)
        found: Engine = engine_over(client, begins=BEGINS[engine])
        return found.run(statement)
    with pooled.lake() as (folder, lake):
        rows.deliver(folder, new)
        rows.deliver(folder, old, rows.by_minute)
        return lake.run(statement)


@pytest.mark.parametrize("engine", ENGINES)
@drawn(5, of=25)
@given(given_rows=rows.lists(), reason=REASONS, dialect=DIALECTS)
def test_the_groups_are_those_of_plain_python(
    engine: str, given_rows: list[Refused], reason: str | None, dialect: str | None
) -> None:
    table = run(engine, given_rows, refused_sql.groups(wanted(reason, dialect)))

    expected = rows.told(given_rows, PROJECT, reason, dialect)
    found = {group.reason: group for group in refusals.groups_of(table)}
    assert set(found) == set(expected)
    assert refusals.lacks(table, wanted()) == []
    for code, group in found.items():
        plain = expected[code]
        assert (group.count, group.first_ms, group.last_ms) == (plain["count"], *plain["times"])
        assert group.samples == plain["newest"]
        for names, counts in ((group.dialects, "dialects"), (group.fields, "fields")):
            assert list(names) == sorted(plain[counts], key=lambda n: (-plain[counts][n], n))


@pytest.mark.parametrize("engine", ENGINES)
@drawn(5, of=25)
@given(given_rows=rows.lists())
def test_the_rows_come_whole_and_in_order_of_their_ids(
    engine: str, given_rows: list[Refused]
) -> None:
    table = run(engine, given_rows, refused_sql.rows(wanted()))

    mine = {
        one.refused_id: one
        for one in given_rows
        if one.project_id == PROJECT and NOW_MS - HOUR_MS <= one.received_ms <= NOW_MS
    }
    expected = sorted(mine.values(), key=lambda one: one.refused_id)
    assert refusals.rows_of(table) == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_the_next_page_begins_after_the_last(engine: str) -> None:
    given_rows = [rows.row(number) for number in range(5)]

    page = replace(wanted(), after_id=f"{2:032x}")

    table = run(engine, given_rows, refused_sql.rows(page))
    assert refusals.rows_of(table) == given_rows[3:]


@pytest.mark.parametrize("engine", ENGINES)
def test_large_groups_come_first_with_three_samples(engine: str) -> None:
    many = [rows.row(n, reason="malformed_json", received_ms=NOW_MS - n) for n in range(9)]
    few = [rows.row(100 + n) for n in range(2)]

    table = run(engine, many + few, refused_sql.groups(wanted()))

    groups = refusals.groups_of(table)
    assert [(group.reason, group.count) for group in groups] == [
        ("malformed_json", 9),
        ("invalid_schema", 2),
    ]
    assert [one.refused_id for one in groups[0].samples] == [f"{n:032x}" for n in range(3)]
