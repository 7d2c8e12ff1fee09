"""What others wrote is shown without doing anything to the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker_local.cli.terminal.printable import printable


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Bücher 😀", "Bücher 😀"),
        ("a\nb", "a\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J\x00\r", "\\x9b2J\\x00\\r"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_escapes(given: str, shown: str) -> None:
    assert printable(given) == shown


@given(st.text(st.characters()))
def test_nothing_invisible_is_left(text: str) -> None:
    assert all(one.isprintable() for one in printable(text).replace("\n", ""))
