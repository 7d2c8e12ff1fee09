"""What is typed for a twin and cannot be meant is told before anything is started."""

import sys
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from openbunker_local.cli.run import twin
from openbunker_local.cli.terminal.exits import Misused
from openbunker_local.server.limits import FrontLimits
from openbunker_local.server.proxies import NOBODY


def test_an_input_that_is_closed_is_no_end_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Misused, match="standard input is closed"):
        twin.Typed(testing=True, keys=None, clock="", until_eof=True).held()
    assert twin.Typed(testing=True, keys=None, clock="", until_eof=False).held()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clock": "0001-01-01"}, "--clock: a clock shows the years 1970 to 9998"),
        ({"keys": Path("nowhere.toml")}, "--keys: nowhere.toml cannot be read"),
    ],
)
def test_a_twin_that_cannot_be_is_told(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    typed = twin.Typed(
        **{"testing": True, "keys": None, "clock": "", "until_eof": False, **changes}
    )
    with socket() as listener, pytest.raises(Misused, match=words):
        twin.serve(typed, tmp_path, (FrontLimits(), NOBODY), lambda: (listener, "http://h"), print)
