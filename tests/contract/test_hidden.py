"""Both engines answer about hidden customers as if their rows had never come."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.event import Event
from openbunker.core.refused_rows import Refused
from openbunker.erasure.hashing import PERSON_COLUMNS, hash_of
from openbunker.erasure.model import Forgotten, Hidden
from openbunker.query.answers import refused_groups as refusals
from openbunker.query.scope import Scope
from openbunker.query.sql import refused as refused_sql
from tests.contract import test_refused_engines as refused_engines
from tests.contract.test_engines import ask_athena, ask_duckdb
from tests.support.laws import drawn
from tests.support.query import reference, strategies
from tests.support.query.lake import NOW_MS, PROJECT, event
from tests.support.query.refused import row
from tests.support.spellings import PLACES, WRAPPINGS, wrapped

HIDDEN = st.lists(
    st.builds(
        Hidden,
        st.sampled_from(["c1", "c2", "it's; :p ?", ""]),
        st.integers(NOW_MS - 7_200_000, NOW_MS),
        st.sampled_from(PERSON_COLUMNS),
    ),
    max_size=4,
    unique_by=lambda one: (one.column, one.identifier),
)
EVENTS = strategies.events().map(lambda events: [persons(one) for one in events])
OTHERS = {"c1": "c2", "c2": "it's; :p ?", "it's; :p ?": "c1"}
ENGINES = {"duckdb": ask_duckdb, "athena": ask_athena}


def persons(one: Event) -> Event:
    """Return an event with another name in each column: nobody is taken for a namesake."""
    names = [one.customer_identifier]
    for _ in PERSON_COLUMNS[1:]:
        names.append(OTHERS.get(names[-1] or "", names[-1]))
    return replace(one, **dict(zip(PERSON_COLUMNS, names, strict=True)))  # type: ignore[arg-type]


def without(events: Sequence[Event], hidden: Sequence[Hidden]) -> list[Event]:
    return [
        event
        for event in events
        if not any(
            getattr(event, one.column) == one.identifier and event.received_ms <= one.until_ms
            for one in hidden
        )
    ]


@pytest.mark.parametrize("engine", ENGINES)
@drawn(5, of=20)
@given(
    events=EVENTS,
    body=strategies.bodies(),
    hidden=HIDDEN,
    bound=st.sampled_from([None, "c1"]),
)
def test_an_answer_is_what_it_would_be_without_the_rows(
    engine: str, events: list[Event], body: dict[str, Any], hidden: list[Hidden], bound: str | None
) -> None:
    rest = without(events, hidden)
    expected = reference.answer(body, rest, PROJECT, NOW_MS, bound)

    assert ENGINES[engine](events, body, Scope(PROJECT, bound, tuple(hidden))) == expected


@pytest.mark.parametrize("engine", ENGINES)
@drawn(4, of=15)
@given(events=EVENTS, body=strategies.bodies(), hidden=HIDDEN)
def test_a_hash_hides_what_just_arrived_as_a_name_does(
    engine: str, events: list[Event], body: dict[str, Any], hidden: list[Hidden]
) -> None:
    hashes = [Forgotten(hash_of(PROJECT, h.identifier, h.column), h.until_ms) for h in hidden]
    expected = reference.answer(body, without(events, hidden), PROJECT, NOW_MS, None)

    assert ENGINES[engine](events, body, Scope(PROJECT, forgotten=tuple(hashes))) == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_up_to_the_time_and_no_longer(engine: str) -> None:
    at = NOW_MS - 60_000
    events = [event(n, customer_identifier="c1", received_ms=at + n) for n in range(3)]
    events += [event(7, customer_identifier=None), event(8, customer_identifier="c2")]
    body = {"time_period": "minus_1_hours", "group_by": ["customer_identifier"]}
    found = ENGINES[engine](events, body, Scope(PROJECT, None, (Hidden("c1", at + 1),)))

    assert sorted(found, key=repr) == [["c1", 1], ["c2", 1], [None, 1]]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hidden_first_copy_leaves_the_next_one(engine: str) -> None:
    """As it will be once the first one is gone."""
    first = event(1, customer_identifier="c1", properties={"plan": "old"})
    again = replace(first, event_id="f" * 32, received_ms=first.received_ms + 9, properties={})
    body = {"time_period": "minus_1_hours", "group_by": ["plan"]}

    scope = Scope(PROJECT, None, (Hidden("c1", first.received_ms),))
    assert ENGINES[engine]([first, again], body, scope) == [[None, 1]]


@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_what_was_refused_is_hidden_when_it_names_the_customer(engine: str) -> None:
    """In any spelling, or by its key; not when the name is a part of another text."""
    given_rows: list[Refused] = [
        row(1, payload='{"customer_identifier":"jü"}', received_ms=NOW_MS - 9),
        row(2, payload='{"customer_identifier":"j\\u00fc"}', received_ms=NOW_MS - 9),
        row(3, payload='{"customer_identifier":"jür"}', received_ms=NOW_MS - 9),
        row(4, payload='{"customer_identifier":"jü"}', received_ms=NOW_MS - 7),
        row(5, payload='{"nested":"{\\"who\\":\\"j\\\\u00fc\\"}"}', received_ms=NOW_MS - 9),
        row(6, payload="who=j%C3%BC", received_ms=NOW_MS - 9, reason="malformed_json"),
        row(7, payload="{'who': 'jü'", received_ms=NOW_MS - 9, reason="malformed_json"),
        row(8, customer_hash=hash_of(PROJECT, "jü"), received_ms=NOW_MS - 9),
        row(9, payload="{'who': 'somebody'", received_ms=NOW_MS - 9, reason="malformed_json"),
    ]
    wanted = replace(refused_engines.wanted(), hidden=(Hidden("jü", NOW_MS - 8), Hidden("x", 5)))

    whole = [replace(one, payload_bytes=len(one.payload.encode())) for one in given_rows]
    table = refused_engines.run(engine, whole, refused_sql.rows(wanted))

    assert [one.refused_id for one in refusals.rows_of(table)] == [
        f"{number:032x}" for number in (3, 4, 9)
    ]


@pytest.mark.parametrize("engine", ["duckdb", "athena"])
@pytest.mark.parametrize("name", ["ana@example.com", "josé o'neil", "c-4711", "12345678"])
def test_what_will_go_is_hidden_at_once(engine: str, name: str) -> None:
    """However it is wrapped; and of somebody else what is written plainly stays."""
    wrappings = [(), *((one,) for one in WRAPPINGS), *product(WRAPPINGS, repeat=2)]
    texts = [wrapped(name, some, place) for some in wrappings for place in PLACES]
    reasons = ["invalid_schema" if is_json(one) else "malformed_json" for one in texts]
    given_rows = [
        row(
            number,
            payload=text,
            reason=reason,
            received_ms=NOW_MS,
            payload_bytes=len(text.encode()),
        )
        for number, (text, reason) in enumerate(zip(texts, reasons, strict=True))
    ]
    ids = [f"01a21e12-ed32-7516-9785-1bf4b72f394{digit}" for digit in "ef"]
    plain = json.dumps({"who": "bob@example.com", "event_name": "order_was_completed", "ids": ids})
    given_rows.append(row(9_999, payload=plain, received_ms=NOW_MS, payload_bytes=len(plain)))
    wanted = replace(refused_engines.wanted(), hidden=(Hidden(name, NOW_MS),))

    found = refusals.rows_of(refused_engines.run(engine, given_rows, refused_sql.rows(wanted)))

    assert [one.payload for one in found] == [plain]


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_the_empty_text_names_nobody_in_what_was_refused(engine: str) -> None:
    """It stands in every text; by the key's hash it is known all the same."""
    given_rows = [
        row(1, payload='{"user_id":""}', received_ms=NOW_MS - 9),
        row(2, payload="{'user_id': ''", received_ms=NOW_MS - 9, reason="malformed_json"),
        row(3, customer_hash=hash_of(PROJECT, ""), received_ms=NOW_MS - 9),
    ]
    wanted = replace(refused_engines.wanted(), hidden=(Hidden("", NOW_MS),))
    table = refused_engines.run(engine, given_rows, refused_sql.rows(wanted))
    assert len(refusals.rows_of(table)) == 2


