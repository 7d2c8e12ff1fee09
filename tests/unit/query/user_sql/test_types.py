"""What Athena would refuse is refused here, with what to write instead; names by Trino's rules."""

import pytest

from openbunker.core.errors import RequestRefused
from openbunker.query.rendering import athena
from openbunker.query.scope import Scope
from openbunker.query.user_sql import check, tree
from openbunker_local.lake.rendering import duckdb
from tests.support.laws import each

OF_EVENTS = "from events"


def refusal(text: str) -> str:
    with pytest.raises(RequestRefused) as refused:
        check.read(text)
    return refused.value.message


@each(
    "text,told",
    [
        ("select os as n, count(*) {e} group by n", "n is a name of the answer, which ORDER BY"),
        ("select os as n {e} where n = 'x'", "line 1, column 34: n is a name of the answer"),
        ("select count(*) as n {e} having n > 1", "repeat what it stands for"),
        ("select os as n, n as m {e}", "n is a name of the answer"),
        ("select os {e} where metric_value = '5'", "a number is compared with a text: cast one"),
        ("select os {e} where event_time > '2026-11-20'", "TIMESTAMP '2026-11-20 10:00:00'"),
        ("select os {e} where event_time > 5", "milliseconds are timestamp_ms"),
        ("select os {e} where os in ('a', 1)", "a text is compared with a whole number"),
        ("select os {e} where os between 'a' and 1", "a text is compared with a whole number"),
        ("select os {e} where os in (select metric_value {e})", "a text is compared with a number"),
        ("select case when true then 1 else 'a' end {e}", "a whole number stands beside a text"),
        ("select coalesce(os, 0) {e}", "a text stands beside a whole number"),
        ("select os {e} union select 5 {e}", "UNION: the column os is a text, then a whole number"),
        ("select os, url {e} except select os {e}", "2 columns beside 1"),
        ("select distinct os {e} order by url", "SELECT DISTINCT is ordered by columns of its"),
        ("select os {e} union select url {e} order by lower(os)", "takes a column's name or its"),
        ("select os {e} order by 2", "there is no column 2: the SELECT has 1"),
        ("select count(*) {e} group by 1", "GROUP BY 1: that column is computed of the groups"),
        ("select count(distinct os, url) {e}", "DISTINCT takes one value"),
        ("select approx_distinct(distinct os) {e}", "DISTINCT takes one value"),
        ("select sum(os = 'x') {e}", "sum takes a number, not a truth value: count what is true"),
        ("select sum(count(*)) {e}", "aggregates hold no aggregate"),
        ("select os {e} where count(*) > 1", "WHERE is asked of rows: count is for SELECT"),
        (
            "select os {e} where rank() over () = 1",
            "OVER is for SELECT and ORDER BY, not for WHERE",
        ),
        ("select rank() {e}", "rank has OVER (...) behind it"),
        ("select count(*) filter (where true) over () {e}", "no FILTER and no DISTINCT"),
        ("select os {e} where os", "WHERE takes a truth value, not a text"),
        ("select lower(5) {e}", "lower takes a text, not a whole number"),
        ("select timestamp '2026-11-20T10:00:00' {e}", "without T and zone"),
        ("select timestamp '2026-02-30 10:00:00' {e}", "2026-02-30 is no day of the calendar"),
        ("select cast(os as timestamp) {e}", "say try_cast"),
        ("select cast(os as boolean) {e}", "compare it: x = 'true'"),
        ("select cast(metric_value as varchar) {e}", "cast(cast(x AS bigint) AS varchar)"),
        ("select cast(event_time as varchar) {e}", "return the time itself"),
        ("select event_time + 5 {e}", "add an interval"),
        ("select os + 1 {e}", "cast both to numbers"),
        ("select cast(event_time as date) + interval '1' hour {e}", "cast it to timestamp"),
        ("select date_trunc('hour', cast(event_time as date)) {e}", "a date has no hour"),
        ("select json_extract_scalar(url, '$.x') {e}", "takes the JSON text of properties"),
        ("select 9223372036854775808 {e}", "a whole number is at most 9223372036854775807"),
        ("select url {e} a join events b on a.os = b.os", "there twice: say a.url or b.url"),
        ("select a.os {e} a join events b using (os)", "say os alone"),
        ("select * {e} a join events b using (os)", "beside USING a * is not available"),
        ("select a.os {e} a join events a on true", "two tables are called a"),
        ("select a.os {e} a full join events b on a.os > b.os", "FULL JOIN takes equations"),
        ("with a(x) as (select os, url {e}) select x from a", "given 1 names for 2 columns"),
        ("select b.os {e} a", "there is no table b here"),
        ("select (select x.os {e} x where x.os = e.os limit 1) {e} e", "join instead"),
        ("select (select x.os {e} x where x.os = e.os) {e} e", "an aggregate, as max(x)"),
        ("select (select os, url {e} limit 1) {e}", "has one column, not 2"),
        ("select -metric_value as metric_value {e} order by metric_value + 1", "two meanings"),
        ("select interval '1' month {e}", "months and years are added to a time"),
        ("select event_time - interval '1' month + interval '1' month - os {e}", "a timestamp - a"),
    ],
)
def test_what_athena_would_refuse_is_refused(text: str, told: str) -> None:
    assert told in refusal(text.replace("{e}", OF_EVENTS))


