"""What a function is wired to: built once, replaced for a while, safe when misconfigured."""

import json
from collections.abc import Iterator

import pytest

from openbunker.core import ids
from openbunker.ingest.pipeline import serve
from openbunker.ingest.services import Services
from openbunker.keys.memory import MemoryKeyStore
from openbunker.sinks.memory import MemorySink
from openbunker.wiring import hot, query, serving, system
from openbunker.wiring.serving import restored

EVENT = {
    "rawPath": "/post",
    "headers": {"x-eventbunker-write-key": "any"},
    "requestContext": {"http": {"method": "POST", "sourceIp": "127.0.0.1"}},
    "body": '{"event_name": "e"}',
}


@pytest.fixture(autouse=True)
def _unwired(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OPENBUNKER_STREEM", "typo")
    forget()
    yield
    forget()


def forget() -> None:
    restored()
    serving.use(None, None)


def test_wrong_settings_are_told_to_the_operator_and_answered_with_503(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = serve(EVENT, None, hot.current())

    told = json.loads(capsys.readouterr().out.splitlines()[0])
    assert "OPENBUNKER_STREAM is missing" in told["error"]
    assert "OPENBUNKER_STREEM is not a setting" in told["error"]
    assert told["unexpected"] == 1
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"]


def test_a_question_meets_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    from openbunker.query.endpoint import serve_query

    event = {**EVENT, "rawPath": "/v1/query/json", "headers": {"x-eventbunker-query-key": "any"}}

    answer = serve_query(event, None, query.current())

    assert answer["statusCode"] == 503
    assert "InvalidSettings" in capsys.readouterr().out


def test_the_local_runtime_takes_the_place_of_what_is_deployed() -> None:
    services = Services(
        keys=MemoryKeyStore(),
        sink=MemorySink(),
        now_ms=lambda: 0,
        new_ids=ids.new_ids,
        log=lambda line: None,
    )

    serving.use(services, None)

    assert hot.current() is services


def test_a_fraction_is_at_least_zero_and_below_one() -> None:
    assert all(0 <= system.fraction() < 1 for _ in range(100))
