"""Refused rows on one machine: durable as events are, and in a place that no question reads."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from openbunker.core import refused_rows as refused
from openbunker.core.records import Record
from openbunker.core.refused_rows import Refused
from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates as sql
from openbunker.sinks.refused import MemoryRefusedSink, RefusedSink, StreamRefusedSink
from openbunker.sinks.sink import StreamError
from openbunker_local.lake.engine import DuckLake
from openbunker_local.stream.disk import FolderInUse
from openbunker_local.stream.refused_days import refused_stream
from openbunker_local.stream.stream import EmbeddedStream
from tests.support.embedded import Clock


def row(number: int = 0) -> Record:
    return refused.encode(
        Refused(
            project_id="p",
            refused_id=f"{number:032x}",
            dialect="databuddy",
            route="POST /batch",
            key_id="k",
            reason="invalid_schema",
            message="name: required",
            received_ms=Clock().now,
            payload="{}",
            payload_bytes=2,
        )
    )


def rows(data: Path) -> list[bytes]:
    found = sorted((data / "refused").rglob("*.json.gz"))
    return [line for file in found for line in gzip.decompress(file.read_bytes()).splitlines(True)]


@pytest.fixture(params=["memory", "stream"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    if request.param == "memory":
        return MemoryRefusedSink()
    stream = refused_stream(tmp_path, Clock().now_ms)
    request.addfinalizer(stream.close)
    return StreamRefusedSink(stream)


def test_a_sink_tells_how_many_it_took(sink: RefusedSink) -> None:
    assert [sink.keep([], "p"), sink.keep([row(1)], "p"), sink.keep([row(2)] * 600, "p")] == [
        0,
        1,
        600,
    ]


def test_rows_lie_under_refused_and_nowhere_else(tmp_path: Path) -> None:
    events = EmbeddedStream(tmp_path)
    stream = refused_stream(tmp_path, Clock().now_ms)

    StreamRefusedSink(stream).keep([row(1), row(2)], "p")
    stream.close()
    events.close()

    assert rows(tmp_path) == [row(1).data, row(2).data]
    assert not (tmp_path / "hot").exists()
    (found,) = (tmp_path / "refused").rglob("*.json.gz")
    assert found.parent == tmp_path / "refused/dt=2026-01-02/hm=0300"
    assert found.name.startswith("openbunker-refused-1-")


def test_what_was_kept_survives_a_process_that_dies(tmp_path: Path) -> None:
    """The journal holds it before `keep` returns; the next start delivers it."""
    stream = refused_stream(tmp_path, Clock().now_ms)
    stream._deliver_after_seconds = 3600.0
    StreamRefusedSink(stream).keep([row(1)], "p")
    left = next((tmp_path / "stream/refused/journal").iterdir()).read_bytes()

    assert row(1).data in left
    stream.close()
    assert rows(tmp_path) == [row(1).data]


def test_two_streams_never_share_a_room(tmp_path: Path) -> None:
    stream = refused_stream(tmp_path, Clock().now_ms)
    with pytest.raises(FolderInUse):
        refused_stream(tmp_path, Clock().now_ms)
    stream.close()


def test_a_stream_that_is_shut_takes_nothing_and_does_not_raise(tmp_path: Path) -> None:
    stream = refused_stream(tmp_path, Clock().now_ms)
    stream.close()

    assert StreamRefusedSink(stream).keep([row(1)], "p") == 0


class _Partial:
    """A client that refuses every second record, or the call, or forgets the answers."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> list[dict[str, str]]:
        if self.mode == "error":
            raise StreamError("ServiceUnavailableException", "Slow down.")
        if self.mode == "short":
            return []
        return [{"ErrorCode": "InternalFailure"} if i % 2 else {"RecordId": "1"}
                for i in range(len(records))]  # fmt: skip


@pytest.mark.parametrize(("mode", "kept"), [("error", 0), ("short", 0), ("half", 2)])
def test_only_what_the_stream_took_counts(mode: str, kept: int) -> None:
    big = Record(b"x" * 600_000)  # two of these do not fit into one record of the stream
    assert StreamRefusedSink(_Partial(mode)).keep([big, big, big], "p") == kept


def test_no_question_sees_a_refused_row(tmp_path: Path) -> None:
    now_ms = Clock().now
    stream = refused_stream(tmp_path, Clock().now_ms)
    StreamRefusedSink(stream).keep([row(1)], "p")
    stream.close()
    asked = question.parse({"time_period": "minus_1_days"})
    plan = sql.plan(asked, Scope("p"), now_ms + 1)
    lake = DuckLake(tmp_path, lambda: now_ms)

    assert plan.answer(lake.run(plan.statement)) == [[0]]
    assert json.loads(rows(tmp_path)[0])["project_id"] == "p"
    lake.close()
