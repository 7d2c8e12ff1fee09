import asyncio
from collections.abc import Sequence

import pytest

from openbunker.web.http import WAIT_HEADER, WAIT_IGNORED
from openbunker_local.server import waiting
from openbunker_local.server.gateway import HttpRequest, HttpResponse
from openbunker_local.server.waiting import Stage, Waiting

ASKED = {WAIT_HEADER: WAIT_IGNORED}


def request(client_id: str = "a") -> HttpRequest:
    return HttpRequest(
        method="POST",
        raw_path="/batch",
        raw_query=f"client_id={client_id}&wait=visible",
        headers=[],
        body=b"[]",
        source_ip="127.0.0.1",
    )


class Clock:
    """Goes on by what is slept; then each stage loses what it held first."""

    def __init__(self, *stages: set[str]) -> None:
        self.now = 0.0
        self.sets = list(stages)
        self.after = 0.05

    def stages(self) -> Sequence[Stage]:
        return [lambda one=one: set(one) for one in self.sets]  # type: ignore[misc]

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.after:
            for one in self.sets:
                one.discard("first")
        await asyncio.sleep(0)


def told(clock: Clock, answer: HttpResponse) -> HttpResponse:
    held = Waiting(clock.stages, clock.sleep, lambda: clock.now)
    return asyncio.run(held.held(request(), answer))


def test_an_answer_waits_for_what_was_there_and_not_for_what_came_later() -> None:
    clock = Clock({"first"}, {"first", "second"})
    clock.sets[1].discard("second")
    answer = told(clock, HttpResponse(200, ASKED, b"{}"))
    assert answer.headers[WAIT_HEADER] == waiting.VISIBLE
    assert answer.body == b"{}"
    assert clock.now >= clock.after


def test_an_answer_waits_ten_seconds_at_most() -> None:
    clock = Clock({"stuck"})
    answer = told(clock, HttpResponse(200, ASKED, b"{}"))
    assert answer.headers[WAIT_HEADER] == waiting.NOT_YET
    assert waiting.SECONDS <= clock.now <= waiting.SECONDS + 0.1


@pytest.mark.parametrize(
    "answer", [HttpResponse(200, {}, b""), HttpResponse(503, ASKED, b"")], ids=["unasked", "failed"]
)
def test_other_answers_are_not_held_back(answer: HttpResponse) -> None:
    clock = Clock({"stuck"})
    assert told(clock, answer) == answer
    assert clock.now == 0


def test_one_key_has_so_many_at_a_time() -> None:
    clock = Clock({"stuck"})
    held = Waiting(clock.stages, clock.sleep, lambda: clock.now)
    answer = HttpResponse(200, ASKED, b"{}")

    async def all_at_once() -> list[str]:
        keys = ["a"] * (waiting.MOST_OF_KEY + 2) + ["b"]
        answers = await asyncio.gather(*(held.held(request(key), answer) for key in keys))
        return [one.headers[WAIT_HEADER] for one in answers]

    found = asyncio.run(all_at_once())
    assert found.count(waiting.TOO_MANY) == 2
    assert found[-1] == waiting.NOT_YET
    assert asyncio.run(all_at_once()).count(waiting.TOO_MANY) == 2  # places are given back
