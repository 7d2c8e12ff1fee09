"""Whom erasures hide and what they cover. Pure."""

from dataclasses import replace
from hashlib import sha256

from openbunker.erasure.hashing import PERSON_COLUMNS, column_of, digits_of, hash_of
from openbunker.erasure.model import Erasure, Hidden, hidden, waiting

ONE = Erasure(
    erasure_id="1",
    project_id="prj",
    customer_hash=hash_of("prj", "acme"),
    requested_ms=100,
    key_id="key",
    customer_identifier="acme",
)


def test_an_erasure_covers_what_was_received_up_to_its_request() -> None:
    assert ONE.covers("prj", "acme", 100)
    assert not ONE.covers("prj", "acme", 101)


def test_an_erasure_covers_its_customer_alone() -> None:
    assert not ONE.covers("prj", "acme2", 1)
    assert not ONE.covers("prj", None, 1)
    assert not ONE.covers("prj2", "acme", 1)


def test_an_erasure_that_forgot_its_customer_covers_the_same_rows() -> None:
    forgot = replace(ONE, customer_identifier=None, erased_ms=200)
    assert forgot.covers("prj", "acme", 100)
    assert not forgot.covers("prj", "acme", 101)


def test_of_several_erasures_of_a_customer_the_latest_hides() -> None:
    other = replace(ONE, erasure_id="3", customer_identifier="b", requested_ms=50)
    later = replace(ONE, erasure_id="2", requested_ms=300)

    assert hidden([later, ONE, other]) == (Hidden("acme", 300), Hidden("b", 50))


def test_those_that_are_gone_wait_no_more() -> None:
    assert waiting([ONE, replace(ONE, erased_ms=1)]) == [ONE]


def test_a_hash_belongs_to_one_project() -> None:
    """Else hashes of two projects would tell that they share a customer."""
    assert hash_of("prj", "acme") != hash_of("prj2", "acme")


def test_a_hash_tells_its_column_and_is_nobody_elses() -> None:
    hashes = [hash_of("prj", "acme", column) for column in PERSON_COLUMNS]
    assert hashes[0] == sha256(b"prj:acme").hexdigest()  # as it was before there were columns
    assert [column_of(one) for one in hashes] == list(PERSON_COLUMNS)
    assert {digits_of(one) for one in hashes} == {hashes[0]}
    assert len(set(hashes)) == len(PERSON_COLUMNS)


def test_namesakes_in_other_columns_are_hidden_apart() -> None:
    user = replace(ONE, customer_hash=hash_of("prj", "acme", "user_id"), requested_ms=7)
    assert hidden([ONE, user]) == (Hidden("acme", 100), Hidden("acme", 7, "user_id"))
    assert user.covers("prj", "acme", 7)
