"""The laws of the walk: nothing is dropped, nothing is called stored that is not."""

import gc
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import ids, records
from openbunker.core.reasons import Reason
from openbunker.ingest.event_names import NameBudget
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.keys.model import Key, KeyKind, hash_of
from openbunker.sinks.memory import MemorySink
from openbunker.wire.registry import DIALECTS

NOW_MS = 1_790_000_000_000
KEYS = {
    "client": Key(key_id="k1", kind=KeyKind.WRITE, account_id="a", project_id="p"),
    "reader": Key(key_id="k2", kind=KeyKind.QUERY, account_id="a", project_id="p"),
    "nanokey": Key(
        key_id="k3", kind=KeyKind.WRITE, account_id="a", project_id="p", dialects=("nanosights",)
    ),
    "scoped": Key(
        key_id="k4", kind=KeyKind.WRITE, account_id="a", project_id="p", customer_identifier="acme"
    ),
}


class World:
    """A store, a sink and the lines that were logged."""

    def __init__(self, **sink: Any) -> None:
        self.keys = MemoryKeyStore({hash_of(text): key for text, key in KEYS.items()})
        self.sink = MemorySink(**sink)
        self.lines: list[Any] = []
        self.names_used = NameBudget()

    def send(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        raw_path, _, query = path.partition("?")
        event = {
            "version": "2.0",
            "rawPath": raw_path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.77"}},
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        services = Services(
            keys=self.keys,
            sink=self.sink,
            now_ms=lambda: NOW_MS,
            new_ids=ids.new_ids,
            log=self.lines.append,
            names=self.names_used,
        )
        return serve(event, None, services)

    def post(self, name: str) -> dict[str, Any]:
        return self.send("/post", {"event_name": name}, **{"x-eventbunker-write-key": "client"})

    def names(self) -> list[str]:
        return [records.decode(record.data).event_name for record in self.sink.records]


class BrokenStore(MemoryKeyStore):
    """A store with a bug."""

    def find(self, key_hash: str) -> Key | None:
        raise ZeroDivisionError("secret payload")


def custom(name: str) -> dict[str, str]:
    return {"type": "custom", "name": name}


ITEMS = st.lists(st.sampled_from(["good", "", "x" * 129]), min_size=1, max_size=20)


@given(names=ITEMS, failing=st.sets(st.integers(0, 19)))
def test_every_item_has_one_verdict_and_success_means_stored(
    names: list[str], failing: set[int]
) -> None:
    """Items, results and fates agree in number; results in order; successes = what is stored."""
    world = World(refusing=sorted(failing))

    answer = world.send("/batch?client_id=client", [custom(name) for name in names])

    counted = {fate: world.lines[-1][fate] for fate in ("stored", "spilled", "refused", "retry")}
    if answer["statusCode"] == 503:
        assert world.names() == []
        assert answer["headers"]["retry-after"]
        return
    results = json.loads(answer["body"])["results"]
    succeeded = [result["status"] == "success" for result in results]
    assert len(results) == len(names) == sum(counted.values())
    assert not any(ok and name != "good" for ok, name in zip(succeeded, names, strict=True))
    assert sum(succeeded) == len(world.names()) == counted["stored"]
    assert ("x-openbunker-reason" in answer["headers"]) == (not all(succeeded))


def test_a_sink_that_stores_nothing_is_never_a_success() -> None:
    for path, body in (
        ("/?client_id=client", custom("e")),
        ("/batch?client_id=client", [custom("e"), custom("f")]),
    ):
        answer = World(refusing=range(10)).send(path, body)

        assert answer["statusCode"] == 503
        assert answer["headers"]["x-openbunker-reason"] == Reason.STREAM_UNAVAILABLE
        assert int(answer["headers"]["retry-after"]) > 0


def test_a_partly_lost_batch_tells_to_retry_before_it_tells_what_is_wrong() -> None:
    world = World(refusing=[1])

    answer = world.send("/batch?client_id=client", [custom(""), custom("e"), custom("f")])

    assert answer["headers"]["x-openbunker-reason"] == Reason.STREAM_UNAVAILABLE
    assert answer["headers"]["retry-after"]
    assert world.names() == ["e"]


def test_a_project_may_use_so_many_names_and_no_more() -> None:
    """Known names pass for ever; a new one is refused in the vendor's words and not stored."""
    world = World()
    world.names_used.count("p", [f"n{number}" for number in range(1_999)])

    answers = [world.post(name) for name in ("last", "one_more", "n7", "last", "one_more")]

    assert [answer["statusCode"] for answer in answers] == [200, 400, 200, 200, 400]
    assert world.names() == ["last", "n7", "last"]
    assert answers[1]["headers"]["x-openbunker-reason"] == Reason.TOO_MANY_EVENT_NAMES
    assert world.lines[1]["refused"] == 1
    assert json.loads(answers[1]["body"])["error"].startswith(
        "Body JSON validation failed. event_name: the project uses 2000 different names"
    )


def test_only_stored_names_count() -> None:
    world = World(refusing=[0])
    world.names_used.count("p", [f"n{number}" for number in range(1_999)])

    assert [world.post(name)["statusCode"] for name in ("lost", "bad name")] == [503, 400]
    world.sink = MemorySink()

    assert [world.post(name)["statusCode"] for name in ("last", "lost")] == [200, 400]


def test_a_dialect_without_a_limit_spends_none_of_another_s() -> None:
    world = World()
    world.names_used.count("p", [f"n{number}" for number in range(1_999)])

    answer = world.send("/batch?client_id=client", [custom(f"d{n}") for n in range(50)])

    assert json.loads(answer["body"])["status"] == "success"
    assert world.post("last")["statusCode"] == 200


def test_a_key_store_that_is_down_refuses_for_now() -> None:
    world = World()
    world.keys.down = True

    answer = world.send("/post", {"event_name": "e"}, **{"x-eventbunker-write-key": "client"})

    assert answer["statusCode"] == 503
    assert answer["headers"]["x-openbunker-reason"] == Reason.KEY_STORE_UNAVAILABLE
    assert world.names() == []


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (None, Reason.MISSING_KEY),
        ("stranger", Reason.UNKNOWN_KEY),
        ("reader", Reason.WRONG_KEY_KIND),
        ("nanokey", Reason.KEY_NOT_FOR_DIALECT),
    ],
)
def test_only_a_write_key_of_the_dialect_writes(key: str | None, reason: Reason) -> None:
    world = World()
    headers = {"x-eventbunker-write-key": key} if key else {}

    answer = world.send("/post", {"event_name": "e"}, **headers)

    assert answer["statusCode"] == 401
    assert answer["headers"]["x-openbunker-reason"] == reason
    assert world.names() == []


