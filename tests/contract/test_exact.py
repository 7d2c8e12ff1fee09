"""Numbers and texts lose nothing on the way: digits, order, and one zero, on both engines."""

import json
from typing import Any

import pytest

from tests.contract.test_engines import MINE, ask  # noqa: F401  # both engines
from tests.support.query.lake import NOW_MS, event

PERIOD = {"time_period": "minus_1_hours"}
BIG = 2**62


def events(values: list[Any]) -> list[Any]:
    return [event(n, properties={"n": value}) for n, value in enumerate(values)]


def computed(ask: Any, values: list[Any], *functions: str, **more: Any) -> str:  # noqa: F811
    asked = [{"function": one, "field_name": "n"} for one in functions]
    return json.dumps(ask(events(values), {**PERIOD, "computations": asked, **more}, MINE))


@pytest.mark.parametrize(
    ("values", "total", "least", "most"),
    [
        (list(range(101)), "5050", "0", "100"),
        ([BIG + 1, 1], f"{BIG + 2}", "1", f"{BIG + 1}"),
        ([BIG + 1, BIG + 3], f"{2 * BIG + 4}", f"{BIG + 1}", f"{BIG + 3}"),  # beyond 64 bits too
        ([-BIG - 1, -1], f"{-BIG - 2}", f"{-BIG - 1}", "-1"),
        ([5, 5.0, "5", "5.00"], "20", "5", "5"),
        ([2.5, 2.5], "5", "2.5", "2.5"),
        ([0.5, 1], "1.5", "0.5", "1"),
        (["0.10", "0.20", 1], "1.3", "0.1", "1"),
        ([-0.0, 0], "0", "0", "0"),
        ([-0.0], "0", "0", "0"),
        ([1, "x", None, True, [1]], "1", "1", "1"),
        (["x"], "null", "null", "null"),
        ([1e300, 1e300], "2e+300", "1e+300", "1e+300"),
        ([2**63 - 1, 1], f"{2**63}", "1", f"{2**63 - 1}"),
        ([2**63, 1], "9.223372036854776e+18", "1", "9.223372036854776e+18"),
    ],
)
def test_whole_numbers_come_back_whole_and_with_all_their_digits(
    ask: Any,  # noqa: F811
    values: list[Any],
    total: str,
    least: str,
    most: str,
) -> None:
    assert computed(ask, values, "sum", "min", "max") == f"[[{total}, {least}, {most}]]"


def test_metric_value_is_a_double_and_told_without_a_fraction_of_zeros(ask: Any) -> None:  # noqa: F811
    sums = [{"function": f, "field_name": "metric_value"} for f in ("sum", "avg", "median", "max")]
    found = [event(n, metric_value=float(n)) for n in range(101)]

    assert json.dumps(ask(found, {**PERIOD, "computations": sums}, MINE)) == "[[5050, 50, 50, 100]]"


@pytest.mark.parametrize("fill", [True, False])
def test_sums_over_time_are_whole_too(ask: Any, fill: bool) -> None:  # noqa: F811
    body = {
        "time_period": {"from": NOW_MS - 7_200_000, "to": NOW_MS},
        "group_by_date": {"interval": "hour", "fill": fill},
    }
    expected = [["2026-11-20T23:00:00+00:00", 2 * BIG + 4, BIG + 3]]
    if fill:
        expected.insert(0, ["2026-11-20T22:00:00+00:00", 0, None])

    assert computed(ask, [BIG + 1, BIG + 3], "sum", "max", **body) == json.dumps(expected)


def test_what_doubles_hold_for_one_is_put_in_order(ask: Any) -> None:  # noqa: F811
    """Only the last digit tells them apart."""
    found = [
        event(n, properties={"n": BIG + n, "who": f"w{n}"}, metric_value=1.0) for n in (2, 0, 1)
    ]
    body = {
        **PERIOD,
        "group_by": ["who"],
        "computations": [{"function": "sum", "field_name": "n"}],
        "order_by": [{"field_name": "sum_n", "direction": "DESC"}],
    }

    assert ask(found, body, MINE) == [["w2", BIG + 2], ["w1", BIG + 1], ["w0", BIG]]


@pytest.mark.parametrize("field", ["metric_value", "n"])
def test_zero_is_one_group_whatever_its_sign(ask: Any, field: str) -> None:  # noqa: F811
    zeros = [-0.0, 0.0, 0.0] if field == "metric_value" else [-0.0, 0, 0.0]
    found = [event(n, metric_value=float(z), properties={"n": z}) for n, z in enumerate(zeros)]
    unique = [{"function": "count"}, {"function": "count_unique", "field_name": field}]
    body = {**PERIOD, "group_by": [field], "computations": unique}

    assert json.dumps(ask(found, body, MINE)) == "[[0, 3, 1]]"


TEXTS = ["", "\t", "\n", " ", "!", '"', "#", "A", "[", "\\", "]", "a", 'a"', "a#", "a\\", "a]", "é",
         "\u2028", "\uffff", "\U0001f600"]  # fmt: skip


def test_texts_sort_by_code_point_also_where_json_escapes(ask: Any) -> None:  # noqa: F811
    found = events(TEXTS[::-1])
    down = [{"field_name": "n", "direction": "DESC"}]

    up_rows = ask(found, {**PERIOD, "group_by": ["n"]}, MINE)
    down_rows = ask(found, {**PERIOD, "group_by": ["n"], "order_by": down}, MINE)

    assert [row[0] for row in up_rows] == sorted(TEXTS) == TEXTS
    assert [row[0] for row in down_rows] == TEXTS[::-1]
