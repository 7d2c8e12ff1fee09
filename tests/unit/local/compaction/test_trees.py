"""The compaction's trees, run by DuckDB over rows that hypothesis makes up."""

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker.erasure.hashing import hash_of
from openbunker_local.compaction import trees as compaction

RECEIVED_MS = 1_767_355_200_000
edges = [
    RECEIVED_MS - layout.COLD_BEFORE_MS,
    RECEIVED_MS + layout.COLD_AFTER_MS,
    RECEIVED_MS - RECEIVED_MS % DAY_MS,
]
near_edges = st.sampled_from(edges).flatmap(lambda edge: st.integers(edge - 2, edge + 2))
times = st.one_of(near_edges, st.integers(-(2**63), 2**63 - 1), st.integers(0, 2 * RECEIVED_MS))


@settings(max_examples=30)
@given(st.lists(times, min_size=1, max_size=50))
def test_the_day_of_a_cold_row_is_that_of_the_layout(happened: list[int]) -> None:
    day = compaction.cold_day().sql("duckdb")
    rows = "SELECT unnest($times) AS timestamp_ms, CAST($now AS BIGINT) AS received_ms"
    found = duckdb.execute(
        f"SELECT {day} FROM ({rows})", {"times": happened, "now": RECEIVED_MS}
    ).fetchall()
    assert [one for (one,) in found] == [layout.cold_day(at, RECEIVED_MS) for at in happened]


@settings(max_examples=30)
@given(st.text(max_size=20), st.one_of(st.none(), st.text(max_size=20)))
def test_a_customer_is_hashed_as_erasures_do(project: str, customer: str | None) -> None:
    rows = "SELECT $p AS project_id, CAST($c AS VARCHAR) AS customer_identifier"
    text = f"SELECT {compaction.digits().sql('duckdb')} FROM ({rows})"
    ((found,),) = duckdb.execute(text, {"p": project, "c": customer}).fetchall()
    assert found == (None if customer is None else hash_of(project, customer))
