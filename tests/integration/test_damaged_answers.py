"""What an answer over damaged files is: whole but for what it names, or the machine's fault."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from openbunker.core.errors import QueryUnavailable, StoreDamaged
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.query.endpoint import KEY_HEADER, serve_query
from openbunker.query.engine import StatementRejected
from openbunker.query.services import QueryServices
from openbunker_local.cold import manifest
from openbunker_local.compaction.run import compact
from openbunker_local.lake import faults
from openbunker_local.lake.engine import DuckLake
from openbunker_local.lake.files import Files
from openbunker_local.lake.receipts import FolderReceipts
from openbunker_local.stream.disk import Disk
from tests.support.query.lake import NOW_MS, PROJECT, deliver, event

LATER_MS = NOW_MS + 10 * 60_000
HOUR = {"time_period": "minus_1_hours"}
SQL = {**HOUR, "sql": "SELECT count(*) AS n FROM events"}


class Asked:
    """The query routes over a data folder, and what they log."""

    def __init__(self, data: Path) -> None:
        keys = MemoryKeyStore()
        keys.add(hash_of("q"), Key(key_id="q", kind=KeyKind.QUERY, account_id="a",
                                   project_id=PROJECT))  # fmt: skip
        self.logged: list[Any] = []
        self.lake = DuckLake(data, lambda: NOW_MS)
        self._services = QueryServices(
            keys=keys,
            engine=self.lake,
            now_ms=lambda: NOW_MS,
            log=self.logged.append,
            receipts=FolderReceipts(data, checksums=self.lake.files.checksums),
        )

    def post(self, path: str, body: object) -> tuple[int, Any, dict[str, str]]:
        return self._ask("POST", path, json.dumps(body))

    def get(self, path: str) -> tuple[int, Any, dict[str, str]]:
        return self._ask("GET", path, "")

    def _ask(self, method: str, path: str, body: str) -> tuple[int, Any, dict[str, str]]:
        event = {
            "rawPath": path,
            "headers": {KEY_HEADER: "q"},
            "requestContext": {"http": {"method": method, "sourceIp": ""}},
            "body": body,
        }
        answer = serve_query(event, None, self._services)
        return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    found = Asked(tmp_path)
    yield found
    found.lake.close()


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


def test_a_damaged_object_is_left_out_and_counted(tmp_path: Path, asked: Asked) -> None:
    """In a count, in SQL and in a listing; the header says it as well, and no path is told."""
    one, _, _ = deliver(tmp_path, [event(n) for n in range(9)])
    spoil(one)

    for path, body in (
        ("/v1/query/json", HOUR),
        ("/v1/query/sql", SQL),
        ("/v1/query/json", {**HOUR, "select": ["event_id"]}),
    ):
        status, told, headers = asked.post(path, body)
        assert (status, told["complete"], headers["x-openbunker-complete"]) == (200, False, "false")
        (lack,) = told["incomplete"]
        assert (lack["reason"], lack["count"]) == ("damaged", 1)
        assert str(tmp_path) not in json.dumps(told)
        assert len(told["rows"]) == 6 or told["rows"] == [[6]]


def test_a_damaged_cold_file_is_left_out_and_counted(tmp_path: Path, asked: Asked) -> None:
    deliver(tmp_path, [event(n) for n in range(9)])
    compact(tmp_path, LATER_MS, LATER_MS)
    deliver(tmp_path, [event(9, received_ms=NOW_MS)])
    (file,) = manifest.load(tmp_path).files
    spoil(tmp_path / file.path)

    status, told, _ = asked.post("/v1/query/json", HOUR)

    assert (status, told["rows"], told["complete"]) == (200, [[1]], False)
    assert set(asked.lake.files.checksums.damaged()) == {file.path}


def test_a_cold_file_that_somebody_took_is_counted_as_well(tmp_path: Path, asked: Asked) -> None:
    deliver(tmp_path, [event(n) for n in range(9)])
    compact(tmp_path, LATER_MS, LATER_MS)
    (file,) = manifest.load(tmp_path).files
    (tmp_path / file.path).unlink()

    assert asked.post("/v1/query/json", HOUR)[1]["incomplete"][0]["count"] == 1


def test_a_file_of_an_earlier_release_is_tried_once_it_fails(tmp_path: Path, asked: Asked) -> None:
    """It has no checksum yet; DuckDB's error over its bytes is nobody's 400."""
    deliver(tmp_path, [event(n) for n in range(9)])
    compact(tmp_path, LATER_MS, LATER_MS)
    (file,) = manifest.load(tmp_path).files
    unsummed = replace(manifest.load(tmp_path), files=(replace(file, crc32=None),))
    manifest.save(tmp_path, unsummed, Disk())
    path = tmp_path / file.path
    path.write_bytes(b"PAR1" + bytes(file.bytes - 8) + b"PAR1")

    for _ in range(2):
        status, told, _ = asked.post("/v1/query/sql", SQL)
        assert (status, told["rows"], told["complete"]) == (200, [[0]], False)


def test_a_damaged_manifest_is_the_machines_fault(tmp_path: Path, asked: Asked) -> None:
    deliver(tmp_path, [event(n) for n in range(9)])
    compact(tmp_path, LATER_MS, LATER_MS)
    spoil(tmp_path / "cold" / "manifest.json")

    for path, body in (("/v1/query/json", HOUR), ("/v1/query/sql", SQL)):
        status, told, headers = asked.post(path, body)
        assert (status, headers["x-openbunker-reason"]) == (503, "query_unavailable")
        assert "damaged" in json.dumps(told)
        assert str(tmp_path) not in json.dumps(told)
    assert "manifest.json" in json.dumps(asked.logged)


def test_an_id_that_a_damaged_file_may_hold_is_not_called_unknown(
    tmp_path: Path, asked: Asked
) -> None:
    one, *_ = deliver(tmp_path, [event(n) for n in range(9)])
    assert asked.get("/v1/receipts/key-99")[0] == 404
    spoil(one)
    assert asked.get("/v1/receipts/key-8")[0] == 200
    assert asked.get("/v1/receipts/key-99")[0] == 503
    one.unlink()
    compact(tmp_path, LATER_MS, LATER_MS)
    spoil(tmp_path / manifest.load(tmp_path).files[0].path)
    assert asked.get("/v1/receipts/key-99")[0] == 503


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (duckdb.IOException("disk"), QueryUnavailable),
        (duckdb.InternalException("bug"), QueryUnavailable),
        (duckdb.InvalidInputException("Invalid file /data/cold/x.parquet"), QueryUnavailable),
        (duckdb.ConversionException("Could not convert 'x'"), StatementRejected),
    ],
)
def test_no_text_with_a_path_is_a_statements(error: duckdb.Error, kind: type[Exception]) -> None:
    assert isinstance(faults.meant(error, Path("/data")), kind)


def test_wrong_statements_have_files_read_again_now_and_then_only(
    tmp_path: Path, asked: Asked
) -> None:
    now = iter([0.0, 1.0, 20.0])
    suspects = faults.Suspects(lambda _: None, lambda: next(now))
    (path,) = deliver(tmp_path, [event(1)])
    files = Files(str(tmp_path), [str(path)])
    lake = asked.lake.files
    lake.checksums.whole_objects(files.hot)
    looked: list[object] = []
    lake.checksums.look_again = looked.append  # type: ignore[assignment,method-assign]
    for _ in range(3):
        suspects.any_damaged(lake, files, duckdb.InvalidInputException("a regular expression"))
    assert len(looked) == 2


def test_a_damage_is_an_outage_of_the_store() -> None:
    assert issubclass(StoreDamaged, QueryUnavailable)
