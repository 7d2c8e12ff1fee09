"""The samples of docs/wire are good requests, and their answers have the shape that is shown."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.erasure.hashing import CUSTOMER, PERSON_COLUMNS
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.wire.registry import DIALECTS

PAGES = Path(__file__).parents[2] / "docs" / "wire"
PLACEHOLDERS = ("YOUR-WRITE-KEY", "YOUR-CLIENT-ID", "YOUR-PROJECT-KEY", "YOUR-TOKEN")
KEY = Key(key_id="k", kind=KeyKind.WRITE, account_id="a", project_id="p")
_SAMPLE = re.compile(
    r"```sh\ncurl '?https://YOUR-HOST(?P<path>[^?' ]*)\??(?P<query>[^' ]*)'?(?P<headers>.*?)-d '"
    r"(?P<body>.*?)'\n```\n\n```json\n(?P<answer>.*?)\n```",
    re.DOTALL,
)
SAMPLES = [
    pytest.param(found.groupdict(), id=f"{page.stem}{found['path']}")
    for page in sorted(PAGES.glob("*.md"))
    for found in _SAMPLE.finditer(page.read_text())
]


def shape(value: Any) -> Any:
    """Return a value with the generated parts taken out."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, str):
        return re.sub("[0-9a-f]", "0", value) if re.search("[0-9a-f]{8}", value) else value
    return 0 if type(value) is int else value


def test_every_dialect_shows_a_sample() -> None:
    assert {str(sample.id).split("/")[0] for sample in SAMPLES} == {
        dialect.name for dialect in DIALECTS
    }


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_answered_as_shown(sample: dict[str, str]) -> None:
    sink = MemorySink()
    services = Services(
        keys=MemoryKeyStore({hash_of(text): KEY for text in PLACEHOLDERS}),
        sink=sink,
        now_ms=lambda: 1_790_000_000_000,
        new_ids=ids.new_ids,
        log=lambda _line: None,
    )
    event = {
        "rawPath": sample["path"],
        "rawQueryString": sample["query"],
        "headers": dict(re.findall(r"-H '([^:]+): ([^']+)'", sample["headers"])),
        "requestContext": {"http": {"method": "POST"}},
        "body": sample["body"],
    }

    answer = serve(event, None, services)

    assert answer["statusCode"] == 200, answer
    assert len(sink.records) == 1
    assert shape(json.loads(answer["body"])) == shape(json.loads(sample["answer"]))


def test_the_page_of_erasures_tells_in_which_columns_a_dialect_names_a_person() -> None:
    """Those that the golden cases store; any dialect has a customer with a key that is bound."""
    told: dict[str, set[str]] = {}
    name = ""
    for line in (PAGES.parent / "erasure.md").read_text().partition("| dialect |")[2].splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if not line:
            break
        if len(cells) == 5 and "-" not in cells[1]:
            name = cells[1].lower() or name
            told.setdefault(name, set()).update(set(re.findall(r"`(\w+)`", cells[3])))
    for dialect in DIALECTS:
        filled = {
            column
            for path in Path(__file__).parent.glob(f"{dialect.name}/*.jsonl")
            for line in path.read_text().splitlines()
            for stored in json.loads(line).get("stored", ())
            for column in PERSON_COLUMNS
            if stored.get(column) is not None
        }
        assert told[dialect.name] == filled - ({CUSTOMER} - told[dialect.name]), dialect.name
