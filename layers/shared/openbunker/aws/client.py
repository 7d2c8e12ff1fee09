"""AWS JSON calls (protocols JSON 1.0 and 1.1), signed, over one kept connection.

Knows how a call and an error look on the wire; knows no operation. In place of boto3 on the hot
path: docs/decisions/0002-own-signer-instead-of-boto3.md.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbunker.aws.connection import Connection, ConnectionFailed
from openbunker.aws.sigv4 import Credentials, signed


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the JSON protocols: its endpoint's and target's names, its version."""

    name: str
    target: str
    json_version: str

    def endpoint(self, region: str) -> str:
        """Return the service's own endpoint in a region of the partitions `aws` and China."""
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://{self.name}.{region}.{domain}"


FIREHOSE = Service("firehose", "Firehose_20150804", "1.1")
DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "1.0")


class AwsError(Exception):
    """A call failed. `code` is the service's own, or ConnectionFailed, or InvalidAnswer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class AwsJsonClient:
    """Calls operations of one service. One call at a time: not for several threads.

    `now_ms` returns milliseconds since the epoch. `connection` is given by tests.
    """

    def __init__(
        self,
        service: Service,
        *,
        region: str,
        credentials: Credentials,
        now_ms: Callable[[], int],
        endpoint: str | None = None,
        connection: Connection | None = None,
    ) -> None:
        self._service = service
        self._region = region
        self._credentials = credentials
        self._now_ms = now_ms
        self._connection = connection or Connection(endpoint or service.endpoint(region))

    def connect(self) -> None:
        """Open the connection ahead of the first call. Never raises; that call will."""
        self._connection.open()

    def call(self, operation: str, body: bytes, seconds: float | None = None) -> dict[str, Any]:
        """Call an operation with a JSON object and return the answer's. Raises AwsError.

        Takes `seconds`, or the connection's own patience when None.

        At least once: a call whose connection broke is made again, see Connection.post.
        """
        headers = self._headers(operation, body)
        try:
            status, answered, data = self._connection.post(body, headers, seconds)
        except ConnectionFailed as error:
            raise AwsError("ConnectionFailed", str(error)) from error
        answer = _object(data)
        if status != 200 or answer is None:
            raise _error(status, answered, answer)
        return answer

    def _headers(self, operation: str, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": f"application/x-amz-json-{self._service.json_version}",
            "host": self._connection.host,
            "x-amz-target": f"{self._service.target}.{operation}",
        }
        return signed(
            headers,
            body,
            service=self._service.name,
            region=self._region,
            credentials=self._credentials,
            at_ms=self._now_ms(),
        )


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(data)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _error(status: int, headers: Mapping[str, str], answer: dict[str, Any] | None) -> AwsError:
    """Find the code where the protocols put it: `namespace#Code:link`, in body or header.

    Source: the specification of Smithy's protocol awsJson1.1, "Operation error serialization".
    """
    if answer is None:
        return AwsError("InvalidAnswer", f"status {status} without a JSON object")
    told = headers.get("x-amzn-errortype") or answer.get("__type") or answer.get("code")
    code = str(told or f"Http{status}").split(":")[0].rsplit("#", 1)[-1]
    return AwsError(code, str(answer.get("message") or answer.get("Message") or ""))
