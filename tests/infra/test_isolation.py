"""Ingestion is never starved by questions, and neither asks for more than there is."""

from typing import Any

import pytest

from openbunker.wire.registry import DIALECTS
from tests.infra.conftest import transformed
from tests.infra.test_template import of_type, routes_of

Document = dict[str, Any]
# Of the query function, those that ask no engine.
CHEAP = {"GET /v1/usage", "GET /"}
# Athena starts so many statements a second in the smaller regions; Data Firehose takes so many
# calls there; an account has so many calls at once by default. Sources: the quotas pages of each.
ATHENA_STARTS, STREAM_CALLS, CONCURRENCY = 20, 1000, 1000
QUESTION_SECONDS = 25


@pytest.fixture(scope="module")
def settings(translated: Document) -> Document:
    (stage,) = of_type(translated, "AWS::ApiGatewayV2::Stage").values()
    found: Document = stage["Properties"]
    return found


def test_every_route_is_throttled_below_the_quota_of_the_stream(
    settings: Document, template: Document
) -> None:
    default = settings["DefaultRouteSettings"]
    assert default["ThrottlingRateLimit"] == {"Ref": "IngestRate"}
    assert default["ThrottlingBurstLimit"] > 0
    assert template["Parameters"]["IngestRate"]["Default"] <= STREAM_CALLS


def test_every_route_of_batches_has_the_rate_of_batches(
    settings: Document, resources: Document
) -> None:
    writes = {route for dialect in DIALECTS for route in dialect.routes}
    batches = {r for r, name in routes_of(resources).items() if name == "BatchFunction"} & writes
    assert len(batches) >= 6
    told = {route for route, one in settings["RouteSettings"].items() if "Ref" in str(one)}
    assert told == batches
    for route in batches:
        rate = settings["RouteSettings"][route]["ThrottlingRateLimit"]
        assert rate == {"Ref": "BatchRate"}


def test_questions_together_start_no_more_than_athena_and_take_half_of_the_calls(
    settings: Document, resources: Document
) -> None:
    asking = {
        route
        for route, name in routes_of(resources).items()
        if name == "QueryFunction" and not route.startswith("OPTIONS ")
    } - CHEAP
    rates = [settings["RouteSettings"][route]["ThrottlingRateLimit"] for route in asking]
    assert sum(rates) <= ATHENA_STARTS
    assert sum(rates) * QUESTION_SECONDS <= CONCURRENCY / 2


def test_a_setting_is_of_a_route_that_exists(settings: Document, resources: Document) -> None:
    assert set(settings["RouteSettings"]) <= set(routes_of(resources))


@pytest.mark.parametrize(
    ("parameter", "functions"),
    [
        ("ReservedForIngest", {"TrackFunction", "BatchFunction"}),
        ("ReservedForQuestions", {"QueryFunction"}),
    ],
)
def test_calls_are_reserved_where_asked_and_nowhere_else(
    template: Document, translated: Document, parameter: str, functions: set[str]
) -> None:
    """Small accounts have ten in all, of which none can be reserved."""
    for name in of_type(translated, "AWS::Lambda::Function"):
        assert "ReservedConcurrentExecutions" not in translated[name]["Properties"]
    asked = transformed(template, {parameter: "50"})
    for name in of_type(asked, "AWS::Lambda::Function"):
        reserved = asked[name]["Properties"].get("ReservedConcurrentExecutions")
        assert (reserved == {"Ref": parameter}) == (name in functions)
