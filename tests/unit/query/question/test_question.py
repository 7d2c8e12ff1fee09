"""The question's body: what is accepted, and that every mistake names its element."""

from typing import Any

import pytest

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.query.question import question
from openbunker.query.question.columns import MAX_DEPTH, MAX_NAME
from openbunker.query.question.elements import MAX_TEXT
from openbunker.query.question.question import Direction, Function

MINIMAL: dict[str, Any] = {"time_period": "minus_5_minutes"}


def refusal(body: object) -> str:
    with pytest.raises(RequestRefused) as caught:
        question.parse(body)
    assert caught.value.reason is Reason.INVALID_QUERY
    return caught.value.message


def filtered(value: object, field_name: object = "plan", op: object = "equals") -> dict[str, Any]:
    return {**MINIMAL, "filters": [{"field_name": field_name, "op": op, "value": value}]}


def test_the_least_question_counts_rows() -> None:
    """Without computations, a question counts."""
    asked = question.parse(MINIMAL)

    assert asked.columns == ["count"]
    assert asked.limit == 1000


def test_the_vendors_example_is_read() -> None:
    """The elements of the vendor's page: sum, equals, ASC."""
    asked = question.parse(
        {
            "time_period": "minus_5_minutes",
            "group_by": ["country", "cart.currency"],
            "computations": [{"field_name": "price", "function": "sum"}, {"function": "count"}],
            "filters": [{"field_name": "event_name", "op": "equals", "value": "purchase"}],
            "order_by": [{"field_name": "sum_price", "direction": "DESC"}],
            "limit": 10_000,
        }
    )

    assert asked.columns == ["country", "cart.currency", "sum_price", "count"]
    assert asked.computations[0].function is Function.SUM
    assert asked.order_by[0].direction is Direction.DESC
    assert asked.group_by[1].path == ("cart", "currency")


@pytest.mark.parametrize(
    ("text", "length_ms"),
    [
        ("minus_1_minutes", 60_000),
        ("minus_36_hours", 129_600_000),
        ("minus_3650_days", 315_360_000_000),
    ],
)
def test_a_period_ends_now(text: str, length_ms: int) -> None:
    asked = question.parse({"time_period": text})

    assert asked.time_period.bounds(1_000_000_000_000) == (
        1_000_000_000_000 - length_ms,
        1_000_000_000_000,
    )


@pytest.mark.parametrize(
    "period",
    [
        None, 5, "", "tomorrow", "minus_5_years", "minus_0_days", "minus_120_months",
        "minus_05_days", "minus_-5_days",
        "minus_5_minutes ", "minus_\u0665_minutes", "minus_3651_days", "minus_999999999999_days",
        "minus_522_weeks", {"from": 1}, {"from": 1, "to": 2, "zone": "UTC"}, ["today"], {},
    ],
)  # fmt: skip
def test_another_period_names_what_is_allowed(period: object) -> None:
    text = refusal({"time_period": period})

    assert text.startswith("time_period: ")
    assert "minus_<n>_<minutes|hours|days|weeks|months>" in text


@pytest.mark.parametrize("body", [None, [], "x", 5, [MINIMAL]])
def test_a_question_is_an_object(body: object) -> None:
    assert refusal(body) == "The question is a JSON object."


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"time_period": ...}, "time_period: is required"),
        ({"goup_by": []}, "goup_by: is not known; allowed: time_period, time_basis, group_by, "),
        ({"group_by": "country"}, "group_by: is an array"),
        ({"group_by": ["a", 5]}, "group_by[1]: a field name is a string"),
        ({"group_by": ["received_ms"]}, "group_by: received_ms is a date field"),
        ({"group_by": ["a"] * 11}, "group_by: has at most 10 items"),
        ({"group_by": ["a", "a"]}, "group_by, computations: the column a is named twice"),
        ({"group_by": ["count"]}, "group_by, computations: the column count is named twice"),
        ({"computations": {}}, "computations: is an array"),
        ({"computations": []}, "computations: at least one is needed"),
        ({"computations": ["sum"]}, "computations[0]: is an object with: function, field_name"),
        ({"computations": [{}]}, "computations[0].function: is required"),
        (
            {"computations": [{"function": "count"}, {"function": "mode", "field_name": "a"}]},
            "computations[1].function: allowed: 'count', 'count_unique', 'sum', 'avg', 'min', ",
        ),
        ({"computations": [{"function": "sum"}]}, "computations[0].field_name: sum needs"),
        (
            {"computations": [{"function": "sum", "field_name": "url"}]},
            "computations[0].field_name: sum takes a number: metric_value or a custom field",
        ),
        (
            {"computations": [{"function": "sum", "field_name": "received_ms"}]},
            "computations[0].field_name: sum takes a number",
        ),
        (
            {"computations": [{"function": "count", "as": "n"}]},
            "computations[0].as: is not known; allowed: function, field_name",
        ),
        ({"filters": [{"field_name": "a", "op": "equals"}]}, "filters[0].value: is required"),
        ({"filters": [{"op": "equals", "value": 1}]}, "filters[0].field_name: is required"),
        ({"order_by": [{"field_name": "plan"}]}, "order_by[0].field_name: allowed: count"),
        ({"order_by": [{"field_name": 5}]}, "order_by[0].field_name: "),
        (
            {"order_by": [{"field_name": "count", "direction": "asc"}]},
            "order_by[0].direction: allowed: 'ASC' or 'DESC'",
        ),
        ({"limit": 0}, "limit: is a whole number from 1 to 10000"),
        ({"limit": 10_001}, "limit: is a whole number from 1 to 10000"),
        ({"limit": "5"}, "limit: is a whole number from 1 to 10000"),
        ({"limit": True}, "limit: is a whole number from 1 to 10000"),
        ({"limit": None}, "limit: is a whole number from 1 to 10000"),
    ],
)
def test_a_mistake_names_its_element(change: dict[str, Any], told: str) -> None:
    body = {name: value for name, value in {**MINIMAL, **change}.items() if value is not ...}

    assert refusal(body).startswith(told)


