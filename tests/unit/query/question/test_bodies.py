"""How a body is read: every mistake is told with its place, in the order of the elements."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest

from openbunker.core.errors import RequestRefused
from openbunker.query.question import journeys, problems, question
from openbunker.query.question.bodies import (
    ABSENT,
    Choice,
    Element,
    Flag,
    Many,
    Object,
    OrNull,
    Text,
    Whole,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Wheel:
    size: int = 1
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Cart:
    name: str
    colour: Colour = Colour.RED
    wheels: tuple[Wheel, ...] = ()
    note: str | None = None
    load: int = 0


def _bears(load: Any, before: Mapping[str, Any]) -> int:
    found = 0 if load is ABSENT else int(load)
    if found > 10 * len(before.get("wheels", ())):
        raise ValueError("is too heavy for the wheels")
    return found


def _not_ghostly(cart: Cart) -> None:
    if cart.name == "ghost":
        raise ValueError("name: there are no ghosts")


WHEEL = Object(Wheel, {"size": Element(Whole(1, 9)), "flat": Element(Flag())})
CART = Object(
    Cart,
    {
        "name": Element(Text(5), required=True),
        "colour": Element(Choice(Colour)),
        "wheels": Element(Many(WHEEL, most=3, least=1)),
        "note": Element(OrNull(Text())),
        "load": Element(Whole(0, 100), fits=_bears),
    },
    _not_ghostly,
)


def test_what_is_left_out_is_the_default() -> None:
    assert CART.read({"name": "a"}) == Cart("a")
    whole = {"name": "a", "colour": "blue", "wheels": [{"size": 2}], "note": None, "load": 9}
    assert CART.read(whole) == Cart("a", Colour.BLUE, (Wheel(2),), None, 9)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "name: is required"),
        ({"name": 1}, "name: is a string"),
        ({"name": "\ud800"}, "name: is a string without lone surrogates"),
        ({"name": "a" * 6}, "name: has at most 5 characters"),
        ({"name": "a", "colour": "RED"}, "colour: allowed: 'red' or 'blue'"),
        ({"name": "a", "colour": ["red"]}, "colour: allowed: 'red' or 'blue'"),
        ({"name": "a", "wheels": {}}, "wheels: is an array"),
        ({"name": "a", "wheels": []}, "wheels: has at least 1 items"),
        ({"name": "a", "wheels": [{}] * 4}, "wheels: has at most 3 items"),
        ({"name": "a", "load": True}, "load: is a whole number from 0 to 100"),
        ({"name": "a", "load": 1.0}, "load: is a whole number from 0 to 100"),
        ({"name": "a", "wheels": [{"flat": 1}]}, "wheels[0].flat: is true or false"),
        ({"name": "a", "wheels": [{}, 1]}, "wheels[1]: is an object with: size, flat"),
        ({"name": "a", "wheels": [{"x": 1}]}, "wheels[0].x: is not known; allowed: size, flat"),
        ({"name": "a", "load": 1}, "load: is too heavy for the wheels"),
        ({"name": "ghost"}, "name: there are no ghosts"),
        ([], "is an object with: name, colour, wheels, note, load"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(body: object, told: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        problems.read(CART, body)
    assert refused.value.message == told


def test_all_mistakes_are_told_in_the_order_of_the_elements_unknown_ones_last() -> None:
    body = {"?": 1, "note": 1, "wheels": [{"size": 0}, {"flat": 0}], "colour": 1, "load": 5}
    with pytest.raises(RequestRefused) as refused:
        problems.read(CART, body)
    places = [one.partition(":")[0] for one in refused.value.message.split("; ") if ":" in one]
    expected = ["name", "colour", "wheels[0].size", "wheels[1].flat", "note", "load", "?"]
    assert [place for place in places if place != "allowed"] == expected


def test_a_name_that_nobody_can_write_down_is_told_as_text() -> None:
    with pytest.raises(RequestRefused, match=r"\\ud800: is not known") as refused:
        question.parse({"time_period": "today", "\ud800" * 99: 1})
    assert len(refused.value.message.encode()) < 600


def test_an_element_of_a_step_names_what_a_step_may_hold() -> None:
    steps = [{"event_name": "a"}, {"event": "b"}]
    with pytest.raises(RequestRefused, match=r"steps\[1\].event: .* allowed: event_name, filters"):
        journeys.parse({"time_period": "today", "funnel": {"steps": steps}})
