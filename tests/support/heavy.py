"""Projects of a running server that ask SQL without end, each from several threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.server import Answer, Reached

# Eight times the same table, row by row: it never ends by itself.
TEXT = "select sum(e1.metric_value + e7.received_ms) as n from " + ", ".join(
    f"events e{n}" for n in range(8)
)
ROWS = 300


@dataclass(frozen=True)
class Project:
    """Another project of a server, with the keys of its own."""

    server: Reached
    write_key: str
    query_key: str

    def select(self, text: str) -> Answer:
        """Return the answer to SQL over the last five minutes."""
        body = {"sql": text, "time_period": "minus_5_minutes"}
        key = {"x-eventbunker-query-key": self.query_key}
        return self.server.call("POST", "/v1/query/sql", body, key)


def another(server: Reached, name: str) -> Project:
    """Make a project, and give it some events."""
    account = {"account_id": server.demo["account_id"], "name": name}
    made = _manage(server, "project/create", account, server.demo["account_master_key"])
    keys = [
        _manage(server, "key/create", {"type": kind}, made["master_api_key"])
        for kind in ("WRITE", "QUERY")
    ]
    project = Project(server, *(one["api_key"] for one in keys))
    connection = server.connect()
    for number in range(ROWS):
        body = {"event_name": "e", "metric_value": number}
        key = {"x-eventbunker-write-key": project.write_key}
        assert server.call("POST", "/post", body, key).status == 200
    connection.close()
    return project


@dataclass
class Asked:
    """What heavy questions were told, while they were asked."""

    answers: list[Answer] = field(default_factory=list)


@contextmanager
def asking(projects: list[Project], each: int) -> Iterator[Asked]:
    """Have each project ask heavy questions, so many at a time, until the block ends."""
    stop, asked = threading.Event(), Asked()

    def ask(project: Project) -> None:
        while not stop.is_set():
            try:
                asked.answers.append(project.select(TEXT))
            except OSError:  # the server has ended
                return

    threads = [
        threading.Thread(target=ask, args=(project,), daemon=True)
        for project in projects
        for _ in range(each)
    ]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


def _manage(server: Reached, path: str, body: dict[str, Any], master_key: str) -> Any:
    headers = {"x-eventbunker-apikey": master_key}
    answer = server.call("POST", f"/v1/manage/{path}", body, headers)
    assert answer.status == 200, answer
    return answer.body
