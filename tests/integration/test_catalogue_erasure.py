"""No example of a property outlives its event: who is erased is in none, before and after."""

from pathlib import Path
from typing import Any

import pytest

from openbunker_local import runtime
from openbunker_local.compaction.run import compact
from openbunker_local.runtime import Runtime
from tests.support import folder
from tests.support.folder import MINUTE_MS


def told(parts: Runtime) -> tuple[str, Any]:
    query = {"x-eventbunker-query-key": parts.demo.query_key}
    found = folder.call("GET", "/v1/events/names?name=seen", headers=query)
    assert found.status == 200, found
    return found.text, found.body["names"]


def test_no_example_survives_an_erasure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = folder.Clock(monkeypatch)
    with runtime.running(tmp_path, "http://127.0.0.1:1", lambda _: None) as parts:
        write = {"x-eventbunker-write-key": parts.demo.write_key}
        for customer in ("anna", "bert"):
            body = {"event_name": "seen", "customer_identifier": customer, "note": f"of {customer}"}
            assert folder.call("POST", "/post", body, write).status == 200
        parts.stream.flush()
        assert "of anna" in told(parts)[0]
        clock.now += 2 * MINUTE_MS
        compact(tmp_path, clock.now, clock.now)
        assert "of anna" in told(parts)[0]

        delete = {"x-eventbunker-delete-key": parts.demo.delete_key}
        gone = {"customer_identifier": "anna"}
        assert folder.call("POST", "/v1/delete/customer", gone, delete).status == 202

        text, (name,) = told(parts)
        assert "anna" not in text
        assert (name["events"], name["properties"][0]["examples"]) == (1, ["of bert"])
        clock.now += 2 * MINUTE_MS
        compact(tmp_path, clock.now, clock.now)
        assert "anna" not in told(parts)[0]
