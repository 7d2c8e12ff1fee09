"""Our signer against botocore's, for every form of request that we send."""

from datetime import UTC, datetime
from hashlib import sha256
from unittest.mock import patch

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from openbunker.aws import listing
from openbunker.aws.sigv4 import Credentials, Signer

# Service and region.
Place = tuple[str, str]

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
VALUES = st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1)
PLACES = st.tuples(
    st.sampled_from(["firehose", "dynamodb"]),
    st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
)
TEXTS = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789/+=", min_size=1, max_size=60)
# Until the year 2100; the signature counts whole seconds.
TIMES_MS = st.integers(0, 4_102_444_800_999)
NOT_SIGNED = {"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id", "connection"}
OWN = {"host", "authorization", "x-amz-date", "x-amz-security-token", "date", "content-length"}


def oracle(
    headers: dict[str, str], body: bytes, place: Place, who: Credentials, at_ms: int
) -> dict[str, str]:
    """Return the headers that botocore's signer sends, lower case."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    known = BotoCredentials(who.access_key_id, who.secret_access_key, who.session_token)
    request = AWSRequest("POST", f"https://{headers['host']}/", headers, body)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(known, *place).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def ours(
    headers: dict[str, str], body: bytes, place: Place, who: Credentials, at_ms: int
) -> dict[str, str]:
    return Signer(*place).signed(headers, body, credentials=who, at_ms=at_ms)


@given(
    st.dictionaries(NAMES.filter(lambda name: name not in NOT_SIGNED | OWN), VALUES, max_size=5),
    st.binary(max_size=300),
    PLACES,
    st.builds(Credentials, TEXTS, TEXTS, st.none() | TEXTS),
    TIMES_MS,
)
def test_every_signature_is_botocores(
    extra: dict[str, str], body: bytes, place: Place, who: Credentials, at_ms: int
) -> None:
    """Any headers, body, place, time and credentials, with and without a session token."""
    headers = {"host": "{}.{}.amazonaws.com".format(*place), **extra}
    assert ours(headers, body, place, who, at_ms) == oracle(headers, body, place, who, at_ms)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Credentials("id", "one"), Credentials("id", "two", "token")]),
            st.sampled_from([0, 1, 86_399_999, 86_400_000, 1_795_000_000_000]),
        ),
        max_size=6,
    )
)
def test_a_signer_that_remembers_signs_as_a_new_one(calls: list[tuple[Credentials, int]]) -> None:
    """Whatever changes from one request to the next: the day, the secret, or both and back."""
    signer, headers = Signer("firehose", "us-east-1"), {"host": "firehose.us-east-1.amazonaws.com"}
    for who, at_ms in calls:
        found = signer.signed(headers, b"{}", credentials=who, at_ms=at_ms)
        assert found == ours(headers, b"{}", ("firehose", "us-east-1"), who, at_ms)


def test_a_host_keeps_its_port() -> None:
    """Local endpoints have one, and it is part of what is signed."""
    call = {"host": "127.0.0.1:4573"}, b"{}", ("firehose", "x"), Credentials("id", "secret"), 0
    assert ours(*call) == oracle(*call)


def test_credentials_do_not_print_their_secrets() -> None:
    """A log line or a traceback with the object in it gives nothing away."""
    shown = repr(Credentials("AKIA", "secret-part", "token-part"))
    assert "secret-part" not in shown
    assert "token-part" not in shown


@given(
    st.sampled_from(["PUT", "GET", "DELETE"]),
    st.text("abcdef0123456789/.-", min_size=1, max_size=40).filter(lambda key: key[0] != "/"),
    st.binary(max_size=100),
    st.builds(Credentials, TEXTS, TEXTS, st.none() | TEXTS),
    TIMES_MS,
)
def test_every_signature_of_an_object_is_botocores(
    method: str, key: str, body: bytes, who: Credentials, at_ms: int
) -> None:
    """S3 takes the path as it is sent, and the body's hash as a header."""
    host, path = "bucket.s3.eu-west-1.amazonaws.com", f"/{key}"
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    known = BotoCredentials(who.access_key_id, who.secret_access_key, who.session_token)
    request = AWSRequest(method, f"https://{host}{path}", {"host": host}, body)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        S3SigV4Auth(known, "s3", "eu-west-1").add_auth(request)
    wanted = {name.lower(): value for name, value in request.headers.items()}
    headers = {"host": host, "x-amz-content-sha256": sha256(body).hexdigest()}
    signer = Signer("s3", "eu-west-1")
    found = signer.signed(headers, body, credentials=who, at_ms=at_ms, method=method, path=path)
    assert found["authorization"] == wanted["authorization"]


PLAIN = st.text(st.characters(exclude_categories=["C"]), max_size=20)


@given(PLAIN, PLAIN, st.none() | TEXTS, TIMES_MS)
def test_every_signature_of_a_listing_is_botocores(
    prefix: str, after: str, following: str | None, at_ms: int
) -> None:
    """Whatever a prefix holds."""
    query = listing.query(prefix, after, following)
    host, who = "bucket.s3.eu-west-1.amazonaws.com", Credentials("id", "secret")
    request = AWSRequest("GET", f"https://{host}/?{query}", {"host": host}, b"")
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        S3SigV4Auth(BotoCredentials("id", "secret"), "s3", "eu-west-1").add_auth(request)
    headers = {"host": host, "x-amz-content-sha256": sha256(b"").hexdigest()}
    found = Signer("s3", "eu-west-1").signed(
        headers, b"", credentials=who, at_ms=at_ms, method="GET", query=query
    )
    assert found["authorization"] == request.headers["Authorization"]
