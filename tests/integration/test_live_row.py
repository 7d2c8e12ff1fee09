"""One row of the newest events, opened: what was stored or sent, its fate and its receipt."""

from pathlib import Path
from typing import Any

from openbunker.wiring import system
from openbunker_local.compaction.run import compact
from tests.support.here import ServerHere, server_here
from tests.support.server import looks

TWO_MINUTES = 120_000


def opened(server: ServerHere, name: str, key: str = "query_key") -> Any:
    headers = {"x-eventbunker-query-key": server.demo[key]}
    return server.call("GET", f"/v1/live/{name}", headers=headers)


def test_rows_are_opened_with_their_receipt(tmp_path: Path) -> None:
    with server_here(tmp_path) as server:
        key = {"x-eventbunker-write-key": server.demo["write_key"]}
        sent = {"event_name": "bought", "customer_identifier": "c1", "cart": {"price": 9.5}}
        stored = server.call("POST", "/post", sent, key).body["unique_req_id"]
        bad = {"event_name": "a b", "deep": ["é"]}
        refused = server.call("POST", "/post", bad, key).headers["x-openbunker-refused-id"]
        server.wait_until_visible()
        _until_opened(server, refused)

        event = opened(server, stored).body
        assert event["fate"] == "stored"
        assert event["event"]["event_name"] == "bought"
        assert event["event"]["customer_identifier"] == "c1"
        assert event["properties"] == {"cart": {"price": 9.5}}
        assert (event["receipt"]["status"], event["receipt"]["line"]) == ("stored", 1)
        assert event["receipt"]["object"].startswith("hot/dt=")
        assert event["complete"] is True

        told = opened(server, refused).body
        assert (told["fate"], told["refused"]["reason"]) == ("refused", "invalid_schema")
        assert told["sent"] == bad
        assert told["receipt"]["status"] == "refused"

        now_ms = system.now_ms()
        compact(tmp_path, now_ms + TWO_MINUTES, now_ms)
        cold = opened(server, stored).body
        assert cold["receipt"]["status"] == "compacted"
        assert {**cold, "receipt": None} == {**event, "receipt": None}


def test_what_a_key_does_not_see_is_not_there(tmp_path: Path) -> None:
    with server_here(tmp_path) as server:
        key = {"x-eventbunker-write-key": server.demo["write_key"]}
        sent = {"event_name": "bought", "customer_identifier": "c1"}
        stored = server.call("POST", "/post", sent, key).body["unique_req_id"]
        bad = {"event_name": "a b"}
        refused = server.call("POST", "/post", bad, key).headers["x-openbunker-refused-id"]
        server.wait_until_visible()
        _until_opened(server, refused)
        made = {"type": "QUERY", "customer_identifier": "c2"}
        master = {"x-eventbunker-apikey": server.demo["project_master_key"]}
        scoped = server.call("POST", "/v1/manage/key/create", made, master).body
        server.demo["scoped"] = scoped["api_key"]

        for name in (stored, refused):
            assert opened(server, name).status == 200
            assert opened(server, name, "scoped").status == 404
            assert opened(server, name, "write_key").status == 401
        for name in ("order-1", "f" * 32, stored[:-1]):
            assert opened(server, name).status == 404
        gone = {"customer_identifier": "c1"}
        delete = {"x-eventbunker-delete-key": server.demo["delete_key"]}
        assert server.call("POST", "/v1/delete/customer", gone, delete).status == 202
        assert opened(server, stored).status == 404


def _until_opened(server: ServerHere, name: str) -> None:
    assert any(opened(server, name).status == 200 for _ in looks())
