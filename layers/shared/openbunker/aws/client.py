"""AWS JSON calls (protocols JSON 1.0 and 1.1), signed, over one kept connection.

Knows how a call and an error look on the wire, and of operations which ones may be asked again. In
place of boto3 on the hot path: docs/decisions/0002-own-signer-instead-of-boto3.md.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbunker.aws import endpoints
from openbunker.aws.connection import REQUEST_SECONDS, Connection, ConnectionFailed
from openbunker.aws.credentials import CredentialsUnavailable, Source, source_of
from openbunker.aws.errors import CONNECTION_FAILED, AwsError
from openbunker.aws.retries import Retries
from openbunker.aws.sigv4 import Credentials, Signer
from openbunker.aws.time_left import TimeLeft


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the JSON protocols: its endpoint's and target's names, its version.

    `reads` are the operations that change nothing.
    """

    name: str
    target: str
    json_version: str
    reads: frozenset[str] = frozenset()

    def endpoint(self, region: str, *, fips: bool = False) -> str:
        """Return the service's own endpoint in a region."""
        return f"https://{endpoints.host(self.name, region, fips=fips)}"


FIREHOSE = Service("firehose", "Firehose_20150804", "1.1")
DYNAMODB = Service(
    *("dynamodb", "DynamoDB_20120810", "1.0"),
    reads=frozenset({"BatchGetItem", "GetItem", "Query", "Scan"}),
)
# Credentials that have ended, or are not known yet or any more; nothing was done.
_REFUSED = frozenset({"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"})


class AwsJsonClient:
    """Calls operations of one service. One call at a time: not for several threads.

    `now_ms` returns milliseconds since the epoch. Without `retries` each call is made once.
    `connection` is given by tests. `monotonic` counts seconds.
    """

    def __init__(
        self,
        service: Service,
        *,
        region: str,
        credentials: Credentials | Source,
        now_ms: Callable[[], int],
        endpoint: str | None = None,
        connection: Connection | None = None,
        retries: Retries | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._source = source_of(credentials)
        self._now_ms = now_ms
        self._signer = Signer(service.name, region)
        self._connection = connection or Connection(endpoint or service.endpoint(region))
        self._retries = retries
        self._monotonic = monotonic
        self._fixed = {
            "content-type": f"application/x-amz-json-{service.json_version}",
            "host": self._connection.host,
        }

    def connect(self) -> None:
        """Open the connection ahead of the first call, in bounded time. Never raises."""
        self._connection.open()

    def call(self, operation: str, body: bytes, seconds: float | None = None) -> dict[str, Any]:
        """Call an operation with a JSON object and return the answer's, all within `seconds`.

        None stands for REQUEST_SECONDS. Raises AwsError.

        At least once: a call whose connection broke is made again, see Connection.send.
        """
        seconds = REQUEST_SECONDS if seconds is None else seconds
        try:
            if self._retries is None:
                return self._made(operation, body, seconds)
            return self._retries.within(
                seconds,
                lambda left: self._made(operation, body, left),
                repeatable=operation in self._service.reads,
            )
        except TimeoutError as error:
            raise AwsError(CONNECTION_FAILED, str(error)) from error

    def _made(self, operation: str, body: bytes, seconds: float) -> dict[str, Any]:
        """Make a call, and once more when there are other credentials than those refused."""
        time_left = TimeLeft(self._monotonic, seconds)
        credentials = self._credentials()
        try:
            return self._signed(operation, body, credentials, time_left)
        except AwsError as error:
            if error.code not in _REFUSED or not self._source.refused(credentials):
                raise
        return self._signed(operation, body, self._credentials(), time_left)

    def _credentials(self) -> Credentials:
        try:
            return self._source.current(self._now_ms())
        except CredentialsUnavailable as error:
            raise AwsError("CredentialsUnavailable", str(error)) from error

    def _signed(
        self, operation: str, body: bytes, credentials: Credentials, time_left: TimeLeft
    ) -> dict[str, Any]:
        fixed = {**self._fixed, "x-amz-target": f"{self._service.target}.{operation}"}
        headers = self._signer.signed(fixed, body, credentials=credentials, at_ms=self._now_ms())
        try:
            status, answered, data = self._connection.post(body, headers, time_left.seconds())
        except ConnectionFailed as error:
            raise AwsError(CONNECTION_FAILED, str(error)) from error
        answer = _object(data)
        if status != 200 or answer is None:
            raise _error(status, answered, answer)
        return answer


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
        return AwsError("InvalidAnswer", f"status {status} without a JSON object", status)
    told = headers.get("x-amzn-errortype") or answer.get("__type") or answer.get("code")
    code = str(told or f"Http{status}").split(":")[0].rsplit("#", 1)[-1]
    return AwsError(code, str(answer.get("message") or answer.get("Message") or ""), status)
