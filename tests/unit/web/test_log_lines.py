"""What a log line counts: by which labels, at what cost, and that the code emits what is named."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from openbunker.core.books import Entry
from openbunker.core.errors import KeyStoreUnavailable
from openbunker.core.reasons import Reason
from openbunker.core.records import Record
from openbunker.core.verdict import Delivery, Fate
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key
from openbunker.sinks.failover import FailoverSink
from openbunker.sinks.refused import StreamRefusedSink
from openbunker.sinks.sink import StreamError
from openbunker.web.guard import attempt
from openbunker.web.http import Reply, refusal_headers
from openbunker.web.log_lines import (
    DIMENSIONS,
    NAMESPACE,
    lost_line,
    measured,
    request_line,
    writer,
)
from tests.unit import test_replay as replays
from tests.unit.compaction.cloud import Cloud
from tests.unit.ingest.test_receipts import GOOD, NOW_MS, World

LABELS = {"stack": "prod", "function": "prod-Track"}
GOOD_REPLY = Reply(200, {})


def directives(line: dict[str, Any]) -> dict[tuple[str, ...], set[str]]:
    counted = measured(line, LABELS, NOW_MS)
    found = counted["_aws"]["CloudWatchMetrics"]
    assert {one["Namespace"] for one in found} == {NAMESPACE}
    for one in found:
        (labels,) = one["Dimensions"]
        assert all(counted[label] for label in labels)
        assert all(isinstance(counted[m["Name"]], int) for m in one["Metrics"])
    return {tuple(one["Dimensions"][0]): {m["Name"] for m in one["Metrics"]} for one in found}


def test_items_are_counted_by_stack_and_dialect() -> None:
    entry = Entry(project_id="p", received_ms=NOW_MS, stored=["1"])
    line = request_line("segment", GOOD_REPLY, entry, 3)
    counted = {"stored", "spilled", "refused", "retry", "elapsed_ms"}
    assert directives(line) == {("stack", "dialect"): counted}


def test_a_question_pays_for_no_counts_of_items() -> None:
    assert directives(request_line("query", GOOD_REPLY, None, 3)) == {
        ("stack", "dialect"): {"elapsed_ms"}
    }


@pytest.mark.parametrize("reason", list(Reason))
def test_an_answer_fails_when_the_fault_is_not_the_senders(reason: Reason) -> None:
    """Whatever status the vendor wants: NanoSights answers 200 to everything."""
    line = request_line("nanosights", Reply(200, {}, refusal_headers(reason)), None, 3)
    assert ("failed" in line) == (reason.facts.status >= 500)
    if "failed" in line:
        assert directives(line)["stack", "function"] == {"failed"}


def test_a_bug_and_a_loss_are_counted_for_the_whole_stack() -> None:
    """One alarm each, whichever function and dialect it was."""
    assert directives({"unexpected": 1}) == {("stack",): {"unexpected"}}
    assert directives(lost_line("segment", 4)) == {("stack",): {"refused_lost"}}


def test_a_line_that_counts_nothing_stays_as_it_is() -> None:
    assert measured({"why": "x"}, LABELS, NOW_MS) == {"why": "x"}


def test_the_first_line_of_an_environment_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    write = writer("prod", "prod-Track", lambda: NOW_MS)
    write({"a": 1})
    write({"a": 2})
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["cold_start"], first["function"], first["stack"]) == (1, "prod-Track", "prod")
    assert second == {"a": 2}


def test_labels_are_those_that_alarms_can_name() -> None:
    assert set(DIMENSIONS.values()) == {("stack", "dialect"), ("stack", "function"), ("stack",)}


class Answers:
    """A sink or a key store that answers every time alike."""

    def __init__(self, fate: Fate, code: str = "") -> None:
        reason = Reason.STREAM_UNAVAILABLE if fate is Fate.RETRY else None
        self.delivery = Delivery(fate, reason, code)

    def publish(self, records: Sequence[Record], seconds: float | None = None) -> list[Delivery]:
        return [self.delivery for _ in records]


def told(first: Answers, spill: Answers) -> dict[str, Any]:
    """Send an event while the sinks answer so; return the line of the request."""
    world = World()
    world.sink = FailoverSink(first, spill, lambda: 0.0)  # type: ignore[assignment]
    world.send([GOOD])
    found: dict[str, Any] = world.lines[-1]
    return found


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "NotSent"])
def test_the_line_tells_why_the_stream_took_nothing(code: str) -> None:
    """A right that is gone, a throttle and a deleted stream look alike to senders, not to us."""
    line = told(Answers(Fate.RETRY, code), Answers(Fate.RETRY, "AccessDenied"))
    assert line["cause"] == f"{code}, AccessDenied"
    assert (line["failed"], line["retry"]) == (1, 1)


def test_the_line_tells_why_events_were_spilled_though_the_answer_is_good() -> None:
    line = told(Answers(Fate.RETRY, "AccessDeniedException"), Answers(Fate.SPILLED))
    assert (line["cause"], line["spilled"]) == ("AccessDeniedException", 1)
    assert "failed" not in line


def test_a_line_without_a_fault_has_no_cause() -> None:
    assert "cause" not in told(Answers(Fate.STORED), Answers(Fate.RETRY))


def test_the_line_tells_why_keys_cannot_be_checked_and_the_sender_is_not_told() -> None:
    class Keys(MemoryKeyStore):
        def find(self, key_hash: str) -> Key | None:
            raise KeyStoreUnavailable("AccessDeniedException: not yours")

    world = World()
    world.keys = Keys({})
    answer = world.send([GOOD])
    assert world.lines[-1]["cause"] == "AccessDeniedException: not yours"
    assert (world.lines[-1]["status"], world.lines[-1]["failed"]) == (503, 1)
    assert "AccessDenied" not in str(answer)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_what_keeps_refusals_tells_the_code_of_its_failure(code: str) -> None:
    class Stream:
        def put_record_batch(self, records: object, seconds: object = None) -> list[Any]:
            raise StreamError(code, "no")

    lines: list[Any] = []
    sink = StreamRefusedSink(Stream(), log=lines.append)
    assert sink.keep([Record(b"{}\n")], "p") == 0
    assert [line["cause"] for line in lines] == [code]


def test_every_metric_is_told_by_something_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """What an alarm names and nobody emits would never ring."""

    def bug() -> None:
        raise ZeroDivisionError

    writer("s", "f", lambda: NOW_MS)({})
    sent, cloud, queue = World(), Cloud(), replays.World()
    sent.send([GOOD])
    queue.spill("a", b"1\n")
    queue.receive()
    attempt(bug, sent.lines.append)
    lines = [json.loads(capsys.readouterr().out), cloud.run(), queue.logged[-1], *sent.lines]
    lines += [told(Answers(Fate.RETRY), Answers(Fate.RETRY)), lost_line("segment", 1)]
    assert {name for line in lines for name in line} >= set(DIMENSIONS)
