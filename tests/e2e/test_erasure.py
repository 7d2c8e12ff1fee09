"""A customer is erased on a running server: hidden before the answer, gone after compaction."""

import gzip
from contextlib import closing
from pathlib import Path

import duckdb

from openbunker_local.compaction import job
from openbunker_local.compaction.erase import SETTLE_MS
from openbunker_local.sqlite import erasures as erasures_sqlite
from openbunker_local.sqlite.erasures import SqliteErasureStore
from tests.support import shell
from tests.support.here import ServerHere, server_here
from tests.support.server import looks

CUSTOMER, MARKER = "erna@example.org", "marker-91c4"
QUESTION = {"time_period": "minus_60_minutes", "group_by": ["customer_identifier"]}


def post(server: ServerHere, customer: str, name: str = "signup", note: str = MARKER) -> str:
    key = {"x-eventbunker-write-key": server.demo["write_key"]}
    event = {"event_name": name, "customer_identifier": customer, "note": f"{note}-{customer}"}
    answer = server.call("POST", "/post", event, key)
    return str((answer.body or {}).get("unique_req_id"))


def seen(server: ServerHere) -> dict[str, int]:
    server.wait_until_visible()
    return dict(server.ask(QUESTION)["rows"])


def refused(data: Path) -> str:
    done = shell.cli("refused", "list", "--json", "--data", str(data))
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_that_hold(data: Path, text: str) -> list[str]:
    """Return the files of a folder that hold a text, raw or decoded."""
    found = []
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content += gzip.decompress(content)
        if path.suffix == ".parquet":
            content += repr(duckdb.connect().read_parquet(str(path)).fetchall()).encode()
        if text.encode() in content:
            found.append(path.relative_to(data).as_posix())
    return found


def test_hidden_before_the_answer_and_gone_after_compaction(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with server_here(data) as server:
        first, *_ = (post(server, CUSTOMER) for _ in range(3))
        post(server, "other")
        post(server, CUSTOMER, "not a name")
        assert seen(server) == {CUSTOMER: 3, "other": 1}
        assert any(MARKER in refused(data) for _ in looks())  # kept at once, listed soon after
        receipt, query = f"/v1/receipts/{first}", {}
        query["x-eventbunker-query-key"] = server.demo["query_key"]
        assert server.call("GET", receipt, headers=query).status == 200

        key = {"x-eventbunker-delete-key": server.demo["delete_key"]}
        body = {"customer_identifier": CUSTOMER}
        answer = server.call("POST", "/v1/delete/customer", body, key)

        assert (answer.status, answer.body["status"]) == (202, "hidden")
        assert seen(server) == {"other": 1}
        assert server.call("GET", receipt, headers=query).status == 404
        assert server.call("GET", "/v1/refused", headers=query).body["groups"] == []
        assert MARKER not in refused(data)
        status = f"/v1/delete/{answer.body['erasure_id']}"
        assert server.call("GET", status, headers=key).body == answer.body
        post(server, CUSTOMER, note="afterwards")
        assert seen(server) == {CUSTOMER: 1, "other": 1}
        server.stop()
    assert files_that_hold(data, f"{MARKER}-{CUSTOMER}")

    with closing(SqliteErasureStore(data / erasures_sqlite.FILE)) as store:
        (one,) = store.every()
    later_ms = one.requested_ms + SETTLE_MS + 120_000
    assert job.work(data, later_ms, later_ms).erasures == 1

    with server_here(data) as server:
        assert seen(server) == {CUSTOMER: 1, "other": 1}
        told = server.call("GET", status, headers=key).body
        assert (told["status"], bool(told["erased_at"])) == ("erased", True)
        server.stop()
    with closing(SqliteErasureStore(data / erasures_sqlite.FILE)) as store:
        assert [one.customer_identifier for one in store.every()] == [None]
    assert files_that_hold(data, f"{MARKER}-{CUSTOMER}") == []
    assert files_that_hold(data, CUSTOMER) == files_that_hold(data, f"afterwards-{CUSTOMER}")
    closed = shell.cli("reconcile", "--data", str(data))
    assert closed.returncode == 0, closed.stdout
