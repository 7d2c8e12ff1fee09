"""Which lines of an object go: hers, all of hers, and nobody else's."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import refused_rows as refused
from openbunker.erasure.hashing import PERSON_COLUMNS, hash_of
from openbunker.erasure.lines import EVENTS, REFUSED, sifted
from openbunker.erasure.model import Erasure
from tests.support.laws import drawn
from tests.support.query.lake import event, lines
from tests.support.query.refused import row

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6) | st.sampled_from(
    ["a", "aa", '"', "\\", "ü", "\u2028", "\x7f", "/", "\U0001f600"]
)


def erasure(name: str, until_ms: int = 100) -> Erasure:
    return Erasure(
        erasure_id="1",
        project_id="project-a",
        customer_hash=hash_of("project-a", name),
        requested_ms=until_ms,
        key_id="key",
        customer_identifier=name,
    )


@drawn(40, of=100)
@given(st.lists(st.tuples(NAMES, st.integers(99, 101)), max_size=8), NAMES)
def test_events_of_a_customer_go_up_to_the_time_and_all_others_stay(
    rows: list[tuple[str, int]], name: str
) -> None:
    events = [
        event(n, customer_identifier=who, received_ms=at, properties={"friend": name})
        for n, (who, at) in enumerate(rows)
    ]

    found = sifted(lines(events), EVENTS([erasure(name)]))

    stay = [e for e in events if e.customer_identifier != name or e.received_ms > 100]
    assert found.kept == lines(stay)
    assert [r["event_id"] for _, r in found.gone] == [e.event_id for e in events if e not in stay]


@given(NAMES, NAMES)
def test_what_was_refused_goes_when_its_text_names_her(named: str, name: str) -> None:
    """Whether the payload was written as it is or in ASCII."""
    for escaped in (False, True):
        payload = json.dumps({"customer_identifier": named}, ensure_ascii=escaped)
        line = refused.encode(row(1, payload=payload, received_ms=100)).data

        found = sifted(line, REFUSED([erasure(name)]))

        assert (found.kept == b"") == (named == name), (payload, line)


def test_other_projects_and_later_rows_stay() -> None:
    theirs = event(1, project_id="project-b", customer_identifier="acme", received_ms=1)
    later = event(2, customer_identifier="acme", received_ms=101)
    data = lines([theirs, later])
    assert sifted(data, EVENTS([erasure("acme")])).kept == data

    refused_later = row(1, payload='"acme"', received_ms=101)
    for one in (refused_later, replace(refused_later, received_ms=1, project_id="project-b")):
        data = refused.encode(one).data
        assert sifted(data, REFUSED([erasure("acme")])).kept == data


def test_a_line_that_is_cut_and_may_be_hers_is_not_passed_over() -> None:
    """Else it would stay while we say that she is gone."""
    data = lines([event(1, customer_identifier="acme", received_ms=1)])
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        sifted(data[:-9], EVENTS([erasure("acme")]))


def test_an_erasure_that_forgot_its_customer_takes_nothing() -> None:
    data = lines([event(1, customer_identifier="acme", received_ms=1)])
    forgot = replace(erasure("acme"), customer_identifier=None, erased_ms=5)
    assert sifted(data, EVENTS([forgot])).kept == data


@pytest.mark.parametrize("column", PERSON_COLUMNS)
@pytest.mark.parametrize("name", ["u-1", "", "x" * 600])
def test_a_person_of_a_column_goes_and_namesakes_in_others_stay(column: str, name: str) -> None:
    """Also with a name that is longer than what is accepted today."""
    rows = [{"project_id": "project-a", "received_ms": 1, one: name} for one in PERSON_COLUMNS]
    text = b"".join(json.dumps(one).encode() + b"\n" for one in rows)
    her = replace(erasure(name), customer_hash=hash_of("project-a", name, column))

    found = sifted(text, EVENTS([her]))

    assert [row for _, row in found.gone] == [rows[PERSON_COLUMNS.index(column)]]
    assert found.kept.count(b"\n") == 3


def test_the_empty_text_takes_what_its_key_sent_and_nothing_else() -> None:
    lines_of = [row(1, payload='{"a": ""}'), row(2, payload="{", reason="malformed_json"),
                row(3, customer_hash=hash_of("project-a", ""))]  # fmt: skip
    text = b"".join(refused.encode(replace(one, received_ms=1)).data for one in lines_of)
    assert [one["refused_id"] for _, one in sifted(text, REFUSED([erasure("")])).gone] == [
        lines_of[2].refused_id
    ]
