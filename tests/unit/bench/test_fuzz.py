"""Whatever a client sends to a route: never a 5xx, never an exception, refusals with a reason.

A small share of `make fuzz`, which sends 20,000 requests to each route.
"""

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbunker.wire.registry import DIALECTS
from tests.support import fuzzing

EXAMPLES = 40
# What clients ask before they send is made of constants, whatever the request holds.
ANSWERS = {route for dialect in DIALECTS for route in dialect.answers}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fuzzing.World]:
    with fuzzing.world(tmp_path_factory.mktemp("fuzz")) as made:
        yield made


@pytest.mark.parametrize(
    ("method", "path"), fuzzing.all_routes(), ids=lambda text: text.replace("/", "_")
)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_a_spoilt_request_is_the_clients_mistake(
    world: fuzzing.World, method: str, path: str, rng: random.Random
) -> None:
    sent, payload_1 = fuzzing.spoilt(path, method, rng)
    world.check(world.answer(sent, payload_1=payload_1))


@pytest.mark.parametrize(
    ("method", "path"), fuzzing.all_routes(), ids=lambda text: text.replace("/", "_")
)
def test_both_outcomes_are_met_by_the_fuel(world: fuzzing.World, method: str, path: str) -> None:
    """Fuel that is always refused at the door would test the door alone."""
    rng = random.Random(7)
    statuses = set()
    for _ in range(100):
        sent, payload_1 = fuzzing.spoilt(path, method, rng)
        told = world.answer(sent, payload_1=payload_1)
        world.check(told)
        statuses.add("x-openbunker-reason" in told.headers)
    never_refused = method == "OPTIONS" or f"{method} {path}" in ANSWERS
    assert statuses == ({False} if never_refused else {True, False})
