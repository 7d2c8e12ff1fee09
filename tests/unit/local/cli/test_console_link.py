"""The console's link holds a key: it is shown to a person, and never goes into a pipe or a log."""

import sys
from pathlib import Path

import pytest

from openbunker_local import demo
from openbunker_local.cli.run import command

URL = "http://127.0.0.1:3000"
DEMO = demo.create(URL, lambda size: bytes(range(size)))


@pytest.mark.parametrize("person", [True, False])
@pytest.mark.parametrize("fresh", [True, False])
def test_a_person_alone_is_shown_the_link(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, person: bool, fresh: bool
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: person)
    command._tell_demo(DEMO, Path("data"), fresh, URL)
    told = capsys.readouterr()

    assert (f"{URL}/#key={DEMO.query_key}\n" in told.out) is person
    assert (DEMO.query_key in told.out + told.err) is person
