"""The files of events/ are what the gateway would send for the routes of the template."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from openbunker.keys.model import Key, KeyKind
from tests.support.laws import each

FOLDER = Path(__file__).resolve().parents[2] / "events"
NO_EVENTS = {FOLDER / "keys.json", FOLDER / "env.local.json"}
FILES = sorted(set(FOLDER.glob("*.json")) - NO_EVENTS)
Document = dict[str, Any]


def load(file: Path) -> Document:
    document: Document = json.loads(file.read_text(encoding="utf-8"))
    return document


def test_every_route_has_an_event_and_every_event_a_route(resources: Document) -> None:
    routes = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for resource in resources.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    assert {load(file)["routeKey"] for file in FILES} == routes


@each("file", FILES, lambda file: file.stem)
def test_an_event_agrees_with_itself(file: Path) -> None:
    event = load(file)
    http = event["requestContext"]["http"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"]
    path = event["routeKey"].partition(" ")[2].format(**event.get("pathParameters", {}))
    assert f"{http['method']} {path}" == f"{http['method']} {event['rawPath']}"
    assert http["path"] == event["rawPath"]
    assert http["userAgent"] == event["headers"]["user-agent"]
    assert dict(parse_qsl(event["rawQueryString"])) == event.get("queryStringParameters", {})
    assert all(name == name.lower() for name in event["headers"])


@each("file", FILES, lambda file: file.stem)
def test_a_body_is_as_long_as_its_header_says(file: Path) -> None:
    event = load(file)
    body = event.get("body", "")
    data = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    assert len(data) == int(event["headers"].get("content-length", "0"))
    if event["headers"].get("content-encoding") == "gzip":
        data = gzip.decompress(data)
    if "malformed" in file.stem:
        with pytest.raises(json.JSONDecodeError):
            json.loads(data)
    elif data:
        json.loads(data)


def test_demo_keys_are_records_that_nobody_takes_for_real_ones() -> None:
    for text, fields in load(FOLDER / "keys.json").items():
        key = Key(**{**fields, "kind": KeyKind(fields["kind"])})
        assert text.startswith("demo-")
        accounts_own = text == "demo-account-master-key"
        assert key.project_id == ("" if accounts_own else "prj_demo")
