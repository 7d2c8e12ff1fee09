"""Signature Version 4 for the requests that we send: without a query, paths that need no escape.

Standard library only, no I/O. Knows no service and no connection.
Source: IAM user guide, "Create a signed AWS API request"; botocore's signer is the tests' oracle.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import gmtime, strftime

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs. The session token is there when the credentials are a role's."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class Signer:
    """Signs requests to one service in one region; keeps the key that it derived for the day."""

    def __init__(self, service: str, region: str) -> None:
        self._place = f"{region}/{service}/aws4_request"
        self._derived = ("", "", b"")

    def signed(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *,
        credentials: Credentials,
        at_ms: int,
        method: str = "POST",
        path: str = "/",
        query: str = "",
    ) -> dict[str, str]:
        """Return the headers with those that sign them; `host` must be among them.

        Header names are lower case, values without surrounding or repeated spaces. All given
        headers are signed. `query` is as it is sent: escaped, and its names in order. AWS refuses a
        signature whose `at_ms` (since the epoch) is more than 5 minutes off.
        """
        moment = strftime("%Y%m%dT%H%M%SZ", gmtime(at_ms // 1000))
        found = {**headers, "x-amz-date": moment}
        if credentials.session_token:
            found["x-amz-security-token"] = credentials.session_token
        ordered = sorted(found)
        names = ";".join(ordered)
        lines = "".join([f"{name}:{found[name]}\n" for name in ordered])
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{sha256(body).hexdigest()}"
        scope = f"{moment[:8]}/{self._place}"
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = _mac(self._key(credentials.secret_access_key, scope), text).hex()
        found["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return found

    def _key(self, secret: str, scope: str) -> bytes:
        """Return the key of a scope; the same one is asked for all day."""
        known_secret, known_scope, key = self._derived
        if known_scope != scope or known_secret != secret:
            key = _derived(secret, scope)
            self._derived = (secret, scope, key)
        return key


def _derived(secret: str, scope: str) -> bytes:
    """Derive the key of a scope: a chain through its day, region, service and end."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
