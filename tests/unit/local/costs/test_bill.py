"""The bill is computed from calls that are counted: here they are made, and counted again."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bench.costs import compaction as measuring
from bench.costs.sample import sample
from openbunker.sinks.firehose import FirehoseSink
from openbunker.web.log_lines import measured
from openbunker_local.costs import prices
from openbunker_local.costs.bill import Traffic, bill
from openbunker_local.costs.compaction import ORDINARY, ORDINARY_BYTES
from openbunker_local.costs.writing import writing
from tests.support.shell import cli

LINE = {"dialect": "eventbunker", "project": "prj_0cf06f9a5910622b", "hour": "2026-11-27T14",
        "status": 200, "reason": None, "stored": 1, "spilled": 0, "refused": 0, "retry": 0,
        "elapsed_ms": 20}  # fmt: skip


class Counting:
    """A stream that takes everything, and counts calls and the bytes that Firehose would bill."""

    def __init__(self) -> None:
        self.calls, self.billed = 0, 0

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> Sequence[Mapping[str, Any]]:
        self.calls += 1
        step = prices.BILLED_STEP
        self.billed += sum(-(-len(data) // step) * step for data in records)
        return [{"RecordId": "1"} for _ in records]


@pytest.mark.parametrize("size", [1, 7, 100, 2_500])
def test_the_stream_is_called_once_a_request_and_billed_what_is_said(size: int) -> None:
    stream, record = Counting(), sample()
    sink = FirehoseSink(stream, lambda: 0.0, lambda _: None, lambda: 0.0)

    sink.publish([record] * size)

    assert stream.calls == 1
    paid = writing(size, size, len(record.data)).stream
    assert paid == pytest.approx(stream.billed / prices.GB * prices.PER_STREAM_GB)


def test_what_is_said_of_a_row_and_a_line_is_what_they_measure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "ROWS", 10_000)
    row = measuring.measured()
    labels = {"stack": "openbunker-production", "function": "TrackFunction"}
    line = len(json.dumps(measured(dict(LINE), labels, 1_795_789_644_875)))

    assert len(sample().data) == ORDINARY_BYTES
    assert row.hot == pytest.approx(ORDINARY.hot, rel=0.1)
    assert row.cold == pytest.approx(ORDINARY.cold, rel=0.1)
    assert row.keys == pytest.approx(ORDINARY.keys, rel=0.1)
    assert line == pytest.approx(prices.OUR_LINE_BYTES, rel=0.25)


def test_twice_the_events_cost_at_most_twice_and_batches_never_more() -> None:
    def total(**traffic: Any) -> float:
        return sum(line.dollars for line in bill(Traffic(**traffic)))

    for events in (1, 1_000, 1_000_000, 10**9):
        assert total(events=events) <= total(events=2 * events) <= 2 * total(events=events)
        assert total(events=events, batch=100) <= total(events=events)
        assert total(events=events, function_url=True) < total(events=events)
        assert total(events=events) <= total(events=events, event_bytes=10_000)


def test_the_command_tells_the_lines_and_their_sum() -> None:
    told = json.loads(cli("cost", "--events-per-month", "1000000", "--json").stdout)
    shown = cli("cost", "--events-per-month", "1000000").stdout

    assert told["dollars"] == pytest.approx(sum(line["dollars"] for line in told["lines"]))
    assert told["dollars_per_million_events"] == told["dollars"]
    assert f"{told['dollars']:,.2f}" in shown
    assert cli("cost", "--events-per-month", "0").returncode == 2
    assert cli("cost").returncode == 2
