"""`openbunker doctor` against a running server: what it says, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.support.server import running_server
from tests.support.shell import cli


def test_a_fresh_server_is_well_and_its_events_are_counted(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        data = str(tmp_path / "data")
        told = cli("doctor", "--data", data)
        again = json.loads(cli("doctor", "--data", data, "--json").stdout)
        wrong = cli("doctor", "--data", data, "--write-key", "nobodys")
        counted = server.ask({"time_period": "minus_60_minutes"})["rows"]

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines()[-1] == "28 checks, 0 failed."
    assert "demo" not in told.stdout
    assert again["well"]
    assert {one["state"] for one in again["checks"]} == {"ok"}
    assert counted == [[12]]  # six dialects, twice
    assert wrong.returncode == 1
    assert "✗ WRITE key" in wrong.stdout
    assert cli("doctor", "--data", data).returncode == 3


@pytest.mark.parametrize("wrong", ["obw_ключ", "obw_a b", "obw_a\nb"])
def test_a_key_that_fits_no_header_is_wrong_usage(wrong: str) -> None:
    told = cli("doctor", "http://127.0.0.1:9", "--write-key", wrong)

    assert told.returncode == 2
    assert "printable ASCII" in told.stderr
