"""Credentials from the endpoint that AWS_CONTAINER_CREDENTIALS_FULL_URI names.

Lambda serves a restored snapshot so. Imported only where it does.
Source: AWS SDKs and Tools reference guide, "Container credential provider".
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from openbunker.aws.connection import Connection, ConnectionFailed
from openbunker.aws.credentials import CredentialsUnavailable
from openbunker.aws.sigv4 import Credentials

FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN, TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
SECONDS = 1.0
# Without TLS only where no network lies between: the machine itself, and ECS's and EKS's agents.
_NEAR = {"127.0.0.1", "localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}


def borrower(environ: Mapping[str, str]) -> Callable[[], tuple[Credentials, int]]:
    """Return what asks the endpoint of an environment. Raises ValueError for one not to be trusted.

    It returns credentials and when they end; it raises CredentialsUnavailable.
    """
    uri = urlsplit(environ[FULL_URI])
    if uri.scheme != "https" and uri.hostname not in _NEAR:
        raise ValueError(f"{FULL_URI} is not https, nor of this machine")
    connection = Connection(f"{uri.scheme}://{uri.netloc}")
    path = f"{uri.path or '/'}?{uri.query}" if uri.query else uri.path or "/"
    return lambda: _asked(connection, path, _token(environ))


def _token(environ: Mapping[str, str]) -> str:
    file = environ.get(TOKEN_FILE)
    try:
        token = Path(file).read_text(encoding="ascii") if file else environ.get(TOKEN, "")
    except (OSError, ValueError) as error:
        raise CredentialsUnavailable(f"{TOKEN_FILE} cannot be read") from error
    return token.strip()


def _asked(connection: Connection, path: str, token: str) -> tuple[Credentials, int]:
    headers = {"host": connection.host, "accept": "application/json"}
    if token:
        headers["authorization"] = token
    try:
        status, _, data = connection.send("GET", path, b"", headers, SECONDS)
        if status != 200:
            raise CredentialsUnavailable(f"their endpoint answered {status}")
        return _lent(json.loads(data))
    except ConnectionFailed as error:
        raise CredentialsUnavailable(str(error)) from error
    except (ValueError, LookupError, TypeError) as error:
        raise CredentialsUnavailable("their endpoint answered something else") from error


def _lent(told: Mapping[str, str]) -> tuple[Credentials, int]:
    ends = datetime.fromisoformat(told["Expiration"])
    if ends.tzinfo is None:
        ends = ends.replace(tzinfo=UTC)
    found = Credentials(told["AccessKeyId"], told["SecretAccessKey"], told.get("Token"))
    return found, int(ends.timestamp() * 1000)
