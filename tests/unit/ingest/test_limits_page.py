"""docs/limits.md tells each limit once, and the number that the code has."""

import re
from pathlib import Path

import pytest

from openbunker.core import jsontext, records
from openbunker.core.event import TEXT_LIMITS
from openbunker.core.reasons import Reason
from openbunker.ingest import burst
from openbunker.keys import cached
from openbunker.query.question import question
from openbunker.web import http
from openbunker.wire import eventbunker
from openbunker.wire.databuddy import fields as databuddy_fields
from openbunker.wire.posthog import capture as posthog
from openbunker.wire.segment import messages as segment
from openbunker.wire.tracify import events as tracify

PAGE = (Path(__file__).parents[3] / "docs/limits.md").read_text(encoding="utf-8")
KIB = 1024
NUMBERS = {
    "a request body, after inflation": (http.MAX_BODY_BYTES, "1 MiB", KIB * KIB),
    "one event as stored": (records.MAX_RECORD_BYTES, "1,000 KiB", 1000 * KIB),
    "a Databuddy batch": (databuddy_fields.MAX_BATCH, "100 events", 100),
    "a Tracify request": (tracify.MAX_BATCH, "1,000 events", 1000),
    "a Segment batch": (segment.MAX_BATCH, "2,500 messages", 2500),
    "a PostHog batch": (posthog.MAX_BATCH, "2,500 events", 2500),
    "depth of JSON": (jsontext.MAX_DEPTH, "100 levels", 100),
    "objects and lists of a body": (jsontext.MAX_NODES, "50,000", 50_000),
    "rows of an answer to a question": (question.MAX_LIMIT, "10,000", 10_000),
    "different EventBunker names": (eventbunker.MAX_EVENT_NAMES, "2,000", 2000),
}


@pytest.mark.parametrize("what", NUMBERS)
def test_a_limit_is_told_once_and_as_the_code_has_it(what: str) -> None:
    value, told, number = NUMBERS[what]
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {what} |")]
    assert told in row
    assert value == number


def test_each_column_has_the_limit_that_the_page_tells() -> None:
    part = PAGE.partition("## Texts that have a column")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*`) \| ([0-9,]+) \|$", part, re.MULTILINE)
    told = {name: int(n.replace(",", "")) for names, n in rows for name in names.split("`")[1::2]}
    assert told == TEXT_LIMITS


def test_every_code_of_the_page_is_a_reason() -> None:
    codes = set(re.findall(r"\| `([a-z_]+)` \|$", PAGE, re.MULTILINE))
    assert codes <= set(Reason)
    assert {Reason.OVER_QUOTA, Reason.RATE_LIMITED, Reason.BATCH_TOO_LARGE} <= codes


def test_the_times_of_the_page_are_those_of_the_cache_and_the_bucket() -> None:
    assert (cached.POSITIVE_SECONDS, cached.NEGATIVE_SECONDS) == (60, 10)
    assert cached.STALE_SECONDS == 10 * 60
    assert "it holds what ten seconds give" in PAGE
    assert burst.BURST_SECONDS == 10
