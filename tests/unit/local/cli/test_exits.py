"""The exit codes: those of the page are those of the code."""

import re
from pathlib import Path

from openbunker_local.cli.terminal.exits import MEANINGS, Code

PAGE = Path(__file__).parents[4] / "docs" / "cli.md"


def test_the_page_tells_the_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert {int(code): meaning for code, meaning in rows} == {**MEANINGS}
    assert set(MEANINGS) == set(Code)
