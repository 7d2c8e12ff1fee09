"""Whatever a SELECT returns has one form on both engines, or is refused by its column's name."""

import json
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import RequestRefused
from openbunker.query.engine import Table
from openbunker.query.user_sql import told
from tests.contract.test_selects import ask  # noqa: F401  # all four engines
from tests.support.query.lake import NOW_MS, event

EVENTS = [
    event(n, timestamp_ms=NOW_MS - n * 61_500, metric_value=n / 2, country="DE") for n in range(3)
]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("max(event_time) - min(event_time)", "PT2M3S"),
        ("min(event_time) - max(event_time)", "-PT2M3S"),
        ("max(event_time) - max(event_time)", "PT0S"),
        ("max(event_time) - (max(event_time) - interval '5' hour)", "PT5H"),
        ("max(event_time) - (max(event_time) - interval '50' hour)", "P2DT2H"),
        ("max(event_time + interval '1' month)", "2026-12-21T00:00:00.000Z"),
        ("cast(max(event_time) as date)", "2026-11-21"),
        ("max(1e0+1)", 2.0),
        ("max(metric_value*1e0+1e+1-1)", 10.0),
        ("max('1e0+1')", "1e0+1"),
        ("count(*) /* 1e0+1 */", 3),
        ("1e300 * max(1e300)", None),
        ("-1e300 * max(1e300)", None),
        ("sum(timestamp_ms)", 3 * NOW_MS - 3 * 61_500),
        ("max(9223372036854775807)", 2**63 - 1),
        ("max(1.50)", 1.5),
        ("max(2.00)", 2.0),
        ("max(null)", None),
        ("bool_and(country = 'DE')", True),
    ],
)
def test_a_value_has_one_form(ask: Any, text: str, value: Any) -> None:  # noqa: F811
    ((found,),) = ask(EVENTS, f"select {text} as x from events")

    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("max(event_time + interval '9000' year)", "a time outside of the years 1 to 9999"),
        ("sum(9223372036854775807)", "a whole number of more than 64 bits"),
    ],
)
def test_what_has_no_form_is_refused_by_its_column(
    ask: Any,  # noqa: F811
    text: str,
    problem: str,
) -> None:
    with pytest.raises(RequestRefused, match=f"sql: the column far holds {problem}"):
        ask(EVENTS, f"select 1 as one, {text} as far from events")


@pytest.mark.parametrize("text", ["interval '5' month", "interval '1' year + interval '5' day"])
def test_months_have_no_length_of_their_own(ask: Any, text: str) -> None:  # noqa: F811
    with pytest.raises(RequestRefused, match="months and years are added to a time"):
        ask(EVENTS, f"select {text} from events")


@pytest.mark.parametrize(
    "text",
    [
        "select count(*) from events a join events b using (event_id)",
        "select count(*) from events a left join events b using (event_id, country)",
        "with a as (select event_id, url from events) select count(*) from events join a "
        "using (event_id)",
    ],
)
def test_a_join_may_name_what_both_sides_have(ask: Any, text: str) -> None:  # noqa: F811
    assert ask(EVENTS, text) == [[3]]


@pytest.mark.parametrize("value", [b"x", [1], {"a": 1}, UUID(int=5), time(5), {1}, 1j])
def test_any_other_type_is_refused_and_never_a_fault(value: Any) -> None:
    with pytest.raises(RequestRefused) as refused:
        told.rows(Table(["a", "b"], [[1, value]], None, types=["bigint", "a kind"]), 5)

    assert refused.value.message == "sql: the column b holds a kind; cast it to varchar"


@given(st.timedeltas())
def test_a_length_of_time_says_its_milliseconds(length: timedelta) -> None:
    text = told.duration(length)
    sign, days, clock = text[0] == "-", 0, text.lstrip("-").removeprefix("P")
    if "D" in clock:
        count, clock = clock.split("D")
        days = int(count)
    units = {"H": 3_600_000, "M": 60_000, "S": 1000}
    total, number = days * 86_400_000, ""
    for sign_or_digit in clock.removeprefix("T"):
        if sign_or_digit in units:
            total += round(float(number) * units[sign_or_digit])
            number = ""
        else:
            number += sign_or_digit

    assert (-total if sign else total) == length // timedelta(milliseconds=1)
