"""A name is found in whatever spelling it was sent; what provably holds none is left alone."""

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.erasure.mentions import Text, mentions

Spelling = Callable[[str], str]
NAME = "ana/o'neil@example.com"
NAMES = st.text(st.characters(codec="utf-8"), min_size=4, max_size=12)


def everywhere(text: str) -> str:
    """Every character as a JSON escape, halves of surrogate pairs one by one."""
    units = text.encode("utf-16-be")
    pairs = (units[at : at + 2] for at in range(0, len(units), 2))
    return "".join(f"\\u{unit.hex()}" for unit in pairs)


def slashes(text: str) -> str:
    """As PHP writes a text into JSON."""
    return json.dumps(text)[1:-1].replace("/", "\\/")


def plain(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def nested(text: str) -> str:
    """JSON within a text of JSON."""
    return json.dumps(json.dumps({"who": text}))[1:-1]


def twice_nested(text: str) -> str:
    return json.dumps(nested(text) and json.dumps(json.dumps([text])))[1:-1]


def percent(text: str) -> str:
    return quote(text)


SPELLINGS: list[Spelling] = [plain, everywhere, slashes, nested, twice_nested, percent]
BROKEN = (
    '{{"customer_identifier": "{}", ',
    "{{'customer_identifier': '{}'}}",
    "customer_identifier={}&x=1",
    '[{{"a": 1}}, {{"b": "{}"}}',
    "{}",
)


@given(NAMES, st.sampled_from(SPELLINGS))
def test_a_name_is_found_in_any_spelling_within_json(name: str, spelling: Spelling) -> None:
    for form in ('{{"customer_identifier": "{}"}}', '[1, [{{"{}": null}}]]', '"{}"'):
        assert mentions(form.format(spelling(name)), name), form


@given(NAMES, st.sampled_from(SPELLINGS), st.sampled_from(BROKEN))
def test_and_within_what_is_no_json(name: str, spelling: Spelling, form: str) -> None:
    assert mentions(form.format(spelling(name)), name)


@pytest.mark.parametrize("name", ["Infinity", "NaN", "-0", "1e5", "1.50", "9" * 400])
def test_a_name_that_reads_as_a_number_is_found_as_it_is_spelled(name: str) -> None:
    for form in ("{}", '{{"id": {}}}', '{{"id": "{}"}}'):
        assert mentions(form.format(name), name), form


@pytest.mark.parametrize("value", ['{"id": 123}', '{"id": 123.0}', '{"123": 1}', '["123"]'])
def test_a_number_is_a_name_too(value: str) -> None:
    assert mentions(value, "123")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"customer_identifier": "ana"}',
        '{"note": "not ana/o\'neil@example.community"}',
        '{"n": 1, "t": true, "z": null}',
        '{"broken": "somebody else", ',
        "\\u0061 \\/ %2f",
        "",
    ],
)
def test_what_holds_no_such_thing_stays(text: str) -> None:
    assert not mentions(text, NAME)


def test_true_and_null_are_nobody() -> None:
    assert not mentions('{"a": true, "b": null}', "True")
    assert not mentions('{"a": true, "b": null}', "None")


@pytest.mark.parametrize("length", range(4, len(NAME)))
def test_the_beginning_of_a_name_at_the_end_of_what_was_cut_off_is_hers(length: int) -> None:
    assert mentions('{"customer_identifier": "' + NAME[:length], NAME)


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=20))
def test_of_json_only_a_value_that_equals_the_name_counts(value: object) -> None:
    name = "a name that no strategy draws"
    assert not mentions(json.dumps(value), name)
    assert mentions(json.dumps([value, name]), name)


def test_deep_nesting_ends() -> None:
    assert mentions("[" * 100_000 + NAME, NAME)
    assert not mentions("[" * 100_000, NAME)


@pytest.mark.parametrize("name", ["иванова@x", "山田太郎さん-1"])
def test_many_lost_signs_are_looked_through_once(name: str) -> None:
    """Tried in each way in which letters could share them, this would end with the universe."""
    lost = "x" * 7_000 + "\ufffd" * 400
    assert not Text(lost + " {").names(name)
    assert Text(lost + name[-2:] + " {").names(name)
