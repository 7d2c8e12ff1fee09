"""The doctor over a server that is well, and over one that is not well in one thing at a time."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from openbunker_local.doctor.calls import Answer, Ask, Unreachable
from openbunker_local.doctor.checks import NOBODYS_KEY, WRITE_HEADER, Doctor
from openbunker_local.doctor.doors import DOORS
from openbunker_local.doctor.verdicts import Found, State

NOW = 1_795_219_200.0
DATE = "Sat, 21 Nov 2026 00:00:00 GMT"
ACCEPTS: dict[str, Any] = {
    "/post": {"unique_req_id": "x"},
    "/": {"status": "success"},
    "/api/tags/custom": {"success": True},
    "/api/v1/events": {"status": True},
    "/v1/track": {"success": True},
    "/i/v0/e/": {"status": 1},
}
KEY = {"valid": True, "project_id": "prj_1", "dialects": [door.dialect for door in DOORS],
       "sites": ["site-1"], "allowed_origins": ["https://shop.example"]}  # fmt: skip


def answer(status: int, body: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = Answer(status, {"date": DATE, **named}, "", 1.0)
    return replace(kept, text="" if body is None else json.dumps(body))


@dataclass
class World:
    """A server in memory whose events are visible after some questions, and its clock."""

    visible_after: int = 3
    spoils: Callable[[Ask, Answer], Answer] = lambda _ask, got: got
    asked: list[Ask] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def call(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return self.spoils(ask, self._answer(ask))

    def _answer(self, ask: Ask) -> Answer:
        path = ask.path.partition("?")[0]
        if path == "/health":
            return answer(200, {"status": "ok", "causes": []})
        if path == "/v1/keys/validate":
            kind = "WRITE" if WRITE_HEADER in ask.headers else "QUERY"
            return answer(200, {**KEY, "kind": kind})
        if path == "/v1/query/json":
            self.visible_after -= 1
            rows = [[one] for one in self.ids] if self.visible_after < 0 else []
            return answer(200, {"rows": rows})
        if path.startswith("/v1/receipts/"):
            return answer(200, {"status": "stored"})
        if ask.method == "OPTIONS":
            return answer(204, None, access_control_allow_origin=ask.headers["origin"])
        return self._written(ask, path)

    def _written(self, ask: Ask, path: str) -> Answer:
        door = next(one for one in DOORS if one.event("", "", "").path.partition("?")[0] == path)
        if NOBODYS_KEY in repr(ask):
            return answer(door.refusal, {}, x_openbunker_reason="unknown_key")
        self.ids.append(f"id-{len(self.ids)}")
        return answer(200, ACCEPTS[path], x_openbunker_event_id=self.ids[-1])

    def doctor(self, **other: Any) -> list[Found]:
        means = Doctor(
            call=self.call, write_key="ours", query_key=other.get("query_key", "mine"),
            origin="https://shop.example", run="run-1", wait=60.0,
            now=lambda: NOW, monotonic=lambda: sum(self.slept), sleep=self.slept.append,
        )  # fmt: skip
        return list(means.examine())


def failed(found: list[Found]) -> list[tuple[str, str]]:
    assert all(one.advice for one in found if one.state is State.FAILED), found
    return [(one.check, one.of) for one in found if one.state is State.FAILED]


def test_a_server_that_is_well_fails_in_nothing() -> None:
    world = World()
    found = world.doctor()

    assert not failed(found)
    assert {one.state for one in found} == {State.OK}
    by_door = [one.of for one in found if one.check == "event"]
    assert by_door == [one.of for one in found if one.check == "receipt"]
    assert by_door == [door.dialect for door in DOORS]
    assert "https://shop.example" in {one.headers.get("origin") for one in world.asked
                                      if one.method == "POST"}  # fmt: skip
    assert world.slept == sorted(world.slept)
    assert world.slept


def on(path: str, **other: Any) -> Callable[[Ask, Answer], Answer]:
    """Answer something else at a path: to a wrong key and a preflight as ever."""

    def spoils(ask: Ask, got: Answer) -> Answer:
        hit = ask.path.startswith(path) and NOBODYS_KEY not in repr(ask)
        return replace(got, **other) if hit and ask.method != "OPTIONS" else got

    return spoils


def of_nobody(ask: Ask, got: Answer) -> Answer:
    ours = NOBODYS_KEY in repr(ask) and ask.method != "OPTIONS"
    return replace(got, status=403) if ours else got


def no_cors(ask: Ask, got: Answer) -> Answer:
    return replace(got, status=405, headers={}) if ask.method == "OPTIONS" else got


def gone(path: str) -> Callable[[Ask, Answer], Answer]:
    def spoils(ask: Ask, got: Answer) -> Answer:
        if ask.path.startswith(path):
            raise Unreachable("ConnectionResetError")
        return got

    return spoils


DIALECTS = [door.dialect for door in DOORS]
DEGRADED = '{"status": "degraded", "causes": ["disk full"]}'


@pytest.mark.parametrize(
    ("spoils", "wanted"),
    [
        (on("/health", text=DEGRADED), [("health", "")]),
        (on("/health", status=503, text="<html>"), [("health", "")]),
        (on("/v1/keys", headers={"date": "Sat, 21 Nov 2026 00:00:09 GMT"}), [("clock", "")]),
        (on("/post", status=503, text="busy"), [("event", "eventbunker")]),
        (on("/v1/track", text="<html>a proxy's page</html>"), [("event", "segment")]),
        (on("/v1/receipts", status=404, text="{}"), [("receipt", one) for one in DIALECTS]),
        (on("/v1/query", status=403, text="{}"), [("visible", "")]),
        (on("/v1/query", text='{"rows": []}'), [("visible", "")]),
        (on("/v1/query", text='{"rows": null}'), [("visible", "")]),
        (on("/v1/query", text='{"rows": [7, []]}'), [("visible", "")]),
        (on("/health", text='{"status": "degraded", "causes": null}'), [("health", "")]),
        (gone("/i/v0"), [(check, "posthog") for check in ("event", "refusal", "cors")]),
        (of_nobody, [("refusal", one) for one in DIALECTS]),
        (no_cors, [("cors", one) for one in DIALECTS if one != "tracify"]),
    ],
)
def test_what_is_not_well_is_told_and_nothing_else(
    spoils: Callable[[Ask, Answer], Answer], wanted: list[tuple[str, str]]
) -> None:
    assert failed(World(spoils=spoils).doctor()) == wanted


def test_a_key_that_is_not_valid_fails_once_and_sends_nothing() -> None:
    told = '{"valid": false}'
    found = World(spoils=on("/v1/keys", status=401, text=told)).doctor()

    assert failed(found) == [("WRITE key", ""), ("QUERY key", "")]
    assert {one.state for one in found if one.check == "event"} == {State.SKIPPED}


def test_without_a_query_key_nobody_looks_for_the_events() -> None:
    found = World().doctor(query_key="")

    assert not failed(found)
    assert [one.check for one in found if one.state is State.SKIPPED] == ["visible"]


def test_where_nobody_answers_the_examination_ends() -> None:
    with pytest.raises(Unreachable):
        World(spoils=gone("/")).doctor()
