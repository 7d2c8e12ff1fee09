"""Random typed expressions from the signature list: both engines give the same values.

The engine of Athena is the tests' stand-in, which is held to Trino's source by its comments.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import RequestRefused
from openbunker.query.athena.engine import AthenaEngine
from openbunker.query.engine import Engine, StatementRejected
from openbunker.query.scope import Scope
from openbunker.query.user_sql import check, signatures
from openbunker.query.user_sql import tree as select_sql
from openbunker.query.user_sql.kinds import Kind
from tests.support.laws import drawn, each
from tests.support.query import pooled
from tests.support.query.athena import DuckAthena, engine_over
from tests.support.query.expressions import BY_SIGNATURE, OTHERS, expression
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event

BOUNDS = (NOW_MS - HOUR_MS, NOW_MS)
TEXTS = ["", " 5", "5.7", "1e3", "-12", "Straße /a/b", "😀x😀", "2026-11-20", "2026-11-20 10:00:00",
         "+-1", "1_0", "NaN", "7", "0x1F", "2026-11-20T10:00:00", "true", "10\t", "1d"]  # fmt: skip
EVENTS = [
    event(
        n,
        url=None if n == 3 else text,
        os=TEXTS[-n],
        metric_value=[None, -2.5, 2.5, 0.5, -0.0, 1e7, 1234567.125][n % 7],
        timestamp_ms=NOW_MS - n * 61_507,
        properties={"n": [n, n / 2, str(n), None][n % 4], "tags": [n, {"x": text}], "o": {"0": n}},
    )
    for n, text in enumerate(TEXTS)
]


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, Engine]]:
    with pooled.lake() as (folder, lake):
        deliver(folder, EVENTS)
        athena: AthenaEngine = engine_over(DuckAthena(EVENTS))
        yield {"duckdb": lake, "athena": athena}


def told(engine: Engine, text: str) -> Any:
    select = select_sql.plan(check.read(text), Scope(PROJECT), BOUNDS, NOW_MS)
    try:
        return [repr(row) for row in select.rows(engine.run(select.statement))]
    except (StatementRejected, RequestRefused):
        return "refused"
    except Exception as error:  # the stand-in has no states: what DuckDB throws is what failed
        assert "duckdb" in type(error).__module__, error
        return "refused"


@drawn(15, of=60)
@given(st.integers(0, 2**32).map(Random))
def test_random_expressions_give_the_same_values(
    engines: dict[str, Engine], chance: Random
) -> None:
    columns = [expression(chance) for _ in range(3)]
    named = ", ".join(f"{column} AS c{n}" for n, column in enumerate(columns))
    text = f"SELECT {named} FROM events ORDER BY event_id"

    assert told(engines["duckdb"], text) == told(engines["athena"], text)


def test_every_function_of_the_list_is_drawn() -> None:
    assert set(BY_SIGNATURE) == set(signatures.SCALARS)
    assert {kind for kind, _ in OTHERS} <= set(Kind)


@each(
    "text,value",
    [
        ("split_part('a,b', ',', 3)", None),
        ("split_part('a,b', ',', 2)", "b"),
        ("cast(2.5 AS bigint)", 3),
        ("cast(-2.5 AS integer)", -3),
        ("cast(0.49999999999999994 AS bigint)", 0),
        ("substr('abc', strpos('abc', 'x'))", None),
        ("substr('abc', 2, length('abc') - 5)", None),
        ("7 / 2", 3.5),
        ("-7 % 3", -1),
        ("round(-2.5)", -3.0),
        ("round(7)", 7),
        ("ceil(7)", 7),
        ("round(1.005, 2)", 1.0),
        ("round(ceil(ln(0.5)), 1)", 0.0),
        ("round(-0.04, 1)", 0.0),
        ("0 * -1.5", 0.0),
        ("sign(-3)", -1),
        ("sign(-3.5)", -1.0),
        ("length('e\u0301😀x')", 4),
        ("strpos('e\u0301😀x', 'x')", 4),
        ("substr('e\u0301😀x', 3, 1)", "😀"),
        ("'e\u0301😀x' LIKE '____'", True),
        ("extract(WEEK FROM DATE '2021-01-03')", 53),
        ("TIMESTAMP '2024-03-31 00:00:00' - INTERVAL '1' MONTH", "2024-02-29T00:00:00.000Z"),
        ("cast(9007199254740993 AS double)", 9007199254740992.0),
        ("upper('straße')", "STRAßE"),
        ("upper('ẞ')", "ß"),
        ("lower('ÄÖ')", "äö"),
        ("trim(' \ta ')", "\ta"),
        ("try_cast('5.7' AS bigint)", None),
        ("try_cast('1_0' AS double)", None),
        ("try_cast('+-1' AS double)", None),
        ("try_cast(' 5' AS bigint)", None),
        ("try_cast('5e1' AS double)", 50.0),
        ("try_cast('2026-11-20T10:00:00' AS timestamp)", None),
        ("DATE '2026-11-20' + INTERVAL '1' MONTH", "2026-12-20"),
        ("DATE '2026-11-20' - DATE '2026-11-18'", "P2D"),
        ("date_trunc('month', DATE '2026-11-20')", "2026-11-01"),
        ("date_trunc('week', TIMESTAMP '2026-11-22 10:00:00')", "2026-11-16T00:00:00.000Z"),
        ("json_extract_scalar(properties, '$.tags')", None),
        ("json_extract_scalar(properties, '$.tags[0]')", "0"),
        ("json_extract_scalar(properties, '$.o[0]')", "0"),
        ("1.5 + 1.5", 3.0),
        ("0.1 + 0.2 = 0.3", False),
        ("'a' LIKE 'a '", False),
        ("'a_b' LIKE 'a!_b' ESCAPE '!'", True),
        ("os NOT LIKE 'x%'", True),
        ("max_by(url, timestamp_ms) OVER ()", ""),
    ],
)
def test_a_value_that_engines_differ_in_is_one(
    engines: dict[str, Engine], text: str, value: Any
) -> None:
    """As Trino has it, but for what `docs/sql.md` says."""
    for engine in engines.values():
        found = told(engine, f"SELECT {text} AS x FROM events ORDER BY event_id LIMIT 1")
        assert found == [repr([value])]


def test_a_row_without_a_value_may_be_the_greatest(engines: dict[str, Engine]) -> None:
    text = "SELECT max_by(url, CASE WHEN url IS NULL THEN 2 ELSE 1 END) AS x FROM events"

    assert {name: told(engine, text) for name, engine in engines.items()} == {
        "duckdb": ["[None]"],
        "athena": ["[None]"],
    }
