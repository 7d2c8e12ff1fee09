"""Athena's operations over the signed client, under the names that boto3 gives them.

boto3 would cost the start of a function too much. Source: Athena API reference.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from openbunker.aws.client import AwsJsonClient, Service

# A start with its token is the same execution however often it is asked for, so it may be again.
ATHENA = Service(
    *("athena", "AmazonAthena", "1.1"),
    reads=frozenset(
        {"StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution"}
    ),
)
# Two attempts of three seconds and a pause; a page of a thousand rows may take longer.
_SECONDS, _PAGE_SECONDS = 7.0, 10.0


class SignedAthena:
    """An AthenaClient. `new_token` returns what no other start was given, of 32 to 128 characters.

    Every method raises AwsError.
    """

    def __init__(self, client: AwsJsonClient, new_token: Callable[[], str]) -> None:
        self._client = client
        self._new_token = new_token

    def start_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Return the QueryExecutionId. Without a token the service would refuse."""
        request.setdefault("ClientRequestToken", self._new_token())
        return self._called("StartQueryExecution", request)

    def get_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Return the QueryExecution with its Status."""
        return self._called("GetQueryExecution", request)

    def get_query_results(self, **request: Any) -> Mapping[str, Any]:
        """Return one page of the ResultSet."""
        return self._called("GetQueryResults", request, _PAGE_SECONDS)

    def stop_query_execution(self, **request: Any) -> Mapping[str, Any]:
        """Cancel a query."""
        return self._called("StopQueryExecution", request)

    def _called(
        self, operation: str, request: Mapping[str, Any], seconds: float = _SECONDS
    ) -> Mapping[str, Any]:
        return self._client.call(operation, json.dumps(request).encode(), seconds)