@pytest.mark.parametrize("op", ["like", "EQUALS", "", None, 5])
def test_another_operator_names_what_is_allowed(op: object) -> None:
    assert refusal(filtered("x", op=op)).startswith("filters[0].op: allowed: 'equals', 'not_eq")


@pytest.mark.parametrize(
    "value", ["", "x" * MAX_TEXT, "it's", "日本", 0, -1, 2.5, 1e300, 2**70, True, False, None]
)
def test_a_filter_takes_scalars(value: object) -> None:
    assert question.parse(filtered(value)).filters[0].value == value


@pytest.mark.parametrize(
    "value",
    [[[]], [{}], {}, float("inf"), [float("nan")], ["x"] * 101,
     float("nan"), 10**400, "x" * (MAX_TEXT + 1), "'" * MAX_TEXT,
     "\0", "\ud800"],
)  # fmt: skip
def test_another_value_is_refused(value: object) -> None:
    assert refusal(filtered(value)).startswith("filters[0].value: a")


@pytest.mark.parametrize(
    ("column", "value"),
    [("event_name", 5), ("event_name", True), ("metric_value", "5"), ("timestamp_ms", "today"),
     ("metric_value", False)],
)  # fmt: skip
def test_a_columns_value_has_the_columns_kind(column: str, value: object) -> None:
    article = "an" if column == "timestamp_ms" else "a"
    assert refusal(filtered(value, column)).startswith(f"filters[0].value: {column} is {article} ")
    assert question.parse(filtered(None, column)).filters[0].value is None


@pytest.mark.parametrize("name", ["plan", "a b", "größe", "$x", "a[0]", "it's", "; DROP TABLE x"])
def test_a_custom_field_may_have_most_names(name: str) -> None:
    assert question.parse(filtered(1, name)).filters[0].field_name.path == (name,)


@pytest.mark.parametrize(
    "name",
    ["", ".", "a.", ".a", "a..b", 'a"b', "a\\b", "*", "a.*", "a\nb", "a\0b", "\ud800", "properties",
     "properties.", "x" * (MAX_NAME + 1), ".".join("x" * (MAX_DEPTH + 1)), None, 5, ["a"]],
)  # fmt: skip
def test_other_names_are_refused(name: object) -> None:
    """Quotes and asterisks mean something in a JSON path, so no field name holds them."""
    assert refusal(filtered(1, name)).startswith("filters[0].field_name: ")


def test_every_mistake_is_told_at_once() -> None:
    text = refusal({"limit": 0, "x": 1, "filters": [{"op": "like", "field_name": "a"}]})

    for place in ("time_period: ", "limit: ", "x: ", "filters[0].op: ", "filters[0].value: "):
        assert place in text


def test_a_refusal_stays_short() -> None:
    """What a client sent is repeated in part only."""
    body = {**MINIMAL, **{f"{n}" + "x" * 1000: 1 for n in range(500)}}

    assert len(refusal(body)) < 5000