def test_a_scoped_key_fills_in_its_customer_whatever_the_body_says() -> None:
    world = World()

    world.send(
        "/post",
        {"event_name": "e", "customer_identifier": "other"},
        **{"x-eventbunker-write-key": "scoped"},
    )

    assert records.decode(world.sink.records[0].data).customer_identifier == "acme"


def test_what_is_stored_holds_a_masked_address_and_no_key() -> None:
    world = World()

    world.send("/post", {"event_name": "e"}, **{"x-eventbunker-write-key": "client"})

    assert records.decode(world.sink.records[0].data).ip == "203.0.113.0"
    assert b"client" not in world.sink.records[0].data.replace(b'"key_id":"k1"', b"")
    assert "client" not in json.dumps(world.lines)


def test_a_bug_inside_is_a_503_that_is_logged_without_its_text() -> None:
    """The error's text may quote a body; type and place are enough."""
    world = World()
    world.keys = BrokenStore()

    answer = world.send("/post", {"event_name": "e"}, **{"x-eventbunker-write-key": "client"})

    assert answer["statusCode"] == 503
    assert answer["headers"]["x-openbunker-reason"] == Reason.INTERNAL_ERROR
    assert [line.get("unexpected") for line in world.lines] == [1, None]
    assert "secret payload" not in json.dumps([world.lines, answer])


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"requestContext": None, "path": 1}])
def test_a_dict_that_is_no_gateway_event_is_told_so(event: dict[str, Any]) -> None:
    services = Services(
        keys=MemoryKeyStore(),
        sink=MemorySink(),
        now_ms=lambda: NOW_MS,
        new_ids=ids.new_ids,
        log=lambda line: None,
    )

    answer = serve(event, None, services)

    assert answer["statusCode"] == 400
    assert answer["headers"]["x-openbunker-reason"] == Reason.NOT_A_GATEWAY_EVENT


def test_a_refusal_leaves_no_garbage_behind() -> None:
    """A cycle for each refusal would be work for the collector, and keep a store alive."""
    world = World()
    gc.collect()
    gc.freeze()  # what the process holds already is not looked through for each route
    gc.disable()
    try:
        world.send("/post", "{", **{"x-eventbunker-write-key": "client"})
        world.send("/nowhere", "{")
        assert gc.collect() == 0
        for route in {route for dialect in DIALECTS for route in dialect.routes}:
            path = route.split(" ")[1]
            for body in ("{", "[" * 200, '{"batch": 1}', "[]", "{}", '"\\ud800"'):
                for query in ("", "?client_id=client&api_key=client", "?api_key=nobody"):
                    world.send(path + query, body, **{"x-eventbunker-write-key": "nobody"})
            assert gc.collect() == 0, path
    finally:
        gc.enable()
        gc.unfreeze()
