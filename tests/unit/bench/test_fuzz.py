"""Whatever a client sends to a route: never a 5xx, never an exception, refusals with a reason.

A small share of `make fuzz`, which sends 20,000 requests to each route.
"""

import json
import re
from collections.abc import Iterator
from random import Random

import pytest

from openbunker.wire.registry import DIALECTS
from tests.support import fuzzing

REQUESTS = 40
# What clients ask before they send is made of constants, whatever the request holds; so is a page.
ANSWERS = {route for dialect in DIALECTS for route in dialect.answers} | {"GET /"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fuzzing.World]:
    with fuzzing.world(tmp_path_factory.mktemp("fuzz")) as made:
        yield made


@pytest.mark.parametrize(
    ("method", "path"), fuzzing.all_routes(), ids=lambda text: text.replace("/", "_")
)
def test_a_spoilt_request_is_the_clients_mistake(
    world: fuzzing.World, method: str, path: str
) -> None:
    """Both outcomes are met: fuel that is always refused at the door would test the door alone."""
    rng = Random(7)
    refused = set()
    for _ in range(REQUESTS):
        sent, payload_1 = fuzzing.spoilt(path, method, rng)
        told = world.answer(sent, payload_1=payload_1)
        world.check(told)
        refused.add("x-openbunker-reason" in told.headers)
    never_refused = method == "OPTIONS" or f"{method} {path}" in ANSWERS
    assert refused == ({False} if never_refused else {True, False})


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def test_a_405_names_every_method_that_works_whoever_serves_it(world: fuzzing.World) -> None:
    """`GET /` is the console's and `POST /` a dialect's."""
    headers = {"origin": "https://a.example", "content-type": "application/json"}
    for path in sorted({path for _, path in fuzzing.all_routes()}):
        there = re.sub(r"\{\w+\}", "a", path)
        sent = [fuzzing.Sent(one, there, "", headers, b"{}") for one in METHODS]
        told = {one.method: world.answer(one) for one in sent}
        works = {method for method, one in told.items() if one.status != 405}
        for method, one in told.items():
            if method not in works:
                assert set(one.headers["allow"].split(", ")) == works, path
                assert f"it takes {one.headers['allow']}" in json.loads(one.body)["error"], path
