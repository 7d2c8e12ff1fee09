"""The laws of field checks: types as JSON has them, lengths as JavaScript counts them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.wire import fields
from openbunker.wire.fields import Field

SAMPLES: dict[str, Any] = {
    "string": "x",
    "number": 1.5,
    "boolean": True,
    "null": None,
    "array": [1],
    "object": {},
}


@pytest.mark.parametrize("kind", ["string", "number", "object"])
@pytest.mark.parametrize("given_kind", list(SAMPLES))
def test_a_field_takes_its_own_type_only(kind: str, given_kind: str) -> None:
    found = fields.problems({"f": SAMPLES[given_kind]}, [Field("f", kind)])
    texts = [problem.message for problem in found]
    expected = f"Invalid input: expected {kind}, received {given_kind}"
    assert texts == ([] if kind == given_kind else [expected])


def test_an_empty_list_is_an_object_without_members() -> None:
    """PHP writes both alike."""
    assert fields.problems({"f": []}, [Field("f", "object", required=True)]) == ()
    assert fields.problems([], [Field("f", "object")]) != ()


@pytest.mark.parametrize("required", [True, False])
def test_absent_and_null_are_different(required: bool) -> None:
    field = Field("f", "string", required=required, nullable=True)
    assert bool(fields.problems({}, [field])) == required
    assert not fields.problems({"f": None}, [field])
    assert fields.problems({"f": None}, [Field("f", "string", required=required)])


@given(st.text())
def test_a_length_is_counted_in_utf16_units(text: str) -> None:
    units = sum(2 if ord(letter) > 0xFFFF else 1 for letter in text)
    assert fields.utf16_length(text) == units
    assert not fields.problems({"f": text}, [Field("f", "string", least=units, most=units)])
    assert fields.problems({"f": text}, [Field("f", "string", least=units + 1)])
    if units:
        assert fields.problems({"f": text}, [Field("f", "string", most=units - 1)])


@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan")])
def test_a_number_fits_a_float(value: float) -> None:
    assert not fields.is_number(value)
    assert fields.problems({"f": value}, [Field("f", "number")])
    assert fields.problems({"f": value}, [Field("f", "time")])


@given(st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_time_is_whole_milliseconds_within_range(value: float) -> None:
    good = value == int(value) and abs(value) <= 8_640_000_000_000_000
    assert (fields.problems({"f": value}, [Field("f", "time")]) == ()) == good


@given(st.decimals(-(10**9), 10**9, places=2))
def test_a_decimal_text_keeps_its_value_and_its_zeros(amount: Decimal) -> None:
    assert fields.decimal_text(str(amount)) == str(amount)


@given(st.integers(-(10**15), 10**15))
def test_a_number_becomes_the_decimal_of_the_same_value(cents: int) -> None:
    text = fields.decimal_text(cents / 100)
    assert text is not None
    assert Decimal(text) == Decimal(repr(cents / 100))


@pytest.mark.parametrize(
    "value",
    [
        *[
            "",
            "x",
            "NaN",
            "Infinity",
            "1e5",
            "1,5",
            "1.",
            ".5",
            "+1",
            "--1",
            "\u0661",
            "1 0",
            "0x1",
        ],
        *[True, None, [], {}, float("nan"), float("inf"), 1e300, "9" * 41],
    ],
)
def test_what_is_no_plain_decimal_is_none(value: Any) -> None:
    assert fields.decimal_text(value) is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_what_is_no_object_is_one_finding_at_the_root(value: Any) -> None:
    found = fields.problems(value, [Field("f", "string", required=True)])
    assert [(problem.code, problem.path) for problem in found] == [("invalid_type", ())]


def test_a_refusal_tells_every_finding_and_the_first_place() -> None:
    found = fields.problems({"a": 1, "b": 2}, [Field("a", "string"), Field("b", "string")])
    refusal = fields.refusal(fields.under(("events", 3), found))
    assert refusal.field == "events.3.a"
    text = "Invalid input: expected string, received number"
    assert refusal.message == f"events.3.a: {text}; events.3.b: {text}"
    assert [problem.path for problem in refusal.problems] == [
        ("events", 3, "a"),
        ("events", 3, "b"),
    ]


def test_of_very_many_findings_the_text_names_the_first_ones_and_counts_the_others() -> None:
    names = [f"f{number}" for number in range(fields.MAX_TOLD + 3)]
    found = fields.problems(dict.fromkeys(names, 1), [Field(name, "string") for name in names])
    text = fields.refusal(found).message
    assert text.count("Invalid input") == fields.MAX_TOLD
    assert text.endswith("; and 3 more")
