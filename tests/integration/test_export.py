"""Exports as their user runs them: what files hold, that they are whole, what a day keeps."""

import csv
import json
import os
from base64 import b64encode
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from openbunker.core import layout
from openbunker.core.times import DAY_MS
from openbunker.erasure.model import Erasure
from openbunker.query.question.columns import COLUMNS
from openbunker.query.scope import Scope
from openbunker.wiring import system
from openbunker_local.cli.app import app
from openbunker_local.compaction.run import compact
from openbunker_local.lake import export as exports
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.export import Export, Form
from openbunker_local.sqlite.erasures import FILE, SqliteErasureStore
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event

EVENTS = [
    event(
        n,
        timestamp_ms=NOW_MS - n * DAY_MS // 2,
        customer_identifier="acme" if n == 3 else None,
        properties={"plan": "é\"'\n", "n": n, "deep": {"a": [1, None]}},
        url="=1+1" if n == 2 else "-5.00",
        metric_value=n / 2,
    )
    for n in range(6)
]
OTHERS = [event(n, project_id="project-b", url="canary") for n in range(6)]


def run(data: Path, *options: object) -> str:
    arguments = ["export", "--data", data, "--project", PROJECT, *options]
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def read_parquet(file: Path) -> list[dict[str, Any]]:
    found = duckdb.execute(f"SELECT * FROM read_parquet('{file}') ORDER BY event_id")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def ids(rows: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(row["event_id"] for row in rows)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "now_ms", lambda: NOW_MS)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    deliver(tmp_path / "data", [*EVENTS, *OTHERS, EVENTS[0]])
    return tmp_path / "data"


def test_a_parquet_file_holds_each_event_once_with_all_its_columns(
    data: Path, tmp_path: Path
) -> None:
    told = run(data, "--parquet", tmp_path / "all.parquet")

    rows = read_parquet(tmp_path / "all.parquet")
    assert "6 events of 4 days" in told
    assert list(rows[0]) == [*COLUMNS, "properties"]
    for row, sent in zip(rows, EVENTS, strict=True):
        assert {**row, "properties": None} == {
            **{name: getattr(sent, name) for name in COLUMNS},
            "properties": None,
        }
        assert json.loads(row["properties"]) == sent.properties


def test_lines_hold_objects(data: Path, tmp_path: Path) -> None:
    run(data, "--ndjson", tmp_path / "all.ndjson")

    lines = (tmp_path / "all.ndjson").read_text(encoding="utf-8").splitlines()
    rows = sorted(map(json.loads, lines), key=lambda row: str(row["event_id"]))
    assert [row["properties"] for row in rows] == [one.properties for one in EVENTS]


def test_lines_hold_properties_as_they_were_sent(tmp_path: Path) -> None:
    """No digit is lost on the way, and no brace of a text either."""
    long, odd = 12345678901234567890123, '}}\x1f\u2028"\n'
    deliver(tmp_path / "data", [event(1, properties={"n": long}, utm_term="a}"), event(2, url=odd)])

    run(tmp_path / "data", "--ndjson", tmp_path / "all.ndjson")

    rows = [json.loads(line) for line in (tmp_path / "all.ndjson").read_text().split("\n") if line]
    one, two = sorted(rows, key=lambda row: str(row["event_id"]))
    assert (one["properties"], one["utm_term"]) == ({"n": long}, "a}")
    assert (two["properties"], two["url"]) == ({}, odd)


@pytest.mark.slow
@pytest.mark.parametrize("form", list(Form))
def test_wide_events_go_through_little_memory(tmp_path: Path, form: Form) -> None:
    """A hundred and fifty of nearly a megabyte, cold: no form holds them all at once."""
    texts = [b64encode(os.urandom(670_000)).decode() for _ in range(10)]
    rows = [event(n, properties={"text": texts[n % 10] + str(n)}) for n in range(150)]
    deliver(tmp_path / "data", rows, per_object=10)
    compact(tmp_path / "data", NOW_MS, NOW_MS)

    run(tmp_path / "data", f"--{form}", tmp_path / f"all.{form}")

    with duckdb.connect() as database:
        read = {"parquet": "read_parquet", "csv": "read_csv", "ndjson": "read_json"}[form]
        more = ", maximum_object_size = 2000000" if form is Form.NDJSON else ""
        more = ", max_line_size = 4000000" if form is Form.CSV else more
        found = database.execute(f"SELECT count(*) FROM {read}('{tmp_path}/all.{form}'{more})")
        assert found.fetchall() == [(150,)]


def test_csv_has_one_head_and_no_formulas(data: Path, tmp_path: Path) -> None:
    run(data, "--csv", tmp_path / "all.csv")

    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["event_id"])
    assert len(rows) == len(EVENTS)
    assert [row["url"] for row in rows] == ["-5.00", "-5.00", "'=1+1", *["-5.00"] * 3]
    assert json.loads(rows[1]["properties"]) == EVENTS[1].properties


