"""N good and M bad events over HTTP in every dialect; N are counted through the query API."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Answer, RunningServer, call, running_server

GOOD, BAD, CLIENTS, PER_BATCH = 120, 40, 8, 10
HASHES = {"a" * 64: 3, "b" * 64: 4}

Sender = Callable[[RunningServer, bool, int], tuple[str, Any, dict[str, str]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("e2e")) as running:
        yield running


def eventbunker(server: RunningServer, good: bool, number: int) -> tuple[str, Any, dict[str, str]]:
    name = "signup" if good else "no spaces allowed"
    headers = {"x-eventbunker-write-key": server.demo["write_key"]}
    return "/post", {"event_name": name, "number": number}, headers


def databuddy(server: RunningServer, good: bool, number: int) -> tuple[str, Any, dict[str, str]]:
    event = {"type": "custom", "name": "purchase" if good else "", "properties": {"n": number}}
    return f"/?client_id={server.demo['client_id']}", event, {}


def nanosights(server: RunningServer, good: bool, number: int) -> tuple[str, Any, dict[str, str]]:
    url = server.demo["site_origin"] + "/page" if good else "https://evil.example/"
    event = {"event_name": "ButtonClick", "url": url, "event_data": {"n": number}}
    return "/api/tags/custom", {"projectKey": server.demo["project_key"], **event}, {}


def tracify(server: RunningServer, good: bool, number: int) -> tuple[str, Any, dict[str, str]]:
    data = {"origin": "https://shop.example", "order_id": f"o{number}", "currency": "EUR"}
    event = {
        "url": "https://shop.example/cart",
        "customer_site_id": server.demo["customer_site_id"],
        "identity_data": HASHES,
        "type": "purchase",
        "data": {**data, "amount": "10.50"} if good else data,
    }
    return "/api/v1/events", {"events": [event]}, {"tracify-token": server.demo["tracify_token"]}


SENDERS: dict[str, Sender] = {
    "eventbunker": eventbunker,
    "databuddy": databuddy,
    "nanosights": nanosights,
    "tracify": tracify,
}


def accepted(dialect: str, answer: Answer) -> bool:
    """Whether the vendor's client would take the answer for a success."""
    if dialect == "databuddy":
        return answer.status == 200 and answer.body["status"] == "success"
    return answer.status == 200


def send_all(server: RunningServer, dialect: str, good: bool, count: int) -> list[Answer]:
    def client(numbers: range) -> list[Answer]:
        connection = server.connect()
        try:
            requests = (SENDERS[dialect](server, good, number) for number in numbers)
            return [call(connection, "POST", *request) for request in requests]
        finally:
            connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        shares = [range(start, count, CLIENTS) for start in range(CLIENTS)]
        return [answer for answers in pool.map(client, shares) for answer in answers]


def counts_by(server: RunningServer, *fields: str) -> dict[Any, int]:
    """Return row counts once everything that was answered before this call is visible."""
    server.wait_until_visible()
    question = {
        "time_period": "minus_60_minutes",
        "group_by": list(fields),
        "computations": [{"function": "count"}],
    }
    rows = server.ask(question)["rows"]
    return {tuple(row[:-1]) if len(fields) > 1 else row[0]: row[-1] for row in rows}


def test_n_good_events_are_counted_and_m_bad_ones_refused(server: RunningServer) -> None:
    for dialect in SENDERS:
        good = send_all(server, dialect, good=True, count=GOOD)
        bad = send_all(server, dialect, good=False, count=BAD)

        assert all(accepted(dialect, answer) for answer in good), (dialect, good[0])
        assert all("x-openbunker-event-id" in answer.headers for answer in good)
        assert not any(accepted(dialect, answer) for answer in bad), (dialect, bad[0])
        assert all("x-openbunker-reason" in answer.headers for answer in bad)
    assert counts_by(server, "dialect") == dict.fromkeys(SENDERS, GOOD)


def test_a_batch_counts_its_good_items(server: RunningServer) -> None:
    events = [
        {"type": "custom", "name": "batched" if n % 2 else "", "eventId": f"b{n}"}
        for n in range(PER_BATCH)
    ]
    path = f"/batch?client_id={server.demo['client_id']}"

    answers = [server.call("POST", path, events) for _ in range(2)]

    assert [answer.body["processed"] for answer in answers] == [PER_BATCH, PER_BATCH]
    statuses = [result["status"] for result in answers[0].body["results"]]
    assert statuses == ["success" if n % 2 else "error" for n in range(PER_BATCH)]
    # Sent twice with the same ids: stored once.
    assert counts_by(server, "event_name")["batched"] == PER_BATCH // 2


def test_keys_are_validated_over_http(server: RunningServer) -> None:
    for name, kind in (("write_key", "WRITE"), ("query_key", "QUERY"), ("delete_key", "DELETE")):
        headers = {"authorization": f"Bearer {server.demo[name]}"}
        answer = server.call("GET", "/v1/keys/validate", headers=headers)
        assert (answer.status, answer.body["kind"]) == (200, kind)
        assert server.demo[name] not in str(answer)
    assert server.call("POST", "/v1/keys/validate").headers["x-openbunker-reason"] == "missing_key"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/post", 405), ("PUT", "/batch", 405), ("PUT", "/", 405)],
)
def test_unknown_routes_and_methods_answer_json(
    server: RunningServer, method: str, path: str, status: int
) -> None:
    answer = server.call(method, path)

    assert answer.status == status
    assert answer.body["code"] == answer.headers["x-openbunker-reason"]


def test_a_restart_keeps_events_and_keys_and_a_drain_exits_with_zero(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        answers = send_all(server, "eventbunker", good=True, count=20)
        counts_by(server, "event_name")  # DuckDB is loaded, and complains at an end that leaves it
        code, told = server.stop()
    assert told.rstrip().endswith("drained, bye")
    with running_server(tmp_path) as again:
        assert {**again.demo, "base_url": ""} == {**server.demo, "base_url": ""}
        assert (code, counts_by(again, "event_name")) == (0, {"signup": len(answers)})
