"""The laws of JSON text: strict, and every refusal tells the place or the cause."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import jsontext
from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason

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


ENCODERS = [
    json.JSONEncoder(),
    json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")),
    json.JSONEncoder(sort_keys=True, skipkeys=True),
]


@given(JSON)
def test_a_writer_writes_as_its_encoder_does(value: Any) -> None:
    """Each of the same values: to draw one takes longer than to write it."""
    for encoder in ENCODERS:
        assert jsontext.writer(encoder)(value) == encoder.encode(value)


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
    text = f"{word} is not a JSON value at line 1 column 7"
    assert refused(f'{{"a": {word}}}'.encode()).message == text


def nested(depth: int) -> bytes:
    """Return lists and objects in turn, that many levels deep."""
    pairs = [(b"[", b"]") if level % 2 else (b'{"a":', b"}") for level in range(depth)]
    opening = b"".join(first for first, _ in pairs)
    return opening + b"1" + b"".join(last for _, last in reversed(pairs))


@pytest.mark.parametrize("depth", [1, 2, jsontext.MAX_DEPTH - 1, jsontext.MAX_DEPTH])
def test_json_up_to_the_depth_is_read(depth: int) -> None:
    assert jsontext.parse(nested(depth)) == json.loads(nested(depth))


@pytest.mark.parametrize("depth", [jsontext.MAX_DEPTH + 1, 900, 10_000, 100_000])
def test_deeper_json_is_refused(depth: int) -> None:
    for body in (nested(depth), b"[[1]," * 60 + nested(depth) + b"]" * 60, b"[" * depth):
        assert refused(body).reason is Reason.MALFORMED_JSON


def test_brackets_side_by_side_or_in_text_are_not_depth() -> None:
    wide = [[{"a": "[{" * 500}]] * 500
    assert jsontext.parse(json.dumps(wide).encode()) == wide
    assert refused(json.dumps([*wide, json.loads(nested(100))]).encode()).message.startswith(
        "The JSON is nested too deeply"
    )
    assert jsontext.parse(b'"' + b"[" * 500 + b'"') == "[" * 500


@pytest.mark.parametrize("one", [b"[]", b"{}", b'{"a":0}', b'"\\\\",[]', b'"\\"[{",{}'])
def test_so_many_objects_and_lists_are_read_and_no_more(one: bytes) -> None:
    """Those within texts are none of them."""
    most = b"[" + b",".join([one] * (jsontext.MAX_NODES - 1)) + b"]"
    assert len(jsontext.parse(most)) >= jsontext.MAX_NODES - 1
    told = refused(most[:-1] + b",[]]")
    assert (told.reason, told.message) == (
        Reason.MALFORMED_JSON,
        "The JSON holds more than 50,000 objects and lists; send it in parts.",
    )


def test_a_number_beyond_a_float_is_infinite() -> None:
    """As in JavaScript; whoever stores it refuses it where it stands."""
    assert jsontext.parse(b"[1e400, -1e400]") == [float("inf"), float("-inf")]
    assert jsontext.parse(b"1" * 10_000) == float("inf")
    assert jsontext.parse(b"-" + b"1" * 10_000) == float("-inf")


@pytest.mark.parametrize("sign", ["", "-"])
def test_so_many_digits_are_seen_wherever_they_stand(sign: str) -> None:
    """Of a long body one character of a hundred is looked at."""
    for digits, before in product((309, 5_000), range(101)):
        body = f"[{' ' * before}{sign}{'7' * digits}, 7]"
        assert jsontext.parse(body.encode()) == [float(f"{sign}inf"), 7]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("digits", [1, 17, 300, 308])
def test_whole_numbers_within_a_float_keep_every_digit(digits: int, sign: str) -> None:
    number = sign + "7" * digits
    assert repr(jsontext.parse(number.encode())) == number


def test_of_a_repeated_key_the_last_counts() -> None:
    assert jsontext.parse(b'{"a": 1, "b": 2, "a": 3}') == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": NaN}', "NaN is not a JSON value at line 1 column 7"),
        ('["Infinity",\n -Infinity]', "-Infinity is not a JSON value at line 2 column 2"),
        ('["a \\" NaN", Infinity]', "Infinity is not a JSON value at line 1 column 14"),
    ],
)
def test_what_is_no_number_in_json_is_named_with_its_place(text: str, place: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        jsontext.parse(text.encode())

    assert refused.value.message == place
