"""Times beyond the years of a calendar, through a real compaction, to questions and exports."""

import json
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from openbunker.query.question import question
from openbunker.query.scope import Scope
from openbunker.query.sql import aggregates
from openbunker.wire.calendar import MAX_MS
from openbunker.wiring import system
from openbunker_local.cli.app import app
from openbunker_local.cold import manifest
from openbunker_local.compaction.run import compact
from openbunker_local.lake.engine import DuckLake
from tests.support.query.lake import HOUR_MS, NOW_MS, PROJECT, deliver, event

# The day of each, as its export file is called.
DAYS = {
    -MAX_MS: "-271821-04-20",
    -62_135_596_800_001: "0000-12-31",
    -62_135_596_800_000: "0001-01-01",
    -1: "1969-12-31",
    1_704_067_200: "1970-01-20",
    NOW_MS: "2026-11-21",
    253_402_300_799_999: "9999-12-31",
    1_704_067_200_000_000: "+055969-09-28",
    MAX_MS: "+275760-09-13",
}
EVENTS = [event(n, timestamp_ms=at, received_ms=NOW_MS - 2 * HOUR_MS) for n, at in enumerate(DAYS)]


@pytest.fixture(params=["hot", "compacted"])
def data(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(system, "now_ms", lambda: NOW_MS)
    found = tmp_path / "data"
    deliver(found, EVENTS)
    if request.param == "compacted":
        assert compact(found, NOW_MS, NOW_MS).rows == len(EVENTS)
        # One partition for all that is far from its receipt: senders' times make no thousands.
        days = {file.day for file in manifest.load(found).of("rows")}
        assert days == {"other", "2026-11-21"}
    return found


def test_a_question_finds_each_by_itself_and_all_together(data: Path, tmp_path: Path) -> None:
    with closing(DuckLake(data, lambda: NOW_MS, spill=tmp_path / "spill")) as lake:

        def count(period: object) -> object:
            plan = aggregates.plan(question.parse({"time_period": period}), Scope(PROJECT), NOW_MS)
            return plan.answer(lake.run(plan.statement))

        assert count("all") == [[len(EVENTS)]]
        for at in DAYS:
            assert count({"from": at, "to": at + 1}) == [[1]]


def exported(data: Path, *options: str) -> None:
    arguments = ["export", "--data", str(data), "--project", PROJECT, *options]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output


def test_an_export_of_all_has_all(data: Path, tmp_path: Path) -> None:
    exported(data, "--ndjson", str(tmp_path / "all.ndjson"))
    exported(data, "--parquet", str(tmp_path / "days"))

    lines = (tmp_path / "all.ndjson").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["timestamp_ms"] for line in lines] == list(DAYS)
    files = {file.name: file for file in (tmp_path / "days").iterdir()}
    assert set(files) == {f"{PROJECT}-{day}.parquet" for day in DAYS.values()}
    for at, day in DAYS.items():
        file = files[f"{PROJECT}-{day}.parquet"]
        rows = duckdb.execute(f"SELECT timestamp_ms FROM '{file}'").fetchall()
        assert rows == [(at,)]


def test_an_export_of_a_part_has_that_part(data: Path, tmp_path: Path) -> None:
    exported(data, "--csv", str(tmp_path / "a.csv"), "--from", "0001-01-01", "--to", "1970-01-01")

    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2
