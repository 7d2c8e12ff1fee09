"""The question's body: what is accepted, and that every mistake names its element."""

from typing import Any

import pytest

from openbunker.errors import RequestRefused
from openbunker.query import question
from openbunker.query.columns import MAX_DEPTH, MAX_NAME
from openbunker.query.elements import MAX_TEXT
from openbunker.query.question import Direction, Function
from openbunker.reasons import Reason

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
        ({"goup_by": []}, "goup_by: is not known; allowed: time_period, group_by, group_by_date, "),
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
    assert refusal(filtered(value, column)).startswith(f"filters[0].value: {column} is a ")
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
