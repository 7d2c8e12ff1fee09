"""Key texts: known by their look, refused by their checksum, and never by a store alone."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.keys import shape
from openbunker.keys.model import KeyKind

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TEXTS = st.builds(
    shape.secret,
    st.sampled_from(KeyKind),
    st.binary(min_size=25, max_size=25).map(lambda data: lambda _count: data),
)


@given(TEXTS)
def test_a_secret_key_has_one_length_and_the_scanners_pattern(text: str) -> None:
    assert len(text) == 50
    assert re.fullmatch(shape.PATTERN, text)
    assert shape.well_formed(text)


@given(TEXTS, st.integers(43, 49), st.sampled_from("_+- AZ"))
def test_a_checksum_is_written_in_one_way(text: str, place: int, other: str) -> None:
    assert not shape.well_formed(text[:place] + other + text[place + 1 :])
    upper = text[:43] + text[43:].upper()
    assert shape.well_formed(upper) is (upper == text)


@given(TEXTS, st.integers(4, 49), st.sampled_from(DIGITS))
def test_one_wrong_digit_is_always_found(text: str, place: int, digit: str) -> None:
    """A checksum of 32 bits finds every error in up to 32 neighbouring bits."""
    mistyped = text[:place] + digit + text[place + 1 :]
    assert shape.well_formed(mistyped) is (mistyped == text)


@given(TEXTS, st.sampled_from(list(shape.PREFIXES.values())))
def test_a_kind_cannot_be_swapped(text: str, prefix: str) -> None:
    assert shape.well_formed(prefix + text[4:]) is (prefix == text[:4])


@pytest.mark.parametrize("text", ["", "obw_", "obw_" + "0" * 46, "obw_" + "é" * 46, "x" * 257])
def test_what_nobody_was_given_is_not_well_formed(text: str) -> None:
    assert not shape.well_formed(text)


def test_random_texts_of_the_right_form_are_not_well_formed() -> None:
    made = (
        f"obw_{int.from_bytes(os.urandom(29), 'big'):x}"[:50].ljust(50, "0") for _ in range(1000)
    )
    assert not any(map(shape.well_formed, made))


def test_a_vendors_look_passes() -> None:
    """Nobody can tell these from invented ones but a store."""
    project_key = shape.public_project_key(os.urandom)
    assert re.fullmatch("[0-9a-z]{13}", project_key)
    assert shape.well_formed(project_key)
    assert shape.well_formed(shape.uuid_text(os.urandom))


AROUND = st.text(" \t\n\"'`<>{}[]:;,=\u00a0\u201c", max_size=4)


@given(TEXTS, AROUND, AROUND, st.booleans(), st.sampled_from(["", "Bearer ", "bearer "]))
def test_a_key_that_was_copied_with_something_around_it_is_told_so(
    text: str, before: str, after: str, capitals: bool, scheme: str
) -> None:
    """No store knows it, and its owner must not look for a key that was taken away."""
    copied = before + scheme + (text.upper() if capitals else text) + after
    if copied[:4] != text[:4]:
        assert "begins with its prefix" in (shape.damage_of(copied) or "")


@given(st.text() | st.uuids().map(str))
def test_of_a_text_that_is_none_of_ours_nothing_is_said(text: str) -> None:
    if not any(prefix in text.lower() for prefix in shape.PREFIXES.values()):
        assert shape.damage_of(text) is None
