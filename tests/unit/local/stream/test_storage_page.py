"""The storage page says what the code does."""

import re
from dataclasses import fields
from pathlib import Path

from openbunker.core.event import Event
from openbunker.core.records import MAX_RECORD_BYTES, SCHEMA_VERSION
from openbunker_local.stream.journal import MAX_SEGMENT_BYTES
from openbunker_local.stream.stream import DELIVER_AFTER_SECONDS, RETRY_SECONDS

PAGE = (Path(__file__).parents[4] / "docs" / "storage.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (text|integer|number \(double\))(, always)? \|", re.MULTILINE)


def test_the_table_names_every_column_in_order_with_its_type() -> None:
    """Also which columns are always there: those without a default."""
    types = {"str": "text", "int": "integer", "float": "number (double)", "Mapping": "text"}
    expected = [("v", "integer", "")]
    for field in fields(Event):
        required = field.default is field.default_factory
        kind = types[re.findall(r"Mapping|str|int|float", str(field.type))[0]]
        expected.append((field.name, kind, ", always" if required else ""))
    assert ROW.findall(PAGE) == expected


def test_the_page_names_the_numbers_of_the_code() -> None:
    """Version, limits and times."""
    assert f"version of this table: {SCHEMA_VERSION} |" in PAGE
    assert f"at most {MAX_RECORD_BYTES // 1024:,} KiB" in PAGE
    assert f"ends {DELIVER_AFTER_SECONDS} seconds after" in PAGE
    assert f"{MAX_SEGMENT_BYTES // 1024 // 1024} MiB" in PAGE
    assert RETRY_SECONDS == 1
    assert "tried each second" in PAGE
