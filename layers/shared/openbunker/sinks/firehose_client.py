"""The delivery stream client of a deployed function: PutRecordBatch over the signed client.

Knows the operation's shapes; chunking, retries and outcomes are the sink's.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from openbunker.aws.client import AwsJsonClient
from openbunker.aws.errors import AwsError
from openbunker.sinks.sink import StreamError


class FirehoseClient:
    """A StreamClient for one stream, whose name is [a-zA-Z0-9_.-]{1,64}."""

    def __init__(self, client: AwsJsonClient, stream: str) -> None:
        self._client = client
        self._head = b'{"DeliveryStreamName":"%s","Records":[' % stream.encode("ascii")

    def put_record_batch(
        self, records: Sequence[bytes], seconds: float | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return the service's answers, one per record, in order. Raises StreamError."""
        # Joined by hand: base64 needs no escaping, and a JSON encoder would copy 4 MiB once more.
        data = b",".join(b'{"Data":"%s"}' % b64encode(record) for record in records)
        try:
            answer = self._client.call("PutRecordBatch", self._head + data + b"]}", seconds)
        except AwsError as error:
            raise StreamError(error.code, error.message) from error
        answers = answer.get("RequestResponses")
        if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
            raise StreamError("MismatchedAnswer", "PutRecordBatch answered without its list")
        return answers
