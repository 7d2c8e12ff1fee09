"""The newest events of a running server: all that was answered comes once, and soon."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from openbunker.core.times import MINUTE_MS
from openbunker.wiring import system
from openbunker_local.compaction.run import compact
from tests.support.here import ServerHere, server_here
from tests.support.server import looks

SENDERS, EACH = 4, 40


def poll(server: ServerHere, after: str | None, **query: str) -> Any:
    told = {**query, **({"after": after} if after else {})}
    path = "/v1/live?" + "&".join(f"{name}={value}" for name, value in told.items())
    headers = {"x-eventbunker-query-key": server.demo["query_key"]}
    answer = server.call("GET", path, headers=headers)
    assert answer.status == 200, answer
    return answer.body


def send(server: ServerHere, sender: int) -> list[str]:
    key = {"x-eventbunker-write-key": server.demo["write_key"]}
    ids = []
    for number in range(EACH):
        name = "seen" if number % 8 else "a b"  # which no event is called
        body = {"event_name": name, "sender": sender, "number": number}
        answer = server.call("POST", "/post", body, key)
        if name == "seen":
            assert answer.status == 200
            ids.append(str(answer.body["unique_req_id"]))
        else:
            assert answer.status == 400
            ids.append(answer.headers["x-openbunker-refused-id"])
    return ids


def compact_again_and_again(data: Path, done: Event) -> int:
    """Compact everything that lies there, minutes that are not over too; return how many rows."""
    rows = 0
    while not done.wait(0.2):
        now_ms = system.now_ms()
        rows += compact(data, now_ms + 2 * MINUTE_MS, now_ms).rows
    return rows


def test_all_that_was_answered_is_shown_once(tmp_path: Path) -> None:
    """While it is sent by several, and while it is compacted."""
    done = Event()
    with server_here(tmp_path) as server, ThreadPoolExecutor() as pool:
        after, shown = poll(server, None)["next"], list[tuple[str, str]]()
        sending = [pool.submit(send, server, sender) for sender in range(SENDERS)]
        compacting = pool.submit(compact_again_and_again, tmp_path, done)
        for _ in looks():
            over = all(one.done() for one in sending)
            if over:
                server.wait_until_visible()
            told = poll(server, after, limit="30")
            after = told["next"]
            shown += [(row["fate"], row["event_id"]) for row in told["rows"]]
            if over and not told["rows"]:
                break
        done.set()
        sent = [name for one in sending for name in one.result()]

        assert sorted(name for _, name in shown) == sorted(sent)
        count = server.ask({"time_period": "all"})["rows"][0][0]
        assert count == len([1 for fate, _ in shown if fate == "stored"]) > 0
        assert compacting.result() > 0


def test_an_event_is_shown_soon(tmp_path: Path) -> None:
    """`python -m bench live` measures it; here the machine may be busy."""
    with server_here(tmp_path) as server:
        after = poll(server, None)["next"]
        send(server, 1)  # what is slow the first time
        server.wait_until_visible()
        after = poll(server, after, limit="500")["next"]
        key = {"x-eventbunker-write-key": server.demo["write_key"]}
        server.call("POST", "/post", {"event_name": "last"}, key)
        begun = time.monotonic()
        rows = next(rows for _ in looks() if (rows := poll(server, after)["rows"]))
        assert [row["name"] for row in rows] == ["last"]
        assert time.monotonic() - begun < 10
