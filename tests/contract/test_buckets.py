"""One body of laws for the bucket in a dict and for S3's, on moto."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from openbunker.compaction.store.bucket import Bucket, BucketFailed, Crossed, S3Bucket
from openbunker.compaction.store.memory import MemoryBucket

FAULTS = (BotoCoreError, ClientError)
KEY = "state/compaction.json"


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    if request.param == "memory":
        yield MemoryBucket(lambda: 1_795_219_200_000)
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="our-bucket")
        yield S3Bucket(client, "our-bucket", FAULTS)


def fill(bucket: Bucket, keys: Iterable[str]) -> None:
    """Put empty objects; into moto's own store, which takes a thousand at once."""
    if isinstance(bucket, S3Bucket):
        store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for key in keys:
            store.put_object("our-bucket", key, b"")
    else:
        for key in keys:
            bucket.put(key, b"", None)


def test_what_was_put_is_there_and_nothing_else(bucket: Bucket) -> None:
    assert bucket.get(KEY) is None
    tag = bucket.put(KEY, b"one", None)

    found = bucket.get(KEY)

    assert found
    assert (found.data, found.tag) == (b"one", tag)


def test_a_version_is_written_over_only_by_who_knows_it(bucket: Bucket) -> None:
    first = bucket.put(KEY, b"one", None)
    with pytest.raises(Crossed):
        bucket.put(KEY, b"two", None)
    second = bucket.put(KEY, b"two", first)
    with pytest.raises(Crossed):
        bucket.put(KEY, b"three", first)

    found = bucket.get(KEY)

    assert found
    assert (found.data, found.tag) == (b"two", second)


def test_a_listing_holds_all_keys_of_a_prefix_in_order(bucket: Bucket) -> None:
    keys = [f"hot/{number:04}" for number in range(1_003)]
    fill(bucket, reversed(keys))
    bucket.put("cold/0", b"", None)

    found = list(bucket.listed("hot/"))

    assert [one.key for one in found] == keys
    assert all(one.modified_ms > 1_700_000_000_000 for one in found)
    assert [one.key for one in bucket.listed("hot/", "hot/0001")] == keys[2:]
    assert [one.key for one in bucket.listed("hot/", "hot/00015")] == keys[2:]
    assert not [*bucket.listed("hot/", keys[-1])]


def test_more_than_a_thousand_are_removed_and_absent_ones_are_no_matter(bucket: Bucket) -> None:
    keys = [f"hot/{number:04}" for number in range(1_003)]
    fill(bucket, keys)

    bucket.delete([*keys[:-1], "hot/none"])
    bucket.delete([])

    assert [one.key for one in bucket.listed("hot/")] == keys[-1:]


def test_a_bucket_keeps_no_versions_unless_somebody_says_so(bucket: Bucket) -> None:
    assert not bucket.keeps_versions()


@pytest.mark.parametrize(
    ("status", "pages", "kept"),
    [
        (None, [], False),
        ("Enabled", [], True),
        ("Suspended", [[True]], False),
        ("Suspended", [[True, False]], True),
        ("Suspended", [[True], [True, False]], True),
        ("Suspended", [[True], []], False),
    ],
)
def test_versions_are_looked_for_where_they_were_kept_once(
    status: str | None, pages: list[list[bool]], kept: bool
) -> None:
    given = iter(pages)
    left = iter(range(len(pages) - 1, -1, -1))
    client = Client(
        get_bucket_versioning=lambda: {"Status": status} if status else {},
        list_object_versions=lambda: {
            "Versions": [{"IsLatest": latest} for latest in next(given)],
            "IsTruncated": next(left) > 0,
            "NextKeyMarker": "k",
            "NextVersionIdMarker": "v",
        },
    )
    assert S3Bucket(client, "events", FAULTS).keeps_versions() is kept


class Client:
    """A client whose operations answer as told."""

    def __init__(self, **answers: Callable[[], object]) -> None:
        self.answers = answers

    def __getattr__(self, operation: str) -> Callable[..., object]:
        return lambda **_: self.answers[operation]()


def refusing(code: str) -> Callable[[], object]:
    def answer() -> object:
        raise ClientError({"Error": {"Code": code}}, "GetObject")

    return answer


def test_who_may_not_list_the_bucket_is_told_403_of_a_key_that_is_absent() -> None:
    absent = Client(get_object=refusing("AccessDenied"), list_objects_v2=lambda: {})
    assert S3Bucket(absent, "events", FAULTS).get(KEY) is None

    there = {"Contents": [{"Key": KEY, "LastModified": datetime(2026, 11, 20, tzinfo=UTC)}]}
    forbidden = Client(get_object=refusing("AccessDenied"), list_objects_v2=lambda: there)
    with pytest.raises(BucketFailed):
        S3Bucket(forbidden, "events", FAULTS).get(KEY)


def test_an_object_that_could_not_be_removed_is_told() -> None:
    answer = {"Errors": [{"Key": "hot/1", "Code": "InternalError"}]}
    client = Client(delete_objects=lambda: answer)

    with pytest.raises(BucketFailed, match="InternalError"):
        S3Bucket(client, "events", FAULTS).delete(["hot/1"])


@pytest.mark.parametrize("code", ["SlowDown", "InternalError"])
def test_a_service_that_fails_is_no_absent_object(code: str) -> None:
    bucket = S3Bucket(Client(get_object=refusing(code)), "events", FAULTS)

    with pytest.raises(BucketFailed):
        bucket.get(KEY)


class Broken:
    """A client whose connections break, whatever is asked of it."""

    def __getattr__(self, operation: str) -> Callable[..., None]:
        def breaks(**_: object) -> None:
            raise ConnectionClosedError(endpoint_url="https://s3.example")

        return breaks


def test_a_connection_that_breaks_is_the_services_fault_and_no_bug_of_ours() -> None:
    bucket = S3Bucket(Broken(), "our-bucket", FAULTS)
    asked: tuple[Callable[[], object], ...] = (
        lambda: bucket.get(KEY),
        lambda: bucket.put(KEY, b"", None),
        lambda: bucket.delete([KEY]),
        bucket.keeps_versions,
    )
    for ask in asked:
        with pytest.raises(BucketFailed, match="Connection was closed"):
            ask()
