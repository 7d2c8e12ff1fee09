"""One form of line, and one set of metric names, whoever writes it: the hot path or Powertools."""

import json
import logging
from typing import Any

import pytest

from openbunker.core.books import Entry
from openbunker.core.reasons import Reason
from openbunker.web import log_lines
from openbunker.web import powertools_lines as lines
from openbunker.web.http import Reply, refusal_headers
from tests.support.query.lake import NOW_MS
from tests.unit.compaction.cloud import Cloud

STACK, FUNCTION = "prod", "prod-Compact"
FAILED = Reply(503, {}, refusal_headers(Reason.STREAM_UNAVAILABLE), cause="Throttled")
ENTRY = Entry(project_id="p", received_ms=NOW_MS, stored=["1"])


def told_by_all() -> list[dict[str, Any]]:
    """Return a line of every kind that functions write."""
    cloud = Cloud()
    cloud.run()
    return [
        log_lines.request_line("segment", FAILED, ENTRY, 3),
        log_lines.request_line("query", Reply(200, {}), None, 9),
        log_lines.lost_line("posthog", 4),
        *cloud.lines,
        {"level": "ERROR", "unexpected": 1, "error": "ValueError", "at": "x.py:1"},
        {"level": "WARNING", "message": "m-1", "why": "Throttled"},
        {"replayed": 2, "replayed_before": 0, "kept": 1},
        {"level": "ERROR", "error": "nothing is counted"},
    ]


def without_units(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line without its time of writing and without units, which say nothing here."""
    found: dict[str, Any] = json.loads(json.dumps(line))
    if "_aws" in found:
        del found["_aws"]["Timestamp"]
    for directive in found.get("_aws", {}).get("CloudWatchMetrics", ()):
        for metric in directive["Metrics"]:
            assert metric.pop("Unit", "None") == "None"
    return found


def test_powertools_writes_the_lines_that_the_hot_path_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = log_lines.writer(STACK, FUNCTION, lambda: NOW_MS)
    theirs = lines.Lines(STACK, FUNCTION)
    for line in told_by_all():
        ours(line)
        theirs(line)
        written = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
        assert len(written) == 2, written
        assert without_units(written[0]) == without_units(written[1])


def test_a_line_tells_its_call_and_what_it_was_about(capsys: pytest.CaptureFixture[str]) -> None:
    class Context:
        function_name, memory_limit_in_mb, invoked_function_arn = "f", 512, "arn"
        aws_request_id = "call-1"

    log = lines.of(STACK, "prod-Replay")

    @lines.told(log, "Records[0].messageId")
    def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        log({"replayed": 1})
        return {}

    handler({"Records": [{"messageId": "m-1"}]}, Context())
    handler({"Records": []}, Context())

    first, second = (json.loads(text) for text in capsys.readouterr().out.splitlines())
    assert (first["function_request_id"], first["correlation_id"]) == ("call-1", "m-1")
    assert second["replayed"] == 1
    assert "correlation_id" not in second


def test_what_a_library_logs_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    made = lines.Lines(STACK, "prod-Library")
    made.logger.warning("a text of %s", "somebody else's")
    told = json.loads(capsys.readouterr().out)
    assert told == {"level": "WARNING", "message": "a text of somebody else's"}
    assert logging.getLevelName(made.logger.log_level) == "INFO"
