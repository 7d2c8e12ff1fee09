"""Projects and keys of a running server: over HTTP, and by the command line beside it."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from openbunker.keys import shape
from openbunker_local.cli.app import app
from tests.support.here import server_here
from tests.support.server import Answer, Reached, running_server


def manage(server: Reached, path: str, body: Any, key: str = "project_master_key") -> Any:
    """Return what a route of management answers to a key of the demo."""
    headers = {"x-eventbunker-apikey": server.demo[key]}
    answer = server.call("POST", f"/v1/manage/{path}", body, headers)
    assert answer.status == 200, answer
    return answer.body


def send(server: Reached, key: str, name: str = "signup") -> Answer:
    headers = {"x-eventbunker-write-key": key}
    return server.call("POST", "/post", {"event_name": name}, headers)


def command(server: Reached, *words: str) -> Any:
    done = CliRunner().invoke(app, [*words, "--data", str(server.data), "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_key_works_as_soon_as_it_is_made(tmp_path: Path) -> None:
    """Both ways; and the demo of the folder can be managed like anything else."""
    with server_here(tmp_path) as server:
        by_http = manage(server, "key/create", {"type": "WRITE", "customer_identifier": "acme"})
        by_hand = command(server, "keys", "create", "--customer", "beta")
        for made in (by_http, by_hand):
            assert send(server, made["api_key"]).status == 200
        server.wait_until_visible()
        asked = {"time_period": "minus_5_minutes", "group_by": ["customer_identifier"]}
        rows = server.ask(asked)["rows"]
        told = {one["key_id"]: one for one in manage(server, "key/list", {})["keys"]}
        actors = {one["actor"].split(":")[0] for one in command(server, "audit")["entries"]}

    assert sorted(rows) == [["acme", 1], ["beta", 1]]
    assert {by_http["key_id"], by_hand["key_id"], "key_write"} <= set(told)
    assert actors == {"key_project_master", "cli"}


def test_a_keys_filters_hold_for_every_question(tmp_path: Path) -> None:
    """Also one that was scoped down after it was made."""
    only_pro = [{"field_name": "plan", "op": "equals", "value": "pro"}]
    with server_here(tmp_path) as server:
        made = manage(server, "key/create", {"type": "QUERY", "key_filter_data": only_pro})
        later = manage(server, "key/create", {"type": "QUERY"})
        change = {"key_id": later["key_id"], "key_filter_data": only_pro}
        manage(server, "key/update", change)
        for plan in ("pro", "free"):
            body = {"event_name": "e", "plan": plan}
            headers = {"x-eventbunker-write-key": server.demo["write_key"]}
            assert server.call("POST", "/post", body, headers).status == 200
        server.wait_until_visible()
        asked = {"time_period": "minus_5_minutes", "group_by": ["plan"]}
        rows = [
            server.call("POST", "/v1/query/json", asked, {"x-eventbunker-query-key": key}).body
            for key in (made["api_key"], later["api_key"], server.demo["query_key"])
        ]

    assert [sorted(one["rows"]) for one in rows] == [
        [["pro", 1]],
        [["pro", 1]],
        [["free", 1], ["pro", 1]],
    ]


def test_a_key_that_ended_unseen_is_unknown_and_the_restart_keeps_it(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        made = command(server, "keys", "create")
        manage(server, "key/disable", {"key_id": made["key_id"]})
        refused = send(server, made["api_key"])
        manage(server, "key/enable", {"key_id": made["key_id"]})
    with running_server(tmp_path) as server:
        again = send(server, made["api_key"])

    assert (refused.status, refused.headers["x-openbunker-reason"]) == (401, "unknown_key")
    assert again.status == 200


def test_a_deleted_project_takes_nothing_more(tmp_path: Path) -> None:
    """Its keys are not known any more, and the account's key restores it."""
    with running_server(tmp_path) as server:
        named = {"project_id": server.demo["project_id"]}
        manage(server, "project/delete", named, "account_master_key")
        refused = send(server, server.demo["write_key"])
        manage(server, "project/restore", named, "account_master_key")
    with running_server(tmp_path) as server:
        again = send(server, server.demo["write_key"])

    assert (refused.status, refused.headers["x-openbunker-reason"]) == (401, "unknown_key")
    assert again.status == 200


def test_demo_keys_of_before_there_were_checksums_are_made_anew(tmp_path: Path) -> None:
    """The project and what pages show stay; the old secret ends."""
    with running_server(tmp_path) as server:
        kept = dict(server.demo)
        other = command(server, "projects", "create", "other")
    old = "obw_1c9z0n6e1k0kq1oqv3g4j5w6x7y8z9a0b1c2d"
    file = tmp_path / "demo.json"
    file.write_text(json.dumps({**kept, "write_key": old}))
    with running_server(tmp_path) as server:
        renewed = dict(server.demo)
        statuses = [send(server, key).status for key in (old, renewed["write_key"])]
        told = command(server, "projects", "list")["projects"]

    assert {name for name in kept if kept[name] != renewed[name]} == {"base_url", "write_key"}
    assert shape.well_formed(renewed["write_key"])
    assert statuses == [401, 200]
    assert {one["project_id"] for one in told} == {kept["project_id"], other["project_id"]}
    assert {one["name"]: one["keys"] for one in told} == {"demo": 6, "other": 0}
