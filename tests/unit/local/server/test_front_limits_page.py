"""docs/limits.md tells each limit of the front once, with its option and its answer."""

from pathlib import Path

import pytest

from openbunker.core.reasons import Reason
from openbunker.ingest.keep_refused import SAMPLE_SECONDS
from openbunker.sinks.refused import DUE_BYTES, MISTAKES_BYTES
from openbunker_local.cli.app import loaded
from openbunker_local.cli.run.command import PLAIN
from openbunker_local.server import gateway
from openbunker_local.server.limits import KIB, MIB, FrontLimits
from openbunker_local.sqlite.refused_place import Kept
from openbunker_local.sqlite.refused_share import MISTAKES_PART

PAGE_FOLDER = Path(__file__).parents[4] / "docs"
PAGE = (PAGE_FOLDER / "limits.md").read_text(encoding="utf-8")
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


def test_what_is_refused_is_kept_as_the_pages_say() -> None:
    refused = (PAGE_FOLDER / "refused.md").read_text(encoding="utf-8")
    kept = Kept()
    assert f"| rows are kept for | {kept.days} days," in refused
    assert f"| rows of one project | {kept.bytes // MIB} MiB " in refused
    assert f"| {kept.bytes // MIB} MiB, {kept.days} days |" in PAGE
    assert (PLAIN.refused_days, PLAIN.refused_mib * MIB) == (
        kept.days,
        kept.bytes,
    )
    assert "at most half of a project's share" in refused
    assert MISTAKES_PART == 2


def test_what_an_environment_keeps_of_refusals_is_as_the_pages_say() -> None:
    refused_page = (PAGE_FOLDER / "refused.md").read_text(encoding="utf-8")
    due, mistakes = DUE_BYTES // MIB, MISTAKES_BYTES // MIB
    assert f"| {due} MiB an hour in each environment |" in refused_page
    assert f"| {mistakes} MiB an hour in each environment |" in refused_page
    assert f"| {due} MiB an hour, 90 days |" in PAGE
    assert due == 16 * mistakes
    assert "on AWS a sixteenth" in refused_page
    assert "one request a minute of each key" in refused_page
    assert SAMPLE_SECONDS == 60
