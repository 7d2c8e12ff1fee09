"""docs/limits.md tells each limit of the front once, with its option and its answer."""

from pathlib import Path

import pytest

from openbunker.core.reasons import Reason
from openbunker_local.cli.app import loaded
from openbunker_local.server import gateway
from openbunker_local.server.limits import KIB, MIB, FrontLimits

PAGE = (Path(__file__).parents[4] / "docs/limits.md").read_text(encoding="utf-8")
ROWS = {
    "--header-kib": (FrontLimits().header_bytes // KIB, "64 KiB", "431 `headers_too_large`"),
    "--headers": (FrontLimits().headers, "100", "431 `headers_too_large`"),
    "--header-seconds": (FrontLimits().header_seconds, "20 s", "408 `request_timeout`"),
    "--body-seconds": (FrontLimits().body_seconds, "60 s", "408 `request_timeout`"),
    "--idle-seconds": (FrontLimits().idle_seconds, "75 s", "it is closed"),
    "--connections": (FrontLimits().connections, "1,000", "503 `server_busy`"),
    "--held-mib": (FrontLimits().held_bytes // MIB, "16 MiB", "503 `server_busy`"),
}


@pytest.mark.parametrize("option", ROWS)
def test_a_row_tells_what_the_option_does_when_left_out(option: str) -> None:
    value, told, answer = ROWS[option]
    (row,) = [line for line in PAGE.splitlines() if f"`{option}`" in line]
    assert told in row
    assert row.endswith(f"| {answer} |")
    assert float(told.split()[0].replace(",", "")) == value


def test_the_options_of_the_page_are_those_of_the_command() -> None:
    command = loaded("run")
    options = {name: one.default for one in command.params for name in one.opts}
    assert {name: options[name] for name in ROWS} == {name: row[0] for name, row in ROWS.items()}


def test_the_answers_are_reasons_with_their_statuses() -> None:
    for _, _, answer in ROWS.values():
        status, _, code = answer.partition(" `")
        if code:
            assert Reason(code.strip("`")).facts.status == int(status)


def test_a_body_is_read_as_far_as_the_page_says() -> None:
    assert "| bytes of one body that are read | 1.5 MiB |" in PAGE
    assert gateway.MAX_REQUEST_BYTES == 1.5 * MIB