@pytest.mark.parametrize(
    ("op", "field", "value", "told"),
    [
        ("in", "plan", [], "in takes an array of 1 to 100 values"),
        ("not_in", "plan", "a", "not_in takes an array of 1 to 100 values"),
        ("in", "country", ["DE", 5], "country is a text column; its value is a string or null"),
        ("gt", "plan", None, "gt takes a number or a string"),
        ("lte", "plan", True, "lte takes a number or a string"),
        ("gte", "metric_value", "5", "metric_value is a number column"),
        ("lt", "plan", [5], "lt takes a number or a string"),
        ("contains", "plan", "", "contains takes a string that is not empty, a number"),
        ("contains", "plan", None, "contains takes a string that is not empty"),
        ("contains", "metric_value", "5", "contains takes a text column or a custom field"),
        ("contains", "country", 5, "country is a text column"),
        ("starts_with", "plan", 5, "starts_with takes a string that is not empty"),
        ("starts_with", "timestamp_ms", "5", "starts_with takes a text column"),
        ("exists", "plan", None, "exists takes no value"),
        ("not_exists", "country", "x", "not_exists takes no value"),
        ("equals", "country", ["DE"], "country is a text column; it holds no arrays"),
        ("not_equals", "metric_value", [5], "metric_value is a number column; it holds no arrays"),
    ],
)
def test_a_value_fits_its_operator(op: str, field: str, value: object, told: str) -> None:
    assert refusal(filtered(value, field, op)).startswith(f"filters[0].value: {told}")


@pytest.mark.parametrize("op", ["equals", "in", "gt", "contains", "starts_with"])
def test_only_exists_goes_without_a_value(op: str) -> None:
    one = {"field_name": "plan", "op": op}

    assert refusal({**MINIMAL, "filters": [one]}) == "filters[0].value: is required"
    assert question.parse({**MINIMAL, "filters": [{**one, "op": "exists"}]}).filters[0].values == ()


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ([["x"] * 100] * 6, "filters: all filters together have at most 500 values"),
        ([["x" * 1000] * 11], "filters: all texts together have at most 10000 bytes"),
        ([["é" * 500] * 11], "filters: all texts together have at most 10000 bytes"),
    ],
)
def test_all_filters_fit_into_one_statement(filters: list[list[str]], told: str) -> None:
    found = [{"field_name": "plan", "op": "in", "value": values} for values in filters]

    assert refusal({**MINIMAL, "filters": found}) == told


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({}, "group_by_date.interval: is required"),
        ("day", "group_by_date: is an object with: interval, timezone, fill"),
        (
            {"interval": "year"},
            "group_by_date.interval: allowed: 'minute', 'hour', 'day', 'week' or",
        ),
        ({"interval": "day", "timezone": "Berlin"}, "group_by_date.timezone: is an IANA time zone"),
        ({"interval": "day", "fill": 1}, "group_by_date.fill: is true or false"),
        (
            {"interval": "day", "zone": "UTC"},
            "group_by_date.zone: is not known; allowed: interval, ",
        ),
    ],
)
def test_a_mistake_in_the_buckets_is_named(dates: object, told: str) -> None:
    assert refusal({**MINIMAL, "group_by_date": dates}).startswith(told)


def test_the_date_is_the_first_column() -> None:
    body = {**MINIMAL, "group_by_date": {"interval": "day"}, "group_by": ["plan"]}

    assert question.parse(body).columns == ["date", "plan", "count"]
    assert question.parse({**body, "group_by": ["properties.date"]})
    assert refusal({**body, "group_by": ["date"]}).startswith("group_by_date, group_by, comp")


@pytest.mark.parametrize("function", ["avg", "median", "p90", "p95", "p99"])
def test_numbers_are_taken_of_numbers(function: str) -> None:
    for column in ("country", "timestamp_ms"):
        told = refusal({**MINIMAL, "computations": [{"function": function, "field_name": column}]})
        assert told.startswith(f"computations[0].field_name: {function} takes a number")


def test_least_and_greatest_are_taken_of_columns_too() -> None:
    found = [{"function": "min", "field_name": "country"},
             {"function": "max", "field_name": "received_ms"}]  # fmt: skip

    asked = question.parse({**MINIMAL, "computations": found})

    assert asked.columns == ["min_country", "max_received_ms"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x", "key_filter_data: is an array"),
        ([{"op": "equals", "value": 1}], "key_filter_data[0].field_name: is required"),
        ([{"field_name": "a", "op": "like", "value": 1}], "key_filter_data[0].op: allowed"),
        ([5], "key_filter_data[0]: is an object with: field_name, op, value"),
        ([{"field_name": "a", "op": "exists"}] * 51, "key_filter_data: has at most 50 items"),
    ],
)
def test_the_filters_of_a_key_are_held_to_the_same(value: object, told: str) -> None:
    with pytest.raises(RequestRefused, match=r"key_filter_data") as caught:
        question.parse_filters(value)
    assert caught.value.message.startswith(told)
    assert question.parse_filters([]) == ()
