"""However a sender wraps a name, three layers deep, its row goes; rows of others stay."""

import gzip
import json
from collections.abc import Sequence
from functools import reduce
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbunker.core import refused_rows as refused
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.lines import REFUSED, sifted
from openbunker.erasure.model import Erasure
from tests.support.query.refused import row
from tests.support.spellings import PLACES, WRAPPINGS, Wrapping, packed, wrapped

SIGNS = st.sampled_from("abcxyzABC0189@._-+/=&%\\\"' <>üéß☃\U0001f600")
NAMES = st.text(SIGNS, min_size=5, max_size=24)
WRAPPED = st.lists(st.sampled_from(WRAPPINGS), max_size=3)


def erasure(name: str) -> Erasure:
    return Erasure(
        erasure_id="1",
        project_id="project-a",
        customer_hash=hash_of("project-a", name),
        requested_ms=100,
        key_id="key",
        customer_identifier=name,
    )


def stays(payload: str, name: str) -> bool:
    line = refused.encode(row(1, payload=payload, received_ms=100)).data
    return sifted(line, REFUSED([erasure(name)])).kept == line


@given(NAMES, WRAPPED, st.sampled_from(PLACES))
@settings(max_examples=100)
def test_a_name_goes_however_it_is_wrapped(
    name: str, wrappings: Sequence[Wrapping], place: Wrapping
) -> None:
    assert not stays(wrapped(name, wrappings, place), name)


@given(NAMES, WRAPPED, st.sampled_from(PLACES))
@settings(max_examples=100)
def test_somebody_else_stays_however_she_is_wrapped(
    name: str, wrappings: Sequence[Wrapping], place: Wrapping
) -> None:
    """Of a name whose every part is another one."""
    assert stays(wrapped(name, wrappings, place), "Former-Customer#7")


@given(NAMES, st.lists(st.sampled_from(WRAPPINGS), min_size=1, max_size=2), st.data())
@settings(max_examples=60)
def test_a_payload_that_was_cut_within_the_name_goes(
    name: str, wrappings: Sequence[Wrapping], data: st.DataObject
) -> None:
    """As long as enough of the name is there to be told from a word."""
    whole = json.dumps({"who": reduce(lambda text, wrap: wrap(text), wrappings, name)})
    cut = whole[: data.draw(st.integers(len(whole) - 2, len(whole) - 1))]
    assert not stays(cut, name)


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b'{"who": "ana@example.com"}'),
        bytes(range(128, 256)) * 2,
        '{"who": "ana@example.com"}'.encode("utf-16-le"),
    ],
)
def test_what_was_no_text_may_be_hers(body: bytes) -> None:
    """A body that was packed and did not say so is kept as signs that nobody reads any more."""
    assert not stays(refused.body_text(body, refused.Secrets("")), "ana@example.com")


def test_a_name_in_another_encoding_is_found() -> None:
    body = '{"who": "josé@example.com", "x": '.encode("latin-1")
    text = refused.body_text(body, refused.Secrets(""))
    assert not stays(text, "josé@example.com")
    assert stays(text, "jose@example.com")


def test_what_unpacks_to_more_than_is_looked_at_may_be_hers() -> None:
    assert not stays(json.dumps([packed(" " * 50_000_000)]), "ana@example.com")


@pytest.mark.parametrize("name", ["ana@example.com", "total"])
def test_the_field_and_the_message_of_a_refusal_name_her_too(name: str) -> None:
    for one in (
        row(1, payload="{", received_ms=1, field=f"properties.{name}"),
        row(1, payload="{", received_ms=1, message=f"properties['{name}'] is too long"),
        row(1, payload="{", received_ms=1, message=f"?{quote(name)}: no such field"),
        row(1, payload="{", received_ms=1, message=("x" * 500 + name[:4])[-500:]),
    ):
        line = refused.encode(one).data
        assert not sifted(line, REFUSED([erasure(name)])).kept, line


def test_ordinary_payloads_of_others_stay() -> None:
    payload = {
        "event_name": "purchase",
        "messageId": "01a1fcd0-b6c3-757d-a7d3-44887fcbde3f",
        "url": "https://shop.example/p/4711?utm_source=news&gclid=Cj0KCQiA-oqdBhDfARIsAO0TrGF",
        "note": "100% & more \\ less <b>bold</b>",
        "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl",
    }
    for name in ("ana@example.com", "4712", "7d-a7d", "shop", "c", "%"):
        assert stays(json.dumps(payload), name), name
    for name in ("bob", "4711", "news", "bold"):
        assert not stays(json.dumps(payload), name), name
