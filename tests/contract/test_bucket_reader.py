"""The bucket as questions read it: what boto3's client put and lists, over the signed one."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from openbunker.aws.errors import AwsError
from openbunker.aws.objects import S3Objects
from openbunker.aws.sigv4 import Credentials
from openbunker.compaction.store.bucket import BucketFailed, S3Bucket
from openbunker.compaction.store.reader import ReadBucket
from openbunker.wiring import system
from tests.support import backends

KEYS = ["hot/dt=2026-11-27/hm=1200/a b&c+d'<é>.json.gz", "hot/dt=2026-11-27/hm=1201/b.json.gz"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with backends.moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def written(url: str) -> S3Bucket:
    client = boto3.client(
        "s3", endpoint_url=url, region_name=backends.REGION,
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    client.create_bucket(Bucket="events")
    return S3Bucket(client, "events", (BotoCoreError, ClientError))


@pytest.fixture
def reader(url: str) -> ReadBucket:
    return ReadBucket(
        S3Objects(
            "events",
            region=backends.REGION,
            credentials=Credentials("testing", "testing"),
            now_ms=system.now_ms,
            endpoint=url,
        )
    )


def test_an_object_is_read_with_its_tag_and_none_where_there_is_none(
    written: S3Bucket, reader: ReadBucket
) -> None:
    tag = written.put("state/one.json", b"one", None)
    found = reader.get("state/one.json")
    assert found is not None
    assert (found.data, found.tag) == (b"one", tag)
    assert reader.get("state/none.json") is None


def test_a_listing_is_that_of_boto3_whatever_a_key_holds(
    written: S3Bucket, reader: ReadBucket
) -> None:
    for key in KEYS:
        written.put(key, b"", None)
    assert [one.key for one in reader.listed("hot/dt=")] == KEYS
    assert [*reader.listed("hot/")] == [*written.listed("hot/")]
    assert [*reader.listed("hot/", KEYS[0])] == [*written.listed("hot/", KEYS[0])]
    assert [*reader.listed("none/")] == []


def test_a_listing_goes_on_from_page_to_page(written: S3Bucket, reader: ReadBucket) -> None:
    keys = [f"many/{number:04}" for number in range(1_003)]
    store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    for key in keys:
        store.put_object("events", key, b"")
    assert [one.key for one in written.listed("many/")] == keys
    assert [one.key for one in reader.listed("many/")] == keys


class Refusing(S3Objects):
    """A bucket that answers objects with a status, listings with some keys or not at all."""

    def __init__(self, status: int, keys: tuple[str, ...] | None = ()) -> None:
        self._status, self._keys = status, keys

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        raise AwsError(f"Http{self._status}", "GET of an object", self._status)

    def page(self, query: str) -> bytes:
        if self._keys is None:
            return b"<html>a proxy's page</html>"
        at = "<LastModified>2026-11-27T10:00:00.000Z</LastModified>"
        some = "".join(f"<Contents><Key>{key}</Key>{at}</Contents>" for key in self._keys)
        end = "<IsTruncated>false</IsTruncated>"
        return f"<ListBucketResult>{some}{end}</ListBucketResult>".encode()


def test_who_may_not_list_the_bucket_is_told_403_of_a_key_that_is_absent() -> None:
    assert ReadBucket(Refusing(403)).get("state/one.json") is None
    with pytest.raises(BucketFailed, match="Http403"):
        ReadBucket(Refusing(403, ("state/one.json",))).get("state/one.json")


def test_a_service_that_fails_is_no_absent_object_and_no_empty_listing() -> None:
    with pytest.raises(BucketFailed, match="Http503"):
        ReadBucket(Refusing(503)).get("state/one.json")
    with pytest.raises(BucketFailed, match="without a listing"):
        [*ReadBucket(Refusing(404, None)).listed("hot/")]
