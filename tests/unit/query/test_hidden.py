"""Every reading over HTTP asks who is erased, and answers nothing when nobody can say."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from openbunker.core import ids
from openbunker.erasure.hashing import hash_of
from openbunker.erasure.memory import MemoryErasureStore
from openbunker.erasure.model import Erasure, Hidden
from openbunker.keys.model import KeyKind
from openbunker.query import endpoint
from openbunker.query.endpoint import serve_query
from openbunker.query.receipts import Place, Sighting, Sought
from openbunker.query.scope import Scope
from openbunker.query.services import QueryServices
from openbunker.web.http import REASON_HEADER
from tests.support.query.lake import NOW_MS
from tests.unit.query.test_endpoint import BODY, Front

PROJECT = "project-a"


class Receipts:
    """A receipt store that has seen one event of customer c1, and keeps the scopes it is given."""

    lag_ms = 0

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    def sightings(self, scope: Scope, sought: Sought, now_ms: int) -> Sequence[Sighting]:
        self.scopes.append(scope)
        if not scope.shows({"customer_identifier": "c1", "received_ms": now_ms - 1_000_000}):
            return []
        return [Sighting(place=Place.HOT, event_id="e" * 32, received_ms=now_ms - 1_000_000)]


class Erasing(Front):
    """The endpoint with a store of erasures."""

    def __init__(self) -> None:
        super().__init__()
        self.erasures = MemoryErasureStore()
        self.receipts = Receipts()

    def erase(self, customer: str, project: str = PROJECT) -> None:
        number = len(self.erasures.erasures)
        self.erasures.add(
            Erasure(
                erasure_id=f"{number:032x}",
                project_id=project,
                customer_hash=hash_of(project, customer),
                requested_ms=NOW_MS,
                key_id="key",
                customer_identifier=customer,
            )
        )

    def call(self, method: str, path: str, key: str = "QUERY") -> dict[str, Any]:
        event = {
            "rawPath": path,
            "requestContext": {"http": {"method": method}},
            "headers": {"x-eventbunker-query-key": key},
            "body": json.dumps(BODY),
        }
        services = QueryServices(
            keys=self.keys,
            engine=self.engine,
            now_ms=self.tick,
            log=self.lines.append,
            receipts=self.receipts,
            erasures=self.erasures,
        )
        return serve_query(event, None, services)


def told(front: Erasing) -> dict[str, Any]:
    """Return the parameters of the last statement that tell who is hidden."""
    parameters = front.engine.asked[-1].parameters
    return {name: value for name, value in parameters.items() if name.startswith("hidden")}


def test_a_question_leaves_out_the_erased_of_its_project() -> None:
    front = Erasing()
    front.erase("c1")
    front.erase("c9", "project-b")

    assert front.call("POST", "/v1/query/json")["statusCode"] == 200
    assert told(front) == {"hidden_0": "c1", "hidden_until_0": NOW_MS}


def test_a_scoped_key_is_told_of_its_own_customer_only() -> None:
    front = Erasing()
    front.erase("c2")
    front.call("POST", "/v1/query/json", "scoped")
    assert told(front) == {}

    front.erase("c1")
    front.call("POST", "/v1/query/json", "scoped")
    assert told(front) == {"hidden_0": "c1", "hidden_until_0": NOW_MS}


def test_what_was_refused_leaves_them_out() -> None:
    front = Erasing()
    front.erase("c1")
    front.call("GET", "/v1/refused")

    found = told(front)
    assert found == {
        "hidden_0": "c1",
        "hidden_0_0": '"c1"',
        "hidden_0_1": "=c1",
        "hidden_0_2": "/c1",
        "hidden_until": NOW_MS,
        "hidden_hash_0": hash_of(PROJECT, "c1"),
        "hidden_until_0": NOW_MS,
    }


def test_an_erased_event_has_no_receipt() -> None:
    front = Erasing()
    path = "/v1/receipts/" + "e" * 32
    assert front.call("GET", path)["statusCode"] == 200

    front.erase("c1")

    assert front.call("GET", path)["statusCode"] == 404
    assert front.receipts.scopes[-1].hidden == (Hidden("c1", NOW_MS),)


def test_the_filters_of_a_key_hold_for_its_questions() -> None:
    front = Erasing()
    only = ({"field_name": "plan", "op": "equals", "value": "pro"},)
    front.add("filtered", KeyKind.QUERY, key_filter_data=only)

    assert front.call("POST", "/v1/query/json", "filtered")["statusCode"] == 200
    assert "pro" in front.engine.asked[-1].parameters.values()
    reply = front.call("GET", "/v1/receipts/" + "e" * 32, "filtered")
    assert (reply["statusCode"], reply["headers"][REASON_HEADER]) == (403, "scoped_key")


def test_a_filter_that_is_not_understood_shows_nothing() -> None:
    front = Erasing()
    front.add("filtered", KeyKind.QUERY, key_filter_data=({"field": "plan", "is": "pro"},))

    assert front.call("POST", "/v1/query/json", "filtered")["statusCode"] == 503
    assert front.engine.asked == []


def test_a_customer_who_is_gone_is_known_by_her_hash() -> None:
    """So that a row which arrives late is not shown."""
    front = Erasing()
    front.erase("c1")
    (one,) = front.erasures.to_erase()
    front.erasures.mark_erased(one, NOW_MS + 1)
    front.call("POST", "/v1/query/json")

    parameters = front.engine.asked[-1].parameters
    assert parameters["forgotten_0"] == hash_of(PROJECT, "c1")
    assert parameters["forgotten_until_0"] == NOW_MS
    assert told(front) == {}
    assert front.call("GET", "/v1/receipts/" + "e" * 32)["statusCode"] == 404


@pytest.mark.parametrize("route", endpoint.ROUTES, ids=lambda route: route.name)
def test_a_store_that_cannot_say_shows_nothing(route: Any) -> None:
    """Whatever is read: also by routes that come later."""
    front = Erasing()
    front.erasures.down = True
    an_id = ids.new_id(NOW_MS) if route.path.endswith("/") else ""
    path = route.path + an_id

    reply = front.call(route.method, path)

    assert reply["statusCode"] == 503
    assert reply["headers"][REASON_HEADER] == "query_unavailable"
    assert reply["headers"]["retry-after"]
    assert front.engine.asked == []
    assert front.receipts.scopes == []