@each(
    "text,told",
    [
        ("os || url", "|| is not available; nothing makes texts longer"),
        ("properties['x']", "[ ] is not available; a field of your own is json_extract_scalar"),
        ("now()", "there is no function now; the period says what is recent"),
        ("current_timestamp", "current_timestamp is not available; the period says"),
        ("concat(os, url)", "there is no function concat"),
        ("date_diff('day', event_time, received_time)", "date_diff; subtract"),
        ("os ILIKE 'x'", "ILIKE is not available; say lower(x) LIKE"),
        ("os IS TRUE", "IS is for null"),
        ("Regexp_Like(os, 'x')", "there is no function regexp_like; say LIKE, or strpos"),
        ("substr(os, 0)", "counts from 1"),
        ("substr(os, -1)", "counts from 1"),
        ("split_part(os, '', 1)", "split_part takes a text and a place"),
        ("trim(BOTH 'x' FROM os)", "trim takes blanks"),
        ("os LIKE 'a!b' ESCAPE '!'", "ESCAPE names one character"),
        ("round(metric_value, -1)", "round takes the number of digits"),
        ("json_extract_scalar(properties, '$.a[-1]')", "a whole number from 0 on"),
        ("event_time + interval '1' week", "a week is '7' DAY"),
        ("lag(os, -1) over (order by os)", "how many rows, from 0 on"),
    ],
)
def test_errors_speak_of_what_was_typed(text: str, told: str) -> None:
    assert told in refusal(f"select {text} from events")


@each(
    "text",
    [
        "select os as n, count(*) c {e} group by 1 order by n, c * 2",
        "select os as n, count(*) {e} group by os having count(*) > 1",
        "select distinct os {e} order by os",
        "select lower(os) {e} order by lower(os), metric_value + 1",
        "select e.os, x.n {e} e join (select os, count(*) n {e} group by 1) x on x.os = e.os",
        "select os, b.url {e} a join events b using (os)",
        "select count(*) {e} e where exists (select 1 {e} x where x.os = e.os)",
        "select (select max(x.metric_value) {e} x where x.os = e.os) m {e} e",
        "with a(x, y) as (select os, metric_value {e}) select y + 1 from a where x > 'b'",
        "select sum(count(*)) over (order by os) {e} group by os",
        "select rank() over w {e} window w as (partition by os order by event_time)",
        "select null, coalesce(null, os), case when null then 1 end {e}",
        "select os {e} where event_time - received_time > interval '5' minute",
        "select event_time + interval '1' month + interval '5' day {e}",
        "select os {e} union all select null {e} order by 1",
        "select avg(timestamp_ms), min_by(os, event_time), count(distinct os) {e}",
    ],
)
def test_what_both_engines_mean_the_same_by_is_read(text: str) -> None:
    assert check.read(text.replace("{e}", OF_EVENTS))


def test_what_is_nested_is_written_once() -> None:
    """Where a value is held to bounds it is not repeated: twice in each other is 2^9 times."""
    text = "url"
    for _ in range(9):
        text = f"substr(url, strpos({text}, 'a'))"
    select = tree.plan(check.read(f"select {text} from events"), Scope("p"), (0, 1), 2)

    for said, _ in (duckdb(select.statement), athena(select.statement)):
        assert said.count("STRPOS") == 9
