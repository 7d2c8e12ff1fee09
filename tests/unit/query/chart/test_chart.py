"""The look that a request asks for, and the page that comes of it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import RequestRefused
from openbunker.query.chart import look, page
from openbunker.query.chart.look import Look, Shape, Type
from openbunker.query.chart.shown import Shown

ASSETS = files("openbunker.query.chart")
COUNT = Shape(["count"], 0)
GROUPS = Shape(["country", "count"], 1)
DATES = Shape(["date", "count"], 1, 0, "Europe/Berlin", True)
WIDE = Shape([f"count_{i}" for i in range(look.MAX_NUMBERS + 1)], 0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [(COUNT, Type.NUMBER), (GROUPS, Type.BAR), (DATES, Type.LINE), (WIDE, Type.TABLE)],
)
def test_the_shape_of_the_answer_chooses_a_chart(shape: Shape, expected: Type) -> None:
    assert look.chosen(Look(), shape) is expected


@pytest.mark.parametrize("kind", [Type.BAR, Type.TABLE])
@pytest.mark.parametrize("shape", [COUNT, GROUPS, DATES])
def test_what_was_asked_for_is_drawn(shape: Shape, kind: Type) -> None:
    assert look.chosen(Look(type=kind), shape) is kind


@pytest.mark.parametrize(("shape", "kind"), [(GROUPS, "line"), (COUNT, "line"), (DATES, "number")])
def test_a_chart_without_columns_for_it_is_refused(shape: Shape, kind: str) -> None:
    with pytest.raises(RequestRefused, match=r"chart\.type: (line needs|number takes)"):
        look.chosen(look.parse({"type": kind}), shape)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"type": "pie"}, r"chart\.type: allowed: type is one of line, bar, table, number"),
        ({"theme": "pink"}, r"chart\.theme: allowed: .*auto, light, dark"),
        ({"colour": "red"}, r"chart\.colour: is not known; chart is an object with type"),
        ({"title": "a" * 201}, r"chart\.title: has at most 200 characters"),
        ({"title": 5}, r"chart\.title: is a string"),
        ([], r"chart: is an object with type"),
        ("line", r"chart: is an object with type"),
    ],
)
def test_a_wrong_look_is_named(value: Any, message: str) -> None:
    with pytest.raises(RequestRefused, match=message):
        look.parse(value)


class _Scripts(HTMLParser):
    """Collects what a parser of HTML takes for scripts, styles and other elements."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in self.texts and data.strip():
            self.texts[self.tags[-1]].append(data)


def parsed(text: str) -> _Scripts:
    found = _Scripts()
    found.feed(text)
    found.close()
    return found


PLAIN = parsed(page.page(Look(title="t"), Type.BAR, GROUPS, Shown([["DE", 1]]), None)).tags


@given(name=st.text(), value=st.text(), title=st.text(max_size=200))
def test_no_text_of_an_event_becomes_markup(name: str, value: str, title: str) -> None:
    shape = Shape([name, "count"], 1)
    text = page.page(Look(title=title or "t"), Type.BAR, shape, Shown([[value, 1]]), None)

    found = parsed(text)

    assert found.tags == PLAIN
    told = json.loads(found.texts["script"][0])
    assert (told["columns"][0], told["rows"]) == (name, [[value, 1]])


@pytest.mark.parametrize("hostile", ["</script><script>x()</script>", "<!--<script>", "\u2028"])
def test_hostile_names_stay_data(hostile: str) -> None:
    text = page.page(
        Look(title=hostile), Type.BAR, Shape([hostile, "count"], 1), Shown([]), hostile
    )

    assert parsed(text).tags == PLAIN
    assert json.loads(parsed(text).texts["script"][0])["columns"] == [hostile, "count"]


def test_the_policy_lets_our_scripts_and_styles_run_and_nothing_else() -> None:
    text = page.page(Look(), Type.BAR, GROUPS, Shown([]), None)
    found = parsed(text)

    def hashes(texts: list[str]) -> set[str]:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return {f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests}

    rules = dict(rule.split(" ", 1) for rule in page.policy().split("; "))
    assert rules["default-src"] == "'none'"
    assert set(rules["script-src"].split()) == hashes(found.texts["script"][1:])
    assert set(rules["style-src"].split()) == hashes(found.texts["style"])
    assert page.policy() in text
    assert page.headers()["content-security-policy"] == page.policy()


def test_the_library_is_the_one_that_the_page_about_it_names() -> None:
    told = ASSETS.joinpath("README.md").read_text(encoding="utf-8")
    hashes = dict(re.findall(r"^\| `(uplot\.\w+)` .*`([0-9a-f]{64})` \|$", told, re.MULTILINE))

    assert set(hashes) == {"uplot.js", "uplot.css"}
    for name, expected in hashes.items():
        assert hashlib.sha256(ASSETS.joinpath(name).read_bytes()).hexdigest() == expected


def test_the_page_is_small_and_asks_nobody() -> None:
    text = page.page(Look(), Type.LINE, DATES, Shown([["2026-11-21T00:00:00+01:00", 5]]), None)
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))

    assert addresses <= {"https://github.com/leeoniya/uPlot"}  # the library's first comment
    assert len(text) < 80_000
