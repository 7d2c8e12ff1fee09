"""The OpenAPI document is valid, is the one that is kept, and says what the code does."""

import json
from pathlib import Path
from typing import Any

import pytest

from openbunker.core.reasons import Reason
from openbunker.query.question.journeys import FUNNEL_BODY, RETENTION_BODY
from openbunker.query.question.listing import LISTING
from openbunker.query.question.question import QUESTION
from openbunker.wire.registry import DIALECTS
from openbunker_local.server import routes
from scripts.openapi import document as openapi

ROOT = Path(__file__).parents[3]
DOCUMENT = openapi.document()


def responses(method: str, path: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = DOCUMENT["paths"][path][method]["responses"]
    return found


def test_the_kept_document_is_the_one_of_the_code() -> None:
    """Write it anew with `make openapi`."""
    assert (ROOT / "docs/openapi.json").read_text(encoding="utf-8") == openapi.text()


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let schemas be looked through for anchors once, not for each reference to one."""
    from referencing import Registry

    looked_through: dict[int, tuple[Any, Any]] = {}
    crawl = Registry.crawl

    def once(registry: Any) -> Any:
        if id(registry) not in looked_through:
            looked_through[id(registry)] = (registry, crawl(registry))
        return looked_through[id(registry)][1]

    monkeypatch.setattr(Registry, "crawl", once)


def test_it_is_valid_openapi_3_1(read_once: None) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_it_holds_every_route_of_the_template_and_the_runtimes_own() -> None:
    told = {(m.upper(), path) for path, item in DOCUMENT["paths"].items() for m in item}
    kept = {(route.method, route.path) for route in routes.read_routes(ROOT / "template.yaml")}
    assert told == kept | {("GET", f"/{own}") for own in ("", "health", "ready", "openapi.json")}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: "-".join(dialect.routes[:1]))
def test_every_route_tells_its_fields_where_the_dialect_does(dialect: object) -> None:
    for path in getattr(dialect, "bodies"):  # noqa: B009
        schema = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert "properties" in json.dumps(schema)


def test_a_status_lists_the_codes_that_come_with_it() -> None:
    codes = json.dumps(responses("post", "/post")["401"]["headers"])
    assert all(code in codes for code in ("missing_key", "unknown_key", "wrong_key_kind"))
    assert "retry-after" in json.dumps(responses("post", "/post")["503"])
    # This vendor answers 200 to what is wrong with an event.
    assert "invalid_schema" in json.dumps(responses("post", "/batch")["200"])
    assert set(responses("post", "/batch")) == {"200", "400", "404", "405", "408", "429", "503"}


def test_every_reason_but_the_gateways_own_is_told_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    own = {Reason.NOT_A_GATEWAY_EVENT}
    assert [reason for reason in set(Reason) - own if f'"{reason}"' not in text] == []


def test_the_question_is_its_model() -> None:
    body = DOCUMENT["paths"]["/v1/query/json"]["post"]["requestBody"]["content"]
    question, listing, funnel, retention = body["application/json"]["schema"]["anyOf"]
    assert set(question["properties"]) == set(QUESTION.elements)
    assert set(listing["properties"]) == set(LISTING.elements)
    assert set(funnel["properties"]) == set(FUNNEL_BODY.elements)
    assert set(retention["properties"]) == set(RETENTION_BODY.elements)
    assert "$ref" not in json.dumps(body)
