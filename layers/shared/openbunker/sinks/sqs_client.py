"""The queue client of a deployed function: SendMessageBatch over the signed client.

Knows the operation's shapes and limits; what a message says and what follows a failure are the
sink's. Source: SQS API reference, SendMessageBatch (AWS JSON protocol 1.0).
"""

import json
from collections.abc import Sequence
from typing import Any

from openbunker.aws.client import AwsJsonClient, Service
from openbunker.aws.errors import AwsError

SQS = Service("sqs", "AmazonSQS", "1.0")
MAX_ENTRIES = 10
MAX_CALL_BYTES = 1024 * 1024


class SqsClient:
    """Sends messages of ASCII text to one queue, named by its URL."""

    def __init__(self, client: AwsJsonClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, messages: Sequence[str], seconds: float | None = None) -> list[str]:
        """Send at most MAX_ENTRIES messages of MAX_CALL_BYTES in all.

        Returns one text per message in order: empty when the queue took it, else the code of
        its failure. Never raises for a failing call.
        """
        entries = [{"Id": str(i), "MessageBody": text} for i, text in enumerate(messages)]
        body = json.dumps({"QueueUrl": self._queue_url, "Entries": entries}).encode()
        try:
            answer = self._client.call("SendMessageBatch", body, seconds)
        except AwsError as error:
            return [error.code] * len(messages)
        taken, failed = _by_id(answer.get("Successful")), _by_id(answer.get("Failed"))
        return [_told(str(i), taken, failed) for i in range(len(messages))]


def _by_id(entries: Any) -> dict[str, dict[str, Any]]:
    found = entries if isinstance(entries, list) else []
    return {str(one.get("Id")): one for one in found if isinstance(one, dict)}


def _told(entry: str, taken: dict[str, Any], failed: dict[str, Any]) -> str:
    if entry in failed:
        return str(failed[entry].get("Code") or "UnknownFailure")
    if entry in taken and taken[entry].get("MessageId"):
        return ""
    return "MismatchedAnswer"
