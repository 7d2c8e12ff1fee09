"""The page on scaling holds what its command prints, and the simulation behind it adds up."""

from pathlib import Path
from random import Random

import pytest

from bench.costs.template import resources
from bench.scaling import quotas
from bench.scaling.needs import Load, ceilings, question
from bench.scaling.quotas import shipped
from bench.scaling.simulation import simulate
from bench.scaling.tables import tables

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_holds_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")

    missing = [table.splitlines()[0] for table in tables() if table not in page]
    assert not missing, "print it anew: python -m bench scaling"


@pytest.mark.parametrize("load", [Load(900, 1), Load(5_000, 1), Load(1_000_000, 100)])
def test_every_request_ends_one_way(load: Load) -> None:
    found = simulate(load.requests, load.request_bytes, shipped(load.batch), Random(1))

    parts = (found.stored, found.spilled, found.turned_away, found.throttled)
    assert sum(parts) == pytest.approx(1) and min(parts) >= 0


@pytest.mark.parametrize("load", [Load(10_000, 1), Load(100_000, 100), Load(1_000_000, 100)])
def test_the_quotas_that_the_page_names_store_everything(load: Load) -> None:
    raised = simulate(load.requests, load.request_bytes, load.wanted(), Random(2))
    halved = simulate(load.requests, load.request_bytes, load.wanted(0.5), Random(2))

    assert raised.stored > 0.999
    assert halved.stored < 0.7


def test_a_stream_that_is_too_small_fills_the_functions_too() -> None:
    load = Load(10_000, 1)
    wide = load.wanted()
    narrow = shipped(1).at_least(wide)
    found = simulate(load.requests, load.request_bytes, narrow, Random(3))
    small = simulate(
        load.requests, load.request_bytes,
        quotas.Limits(wide.route, wide.route, wide.gateway, 1_000, 2_000, wide.stream_bytes),
        Random(3),
    )  # fmt: skip

    assert found.throttled == 0
    assert small.throttled > 0.5 > small.stored


def test_the_order_of_limits_is_by_singles_and_batches_bind_bytes_alike() -> None:
    found = {one.what: one for one in ceilings()}

    assert [one.singles for one in ceilings()] == sorted(one.singles for one in found.values())
    by_bytes = found["the stream: bytes"]
    assert by_bytes.batches == pytest.approx(by_bytes.singles)


def test_what_the_template_lets_through_at_once_is_what_is_simulated() -> None:
    """Bursts and the throttles of questions stand in the template, not in a parameter."""
    api = resources()["Api"]["Properties"]
    routes = api["RouteSettings"]
    asking = ("query/json", "query/sql", "query/iframe", "receipts/{event_id}", "refused", "live",
              "live/{event_id}", "events/names", "system")  # fmt: skip
    started = [value["ThrottlingRateLimit"] for name, value in routes.items()
               if name.split("/v1/")[-1] in asking]  # fmt: skip

    assert api["DefaultRouteSettings"]["ThrottlingBurstLimit"] == quotas.ROUTE_BURST
    assert routes["POST /batch"]["ThrottlingBurstLimit"] == quotas.BATCH_BURST
    assert sum(started) <= quotas.QUESTIONS_STARTED


def test_a_question_over_much_is_too_large_and_over_little_is_answered() -> None:
    assert question(Load(1_000, 100)).answer == "answered"
    assert question(Load(1_000_000, 100)).answer == "`query_too_large`"