@pytest.mark.parametrize("engine", ["duckdb", "athena"])
@pytest.mark.parametrize("name", ["'" * 500, '"' * 500, "\x01" * 500, "x" * 1_000])
def test_the_longest_names_fit_into_a_question(engine: str, name: str) -> None:
    scope = Scope(PROJECT, None, (Hidden(name, NOW_MS, "user_id"),))
    body = {"time_period": "minus_1_hours", "group_by": ["event_name"]}
    events = [event(1, user_id=name), event(2, user_id=None)]
    assert [count for _, count in ENGINES[engine](events, body, scope)] == [1]
    wanted = replace(refused_engines.wanted(), hidden=scope.hidden)
    given_rows = [row(1, payload=json.dumps({"a": name}, ensure_ascii=False), received_ms=NOW_MS)]
    whole = [replace(one, payload_bytes=len(one.payload.encode())) for one in given_rows]
    found = refusals.rows_of(refused_engines.run(engine, whole, refused_sql.rows(wanted)))
    assert [one.refused_id for one in found] == []


@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_the_receipt_of_a_hidden_refusal_is_not_found(engine: str) -> None:
    given_rows = [row(1, payload='{"a":"jü"}', received_ms=NOW_MS - 9)]
    found = []
    for hidden in ((), (Hidden("jü", NOW_MS),)):
        one = refused_sql.one(Scope(PROJECT, None, hidden), f"{1:032x}", NOW_MS - 9, 60_000)
        found.append(len(refused_engines.run(engine, given_rows, one).rows))

    assert found == [1, 0]
