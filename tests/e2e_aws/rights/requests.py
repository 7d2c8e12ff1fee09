"""Requests as an HTTP API hands them to a function: events of its payload format 2.0."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from openbunker_local.doctor.calls import Ask
from tests.e2e_aws.stack import ROOT


def event(ask: Ask) -> dict[str, Any]:
    """Return the event of a request."""
    parts = urlsplit(ask.path)
    body = None if ask.body is None else json.dumps(ask.body)
    http = {"method": ask.method, "path": parts.path, "sourceIp": "203.0.113.7"}
    return {
        "version": "2.0",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": {"content-type": "application/json", **ask.headers},
        "requestContext": {"http": http, "requestId": "g7GRVgVUbVBvV_F="},
        "isBase64Encoded": False,
        **({} if body is None else {"body": body}),
    }


def sample(name: str, **headers: str) -> dict[str, Any]:
    """Return an event of `events/`, with some headers in place of its own."""
    found: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    found["headers"] |= headers
    return found


def status(answer: Mapping[str, Any]) -> int:
    """Return the status of a function's answer, 0 of one that is none."""
    return int(answer.get("answer", {}).get("statusCode", 0))


def body(answer: Mapping[str, Any]) -> Any:
    """Return the body of a function's answer, as JSON."""
    return json.loads(answer["answer"].get("body") or "null")
