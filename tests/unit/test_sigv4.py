"""Our signer against botocore's, for every form of request that we send."""

from datetime import UTC, datetime
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from openbunker.aws.sigv4 import Credentials, signed

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
VALUES = st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1)
TEXTS = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789/+=", min_size=1, max_size=60)
# Until the year 2100; the signature counts whole seconds.
TIMES_MS = st.integers(0, 4_102_444_800_999)
NOT_SIGNED = {"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id", "connection"}
OWN = {"host", "authorization", "x-amz-date", "x-amz-security-token", "date", "content-length"}


def oracle(
    headers: dict[str, str],
    body: bytes,
    service: str,
    region: str,
    credentials: Credentials,
    at_ms: int,
) -> dict[str, str]:
    """Return the headers that botocore's signer sends, lower case."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    who = BotoCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    request = AWSRequest("POST", f"https://{headers['host']}/", headers, body)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(who, service, region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    st.dictionaries(NAMES.filter(lambda name: name not in NOT_SIGNED | OWN), VALUES, max_size=5),
    st.binary(max_size=300),
    st.sampled_from(["firehose", "dynamodb"]),
    st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    st.builds(Credentials, TEXTS, TEXTS, st.none() | TEXTS),
    TIMES_MS,
)
def test_every_signature_is_botocores(
    extra: dict[str, str],
    body: bytes,
    service: str,
    region: str,
    credentials: Credentials,
    at_ms: int,
) -> None:
    """Any headers, body, place, time and credentials, with and without a session token."""
    headers = {"host": f"{service}.{region}.amazonaws.com", **extra}
    ours = signed(
        headers, body, service=service, region=region, credentials=credentials, at_ms=at_ms
    )
    assert ours == oracle(headers, body, service, region, credentials, at_ms)


def test_a_host_keeps_its_port() -> None:
    """Local endpoints have one, and it is part of what is signed."""
    headers = {"host": "127.0.0.1:4573"}
    who = Credentials("id", "secret")
    ours = signed(headers, b"{}", service="firehose", region="x", credentials=who, at_ms=0)
    assert ours == oracle(headers, b"{}", "firehose", "x", who, 0)


def test_credentials_do_not_print_their_secrets() -> None:
    """A log line or a traceback with the object in it gives nothing away."""
    shown = repr(Credentials("AKIA", "secret-part", "token-part"))
    assert "secret-part" not in shown
    assert "token-part" not in shown
