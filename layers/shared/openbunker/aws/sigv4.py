"""Signature Version 4 for the requests that we send: without a query, paths that need no escape.

Pure, standard library only. Knows no service and no connection.
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


def signed(
    headers: Mapping[str, str],
    body: bytes,
    *,
    service: str,
    region: str,
    credentials: Credentials,
    at_ms: int,
    method: str = "POST",
    path: str = "/",
) -> dict[str, str]:
    """Return the headers with those that sign them; `host` must be among them.

    Header names are lower case, values without surrounding or repeated spaces. All given headers
    are signed. AWS refuses a signature whose `at_ms` (since the epoch) is more than 5 minutes off.
    """
    moment = strftime("%Y%m%dT%H%M%SZ", gmtime(at_ms // 1000))
    all_headers = {**headers, "x-amz-date": moment}
    if credentials.session_token:
        all_headers["x-amz-security-token"] = credentials.session_token
    names = sorted(all_headers)
    lines = "".join(f"{name}:{all_headers[name]}\n" for name in names)
    request = f"{method}\n{path}\n\n{lines}\n{';'.join(names)}\n{sha256(body).hexdigest()}"
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    signature = _mac(_signing_key(credentials.secret_access_key, scope), text).hex()
    all_headers["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return all_headers


def _signing_key(secret: str, scope: str) -> bytes:
    """Derive the key of a scope: a chain through its day, region, service and end."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
