"""The kinds of the columns, against the types of the rows themselves."""

from typing import get_args, get_type_hints

import pytest

from openbunker.core.event import Event
from openbunker.core.refused_rows import Refused
from openbunker.query.question.columns import COLUMNS, REFUSED_COLUMNS, Kind


@pytest.mark.parametrize(("row", "kinds"), [(Event, COLUMNS), (Refused, REFUSED_COLUMNS)])
def test_a_column_is_of_the_kind_that_its_row_says(row: type, kinds: dict[str, Kind]) -> None:
    hints = get_type_hints(row)
    hints.pop("properties", None)
    assert kinds == {name: _kind_of(hint) for name, hint in hints.items()}


def _kind_of(hint: object) -> Kind:
    types = get_args(hint) or (hint,)
    return Kind.INTEGER if int in types else Kind.NUMBER if float in types else Kind.TEXT