def test_a_folder_gets_a_file_a_day_and_keeps_what_is_over(data: Path, tmp_path: Path) -> None:
    run(data, "--parquet", tmp_path / "out")
    first = {file.name: file.stat() for file in (tmp_path / "out").iterdir()}
    kept = tmp_path / "out" / f"{PROJECT}-{layout.day(NOW_MS - DAY_MS)}.parquet"
    for name in first:  # written as the clock says: during the last of the days
        os.utime(tmp_path / "out" / name, (NOW_MS / 1000, NOW_MS / 1000))

    told = run(data, "--parquet", tmp_path / "out")

    assert sorted(first) == [
        f"{PROJECT}-{layout.day(NOW_MS - n * DAY_MS)}.parquet" for n in (3, 2, 1, 0)
    ]
    assert ids(read_parquet(tmp_path / "out" / "*.parquet")) == ids(
        [{"event_id": one.event_id} for one in EVENTS]
    )
    assert kept.stat().st_ino == first[kept.name].st_ino
    assert "1 event of 4 days" in told
    assert "5 were there already" in told


def test_a_folder_of_one_project_takes_another_one_too(data: Path, tmp_path: Path) -> None:
    run(data, "--ndjson", tmp_path / "out")
    told = run(data, "--ndjson", tmp_path / "out", "--project", "project-b")

    assert "there already" not in told
    files = (tmp_path / "out").glob("project-b-*.ndjson")
    assert sum(len(file.read_text().splitlines()) for file in files) == len(OTHERS)


def test_from_and_to_cut_by_the_time_it_happened(data: Path, tmp_path: Path) -> None:
    run(data, "--ndjson", tmp_path / "x.ndjson", "--from", "2026-11-19T12:00", "--to", "2026-11-21")

    lines = (tmp_path / "x.ndjson").read_text().splitlines()
    assert ids([json.loads(line) for line in lines]) == [f"{n:032x}" for n in (1, 2, 3)]


@pytest.mark.parametrize("cut", [("--from", "2026-11-19T12:00"), ("--to", "2026-11-20T12:00")])
def test_a_folder_takes_no_part_of_a_day(data: Path, tmp_path: Path, cut: tuple[str, str]) -> None:
    target = str(tmp_path / "out")
    arguments = ["export", "--data", str(data), "--project", "prj_x", "--ndjson", target, *cut]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "whole days" in result.output
    assert not Path(target).exists()


def test_an_erased_customer_stays_out(data: Path, tmp_path: Path) -> None:
    erasure = Erasure(
        erasure_id="0" * 32,
        project_id=PROJECT,
        customer_identifier="acme",
        customer_hash="x",
        requested_ms=NOW_MS,
        key_id="k",
    )
    with closing(SqliteErasureStore(data / FILE)) as erasures:
        erasures.add(erasure)

    run(data, "--parquet", tmp_path / "all.parquet")

    assert ids(read_parquet(tmp_path / "all.parquet")) == [f"{n:032x}" for n in (0, 1, 2, 4, 5)]


def test_no_events_are_a_file_without_rows(tmp_path: Path) -> None:
    run(tmp_path, "--parquet", tmp_path / "none.parquet")
    assert read_parquet(tmp_path / "none.parquet") == []
    run(tmp_path, "--csv", tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text().startswith("project_id,")


def test_no_events_are_no_days(tmp_path: Path) -> None:
    assert "0 events of 0 days" in run(tmp_path, "--parquet", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "Name one of --parquet, --ndjson and --csv"),
        (["--csv", "a.csv", "--parquet", "a.parquet"], "Name one of"),
        (["--csv", "a.csv", "--from", "yesterday"], "--from is a day or a time"),
        (["--csv", "a.csv", "--from", "2026-02-01", "--to", "2026-01-01"], "--from is before --to"),
        (["--csv", "a.csv", "--project", ""], "name the project with --project"),
        (["--csv", "a.csv", "--project", "../b"], "--project is the id of a project"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, options: list[str], told: str) -> None:
    result = CliRunner().invoke(
        app, ["export", "--data", str(tmp_path), "--project", "p", *options]
    )

    assert result.exit_code == 2
    assert told in result.output


@pytest.mark.parametrize("target", ["nowhere/out", "nowhere/all.parquet"])
def test_no_folder_is_made_on_the_way_to_the_one_that_was_named(
    data: Path, tmp_path: Path, target: str
) -> None:
    words = ["export", "--data", str(data), "--project", PROJECT]
    result = CliRunner().invoke(app, [*words, "--parquet", str(tmp_path / target)])

    assert result.exit_code == 3
    assert f"There is no folder {tmp_path / 'nowhere'}" in result.output
    assert not (tmp_path / "nowhere").exists()


def test_an_interrupted_export_leaves_the_old_file_and_no_parts(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "all.parquet"
    target.write_text("the old one")
    with closing(DuckLake.for_export(data, tmp_path / "spill", tmp_path)) as lake:
        exporting = Export(lake, Scope(PROJECT), Form.PARQUET, NOW_MS)
        steps = exporting.file(exporting.days(exports.ALL), target)
        next(steps)
        steps.close()  # type: ignore[attr-defined]

    assert target.read_text() == "the old one"
    assert not list(tmp_path.glob(".export-*"))


def test_the_lake_of_questions_writes_nothing(tmp_path: Path, data: Path) -> None:
    with closing(DuckLake(data, lambda: NOW_MS)) as lake:
        exporting = Export(lake, Scope(PROJECT), Form.PARQUET, NOW_MS)
        days = exporting.days(exports.ALL)
        with pytest.raises(Exception, match=r"(?i)permission|external access|disabled"):
            list(exporting.file(days, tmp_path / "all.parquet"))
