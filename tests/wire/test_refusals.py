"""Each refusal in a table of docs/wire has a golden case with its status and its code."""

import re
from collections.abc import Iterator
from pathlib import Path

from openbunker.core.reasons import Reason
from openbunker.web.http import REASON_HEADER
from tests.support.laws import each
from tests.wire import cases

PAGES = sorted((Path(__file__).parents[2] / "docs/wire").glob("*.md"))
# A bug is shown by no case.
CODES = set(Reason) - {Reason.INTERNAL_ERROR}
_CODE = re.compile(r"`([a-z0-9_]+)`")


def refusals(page: Path) -> Iterator[tuple[str, int, str]]:
    """Yield page, status and code of the rows that begin with a status."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| [0-9]{3} \|", line):
            for code in _CODE.findall(line):
                if code in CODES:
                    yield page.stem, int(line[2:5]), code


REFUSALS = sorted({refusal for page in PAGES for refusal in refusals(page)})


@each("dialect, status, code", REFUSALS)
def test_a_refusal_of_a_page_has_a_golden_case(dialect: str, status: int, code: str) -> None:
    loaded = cases.load(dialect)
    assert (status, code) in {(one.status, one.answer_headers.get(REASON_HEADER)) for one in loaded}


def test_every_dialect_tells_its_refusals() -> None:
    assert {dialect for dialect, *_ in REFUSALS} == set(cases.dialects())
