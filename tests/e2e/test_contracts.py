"""Rules of the vendors' contracts that show only in what a question answers, on a real server."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.here import ServerHere, server_here

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HASHES = {"a" * 64: 3, "b" * 64: 4}
MAX_NAMES = 2_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHere]:
    with server_here(tmp_path_factory.mktemp("contracts")) as running:
        yield running


def post(server: ServerHere, body: dict[str, Any], **headers: str) -> int:
    key = {"x-eventbunker-write-key": server.demo["write_key"]}
    return server.call("POST", "/post", body, {**key, **headers}).status


def tracify(server: ServerHere, event_type: str, data: dict[str, Any]) -> Any:
    event = {
        "url": "https://shop.example/thanks",
        "customer_site_id": server.demo["customer_site_id"],
        "identity_data": HASHES,
        "type": event_type,
        "data": {"origin": "https://shop.example", "currency": "EUR", **data},
    }
    headers = {"tracify-token": server.demo["tracify_token"]}
    return server.call("POST", "/api/v1/events", {"events": [event]}, headers).body


def rows(server: ServerHere, event_name: str, *fields: str) -> list[list[Any]]:
    """Return the values of fields with their row counts, once everything sent is visible."""
    server.wait_until_visible()
    question = {
        "time_period": "minus_60_minutes",
        "filters": [{"field_name": "event_name", "op": "equals", "value": event_name}],
        "group_by": list(fields),
        "computations": [{"function": "count"}],
        "order_by": [{"field_name": field, "direction": "ASC"} for field in fields],
    }
    found: list[list[Any]] = server.ask(question)["rows"]
    return found


def test_the_generated_field_wins_and_the_sender_s_own_is_kept_beside_it(
    server: ServerHere,
) -> None:
    body = {"event_name": "reserved", "browser": "mine", "country": "FR", "utm_source": "body"}
    headers = {
        "user-agent": FIREFOX,
        "cloudfront-viewer-country": "DE",
        "referer": "https://shop.example/?utm_source=news",
    }
    assert post(server, body, **headers) == 200

    names = ("browser", "country", "utm_source")
    own = tuple(f"properties.{name}" for name in names)

    assert rows(server, "reserved", *names, *own) == [
        ["Firefox", "DE", "news", "mine", "FR", "body", 1]
    ]


def test_a_sender_s_field_shows_only_under_its_own_name_where_nothing_was_generated(
    server: ServerHere,
) -> None:
    assert post(server, {"event_name": "unreserved", "country": "FR"}) == 200
    assert rows(server, "unreserved", "country", "properties.country") == [[None, "FR", 1]]


def test_category_label_and_value_can_be_asked_for_by_name(server: ServerHere) -> None:
    event = {
        "projectKey": server.demo["project_key"],
        "event_name": "lifted",
        "url": server.demo["site_origin"] + "/page",
        "event_data": {"category": "CTA", "label": "Hero", "value": 7},
    }
    assert server.call("POST", "/api/tags/custom", event).status == 200
    assert rows(server, "lifted", "category", "label", "value") == [["CTA", "Hero", 7, 1]]


@pytest.mark.parametrize(
    ("event_type", "id_field", "others"),
    [
        ("purchase", "order_id", {}),
        ("conversion", "conversion_id", {}),
        ("postpurchasesurvey", "order_id", {"source": "google"}),
    ],
)
def test_the_first_of_several_with_one_id_wins_for_ever(
    server: ServerHere, event_type: str, id_field: str, others: dict[str, str]
) -> None:
    """Also when a later one says something else, and in the same object or another."""
    for number, amount in (("1", "10.00"), ("1", "99.00"), ("2", "20.00")):
        data = {**others, id_field: number, "amount": amount}
        assert tracify(server, event_type, data) == {"status": True}
    expected = [["1", "10.00", 1], ["2", "20.00", 1]]
    assert rows(server, event_type, id_field, "amount") == expected

    assert tracify(server, event_type, {**others, id_field: "1", "amount": "5"}) == {"status": True}

    assert rows(server, event_type, id_field, "amount") == expected


def test_a_resend_after_a_partial_refusal_stores_nothing_twice(server: ServerHere) -> None:
    def event(order: str, **data: str) -> dict[str, Any]:
        return {
            "url": "https://shop.example/resent",
            "customer_site_id": server.demo["customer_site_id"],
            "identity_data": HASHES,
            "type": "purchase",
            "data": {
                "origin": "https://shop.example",
                "order_id": order,
                "currency": "EUR",
                **data,
            },
        }

    headers = {"tracify-token": server.demo["tracify_token"]}
    first = {"events": [event("r1", amount="1"), event("r2"), event("r3", amount="3")]}
    second = {"events": [event("r1", amount="1"), event("r2", amount="2"), event("r3", amount="3")]}
    answers = [
        server.call("POST", "/api/v1/events", body, headers).body for body in (first, second)
    ]

    assert [answer["status"] for answer in answers] == [False, True]
    assert "events.1.data.amount" in answers[0]["error"]
    resent = [row for row in rows(server, "purchase", "order_id") if row[0].startswith("r")]
    assert resent == [["r1", 1], ["r2", 1], ["r3", 1]]


def test_a_project_has_room_for_2000_names_on_this_machine(tmp_path: Any) -> None:
    with server_here(tmp_path) as server:
        connection = server.connect()
        key = {"x-eventbunker-write-key": server.demo["write_key"]}
        try:
            statuses = []
            for number in [*range(MAX_NAMES + 2), 0, MAX_NAMES - 1]:
                connection.request("POST", "/post", f'{{"event_name": "n{number}"}}', key)
                response = connection.getresponse()
                response.read()
                statuses.append(response.status)
        finally:
            connection.close()
    assert statuses == [200] * MAX_NAMES + [400, 400, 200, 200]
