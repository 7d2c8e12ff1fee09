"""The laws of JSON text: strict, and every refusal tells the place or the cause."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker import jsontext
from openbunker.errors import RequestRefused
from openbunker.reasons import Reason

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def refused(body: bytes) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        jsontext.parse(body)
    return caught.value


@given(JSON)
def test_what_json_writes_is_read_back(value: Any) -> None:
    assert jsontext.parse(json.dumps(value).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        jsontext.parse(body)
    except RequestRefused as refusal:
        assert refusal.reason in (Reason.MALFORMED_JSON, Reason.INVALID_UTF8)


def test_the_place_of_an_error_is_told() -> None:
    refusal = refused(b'{\n  "a": 1\n  "b": 2\n}')
    assert refusal.reason is Reason.MALFORMED_JSON
    assert refusal.message == "Expecting ',' delimiter at line 3 column 3"


def test_a_byte_that_is_not_utf8_is_told() -> None:
    refusal = refused(b'{"a": "\xff"}')
    assert refusal.reason is Reason.INVALID_UTF8
    assert "byte 7" in refusal.message


def test_a_byte_order_mark_is_ignored() -> None:
    assert jsontext.parse(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(word: str) -> None:
    assert refused(f'{{"a": {word}}}'.encode()).message == f"{word} is not a JSON value."


def test_depth_and_digits_without_end_are_refused() -> None:
    assert refused(b"[" * 100_000).reason is Reason.MALFORMED_JSON
    assert refused(b"[" * 100_000 + b"]" * 100_000).reason is Reason.MALFORMED_JSON
    assert refused(b"1" * 10_000).reason is Reason.MALFORMED_JSON
