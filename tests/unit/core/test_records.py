"""The laws of records: decode undoes encode, one line each, the unstorable is refused."""

import json
import math
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import records
from openbunker.core.errors import Refusal
from openbunker.core.event import TEXT_LIMITS, Event
from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES, Record
from tests.support.laws import drawn

STORABLE = st.text(st.characters(exclude_categories=["Cs"]))
COLUMN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | STORABLE
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(STORABLE, inner),
)
EVENTS = st.builds(
    Event,
    project_id=COLUMN,
    event_id=COLUMN,
    dedupe_key=COLUMN,
    dialect=COLUMN,
    key_id=COLUMN,
    event_name=COLUMN,
    timestamp_ms=st.integers(),
    received_ms=st.integers(),
    customer_identifier=st.none() | COLUMN,
    url=st.none() | COLUMN,
    metric_value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    properties=st.dictionaries(STORABLE, VALUES),
)
PLAIN = Event(
    project_id="p",
    event_id="0" * 32,
    dedupe_key="0" * 32,
    dialect="eventbunker",
    key_id="k",
    event_name="x",
    timestamp_ms=1,
    received_ms=2,
)


@drawn(40, of=100)
@given(EVENTS)
def test_a_record_is_one_line_that_ends_and_decode_undoes_it(event: Event) -> None:
    """Both of the same events: to draw one takes longer than to judge it."""
    record = records.encode(event)
    assert isinstance(record, Record)
    assert records.decode(record.data) == event
    assert record.data.endswith(b"\n")
    assert record.data.count(b"\n") == 1


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (math.nan, Reason.UNSTORABLE_VALUE),
        (math.inf, Reason.UNSTORABLE_VALUE),
        ("\ud800", Reason.UNSTORABLE_VALUE),
        (_nested(100_000), Reason.UNSTORABLE_VALUE),
        ("x" * MAX_RECORD_BYTES, Reason.EVENT_TOO_LARGE),
    ],
    ids=["nan", "inf", "surrogate", "deep", "large"],
)
def test_what_cannot_be_stored_is_refused(value: Any, reason: Reason) -> None:
    refusal = records.encode(replace(PLAIN, properties={"x": value}))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason


def test_the_limit_is_the_streams_to_the_byte() -> None:
    spare = MAX_RECORD_BYTES - len(_data(replace(PLAIN, properties={"x": ""})))
    assert len(_data(replace(PLAIN, properties={"x": "n" * spare}))) == MAX_RECORD_BYTES
    assert isinstance(records.encode(replace(PLAIN, properties={"x": "n" * (spare + 1)})), Refusal)


def test_a_text_is_as_long_as_its_column_at_most() -> None:
    for column, most in TEXT_LIMITS.items():
        fits: dict[str, Any] = {column: "x" * most}
        assert json.loads(_data(replace(PLAIN, **fits)))[column] == "x" * most
        longer: dict[str, Any] = {column: "x" * (most + 1)}
        refusal = records.encode(replace(PLAIN, **longer))
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.field) == (Reason.INVALID_SCHEMA, column)
        assert str(most) in refusal.message


# Texts that are ours, or whose dialects bound the id that is in them.
GENERATED = {
    *("project_id", "event_id", "dedupe_key", "dialect", "key_id"),
    *("ip", "country", "browser", "os", "device"),
}


def test_every_text_of_a_sender_that_has_a_column_has_a_limit() -> None:
    texts = {name for name, kind in get_type_hints(Event).items() if kind in (str, str | None)}
    assert texts - GENERATED == {*TEXT_LIMITS}


def test_no_column_holds_a_nul_and_properties_may() -> None:
    texts = {name for name, kind in get_type_hints(Event).items() if kind in (str, str | None)}
    for column in texts:
        odd: dict[str, Any] = {column: "a\0b"}
        refusal = records.encode(replace(PLAIN, **odd))
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.field) == (Reason.UNSTORABLE_VALUE, column)
    kept = replace(PLAIN, properties={"x": "a\0b", "\0": [r"\u0000"]})
    assert records.decode(_data(kept)) == kept


def _data(event: Event) -> bytes:
    record = records.encode(event)
    assert isinstance(record, Record)
    return record.data


def test_a_row_of_another_version_is_not_read() -> None:
    with pytest.raises(ValueError, match="schema version"):
        records.decode(_data(PLAIN).replace(b'"v":1', b'"v":2'))
