"""The handler that anybody would write in thirty lines: pydantic, boto3, a key in memory.

What openbunker is measured beside. It checks the same body, masks nothing, knows one dialect, and
sends each event as a record of its own, as the examples do; it retries nothing that Firehose did
not take of a batch, so it is no substitute.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Incoming(BaseModel):
    """One event of the body."""

    model_config = ConfigDict(extra="allow")

    type: str
    name: str = Field(min_length=1, max_length=128)
    eventId: str | None = Field(default=None, max_length=512)  # noqa: N815  # the vendor's name
    anonymousId: str | None = Field(default=None, max_length=128)  # noqa: N815
    sessionId: str | None = Field(default=None, max_length=128)  # noqa: N815
    timestamp: int | None = None
    properties: dict[str, Any] | None = None


_BATCH: TypeAdapter[list[Incoming]] = TypeAdapter(list[Incoming])
_KEYS = {"ob_w_bench": "proj_1"}


def handler(url: str, pem: Path) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return the handler over a stream at an address, whose certificate is trusted."""
    client = boto3.client(
        "firehose",
        region_name="us-east-1",
        endpoint_url=url,
        verify=str(pem),
        aws_access_key_id="AKIAEXAMPLEEXAMPLE12",
        aws_secret_access_key="s" * 40,
        aws_session_token="t" * 400,
        config=Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2}),
    )

    def answer(event: Mapping[str, Any]) -> dict[str, Any]:
        project = _KEYS.get(event["headers"].get("databuddy-client-id", ""))
        if project is None:
            return {"statusCode": 401, "body": json.dumps({"error": "unknown key"})}
        many = event["rawPath"] == "/batch"
        found = (
            _BATCH.validate_json(event["body"])
            if many
            else [Incoming.model_validate_json(event["body"])]
        )
        rows = [_row(one, project, event) for one in found]
        records = [{"Data": (json.dumps(row) + "\n").encode()} for row in rows]
        if many:
            client.put_record_batch(DeliveryStreamName="events", Records=records)
        else:
            client.put_record(DeliveryStreamName="events", Record=records[0])
        body = {"status": "success", "ids": [row["event_id"] for row in rows]}
        return {"statusCode": 202, "body": json.dumps(body)}

    return answer


def _row(one: Incoming, project: str, event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "project_id": project,
        "received_at": datetime.now(UTC).isoformat(),
        "ip": event["requestContext"]["http"]["sourceIp"],
        "user_agent": event["headers"].get("user-agent"),
        "referrer": event["headers"].get("referer"),
        **one.model_dump(),
    }
