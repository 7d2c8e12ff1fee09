"""The table of `openbunker usage`: a count that is cut is a wrong count."""

import pytest

from openbunker.usage.model import Line
from openbunker_local.cli.usage import _show


def test_no_count_is_cut_on_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    line = Line(
        project_id="prj_1a1fd0909d59d29787b5",
        day="2026-11-21",
        dialect="eventbunker",
        events=1_234_567,
        bytes=987_654_321,
    )
    _show([line], {})
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    for text in (line.project_id, line.day, line.dialect, "1,234,567", "987,654,321"):
        assert text in shown
