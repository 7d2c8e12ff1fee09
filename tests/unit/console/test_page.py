"""The console's page: its policy, its size, what it is made of, and how it is answered."""

import base64
import gzip
import hashlib
import re
from importlib.resources import files
from pathlib import Path

from openbunker.console import facts, page
from openbunker.core.reasons import Reason
from openbunker.web.http import Request
from openbunker.wire.registry import DIALECTS
from tests.support.laws import each

ROOM = Path(str(files("openbunker.console")))
CHART = Path(str(files("openbunker.query.chart")))
OURS = sorted([*ROOM.glob("app/**/*.js"), *ROOM.glob("style/*.css"), *CHART.glob("draw/*.js")])
MAX_FILE, MAX_FUNCTION, MAX_TRANSFERRED = 300, 40, 150_000
DECLARED = re.compile(r"(?:export )?(?:async )?(?:function\*? \w+|const \w+ = (?:async )?\()")


def asked(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method="GET", path="/", headers=named)


def test_the_policy_allows_no_inline_code_and_no_other_site() -> None:
    policy = page.answer(asked()).headers["content-security-policy"]
    rules = {rule.split(" ")[0]: rule.split(" ")[1:] for rule in policy.split("; ")}

    assert rules["default-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'"]
    assert rules["frame-ancestors"] == ["'none'"]
    assert not [word for words in rules.values() for word in words if "unsafe" in word]
    assert not [word for words in rules.values() for word in words if "//" in word or word == "*"]
    for kind in ("script", "style"):
        assert rules[f"{kind}-src"] == [hashed(text) for text in elements(kind)]


def elements(name: str) -> list[str]:
    return re.findall(rf"<{name}>(.*?)</{name}>", page.page(), re.DOTALL)


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_it_is_small_and_asks_nobody_else() -> None:
    packed = page.answer(asked(accept_encoding="gzip, br")).data
    text = gzip.decompress(packed).decode()

    assert len(packed) < MAX_TRANSFERRED
    assert text == page.page()
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert not re.search(r'\bon\w+="', text.partition("<script")[0])


def test_a_browser_that_has_it_is_told_so() -> None:
    first = page.answer(asked())
    again = page.answer(asked(if_none_match=first.headers["etag"]))

    assert (first.status, first.text) == (200, page.page())
    assert (again.status, again.text, again.data) == (304, "", b"")


def test_the_gateway_gets_what_is_packed_as_base64() -> None:
    told = page.answer(asked(accept_encoding="gzip")).to_gateway()

    assert told["isBase64Encoded"] is True
    assert told["headers"]["content-encoding"] == "gzip"


def test_the_library_is_the_one_that_the_page_about_it_names() -> None:
    told = (ROOM / "vendor/README.md").read_text(encoding="utf-8")
    hashes = dict(re.findall(r"^\| `(\w+\.mjs)` .*`([0-9a-f]{64})` \|$", told, re.MULTILINE))

    assert set(hashes) == {file.name for file in ROOM.glob("vendor/*.mjs")}
    for name, expected in hashes.items():
        assert hashlib.sha256((ROOM / "vendor" / name).read_bytes()).hexdigest() == expected
    assert {file.name for file in ROOM.glob("vendor/*-LICENSE")} == {
        "preact-LICENSE",
        "htm-LICENSE",
    }


def test_the_page_knows_every_reason_and_dialect() -> None:
    told = facts.facts()

    assert set(told["reasons"]) == {reason.value for reason in Reason}
    assert set(told["dialects"]) == {dialect.name for dialect in DIALECTS}
    assert told["dialects"]["tracify"]["bodies"]["/api/v1/events"]["member"] == "events"


@each("file", OURS, lambda file: file.name)
def test_its_own_files_say_what_lives_there_and_stay_small(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert text.startswith("// " if file.suffix == ".js" else "/* ")
    assert len(text.splitlines()) <= MAX_FILE
    assert max(map(len, text.splitlines())) <= 100


@each("file", OURS, lambda file: file.name)
def test_functions_stay_small(file: Path) -> None:
    """From a line that declares one at the margin to the brace that ends it there."""
    lines, begun, long = file.read_text(encoding="utf-8").splitlines(), 0, []
    for number, line in enumerate(lines, 1):
        if DECLARED.match(line):
            begun = number
        elif line.startswith("}") and begun:
            long += [lines[begun - 1]] if number - begun >= MAX_FUNCTION else []
            begun = 0

    assert not long


@each("file", OURS, lambda file: file.name)
def test_nothing_is_made_of_a_strangers_text(file: Path) -> None:
    """Elements are made by Preact alone, which takes text as text."""
    text = file.read_text(encoding="utf-8")
    banned = ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(")

    assert not [word for word in banned if word in text]


def test_every_module_and_style_is_in_the_page() -> None:
    text = page.page()
    for file in [one for one in OURS if one.is_relative_to(ROOM)]:
        name = file.relative_to(ROOM).as_posix()
        if file.suffix == ".js":
            assert f'made["{name}"] = ' in text, name
        else:
            assert file.read_text(encoding="utf-8") in text, name
