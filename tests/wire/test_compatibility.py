"""Every rule in a table of compatibility is held by golden cases that exist, or says why not.

Only pages that name their cases, as `file: name`, are looked at.
"""

import json
import re
from pathlib import Path

from tests.support.laws import each

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "wire"
_NAMED = re.compile(r"`(\d-[a-z-]+): ([^`]+)`")
_REASONS = ("later: ", "differs: ")


def rows(page: Path) -> list[str]:
    """Return the rows of the tables below "Compatibility", without their heads."""
    _, _, text = page.read_text(encoding="utf-8").partition("\n## Compatibility\n")
    lines = [line for line in text.split("\n## ")[0].splitlines() if line.startswith("| ")]
    return [line for line in lines if not re.match(r"\| (rule|---) ", line)]


NAMING = [page for page in sorted(PAGES.glob("*.md")) if _NAMED.search(page.read_text())]
ROWS = [(page.stem, row) for page in NAMING for row in rows(page)]


def test_there_are_rows() -> None:
    assert len(ROWS) > 50


@each("dialect, row", ROWS, lambda case: f"{case[0]}: {case[1].split(' | ')[0][2:]}")
def test_a_rule_is_held_by_cases_or_says_why_not(dialect: str, row: str) -> None:
    last = row.rstrip("| ").split(" | ")[-1]
    named = _NAMED.findall(last)
    assert named or last.startswith(_REASONS)
    for stem, name in named:
        lines = (HERE / dialect / f"{stem}.jsonl").read_text(encoding="utf-8").splitlines()
        assert name in [json.loads(line)["name"] for line in lines]
