"""The vendor's Python package, unmodified, against a running server; what it sent is then counted.

It is from PyPI (pyproject's dev extra) and needs nothing else, so `make test` runs it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from segment.analytics.client import Client
from segment.analytics.request import APIError, post

from tests.support.server import RunningServer, running_server

UNICODE = "Zoë 東京 🛒"
QUEUED = 250  # three uploads of at most 100 messages
LONG_AGO = datetime(2020, 2, 29, 0, 30, 12, 984_000, tzinfo=UTC)

# What each of the client's calls is stored as.
CALLS: dict[str, Callable[[Client, str], Any]] = {
    "$identify": lambda client, user: client.identify(user, {"plan": UNICODE}),
    "Item Purchased": lambda client, user: client.track(user, "Item Purchased", {"revenue": 14.99}),
    "$page": lambda client, user: client.page(user, "Docs", UNICODE, {"url": "https://a.example/"}),
    "$screen": lambda client, user: client.screen(user, name="Cart"),
    "$group": lambda client, user: client.group(user, 42, {"employees": 420}),
    "$alias": lambda client, user: client.alias("former", user),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("segment")) as running:
        yield running


@pytest.fixture
def user() -> str:
    """A user of this test alone, by whom its events are found."""
    return f"{UNICODE} {uuid4()}"


def client_of(server: RunningServer, **options: Any) -> Client:
    """Return a client as its user would make it: the address and the key are all that is ours."""
    given = {"upload_interval": 0.05, **options}
    return Client(**{"write_key": server.demo["write_key"], "host": server.url, **given})


def rows_of(
    server: RunningServer, user: str, *fields: str, period: str = "minus_3650_days"
) -> list[list[Any]]:
    """Return the counted groups of a user's events once they are visible."""
    server.wait_until_visible()
    answer = server.ask(
        {
            "time_period": period,
            "group_by": ["event_name", *fields],
            "filters": [{"field_name": "user_id", "op": "equals", "value": user}],
            "computations": [{"function": "count"}],
        }
    )
    rows: list[list[Any]] = answer["rows"]
    return sorted(rows)


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("sync_mode", [True, False], ids=["sync", "queue"])
def test_every_call_is_stored_once(
    server: RunningServer, user: str, sync_mode: bool, gzip: bool
) -> None:
    errors: list[Any] = []
    client = client_of(
        server, sync_mode=sync_mode, gzip=gzip, on_error=lambda *told: errors.append(told)
    )
    for call in CALLS.values():
        accepted, _ = call(client, user)
        assert accepted
    if not sync_mode:
        client.shutdown()

    assert errors == []
    assert rows_of(server, user, "dialect") == [[name, "segment", 1] for name in sorted(CALLS)]


def test_a_full_queue_is_stored_whole(server: RunningServer, user: str) -> None:
    client = client_of(server)
    for number in range(QUEUED):
        client.track(user, f"Song Played {number % 2}", {"number": number})
    client.shutdown()

    assert rows_of(server, user) == [[f"Song Played {n}", QUEUED // 2] for n in (0, 1)]


def test_what_is_sent_again_counts_once(server: RunningServer, user: str) -> None:
    client = client_of(server, sync_mode=True)
    for _ in range(3):
        client.track(user, "Order Completed", message_id="order-1001-" + user)

    assert rows_of(server, user) == [["Order Completed", 1]]


def test_fields_arrive_as_they_were_given(server: RunningServer, user: str) -> None:
    context = {"page": {"title": UNICODE}, "campaign": {"source": "letter"}, "ip": "24.5.68.47"}
    client = client_of(server, sync_mode=True)
    client.track(user, UNICODE, {"shop": {"city": UNICODE}}, context, anonymous_id=7)

    fields = ("shop.city", "page_title", "utm_source", "anonymous_id", "_segment.context.ip")
    assert rows_of(server, user, *fields) == [
        [UNICODE, UNICODE, UNICODE, "letter", "7", "24.5.68.0", 1]
    ]


def test_a_time_of_long_ago_is_kept(server: RunningServer, user: str) -> None:
    client_of(server, sync_mode=True).track(user, "Imported", timestamp=LONG_AGO)

    assert rows_of(server, user, period="minus_60_minutes") == []
    assert rows_of(server, user) == [["Imported", 1]]


def test_a_wrong_key_is_told_to_on_error(server: RunningServer, user: str) -> None:
    errors: list[tuple[APIError, list[Any]]] = []
    client = client_of(
        server, write_key="nobody", on_error=lambda error, batch: errors.append((error, batch))
    )
    client.track(user, "lost")
    client.shutdown()

    ((error, batch),) = errors
    assert (error.status, error.code) == (401, "unknown_key")
    assert [message["event"] for message in batch] == ["lost"]
    assert rows_of(server, user) == []


def test_a_partly_bad_batch_raises_and_its_good_messages_are_kept(
    server: RunningServer, user: str
) -> None:
    """What its queue calls for each batch: the error reaches `on_error`, nothing is sent again."""
    messages = [{"type": "track", "userId": user, "event": name} for name in ("good", "", "good")]

    with pytest.raises(APIError) as told:
        post(server.demo["write_key"], server.url, batch=messages)

    error = told.value
    assert (error.status, error.code) == (400, "invalid_schema")
    assert error.message == "batch.1.event: required"
    assert rows_of(server, user) == [["good", 2]]


def test_a_wrong_key_raises_in_sync_mode(server: RunningServer, user: str) -> None:
    with pytest.raises(APIError, match="unknown_key"):
        client_of(server, write_key="nobody", sync_mode=True).track(user, "lost")
